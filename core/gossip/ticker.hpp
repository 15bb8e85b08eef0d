// A periodic timer that keeps its beat but rings only while there is something to do.
#pragma once

#include <algorithm>

#include "core/base/time.hpp"

namespace core::gossip {

/// Beats at `first`, `first + interval`, ... While it is not armed it costs the agent no wake-up; armed again, it
/// rings on the same beat as if it had never stopped.
class Ticker {
 public:
  void start(Instant first, Duration interval) {
    first_ = first;
    interval_ = interval;
    earliest_ = first;
  }
  /// Rings at the first beat not before `now` if `needed`, else not at all. An alarm that is set stays.
  void arm(Instant now, bool needed) {
    if (!needed)
      due_ = Instant::never();
    else if (due_ == Instant::never())
      due_ = std::max(beat_not_before(now), earliest_);
  }
  /// True once a beat: when it was due. The next one is not set.
  bool take(Instant now) {
    if (now < due_) return false;
    // Beats missed meanwhile are skipped.
    const Instant beat = beat_not_before(now);
    earliest_ = beat > now ? beat : beat + interval_;
    due_ = Instant::never();
    return true;
  }
  Instant due() const { return due_; }

 private:
  Instant beat_not_before(Instant at) const {
    if (at <= first_) return first_;
    const auto beats = ((at - first_).count() + interval_.count() - 1) / interval_.count();
    return first_ + Duration{beats * interval_.count()};
  }

  Instant first_;
  Duration interval_{1};
  Instant earliest_;  // the first beat that has not been taken
  Instant due_ = Instant::never();
};

}  // namespace core::gossip
