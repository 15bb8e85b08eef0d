#include "simulator/options.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "simulator/scenario/problem.hpp"
#include "simulator/scenario/values.hpp"

namespace simulator {
namespace {

std::optional<std::uint64_t> parse_number(const std::string& text) {
  std::uint64_t out = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, out);
  if (text.empty() || error != std::errc{} || stopped != end) return std::nullopt;
  return out;
}

bool is_option(const std::string& argument) { return argument.size() > 1 && argument.starts_with('-'); }

bool asks_for_help(const std::string& argument) {
  return argument == "--help" || argument == "-help" || argument == "-h";
}

}  // namespace

void Options::flag(std::string name, bool& into, std::string help) {
  options_.push_back({std::move(name), "", std::move(help), true, [&into](const std::string&) {
                        into = true;
                        return std::string{};
                      }});
}

void Options::text(std::string name, std::string& into, std::string value, std::string help) {
  custom(std::move(name), std::move(value), std::move(help), [&into](const std::string& text) {
    into = text;
    return std::string(text.empty() ? "wants a value" : "");
  });
}

void Options::number(std::string name, std::uint64_t& into, std::string value, std::string help, std::uint64_t least,
                     std::uint64_t most) {
  custom(std::move(name), std::move(value), std::move(help), [&into, least, most](const std::string& text) {
    const auto parsed = parse_number(text);
    if (!parsed) return fmt::format("wants a number, found \"{}\"", text);
    if (*parsed < least || *parsed > most)
      return fmt::format("wants a number from {} to {}, found {}", least, most, text);
    into = *parsed;
    return std::string{};
  });
}

void Options::duration(std::string name, core::Duration& into, std::string value, std::string help,
                       core::Duration least) {
  custom(std::move(name), std::move(value), std::move(help), [&into, least](const std::string& text) {
    const auto parsed = parse_duration(text);
    if (!parsed || *parsed < least)
      return fmt::format("wants a duration such as 30s or 5m, {}up to 1000h, found \"{}\"",
                         least > core::Duration{} ? "longer than 0s and " : "", text);
    into = *parsed;
    return std::string{};
  });
}

void Options::optional_text(std::string name, std::string& into, std::string value, std::string alone,
                            std::string help) {
  text(std::move(name), into, std::move(value), std::move(help));
  Option& option = options_.back();
  option.may_stand_alone = true;
  option.set = [&into, alone = std::move(alone)](const std::string& text) {
    into = text.empty() ? alone : text;
    return std::string{};
  };
}

void Options::custom(std::string name, std::string value, std::string help,
                     std::function<std::string(const std::string&)> set) {
  options_.push_back({std::move(name), std::move(value), std::move(help), false, std::move(set)});
}

Options::Option* Options::find(std::string_view name) {
  const auto found = std::find_if(options_.begin(), options_.end(), [&](const Option& o) { return o.name == name; });
  return found == options_.end() ? nullptr : &*found;
}

std::string Options::unknown(const std::string& name) const {
  std::vector<std::string_view> known{"--help"};
  for (const Option& option : options_) known.push_back(option.name);
  const std::string near = nearest(name, known);
  return fmt::format("no option \"{}\"{}", name, near.empty() ? "" : fmt::format(" (did you mean {}?)", near));
}

std::expected<std::vector<std::string>, std::string> Options::parse(const std::vector<std::string>& arguments) {
  std::vector<std::string> rest;
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    const std::string& argument = arguments[at];
    if (asks_for_help(argument)) {
      help_asked_ = true;
      return rest;
    }
    if (!is_option(argument)) {
      rest.push_back(argument);
      continue;
    }
    const auto equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    Option* const option = find(name);
    if (option == nullptr) return std::unexpected(unknown(name));
    option->given = true;
    std::string value;
    if (equals != std::string::npos) {
      if (option->value.empty()) return std::unexpected(fmt::format("{} takes no value", name));
      value = argument.substr(equals + 1);
    } else if (!option->value.empty() && at + 1 < arguments.size() &&
               !(option->may_stand_alone && is_option(arguments[at + 1]))) {
      value = arguments[++at];
    }
    if (const std::string wrong = option->set(value); !wrong.empty())
      return std::unexpected(fmt::format("{} {}", name, wrong));
  }
  return rest;
}

bool Options::given(std::string_view name) const {
  return std::ranges::any_of(options_, [&](const Option& option) { return option.given && option.name == name; });
}

std::string Options::help() const {
  constexpr std::size_t column = 24;
  std::string out;
  std::string_view left = usage_;
  for (const char* lead = "Usage: "; !left.empty(); lead = "       ") {
    const auto end = left.find('\n');
    out += fmt::format("{}nomad-sim {}\n", lead, left.substr(0, end));
    left.remove_prefix(end == std::string_view::npos ? left.size() : end + 1);
  }
  out += fmt::format("\n{}\n\nOptions\n", about_);
  for (const Option& option : options_) {
    std::string value;
    if (!option.value.empty())
      value = option.may_stand_alone ? fmt::format("[={}]", option.value) : fmt::format(" {}", option.value);
    const std::string name = option.name + value;
    out += name.size() + 2 < column ? fmt::format("  {:<{}}{}\n", name, column - 2, option.help)
                                    : fmt::format("  {}\n{:{}}{}\n", name, "", column, option.help);
  }
  out += fmt::format("  {:<{}}this text\n", "--help", column - 2);
  return out;
}

}  // namespace simulator
