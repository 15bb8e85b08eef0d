// The script runner: behaviour over time as text (STYLE.md, "Tests").
//
// A script is paragraphs. `# ...` lines are comments. `> verb arg key=value ...` is a command; the lines
// under it, up to an empty line, are the answer that is expected. UPDATE_SCRIPTS=1 rewrites the answers.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.hpp"

namespace tests {

/// One `>` line, taken apart: `> ping n2 seq=1` has verb "ping", args {"n2"} and values {seq: 1}.
struct Command {
  std::string verb;
  std::vector<std::string> args;
  std::map<std::string, std::string> values;
  int line = 0;

  /// The value of `key`, or `otherwise`.
  std::string get(std::string_view key, std::string_view otherwise = "") const;
  std::uint64_t number(std::string_view key, std::uint64_t otherwise = 0) const;
  /// A duration such as 500ms, 2s, 1m.
  core::Duration duration(std::string_view key, core::Duration otherwise = {}) const;
};

core::Duration parse_duration(std::string_view text);

/// How much time passes before the command: its `after=` value.
core::Duration time_passed(const Command& command);

/// The `.script` files of a folder of the source tree, sorted, as absolute paths.
std::vector<std::string> scripts_in(std::string_view folder);

/// Runs every command of the file and compares the answers as one; the answer's lines end in '\n'.
void run_script(const std::string& path, const std::function<std::string(const Command&)>& answer);

}  // namespace tests
