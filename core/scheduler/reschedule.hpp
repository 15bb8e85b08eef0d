// When an allocation that failed may be placed anew (server-internals.md §14, "Rescheduling").
#pragma once

#include <optional>

#include "core/base/time.hpp"
#include "core/model/allocation.hpp"

namespace core::scheduler {

/// The policy of the group as it was when the allocation was placed; nullptr when there is none.
const model::ReschedulePolicy* reschedule_policy(const model::Allocation& alloc);

/// When it failed: its last task's end, or else when the allocation last changed.
WallTime failure_time(const model::Allocation& alloc);

/// How long to wait after this failure, by the policy's delay function.
Duration next_delay(const model::Allocation& alloc);

/// When to place it anew; empty when it did not fail, may not, or has used up its attempts.
std::optional<WallTime> reschedule_time(const model::Allocation& alloc);

/// The tracker of the allocation that takes the place of `failed` now: its history and this event.
model::RescheduleTracker next_tracker(const model::Allocation& failed, WallTime now);

inline constexpr std::size_t past_events_kept = 5;  // of unlimited policies

}  // namespace core::scheduler
