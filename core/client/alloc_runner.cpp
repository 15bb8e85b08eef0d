#include "core/client/alloc_runner.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/client/task_env.hpp"
#include "core/describe/text.hpp"

namespace core::client {
namespace {

using model::TaskRunState;

constexpr Duration write_retry = 5s;
constexpr Duration default_kill_timeout = 5s;

bool has_hook(const model::Task& task, std::string_view hook) {
  return task.lifecycle ? task.lifecycle->hook == hook : hook.empty();
}
bool is_poststop(const model::Task& task) { return has_hook(task, "poststop"); }
bool is_sidecar(const model::Task& task) { return task.lifecycle && task.lifecycle->sidecar && !is_poststop(task); }

// Who is killed first: the leader, the others, sidecars, and poststop tasks where they are killed at all.
int kill_order(const model::Task& task) {
  if (is_poststop(task)) return 3;
  if (task.leader) return 0;
  return is_sidecar(task) ? 2 : 1;
}

world::TaskKey key_of(const model::Allocation& alloc, const std::string& task) { return {alloc.id, task}; }

// Every task of the group that runs here is in the newer one too.
bool has_all_tasks(const model::TaskGroup* group, const model::TaskGroup& old) {
  return group != nullptr && std::all_of(old.tasks.begin(), old.tasks.end(), [&](const model::Task& task) {
           return group->find_task(task.name) != nullptr;
         });
}

}  // namespace

AllocRunner::AllocRunner(Turn& turn, model::Allocation alloc, const StoredTasks* stored) : alloc_(std::move(alloc)) {
  if (stored == nullptr && alloc_.client_terminal()) {
    // It ended before this client knew of it, by the servers' own word.
    refused_ = true;
    return;
  }
  if (alloc_.job) group_ = alloc_.job->find_group(alloc_.task_group);
  if (group_ == nullptr || group_->tasks.empty()) {
    refuse(turn, fmt::format("Unable to add allocation due to error: no tasks in group \"{}\" of its job",
                             alloc_.task_group));
  } else {
    make_tasks(turn);
    begin(turn, stored);
  }
}

void AllocRunner::refuse(Turn& turn, std::string why) {
  refused_ = true;
  alloc_.client_status = model::ClientStatus::failed;
  alloc_.client_description = why;
  turn.out.push_back(world::Logged{
      world::LogLevel::error, "client", "error adding alloc", {{"error", std::move(why)}, {"alloc_id", alloc_.id}}});
  needs_write_ = true;
  write(turn);
}

void AllocRunner::make_tasks(Turn& turn) {
  for (const model::Task& spec : group_->tasks) {
    Rng rng = turn.rng.fork();
    tasks_.emplace(spec.name, Task{&spec, TaskRunner(runner_config(turn, spec), rng)});
  }
}

TaskRunner::Config AllocRunner::runner_config(const Turn& turn, const model::Task& task) const {
  TaskRunner::Config config;
  config.restart = restart_policy_of(*group_, task);
  config.restart_on_success = restarts_on_success(alloc_.job->type, task);
  config.kill_timeout = std::clamp(task.kill_timeout.value_or(default_kill_timeout), Duration{},
                                   std::max(turn.config.max_kill_timeout, Duration{}));
  if (!task.kill_signal.empty())
    config.kill_signal = task.kill_signal.starts_with("SIG") ? task.kill_signal : "SIG" + task.kill_signal;
  config.shutdown_delay = task.shutdown_delay;
  return config;
}

void AllocRunner::begin(Turn& turn, const StoredTasks* stored) {
  if (stored != nullptr) {
    dir_made_ = stored->dir_made;
    known_on_disk_ = true;
    // Until the servers say what this node is to run, nothing starts that may have been replaced meanwhile. System
    // jobs have no replacement (client-internals.md §16).
    const bool wait = alloc_.job->type != "system";
    for (auto& [name, task] : tasks_) {
      const auto found = stored->tasks.find(name);
      TaskRunner::Effects effects;
      task.runner.restore(found == stored->tasks.end() ? StoredTask{} : found->second, wait, effects);
      carry_out(turn, name, task, effects);
    }
    alloc_unsaved_ = false;
  } else {
    for (auto& [name, task] : tasks_) feed(turn, name, task, TaskRunner::Noted{task_event::received()});
  }
  settle(turn);
}

// Only when the allocation is on the disk: a directory that no next life of the agent knows of would stay for ever.
void AllocRunner::make_dir(Turn& turn) {
  if (dir_made_ || dir_asked_ || (!known_on_disk_ && turn.store.keeps()) || ended()) return;
  dir_asked_ = true;
  world::MakeAllocDir make{alloc_.id, {}};
  for (const auto& [name, task] : tasks_) make.tasks.push_back(name);
  turn.out.push_back(std::move(make));
}

void AllocRunner::update(Turn& turn, model::Allocation newer) {
  newer.client_status = alloc_.client_status;
  newer.client_description = std::move(alloc_.client_description);
  newer.task_states = std::move(alloc_.task_states);
  const model::TaskGroup* group = newer.job ? newer.job->find_group(newer.task_group) : nullptr;
  if (group_ != nullptr && !has_all_tasks(group, *group_)) {
    newer.job = alloc_.job;
    newer.task_group = alloc_.task_group;
    group = group_;
  }
  const auto old_job = std::move(alloc_.job);  // what `spec` points into until it is replaced
  alloc_ = std::move(newer);
  if (!tasks_.empty()) group_ = group;
  for (auto& [name, task] : tasks_) {
    task.spec = group_->find_task(name);
    task.runner.update(runner_config(turn, *task.spec));
  }
  alloc_unsaved_ = true;
  needs_write_ = true;
  settle(turn);
}

void AllocRunner::destroy(Turn& turn) {
  destroying_ = true;
  settle(turn);
}

void AllocRunner::servers_contacted(Turn& turn) {
  for (auto& [name, task] : tasks_) feed(turn, name, task, TaskRunner::ServersContacted{});
  settle(turn);
}

void AllocRunner::dir_made(Turn& turn, const std::string& error) {
  if (dir_made_ || refused_) return;
  dir_made_ = error.empty();
  for (auto& [name, task] : tasks_) {
    if (task.runner.dead()) continue;
    if (error.empty())
      feed(turn, name, task, TaskRunner::Noted{task_event::building_task_dir()});
    else
      feed(turn, name, task, TaskRunner::SetupFailed{"failed to setup alloc: " + error});
  }
  settle(turn);
}

void AllocRunner::task_event(Turn& turn, const std::string& name, const TaskRunner::Event& event) {
  const auto found = tasks_.find(name);
  if (found == tasks_.end()) return;
  feed(turn, name, found->second, event);
  settle(turn);
}

bool AllocRunner::disk_done(Turn& turn, world::DiskToken token, const std::string& error) {
  if (write_ != token) return false;
  write_.reset();
  if (error.empty()) {
    known_on_disk_ = true;
    tell_persisted(turn);
  } else {
    turn.out.push_back(world::Logged{world::LogLevel::error,
                                     "client.alloc_runner",
                                     "error persisting local allocation state",
                                     {{"alloc_id", alloc_.id}, {"error", error}}});
    alloc_unsaved_ = true;
    needs_write_ = true;
    retry_write_at_ = turn.now.instant + write_retry;
    for (auto& [name, task] : tasks_) feed(turn, name, task, TaskRunner::PersistFailed{error});
  }
  settle(turn);
  return true;
}

// Of the write that is done: a task that wanted more since is told later.
void AllocRunner::tell_persisted(Turn& turn) {
  for (auto& [name, task] : tasks_)
    if (!task.unsaved) feed(turn, name, task, TaskRunner::Persisted{});
}

void AllocRunner::wake(Turn& turn) {
  if (retry_write_at_ <= turn.now.instant) retry_write_at_ = Instant::never();
  for (auto& [name, task] : tasks_)
    if (task.runner.deadline() <= turn.now.instant) feed(turn, name, task, TaskRunner::Woken{});
  settle(turn);
}

Instant AllocRunner::deadline() const {
  Instant earliest = retry_write_at_;
  for (const auto& [name, task] : tasks_) earliest = std::min(earliest, task.runner.deadline());
  return earliest;
}

bool AllocRunner::ended() const {
  return std::all_of(tasks_.begin(), tasks_.end(), [](const auto& entry) { return entry.second.runner.dead(); });
}

model::Allocation AllocRunner::report() const {
  model::Allocation out;
  out.id = alloc_.id;
  out.namespace_ = alloc_.namespace_;
  out.eval_id = alloc_.eval_id;
  out.node_id = alloc_.node_id;
  out.job_id = alloc_.job_id;
  out.task_group = alloc_.task_group;
  out.client_status = alloc_.client_status;
  out.client_description = alloc_.client_description;
  out.task_states = alloc_.task_states;
  return out;
}

void AllocRunner::feed(Turn& turn, const std::string& name, Task& task, const TaskRunner::Event& event) {
  TaskRunner::Effects effects;
  task.runner.handle(turn.now, event, effects);
  carry_out(turn, name, task, effects);
}

void AllocRunner::carry_out(Turn& turn, const std::string& name, Task& task, const TaskRunner::Effects& effects) {
  const auto log = [&](world::LogLevel level, std::string message, std::vector<world::LogField> fields) {
    fields.insert(fields.begin(), {{"alloc_id", alloc_.id}, {"task", name}});
    turn.out.push_back(world::Logged{level, "client.alloc_runner.task_runner", std::move(message), std::move(fields)});
  };
  for (const TaskRunner::Effect& effect : effects)
    std::visit(
        [&]<class T>(const T& what) {
          if constexpr (std::same_as<T, TaskRunner::Persist>) {
            task.unsaved = needs_write_ = true;
          } else if constexpr (std::same_as<T, TaskRunner::Start>) {
            start(turn, name, task);
          } else if constexpr (std::same_as<T, TaskRunner::Recover>) {
            recover(turn, name, task, what.handle);
          } else if constexpr (std::same_as<T, TaskRunner::SendSignal>) {
            turn.out.push_back(world::SignalTask{key_of(alloc_, name), what.signal});
          } else if constexpr (std::same_as<T, TaskRunner::KillNow>) {
            turn.out.push_back(world::KillTask{key_of(alloc_, name)});
          } else if constexpr (std::same_as<T, TaskRunner::Emitted>) {
            log(world::LogLevel::info, "Task event",
                {{"type", what.event.type},
                 {"msg", what.event.display_message},
                 {"failed", what.event.fails_task ? "true" : "false"}});
          } else if constexpr (std::same_as<T, TaskRunner::Restarting>) {
            log(world::LogLevel::info, "restarting task",
                {{"reason", what.reason}, {"delay", describe::duration_text(what.delay)}});
          } else {
            log(world::LogLevel::info, "not restarting task", {{"reason", what.reason}});
          }
        },
        effect);
}

void AllocRunner::start(Turn& turn, const std::string& name, Task& task) {
  const auto fail = [&](std::string error, bool recoverable, bool invalid) {
    feed(turn, name, task, TaskRunner::StartFailed{std::move(error), recoverable, invalid});
  };
  const auto driver = turn.node.drivers.find(task.spec->driver);
  if (driver == turn.node.drivers.end())
    return fail(fmt::format("driver \"{}\" not found on this node", task.spec->driver), false, false);
  if (!driver->second.healthy)
    return fail(fmt::format("driver \"{}\" is not healthy: {}", task.spec->driver, driver->second.health_description),
                true, false);
  auto made = make_start({alloc_, *group_, *task.spec, turn.node, turn.config.region, turn.config.alloc_dir});
  if (!made) return fail(made.error(), false, true);
  turn.out.push_back(std::move(*made));
}

void AllocRunner::recover(Turn& turn, const std::string& name, const Task& task, const world::TaskHandle& handle) {
  world::RecoverTask effect{.key = key_of(alloc_, name), .handle = handle};
  if (task.spec->log_config && task.spec->log_config->max_files > 0 && task.spec->log_config->max_file_size_mb > 0) {
    effect.log_max_files = static_cast<std::uint32_t>(task.spec->log_config->max_files);
    effect.log_max_file_bytes = static_cast<std::uint64_t>(task.spec->log_config->max_file_size_mb) * 1024 * 1024;
  }
  turn.out.push_back(std::move(effect));
}

void AllocRunner::settle(Turn& turn) {
  if (!refused_) {
    for (bool moved = true; moved;) {
      moved = kill_what_must_end(turn) || start_what_may(turn);
      if (!moved && needs_write_ && !turn.store.keeps()) {
        // Nothing is kept, so nothing has to be waited for.
        needs_write_ = false;
        for (auto& [name, task] : tasks_) task.unsaved = false;
        tell_persisted(turn);
        moved = true;
      }
    }
    sum_up();
    make_dir(turn);
  }
  write(turn);
}

bool AllocRunner::kill_what_must_end(Turn& turn) {
  if (alloc_.server_terminal() || destroying_) killing_ = true;
  if (killing_) return kill_stage(turn);
  std::optional<model::TaskEvent> why;
  bool live = false;
  bool only_sidecars = true;
  for (const auto& [name, task] : tasks_) {
    if (is_poststop(*task.spec)) continue;
    if (!task.runner.dead()) {
      live = true;
      only_sidecars = only_sidecars && is_sidecar(*task.spec);
    } else if (task.runner.state().failed) {
      // A dead leader is the better reason of the two.
      if (!why) why = task_event::sibling_failed(name);
    } else if (task.spec->leader) {
      why = task_event::leader_dead();
    }
  }
  if (!live) return false;
  if (!why && only_sidecars) why = task_event::main_tasks_dead();
  if (!why) return false;
  killing_ = true;
  for (auto& [name, task] : tasks_)
    if (!task.runner.dead() && !is_poststop(*task.spec)) feed(turn, name, task, TaskRunner::Noted{*why});
  return true;
}

// One rank after the other: the next is killed when all of the one before have ended.
bool AllocRunner::kill_stage(Turn& turn) {
  int rank = 4;
  const bool poststop_too = destroying_ || !any_started();
  for (const auto& [name, task] : tasks_)
    if (!task.runner.dead() && (poststop_too || !is_poststop(*task.spec)))
      rank = std::min(rank, kill_order(*task.spec));
  bool moved = false;
  for (auto& [name, task] : tasks_) {
    if (task.runner.dead() || task.runner.being_killed() || kill_order(*task.spec) != rank) continue;
    feed(turn, name, task,
         TaskRunner::KillRequested{destroying_ || alloc_.desired_transition.no_shutdown_delay.value_or(false)});
    moved = true;
  }
  return moved;
}

bool AllocRunner::any_started() const {
  return std::any_of(tasks_.begin(), tasks_.end(),
                     [](const auto& entry) { return entry.second.runner.state().started_at.is_set(); });
}

bool AllocRunner::start_what_may(Turn& turn) {
  bool moved = false;
  for (auto& [name, task] : tasks_) {
    if (!may_start(task)) continue;
    feed(turn, name, task, TaskRunner::Begin{});
    moved = true;
  }
  return moved;
}

bool AllocRunner::may_start(const Task& task) const {
  if (!dir_made_ || !task.runner.waiting()) return false;
  const auto all = [&](auto holds) { return std::all_of(tasks_.begin(), tasks_.end(), holds); };
  if (is_poststop(*task.spec))
    return all([](const auto& other) { return is_poststop(*other.second.spec) || other.second.runner.dead(); });
  if (killing_ || has_hook(*task.spec, "prestart")) return !killing_;
  if (has_hook(*task.spec, "poststart"))
    return all([](const auto& other) {
      return other.second.spec->lifecycle || other.second.runner.state().started_at.is_set();
    });
  return all([](const auto& other) {
    if (!has_hook(*other.second.spec, "prestart")) return true;
    const auto& state = other.second.runner.state();
    return is_sidecar(*other.second.spec) ? state.started_at.is_set()
                                          : state.state == TaskRunState::dead && !state.failed;
  });
}

void AllocRunner::sum_up() {
  bool failed = false;
  bool running = false;
  bool pending = false;
  for (const auto& [name, task] : tasks_) {
    const model::TaskState& state = task.runner.state();
    failed = failed || (state.state == TaskRunState::dead && state.failed);
    running = running || state.state == TaskRunState::running;
    pending = pending || state.state == TaskRunState::pending;
    alloc_.task_states[name] = state;
  }
  alloc_.client_status = failed    ? model::ClientStatus::failed
                         : running ? model::ClientStatus::running
                         : pending ? model::ClientStatus::pending
                                   : model::ClientStatus::complete;
  alloc_.client_description = failed    ? "Failed tasks"
                              : running ? "Tasks are running"
                              : pending ? "No tasks have started"
                                        : "All tasks have completed";
}

void AllocRunner::write(Turn& turn) {
  if (!turn.store.keeps()) {
    needs_write_ = false;
    return;
  }
  if (!needs_write_ || write_ || retry_write_at_ != Instant::never()) return;
  StoredTasks stored{.dir_made = dir_made_, .tasks = {}};
  for (auto& [name, task] : tasks_) {
    stored.tasks.emplace(name, task.runner.stored());
    task.unsaved = false;
  }
  write_ = turn.store.put(alloc_.id, alloc_unsaved_ ? &alloc_ : nullptr, stored, turn.out);
  needs_write_ = alloc_unsaved_ = false;
}

}  // namespace core::client
