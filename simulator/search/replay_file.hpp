// A failing run as a text file: the scenario with all files it names, the choices, what was left out, and what came of
// it. It needs neither the seed nor any other file.
//
//   nomad-sim replay file, format 1
//   build 0.1.0-5c1f0a9be2d17c36
//   whole 0123456789abcdef
//   fell SMSAFE at 12345678901 ns: server-2 applies ...
//   trace 0123456789abcdef
//   scenario scenarios/mutants.yaml
//   nodes 3 1
//   operations 0.1 3.0
//   stream agent/server-1 17 0*4 9
//   file scenarios/mutants.yaml
//   |cluster: ...
//   end 0123456789abcdef
//
// The last line has the hash of all lines before it. `whole` tells which run it was before it was cut down. `build`,
// `fell` (or `held`) and `trace` tell how the saved run ended: a file that was altered on purpose does without them.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "simulator/scenario/files.hpp"
#include "simulator/search/case.hpp"

namespace simulator::search {

struct ReplayFile {
  std::string build;                   // of the program that saved it; empty: not told
  std::optional<std::uint64_t> whole;  // the same for all files of one run, however far it was cut down; not told: none
  std::string mutant;                  // the known bug that was switched on; empty: none
  checkers::Violation violation;       // of no invariant: not told
  bool held = false;                   // the saved run held: it is a future that was looked at
  std::optional<std::uint64_t> trace_hash;
  std::string scenario;  // its path among the files
  Files::Texts files;
  Case played;

  /// Where in the text that was read, for messages.
  struct Lines {
    std::size_t nodes = 0;
    std::size_t operations = 0;
    std::size_t packed = 0;                      // the first of them
    std::map<std::string, std::size_t> streams;  // those in plain text
  };
  Lines lines;

  /// Whether it says how the run must end.
  bool tells_its_end() const { return !build.empty() && (held || !violation.invariant.empty()) && trace_hash; }
};

/// The text of a file with its last line, which has the hash of the others.
std::string sealed(std::string lines);
/// Whether a file that begins so is meant to be a replay file.
bool is_replay_file(std::string_view beginning);

std::string text_of(const ReplayFile& file);
/// The error says what was found and what would have been right, with the line.
std::expected<ReplayFile, std::string> parse_replay_file(std::string_view text);

/// What a file may have at most: one that is longer is refused before it is read.
inline constexpr std::size_t max_replay_bytes = std::size_t{32} << 20;

}  // namespace simulator::search
