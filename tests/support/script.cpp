#include "tests/support/script.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace tests {
namespace {

Command parse_command(const std::string& text, int line) {
  Command command;
  command.line = line;
  std::istringstream words(text);
  std::string word;
  words >> command.verb;
  while (words >> word) {
    const auto equals = word.find('=');
    if (equals == std::string::npos)
      command.args.push_back(word);
    else
      command.values[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return command;
}

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void compare(const Section& section, const std::function<std::string(const Command&)>& answer) {
  const std::string actual = play(section, answer);
  if (std::getenv("UPDATE_SCRIPTS") == nullptr) {
    EXPECT_EQ(section.text, actual) << "in " << section.path << ":" << std::max(section.line, 1)
                                    << " (UPDATE_SCRIPTS=1 rewrites the answers)";
    return;
  }
  std::string whole = read(section.path);  // as the sections before this one left it
  whole.replace(whole.find(section.text), section.text.size(), actual);
  std::ofstream(section.path) << whole;
}

}  // namespace

std::string Command::get(std::string_view key, std::string_view otherwise) const {
  const auto found = values.find(std::string(key));
  return found == values.end() ? std::string(otherwise) : found->second;
}

std::uint64_t Command::number(std::string_view key, std::uint64_t otherwise) const {
  const auto found = values.find(std::string(key));
  return found == values.end() ? otherwise : std::stoull(found->second);
}

core::Duration Command::duration(std::string_view key, core::Duration otherwise) const {
  const auto found = values.find(std::string(key));
  return found == values.end() ? otherwise : parse_duration(found->second);
}

core::Duration parse_duration(std::string_view text) {
  std::size_t used = 0;
  const double number = std::stod(std::string(text), &used);
  const std::string_view unit = text.substr(used);
  const double scale = unit == "ns"   ? 1
                       : unit == "us" ? 1e3
                       : unit == "ms" ? 1e6
                       : unit == "s"  ? 1e9
                       : unit == "m"  ? 60e9
                       : unit == "h"  ? 3600e9
                                      : 0;
  if (scale == 0) throw std::invalid_argument("not a duration: " + std::string(text));
  return core::Duration{static_cast<std::int64_t>(number * scale + 0.5)};
}

core::Duration time_passed(const Command& command) { return command.duration("after"); }

std::vector<std::string> scripts_in(std::string_view folder) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(NOMAD_SOURCE_DIR) / folder))
    if (entry.path().extension() == ".script") found.push_back(entry.path().string());
  std::sort(found.begin(), found.end());
  return found;
}

void run_script(const std::string& path, const std::function<std::string(const Command&)>& answer) {
  ASSERT_TRUE(std::filesystem::exists(path)) << "cannot read " << path;
  compare({path, "", read(path), 0}, answer);
}

std::string Section::name() const {
  std::string name;
  for (const char c : sentence) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      name += c;
    else if (!name.empty() && name.back() != '_')
      name += '_';
  }
  return name.ends_with('_') ? name.substr(0, name.size() - 1) : name;
}

std::vector<Section> sections_in(std::string_view folder) {
  std::vector<Section> sections;
  for (const std::string& path : scripts_in(folder)) {
    std::istringstream in(read(path));
    const std::size_t before = sections.size();
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
      if (line.starts_with("== ")) sections.push_back({path, line.substr(3), "", number});
      if (sections.size() > before) sections.back().text += line + "\n";
    }
  }
  return sections;
}

void run_section(const Section& section, const std::function<std::string(const Command&)>& answer) {
  compare(section, answer);
}

std::string play(const Section& section, const std::function<std::string(const Command&)>& answer) {
  std::istringstream in(section.text);
  std::string actual;
  std::string line;
  bool in_answer = false;
  for (int number = std::max(section.line, 1); std::getline(in, line); ++number) {
    if (line.starts_with("> ")) {
      actual += line + "\n";
      actual += answer(parse_command(line.substr(2), number));
      in_answer = true;
    } else if (line.empty() || line.starts_with("#") || line.starts_with("== ")) {
      actual += line + "\n";
      in_answer = false;
    } else {
      EXPECT_TRUE(in_answer) << section.path << ":" << number << ": an answer without a command";
    }
  }
  return actual;
}

}  // namespace tests
