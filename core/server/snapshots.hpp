// The state as a snapshot's chunks, and back: both take long on a big state, so both are work for a Compute effect,
// over values that never change.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <string>

#include "core/raft/snapshot.hpp"
#include "core/state/state.hpp"
#include "core/world/process.hpp"

namespace core::server {

/// Builds the snapshot of a copy of the state, while the state itself moves on.
class BuildSnapshot final : public world::Work {
 public:
  BuildSnapshot(state::State state, raft::SnapshotMeta meta, std::size_t chunk_bytes)
      : state_(std::move(state)), meta_(std::move(meta)), chunk_bytes_(chunk_bytes) {}
  void run() override;
  raft::SnapshotRef take() { return std::move(built_); }

 private:
  state::State state_;
  raft::SnapshotMeta meta_;
  std::size_t chunk_bytes_;
  raft::SnapshotRef built_;
};

/// Its records one after the other, with their sizes; the visitor's words, unless they are empty, end it. The error
/// says which chunk or record cannot be.
std::expected<void, std::string> for_each_record(
    const raft::Snapshot& snapshot, const std::function<std::string(state::SnapshotEntry, std::size_t bytes)>& visit);

/// The state in a snapshot; the error says which chunk or record cannot be, and the snapshot is to be thrown away.
std::expected<state::State, std::string> open_snapshot(const raft::Snapshot& snapshot);

class OpenSnapshot final : public world::Work {
 public:
  explicit OpenSnapshot(raft::SnapshotRef snapshot) : snapshot_(std::move(snapshot)) {}
  void run() override { opened_ = open_snapshot(*snapshot_); }
  const raft::SnapshotRef& snapshot() const { return snapshot_; }
  std::expected<state::State, std::string> take() { return std::move(opened_); }

 private:
  raft::SnapshotRef snapshot_;
  std::expected<state::State, std::string> opened_;
};

}  // namespace core::server
