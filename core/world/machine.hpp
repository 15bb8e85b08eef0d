// What a shell drives: events in, effects out, one next deadline. core::agent::Agent is the one that matters;
// tests put small ones of their own in its place.
#pragma once

#include "core/base/time.hpp"
#include "core/world/world.hpp"

namespace core::world {

class Machine {
 public:
  virtual ~Machine() = default;
  /// Takes in what happened at `now`, whose instant never goes back between calls, and appends what is to
  /// be done, in order. The shell calls it first with Woken, to let the machine begin.
  virtual void handle(Now now, const Event& event, Effects& effects) = 0;
  /// When it next wants Woken, or Instant::never(). Asked after each handle().
  virtual Instant deadline() const = 0;
};

}  // namespace core::world
