// Serf's logical clock (Lamport 1978; reference/gossip-wire.md, section 22).
#pragma once

#include <cstdint>
#include <limits>

#include "core/gossip/ids.hpp"

namespace core::gossip {

/// Never goes back. A sender stamps with `time()` and then increments.
class LamportClock {
 public:
  LamportTime time() const { return time_; }
  void increment() { witness(time_); }
  /// The clock runs ahead of every time that was seen, but of one that cannot be.
  void witness(LamportTime seen) {
    if (seen >= time_ && may_be(seen)) time_ = seen.next();
  }
  /// No pool has got so far since we last heard of it. Taken for true, a forged time near the end would make all that
  /// is said honestly old news from then on, here and at everybody whom we tell. Whoever has seen nothing yet cannot
  /// tell, and believes what it hears first.
  bool may_be(LamportTime seen) const {
    return seen.value < (is_new() ? end / 2 : time_.value > end - max_leap ? end : time_.value + max_leap);
  }

  /// At a thousand events a second, 34 years.
  static constexpr std::uint64_t max_leap = std::uint64_t{1} << 40;

 private:
  static constexpr std::uint64_t end = std::numeric_limits<std::uint64_t>::max();
  bool is_new() const { return time_ == LamportTime{1}; }

  LamportTime time_{1};
};

}  // namespace core::gossip
