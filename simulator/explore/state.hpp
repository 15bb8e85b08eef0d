// One state of a small Raft cluster: real servers, their disks, what is under way. A value: to go two ways from it, it
// is copied, and the copies share every server that has not changed since.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/raft/raft.hpp"
#include "simulator/explore/choice.hpp"
#include "simulator/property/raft_disk.hpp"
#include "simulator/property/raft_invariants.hpp"

namespace simulator::explore {

inline constexpr std::size_t max_servers = 5;

struct Server {
  std::optional<core::raft::Raft> raft;  // none while it is down
  property::RaftDisk disk;
  std::vector<core::raft::Persist> writes;  // not on the disk yet, oldest first
  core::Instant clock;                      // its own; only its timer moves it
  bool slow_disk = false;
  std::uint64_t hash = 0;
};

/// A message, or the news that a connection closed, on its way.
struct Parcel {
  std::uint8_t from = 0;
  std::uint8_t to = 0;
  std::shared_ptr<const core::raft::Event> event;
  std::uint64_t hash = 0;
};

struct State {
  std::array<std::shared_ptr<Server>, max_servers> servers;
  std::vector<Parcel> under_way;  // oldest first
  std::vector<Parcel> late;       // held up, in the order of their hashes
  std::shared_ptr<property::RaftInvariants> invariants;
  std::uint64_t memory_hash = 0;  // of the invariants
  Budget left;

  /// The server, to be changed: a copy of its own, when other states have it too.
  Server& own(std::size_t server);
  property::RaftInvariants& own_invariants();
  /// Equal for states whose futures are equal.
  std::uint64_t key(std::size_t count) const;
};

}  // namespace simulator::explore
