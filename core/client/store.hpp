// The client's folder on the disk: its ids, its allocations and how their tasks are (stored.hpp).
//
// A file is replaced as a whole: written beside, synced, renamed. So after a power loss it is the old one or the
// new one. What cannot be read is told and left out; it never stops the client.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/client/stored.hpp"
#include "core/world/world.hpp"

namespace core::client {

/// May `id` be part of a file's name? Ids come from servers.
bool is_file_safe(std::string_view id);

class Store {
 public:
  /// All that was found. Tasks without their allocation are left out.
  struct Loaded {
    std::string node_id;  // empty: none yet
    std::string secret_id;
    std::map<std::string, StoredAlloc> allocs;
    std::map<std::string, StoredTasks> tasks;
    std::vector<std::string> refused;  // "tasks-...: truncated at byte 12"
  };

  /// An empty `directory` keeps nothing.
  explicit Store(std::string directory) : directory_(std::move(directory)) {}
  bool keeps() const { return !directory_.empty(); }

  world::DiskToken read(world::Effects& effects);
  Loaded load(const world::DirectoryRead& read) const;

  // Each is durable once the batch of the returned token is done. Only for a store that keeps.
  /// What was read: an earlier process may have put it there and not have lived to sync the names, and then it is gone
  /// with the power. (The contents are synced before they get their names.)
  world::DiskToken settle(world::Effects& effects);
  world::DiskToken put_ids(const std::string& node_id, const std::string& secret_id, world::Effects& effects);
  /// `alloc` may be null: the one on the disk stays.
  world::DiskToken put(const std::string& alloc_id, const model::Allocation* alloc, const StoredTasks& tasks,
                       world::Effects& effects);
  world::DiskToken forget_alloc(const std::string& alloc_id, world::Effects& effects);

 private:
  void sync_parents(std::vector<world::DiskOp>& ops) const;
  void replace(std::vector<world::DiskOp>& ops, const std::string& name, std::string bytes) const;
  world::DiskToken send(std::vector<world::DiskOp> ops, world::Effects& effects);

  std::string directory_;
  world::DiskToken last_token_;
};

}  // namespace core::client
