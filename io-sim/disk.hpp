// A disk in memory with a volatile cache: what was not synced may be lost, or half lost, when the power goes.
//
// Model: a file holds its bytes and the writes since its last Sync; a directory's names hold those since its
// last SyncDirectory. A power loss keeps each unsynced write wholly, in part (whole sectors of its front), or
// not at all, and a prefix of the unsynced changes of names. A killed process loses nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/world/disk.hpp"
#include "io-sim/choices.hpp"

namespace io_sim {

class Disk {
 public:
  static constexpr std::uint64_t sector_bytes = 512;

  /// Carries the operations out in the cache. The error is empty, or that of the first operation that failed.
  std::string carry_out(const std::vector<core::world::DiskOp>& ops);
  std::string carry_out_one(const core::world::DiskOp& op);
  std::vector<core::world::FileContents> read(const std::string& directory) const;
  /// What is left afterwards is on the platter.
  void lose_power(Stream& chance);
  /// Everything is gone: a new disk.
  void wipe();

  /// From now on every Sync and write fails with this text; empty: works again.
  void fail_with(std::string error) { failure_ = std::move(error); }
  std::uint64_t unsynced_writes() const;

 private:
  struct File {
    std::string data;  // may be shorter than size: the rest reads as zero
    std::uint64_t size = 0;
    // The writes since the last Sync, each with what undoes it.
    struct Unsynced {
      core::world::DiskOp op;
      std::string old_data;  // of the touched range
      std::uint64_t old_size = 0;
      std::uint64_t old_length = 0;  // of data
    };
    std::vector<Unsynced> unsynced;

    void apply(const core::world::DiskOp& op);
    void write(std::uint64_t offset, std::string_view bytes);
    void remember(const core::world::DiskOp& op);
    void undo(const Unsynced& one);
  };
  // A change of a directory's names, with what undoes it.
  struct NameChange {
    std::string path;
    std::uint64_t file_before = 0;  // 0: there was none
    std::uint64_t file_after = 0;
    std::uint64_t group = 0;  // changes of one operation go together
  };

  File& open(const std::string& path);
  void set_name(const std::string& path, std::uint64_t file, std::uint64_t group);

  std::map<std::uint64_t, File> files_;         // by inode
  std::map<std::string, std::uint64_t> names_;  // path to inode
  std::vector<NameChange> unsynced_names_;
  std::uint64_t last_inode_ = 0;
  std::uint64_t last_group_ = 0;
  std::string failure_;
};

}  // namespace io_sim
