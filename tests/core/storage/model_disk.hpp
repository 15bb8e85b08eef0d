// A disk that forgets: what is not synced may be there or not after a power loss, sector by sector, name by name.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/rng.hpp"
#include "core/world/disk.hpp"

namespace tests {

class ModelDisk {
 public:
  static constexpr std::size_t sector = 512;

  /// Carries out the first `count` operations.
  void carry_out(const core::world::DiskBatch& batch, std::size_t count);
  void carry_out(const core::world::DiskBatch& batch) { carry_out(batch, batch.ops.size()); }
  /// Of every sector, size and name that was not synced, the old or the new survives.
  void lose_power(core::Rng& rng);
  core::world::DirectoryRead read(const std::string& directory) const;
  /// The bytes of the file, to be damaged.
  std::string& bytes(const std::string& path) { return files_.at(path).now; }
  std::map<std::string, std::string> contents() const;

 private:
  struct File {
    std::string synced;
    std::string now;
    bool name_synced = false;  // the name is in the folder for good
    bool removed = false;      // but its removal is not for good
  };
  struct Renamed {  // and the folder is not synced since
    std::string from;
    std::string to;
    File moved;
    std::optional<File> replaced;
  };
  void apply(const core::world::DiskOp& op);
  File& file_to_write(const std::string& path);
  std::map<std::string, File> files_;
  std::vector<Renamed> renamed_;
};

}  // namespace tests
