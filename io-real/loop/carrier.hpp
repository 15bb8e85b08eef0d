// What the loop asks of those it does not know: the host's carrier, and whoever watches the machine.
#pragma once

#include "core/world/world.hpp"

namespace io_real::loop {

/// Carries out what concerns the host and its tasks: every effect the loop has no carrier of its own for.
/// Events go back through Loop::post(), from any thread.
class HostCarrier {
 public:
  virtual ~HostCarrier() = default;
  /// Called on the loop's thread; returns at once.
  virtual void carry_out(const core::world::Effect& effect) = 0;
};

/// Sees everything the machine is told and answers, in order, on the loop's thread (`nomad agent -record`).
class Observer {
 public:
  virtual ~Observer() = default;
  /// Before the machine handles `event` at `now`.
  virtual void on_event(core::Now now, const core::world::Event& event) = 0;
  /// After it did, and before the effects are carried out.
  virtual void on_effects(core::Now now, const core::world::Effects& effects) = 0;
};

}  // namespace io_real::loop
