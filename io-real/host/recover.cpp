#include "io-real/host/recover.hpp"

#include <cerrno>
#include <csignal>
#include <optional>
#include <utility>

#include "io-real/host/cgroup.hpp"
#include "io-real/host/files.hpp"
#include "io-real/host/process.hpp"
#include "io-real/host/task_record.hpp"

namespace io_real::host {
namespace {

using core::world::TaskExited;
using core::world::TaskKey;
using core::world::TaskLost;

constexpr int end_patience_ms = 10'000;  // twice what a supervisor takes at most to end its task's processes

// For when the supervisor is gone. Groups are named for their allocation, so they are killed in any boot; processes
// only by name, number and start.
void kill_orphans(const TaskRecord& record) {
  kill_cgroup(record.cgroup);
  if (record.boot_id == boot_id())
    if (const Fd task = open_process(static_cast<pid_t>(record.task.pid), record.task.start_ticks)) {
      ::kill(-static_cast<pid_t>(record.task.pid), SIGKILL);
      wait_for_end(task, end_patience_ms);
    }
  remove_cgroup(record.cgroup);
}

Recovered ending_of(const TaskKey& key, const std::optional<TaskRecord>& record) {
  if (!record) return TaskLost{key, "the task's record is gone"};
  if (record->end) return TaskExited{key, record->end->exit_code, record->end->signal, record->end->oom_killed};
  kill_orphans(*record);
  if (record->boot_id != boot_id()) return TaskLost{key, "the machine was started anew"};
  return TaskLost{key, "the task's supervisor ended without a word"};
}

}  // namespace

Recovered recover(const std::filesystem::path& state_dir, const core::world::RecoverTask& task) {
  const auto path = record_path(state_dir, task.key);
  const auto record = read_record(path);
  if (!record) return TaskLost{task.key, "the task's record is gone"};
  core::world::TaskHandle handle{record->task.pid, record->task.start_ticks, record->boot_id};
  if (task.handle.pid != 0 && task.handle != handle)
    return TaskLost{task.key, "the task's record tells of another process"};
  if (record->end || record->boot_id != boot_id()) return ending_of(task.key, record);
  Fd supervisor = open_process(static_cast<pid_t>(record->supervisor.pid), record->supervisor.start_ticks);
  // It may have ended, and recorded the end, just after we read the record.
  if (!supervisor) return ending_of(task.key, read_record(path));
  return StillRuns{std::move(handle), std::move(supervisor)};
}

Recovered ending(const std::filesystem::path& state_dir, const TaskKey& key) {
  return ending_of(key, read_record(record_path(state_dir, key)));
}

bool end_leftover(const std::filesystem::path& path) {
  // Who cannot look must not take the task for gone: it would be started a second time beside the first.
  errno = 0;
  const auto record = read_record(path);
  if (!record && is_shortage(errno)) return false;
  std::error_code ignored;
  if (record && !record->end && record->boot_id == boot_id()) {
    errno = 0;
    const Fd supervisor = open_process(static_cast<pid_t>(record->supervisor.pid), record->supervisor.start_ticks);
    if (!supervisor && is_shortage(errno)) return false;
    if (!supervisor) {
      kill_orphans(*record);
    } else {
      queue_order(supervisor.get(), SIGKILL);
      if (!wait_for_end(supervisor, end_patience_ms)) return false;
      reap(supervisor);
    }
  }
  std::filesystem::remove(path, ignored);
  return true;
}

}  // namespace io_real::host
