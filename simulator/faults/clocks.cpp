// Clocks: steps, offsets and drift.
#include <fmt/format.h>

#include "simulator/faults/director.hpp"

namespace simulator {
namespace {

double seconds(core::Duration of) { return static_cast<double>(of.count()) / 1e9; }

}  // namespace

// How much more the wall clock reads than the true time.
core::Duration Director::offset_of(NodeId node) const {
  const io_sim::World& world = cluster_.world();
  const std::int64_t truth = io_sim::world_began_unix_ns + world.now().ns;
  return core::Duration{world.clock_reading(node).wall.unix_ns - truth};
}

void Director::set_offset(NodeId node, core::Duration offset) {
  cluster_.world().clock(node).step_wall(offset - offset_of(node));
}

void Director::act(const Doing& doing, const ClockChange& change) {
  const std::vector<NodeId> who = choose(change.who, {}, true);
  for (const NodeId node : who) {
    if (change.step) {
      const core::Duration by = draw(rng_, *change.step);
      cluster_.world().clock(node).step_wall(by);
      tell(fmt::format("the wall clock of {} jumps by {:+.3f}s", cluster_.name(node), seconds(by)));
    }
    if (change.offset) {
      const core::Duration offset = draw(rng_, *change.offset);
      set_offset(node, offset);
      tell(fmt::format("the wall clock of {} is off by {:+.3f}s", cluster_.name(node), seconds(offset)));
    }
    if (change.drift) {
      const double drift = draw(rng_, *change.drift);
      cluster_.world().clock(node).set_drift(cluster_.world().now(), drift);
      cluster_.world().clock_changed(node);
      tell(fmt::format("the clocks of {} gain {:+.3f} %", cluster_.name(node), drift * 100));
    }
  }
  if (who.empty()) return;
  undo(doing, [this, who, drift = change.drift.has_value(), offset = change.step || change.offset] {
    for (const NodeId node : who) {
      if (drift) {
        cluster_.world().clock(node).set_drift(cluster_.world().now(), usual_[node].drift);
        cluster_.world().clock_changed(node);
      }
      if (offset) set_offset(node, usual_[node].offset);
    }
    tell(fmt::format("the clocks of {} are as before", names(who)));
  });
}

}  // namespace simulator
