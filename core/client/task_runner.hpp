// One task's life, from its turn to start to its end: starts, restarts by policy, kills (client-internals.md §7).
//
// It owns no process and no disk: its effects say what is to be started, signalled and kept, in order, and
// what came of it is told as events. Invariants:
// - Start is asked for only once a record that says so is on the disk (Persisted), and only while no process of the
//   task can be running: none is ever run twice, whenever the agent dies.
// - A task that is dead stays dead, and is dead only when its process has ended.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/base/rng.hpp"
#include "core/client/restart_policy.hpp"
#include "core/client/stored.hpp"
#include "core/client/task_event.hpp"

namespace core::client {

class TaskRunner {
 public:
  struct Config {
    model::RestartPolicy restart;
    bool restart_on_success = true;
    Duration kill_timeout = 5s;  // capped already
    std::string kill_signal = "SIGINT";
    Duration shutdown_delay{};
  };

  /// Its directory is there, and all that has to run before it has.
  struct Begin {};
  /// What the last Persist asked for is on the disk.
  struct Persisted {};
  struct PersistFailed {
    std::string error;
  };
  struct Started {
    world::TaskHandle handle;
  };
  struct StartFailed {
    std::string error;
    bool recoverable = false;
    bool invalid = false;  // the job's fault: its configuration is not what the driver wants
  };
  struct Exited {
    std::int32_t exit_code = 0;
    std::int32_t signal = 0;
    bool oom_killed = false;
  };
  struct Lost {
    std::string error;
  };
  /// It shall end, and not start again.
  struct KillRequested {
    bool no_shutdown_delay = false;
  };
  /// Its allocation could not be set up.
  struct SetupFailed {
    std::string reason;
  };
  /// Something that happened around it, to be told among its events.
  struct Noted {
    model::TaskEvent event;
  };
  /// The servers have said what the node is to run, so that a restored task may start.
  struct ServersContacted {};
  struct Woken {};
  using Event = std::variant<Begin, Persisted, PersistFailed, Started, StartFailed, Exited, Lost, KillRequested,
                             SetupFailed, Noted, ServersContacted, Woken>;

  /// Write stored() to the disk; Persisted comes back.
  struct Persist {};
  struct Start {};
  struct Recover {
    world::TaskHandle handle;
  };
  struct SendSignal {
    std::string signal;
  };
  struct KillNow {};
  /// A task event was added to state().
  struct Emitted {
    model::TaskEvent event;
  };
  struct Restarting {
    std::string reason;
    Duration delay{};
  };
  struct NotRestarting {
    std::string reason;
  };
  using Effect = std::variant<Persist, Start, Recover, SendSignal, KillNow, Emitted, Restarting, NotRestarting>;
  using Effects = std::vector<Effect>;

  TaskRunner(Config config, Rng rng);

  /// Makes it what it was when `stored` was written, and asks for what may still run. Once, before any event.
  void restore(const StoredTask& stored, bool wait_for_servers, Effects& effects);
  void handle(Now now, const Event& event, Effects& effects);
  Instant deadline() const { return deadline_; }
  /// A newer version of the job that changes no process.
  void update(Config config);

  const model::TaskState& state() const { return state_; }
  StoredTask stored() const;
  bool dead() const { return phase_ == Phase::dead; }
  /// Neither begun nor dead: it waits for Begin.
  bool waiting() const { return phase_ == Phase::waiting; }
  bool being_killed() const { return kill_ != Kill::no; }

 private:
  enum class Phase {
    waiting,              // for Begin
    waiting_for_servers,  // restored; what it was is gone
    storing,              // the record that it starts is on its way to the disk
    starting,             // the host has been asked
    recovering,           // the host has been asked whether it still runs
    running,
    between,  // the delay before a restart
    dead,
  };
  enum class Kill {
    no,
    wanted,     // there is nothing to signal yet
    delayed,    // the shutdown delay runs
    signalled,  // the kill timeout runs
    forced,
  };

  void on(Now now, const Begin&, Effects& effects);
  void on(Now now, const Persisted&, Effects& effects);
  void on(Now now, const PersistFailed& event, Effects& effects);
  void on(Now now, const Started& event, Effects& effects);
  void on(Now now, const StartFailed& event, Effects& effects);
  void on(Now now, const Exited& event, Effects& effects);
  void on(Now now, const Lost& event, Effects& effects);
  void on(Now now, const KillRequested& event, Effects& effects);
  void on(Now now, const SetupFailed& event, Effects& effects);
  void on(Now now, const Noted& event, Effects& effects);
  void on(Now now, const ServersContacted&, Effects& effects);
  void on(Now now, const Woken&, Effects& effects);

  void launch(Effects& effects);
  void ended(Now now, const task_event::Exit& exit, bool success, Effects& effects);
  void decide(Now now, const RunEnd& end, Effects& effects);
  void begin_kill(Now now, Effects& effects);
  void signal(Now now, Effects& effects);
  void die(Now now, Effects& effects);
  void emit(Now now, model::TaskEvent event, Effects& effects);
  bool has_process() const;

  Config config_;
  Rng rng_;
  RestartTracker restarts_;
  model::TaskState state_;
  Phase phase_ = Phase::waiting;
  Kill kill_ = Kill::no;
  bool no_shutdown_delay_ = false;
  bool wait_for_servers_ = false;
  bool was_seen_running_ = false;  // of what is being recovered
  world::TaskHandle handle_;
  Instant deadline_ = Instant::never();
};

}  // namespace core::client
