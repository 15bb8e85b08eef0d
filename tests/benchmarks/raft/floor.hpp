// A bare replicated log: what the machine can do. One process leads for ever, two follow it; no terms, no elections, no
// limits on what is under way. An entry is a record of its own 256 bytes with a checksum, which the followers check; it
// is written and synced by all three and counts when two have it. As in the baseline that the aims are shares of.
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
