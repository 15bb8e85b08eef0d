// Drawn histories of small gossip pools: from a seed, cut down when a law falls, written down and read again.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "simulator/property/gossip_operations.hpp"

namespace simulator::property {

/// What happens to one pool; with its seed, which has the network's chance, all there is to run it again.
struct GossipHistory {
  std::uint64_t seed = 0;
  std::size_t members = 0;
  GossipOperations operations;

  /// 3 to 8 members, and up to `most` operations, in half of the histories much fewer.
  static GossipHistory drawn(std::uint64_t seed, std::size_t most);
  /// What text(history) wrote; lines that are empty or begin with '#' are passed over. The error names the line.
  static std::expected<GossipHistory, std::string> parse(std::string_view text);
};

/// "seed 7, 5 members", and an operation a line.
std::string text(const GossipHistory& history);

/// Runs it, and lets it settle. Empty, or the first law that fell and how: "LEFT fell at ...".
std::string run(const GossipHistory& history);

/// The name of the law in that: "LEFT".
std::string law_of(const std::string& violation);

/// As long as `falls` is true of what is left: leaves operations and members out, makes one pause of two, and times
/// round. A `falls` that gives up says no.
GossipHistory cut_down(GossipHistory history, const std::function<bool(const GossipHistory&)>& falls);

/// What happened in a run of it, a line each: the operations, and what the members told of each other. Only the last
/// `most` lines: the end is what matters.
std::string story(const GossipHistory& history, std::size_t most);

}  // namespace simulator::property
