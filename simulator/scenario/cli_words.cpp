#include "simulator/scenario/cli_words.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "agent/cli/cli.hpp"
#include "agent/cli/commands.hpp"
#include "simulator/scenario/problem.hpp"

namespace simulator {
namespace {

// Thrown where a command asks an agent, or waits: its words were right so far.
struct Asked {};

std::optional<WrongWords> wrong_command(const std::vector<std::string>& words) {
  std::string name;
  for (const std::string& word : words) {
    if (word.starts_with('-')) break;
    name += (name.empty() ? "" : " ") + word;
    const auto* const command = agent::cli::find_command(name);
    if (command == nullptr || command->run == nullptr) continue;
    if (command->asks) return std::nullopt;
    return WrongWords{fmt::format("\"{}\", which asks no agent", name), "a command that does", ""};
  }
  std::vector<std::string_view> known;
  for (const auto& command : agent::cli::commands())
    if (command.run != nullptr && command.listed && command.asks) known.push_back(command.name);
  const std::string start = words.empty() ? "" : words.size() == 1 ? words[0] : words[0] + " " + words[1];
  std::string hint = nearest(start, known);
  if (hint.empty() && words.size() > 2) hint = nearest(start + " " + words[2], known);
  return WrongWords{fmt::format("\"{}\"", start), "a command of the nomad CLI", std::move(hint)};
}

}  // namespace

std::string what_it_told(std::string_view errors) {
  std::string out;
  for (bool more = true; more && !errors.empty();) {
    const std::string_view line = errors.substr(0, errors.find('\n'));
    errors.remove_prefix(std::min(line.size() + 1, errors.size()));
    const auto begins = line.find_first_not_of(' ');
    if (begins == std::string_view::npos) continue;
    out += fmt::format("{}{}", out.empty() ? "" : " ", line.substr(begins));
    more = line.ends_with(':');
  }
  return out;
}

std::expected<std::vector<std::string>, std::string> split_words(std::string_view text) {
  std::vector<std::string> out;
  bool in_word = false;
  char quote = 0;
  for (const char c : text) {
    if (quote != 0) {
      if (c == quote)
        quote = 0;
      else
        out.back() += c;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      in_word = false;
    } else {
      if (!in_word) out.emplace_back();
      in_word = true;
      if (c == '\'' || c == '"')
        quote = c;
      else
        out.back() += c;
    }
  }
  if (quote != 0) return std::unexpected("a quotation that does not end");
  return out;
}

std::optional<WrongWords> wrong_words(std::string_view text, const std::filesystem::path& folder, Files& files) {
  constexpr const char* wanted = "a command of the nomad CLI, as it is typed";
  auto words = split_words(text);
  if (!words) return WrongWords{words.error(), wanted, ""};
  if (!words->empty() && words->front() == "nomad") words->erase(words->begin());
  if (auto wrong = wrong_command(*words)) return wrong;
  const auto own_file = [](const std::string& word) {
    return word.starts_with("-var-file") || word.starts_with("--var-file");
  };
  if (std::any_of(words->begin(), words->end(), own_file))
    return WrongWords{"-var-file", "-var: a replay must hold all that a run is made of", "-var"};
  std::string told;
  agent::cli::Streams streams;
  streams.out = [](std::string_view) {};
  streams.err = [&](std::string_view bytes) { told += bytes; };
  streams.read_line = []() -> std::optional<std::string> { return std::nullopt; };
  streams.read_all = [] { return std::string(); };
  streams.now = [] { return std::int64_t{0}; };
  streams.sleep = [](std::int64_t) { throw Asked{}; };
  streams.http = [](const auto&) -> std::expected<io_real::net::http::HttpAnswer, std::string> { throw Asked{}; };
  // A snapshot is written by a command before.
  const bool of_snapshots = words->size() > 1 && (*words)[0] == "operator" && (*words)[1] == "snapshot";
  streams.read_file = [&](const std::string& path) -> std::expected<std::string, std::string> {
    auto bytes = files.read((folder / path).string());
    if (!bytes && of_snapshots) throw Asked{};
    if (!bytes) return std::unexpected("no such file or directory");
    return std::move(*bytes);
  };
  try {
    if (agent::cli::run(*words, streams) == 0) return std::nullopt;
  } catch (const Asked&) {
    return std::nullopt;
  }
  return WrongWords{fmt::format("\"{}\" ({})", text, what_it_told(told)), wanted, ""};
}

}  // namespace simulator
