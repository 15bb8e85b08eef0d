// A graceful leave, step by step (reference/gossip-wire.md, section 22): our intent is told, then our death, then
// the news gets time to spread.
#pragma once

#include "core/gossip/pool.hpp"
#include "core/gossip/turn.hpp"

namespace core::gossip {

/// Each step waits until its broadcast was sent often enough, or for the broadcast timeout. With nobody to tell,
/// nothing is waited for.
class Departure {
 public:
  explicit Departure(Pool& pool) : pool_(pool) {}

  void begin(Turn& turn);
  /// Goes on if the time has come, or what was awaited is done.
  void advance(Turn& turn);
  bool begun() const { return step_ != Step::none; }
  Instant deadline() const { return waits_until_; }

 private:
  enum class Step { none, telling_intent, telling_death, spreading, left };
  void tell_death(Turn& turn);
  void spread(Turn& turn);
  void finish(Turn& turn);

  Pool& pool_;
  Step step_ = Step::none;
  Instant waits_until_ = Instant::never();
};

}  // namespace core::gossip
