// Whether a task that ended, or did not start, is started again, and when (client-internals.md §7, "Restart
// decision"; jobspec.md §6).
#pragma once

#include <cstdint>
#include <string>

#include "core/base/rng.hpp"
#include "core/base/time.hpp"
#include "core/model/job.hpp"

namespace core::client {

/// How a run of the task came to its end.
struct RunEnd {
  bool start_failed = false;
  bool recoverable = false;  // of a start that failed: trying again may help
  bool success = false;      // of a run: exit code 0, no signal, no error
};

struct RestartDecision {
  enum class Outcome {
    restart,     // after `delay`
    give_up,     // the task has failed
    terminated,  // the task is done, without failing
  };
  Outcome outcome = Outcome::give_up;
  Duration delay{};
  std::string reason;
};

/// What is counted, and kept over a restart of the agent.
struct RestartCount {
  std::int32_t count = 0;
  WallTime interval_start;
};

inline constexpr const char* within_policy = "Restart within policy";

class RestartTracker {
 public:
  RestartTracker(model::RestartPolicy policy, bool on_success, RestartCount count = {})
      : policy_(std::move(policy)), on_success_(on_success), count_(count) {}

  /// Counts the end and decides. The interval is measured by the wall clock, since it outlives the agent.
  RestartDecision decide(const RunEnd& end, WallTime now, Rng& rng);
  const RestartCount& count() const { return count_; }
  /// The policy of a newer version of the job.
  void set_policy(model::RestartPolicy policy) { policy_ = std::move(policy); }

 private:
  model::RestartPolicy policy_;
  bool on_success_;
  RestartCount count_;
};

/// Does a task start again after it ended well? Services do, batch jobs do not; hooks have rules of their own.
bool restarts_on_success(std::string_view job_type, const model::Task& task);

/// The task's policy: its own, else its group's.
model::RestartPolicy restart_policy_of(const model::TaskGroup& group, const model::Task& task);

}  // namespace core::client
