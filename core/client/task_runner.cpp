#include "core/client/task_runner.hpp"

#include <utility>

namespace core::client {

using model::TaskRunState;

TaskRunner::TaskRunner(Config config, Rng rng)
    : config_(std::move(config)), rng_(rng), restarts_(config_.restart, config_.restart_on_success) {}

void TaskRunner::restore(const StoredTask& stored, bool wait_for_servers, Effects& effects) {
  state_ = stored.state;
  restarts_ = RestartTracker(config_.restart, config_.restart_on_success,
                             {stored.restart_count, stored.restart_interval_start});
  wait_for_servers_ = wait_for_servers;
  if (state_.state == TaskRunState::dead) {
    phase_ = Phase::dead;
  } else if (stored.run == StoredRun::none) {
    phase_ = wait_for_servers ? Phase::waiting_for_servers : Phase::waiting;
  } else {
    phase_ = Phase::recovering;
    was_seen_running_ = stored.run == StoredRun::running;
    handle_ = stored.handle;
    // Without a handle the host takes up whatever its own record tells of: the agent may have died after the
    // process was made and before it could write the handle down.
    effects.push_back(Recover{handle_});
  }
}

void TaskRunner::handle(Now now, const Event& event, Effects& effects) {
  std::visit([&](const auto& what) { on(now, what, effects); }, event);
}

void TaskRunner::update(Config config) {
  config_ = std::move(config);
  restarts_.set_policy(config_.restart);
}

StoredTask TaskRunner::stored() const {
  StoredTask out;
  out.state = state_;
  if (phase_ == Phase::storing || phase_ == Phase::starting)
    out.run = StoredRun::starting;
  else if (phase_ == Phase::recovering)
    out.run = was_seen_running_ ? StoredRun::running : StoredRun::starting;
  else if (phase_ == Phase::running)
    out.run = StoredRun::running;
  if (out.run != StoredRun::none) out.handle = handle_;
  out.restart_count = restarts_.count().count;
  out.restart_interval_start = restarts_.count().interval_start;
  return out;
}

void TaskRunner::on(Now, const Begin&, Effects& effects) {
  check(phase_ == Phase::waiting, "a task begins once, when it waits to");
  launch(effects);
}

void TaskRunner::on(Now, const Persisted&, Effects& effects) {
  if (phase_ != Phase::storing) return;
  phase_ = Phase::starting;
  effects.push_back(Start{});
}

void TaskRunner::on(Now now, const PersistFailed& event, Effects& effects) {
  if (phase_ != Phase::storing) return;
  emit(now, task_event::setup_failure("failed to persist task state: " + event.error, false), effects);
  decide(now, {.start_failed = true, .recoverable = true}, effects);
}

void TaskRunner::on(Now now, const Started& event, Effects& effects) {
  if (phase_ != Phase::starting && phase_ != Phase::recovering) return;
  phase_ = Phase::running;
  handle_ = event.handle;
  // A task that was seen to run before the agent restarted goes on as if nothing had been.
  if (state_.state != TaskRunState::running) {
    state_.state = TaskRunState::running;
    state_.started_at = now.wall;
    emit(now, task_event::started(), effects);
  } else {
    effects.push_back(Persist{});
  }
  if (kill_ != Kill::no) begin_kill(now, effects);
}

void TaskRunner::on(Now now, const StartFailed& event, Effects& effects) {
  if (phase_ != Phase::starting) return;
  emit(now, event.invalid ? task_event::failed_validation(event.error) : task_event::driver_failure(event.error),
       effects);
  if (kill_ != Kill::no) {
    emit(now, task_event::killed(), effects);
    return die(now, effects);
  }
  decide(now, {.start_failed = true, .recoverable = event.recoverable && !event.invalid}, effects);
}

void TaskRunner::on(Now now, const Exited& event, Effects& effects) {
  if (!has_process()) return;
  ended(now, {event.exit_code, event.signal, event.oom_killed, {}},
        event.exit_code == 0 && event.signal == 0 && !event.oom_killed, effects);
}

void TaskRunner::on(Now now, const Lost& event, Effects& effects) {
  if (!has_process()) return;
  if (phase_ != Phase::recovering || kill_ != Kill::no) return ended(now, {.message = event.error}, false, effects);
  if (was_seen_running_) {
    state_.state = TaskRunState::pending;
    phase_ = Phase::waiting;
    emit(now, task_event::restore_failed(), effects);
  }
  // What was about to start and left no trace never did.
  handle_ = {};
  phase_ = wait_for_servers_ ? Phase::waiting_for_servers : Phase::waiting;
  effects.push_back(Persist{});
}

void TaskRunner::on(Now now, const KillRequested& event, Effects& effects) {
  if (phase_ == Phase::dead || kill_ != Kill::no) return;
  kill_ = Kill::wanted;
  no_shutdown_delay_ = event.no_shutdown_delay;
  emit(now, task_event::killing(config_.kill_timeout), effects);
  if (phase_ == Phase::running) return begin_kill(now, effects);
  // The host answers first, so that it is known whether there is something to kill.
  if (phase_ == Phase::starting || phase_ == Phase::recovering) return;
  emit(now, task_event::killed(), effects);
  die(now, effects);
}

void TaskRunner::on(Now now, const SetupFailed& event, Effects& effects) {
  if (phase_ == Phase::dead) return;
  check(!has_process(), "an allocation is set up before its tasks run");
  state_.failed = true;
  emit(now, task_event::setup_failure(event.reason, true), effects);
  die(now, effects);
}

void TaskRunner::on(Now now, const Noted& event, Effects& effects) { emit(now, event.event, effects); }

void TaskRunner::on(Now, const ServersContacted&, Effects&) {
  wait_for_servers_ = false;
  if (phase_ == Phase::waiting_for_servers) phase_ = Phase::waiting;
}

void TaskRunner::on(Now now, const Woken&, Effects& effects) {
  if (deadline_ > now.instant) return;
  deadline_ = Instant::never();
  if (phase_ == Phase::between) {
    launch(effects);
  } else if (kill_ == Kill::delayed) {
    signal(now, effects);
  } else if (kill_ == Kill::signalled) {
    kill_ = Kill::forced;
    effects.push_back(KillNow{});
  }
}

void TaskRunner::launch(Effects& effects) {
  phase_ = Phase::storing;
  handle_ = {};
  effects.push_back(Persist{});
}

void TaskRunner::ended(Now now, const task_event::Exit& exit, bool success, Effects& effects) {
  emit(now, task_event::terminated(exit), effects);
  handle_ = {};
  deadline_ = Instant::never();
  // Between two runs as far as the host goes: nothing runs under the task's name.
  phase_ = Phase::between;
  if (kill_ != Kill::no) {
    emit(now, task_event::killed(), effects);
    return die(now, effects);
  }
  decide(now, {.success = success}, effects);
}

void TaskRunner::decide(Now now, const RunEnd& end, Effects& effects) {
  const RestartDecision decision = restarts_.decide(end, now.wall, rng_);
  if (decision.outcome == RestartDecision::Outcome::restart) {
    phase_ = Phase::between;
    handle_ = {};
    deadline_ = now.instant + decision.delay;
    state_.state = TaskRunState::pending;
    ++state_.restarts;
    state_.last_restart = now.wall;
    effects.push_back(Restarting{decision.reason, decision.delay});
    return emit(now, task_event::restarting(decision.delay, decision.reason), effects);
  }
  effects.push_back(NotRestarting{decision.reason});
  if (decision.outcome == RestartDecision::Outcome::give_up) {
    state_.failed = true;
    emit(now, task_event::not_restarting(decision.reason), effects);
  }
  die(now, effects);
}

void TaskRunner::begin_kill(Now now, Effects& effects) {
  if (config_.shutdown_delay <= Duration{}) return signal(now, effects);
  if (no_shutdown_delay_) {
    emit(now, task_event::skipping_shutdown_delay(config_.shutdown_delay), effects);
    return signal(now, effects);
  }
  kill_ = Kill::delayed;
  deadline_ = now.instant + config_.shutdown_delay;
  emit(now, task_event::waiting_for_shutdown_delay(config_.shutdown_delay), effects);
}

void TaskRunner::signal(Now now, Effects& effects) {
  kill_ = Kill::signalled;
  deadline_ = now.instant + config_.kill_timeout;
  effects.push_back(SendSignal{config_.kill_signal});
}

void TaskRunner::die(Now now, Effects& effects) {
  phase_ = Phase::dead;
  handle_ = {};
  deadline_ = Instant::never();
  state_.state = TaskRunState::dead;
  state_.finished_at = now.wall;
  effects.push_back(Persist{});
}

void TaskRunner::emit(Now now, model::TaskEvent event, Effects& effects) {
  event.time = now.wall.unix_ns;
  task_event::append(state_, event);
  effects.push_back(Emitted{std::move(event)});
  effects.push_back(Persist{});
}

bool TaskRunner::has_process() const {
  return phase_ == Phase::starting || phase_ == Phase::recovering || phase_ == Phase::running;
}

}  // namespace core::client
