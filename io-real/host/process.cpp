#include "io-real/host/process.hpp"

#include <dirent.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "io-real/host/files.hpp"

namespace io_real::host {
namespace {

struct Stat {
  char state = '?';
  pid_t parent = 0;
  std::uint64_t start_ticks = 0;
};

// proc(5): the fields after the command's name, which stands in parentheses and may itself hold any bytes.
std::optional<Stat> read_stat(pid_t pid) {
  const auto text = read_small_file("/proc/" + std::to_string(pid) + "/stat", 4096);
  if (!text) return std::nullopt;
  const auto name_end = text->rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  constexpr int parent_field = 4;
  constexpr int start_field = 22;
  Stat stat;
  const char* at = text->c_str() + name_end + 1;
  for (int field = 3; field <= start_field; ++field) {
    while (*at == ' ') ++at;
    if (*at == '\0') return std::nullopt;
    if (field == 3) stat.state = *at;
    if (field == parent_field) stat.parent = static_cast<pid_t>(std::strtol(at, nullptr, 10));
    if (field == start_field) stat.start_ticks = std::strtoull(at, nullptr, 10);
    while (*at != ' ' && *at != '\0') ++at;
  }
  return stat;
}

}  // namespace

std::string boot_id() { return read_line("/proc/sys/kernel/random/boot_id"); }

std::optional<std::uint64_t> start_ticks(pid_t pid) {
  const auto stat = read_stat(pid);
  if (!stat || stat->state == 'Z' || stat->state == 'X') return std::nullopt;
  return stat->start_ticks;
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  DIR* proc = ::opendir("/proc");
  if (proc == nullptr) return children;
  while (const dirent* entry = ::readdir(proc)) {
    pid_t pid = 0;
    const std::string_view name = entry->d_name;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ptr != name.data() + name.size()) continue;
    if (const auto stat = read_stat(pid); stat && stat->parent == parent) children.push_back(pid);
  }
  ::closedir(proc);
  return children;
}

Fd open_child(pid_t pid) { return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

Fd open_process(pid_t pid, std::uint64_t ticks) {
  if (pid <= 0) return {};
  Fd process = open_child(pid);
  // The descriptor first: what holds for the number now holds for the descriptor from here on.
  if (!process || start_ticks(pid) != ticks) return {};
  return process;
}

bool wait_for_end(const Fd& process, int timeout_ms) {
  pollfd waiting{.fd = process.get(), .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, timeout_ms) == 1;
}

bool queue_order(int supervisor, int value) {
  siginfo_t info;
  std::memset(&info, 0, sizeof info);
  info.si_signo = SIGRTMIN;
  info.si_code = SI_QUEUE;
  info.si_pid = ::getpid();
  info.si_uid = ::getuid();
  info.si_value.sival_int = value;
  return ::syscall(SYS_pidfd_send_signal, supervisor, SIGRTMIN, &info, 0) == 0;
}

void reap(const Fd& process) {
  siginfo_t info;
  ::waitid(P_PIDFD, static_cast<id_t>(process.get()), &info, WEXITED | WNOHANG);
}

}  // namespace io_real::host
