// The host as core sees it: what it is made of, and the tasks that run on it.
//
// A task is named by its allocation and its task name. The shell keeps no plans of its own: it starts,
// signals and kills what it is told to, and says what happened.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "core/base/strong.hpp"
#include "core/base/time.hpp"

namespace core::world {

using HostToken = base::Strong<struct HostTokenTag>;

/// Effect: look at the machine. Answered by HostFingerprinted.
struct FingerprintHost {
  HostToken token;
};
/// One interface with the addresses it carries.
struct NetworkInterface {
  std::string device;
  std::string mac_address;
  std::uint32_t speed_mbits = 0;       // 0: the interface does not tell
  std::vector<std::string> addresses;  // "10.0.0.7/24"
};
/// A driver that this host can run tasks with.
struct DriverFound {
  std::string name;
  bool healthy = false;
  std::string health_description;
  std::map<std::string, std::string> attributes;
};
/// Event: what the machine is (client-internals.md §2).
struct HostFingerprinted {
  HostToken token;
  std::string hostname;
  std::map<std::string, std::string> attributes;  // "cpu.arch", "kernel.name", ...
  std::uint64_t cpu_mhz = 0;                      // all cores together
  std::uint32_t cpu_cores = 0;
  std::uint64_t memory_mb = 0;
  std::uint64_t disk_mb = 0;  // free space where allocations live
  std::vector<NetworkInterface> interfaces;
  std::string default_interface;
  std::vector<DriverFound> drivers;
};

struct TaskKey {
  std::string alloc_id;
  std::string task;
  friend auto operator<=>(const TaskKey&, const TaskKey&) = default;
};
/// What finds a running task again after the agent restarted: the process, told apart from a later one
/// with the same number by its start time (clock ticks since boot) and the boot's id.
struct TaskHandle {
  std::int64_t pid = 0;
  std::uint64_t start_ticks = 0;
  std::string boot_id;
  friend bool operator==(const TaskHandle&, const TaskHandle&) = default;
};
/// Effect: make the allocation's directories (client-internals.md §8). Answered by AllocDirMade.
struct MakeAllocDir {
  std::string alloc_id;
  std::vector<std::string> tasks;
};
struct AllocDirMade {
  std::string alloc_id;
  std::string error;
};
/// Effect: remove them again, with everything in them.
struct RemoveAllocDir {
  std::string alloc_id;
};
/// Effect: start a task. Its files go to the allocation's directory; `${NOMAD_*_DIR}` in `command`, `args`
/// and `env` have been replaced by core. Answered by TaskStarted or TaskStartFailed.
struct StartTask {
  TaskKey key;
  std::string driver;
  std::string command;
  std::vector<std::string> args;
  std::map<std::string, std::string> env;
  std::string user;
  bool logs_disabled = false;
  std::uint32_t log_max_files = 10;
  std::uint64_t log_max_file_bytes = 10 * 1024 * 1024;
};
struct TaskStarted {
  TaskKey key;
  TaskHandle handle;
};
struct TaskStartFailed {
  TaskKey key;
  std::string error;
  bool recoverable = false;
};
/// Effect: take up a task that an earlier life of this agent started. Answered by TaskStarted when it still
/// runs, by TaskExited when its end was recorded, or by TaskLost.
struct RecoverTask {
  TaskKey key;
  TaskHandle handle;
  std::uint32_t log_max_files = 10;
  std::uint64_t log_max_file_bytes = 10 * 1024 * 1024;
};
/// Event: the task is gone and nobody knows how it ended.
struct TaskLost {
  TaskKey key;
  std::string error;
};
/// Event: the task's process ended. `signal` is 0 when it exited by itself.
struct TaskExited {
  TaskKey key;
  std::int32_t exit_code = 0;
  std::int32_t signal = 0;
  bool oom_killed = false;
};
/// Effect: send `signal` ("SIGINT") to the task's processes.
struct SignalTask {
  TaskKey key;
  std::string signal;
};
/// Effect: end all of the task's processes at once (SIGKILL).
struct KillTask {
  TaskKey key;
};
/// Effect: read from a file of an allocation, `path` relative to its directory. At most `limit` bytes come back.
struct ReadAllocFile {
  HostToken token;
  std::string alloc_id;
  std::string path;
  std::uint64_t offset = 0;
  std::uint64_t limit = 0;
};
struct AllocFileRead {
  HostToken token;
  std::string bytes;
  std::uint64_t file_size = 0;
  std::string error;
};
struct ListAllocDir {
  HostToken token;
  std::string alloc_id;
  std::string path;
};
struct AllocFile {
  std::string name;
  bool is_dir = false;
  std::uint64_t size = 0;
  std::string file_mode;  // "-rw-r--r--"
  WallTime mod_time;
};
struct AllocDirListed {
  HostToken token;
  std::vector<AllocFile> files;
  std::string error;
};
BOOST_DESCRIBE_STRUCT(FingerprintHost, (), (token))
BOOST_DESCRIBE_STRUCT(NetworkInterface, (), (device, mac_address, speed_mbits, addresses))
BOOST_DESCRIBE_STRUCT(DriverFound, (), (name, healthy, health_description, attributes))
BOOST_DESCRIBE_STRUCT(HostFingerprinted, (),
                      (token, hostname, attributes, cpu_mhz, cpu_cores, memory_mb, disk_mb, interfaces,
                       default_interface, drivers))
BOOST_DESCRIBE_STRUCT(TaskKey, (), (alloc_id, task))
BOOST_DESCRIBE_STRUCT(TaskHandle, (), (pid, start_ticks, boot_id))
BOOST_DESCRIBE_STRUCT(MakeAllocDir, (), (alloc_id, tasks))
BOOST_DESCRIBE_STRUCT(AllocDirMade, (), (alloc_id, error))
BOOST_DESCRIBE_STRUCT(RemoveAllocDir, (), (alloc_id))
BOOST_DESCRIBE_STRUCT(StartTask, (),
                      (key, driver, command, args, env, user, logs_disabled, log_max_files, log_max_file_bytes))
BOOST_DESCRIBE_STRUCT(TaskStarted, (), (key, handle))
BOOST_DESCRIBE_STRUCT(TaskStartFailed, (), (key, error, recoverable))
BOOST_DESCRIBE_STRUCT(RecoverTask, (), (key, handle, log_max_files, log_max_file_bytes))
BOOST_DESCRIBE_STRUCT(TaskLost, (), (key, error))
BOOST_DESCRIBE_STRUCT(TaskExited, (), (key, exit_code, signal, oom_killed))
BOOST_DESCRIBE_STRUCT(SignalTask, (), (key, signal))
BOOST_DESCRIBE_STRUCT(KillTask, (), (key))
BOOST_DESCRIBE_STRUCT(ReadAllocFile, (), (token, alloc_id, path, offset, limit))
BOOST_DESCRIBE_STRUCT(AllocFileRead, (), (token, bytes, file_size, error))
BOOST_DESCRIBE_STRUCT(ListAllocDir, (), (token, alloc_id, path))
BOOST_DESCRIBE_STRUCT(AllocFile, (), (name, is_dir, size, file_mode, mod_time))
BOOST_DESCRIBE_STRUCT(AllocDirListed, (), (token, files, error))

}  // namespace core::world
