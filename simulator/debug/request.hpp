// What the debugger asks of a moment, as text: a verb and its arguments, and for `run` what is to stop it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace simulator::debug {

/// Stops the run where it holds.
struct Breakpoint {
  enum class Kind : std::uint8_t {
    invariant,  // `what` falls, or any when it is empty
    coverage,   // the point `what` is reached once more
    message,    // an event whose text has `what`
    change,     // `what` of a server's Raft changes: role, term, vote, leader, commit, last
  };
  Kind kind = Kind::invariant;
  std::string what;
  std::string node;  // empty: any
};

/// "message of server-1: append-entries"
std::string text(const Breakpoint& breakpoint);

struct Run {
  std::uint64_t until_event = ~std::uint64_t{};
  std::int64_t until_ns = std::int64_t{1} << 62;
  std::uint32_t moments_every_ms = 0;  // of real time; zero: none are kept
  std::vector<Breakpoint> breakpoints;
};

std::string encode(const Run& run);
std::optional<Run> decode_run(const std::string& text);

/// The words of a line; quoted parts are one word.
std::vector<std::string> words(const std::string& line);

}  // namespace simulator::debug
