// Drawn histories of small gossip pools: from a seed, and cut down when a law falls.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "simulator/property/gossip_operations.hpp"

namespace simulator::property {

/// What happens to one pool; with its seed, which has the network's chance, all there is to run it again.
struct GossipHistory {
  std::uint64_t seed = 0;
  std::size_t members = 0;
  GossipOperations operations;

  /// 3 to 8 members, and up to `most` operations, in half of the histories much fewer.
  static GossipHistory drawn(std::uint64_t seed, std::size_t most);
};

/// Runs it, and lets it settle. Empty, or the first law that fell and how: "LEFT fell at ...".
std::string run(const GossipHistory& history);

/// The name of the law in that: "LEFT".
std::string law_of(const std::string& violation);

/// Leaves operations out, one by one, as long as the same law falls.
GossipHistory cut_down(GossipHistory history);

/// An operation a line.
std::string story(const GossipHistory& history);

}  // namespace simulator::property
