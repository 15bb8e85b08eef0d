#include "core/scheduler/reschedule.hpp"

#include <algorithm>

namespace core::scheduler {

const model::ReschedulePolicy* reschedule_policy(const model::Allocation& alloc) {
  if (alloc.job == nullptr) return nullptr;
  const model::TaskGroup* const group = alloc.job->find_group(alloc.task_group);
  return group == nullptr || !group->reschedule_policy ? nullptr : &*group->reschedule_policy;
}

WallTime failure_time(const model::Allocation& alloc) {
  WallTime last;
  for (const auto& [name, task] : alloc.task_states) last = std::max(last, task.finished_at);
  if (last.is_set() || alloc.modify_time == 0) return last;
  return WallTime{alloc.modify_time};
}

Duration next_delay(const model::Allocation& alloc) {
  const model::ReschedulePolicy* const policy = reschedule_policy(alloc);
  if (policy == nullptr) return {};
  if (!alloc.reschedule_tracker || alloc.reschedule_tracker->events.empty()) return policy->delay;
  const auto& events = alloc.reschedule_tracker->events;
  const Duration last = events.back().delay;
  Duration delay = policy->delay;
  if (policy->delay_function == "exponential") {
    delay = last * 2;
  } else if (policy->delay_function == "fibonacci") {
    if (events.size() >= 2) {
      const Duration before = events[events.size() - 2].delay;
      // After the cap was reached and the delay fell back to the base, a new series starts.
      const bool fell_back = before == policy->max_delay && last == policy->delay;
      delay = fell_back ? last : last + before;
    }
  } else {
    return delay;
  }
  if (policy->max_delay <= Duration{} || delay <= policy->max_delay) return delay;
  const std::int64_t ran_for = failure_time(alloc).unix_ns - events.back().reschedule_time;
  return ran_for > policy->max_delay.count() ? policy->delay : policy->max_delay;
}

std::optional<WallTime> reschedule_time(const model::Allocation& alloc) {
  const model::ReschedulePolicy* const policy = reschedule_policy(alloc);
  if (policy == nullptr || alloc.client_status != model::ClientStatus::failed) return std::nullopt;
  if (alloc.desired_status == model::DesiredStatus::stop) return std::nullopt;
  const WallTime failed = failure_time(alloc);
  if (!failed.is_set()) return std::nullopt;
  const Duration delay = next_delay(alloc);
  const WallTime at = failed + delay;
  if (policy->unlimited) return at;
  if (policy->attempts <= 0) return std::nullopt;
  if (!alloc.reschedule_tracker || alloc.reschedule_tracker->events.empty()) return at;
  const auto attempted = std::ranges::count_if(alloc.reschedule_tracker->events, [&](const auto& event) {
    return failed.unix_ns - event.reschedule_time < policy->interval.count();
  });
  if (attempted >= policy->attempts || delay >= policy->interval) return std::nullopt;
  return at;
}

model::RescheduleTracker next_tracker(const model::Allocation& failed, WallTime now) {
  model::RescheduleTracker tracker;
  const model::ReschedulePolicy* const policy = reschedule_policy(failed);
  if (failed.reschedule_tracker) {
    const auto& events = failed.reschedule_tracker->events;
    if (policy != nullptr && policy->attempts > 0) {
      for (const auto& event : events)
        if (now.unix_ns - event.reschedule_time <= policy->interval.count()) tracker.events.push_back(event);
    } else {
      const std::size_t from = events.size() > past_events_kept ? events.size() - past_events_kept : 0;
      tracker.events.assign(events.begin() + static_cast<std::ptrdiff_t>(from), events.end());
    }
  }
  tracker.events.push_back({now.unix_ns, failed.id, failed.node_id, next_delay(failed)});
  return tracker;
}

}  // namespace core::scheduler
