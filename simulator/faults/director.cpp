#include "simulator/faults/director.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace simulator {

Director::Director(Cluster& cluster, Operator& api, Story& story, const Scenario& scenario, io_sim::Choices& choices,
                   const Operations* only)
    : cluster_(cluster),
      operator_(api),
      story_(story),
      scenario_(scenario),
      choices_(choices),
      rng_(choices.stream("timeline")),
      only_(only) {
  usual_loss_ = cluster_.world().network().everywhere().loss;
}

void Director::begin() {
  for (std::uint32_t number = 0; number < scenario_.timeline.size(); ++number) {
    const Entry& entry = scenario_.timeline[number];
    // Each entry and each operation draws from a stream of its own: one's luck does not move another's.
    io_sim::Stream chance = choices_.stream("timeline", std::to_string(number));
    if (!chance.chance(draw(chance, entry.chance))) continue;
    const std::uint64_t times = entry.every ? 1 : draw(chance, entry.times);
    for (std::uint32_t i = 0; i < times; ++i) schedule(entry, {number, i}, TrueTime{} + draw(chance, entry.at));
  }
}

void Director::schedule(const Entry& entry, Operation operation, TrueTime when) {
  const TrueTime end = TrueTime{} + entry.stop.value_or(scenario_.until);
  if (when > end || when > TrueTime{} + scenario_.until) return;
  cluster_.world().at(when, [this, &entry, operation, when] {
    if (over_) return;
    rng_ = choices_.stream("timeline", text_of(operation));
    // First, so that what the operation draws does not move the next.
    if (entry.every) schedule(entry, {operation.entry, operation.occurrence + 1}, when + draw(rng_, *entry.every));
    // What is left out counts too: no other job is called otherwise for it.
    if (std::holds_alternative<RunJob>(entry.action)) ++last_job_;
    if (only_ == nullptr || only_->contains(operation)) carry_out(entry, operation);
  });
}

void Director::carry_out(const Entry& entry, Operation operation) {
  carried_out_.push_back(operation);
  std::visit([&](const auto& action) { act(entry, action); }, entry.action);
}

void Director::undo(const Entry& entry, std::function<void()> what) {
  if (!entry.lasts) return;
  const core::Duration lasts = draw(rng_, *entry.lasts);
  cluster_.world().at(cluster_.world().now() + lasts, [this, what = std::move(what)] {
    if (!over_) what();
  });
}

void Director::choose_random(std::vector<NodeId> from, Count count, std::set<NodeId>& into) {
  std::erase_if(from, [&](NodeId node) { return into.contains(node); });
  const std::uint64_t wanted = draw(rng_, count);
  rng_.sample(from, wanted);
  into.insert(from.begin(), from.end());
}

// Whom the selectors mean just now. `wants_up`: only nodes that are up can be crashed, only others started.
std::vector<NodeId> Director::choose(const Selectors& selectors, const std::set<NodeId>& taken, bool wants_up) {
  const io_sim::World& world = cluster_.world();
  std::set<NodeId> chosen = taken;
  const auto fits = [&](NodeId node) { return world.is_up(node) == wants_up && !cluster_.has_left(node); };
  const auto range = [&](NodeId from, NodeId to) {
    std::vector<NodeId> out;
    for (NodeId node = from; node < to; ++node)
      if (fits(node)) out.push_back(node);
    return out;
  };
  const auto servers = static_cast<NodeId>(cluster_.servers());
  const auto all = static_cast<NodeId>(cluster_.size());
  using Kind = Selector::Kind;
  for (const Selector& selector : selectors) {
    const auto leader = cluster_.leader();
    switch (selector.kind) {
      case Kind::leader:
        if (leader && fits(*leader)) chosen.insert(*leader);
        break;
      case Kind::named:
        if (const auto node = cluster_.find(selector.name)) chosen.insert(*node);
        break;
      case Kind::random_servers:
        choose_random(range(0, servers), selector.count, chosen);
        break;
      case Kind::random_followers: {
        std::vector<NodeId> followers = range(0, servers);
        std::erase_if(followers, [&](NodeId node) { return leader == node; });
        choose_random(std::move(followers), selector.count, chosen);
        break;
      }
      case Kind::random_clients:
        choose_random(range(servers, all), selector.count, chosen);
        break;
      case Kind::minority:
        choose_random(range(0, servers), {1, std::max<std::uint64_t>((cluster_.servers() - 1) / 2, 1)}, chosen);
        break;
      case Kind::servers:
        for (const NodeId node : range(0, servers)) chosen.insert(node);
        break;
      case Kind::clients:
        for (const NodeId node : range(servers, all)) chosen.insert(node);
        break;
      case Kind::down:
        for (NodeId node = 0; node < all; ++node)
          if (!world.is_up(node) && !cluster_.has_left(node)) chosen.insert(node);
        break;
      case Kind::rest:
        for (NodeId node = 0; node < all; ++node) chosen.insert(node);
        break;
    }
  }
  std::vector<NodeId> out;
  for (const NodeId node : chosen)
    if (!taken.contains(node)) out.push_back(node);
  return out;
}

std::string Director::names(const std::vector<NodeId>& nodes) const {
  std::vector<std::string> out;
  for (const NodeId node : nodes) out.push_back(cluster_.name(node));
  return list_text(out);
}

void Director::act(const Entry& entry, const Crash& crash) {
  io_sim::World& world = cluster_.world();
  std::vector<NodeId> who = choose(crash.who, {}, true);
  std::erase_if(who, [&](NodeId node) { return !world.is_up(node); });
  if (who.empty()) return;
  const bool one = who.size() == 1;
  const char* const lost = one ? "loses power" : "lose power";
  tell(fmt::format("{} {}", names(who), crash.power_loss ? lost : one ? "crashes" : "crash"));
  for (const NodeId node : who) crash.power_loss ? world.lose_power(node) : world.kill(node);
  undo(entry, [this, who] { start(who, false); });
}

void Director::start(const std::vector<NodeId>& nodes, bool had_left) {
  std::vector<NodeId> down = nodes;
  std::erase_if(down, [&](NodeId node) { return cluster_.world().is_up(node); });
  if (down.empty()) return;
  const bool one = down.size() == 1;
  const char* const back = one ? "comes back" : "come back";
  tell(fmt::format("{} {}", names(down), had_left ? back : one ? "starts again" : "start again"));
  for (const NodeId node : down) {
    cluster_.note_started(node);
    cluster_.world().start(node);
  }
}

void Director::act(const Entry&, const Start& action) { start(choose(action.who, {}, false), false); }

void Director::act(const Entry& entry, const Pause& pause) {
  const std::vector<NodeId> who = choose(pause.who, {}, true);
  if (who.empty()) return;
  tell(fmt::format("{} {} still", names(who), who.size() == 1 ? "stands" : "stand"));
  for (const NodeId node : who) cluster_.world().pause(node);
  undo(entry, [this, who] {
    tell(fmt::format("{} {} on", names(who), who.size() == 1 ? "goes" : "go"));
    for (const NodeId node : who) cluster_.world().resume(node);
  });
}

void Director::act(const Entry&, const Resume& resume) {
  for (const NodeId node : choose(resume.who, {}, true)) {
    if (!cluster_.world().is_paused(node)) continue;
    tell(fmt::format("{} goes on", cluster_.name(node)));
    cluster_.world().resume(node);
  }
}

void Director::act(const Entry& entry, const Leave& leave) {
  const std::vector<NodeId> who = choose(leave.who, {}, true);
  if (who.empty()) return;
  tell(fmt::format("{} {} asked to leave", names(who), who.size() == 1 ? "is" : "are"));
  for (const NodeId node : who) {
    cluster_.note_left(node);
    cluster_.world().signal(node, core::world::Signal::interrupt);
  }
  undo(entry, [this, who] { start(who, true); });
}

void Director::act(const Entry&, const ForceLeave& leave) {
  for (const NodeId node : choose(leave.who, {}, false)) {
    if (!cluster_.is_server(node)) continue;
    tell(fmt::format("the operator forces {} to leave", cluster_.name(node)));
    cluster_.note_left(node);
    operator_.request("PUT",
                      fmt::format("/v1/agent/force-leave?node={}.{}", cluster_.name(node), scenario_.cluster.region),
                      "", [](const auto&) {});
  }
}

void Director::act(const Entry& entry, const Partition& partition) {
  std::set<NodeId> taken;
  std::vector<std::vector<NodeId>> sides;
  for (const Selectors& side : partition.sides.sides) {
    sides.push_back(choose(side, taken, true));
    taken.insert(sides.back().begin(), sides.back().end());
  }
  std::vector<Pair> cuts;
  for (std::size_t a = 0; a < sides.size(); ++a)
    for (std::size_t b = 0; b < sides.size(); ++b)
      if (a != b && (!partition.sides.one_way || a < b))
        for (const NodeId from : sides[a])
          for (const NodeId to : sides[b]) cuts.emplace_back(from, to);
  if (cuts.empty()) return;
  for (const auto& [from, to] : cuts) cluster_.world().network().cut(from, to);
  std::string text = partition.sides.one_way ? "nothing gets through from" : "a partition parts";
  for (std::size_t i = 0; i < sides.size(); ++i)
    text += fmt::format("{} {}",
                        i == 0                    ? ""
                        : partition.sides.one_way ? " to"
                                                  : " from",
                        sides[i].empty() ? "nobody" : names(sides[i]));
  tell(text);
  undo(entry, [this, cuts] {
    for (const auto& [from, to] : cuts) cluster_.world().network().heal(from, to);
    tell("the partition heals");
  });
}

void Director::act(const Entry&, const Heal&) {
  if (cluster_.world().network().cuts() > 0) tell("the network heals");
  cluster_.world().network().heal_all();
}

void Director::act(const Entry& entry, const Loss& loss) {
  const double share = draw(rng_, loss.share);
  cluster_.world().network().everywhere().loss = share;
  tell(fmt::format("the network loses {:.1f} % of the packets", share * 100));
  undo(entry, [this] {
    cluster_.world().network().everywhere().loss = usual_loss_;
    tell("the network loses no more than before");
  });
}

void Director::act(const Entry&, const ClockStep& step) {
  for (const NodeId node : choose(step.who, {}, true)) {
    const core::Duration by = draw(rng_, step.by);
    cluster_.world().clock(node).step_wall(step.back ? -by : by);
    tell(fmt::format("the wall clock of {} jumps {} by {:.1f}s", cluster_.name(node), step.back ? "back" : "forward",
                     static_cast<double>(by.count()) / 1e9));
  }
}

void Director::act(const Entry& entry, const Slow& slow) {
  const std::vector<NodeId> who = choose(slow.who, {}, true);
  if (who.empty()) return;
  const core::Duration by = draw(rng_, slow.by);
  tell(fmt::format("{} is slow: everything takes {} ms longer", names(who), by.count() / 1'000'000));
  for (const NodeId node : who) cluster_.world().set_lag(node, by);
  undo(entry, [this, who] {
    for (const NodeId node : who) cluster_.world().set_lag(node, {});
    tell(fmt::format("{} is fast again", names(who)));
  });
}

void Director::end_all_faults() {
  over_ = true;
  io_sim::World& world = cluster_.world();
  world.network().heal_all();
  world.network().everywhere().loss = 0;
  std::vector<NodeId> down;
  for (NodeId node = 0; node < cluster_.size(); ++node) {
    world.set_lag(node, {});
    if (world.is_paused(node)) world.resume(node);
    if (!world.is_up(node) && !cluster_.has_left(node)) down.push_back(node);
  }
  tell("all faults end");
  start(down, false);
}

}  // namespace simulator
