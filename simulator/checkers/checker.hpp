// What a checker is: it looks at a server after each event that changed it, and says when an invariant fell.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/raft/raft.hpp"
#include "core/state/command.hpp"
#include "core/state/state.hpp"
#include "io-sim/world.hpp"

namespace simulator {
class Cluster;
}

namespace simulator::checkers {

using io_sim::NodeId;
using io_sim::TrueTime;

/// A server as it is after an event. The references hold during the call only.
struct Sight {
  NodeId node;
  std::size_t server;  // 0 .. servers-1
  const std::string& name;
  std::uint64_t life;
  std::uint64_t disk;  // counts its disks: another number is a new one, which holds nothing of the old
  TrueTime at;
  const std::string& id;
  const core::raft::Raft& raft;
  const core::state::State& state;
  bool hands_over;                 // it has lately begun to give its leadership away
  bool connection_closed = false;  // that was the event
};

/// An entry that is committed for the first time anywhere. `sight` is the server that knows it first.
struct Commit {
  const Sight& sight;
  const core::raft::Entry& entry;
  const core::state::Command* command;  // null: none, or not to be read
};

class Health;

/// The whole cluster, about once a virtual second.
struct Round {
  TrueTime at;
  const Cluster& cluster;
  const Health& health;
};

class Checker {
 public:
  virtual ~Checker() = default;
  virtual std::string_view invariant() const = 0;
  /// What is wrong, in a sentence; nothing when all is well.
  virtual std::optional<std::string> saw(const Sight&) { return std::nullopt; }
  virtual std::optional<std::string> committed(const Commit&) { return std::nullopt; }
  /// For what takes time to go wrong.
  virtual std::optional<std::string> at_intervals(const Round&) { return std::nullopt; }
};

struct Violation {
  std::string invariant;
  TrueTime at;
  std::string what;
  std::optional<NodeId> node{};  // at whose event it was seen; nothing: by a look at the whole cluster
};

}  // namespace simulator::checkers
