// A disk that forgets: `nomad agent -dev` keeps its Raft log here.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "io-real/disk/disk.hpp"

namespace io_real::disk {

/// The largest file kept in memory.
inline constexpr std::uint64_t max_memory_file_bytes = std::uint64_t{1} << 30;

/// Answers within the call. Nothing outlives the process, so syncing only checks that there is something to sync.
class MemoryDisk final : public Disk {
 public:
  explicit MemoryDisk(Report report) : report_(std::move(report)) {}

  void carry_out(core::world::DiskBatch batch) override;
  void carry_out(core::world::ReadDirectory read) override;

 private:
  std::string on(core::world::MakeDirectory& op);
  std::string on(core::world::WriteAt& op);
  std::string on(core::world::Preallocate& op);
  std::string on(core::world::Truncate& op);
  std::string on(core::world::Sync& op);
  std::string on(core::world::Rename& op);
  std::string on(core::world::Remove& op);
  std::string on(core::world::SyncDirectory& op);

  /// Zero, or the errno that opening `path` as a file would give.
  int open_error(const std::string& path, bool create) const;
  /// Zero, or the errno that opening `path` as a directory would give.
  int directory_error(const std::string& path) const;
  int rename_error(const std::string& from, const std::string& to) const;
  void remove(const std::string& path);

  Report report_;
  std::map<std::string, std::string> files_;
  std::set<std::string> directories_{""};
};

}  // namespace io_real::disk
