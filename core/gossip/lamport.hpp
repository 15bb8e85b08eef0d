// Serf's logical clock (Lamport 1978; reference/gossip-wire.md, section 22).
#pragma once

#include <limits>

#include "core/gossip/ids.hpp"

namespace core::gossip {

/// Never goes back. A sender stamps with `time()` and then increments.
class LamportClock {
 public:
  LamportTime time() const { return time_; }
  void increment() { witness(time_); }
  /// The clock runs ahead of every time that was seen.
  void witness(LamportTime seen) {
    // A forged last moment would make the clock wrap to zero: it stays at the end instead.
    constexpr auto end = std::numeric_limits<std::uint64_t>::max();
    if (seen >= time_) time_ = seen.value == end ? seen : seen.next();
  }

 private:
  LamportTime time_{1};
};

}  // namespace core::gossip
