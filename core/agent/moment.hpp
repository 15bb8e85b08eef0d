// A server's state at one moment, and what was committed since: the part of an agent that can be written down while it
// lives, and from which a recording whose beginning is gone is followed up to the same state hash.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/agent/recording.hpp"
#include "core/raft/types.hpp"
#include "core/state/state.hpp"

namespace core::agent {

/// A copy that never changes, to be written by another thread.
struct Moment {
  state::State state;
  raft::Index commit;  // the last entry that went into it
};

/// Follows what an agent's server commits, from the moment on that it began with.
class Commits {
 public:
  /// The server's state as it is; nothing without a server, or before it has read its disk.
  std::optional<Moment> begin(const Agent& agent);
  /// Whether it has begun.
  bool begun() const { return begun_; }
  /// Calls for each entry that was committed since, in order. False: some are gone from its log, as a snapshot came
  /// from the leader, and it must begin anew.
  bool more(const Agent& agent, const std::function<void(const raft::Entry&)>& visit);

 private:
  bool begun_ = false;
  raft::Index told_;
};

/// Adds the moment to the segment; `block_ended` is called where a block may end, so that none gets large.
void write_moment(Moment moment, SegmentWriter& writer, const std::function<void()>& block_ended);

/// The reading side: the state, built up again.
class Rebuilt {
 public:
  /// The words say what cannot be, or what is another than was recorded; empty: nothing.
  std::string take(const wire::Checkpoint& checkpoint);
  std::string take(const Chunk& chunk);
  std::string take(const raft::Entry& entry);

  /// Null before the first moment is complete.
  const state::State* state() const { return state_ ? &*state_ : nullptr; }
  raft::Index commit() const { return commit_; }
  std::uint64_t entries() const { return entries_; }

 private:
  std::optional<state::State> state_;
  raft::Index commit_;
  std::uint64_t entries_ = 0;
  wire::Checkpoint coming_;
  std::vector<raft::Payload> chunks_;
};

}  // namespace core::agent
