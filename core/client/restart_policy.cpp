#include "core/client/restart_policy.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/describe/text.hpp"

namespace core::client {
namespace {

using Outcome = RestartDecision::Outcome;

// Up to a quarter on top, so that what failed together does not come back together.
Duration jittered(Duration delay, Rng& rng) {
  const auto quarter = std::max<std::int64_t>(delay.count() / 4, 1);
  return delay + Duration{static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(quarter)))};
}

}  // namespace

RestartDecision RestartTracker::decide(const RunEnd& end, WallTime now, Rng& rng) {
  const bool done = !end.start_failed && end.success && !on_success_;
  if (policy_.attempts <= 0) return {done ? Outcome::terminated : Outcome::give_up, {}, "Policy allows no restarts"};
  if (!count_.interval_start.is_set() || now - count_.interval_start > policy_.interval) count_ = {0, now};
  ++count_.count;
  if (end.start_failed && !end.recoverable) return {Outcome::give_up, {}, "Error was unrecoverable"};
  if (done) return {Outcome::terminated, {}, "Restart unnecessary as task terminated successfully"};
  if (count_.count <= policy_.attempts) return {Outcome::restart, jittered(policy_.delay, rng), within_policy};
  if (policy_.mode == "fail")
    return {Outcome::give_up,
            {},
            fmt::format("Exceeded allowed attempts {} in interval {} and mode is \"fail\"", policy_.attempts,
                        describe::duration_text(policy_.interval))};
  // A wall clock that was set back must not make this longer than an interval.
  const Duration rest = count_.interval_start + policy_.interval - now;
  return {Outcome::restart, std::clamp(rest, Duration{}, policy_.interval),
          "Exceeded allowed attempts, applying a delay"};
}

bool restarts_on_success(std::string_view job_type, const model::Task& task) {
  if (task.lifecycle) {
    if (task.lifecycle->hook == "poststop") return false;
    return task.lifecycle->sidecar;
  }
  return job_type == "service" || job_type == "system";
}

model::RestartPolicy restart_policy_of(const model::TaskGroup& group, const model::Task& task) {
  if (task.restart_policy) return *task.restart_policy;
  if (group.restart_policy) return *group.restart_policy;
  return {};
}

}  // namespace core::client
