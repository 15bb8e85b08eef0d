// The machine's clocks: the only place of the agent that asks for the time of events.
#pragma once

#include "core/base/time.hpp"

namespace io_real::clock {

/// CLOCK_MONOTONIC, the clock of std::chrono::steady_clock.
core::Instant monotonic_now();
/// CLOCK_REALTIME.
core::WallTime wall_now();
core::Now now();

}  // namespace io_real::clock
