// What the client keeps on its disk (client-internals.md §16), in messages of proto/client.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "core/model/allocation.hpp"
#include "core/world/host.hpp"

namespace core::client {

/// What may be going on on the host under the task's name.
enum class StoredRun {
  none,      // nothing: not started yet, between two runs, or dead
  starting,  // perhaps a process: its start was about to be asked for
  running,   // a process, which `handle` finds
};
BOOST_DESCRIBE_ENUM(StoredRun, none, starting, running)

struct StoredTask {
  model::TaskState state;
  StoredRun run = StoredRun::none;
  world::TaskHandle handle;
  std::int32_t restart_count = 0;
  WallTime restart_interval_start;
};
BOOST_DESCRIBE_STRUCT(StoredTask, (), (state, run, handle, restart_count, restart_interval_start))

/// File "tasks-<alloc id>": changes often.
struct StoredTasks {
  bool dir_made = false;
  std::map<std::string, StoredTask> tasks;
};
BOOST_DESCRIBE_STRUCT(StoredTasks, (), (dir_made, tasks))

/// File "alloc-<alloc id>": changes when the servers change it.
struct StoredAlloc {
  model::Allocation alloc;
};
BOOST_DESCRIBE_STRUCT(StoredAlloc, (), (alloc))

}  // namespace core::client
