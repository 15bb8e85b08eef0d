#include "io-real/host/host.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include "io-real/host/alloc_dir.hpp"
#include "io-real/host/alloc_files.hpp"
#include "io-real/host/files.hpp"
#include "io-real/host/fingerprint.hpp"
#include "io-real/host/launch.hpp"
#include "io-real/host/process.hpp"
#include "io-real/host/recover.hpp"
#include "io-real/host/signals.hpp"

namespace io_real::host {
namespace {

namespace asio = boost::asio;
namespace world = core::world;

constexpr std::size_t worker_threads = 2;
constexpr std::size_t lanes = 16;
constexpr std::size_t max_waiting_signals = 64;  // for a task that is being started or recovered

using Strand = asio::strand<asio::thread_pool::executor_type>;

}  // namespace

class Host::Impl : public std::enable_shared_from_this<Host::Impl> {
 public:
  Impl(asio::io_context& loop, Config config, Deliver deliver)
      : loop_(loop),
        config_(std::move(config)),
        deliver_(std::move(deliver)),
        pad_{.alloc_dir = config_.alloc_dir,
             .state_dir = config_.state_dir,
             .host_env = shareable_env(environ, config_.env_denylist),
             .use_cgroups = config_.use_cgroups,
             .cgroup_parent = config_.cgroup_parent,
             .cgroup_mounts = find_cgroup_mounts(),
             .open_files = config_.task_open_files},
        workers_(worker_threads) {
    for (std::size_t i = 0; i < lanes; ++i) lanes_.emplace_back(workers_.get_executor());
  }
  ~Impl() {
    workers_.stop();
    workers_.join();
  }

  void start(const world::StartTask& effect);
  void recover_task(const world::RecoverTask& effect);
  void order(const world::TaskKey& key, int signal);

  const Config& config() const { return config_; }

  // Delivers later, so that whoever carries effects out is not called back in the middle of it.
  void tell(world::Event event) {
    asio::post(loop_, [weak = weak_from_this(), event = std::move(event)]() mutable {
      if (const auto self = weak.lock()) self->deliver_(std::move(event));
    });
  }
  // Runs `work` on a worker, in order for all with the same `lane`, and `then(Impl&, its result)` on the loop.
  template <class Work, class Then>
  void aside(const std::string& lane, Work work, Then then) {
    asio::post(lanes_[std::hash<std::string>{}(lane) % lanes],
               [&loop = loop_, weak = weak_from_this(), work = std::move(work), then = std::move(then)]() mutable {
                 asio::post(loop, [weak, then = std::move(then), result = work()]() mutable {
                   if (const auto self = weak.lock()) then(*self, std::move(result));
                 });
               });
  }
  template <class Work>
  void aside_and_tell(const std::string& lane, Work work) {
    aside(lane, std::move(work), [](Impl& self, world::Event event) { self.deliver_(std::move(event)); });
  }

 private:
  // A task from StartTask or RecoverTask until its end has been told.
  struct Task {
    std::uint64_t life = 0;  // tells this Task from a later one of the same key, to callbacks on their way
    std::string command;
    std::optional<asio::posix::stream_descriptor> report;
    std::optional<asio::posix::stream_descriptor> supervisor;
    std::optional<LaunchError> failure;  // to be told when the supervisor has gone
    bool runs = false;
    std::vector<int> waiting;  // signals that came before it ran
  };

  Task* find(const world::TaskKey& key, std::uint64_t life);
  Task& add(const world::TaskKey& key);
  void fail(const world::TaskKey& key, LaunchError error);
  void on_launched(const world::TaskKey& key, std::uint64_t life, Launched launched);
  void on_report(const world::TaskKey& key, Task& task);
  void on_running(Task& task);
  void watch_supervisor(const world::TaskKey& key, Task& task);
  void on_supervisor_ended(const world::TaskKey& key, Task& task);
  static void send(Task& task, int signal);

  asio::io_context& loop_;
  Config config_;
  Deliver deliver_;
  LaunchPad pad_;
  std::map<world::TaskKey, Task> tasks_;
  std::uint64_t lives_ = 0;
  asio::thread_pool workers_;
  std::vector<Strand> lanes_;
};

Host::Impl::Task* Host::Impl::find(const world::TaskKey& key, std::uint64_t life) {
  const auto found = tasks_.find(key);
  return found != tasks_.end() && found->second.life == life ? &found->second : nullptr;
}

Host::Impl::Task& Host::Impl::add(const world::TaskKey& key) {
  Task& task = tasks_[key];
  task.life = ++lives_;
  return task;
}

void Host::Impl::fail(const world::TaskKey& key, LaunchError error) {
  tasks_.erase(key);
  deliver_(world::TaskStartFailed{key, std::move(error.text), error.recoverable});
}

void Host::Impl::start(const world::StartTask& effect) {
  const auto refuse = [&](std::string text) { tell(world::TaskStartFailed{effect.key, std::move(text), false}); };
  if (effect.driver != "raw_exec" || !config_.enable_raw_exec)
    return refuse("driver \"" + effect.driver + "\" is not enabled");
  if (!is_plain_name(effect.key.alloc_id) || !is_plain_name(effect.key.task))
    return refuse("the names of the allocation and the task cannot name folders");
  if (tasks_.contains(effect.key)) return refuse("the task is running already");

  Task& task = add(effect.key);
  task.command = effect.command;
  aside(
      effect.key.alloc_id, [&pad = pad_, effect] { return launch(pad, effect); },
      [key = effect.key, life = task.life](Impl& self, std::expected<Launched, LaunchError> launched) {
        if (self.find(key, life) == nullptr) return;
        if (!launched) return self.fail(key, std::move(launched.error()));
        self.on_launched(key, life, std::move(*launched));
      });
}

void Host::Impl::on_launched(const world::TaskKey& key, std::uint64_t life, Launched launched) {
  Task& task = *find(key, life);
  task.supervisor.emplace(loop_, launched.process.release());
  task.report.emplace(loop_, launched.report.release());
  task.report->async_wait(asio::posix::descriptor_base::wait_read,
                          [weak = weak_from_this(), key, life](const boost::system::error_code& error) {
                            const auto self = error ? nullptr : weak.lock();
                            Task* const found = self ? self->find(key, life) : nullptr;
                            if (found != nullptr) self->on_report(key, *found);
                          });
}

void Host::Impl::on_report(const world::TaskKey& key, Task& task) {
  char bytes[4096];
  const auto count = ::read(task.report->native_handle(), bytes, sizeof bytes);  // one write, shorter than a pipe's
  const auto report = parse_report({bytes, count > 0 ? static_cast<std::size_t>(count) : 0});
  task.report.reset();
  if (!report)
    task.failure = LaunchError{"failed to launch command with executor: the supervisor ended too soon", true};
  else if (report->error != 0)
    task.failure = explain(*report, task.command);
  // A start that failed is told once its supervisor has gone, so that the next one finds nothing in its way.
  watch_supervisor(key, task);
  if (task.failure) return;
  on_running(task);
  deliver_(world::TaskStarted{key, {report->pid, report->start_ticks, boot_id()}});
}

void Host::Impl::recover_task(const world::RecoverTask& effect) {
  if (tasks_.contains(effect.key)) return;  // what is told of it stands for both
  if (!is_plain_name(effect.key.alloc_id) || !is_plain_name(effect.key.task))
    return tell(world::TaskLost{effect.key, "the names of the allocation and the task cannot name folders"});
  Task& task = add(effect.key);
  aside(
      effect.key.alloc_id, [state_dir = config_.state_dir, effect] { return recover(state_dir, effect); },
      [key = effect.key, life = task.life](Impl& self, Recovered recovered) {
        Task* const found = self.find(key, life);
        if (found == nullptr) return;
        if (auto* const runs = std::get_if<StillRuns>(&recovered)) {
          found->supervisor.emplace(self.loop_, runs->supervisor.release());
          self.watch_supervisor(key, *found);
          self.on_running(*found);
          return self.deliver_(world::TaskStarted{key, std::move(runs->handle)});
        }
        self.tasks_.erase(key);
        if (auto* const exited = std::get_if<world::TaskExited>(&recovered)) return self.deliver_(std::move(*exited));
        self.deliver_(std::get<world::TaskLost>(std::move(recovered)));
      });
}

void Host::Impl::on_running(Task& task) {
  task.runs = true;
  for (const int signal : std::exchange(task.waiting, {})) send(task, signal);
}

void Host::Impl::watch_supervisor(const world::TaskKey& key, Task& task) {
  task.supervisor->async_wait(asio::posix::descriptor_base::wait_read,
                              [weak = weak_from_this(), key, life = task.life](const boost::system::error_code& error) {
                                const auto self = error ? nullptr : weak.lock();
                                Task* const found = self ? self->find(key, life) : nullptr;
                                if (found != nullptr) self->on_supervisor_ended(key, *found);
                              });
}

void Host::Impl::on_supervisor_ended(const world::TaskKey& key, Task& task) {
  const Fd ended(task.supervisor->release());
  task.supervisor.reset();
  task.runs = false;
  reap(ended);
  if (task.failure) return fail(key, std::move(*task.failure));
  aside(
      key.alloc_id, [state_dir = config_.state_dir, key] { return ending(state_dir, key); },
      [key, life = task.life](Impl& self, Recovered ended_how) {
        if (self.find(key, life) == nullptr) return;
        self.tasks_.erase(key);
        if (auto* const exited = std::get_if<world::TaskExited>(&ended_how)) return self.deliver_(std::move(*exited));
        self.deliver_(std::get<world::TaskLost>(std::move(ended_how)));
      });
}

void Host::Impl::send(Task& task, int signal) { queue_order(task.supervisor->native_handle(), signal); }

void Host::Impl::order(const world::TaskKey& key, int signal) {
  const auto found = tasks_.find(key);
  if (found == tasks_.end()) return;
  Task& task = found->second;
  if (task.runs) return send(task, signal);
  if (task.waiting.size() < max_waiting_signals || signal == SIGKILL) task.waiting.push_back(signal);
}

std::string Host::prepare(const Config& config) {
  struct Folder {
    const std::filesystem::path& path;
    mode_t mode;
  };
  for (const auto& [path, mode] : {Folder{config.state_dir, 0700}, Folder{config.alloc_dir, 0711}}) {
    std::error_code error;
    const bool made = std::filesystem::create_directories(path, error);
    if (error) return "mkdir " + path.string() + ": " + error.message();
    if (made && ::chmod(path.c_str(), mode) != 0) return errno_text("chmod " + path.string(), errno);
    if (::access(path.c_str(), W_OK | X_OK) != 0) return errno_text("access " + path.string(), errno);
  }
  return "";
}

Host::Host(asio::io_context& loop, Config config, Deliver deliver)
    : impl_(std::make_shared<Impl>(loop, std::move(config), std::move(deliver))) {}
Host::~Host() = default;

void Host::carry_out(const world::FingerprintHost& effect) {
  const auto& config = impl_->config();
  impl_->aside_and_tell(
      "", [token = effect.token,
           options = FingerprintOptions{config.alloc_dir, config.network_interface, config.enable_raw_exec}] {
        return fingerprint(options, token);
      });
}

void Host::carry_out(const world::MakeAllocDir& effect) {
  impl_->aside_and_tell(effect.alloc_id, [alloc_dir = impl_->config().alloc_dir, effect] {
    return world::AllocDirMade{effect.alloc_id, make_alloc_dir(alloc_dir, effect)};
  });
}

void Host::carry_out(const world::RemoveAllocDir& effect) {
  const auto& config = impl_->config();
  impl_->aside(
      effect.alloc_id,
      [alloc_dir = config.alloc_dir, state_dir = config.state_dir, effect] {
        remove_alloc_dir(alloc_dir, state_dir, effect.alloc_id);
        return 0;
      },
      [](Impl&, int) {});
}

void Host::carry_out(const world::StartTask& effect) { impl_->start(effect); }
void Host::carry_out(const world::RecoverTask& effect) { impl_->recover_task(effect); }
void Host::carry_out(const world::SignalTask& effect) {
  if (const auto signal = signal_number(effect.signal)) impl_->order(effect.key, *signal);
}
void Host::carry_out(const world::KillTask& effect) { impl_->order(effect.key, SIGKILL); }

void Host::carry_out(const world::ReadAllocFile& effect) {
  impl_->aside_and_tell(effect.alloc_id,
                        [alloc_dir = impl_->config().alloc_dir, effect] { return read_alloc_file(alloc_dir, effect); });
}
void Host::carry_out(const world::ListAllocDir& effect) {
  impl_->aside_and_tell(effect.alloc_id,
                        [alloc_dir = impl_->config().alloc_dir, effect] { return list_alloc_dir(alloc_dir, effect); });
}

}  // namespace io_real::host
