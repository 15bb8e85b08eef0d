// The script runner: behaviour over time as text (STYLE.md, "Tests").
//
// A script is paragraphs. `# ...` lines are comments. `> verb arg key=value ...` is a command; the lines
// under it, up to an empty line, are the answer that is expected. UPDATE_SCRIPTS=1 rewrites the answers.
//
// A file may hold many tests: each line `== sentence` begins one, which is named for its sentence.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <ostream>
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

/// One test of a file that holds many: its sentence, and all from there to the next one's.
struct Section {
  std::string path;
  std::string sentence;
  std::string text;
  int line = 0;  // of the sentence

  /// What a test may be called: the sentence's letters and digits, with one `_` for all that is between them.
  std::string name() const;
  friend void PrintTo(const Section& section, std::ostream* out) { *out << section.sentence; }
};

/// The sections of a folder's `.script` files, in order.
std::vector<Section> sections_in(std::string_view folder);

/// As run_script, for one section. UPDATE_SCRIPTS=1 rewrites it and leaves the rest of its file as it is.
void run_section(const Section& section, const std::function<std::string(const Command&)>& answer);

/// The section's text with the answers as they are.
std::string play(const Section& section, const std::function<std::string(const Command&)>& answer);

/// Runs every command of the file and compares the answers as one; the answer's lines end in '\n'.
void run_script(const std::string& path, const std::function<std::string(const Command&)>& answer);

}  // namespace tests
