#include "core/gossip/departure.hpp"

namespace core::gossip {

void Departure::begin(Turn& turn) {
  if (begun()) return;
  pool_.serf().leave(turn);
  step_ = Step::telling_intent;
  if (!pool_.swim().has_living_peers()) return tell_death(turn);
  waits_until_ = turn.now + pool_.config().serf.broadcast_timeout;
}

void Departure::tell_death(Turn& turn) {
  step_ = Step::telling_death;
  waits_until_ = turn.now + pool_.config().serf.broadcast_timeout;
  if (!pool_.leave_swim(turn)) finish(turn);
}

void Departure::spread(Turn& turn) {
  step_ = Step::spreading;
  waits_until_ = turn.now + pool_.config().serf.leave_propagate_delay;
}

void Departure::finish(Turn& turn) {
  step_ = Step::left;
  waits_until_ = Instant::never();
  turn.out.push_back(Left{});
}

void Departure::advance(Turn& turn) {
  for (const Awaited done : pool_.swim().broadcasts().take_done()) {
    if (done == Awaited::leave_intent && step_ == Step::telling_intent) waits_until_ = turn.now;
    if (done == Awaited::own_death && step_ == Step::telling_death) waits_until_ = turn.now;
  }
  if (turn.now < waits_until_) return;
  switch (step_) {
    case Step::telling_intent:
      return tell_death(turn);
    case Step::telling_death:
      return spread(turn);
    case Step::spreading:
      return finish(turn);
    case Step::none:
    case Step::left:
      return;
  }
}

}  // namespace core::gossip
