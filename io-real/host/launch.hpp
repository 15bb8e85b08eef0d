// From a StartTask to a supervisor process that is about to start it. Blocks for a few milliseconds: for a worker
// thread.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/world/host.hpp"
#include "io-real/host/cgroup.hpp"
#include "io-real/host/fd.hpp"
#include "io-real/host/supervisor_spec.hpp"

namespace io_real::host {

/// What tasks are started with that is the same for all of them.
struct LaunchPad {
  std::filesystem::path alloc_dir;
  std::filesystem::path state_dir;
  std::map<std::string, std::string> host_env;  // what of the agent's environment tasks may see
  bool use_cgroups = true;
  std::string cgroup_parent;
  CgroupMounts cgroup_mounts;
  std::uint64_t open_files = 0;  // Host::Config::task_open_files
};

struct LaunchError {
  std::string text;
  bool recoverable = false;  // whether trying again later may help
};

/// A supervisor that has been started: both descriptors are open. Nothing of it ends with them.
struct Launched {
  Fd process;  // readable once it has ended
  Fd report;   // readable once it has said how the start went
};

/// The agent's environment without what is private to it (client-internals.md §10).
std::map<std::string, std::string> shareable_env(char** env, const std::vector<std::string>& denylist);

/// The file that a command means: in the task's `local` folder, in its folder, an absolute path, or in the PATH of
/// its environment.
std::expected<std::string, LaunchError> find_command(const std::string& command, const std::filesystem::path& task_dir,
                                                     const std::map<std::string, std::string>& env);

/// Starts a supervisor for the task. One that an earlier life of this agent left running for the same task is ended
/// first, with its task.
std::expected<Launched, LaunchError> launch(const LaunchPad& pad, const core::world::StartTask& start);

/// What to say to core of a report that tells of a failure.
LaunchError explain(const StartReport& report, const std::string& command);

}  // namespace io_real::host
