// The task runner and the restart policy, by tests/core/client/*.script.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/client/task_runner.hpp"
#include "core/describe/text.hpp"
#include "tests/support/script.hpp"

namespace tests {
namespace {

using namespace core;
using namespace core::client;

model::RestartPolicy policy_of(const Command& command) {
  return {static_cast<std::int32_t>(command.number("attempts", 2)), command.duration("interval", 30min),
          command.duration("delay", 15s), command.get("mode", "fail"), false};
}

// Jitter is checked by a property; here it must not make answers hard to read.
std::string rounded(Duration delay) { return describe::duration_text(delay / 20s * 20s); }

std::string describe_effect(const TaskRunner::Effect& effect) {
  return std::visit(
      []<class T>(const T& what) -> std::string {
        if constexpr (std::same_as<T, TaskRunner::Persist>)
          return "";
        else if constexpr (std::same_as<T, TaskRunner::Start>)
          return "start";
        else if constexpr (std::same_as<T, TaskRunner::Recover>)
          return fmt::format("recover pid={}", what.handle.pid);
        else if constexpr (std::same_as<T, TaskRunner::SendSignal>)
          return "signal " + what.signal;
        else if constexpr (std::same_as<T, TaskRunner::KillNow>)
          return "kill";
        else if constexpr (std::same_as<T, TaskRunner::Restarting>)
          return "restarting: " + what.reason;
        else if constexpr (std::same_as<T, TaskRunner::NotRestarting>)
          return "not restarting: " + what.reason;
        else if (what.event.type == "Restarting")
          return "event Restarting";
        else
          return fmt::format("event {}: {}", what.event.type, what.event.display_message);
      },
      effect);
}

class RunnerStage {
 public:
  RunnerStage() { renew({}); }

  std::string answer(const Command& command) {
    now_ = {now_.instant + time_passed(command), now_.wall + time_passed(command)};
    TaskRunner::Effects effects;
    if (command.verb == "new" || command.verb == "restore") renew(command);
    if (command.verb == "restore") {
      StoredTask stored;
      stored.run = command.get("run") == "running" ? StoredRun::running : StoredRun::starting;
      if (stored.run == StoredRun::running) stored.state.state = model::TaskRunState::running;
      stored.handle.pid = static_cast<std::int64_t>(command.number("pid"));
      runner_->restore(stored, true, effects);
    } else if (command.verb != "new") {
      runner_->handle(now_, to_event(command), effects);
    }
    std::string out;
    bool persists = false;
    for (const auto& effect : effects) {
      persists = persists || std::holds_alternative<TaskRunner::Persist>(effect);
      if (const std::string line = describe_effect(effect); !line.empty()) out += line + "\n";
    }
    const auto stored = runner_->stored();
    static const char* const runs[] = {"nothing", "starting", "running"};
    if (persists) out += fmt::format("persist run={} pid={}\n", runs[static_cast<int>(stored.run)], stored.handle.pid);
    static const char* const states[] = {"pending", "running", "dead"};
    out += fmt::format("= {}{}\n", states[static_cast<int>(runner_->state().state)],
                       runner_->state().failed ? " failed" : "");
    return out;
  }

 private:
  void renew(const Command& command) {
    TaskRunner::Config config;
    config.restart = policy_of(command);
    config.kill_timeout = command.duration("kill-timeout", 5s);
    config.shutdown_delay = command.duration("shutdown-delay");
    runner_.emplace(config, Rng(1));
  }

  static TaskRunner::Event to_event(const Command& c) {
    if (c.verb == "begin") return TaskRunner::Begin{};
    if (c.verb == "persisted") return TaskRunner::Persisted{};
    if (c.verb == "started") return TaskRunner::Started{{static_cast<std::int64_t>(c.number("pid")), 1, "boot"}};
    if (c.verb == "exit")
      return TaskRunner::Exited{static_cast<std::int32_t>(c.number("code")),
                                static_cast<std::int32_t>(c.number("signal")), false};
    if (c.verb == "lost") return TaskRunner::Lost{"the task's record is gone"};
    if (c.verb == "kill") return TaskRunner::KillRequested{};
    if (c.verb == "servers-contacted") return TaskRunner::ServersContacted{};
    if (c.verb == "wake") return TaskRunner::Woken{};
    throw std::invalid_argument("unknown command " + c.verb);
  }

  Now now_{{0}, {1700000000000000000}};
  std::optional<TaskRunner> runner_;
};

class TaskRunnerScript : public testing::TestWithParam<const char*> {};
TEST_P(TaskRunnerScript, DoesWhatTheScriptSays) {
  RunnerStage stage;
  run_script(std::string(NOMAD_SOURCE_DIR) + "/tests/core/client/" + GetParam() + ".script",
             [&](const Command& command) { return stage.answer(command); });
}
INSTANTIATE_TEST_SUITE_P(Client, TaskRunnerScript, testing::Values("task_runner", "task_kill", "task_restore"));

TEST(RestartPolicyScript, DoesWhatTheScriptSays) {
  std::optional<RestartTracker> tracker;
  WallTime now{1700000000000000000};
  Rng rng(1);
  run_script(std::string(NOMAD_SOURCE_DIR) + "/tests/core/client/restart_policy.script", [&](const Command& command) {
    now = now + time_passed(command) + -command.duration("back");
    if (command.verb == "policy") {
      tracker.emplace(policy_of(command), command.get("on-success") == "yes");
      return std::string{};
    }
    RunEnd end;
    end.start_failed = command.verb == "start-failed";
    end.recoverable = command.get("recoverable", "yes") == "yes";
    end.success = command.number("code") == 0;
    const auto decision = tracker->decide(end, now, rng);
    static const char* const outcomes[] = {"restart", "give up", "terminated"};
    std::string out = outcomes[static_cast<int>(decision.outcome)];
    if (decision.outcome == RestartDecision::Outcome::restart) {
      const bool exact = decision.reason != within_policy;
      if (!exact) {
        EXPECT_GE(decision.delay, 15s);
        EXPECT_LT(decision.delay, 15s + 15s / 4);
      }
      out += exact ? " after " + rounded(decision.delay) : " after 15s and some";
    }
    return out + ": " + decision.reason + "\n";
  });
}

}  // namespace
}  // namespace tests
