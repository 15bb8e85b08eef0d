// When snapshots are made, and what is done with them: built from a copy of the state by a Compute effect, written
// part by part between the log's batches, and only then told to Raft, which lets the log go. Those that the leader
// sends are opened the same way, written, and only then take the state's place.
//
// One snapshot is built, one opened and one written at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/metric.hpp"
#include "core/base/rng.hpp"
#include "core/raft/snapshot.hpp"
#include "core/server/snapshots.hpp"
#include "core/storage/snapshots.hpp"
#include "core/world/world.hpp"

namespace core::server {

class Snapshotting {
 public:
  struct Config {
    std::string directory;
    std::uint64_t threshold = 8192;            // entries applied since the last one
    Duration interval = 120s;                  // between two, and up to twice that
    std::size_t chunk_bytes = 256 << 10;       // in one message; a batch to the disk has four
    std::size_t max_bytes_between = 16 << 20;  // past this much applied, the interval is not waited for
  };

  /// Raft may let the log before it go.
  struct Taken {
    raft::SnapshotMeta meta;
  };
  /// For followers that asked for one.
  struct Built {
    raft::SnapshotRef snapshot;
  };
  /// A received one is ready to be installed, or never will be.
  struct Received {
    raft::SnapshotMeta meta;
    std::string error;
  };
  /// One of our own came to nothing; the log stays as it is.
  struct Failed {
    std::string error;
  };
  using Output = std::variant<Taken, Built, Received, Failed>;

  Snapshotting(Config config, Rng rng)
      : config_(std::move(config)),
        rng_(rng),
        store_({.directory = config_.directory, .batch_bytes = chunks_in_a_batch * config_.chunk_bytes}) {}

  struct Recovered {
    std::optional<raft::SnapshotMeta> meta;
    state::State state;
    std::vector<std::string> notes;
  };
  std::expected<Recovered, std::string> recover(Instant now, const world::DirectoryRead& read);

  /// Counts from now on; of the waits for the next one, the old and the new, the shorter.
  void reload(Instant now, std::uint64_t threshold, Duration interval);
  /// Another entry of that weight was applied at `index`.
  void applied(raft::Index index, std::size_t weight);
  /// Raft wants one for a follower.
  void want() { wanted_ = true; }
  /// The leader sent one.
  void received(raft::SnapshotRef snapshot) { to_open_ = std::move(snapshot); }
  /// The state of the snapshot that Raft has installed.
  state::State installed(const raft::SnapshotMeta& meta);
  /// Raft has been told of the one it received, and has installed it or has no use for it.
  void received_done() {
    opened_.reset();
    told_ = false;
  }

  /// What there is to do now, given the state with everything up to `meta.index` applied.
  bool wants_build(Instant now) const;
  world::Compute build(Instant now, state::State state, raft::SnapshotMeta meta, world::ComputeToken token);
  bool wants_open() const { return to_open_ && !opening_ && !opened_; }
  world::Compute open(Instant now, world::ComputeToken token);
  bool wants_batch() const { return store_.wants_batch(); }
  world::DiskBatch take_batch(world::DiskToken token) { return store_.take_batch(token); }

  bool awaits(world::DiskToken token) const { return store_.awaits(token); }
  void disk_done(Instant now, const world::DiskBatchDone& done, std::vector<Output>& out);
  void computed(Instant now, const world::Computed& computed, std::vector<Output>& out);
  /// When something may be to do though nothing happens.
  Instant deadline() const;

  struct Stats {
    std::uint64_t last_index = 0, last_term = 0;  // of the newest on disk
    std::uint64_t taken = 0, installed = 0, failed = 0;
    std::uint64_t refused = 0;                  // that came and could not be read
    base::Tally copied, built, written, whole;  // the time that ours took: the state's copy, chunks, files, all of it
    base::Tally restored;                       // that it took to make a state of one
  };
  const Stats& stats() const { return stats_; }

 private:
  // So that a simulated snapshot of small chunks goes to the disk in several, as a large one of real chunks does.
  static constexpr std::size_t chunks_in_a_batch = 4;
  bool due() const { return applied_.value >= begun_at_.value + config_.threshold; }
  void wait_again(Instant now);
  void write_next(Instant now, std::vector<Output>& out);
  void stored(const raft::SnapshotMeta& meta);

  Config config_;
  Rng rng_;
  storage::SnapshotStore store_;
  raft::Index on_disk_;   // the newest snapshot's
  raft::Index begun_at_;  // where the last one of ours was begun
  raft::Index applied_;
  std::size_t bytes_since_ = 0;
  Instant not_before_;
  bool wanted_ = false;

  template <class WorkType>
  struct Running {
    world::ComputeToken token;
    std::shared_ptr<WorkType> work;
    Instant since;
  };
  std::optional<Running<BuildSnapshot>> building_;
  bool building_for_follower_ = false;
  raft::SnapshotRef to_write_;  // built, and waits for the store
  Instant built_since_;         // to_write_'s beginning
  Instant whole_since_;         // of the one that the store writes
  Instant writing_since_;
  raft::SnapshotRef to_open_;
  std::optional<Running<OpenSnapshot>> opening_;
  std::optional<std::pair<raft::SnapshotRef, state::State>> opened_;  // to be stored, being stored, or to be installed
  bool told_ = false;                                                 // that it is ready, or of no use
  bool storing_received_ = false;
  Stats stats_;
};

}  // namespace core::server
