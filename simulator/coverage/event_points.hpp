// Coverage points about single events and effects of any node: what the disk, the network and the tasks did, and what
// the agent logged about it.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/world/world.hpp"
#include "io-sim/network.hpp"
#include "simulator/coverage/coverage.hpp"

namespace simulator::coverage {

class EventPoints {
 public:
  explicit EventPoints(Coverage& coverage) : coverage_(coverage) {}
  void handled(io_sim::NodeId node, bool is_server, const core::world::Event& event,
               const core::world::Effects& effects);

 private:
  void note_member(io_sim::NodeId node, std::string_view text);

  Coverage& coverage_;
  std::set<std::pair<io_sim::NodeId, std::string>> failed_;  // as whom sees whom
};

}  // namespace simulator::coverage
