// Who belongs to the cluster: leaving, being made to leave, joining.
#include <fmt/format.h>

#include "simulator/faults/director.hpp"

namespace simulator {

void Director::act(const Doing& doing, const Leave& leave) {
  const std::vector<NodeId> who = those_up(leave.who);
  if (who.empty()) return;
  tell(fmt::format("{} {} asked to leave", names(who), who.size() == 1 ? "is" : "are"));
  for (const NodeId node : who) {
    cluster_.note_left(node);
    cluster_.world().signal(node, core::world::Signal::interrupt);
  }
  undo(doing, [this, who] { come_back(who); });
}

// Whoever is still leaving when the time is over comes back once that is done.
void Director::come_back(const std::vector<NodeId>& who) {
  if (over_) return;
  std::vector<NodeId> leaving = who;
  std::erase_if(leaving, [&](NodeId node) { return !cluster_.world().is_up(node); });
  start(who, "and comes back");
  if (leaving.empty()) return;
  cluster_.world().at(cluster_.world().now() + leave_look, [this, leaving] { come_back(leaving); });
}

void Director::act(const Doing&, const ForceLeave& leave) {
  for (const NodeId node : choose(leave.who, {}, false)) {
    if (!cluster_.is_server(node)) continue;
    tell(fmt::format("the operator forces {} to leave", cluster_.name(node)));
    // One that lives objects, and stays.
    if (!cluster_.world().is_up(node)) cluster_.note_left(node);
    operator_.request(
        "PUT", fmt::format("/v1/agent/force-leave?node={}.{}", cluster_.name(node), cluster_.plan(node).region), "",
        [](const auto&) {}, cluster_.region_of(node));
  }
}

void Director::act(const Doing&, const Join& join) {
  std::vector<NodeId> who;
  for (const Selector& selector : join.who) {
    // Those that are not there have "left": the usual choice would pass them over.
    for (NodeId node = 0; node < cluster_.size(); ++node) {
      const bool named = selector.kind == Selector::Kind::named && cluster_.name(node) == selector.name;
      const bool spare = selector.kind == Selector::Kind::spares && cluster_.plan(node).spare;
      if ((named || spare) && !cluster_.world().is_up(node)) who.push_back(node);
    }
    for (const NodeId node : choose({selector}, {}, false))
      if (!cluster_.world().is_up(node)) who.push_back(node);
  }
  start(who, "and joins");
}

}  // namespace simulator
