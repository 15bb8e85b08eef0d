// A bare replicated log: what the machine can do. One process leads for ever, two follow it; no terms, no elections, no
// checks. Appends are written and synced by all three, and count when two have them.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

namespace benchmarks {

struct FloorSettings {
  std::array<std::uint16_t, 2> ports;  // of the followers, on 127.0.0.1
  std::string folder;                  // of this process
  std::size_t proposers = 1;           // each with one entry under way
  std::chrono::seconds length{5};
};

/// Takes entries in until the leader goes. Does not return otherwise.
void follow(const FloorSettings& settings, std::size_t follower);
/// Proposes, and prints the result.
void lead(const FloorSettings& settings);

}  // namespace benchmarks
