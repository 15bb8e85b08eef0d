// Restart, reschedule, update, migrate and periodic blocks.
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <re2/re2.h>

#include "core/describe/text.hpp"
#include "core/jobspec/checks.hpp"

namespace core::jobspec::checks {
namespace {

using describe::duration_text;

constexpr Duration least_restart_interval = 5s;
constexpr Duration least_reschedule_delay = 5s;
constexpr Duration least_reschedule_interval = 15s;

// Nothing when the product is longer than any duration.
std::optional<Duration> times(Duration each, std::int64_t count) {
  std::int64_t out = 0;
  if (__builtin_mul_overflow(each.count(), count, &out)) return std::nullopt;
  return Duration{out};
}

// How long `attempts` reschedules take at least, as their delays grow (server-internals.md).
Duration reschedule_length(const model::ReschedulePolicy& policy) {
  Duration total{};
  Duration delay = policy.delay;
  Duration before{};
  constexpr Duration enough = 24h * 365;
  for (std::int32_t i = 0; i < policy.attempts && total < enough; ++i) {
    total += delay;
    const Duration last = delay;
    if (policy.delay_function == "exponential") delay = std::min(delay, enough) * 2;
    if (policy.delay_function == "fibonacci") delay = std::min(delay + before, enough);
    if (policy.delay_function != "constant" && policy.max_delay > Duration{}) delay = std::min(delay, policy.max_delay);
    before = last;
  }
  return total;
}

void check_attempts(const model::ReschedulePolicy& policy, Errors& out) {
  if (policy.attempts <= 0 || policy.unlimited) return;
  const Duration needed = reschedule_length(policy);
  if (needed <= policy.interval) return;
  out.push_back(fmt::format(
      "Nomad can't make {} attempts in {}, with initial delay {}, delay function \"{}\"{}. Set "
      "the interval to at least {} to accommodate {} attempts",
      policy.attempts, duration_text(policy.interval), duration_text(policy.delay), policy.delay_function,
      policy.delay_function == "constant" ? "" : fmt::format(", and delay ceiling {}", duration_text(policy.max_delay)),
      duration_text(needed), policy.attempts));
}

bool is_health_check(const std::string& text, bool manual) {
  return text == "checks" || text == "task_states" || (manual && text == "manual");
}

}  // namespace

void nest(Errors& out, const std::string& prefix, const Errors& inner) {
  if (inner.empty()) return;
  std::string list = inner.size() == 1 ? "1 error occurred:" : fmt::format("{} errors occurred:", inner.size());
  for (const std::string& error : inner) list += "\n\t* " + error;
  out.push_back(fmt::format("{} validation failed: {}\n\n", prefix, list));
}

bool has_null(std::string_view text) { return text.find('\0') != std::string_view::npos; }

void restart(const model::RestartPolicy& policy, Errors& out) {
  if (policy.mode != "delay" && policy.mode != "fail")
    out.push_back(fmt::format("Unsupported restart mode: \"{}\"", policy.mode));
  if (policy.attempts == 0 && policy.mode == "delay")
    out.push_back(fmt::format("Restart policy \"{}\" with {} attempts is ambiguous", policy.mode, policy.attempts));
  if (policy.attempts < 0) out.emplace_back("Restart policy attempts can't be negative");
  if (policy.delay < Duration{}) out.emplace_back("Restart policy delay can't be negative");
  if (policy.interval < least_restart_interval)
    out.push_back(fmt::format("Interval can not be less than {} (got {})", duration_text(least_restart_interval),
                              duration_text(policy.interval)));
  const auto needed = times(policy.delay, policy.attempts);
  if (!needed || *needed > policy.interval)
    out.push_back(fmt::format("Nomad can't restart the TaskGroup {} times in an interval of {} with a delay of {}",
                              policy.attempts, duration_text(policy.interval), duration_text(policy.delay)));
}

void reschedule(const model::ReschedulePolicy& policy, Errors& out) {
  static constexpr std::array functions{"constant", "exponential", "fibonacci"};
  if (!policy.unlimited && policy.attempts == 0) return;  // never rescheduled: the rest has no meaning
  if (policy.attempts < 0) out.emplace_back("Reschedule Policy attempts can't be negative");
  if (policy.delay < least_reschedule_delay)
    out.push_back(fmt::format("Delay cannot be less than {} (got {})", duration_text(least_reschedule_delay),
                              duration_text(policy.delay)));
  if (std::ranges::find(functions, policy.delay_function) == functions.end())
    out.push_back(fmt::format("Invalid delay function \"{}\", must be one of [constant exponential fibonacci]",
                              policy.delay_function));
  if (policy.unlimited && policy.attempts > 0)
    out.push_back(fmt::format("Reschedule Policy with Attempts = {}, Interval = {}, and Unlimited = true is ambiguous",
                              policy.attempts, duration_text(policy.interval)));
  if (policy.delay_function != "constant" && policy.max_delay < policy.delay)
    out.push_back(fmt::format("Max Delay cannot be less than Delay {} (got {})", duration_text(policy.delay),
                              duration_text(policy.max_delay)));
  if (policy.unlimited) return;
  if (policy.interval < least_reschedule_interval)
    out.push_back(fmt::format("Interval cannot be less than {} (got {})", duration_text(least_reschedule_interval),
                              duration_text(policy.interval)));
  if (out.empty()) check_attempts(policy, out);
}

void update(const model::UpdateStrategy& update, Errors& out) {
  if (!is_health_check(update.health_check, true))
    out.push_back(fmt::format("Invalid health check given: \"{}\"", update.health_check));
  if (update.max_parallel < 0)
    out.push_back(fmt::format("Max parallel can not be less than zero: {} < 0", update.max_parallel));
  if (update.canary < 0) out.push_back(fmt::format("Canary count can not be less than zero: {} < 0", update.canary));
  if (update.canary == 0 && update.auto_promote)
    out.emplace_back("Auto Promote requires a Canary count greater than zero");
  const auto text = [](Duration d) { return duration_text(d); };
  if (update.min_healthy_time < Duration{})
    out.push_back(fmt::format("Minimum healthy time may not be less than zero: {}", text(update.min_healthy_time)));
  if (update.healthy_deadline <= Duration{})
    out.push_back(fmt::format("Healthy deadline must be greater than zero: {}", text(update.healthy_deadline)));
  if (update.progress_deadline < Duration{})
    out.push_back(fmt::format("Progress deadline must be zero or greater: {}", text(update.progress_deadline)));
  if (update.min_healthy_time >= update.healthy_deadline)
    out.push_back(fmt::format("Minimum healthy time must be less than healthy deadline: {} > {}",
                              text(update.min_healthy_time), text(update.healthy_deadline)));
  if (update.progress_deadline != Duration{} && update.healthy_deadline >= update.progress_deadline)
    out.push_back(fmt::format("Healthy deadline must be less than progress deadline: {} > {}",
                              text(update.healthy_deadline), text(update.progress_deadline)));
  if (update.stagger <= Duration{})
    out.push_back(fmt::format("Stagger must be greater than zero: {}", text(update.stagger)));
}

void migrate(const model::MigrateStrategy& migrate, Errors& out) {
  if (migrate.max_parallel < 0)
    out.push_back(fmt::format("MaxParallel must be >= 0 but found {}", migrate.max_parallel));
  if (!is_health_check(migrate.health_check, false))
    out.push_back(
        fmt::format("HealthCheck must be one of \"checks\" or \"task_states\" but found \"{}\"", migrate.health_check));
  if (migrate.min_healthy_time < Duration{})
    out.push_back(fmt::format("MinHealthyTime is {} and must be >= 0", duration_text(migrate.min_healthy_time)));
  if (migrate.healthy_deadline < Duration{})
    out.push_back(fmt::format("HealthyDeadline is {} and must be >= 0", duration_text(migrate.healthy_deadline)));
  if (migrate.min_healthy_time > migrate.healthy_deadline)
    out.emplace_back("MinHealthyTime must be less than HealthyDeadline");
}

void periodic(const model::PeriodicConfig& periodic, Errors& out) {
  if (!periodic.enabled) return;
  if (periodic.spec.empty() && periodic.specs.empty()) out.emplace_back("Must specify a spec");
  if (!periodic.spec.empty() && !periodic.specs.empty())
    out.emplace_back("Only cron or crons may be used; they are mutually exclusive");
  // The shape alone: five to seven fields, or one of the named times.
  static constexpr const char* shape =
      R"(\s*(@(annually|yearly|monthly|weekly|daily|midnight|hourly)|[0-9A-Za-z*?/,#-]+(\s+[0-9A-Za-z*?/,#-]+){4,6})\s*)";
  std::vector<std::string> all = periodic.specs;
  if (!periodic.spec.empty()) all.push_back(periodic.spec);
  for (const std::string& spec : all)
    if (!RE2::FullMatch(spec, shape)) out.push_back(fmt::format("Invalid cron spec \"{}\"", spec));
}

}  // namespace core::jobspec::checks
