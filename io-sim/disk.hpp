// A disk in memory: what a power loss leaves (the platter), and what programs see (that with what is not synced yet).
//
// Model: a write goes to the cache, and to the platter at the file's next Sync; a directory's names do at its
// SyncDirectory. A power loss keeps each unsynced write wholly, in part (whole sectors of its front), or not at all,
// and a prefix of the unsynced changes of names. A killed process loses nothing. What no program has written since
// its last Sync may have left the cache: it is read from the platter.
//
// Lies: a synced write may be lost, land elsewhere in its file, or arrive with a bit turned. The cache hides it until
// it is read again. A lie is kept only when it can be noticed: when a later write stands behind it in the same file.
// Else the platter is put right before anybody reads it, since no program can tell a file that ends early from one that
// was never written further. How many disks may lie at all is DamageBudget's to say.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/world/disk.hpp"
#include "io-sim/choices.hpp"
#include "io-sim/distribution.hpp"

namespace io_sim {

/// What a disk does wrong. Chances are of an operation, unless said otherwise.
struct DiskFaults {
  static constexpr std::uint64_t no_end = std::numeric_limits<std::uint64_t>::max();

  std::optional<Distribution> write;  // how long batches take here, in place of the world's timings
  std::optional<Distribution> sync;
  double hang = 0;        // of a batch: the disk stands still first ...
  Distribution hang_for;  // ... for this long
  std::uint64_t capacity_bytes = no_end;
  double write_error = 0;  // nothing is written
  double sync_error = 0;   // what was unsynced reaches the platter in part; a later Sync says nothing of it
  double read_error = 0;   // of reading a directory
  // Lies, of a write at its Sync.
  double lost = 0;
  double misdirected = 0;
  double corrupt = 0;

  double lies() const { return lost + misdirected + corrupt; }
};

class Disk {
 public:
  static constexpr std::uint64_t sector_bytes = 512;

  /// What an operation's fate is drawn from.
  struct Fate {
    Stream& chance;
    bool may_lie = false;
  };

  /// Carries the operations out in the cache. The error is empty, or that of the first operation that failed.
  std::string carry_out(const std::vector<core::world::DiskOp>& ops);
  /// Without `fate` nothing goes wrong by chance.
  std::string carry_out_one(core::world::DiskOp op, const Fate* fate = nullptr);
  std::vector<core::world::FileContents> read(const std::string& directory);
  /// What is left afterwards is on the platter.
  void lose_power(Stream& chance);
  /// Everything is gone: a new disk.
  void wipe();
  /// Turns one bit of what was written long ago: somewhere before the last write of a file that has several. False
  /// when there is none.
  bool rot(Stream& chance);

  DiskFaults& faults() { return faults_; }
  const DiskFaults& faults() const { return faults_; }
  /// From now on every Sync and write fails with this text; empty: works again.
  void fail_with(std::string error) { failure_ = std::move(error); }
  std::uint64_t unsynced_writes() const;
  std::uint64_t used_bytes() const;
  /// Each file by its path: bytes as programs see them.
  std::map<std::string, std::uint64_t> sizes() const;
  /// How many lies it has told since it was new, those put right again included.
  std::uint64_t lies_told() const { return lies_told_; }

 private:
  // Bytes that may be fewer than the size: the rest reads as zero.
  struct Content {
    std::string data;
    std::uint64_t size = 0;

    void apply(const core::world::DiskOp& op);
    void write(std::uint64_t offset, std::string_view bytes);
  };
  struct File {
    Content platter;
    std::uint64_t size = 0;  // as programs see it: with what is unsynced, which with the platter makes the cache
    std::vector<core::world::DiskOp> unsynced;
    std::vector<core::world::WriteAt> withheld;  // what the platter should hold and does not; may be put right yet
    std::uint64_t last_write = 0;                // on the platter: where it begins
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
  bool is_named(std::uint64_t inode) const;
  std::string change(const std::string& path, core::world::DiskOp op, const Fate* fate);
  std::string sync(const std::string& path, const Fate* fate);
  void make_folder(const std::string& path);
  void lose_folder(const std::string& path);
  void sync_names(const std::string& directory);
  void to_platter(File& file, const core::world::DiskOp& op);
  void lie(File& file, const core::world::WriteAt& write, Stream& chance);
  static void put_right(File& file);
  static void settle(File& file, Stream& chance);

  DiskFaults faults_;
  std::map<std::uint64_t, File> files_;         // by inode
  std::map<std::string, std::uint64_t> names_;  // path to inode
  std::vector<NameChange> unsynced_names_;
  std::set<std::string> folders_;           // those that were made
  std::set<std::string> unsynced_folders_;  // of them: whose names are not on the platter, outer ones first
  std::uint64_t last_inode_ = 0;
  std::uint64_t last_group_ = 0;
  std::uint64_t lies_told_ = 0;
  std::string failure_;
};

}  // namespace io_sim
