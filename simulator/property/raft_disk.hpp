// What a Raft server's disk holds: what Persist effects wrote to it, and a restart finds.
#pragma once

#include <vector>

#include "core/raft/event.hpp"
#include "core/raft/raft.hpp"

namespace simulator::property {

struct RaftDisk {
  core::raft::HardState state;
  std::vector<core::raft::Entry> log;  // [0] is index 1

  /// In the order a Persist effect wants: the hard state, what is cut off, what is added.
  void write(const core::raft::Persist& persist) {
    if (persist.hard_state) state = *persist.hard_state;
    if (persist.truncate_from) log.resize(persist.truncate_from->value - 1);
    log.insert(log.end(), persist.entries.begin(), persist.entries.end());
  }
  core::raft::Restored restored() const { return {state, log}; }
};

}  // namespace simulator::property
