// A node's two clocks, made of the one true time: the monotonic clock drifts, the wall clock is off as well.
#pragma once

#include <cstdint>

#include "core/base/time.hpp"

namespace io_sim {

/// True time since the world began.
using TrueTime = core::Instant;

/// The wall clock's reading when the world begins: 2026-01-01T00:00:00Z.
inline constexpr std::int64_t world_began_unix_ns = 1'767'225'600'000'000'000;

class Clock {
 public:
  /// Seconds gained a second, say 0.0001; may be negative.
  void set_drift(TrueTime at, double drift) {
    base_ = read(at).instant;
    set_at_ = at;
    drift_ = drift;
  }
  /// Sets the wall clock forward or back; the monotonic clock does not notice.
  double drift() const { return drift_; }
  void step_wall(core::Duration by) { wall_offset_ += by; }

  /// What the wall clock gains beyond the monotonic one: a time service that slews it.
  void set_wall_drift(TrueTime at, double drift) {
    wall_offset_ += gained(at - wall_set_at_, wall_drift_);
    wall_set_at_ = at;
    wall_drift_ = drift;
  }

  core::Now read(TrueTime at) const {
    const core::Instant instant = base_ + (at - set_at_) + gained(at - set_at_, drift_);
    const core::Duration off = wall_offset_ + gained(at - wall_set_at_, wall_drift_);
    return {instant, core::WallTime{world_began_unix_ns + instant.ns + off.count()}};
  }
  /// The true time at which the monotonic clock will read `instant`, or a moment later.
  TrueTime when(core::Instant instant) const {
    if (instant == core::Instant::never()) return core::Instant::never();
    const core::Duration ahead = instant - base_;
    if (drift_ == 0) return set_at_ + ahead;
    const auto passed = static_cast<std::int64_t>(static_cast<double>(ahead.count()) / (1.0 + drift_));
    return set_at_ + core::Duration{passed + 1000};
  }

 private:
  static core::Duration gained(core::Duration passed, double drift) {
    return core::Duration{static_cast<std::int64_t>(static_cast<double>(passed.count()) * drift)};
  }
  core::Instant base_{};
  TrueTime set_at_{};
  double drift_ = 0;
  core::Duration wall_offset_{};
  TrueTime wall_set_at_{};
  double wall_drift_ = 0;
};

}  // namespace io_sim
