// Time as core sees it: handed in, never asked for.
//
// Two clocks come with every event. The monotonic one measures; it never goes back and means nothing
// outside its own process. The wall clock names moments for people and for other machines; it may jump.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>

#include <boost/describe/class.hpp>

namespace core::base {

using Duration = std::chrono::nanoseconds;
using namespace std::chrono_literals;

/// A moment of one process's monotonic clock, in nanoseconds since some start of its own.
struct Instant {
  std::int64_t ns = 0;

  /// Later than any moment that will come: "never".
  static constexpr Instant never() { return {std::numeric_limits<std::int64_t>::max()}; }

  friend constexpr auto operator<=>(Instant, Instant) = default;
  friend constexpr Instant operator+(Instant at, Duration d) {
    if (at == never() || (at.ns > 0 && d.count() > never().ns - at.ns)) return never();
    return Instant{at.ns + d.count()};
  }
  friend constexpr Instant operator-(Instant at, Duration d) { return {at.ns - d.count()}; }
  friend constexpr Duration operator-(Instant later, Instant earlier) { return Duration{later.ns - earlier.ns}; }
  constexpr Instant& operator+=(Duration d) { return *this = *this + d; }
};
BOOST_DESCRIBE_STRUCT(Instant, (), (ns))

/// A moment as people write it: nanoseconds since 1970-01-01T00:00:00Z. In JSON an RFC 3339 text, as
/// Go's time.Time. The zero value is Go's zero time, 0001-01-01T00:00:00Z, and means "not set".
struct WallTime {
  std::int64_t unix_ns = zero;
  static constexpr std::int64_t zero = std::numeric_limits<std::int64_t>::min();

  constexpr bool is_set() const { return unix_ns != zero; }
  friend constexpr auto operator<=>(WallTime, WallTime) = default;
  friend constexpr WallTime operator+(WallTime at, Duration d) { return {at.unix_ns + d.count()}; }
  friend constexpr Duration operator-(WallTime later, WallTime earlier) {
    return Duration{later.unix_ns - earlier.unix_ns};
  }
};
BOOST_DESCRIBE_STRUCT(WallTime, (), (unix_ns))

/// Both clocks at one moment, as the shell read them when the event came in.
struct Now {
  Instant instant;
  WallTime wall;
};
BOOST_DESCRIBE_STRUCT(Now, (), (instant, wall))

}  // namespace core::base

namespace core {
using base::Duration;
using base::Instant;
using base::Now;
using base::WallTime;
using namespace std::chrono_literals;
}  // namespace core
