// One allocation on this node: its directory, its tasks and how they hang together (client-internals.md §5, §6).
//
// Invariants: what alloc() tells is told to the servers only once durable(); an allocation that is to stop has its
// tasks killed, leader first, sidecars last; poststop tasks run when all others have ended.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/client/client.hpp"
#include "core/client/store.hpp"
#include "core/client/task_runner.hpp"

namespace core::client {

/// What one event of the client hands down to whoever deals with it.
struct Turn {
  Now now;
  world::Effects& out;
  Rng& rng;
  const Config& config;
  const model::Node& node;
  Store& store;
};

class AllocRunner {
 public:
  /// An allocation as the servers placed it; or, when the agent was restarted, with its tasks as `stored` (empty when
  /// they were not found: they then wait for the servers' word all the same).
  AllocRunner(Turn& turn, model::Allocation alloc, const StoredTasks* stored);

  /// A newer word of the servers. What the client knows better (how its tasks are) stays.
  void update(Turn& turn, model::Allocation newer);
  /// The servers do not know it any more, or the agent ends and takes its tasks along: all tasks are killed.
  void destroy(Turn& turn);
  void servers_contacted(Turn& turn);
  void dir_made(Turn& turn, const std::string& error);
  void task_event(Turn& turn, const std::string& task, const TaskRunner::Event& event);
  /// The batch of `token` is done. False: it was none of this allocation's.
  bool disk_done(Turn& turn, world::DiskToken token, const std::string& error);
  void wake(Turn& turn);
  Instant deadline() const;

  const model::Allocation& alloc() const { return alloc_; }
  /// No task runs, and none will.
  bool ended() const;
  /// All that alloc() tells is on the disk.
  bool durable() const { return !write_ && !needs_write_ && retry_write_at_ == Instant::never(); }
  /// What servers are told of it: without what they know already.
  model::Allocation report() const;

 private:
  struct Task {
    const model::Task* spec;
    TaskRunner runner;
    bool unsaved = false;  // Persist was asked for after the write under way began
  };

  void make_tasks(Turn& turn);
  void begin(Turn& turn, const StoredTasks* stored);
  void refuse(Turn& turn, std::string why);
  void feed(Turn& turn, const std::string& name, Task& task, const TaskRunner::Event& event);
  void carry_out(Turn& turn, const std::string& name, Task& task, const TaskRunner::Effects& effects);
  void start(Turn& turn, const std::string& name, Task& task);
  void recover(Turn& turn, const std::string& name, const Task& task, const world::TaskHandle& handle);
  /// Kills, starts and sums up until nothing more follows from how the tasks are; then writes.
  void settle(Turn& turn);
  bool kill_what_must_end(Turn& turn);
  bool kill_stage(Turn& turn);
  bool start_what_may(Turn& turn);
  bool may_start(const Task& task) const;
  void sum_up();
  void make_dir(Turn& turn);
  void write(Turn& turn);
  void tell_persisted(Turn& turn);
  bool any_started() const;
  TaskRunner::Config runner_config(const Turn& turn, const model::Task& task) const;

  model::Allocation alloc_;
  const model::TaskGroup* group_ = nullptr;  // within alloc_.job
  std::map<std::string, Task> tasks_;
  bool dir_made_ = false;
  bool dir_asked_ = false;
  bool known_on_disk_ = false;
  bool killing_ = false;     // all but poststop tasks
  bool destroying_ = false;  // those too
  bool refused_ = false;     // it is not run at all
  bool needs_write_ = false;
  bool alloc_unsaved_ = true;
  std::optional<world::DiskToken> write_;  // under way
  Instant retry_write_at_ = Instant::never();
};

}  // namespace core::client
