// Since when servers have been well and have reached each other: what liveness is asked of. Looked at often enough to
// see every fault that lasts longer than the shortest timeout.
#pragma once

#include <cstdint>
#include <vector>

#include "simulator/cluster/cluster.hpp"

namespace simulator::checkers {

/// A set of servers, by number.
using ServerSet = std::uint32_t;

class Health {
 public:
  explicit Health(std::size_t servers) : servers_(servers), well_(servers), open_(servers * servers), runs_(servers) {}
  void look(const Cluster& cluster);

  /// Up, not standing still, and next to its full speed, without a break since then.
  bool well_since(NodeId server, TrueTime since) const { return well_[server] <= since; }
  /// Each of them well, and each reached by each other, without a break since then.
  bool together_since(ServerSet servers, TrueTime since) const;
  /// Both are well, and each reaches the other, without a break since then. Others are not looked at.
  bool meet_since(NodeId a, NodeId b, TrueTime since) const {
    return well_since(a, since) && well_since(b, since) &&
           (a == b || (open_since(a, b, since) && open_since(b, a, since)));
  }
  /// Both are well, and each reaches the other, at the last look.
  bool meet(NodeId a, NodeId b) const {
    return well_[a] != TrueTime::never() && well_[b] != TrueTime::never() && open_since(a, b, looked_) &&
           open_since(b, a, looked_);
  }
  /// Both run, be it slowly, and each reaches the other, at the last look.
  bool exchange(NodeId a, NodeId b) const {
    return runs_[a] && runs_[b] && open_since(a, b, looked_) && open_since(b, a, looked_);
  }
  /// Both are well, and what `from` sends comes to `to`, at the last look.
  bool reaches(NodeId from, NodeId to) const {
    return well_[from] != TrueTime::never() && well_[to] != TrueTime::never() && open_since(from, to, looked_);
  }
  /// A set that holds `with`, more than half of `among`, and was together since then; 0 when there is none.
  ServerSet majority_since(ServerSet among, NodeId with, TrueTime since) const;

  static constexpr core::Duration look_interval{20'000'000};
  /// Who is slower than this with each event may miss what others do in time.
  static constexpr core::Duration well_lag{20'000'000};

 private:
  bool open_since(NodeId from, NodeId to, TrueTime since) const { return open_[from * servers_ + to] <= since; }

  std::size_t servers_;
  TrueTime next_look_;
  TrueTime looked_;
  std::vector<TrueTime> well_;  // by server: since when; never() while it is not
  std::vector<TrueTime> open_;  // by pair, the same
  std::vector<bool> runs_;      // by server: up and not standing still
};

}  // namespace simulator::checkers
