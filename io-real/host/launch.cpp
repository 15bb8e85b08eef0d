#include "io-real/host/launch.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "io-real/host/files.hpp"
#include "io-real/host/process.hpp"
#include "io-real/host/recover.hpp"
#include "io-real/host/supervise.hpp"
#include "io-real/host/supervisor_spec.hpp"
#include "io-real/host/task_record.hpp"

namespace io_real::host {
namespace {

namespace fs = std::filesystem;
using core::world::StartTask;
using Env = std::map<std::string, std::string>;

constexpr std::string_view failed_to_launch = "failed to launch command with executor: ";
constexpr const char* default_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::unexpected<LaunchError> refuse(std::string text, bool recoverable = false) {
  return std::unexpected(LaunchError{std::string(failed_to_launch) + std::move(text), recoverable});
}

// Shortages pass; a missing file or right does not come by itself.
bool may_pass(int error) {
  return is_shortage(error) || error == EAGAIN || error == ENOSPC || error == EINTR || error == EIO || error == ETXTBSY;
}

bool is_file(const fs::path& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && !S_ISDIR(status.st_mode);
}
bool is_executable_file(const fs::path& path) { return is_file(path) && ::access(path.c_str(), X_OK) == 0; }

std::optional<std::string> find_in_path(const std::string& command, std::string_view path) {
  while (true) {
    const auto colon = path.find(':');
    const auto folder = path.substr(0, colon);
    // As Go, and unlike a shell, an empty entry does not mean the working directory.
    if (!folder.empty())
      if (const auto candidate = fs::path(folder) / command; is_executable_file(candidate)) return candidate.string();
    if (colon == std::string_view::npos) return std::nullopt;
    path.remove_prefix(colon + 1);
  }
}

// Artifacts often lose their x bit on the way; Nomad gives it back to what a task executes from its own folder. There
// the task can put links, and swap them at any time, so the rights are those of a file that was opened beneath it.
std::string made_executable(const fs::path& task_dir, const fs::path& path) {
  const Fd root(::open(task_dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const Fd file = open_beneath(root, path.lexically_relative(task_dir));
  struct stat status{};
  if (file && ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 0111) != 0111)
    ::fchmod(file.get(), (status.st_mode & 07777) | 0111);
  return path.string();
}

struct User {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<std::uint64_t> groups;
};
std::expected<User, LaunchError> find_user(const std::string& name) {
  std::vector<char> buffer(16 * 1024);
  passwd entry{};
  passwd* found = nullptr;
  const int error = ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr && may_pass(error)) return refuse(errno_text("user: lookup " + name, error), true);
  if (found == nullptr) return refuse(fmt::format("user: unknown user {}", name));
  constexpr int max_groups = 1024;
  std::vector<gid_t> groups(max_groups);
  int count = max_groups;
  if (::getgrouplist(name.c_str(), entry.pw_gid, groups.data(), &count) < 0) count = 0;
  return User{entry.pw_uid, entry.pw_gid, {groups.begin(), groups.begin() + count}};
}

// The secrets folder is closed to all but its owner, who therefore has to be the one the task runs as.
void hand_over_secrets(const fs::path& task_dir, const User& user) {
  const Fd secrets(::open((task_dir / "secrets").c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (secrets) [[maybe_unused]]
    const int done = ::fchown(secrets.get(), user.uid, user.gid);
}

std::expected<SupervisorSpec, LaunchError> make_spec(const LaunchPad& pad, const StartTask& start) {
  const auto alloc_dir = pad.alloc_dir / start.key.alloc_id;
  const auto task_dir = alloc_dir / start.key.task;
  Env env = start.env;
  env.insert(pad.host_env.begin(), pad.host_env.end());  // names already there stay as they are
  env.try_emplace("PATH", default_path);
  auto command = find_command(start.command, task_dir, env);
  if (!command) return std::unexpected(command.error());

  SupervisorSpec spec;
  spec.command = *command;
  spec.args.push_back(start.command);
  spec.args.insert(spec.args.end(), start.args.begin(), start.args.end());
  for (const auto& [name, value] : env) spec.env.push_back(name + '=' + value);
  spec.directory = task_dir.string();
  spec.record_path = record_path(pad.state_dir, start.key).string();
  spec.boot_id = boot_id();
  if (pad.use_cgroups) spec.cgroups = cgroup_candidates(pad.cgroup_mounts, pad.cgroup_parent, start.key);
  spec.open_files = pad.open_files;
  spec.logs_disabled = start.logs_disabled;
  spec.log_folder = (alloc_dir / "alloc" / "logs").string();
  spec.log_name = start.key.task;
  spec.log_max_files = start.log_max_files;
  spec.log_max_file_bytes = start.log_max_file_bytes;
  if (start.user.empty()) return spec;

  auto user = find_user(start.user);
  if (!user) return std::unexpected(user.error());
  hand_over_secrets(task_dir, *user);
  spec.switch_user = user->uid != ::geteuid();
  spec.uid = user->uid;
  spec.gid = user->gid;
  spec.groups = std::move(user->groups);
  return spec;
}

// Above the numbers that the supervisor is given its own at, so that placing one cannot close another. Empty with
// errno set when there is no number left.
Fd lifted(Fd low) {
  constexpr int clear_of_standard = 10;
  return Fd(low ? ::fcntl(low.get(), F_DUPFD_CLOEXEC, clear_of_standard) : -1);
}

// Where the supervisor finds its spec and its pipe. An action that was not taken in would be left out without a word:
// the supervisor would then write its report to the agent's own output.
int add_files(posix_spawn_file_actions_t& files, int spec_fd, int report_fd) {
  int error = ::posix_spawn_file_actions_adddup2(&files, spec_fd, 0);
  if (error == 0) error = ::posix_spawn_file_actions_adddup2(&files, report_fd, 1);
  if (error == 0) error = ::posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
  // Asio's sockets are not closed on exec by themselves.
  if (error == 0) error = ::posix_spawn_file_actions_addclosefrom_np(&files, 3);
  // It must not keep a file system busy.
  if (error == 0) error = ::posix_spawn_file_actions_addchdir_np(&files, "/");
  return error;
}

int spawn(const StartTask& start, int spec_fd, int report_fd, pid_t& pid) {
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  if (const int error = add_files(files, spec_fd, report_fd); error != 0) {
    ::posix_spawn_file_actions_destroy(&files);
    return error;
  }
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t all;
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &all);  // the supervisor takes signals when it is ready to
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
  std::string name = "nomad";
  std::string argument = supervise_argument;
  std::string alloc = start.key.alloc_id;
  std::string task = start.key.task;
  char* args[] = {name.data(), argument.data(), alloc.data(), task.data(), nullptr};
  // An empty environment, but for where the dynamic linker looks.
  std::string libraries = "LD_LIBRARY_PATH=";
  const char* const library_path = ::getenv("LD_LIBRARY_PATH");
  if (library_path != nullptr) libraries += library_path;
  char* env[] = {library_path != nullptr ? libraries.data() : nullptr, nullptr};
  const int error = ::posix_spawn(&pid, "/proc/self/exe", &files, &attributes, args, env);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  return error;
}

// Nobody could tell it anything or hear of its end. Its task dies with it; what that left behind is found by its
// record.
void abandon(pid_t supervisor, const fs::path& record) {
  ::kill(supervisor, SIGKILL);
  ::waitpid(supervisor, nullptr, 0);
  end_leftover(record);
}

}  // namespace

std::map<std::string, std::string> shareable_env(char** env, const std::vector<std::string>& denylist) {
  Env shared;
  for (; env != nullptr && *env != nullptr; ++env) {
    const std::string_view pair = *env;
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    const std::string name(pair.substr(0, equals));
    if (std::ranges::find(denylist, name) == denylist.end()) shared.emplace(name, pair.substr(equals + 1));
  }
  return shared;
}

std::expected<std::string, LaunchError> find_command(const std::string& command, const fs::path& task_dir,
                                                     const Env& env) {
  if (command.empty()) return refuse("the task names no command");
  if (command.find('\0') != std::string::npos) return refuse("the command's name holds a NUL");
  if (command.front() == '/') {
    if (is_file(command)) {
      const bool own = fs::path(command).lexically_normal().string().starts_with(task_dir.string() + '/');
      return own ? made_executable(task_dir, command) : command;
    }
    const int error = ::access(command.c_str(), F_OK) == 0 ? EISDIR : errno;
    return refuse(fmt::format("exec: \"{}\": {}", command, errno_text("stat " + command, error)));
  }
  for (const auto& candidate : {task_dir / "local" / command, task_dir / command})
    if (is_file(candidate)) return made_executable(task_dir, candidate);
  const auto path = env.find("PATH");
  const bool bare = command.find('/') == std::string::npos;
  if (auto found = bare && path != env.end() ? find_in_path(command, path->second) : std::nullopt) return *found;
  return refuse(fmt::format("exec: \"{}\": executable file not found in $PATH", command));
}

std::expected<Launched, LaunchError> launch(const LaunchPad& pad, const StartTask& start) {
  auto spec = make_spec(pad, start);
  if (!spec) return std::unexpected(spec.error());
  const std::string bytes = encode_spec(*spec);
  if (bytes.size() > max_spec_bytes) return refuse(errno_text("fork/exec " + spec->command, E2BIG));

  if (!end_leftover(spec->record_path))
    return refuse("the task's processes from before the agent restarted could not be ended", true);
  std::error_code error;
  fs::create_directories(fs::path(spec->record_path).parent_path(), error);
  if (error) return refuse("record: " + error.message(), true);

  const auto refuse_for_now = [] { return refuse(errno_text("supervisor", errno), true); };
  const Fd memory = lifted(Fd(::memfd_create("nomad-task", MFD_CLOEXEC)));
  int ends[2];
  if (!memory || !write_all(memory.get(), bytes) || ::pipe2(ends, O_CLOEXEC) != 0) return refuse_for_now();
  Launched launched;
  launched.report.reset(ends[0]);
  const Fd report_end = lifted(Fd(ends[1]));
  if (!report_end) return refuse_for_now();
  pid_t pid = 0;
  if (const int failed = spawn(start, memory.get(), report_end.get(), pid); failed != 0)
    return refuse(errno_text("supervisor", failed), may_pass(failed));
  launched.process = open_child(pid);
  if (!launched.process) {
    const auto refused = refuse_for_now();
    abandon(pid, spec->record_path);
    return refused;
  }
  return launched;
}

LaunchError explain(const StartReport& report, const std::string& command) {
  const std::string what = report.what == "exec" ? "fork/exec " + command : report.what;
  return {std::string(failed_to_launch) + errno_text(what, report.error), may_pass(report.error)};
}

}  // namespace io_real::host
