#include "agent/config/flags.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "core/describe/text.hpp"

namespace agent::config {
namespace {

std::expected<std::int64_t, std::string> parse_integer(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) return std::unexpected("value out of range");
  if (error != std::errc{} || end != text.data() + text.size()) return std::unexpected("parse error");
  return number;
}

template <class Into>
Flags::Set set_bool(Into& into) {
  return [&into](std::string_view value) -> std::expected<void, std::string> {
    const auto read = parse_bool(value);
    if (!read) return std::unexpected("parse error");
    into = *read;
    return {};
  };
}

template <class Into>
Flags::Set set_text(Into& into) {
  return [&into](std::string_view value) -> std::expected<void, std::string> {
    into = std::string(value);
    return {};
  };
}

template <class Into>
Flags::Set set_integer(Into& into) {
  return [&into](std::string_view value) -> std::expected<void, std::string> {
    const auto read = parse_integer(value);
    if (!read) return std::unexpected(read.error());
    into = *read;
    return {};
  };
}

// Help, wrapped to the width of a terminal.
void append_wrapped(std::string& out, std::string_view help) {
  constexpr std::size_t width = 74;
  std::string line;
  while (!help.empty()) {
    const auto end = std::min(help.find(' '), help.size());
    const std::string_view word = help.substr(0, end);
    help.remove_prefix(std::min(end + 1, help.size()));
    if (!line.empty() && line.size() + 1 + word.size() > width) {
      out += "    " + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + std::string(word);
  }
  if (!line.empty()) out += "    " + line + "\n";
}

}  // namespace

std::optional<bool> parse_bool(std::string_view text) {
  static constexpr std::array yes{"1", "t", "T", "true", "TRUE", "True"};
  static constexpr std::array no{"0", "f", "F", "false", "FALSE", "False"};
  if (std::ranges::find(yes, text) != yes.end()) return true;
  if (std::ranges::find(no, text) != no.end()) return false;
  return std::nullopt;
}

Flags& Flags::add(std::string name, std::string value_name, std::string help, Set set) {
  flags_.push_back({std::move(name), std::move(value_name), std::move(help), std::move(set)});
  return *this;
}
Flags& Flags::add(std::string name, bool& into, std::string help) {
  return add(std::move(name), "", std::move(help), set_bool(into));
}
Flags& Flags::add(std::string name, std::optional<bool>& into, std::string help) {
  return add(std::move(name), "", std::move(help), set_bool(into));
}
Flags& Flags::add(std::string name, std::string& into, std::string help, std::string value_name) {
  return add(std::move(name), std::move(value_name), std::move(help), set_text(into));
}
Flags& Flags::add(std::string name, std::optional<std::string>& into, std::string help, std::string value_name) {
  return add(std::move(name), std::move(value_name), std::move(help), set_text(into));
}
Flags& Flags::add(std::string name, std::int64_t& into, std::string help) {
  return add(std::move(name), "number", std::move(help), set_integer(into));
}
Flags& Flags::add(std::string name, std::optional<std::int64_t>& into, std::string help) {
  return add(std::move(name), "number", std::move(help), set_integer(into));
}
Flags& Flags::add(std::string name, core::Duration& into, std::string help) {
  return add(std::move(name), "duration", std::move(help),
             [&into](std::string_view value) -> std::expected<void, std::string> {
               const auto read = core::describe::parse_duration(value);
               if (!read) return std::unexpected("parse error");
               into = *read;
               return {};
             });
}
Flags& Flags::add(std::string name, std::vector<std::string>& into, std::string help, std::string value_name) {
  return add(std::move(name), std::move(value_name), std::move(help),
             [&into](std::string_view value) -> std::expected<void, std::string> {
               into.emplace_back(value);
               return {};
             });
}

Flags& Flags::add(const Flags& others) {
  flags_.insert(flags_.end(), others.flags_.begin(), others.flags_.end());
  return *this;
}

const Flags::Flag* Flags::find(std::string_view name) const {
  const auto found = std::ranges::find(flags_, name, &Flag::name);
  return found == flags_.end() ? nullptr : &*found;
}

std::expected<std::vector<std::string>, FlagError> Flags::parse(std::span<const std::string> arguments) const {
  std::size_t at = 0;
  while (at < arguments.size()) {
    const std::string& argument = arguments[at];
    if (argument.size() < 2 || argument[0] != '-') break;
    ++at;
    std::string_view name = std::string_view(argument).substr(argument[1] == '-' ? 2 : 1);
    if (name.empty()) break;  // `--` ends the flags
    if (name[0] == '-' || name[0] == '=') return std::unexpected(FlagError{"bad flag syntax: " + argument});
    std::optional<std::string_view> value;
    if (const auto equals = name.find('='); equals != std::string_view::npos) {
      value = name.substr(equals + 1);
      name = name.substr(0, equals);
    }
    const Flag* flag = find(name);
    if (!flag) {
      if (name == "help" || name == "h") return std::unexpected(FlagError{"flag: help requested", true});
      return std::unexpected(FlagError{fmt::format("flag provided but not defined: -{}", name)});
    }
    if (flag->value_name.empty()) {
      if (!flag->set(value.value_or("true")))
        return std::unexpected(
            FlagError{fmt::format("invalid boolean value \"{}\" for -{}: parse error", *value, name)});
      continue;
    }
    if (!value) {
      if (at == arguments.size()) return std::unexpected(FlagError{fmt::format("flag needs an argument: -{}", name)});
      value = arguments[at++];
    }
    if (const auto set = flag->set(*value); !set)
      return std::unexpected(
          FlagError{fmt::format("invalid value \"{}\" for flag -{}: {}", *value, name, set.error())});
  }
  return std::vector<std::string>(arguments.begin() + static_cast<std::ptrdiff_t>(at), arguments.end());
}

std::string Flags::usage() const {
  std::string out;
  for (const Flag& flag : flags_) {
    out += "  -" + flag.name + (flag.value_name.empty() ? "" : "=<" + flag.value_name + ">") + "\n";
    append_wrapped(out, flag.help);
    out += "\n";
  }
  return out;
}

std::vector<std::string> Flags::names() const {
  std::vector<std::string> out;
  for (const Flag& flag : flags_) out.push_back(flag.name);
  return out;
}

}  // namespace agent::config
