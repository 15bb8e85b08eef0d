// Command-line flags with the rules of Go's flag package, for every command.
//
// `-name value`, `-name=value`, with one dash or two; booleans are `-name` or `-name=false`. Parsing stops at the first
// argument that is no flag, and after `--`.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.hpp"

namespace agent::config {

/// Why arguments were refused: Go's words, for standard error, with exit code 1.
struct FlagError {
  std::string message;
  bool help = false;  // `-h` or `-help` was asked for: print the usage, exit code 0
};

class Flags {
 public:
  /// Bound variables are set while parsing; those of flags that are not given stay as they are.
  Flags& add(std::string name, bool& into, std::string help);
  Flags& add(std::string name, std::string& into, std::string help, std::string value_name = "value");
  Flags& add(std::string name, std::int64_t& into, std::string help);
  Flags& add(std::string name, core::Duration& into, std::string help);
  /// May be given several times.
  Flags& add(std::string name, std::vector<std::string>& into, std::string help, std::string value_name = "value");
  Flags& add(std::string name, std::optional<bool>& into, std::string help);
  Flags& add(std::string name, std::optional<std::string>& into, std::string help, std::string value_name = "value");
  Flags& add(std::string name, std::optional<std::int64_t>& into, std::string help);

  /// What `set` refuses, it names: "parse error". An empty `value_name` makes a flag that needs no value.
  using Set = std::function<std::expected<void, std::string>(std::string_view value)>;
  Flags& add(std::string name, std::string value_name, std::string help, Set set);

  /// Those of another set too.
  Flags& add(const Flags& others);

  /// The arguments after the flags.
  std::expected<std::vector<std::string>, FlagError> parse(std::span<const std::string> arguments) const;

  /// The flags in the order they were added, each with its help indented below.
  std::string usage() const;
  std::vector<std::string> names() const;

 private:
  struct Flag {
    std::string name;
    std::string value_name;  // empty: a boolean
    std::string help;
    Set set;
  };
  const Flag* find(std::string_view name) const;
  std::vector<Flag> flags_;
};

/// Go's strconv.ParseBool: 1, t, T, true, TRUE, True and the same for false.
std::optional<bool> parse_bool(std::string_view text);

}  // namespace agent::config
