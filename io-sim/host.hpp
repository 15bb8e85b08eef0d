// A host in memory: what it is made of, and tasks with scripted lives. Tasks outlive the agent; a power loss
// ends them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/world/host.hpp"
#include "io-sim/choices.hpp"

namespace io_sim {

/// What a machine of some class has.
struct Machinery {
  std::uint64_t cpu_mhz = 4000;
  std::uint32_t cpu_cores = 4;
  std::uint64_t memory_mb = 8192;
  std::uint64_t disk_mb = 100'000;
  std::map<std::string, std::string> attributes;  // beside the usual ones
};

/// How a task lives: told by whoever scripts the run.
struct TaskLife {
  std::optional<core::Duration> runs;  // nothing: until it is stopped
  std::int32_t exit_code = 0;
  core::Duration starts_in{};
  bool fails_to_start = false;
  bool oom_killed = false;  // it ends by the kernel's hand: exit code 137, signal 9
  bool ignores_signals = false;
  core::Duration stops_in = core::Duration{5'000'000};  // after a signal
  /// A crash loop: so many starts, counted from the first on this host, end like this; the later ones as above.
  std::uint32_t crashes = 0;
  core::Duration crashes_after = core::Duration{100'000'000};
  std::int32_t crash_exit_code = 1;
};

class Host {
 public:
  struct Task {
    core::world::TaskHandle handle;
    TaskLife life;
    std::optional<core::world::TaskExited> ended;  // and how, when it has
    std::uint64_t incarnation = 0;                 // tells its timers from those of an earlier life
  };

  explicit Host(Machinery machinery, std::string name) : machinery_(std::move(machinery)), name_(std::move(name)) {}

  core::world::HostFingerprinted fingerprint(core::world::HostToken token, const std::string& address) const;
  const std::map<core::world::TaskKey, Task>& tasks() const { return tasks_; }
  std::map<core::world::TaskKey, Task>& tasks() { return tasks_; }
  std::size_t running() const;
  /// Counts one more start of a task; how many there were before.
  std::uint32_t count_start(const core::world::TaskKey& key) { return starts_[key]++; }
  void remove_alloc(const std::string& alloc_id);
  /// Another machine of the same make: it remembers nothing.
  void replace();
  /// A new boot: tasks are gone, and what was recorded of them is too.
  void lose_power();
  std::string boot_id() const { return name_ + "-boot-" + std::to_string(boot_); }
  std::int64_t next_pid() { return ++last_pid_; }
  std::uint64_t next_incarnation() { return ++last_incarnation_; }

 private:
  Machinery machinery_;
  std::string name_;
  std::map<core::world::TaskKey, Task> tasks_;
  std::map<core::world::TaskKey, std::uint32_t> starts_;
  std::uint64_t boot_ = 1;
  std::int64_t last_pid_ = 1000;
  std::uint64_t last_incarnation_ = 0;
};

}  // namespace io_sim
