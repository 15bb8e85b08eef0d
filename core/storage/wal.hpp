// The write-ahead log: Raft's Persist effects as writes to the abstract disk, and back after a restart.
//
//   Wal wal(config);
//   effects: wal.read_request(token)          answer: wal.recover(directory_read) -> Recovered or WalError
//   wal.persist(effect);                      then, whenever wal.wants_batch():
//   effects: wal.take_batch(token)            answer: wal.on(disk_batch_done) -> Durable or Failed
//
// One batch is under way at a time; what comes meanwhile goes into the next one together, with one sync
// (group commit). Once a Persist effect's base is on disk, the segments that hold nothing after it are removed, the
// oldest first. A batch that fails is final: nothing is tried again, because after a failed sync nobody
// knows what the disk holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/raft/event.hpp"
#include "core/raft/raft.hpp"
#include "core/storage/frame.hpp"
#include "core/world/disk.hpp"

namespace core::storage {

/// Why the log cannot be used: the server must not start.
struct WalError {
  enum class Reason { unreadable, newer_version, corrupt, segment_missing, misplaced };
  Reason reason;
  std::string file;
  std::uint64_t offset = 0;
  std::string what;
  /// All of it and what to do, in a sentence or two for the operator. `directory` is the log's.
  std::string text(const std::string& directory) const;
};

class Wal {
 public:
  struct Config {
    std::string directory = "server/raft/wal";
    /// Made with the first record, and kept: where it stands without a log, a log was lost. Nothing: no such file.
    std::string marker{};
    std::uint64_t segment_bytes = 16 << 20;
    std::size_t max_frame_bytes = 8 << 20;  // past this, what is pending waits for the next batch
  };

  struct Recovered {
    raft::Restored state;
    std::vector<std::string> notes;  // what was cut off, for the operator
  };
  /// Every Persist effect up to `sequence` is on disk.
  struct Durable {
    raft::PersistSequence sequence;
  };
  struct Failed {
    std::string reason;
  };
  using Outcome = std::variant<Durable, Failed>;

  explicit Wal(Config config) : config_(std::move(config)) {}

  static void make_marker(const std::string& path, std::vector<world::DiskOp>& ops);

  /// Whether there are segments among what its directory holds: operators and file systems put other files there.
  static bool holds_a_log(const world::DirectoryRead& read);

  world::ReadDirectory read_request(world::DiskToken token) const { return {token, config_.directory}; }
  /// Once, before anything is persisted. A torn tail (a write that was never acknowledged) is cut off;
  /// damage to what was acknowledged is an error.
  std::expected<Recovered, WalError> recover(const world::DirectoryRead& read);

  /// Takes in the next effect; sequences rise.
  void persist(raft::Persist effect);
  /// Something is to be written and no batch is under way.
  bool wants_batch() const {
    return recovered_ && !in_flight_ && !failed_ && (!repairs_.empty() || !pending_.empty() || !removable_.empty());
  }
  world::DiskBatch take_batch(world::DiskToken token);
  /// The answer to take_batch's batch. After Failed nothing more is written.
  Outcome on(const world::DiskBatchDone& done);

 private:
  struct Segment {
    std::uint64_t number;
    raft::Index first_index;
  };
  // What reading the segments has come to.
  struct Reading {
    Replay log;
    std::vector<std::string> notes;
    std::vector<world::DiskOp> repairs;
    std::deque<Segment> segments;
    std::uint64_t segment = 0;
    std::uint64_t offset = 0;
    std::uint64_t frame = 1;
  };
  using Read = std::expected<void, WalError>;
  Read read_segment(Reading& reading, std::uint64_t number, const world::FileContents& file, bool last) const;
  Read read_frames(Reading& reading, const world::FileContents& file, bool last) const;
  Read judge_tail(Reading& reading, const world::FileContents& file, bool last) const;
  std::string path(std::uint64_t segment) const;
  void make_directory(std::vector<world::DiskOp>& ops) const;
  FrameBuilder gather();
  void drop_segments();
  void take_removals(std::vector<world::DiskOp>& ops);

  Config config_;
  bool recovered_ = false;
  bool failed_ = false;
  std::optional<world::DiskToken> in_flight_;
  std::vector<world::DiskOp> repairs_;  // synced before anything else is written
  std::deque<raft::Persist> pending_;
  raft::PersistSequence writing_;  // the last of the batch under way
  raft::PersistSequence durable_;

  std::uint64_t segment_ = 0;  // the one written to; they count from 1
  std::uint64_t offset_ = 0;   // where its next frame goes
  std::uint64_t frame_ = 1;    // the next frame's number
  raft::HardState hard_state_;
  raft::Index last_index_;
  raft::Term last_term_;                 // of the entry at last_index_; zero when it is not known
  raft::LogBase writing_base_;           // where the log begins once the batch under way is on disk
  raft::LogBase base_;                   // and where it does now
  std::deque<Segment> segments_;         // that hold what is still wanted
  std::deque<std::uint64_t> removable_;  // segments of which all entries are in a snapshot
};

}  // namespace core::storage
