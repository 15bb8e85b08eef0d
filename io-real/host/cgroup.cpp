#include "io-real/host/cgroup.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>

#include "io-real/host/files.hpp"
#include "io-real/host/mounts.hpp"

namespace io_real::host {
namespace {

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

// What can kill the group's processes: cgroup.kill (Linux 5.14) or the freezer, which holds them still meanwhile.
bool can_kill(const std::string& folder) {
  return exists(folder + "/cgroup.kill") || exists(folder + "/freezer.state");
}

bool make_folders(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  return !error;
}

void kill_members(const std::string& folder) {
  const auto members = read_small_file(folder + "/cgroup.procs").value_or("");
  const char* at = members.data();
  const char* const end = at + members.size();
  while (at < end) {
    pid_t pid = 0;
    const auto parsed = std::from_chars(at, end, pid);
    if (parsed.ec != std::errc{}) return;
    if (pid > 1) ::kill(pid, SIGKILL);
    at = parsed.ptr + 1;
  }
}

void kill_frozen(const std::string& folder) {
  const std::string state = folder + "/freezer.state";
  constexpr int tries = 50;
  constexpr int pause_ms = 2;
  write_control(state, "FROZEN");
  for (int i = 0; i < tries && read_line(state) != "FROZEN"; ++i) ::poll(nullptr, 0, pause_ms);
  kill_members(folder);
  write_control(state, "THAWED");
}

}  // namespace

CgroupMounts parse_cgroup_mounts(std::string_view mountinfo) {
  CgroupMounts mounts;
  for (const Mount& mount : parse_mountinfo(mountinfo)) {
    if (mount.type == "cgroup2" && mounts.unified.empty()) mounts.unified = mount.point;
    const bool freezes = ("," + std::string(mount.options) + ",").find(",freezer,") != std::string::npos;
    if (mount.type == "cgroup" && freezes && mounts.freezer.empty()) mounts.freezer = mount.point;
  }
  return mounts;
}

CgroupMounts find_cgroup_mounts() { return parse_cgroup_mounts(read_small_file("/proc/self/mountinfo").value_or("")); }

std::vector<std::string> cgroup_candidates(const CgroupMounts& mounts, const std::string& parent,
                                           const core::world::TaskKey& key) {
  std::vector<std::string> folders;
  const std::string own = '/' + key.alloc_id + '.' + key.task + ".scope";
  if (!mounts.unified.empty())
    folders.push_back(mounts.unified + '/' + (parent.empty() ? "nomad.slice" : parent) + own);
  if (!mounts.freezer.empty()) folders.push_back(mounts.freezer + '/' + (parent.empty() ? "nomad" : parent) + own);
  return folders;
}

std::string make_cgroup(const std::vector<std::string>& candidates) {
  for (const auto& folder : candidates) {
    if (!make_folders(folder)) continue;
    if (can_kill(folder)) return folder;
    ::rmdir(folder.c_str());
  }
  return "";
}

bool join_cgroup(const std::string& folder) { return write_control(folder + "/cgroup.procs", "0"); }

void kill_cgroup(const std::string& folder) {
  if (folder.empty()) return;
  if (exists(folder + "/cgroup.kill"))
    write_control(folder + "/cgroup.kill", "1");
  else if (exists(folder + "/freezer.state"))
    kill_frozen(folder);
}

bool cgroup_was_oom_killed(const std::string& folder) {
  if (folder.empty()) return false;
  const auto events = read_small_file(folder + "/memory.events").value_or("");
  const auto at = events.find("oom_kill ");
  return at != std::string::npos && events.compare(at, 10, "oom_kill 0") != 0;
}

void remove_cgroup(const std::string& folder) {
  if (folder.empty()) return;
  constexpr int tries = 20;
  constexpr int pause_ms = 5;
  // A process that has just been waited for can keep its group busy for a moment.
  for (int i = 0; i < tries && ::rmdir(folder.c_str()) != 0 && errno == EBUSY; ++i) ::poll(nullptr, 0, pause_ms);
}

}  // namespace io_real::host
