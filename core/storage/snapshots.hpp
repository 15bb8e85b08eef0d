// Snapshots on the abstract disk: one file each, written beside the one before and renamed over to its name when
// every byte of it is synced. Until then the old one counts, and so does the log.
//
//   file:    header, then the sealed chunks one after the other
//   header:  magic "NOMADSNP", u32 version, u32 chunks, u64 index, u64 term, u64 configuration index,
//            u64 bytes of all chunks, u32 length of the configuration, the configuration, u32 CRC-32C of all before
//   sealed:  u32 length, u32 CRC-32C of the bytes, of the chunk's number and of the snapshot's index, bytes
//
// Chunks are sealed by whoever made the snapshot, and travel between servers so: a checksum holds all the way.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/raft/snapshot.hpp"
#include "core/world/disk.hpp"

namespace core::storage {

inline constexpr std::uint32_t snapshot_version = 1;

/// A chunk as it is stored and sent.
raft::Payload seal_chunk(std::string_view bytes, raft::Index snapshot, std::uint64_t number);
/// The bytes in it; nothing when it is damaged or another's.
std::optional<std::string_view> open_chunk(std::string_view sealed, raft::Index snapshot, std::uint64_t number);

/// The header of a snapshot's file.
std::string encode_header(const raft::Snapshot& snapshot);
/// A snapshot's whole file read back; the error says what is wrong with it, and where.
std::expected<raft::Snapshot, std::string> decode_snapshot(std::string_view file);

class SnapshotStore {
 public:
  struct Config {
    std::string directory = "server/raft/snapshots";
    std::size_t batch_bytes = 1 << 20;  // at most, of one batch: the log's writes go between
  };
  struct Recovered {
    raft::SnapshotRef snapshot;  // null: there is none
    std::vector<std::string> notes;
  };
  struct Written {};  // a part of it
  struct Stored {     // all of it, and older ones are to go
    raft::SnapshotMeta meta;
  };
  struct Failed {  // it is given up; the one before still stands
    raft::SnapshotMeta meta;
    std::string reason;
  };
  using Outcome = std::variant<Written, Stored, Failed>;

  explicit SnapshotStore(Config config) : config_(std::move(config)) {}

  world::ReadDirectory read_request(world::DiskToken token) const { return {token, config_.directory}; }
  /// Once, before anything is written. The error is a sentence or two for the operator: a snapshot that was finished
  /// is damaged, and the log before it is gone.
  std::expected<Recovered, std::string> recover(const world::DirectoryRead& read);

  bool idle() const { return !writing_; }
  /// Begins to write it; one at a time.
  void write(raft::SnapshotRef snapshot);
  bool wants_batch() const { return !in_flight_ && (writing_ || !removable_.empty()); }
  bool awaits(world::DiskToken token) const { return in_flight_ == token; }
  world::DiskBatch take_batch(world::DiskToken token);
  Outcome on(const world::DiskBatchDone& done);

 private:
  struct Writing {
    raft::SnapshotRef snapshot;
    std::string partial;  // its name until it is whole
    std::uint64_t offset = 0;
    std::size_t next_chunk = 0;
    bool begun = false;
    bool whole = false;  // the last batch is under way
  };
  std::string path(const std::string& name) const { return config_.directory + "/" + name; }

  Config config_;
  std::optional<Writing> writing_;
  std::optional<world::DiskToken> in_flight_;
  std::optional<std::string> current_;  // the name of the newest whole one
  std::deque<std::string> removable_;
  std::deque<std::string> being_removed_;  // by the batch under way
  std::deque<std::string> left_over_;      // could not be removed: they go with the next
  std::uint64_t attempts_ = 0;             // more than any file on the disk bears
};

}  // namespace core::storage
