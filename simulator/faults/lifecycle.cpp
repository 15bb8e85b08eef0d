// Processes and machines: crash, power loss, restart, another disk, another machine, pause, slowness, other settings.
#include <algorithm>

#include <fmt/format.h>

#include "simulator/faults/director.hpp"

namespace simulator {

void Director::start(const std::vector<NodeId>& nodes, const char* how) {
  std::vector<NodeId> down = nodes;
  std::erase_if(down, [&](NodeId node) { return cluster_.world().is_up(node); });
  if (down.empty()) return;
  tell(fmt::format("{} {} {}", names(down), down.size() == 1 ? "starts" : "start", how));
  for (const NodeId node : down) {
    cluster_.note_started(node);
    cluster_.world().start(node);
  }
}

void Director::act(const Doing& doing, const Crash& crash) {
  const std::vector<NodeId> who = those_up(crash.who);
  if (who.empty()) return;
  tell(fmt::format("{} {}", names(who), who.size() == 1 ? "crashes" : "crash"));
  for (const NodeId node : who) cluster_.world().kill(node);
  undo(doing, [this, who] { start(who, "again"); });
}

void Director::act(const Doing& doing, const PowerLoss& loss) {
  const std::vector<NodeId> who = those_up(loss.who);
  if (who.empty()) return;
  tell(fmt::format("{} {} power", names(who), who.size() == 1 ? "loses" : "lose"));
  for (const NodeId node : who) cluster_.world().lose_power(node);
  undo(doing, [this, who] { start(who, "again"); });
}

void Director::act(const Doing&, const Start& action) { start(choose(action.who, {}, false), "again"); }

void Director::act(const Doing& doing, const Restart& restart) {
  const std::vector<NodeId> who = those_up(restart.who);
  if (who.empty()) return;
  tell(fmt::format("{} {} killed, to start again", names(who), who.size() == 1 ? "is" : "are"));
  for (const NodeId node : who) cluster_.world().kill(node);
  if (!doing.lasts) return start(who, "again");
  undo(doing, [this, who] { start(who, "again"); });
}

void Director::act(const Doing& doing, const Reformat& reformat) {
  std::vector<NodeId> who = choose(reformat.who, {}, true);
  // What the others must be able to make good stays within what they can.
  std::erase_if(who, [&](NodeId node) { return !cluster_.world().damage().may_damage(node); });
  if (who.empty()) return;
  tell(fmt::format("{} {} back with an empty disk", names(who), who.size() == 1 ? "comes" : "come"));
  for (const NodeId node : who) cluster_.world().reformat(node);
  if (!doing.lasts) return start(who, "on an empty disk");
  undo(doing, [this, who] { start(who, "on an empty disk"); });
}

void Director::act(const Doing&, const Replace& replace) {
  const std::vector<NodeId> who = those_up(replace.who);
  std::vector<NodeId> spares;
  for (NodeId node = 0; node < cluster_.servers(); ++node)
    if (cluster_.plan(node).spare && cluster_.has_left(node) && !cluster_.world().is_up(node)) spares.push_back(node);
  for (const NodeId node : who) {
    if (!cluster_.is_server(node) || spares.empty()) continue;
    const NodeId spare = spares.front();
    spares.erase(spares.begin());
    tell(fmt::format("{} is gone for good, and {} is to take its place", cluster_.name(node), cluster_.name(spare)));
    cluster_.note_left(node);
    cluster_.world().lose_power(node);
    start({spare}, "for the first time");
  }
}

void Director::act(const Doing& doing, const Pause& pause) {
  const std::vector<NodeId> who = those_up(pause.who);
  if (who.empty()) return;
  tell(fmt::format("{} {} still", names(who), who.size() == 1 ? "stands" : "stand"));
  for (const NodeId node : who) cluster_.world().pause(node);
  undo(doing, [this, who] {
    tell(fmt::format("{} {} on", names(who), who.size() == 1 ? "goes" : "go"));
    for (const NodeId node : who) cluster_.world().resume(node);
  });
}

void Director::act(const Doing&, const Resume& resume) {
  for (const NodeId node : choose(resume.who, {}, true)) {
    if (!cluster_.world().is_paused(node)) continue;
    tell(fmt::format("{} goes on", cluster_.name(node)));
    cluster_.world().resume(node);
  }
}

void Director::act(const Doing& doing, const Slow& slow) {
  const std::vector<NodeId> who = those_up(slow.who);
  if (who.empty()) return;
  const core::Duration by = draw(rng_, slow.by);
  tell(fmt::format("{} {} slow: everything takes {} ms longer", names(who), who.size() == 1 ? "is" : "are",
                   by.count() / 1'000'000));
  for (const NodeId node : who) cluster_.world().set_lag(node, by);
  undo(doing, [this, who] {
    for (const NodeId node : who) cluster_.world().set_lag(node, usual_[node].lag);
    tell(fmt::format("{} {} fast again", names(who), who.size() == 1 ? "is" : "are"));
  });
}

// One after the other, as an operator would: the process stops, and starts with other settings.
void Director::act(const Doing&, const Upgrade& upgrade) {
  core::Duration after{};
  for (const NodeId node : those_up(upgrade.who)) {
    cluster_.world().at(cluster_.world().now() + after, [this, node, &upgrade] {
      if (over_) return;
      cluster_.set_settings(node, upgrade.config);
      if (!cluster_.world().is_up(node)) return;
      tell(fmt::format("{} is restarted with other settings", cluster_.name(node)));
      cluster_.world().kill(node);
      cluster_.world().start(node);
    });
    after += draw(rng_, upgrade.each);
  }
}

}  // namespace simulator
