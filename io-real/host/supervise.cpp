#include "io-real/host/supervise.hpp"

#include <fcntl.h>
#include <grp.h>
#include <malloc.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "io-real/host/cgroup.hpp"
#include "io-real/host/fd.hpp"
#include "io-real/host/files.hpp"
#include "io-real/host/process.hpp"
#include "io-real/host/rotated_log.hpp"
#include "io-real/host/supervisor_spec.hpp"
#include "io-real/host/task_record.hpp"

namespace io_real::host {
namespace {

constexpr int spec_fd = 0;
constexpr int report_fd = 1;
constexpr std::size_t read_bytes = 64 * 1024;  // a pipe's capacity
constexpr std::int64_t sweep_limit_ns = 5'000'000'000;
constexpr int sweep_pause_ms = 20;

std::int64_t clock_ns(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

struct Pipe {
  Fd read;
  Fd write;
};
bool open_pipe(Pipe& pipe) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  pipe.read.reset(ends[0]);
  pipe.write.reset(ends[1]);
  return true;
}

// A step of starting the task that failed, as it travels from the child to the supervisor.
struct Failure {
  enum class Step : int { pipe, fork, directory, user, exec, record, abandoned } step;
  int error;
};
const char* name_of(Failure::Step step) {
  switch (step) {
    case Failure::Step::pipe:
      return "pipe";
    case Failure::Step::fork:
      return "fork";
    case Failure::Step::directory:
      return "chdir";
    case Failure::Step::user:
      return "setuid";
    case Failure::Step::exec:
      return "exec";
    case Failure::Step::record:
      return "record";
    case Failure::Step::abandoned:
      return "abandoned";
  }
  return "start";
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (auto& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

// The agent raised its own limit, which the supervisor and the task have from it; but a program that still waits with
// select() fails at descriptors above 1024, so more is the task's to ask for.
void limit_open_files(std::uint64_t count) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(count, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// One of the task's two outputs: the pipe it writes to, and the files that it ends up in.
struct Output {
  Pipe pipe;
  std::optional<RotatedLog> log;
};

class Supervisor {
 public:
  explicit Supervisor(SupervisorSpec spec) : spec_(std::move(spec)), buffer_(read_bytes, '\0') {}
  int run();

 private:
  std::optional<Failure> start();
  std::optional<Failure> let_go(Fd gate, const Fd& failures);
  [[noreturn]] void become_task(const Fd& gate, const Fd& failures, pid_t supervisor);
  bool agent_listens() const;
  void report(const std::optional<Failure>& failure) const;
  bool write_record(bool durable) const;

  void watch();
  bool pump(Output& output);
  void take_signals();
  void obey(int signal) const;
  bool reap_children();
  void sweep();

  SupervisorSpec spec_;
  std::string buffer_;
  TaskRecord record_;
  Fd signals_;
  Output stdout_;
  Output stderr_;
  pid_t task_ = 0;
  bool task_reaped_ = false;
};

int Supervisor::run() {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  sigset_t heard;
  ::sigemptyset(&heard);
  ::sigaddset(&heard, SIGCHLD);
  ::sigaddset(&heard, SIGRTMIN);
  signals_.reset(::signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK));
  // What the task's processes leave behind becomes our child, so that we can find and end it.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::prctl(PR_SET_NAME, "nomad-supervise");

  const auto failure = start();
  if (failure && task_ > 0) {
    ::kill(task_, SIGKILL);
    sweep();
  }
  if (failure) ::unlink(spec_.record_path.c_str());
  if (failure) remove_cgroup(record_.cgroup);
  report(failure);
  if (failure) return 1;

  const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  ::dup2(null.get(), spec_fd);
  ::dup2(null.get(), report_fd);
  const std::string record_path = std::move(spec_.record_path);
  spec_ = {};
  spec_.record_path = record_path;
  ::malloc_trim(0);
  watch();
  write_record(true);
  remove_cgroup(record_.cgroup);
  return 0;
}

std::optional<Failure> Supervisor::start() {
  Pipe gate;
  Pipe failures;
  if (!open_pipe(gate) || !open_pipe(failures)) return Failure{Failure::Step::pipe, errno};
  if (!spec_.logs_disabled) {
    const RotatedLog::Limits limits{static_cast<std::uint32_t>(spec_.log_max_files), spec_.log_max_file_bytes};
    if (!open_pipe(stdout_.pipe) || !open_pipe(stderr_.pipe)) return Failure{Failure::Step::pipe, errno};
    stdout_.log.emplace(spec_.log_folder, spec_.log_name + ".stdout", limits);
    stderr_.log.emplace(spec_.log_folder, spec_.log_name + ".stderr", limits);
    ::fcntl(stdout_.pipe.read.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(stderr_.pipe.read.get(), F_SETFL, O_NONBLOCK);
  }
  record_.boot_id = spec_.boot_id;
  record_.supervisor = {::getpid(), start_ticks(::getpid()).value_or(0)};
  record_.cgroup = make_cgroup(spec_.cgroups);

  const pid_t supervisor = ::getpid();
  task_ = ::fork();
  if (task_ < 0) return Failure{Failure::Step::fork, errno};
  if (task_ == 0) {
    gate.write.reset();
    become_task(gate.read, failures.write, supervisor);
  }
  ::setpgid(task_, task_);  // also done by the child: whoever comes first
  gate.read.reset();
  failures.write.reset();
  stdout_.pipe.write.reset();
  stderr_.pipe.write.reset();
  return let_go(std::move(gate.write), failures.read);
}

// The record before the task: were it the other way round, an agent killed in between would leave a task behind that
// nobody knows of.
std::optional<Failure> Supervisor::let_go(Fd gate, const Fd& failures) {
  record_.task = {task_, start_ticks(task_).value_or(0)};
  if (!write_record(false)) return Failure{Failure::Step::record, errno};
  if (!agent_listens()) return Failure{Failure::Step::abandoned, 0};
  write_all(gate.get(), "go");
  gate.reset();
  Failure failure{};
  // The pipe closes without a word when execve succeeds.
  const auto count = ::read(failures.get(), &failure, sizeof failure);
  if (count == static_cast<ssize_t>(sizeof failure)) return failure;
  return std::nullopt;
}

void Supervisor::become_task(const Fd& gate, const Fd& failures, pid_t supervisor) {
  const auto fail = [&](Failure::Step step) {
    const Failure failure{step, errno};
    write_all(failures.get(), {reinterpret_cast<const char*>(&failure), sizeof failure});
    ::_exit(127);
  };
  ::setpgid(0, 0);
  if (!record_.cgroup.empty()) join_cgroup(record_.cgroup);  // an empty group does no harm
  char go[2];
  if (::read(gate.get(), go, sizeof go) <= 0) ::_exit(127);

  const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  ::dup2(null.get(), STDIN_FILENO);
  ::dup2(spec_.logs_disabled ? null.get() : stdout_.pipe.write.get(), STDOUT_FILENO);
  ::dup2(spec_.logs_disabled ? null.get() : stderr_.pipe.write.get(), STDERR_FILENO);
  if (spec_.switch_user) {
    const std::vector<gid_t> groups(spec_.groups.begin(), spec_.groups.end());
    if (::setgroups(groups.size(), groups.data()) != 0 || ::setgid(static_cast<gid_t>(spec_.gid)) != 0 ||
        ::setuid(static_cast<uid_t>(spec_.uid)) != 0)
      fail(Failure::Step::user);
  }
  if (::chdir(spec_.directory.c_str()) != 0) fail(Failure::Step::directory);
  if (spec_.open_files != 0) limit_open_files(spec_.open_files);
  // After setuid, which clears it: a task whose supervisor was killed has nobody left to tell how it ends.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != supervisor) ::_exit(127);
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const auto args = pointers(spec_.args);
  const auto env = pointers(spec_.env);
  ::execve(spec_.command.c_str(), args.data(), env.data());
  fail(Failure::Step::exec);
  ::_exit(127);
}

bool Supervisor::agent_listens() const {
  pollfd agent{.fd = report_fd, .events = 0, .revents = 0};
  return ::poll(&agent, 1, 0) == 0;  // POLLERR: nobody reads any more
}

void Supervisor::report(const std::optional<Failure>& failure) const {
  StartReport report{.pid = record_.task.pid, .start_ticks = record_.task.start_ticks, .error = 0, .what = ""};
  if (failure) report.error = failure->error == 0 ? EIO : failure->error;
  if (failure) report.what = name_of(failure->step);
  write_all(report_fd, format_report(report));  // the record stands, so it does not matter if nobody hears
}

bool Supervisor::write_record(bool durable) const {
  return replace_file(spec_.record_path, format_record(record_), durable);
}

void Supervisor::watch() {
  while (!task_reaped_) {
    pollfd waiting[3] = {
        {signals_.get(), POLLIN, 0}, {stdout_.pipe.read.get(), POLLIN, 0}, {stderr_.pipe.read.get(), POLLIN, 0}};
    if (::poll(waiting, 3, -1) < 0) continue;
    if (waiting[1].revents != 0) pump(stdout_);
    if (waiting[2].revents != 0) pump(stderr_);
    if (waiting[0].revents != 0) take_signals();
  }
  sweep();
  // What the pipes still hold. Bounded, should something that could not be killed go on writing.
  constexpr int last_reads = 32;
  for (Output* output : {&stdout_, &stderr_})
    for (int i = 0; i < last_reads && pump(*output); ++i) continue;
}

// Moves what has come to the files; false when nothing more is there to be moved.
bool Supervisor::pump(Output& output) {
  if (!output.pipe.read) return false;
  const auto count = ::read(output.pipe.read.get(), buffer_.data(), buffer_.size());
  if (count > 0) output.log->write({buffer_.data(), static_cast<std::size_t>(count)});
  if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) output.pipe.read.reset();
  return count > 0;
}

void Supervisor::take_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info))
    if (static_cast<int>(info.ssi_signo) == SIGRTMIN && info.ssi_code == SI_QUEUE) obey(info.ssi_int);
  reap_children();
}

void Supervisor::obey(int signal) const {
  // Until it is waited for, the task's number is its own and its group's.
  if (task_reaped_ || signal <= 0 || signal >= NSIG) return;
  if (signal == SIGKILL) kill_cgroup(record_.cgroup);
  ::kill(-task_, signal);
  if (signal == SIGKILL) ::kill(task_, SIGKILL);  // should it have left its group
}

// False when no child is left at all.
bool Supervisor::reap_children() {
  int status = 0;
  pid_t child = 0;
  while ((child = ::waitpid(-1, &status, WNOHANG)) > 0) {
    if (child != task_) continue;
    task_reaped_ = true;
    TaskEnd end;
    end.unix_ns = clock_ns(CLOCK_REALTIME);
    end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    end.exit_code = WIFSIGNALED(status) ? 128 + end.signal : WEXITSTATUS(status);
    end.oom_killed = cgroup_was_oom_killed(record_.cgroup);
    record_.end = end;
  }
  return child == 0 || errno != ECHILD;
}

// Ends what the task left behind: first its group, then whatever has become our child, again and again, because the
// children of those become ours in turn.
void Supervisor::sweep() {
  const auto give_up = clock_ns(CLOCK_MONOTONIC) + sweep_limit_ns;
  kill_cgroup(record_.cgroup);
  while (reap_children() && clock_ns(CLOCK_MONOTONIC) < give_up) {
    for (const pid_t child : children_of(::getpid())) ::kill(child, SIGKILL);
    pollfd signal{signals_.get(), POLLIN, 0};
    ::poll(&signal, 1, sweep_pause_ms);
    take_signals();
    pump(stdout_);
    pump(stderr_);
  }
}

}  // namespace

int supervise_main(int, char**) {
  std::string bytes;
  char buffer[4096];
  ssize_t count = 0;
  ::lseek(spec_fd, 0, SEEK_SET);
  while (bytes.size() < max_spec_bytes && (count = ::read(spec_fd, buffer, sizeof buffer)) > 0)
    bytes.append(buffer, static_cast<std::size_t>(count));
  auto spec = decode_spec(bytes);
  if (!spec) return 2;
  bytes = {};
  const int code = Supervisor(std::move(*spec)).run();
  // Not by way of exit(): nothing of the agent's program was set up, so nothing of it must be torn down.
  ::_exit(code);
}

}  // namespace io_real::host
