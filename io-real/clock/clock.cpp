#include "io-real/clock/clock.hpp"

#include <ctime>

namespace io_real::clock {
namespace {

std::int64_t nanoseconds(clockid_t clock) {
  timespec at{};
  ::clock_gettime(clock, &at);
  return static_cast<std::int64_t>(at.tv_sec) * 1'000'000'000 + at.tv_nsec;
}

}  // namespace

core::Instant monotonic_now() { return {nanoseconds(CLOCK_MONOTONIC)}; }

core::WallTime wall_now() { return {nanoseconds(CLOCK_REALTIME)}; }

core::Now now() { return {monotonic_now(), wall_now()}; }

}  // namespace io_real::clock
