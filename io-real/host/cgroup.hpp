// A control group of a task's own, so that all of its processes can be found and killed at once, however they
// detach themselves. Systems differ: cgroup2 (alone, or beside v1) with cgroup.kill, or v1's freezer; where neither
// may be written to, tasks run without.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/world/host.hpp"

namespace io_real::host {

/// Where a hierarchy is mounted; both may be there (the hybrid layout).
struct CgroupMounts {
  std::string unified;  // cgroup2; "" when not mounted
  std::string freezer;  // v1; "" when not mounted
};
CgroupMounts parse_cgroup_mounts(std::string_view mountinfo);
CgroupMounts find_cgroup_mounts();

/// The folders a task's group may be made at, best first. `parent` "" means Nomad's own: `nomad.slice`, `nomad`.
std::vector<std::string> cgroup_candidates(const CgroupMounts& mounts, const std::string& parent,
                                           const core::world::TaskKey& key);

/// Makes the first group that can be made and can kill; "" when none can.
std::string make_cgroup(const std::vector<std::string>& candidates);

/// Moves the calling process into the group.
bool join_cgroup(const std::string& folder);

/// Sends SIGKILL to all of the group's processes, leaving none time to fork away. Nothing happens for "".
void kill_cgroup(const std::string& folder);

/// Whether the kernel has killed a process of the group for want of memory.
bool cgroup_was_oom_killed(const std::string& folder);

/// Removes a group whose processes are gone.
void remove_cgroup(const std::string& folder);

}  // namespace io_real::host
