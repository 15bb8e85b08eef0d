// A saved state as a file to keep: what `operator snapshot save` writes and `restore` takes.
//
// A gzipped tar, to be looked into with the tools that everybody has:
//   meta.json    what it is, of which entry, when and by which version it was made
//   state.bin    a snapshot as servers keep them on their disks (core/storage/snapshots.hpp)
//   SHA256SUMS   of the two, as `sha256sum -c` reads them
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.hpp"
#include "core/raft/snapshot.hpp"
#include "core/state/state.hpp"
#include "core/world/process.hpp"

namespace core::server {

inline constexpr std::size_t max_archive_bytes = std::size_t{1} << 30;  // unpacked

struct ArchiveMeta {
  std::int64_t version = 1;  // of the archive
  std::string id;            // "term-index-milliseconds", as Nomad names snapshots
  std::uint64_t index = 0;
  std::uint64_t term = 0;
  std::uint64_t size = 0;  // of state.bin
};

struct Archive {
  ArchiveMeta meta;
  raft::Snapshot snapshot;
};

std::expected<std::string, std::string> pack_archive(const raft::Snapshot& snapshot, WallTime made,
                                                     std::size_t most = max_archive_bytes);
/// Checked from end to end. The error says what was found, where, and what was wanted.
std::expected<Archive, std::string> open_archive(std::string_view bytes);

/// The hash of SHA-256, raw.
std::string sha256(std::string_view bytes);

/// Makes an archive of a copy of the state.
class SaveArchive final : public world::Work {
 public:
  SaveArchive(state::State state, raft::SnapshotMeta meta, WallTime made)
      : state_(std::move(state)), meta_(std::move(meta)), made_(made) {}
  void run() override;
  std::expected<std::string, std::string> take() { return std::move(packed_); }

 private:
  state::State state_;
  raft::SnapshotMeta meta_;
  WallTime made_;
  std::expected<std::string, std::string> packed_;
};

/// Opens an archive, tries whether its state can be, and cuts it into the commands that restore it.
class OpenArchive final : public world::Work {
 public:
  using Commands = std::vector<std::shared_ptr<const state::Command>>;
  /// `part_bytes`: of the state in one command.
  OpenArchive(std::shared_ptr<const std::string> bytes, std::string restore_id, std::size_t part_bytes, WallTime now)
      : bytes_(std::move(bytes)), restore_id_(std::move(restore_id)), part_bytes_(part_bytes), now_(now) {}
  void run() override;
  std::expected<Commands, std::string> take() { return std::move(commands_); }

 private:
  std::shared_ptr<const std::string> bytes_;
  std::string restore_id_;
  std::size_t part_bytes_;
  WallTime now_;
  std::expected<Commands, std::string> commands_;
};

}  // namespace core::server
