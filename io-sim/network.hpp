// The links between nodes: how long they take, what they lose, and who can reach whom.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "io-sim/choices.hpp"

namespace io_sim {

using NodeId = std::uint32_t;

struct Link {
  Latency latency = Latency::uniform(core::Duration{200'000}, core::Duration{1'000'000});
  double loss = 0;         // of datagrams; streams send again, and are only late
  double duplication = 0;  // of datagrams
  double reordering = 0;   // the share of datagrams that are held back
  core::Duration reorder_by{5'000'000};
};

class Network {
 public:
  Link& everywhere() { return everywhere_; }
  const Link& link(NodeId from, NodeId to) const {
    const auto found = links_.find({from, to});
    return found == links_.end() ? everywhere_ : found->second;
  }
  void set_link(NodeId from, NodeId to, Link link) { links_[{from, to}] = link; }

  /// Nothing goes from `from` to `to` any more; the other way is not touched.
  void cut(NodeId from, NodeId to) { cut_.emplace(from, to); }
  void heal(NodeId from, NodeId to) { cut_.erase({from, to}); }
  void heal_all() { cut_.clear(); }
  bool reaches(NodeId from, NodeId to) const { return from == to || cut_.empty() || !cut_.contains({from, to}); }
  std::size_t cuts() const { return cut_.size(); }

 private:
  Link everywhere_;
  std::map<std::pair<NodeId, NodeId>, Link> links_;
  std::set<std::pair<NodeId, NodeId>> cut_;
};

}  // namespace io_sim
