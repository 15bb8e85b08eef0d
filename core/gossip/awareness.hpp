// How far we trust our own view: Lifeguard's local health score (arXiv 1707.00788 §IV-A).
#pragma once

#include <algorithm>

#include "core/base/time.hpp"

namespace core::gossip {

/// 0 is healthy. A missed ack may be our own fault, so that each one makes us slower to accuse.
class Awareness {
 public:
  explicit Awareness(int max) : max_(max) {}
  void add(int delta) { score_ = std::clamp(score_ + delta, 0, max_ - 1); }
  int score() const { return score_; }
  /// The probe interval we can trust ourselves to keep.
  Duration scale(Duration interval) const { return interval * (score_ + 1); }

 private:
  int max_;
  int score_ = 0;
};

}  // namespace core::gossip
