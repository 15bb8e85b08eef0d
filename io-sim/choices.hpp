// Everything the simulated world draws goes through one choice sequence, so that a run replays from it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/base/rng.hpp"
#include "core/base/time.hpp"

namespace io_sim {

/// How a delay is drawn: uniform between two durations, and now and then much longer.
struct Latency {
  core::Duration low{};
  core::Duration high{};
  double tail = 0;             // the share of draws that are stretched
  core::Duration tail_high{};  // up to this

  static Latency uniform(core::Duration low, core::Duration high) { return {low, high, 0, {}}; }
};

class Choices {
 public:
  explicit Choices(std::uint64_t seed) : rng_(seed) {}

  std::uint64_t next() { return count(rng_.next()); }
  std::uint64_t below(std::uint64_t bound) { return count(rng_.below(bound)); }
  bool chance(double p) {
    // A chance of nothing draws nothing: switching a fault off leaves the rest of the run as it was.
    if (p <= 0) return false;
    ++drawn_;
    return rng_.chance(p);
  }
  core::Duration between(core::Duration low, core::Duration high) {
    if (high <= low) return low;
    ++drawn_;
    return rng_.between(low, high);
  }
  core::Duration latency(const Latency& from) {
    const core::Duration base = between(from.low, from.high);
    return chance(from.tail) ? between(base, std::max(base, from.tail_high)) : base;
  }
  /// A generator of its own, for a part whose draws must not move the others'.
  core::Rng fork() { return core::Rng(next()); }
  std::uint64_t drawn() const { return drawn_; }

 private:
  std::uint64_t count(std::uint64_t value) {
    ++drawn_;
    return value;
  }
  core::Rng rng_;
  std::uint64_t drawn_ = 0;
};

}  // namespace io_sim
