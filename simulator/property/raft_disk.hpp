// What a Raft server's disk holds: what Persist effects and snapshots wrote to it, and a restart finds.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/raft/event.hpp"
#include "core/raft/raft.hpp"

namespace simulator::property {

struct RaftDisk {
  core::raft::HardState state;
  std::vector<core::raft::Entry> log;  // [0] is the first index after `base`
  core::raft::LogBase base{};
  std::optional<core::raft::SnapshotMeta> snapshot{};

  /// In the order a Persist effect wants: the hard state, where the log begins, what is cut off, what is added.
  void write(const core::raft::Persist& persist) {
    if (persist.hard_state) state = *persist.hard_state;
    if (persist.base) {
      const auto gone = std::min<std::uint64_t>(persist.base->index.value - base.index.value, log.size());
      log.erase(log.begin(), log.begin() + static_cast<std::ptrdiff_t>(gone));
      base = *persist.base;
    }
    if (persist.truncate_from) log.resize(persist.truncate_from->value - base.index.value - 1);
    log.insert(log.end(), persist.entries.begin(), persist.entries.end());
  }
  /// An older one takes nothing's place.
  void write(const core::raft::SnapshotMeta& meta) {
    if (!snapshot || snapshot->index < meta.index) snapshot = meta;
  }
  core::raft::Index snapshot_index() const { return snapshot ? snapshot->index : core::raft::Index{}; }
  /// In its log, or in its snapshot.
  bool has(core::raft::Index index, core::raft::Term term) const {
    if (index <= snapshot_index()) return true;
    if (index <= base.index || index.value > base.index.value + log.size()) return false;
    return log[index.value - base.index.value - 1].term == term;
  }
  core::raft::Restored restored() const { return {state, log, base, snapshot}; }
};

}  // namespace simulator::property
