// Disks that keep the recoverable recoverable: which of them may lie or be lost.
//
// A group of nodes holds copies of the same data (the servers and their log). What a majority has acknowledged must
// outlive every fault, so a majority of each group stays whole: at most (n - 1) / 2 of its disks are ever damaged at a
// time. Together with Disk's rule, that a lie is kept only where the reader can notice it, a damaged node either
// serves what it acknowledged or refuses to start; it never votes with a log that has silently become shorter. (The
// idea of TigerBeetle's fault atlas, taken from blocks to disks.)
//
// Nodes in no group hold nothing that others rest on: all of their disks may be damaged.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "io-sim/network.hpp"

namespace io_sim {

class DamageBudget {
 public:
  void add_group(const std::vector<NodeId>& copies) {
    groups_.push_back({(copies.size() - 1) / 2, 0});
    for (const NodeId node : copies) nodes_[node] = {groups_.size() - 1, false};
  }
  /// For experiments: data that was acknowledged may now be lost.
  void lift() { lifted_ = true; }

  bool may_damage(NodeId node) const {
    const auto found = nodes_.find(node);
    if (lifted_ || found == nodes_.end() || found->second.damaged) return true;
    const Group& group = groups_[found->second.group];
    return group.damaged < group.most;
  }
  bool is_damaged(NodeId node) const {
    const auto found = nodes_.find(node);
    return found != nodes_.end() && found->second.damaged;
  }
  void damaged(NodeId node) { set(node, true); }
  /// Its disk was replaced, and holds all that it should again: somebody who can tell says so.
  void whole(NodeId node) { set(node, false); }

 private:
  struct Group {
    std::size_t most;
    std::size_t damaged;
  };
  struct Member {
    std::size_t group = 0;
    bool damaged = false;
  };
  void set(NodeId node, bool damaged) {
    const auto found = nodes_.find(node);
    if (found == nodes_.end() || std::exchange(found->second.damaged, damaged) == damaged) return;
    Group& group = groups_[found->second.group];
    damaged ? ++group.damaged : --group.damaged;
  }

  std::vector<Group> groups_;
  std::map<NodeId, Member> nodes_;
  bool lifted_ = false;
};

}  // namespace io_sim
