#include "simulator/faults/director.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace simulator {

Director::Director(const Stage& stage)
    : cluster_(stage.cluster),
      operator_(stage.api),
      story_(stage.story),
      scenario_(stage.scenario),
      happenings_(stage.happenings),
      expectations_(stage.expectations),
      choices_(stage.choices),
      rng_(stage.choices.stream("timeline")),
      only_(stage.only),
      command_line_(stage.cluster.world(), stage.scenario.files),
      strikes_(stage.scenario.nemeses.size()),
      occurrences_(stage.scenario.timeline.size()) {
  usual_loss_ = cluster_.world().network().everywhere().loss;
  io_sim::World& world = cluster_.world();
  for (NodeId node = 0; node < cluster_.size(); ++node) {
    usual_disks_.push_back(world.disk(node).faults());
    usual_.push_back({world.lag(node), world.clock(node).drift(), offset_of(node)});
  }
}

Director::~Director() = default;

void Director::begin() {
  io_sim::Stream swarm = choices_.stream("swarm", "timeline");
  for (std::uint32_t number = 0; number < scenario_.timeline.size(); ++number) {
    const bool there = !scenario_.swarm || swarm.chance(draw(swarm, scenario_.swarm->timeline));
    if (there) begin_entry(number, scenario_.timeline[number]);
  }
  begin_nemeses();
}

// Each entry and each operation draws from a stream of its own: one's luck does not move another's.
void Director::begin_entry(std::uint32_t number, const Entry& entry) {
  io_sim::Stream chance = choices_.stream("timeline", std::to_string(number));
  if (!chance.chance(draw(chance, entry.chance))) return;
  const std::uint64_t times = entry.times ? draw(chance, *entry.times) : 1;
  if (entry.after) return wait_for(entry, number, times);
  if (entry.every) return schedule(entry, {number, 0}, TrueTime{} + draw(chance, entry.from));
  for (std::uint32_t i = 0; i < times; ++i) schedule(entry, {number, i}, TrueTime{} + draw(chance, *entry.at));
}

void Director::schedule(const Entry& entry, Operation operation, TrueTime when) {
  const TrueTime end = TrueTime{} + entry.to.value_or(scenario_.until);
  if (when > end || when > TrueTime{} + scenario_.until) return;
  cluster_.world().at(when, [this, &entry, operation, when] {
    if (over_) return;
    rng_ = choices_.stream("timeline", text_of(operation));
    // First, so that what the operation draws does not move the next.
    const bool again = entry.every && (!entry.times || operation.occurrence + 1 < entry.times->high);
    if (again) schedule(entry, {operation.entry, operation.occurrence + 1}, when + draw(rng_, *entry.every));
    perform(entry.action, operation, {entry.lasts, std::nullopt, nullptr});
  });
}

void Director::wait_for(const Entry& entry, std::uint32_t number, std::uint64_t times) {
  happenings_.listen(*entry.after, [this, &entry, number, times](std::optional<NodeId> it) {
    const core::Duration now = cluster_.world().now() - TrueTime{};
    std::uint32_t& occurrence = occurrences_[number];
    if (over_ || occurrence >= times || now < entry.from.low || now > entry.to.value_or(scenario_.until)) return;
    const Operation operation{number, occurrence++};
    io_sim::Stream chance = choices_.stream("timeline", text_of(operation));
    const core::Duration delay = draw(chance, entry.delay);
    soon(*entry.after, delay, std::move(chance), entry.action, operation, {entry.lasts, it, nullptr});
  });
}

// After what happened has run its course; at the edge of a promise right there.
void Director::soon(const Happening& after, core::Duration delay, io_sim::Stream chance, const Action& action,
                    Operation operation, Doing doing) {
  if (is_promise(after) && delay == core::Duration{}) {
    rng_ = std::move(chance);
    return perform(action, operation, std::move(doing));
  }
  const auto drawn = std::make_shared<io_sim::Stream>(std::move(chance));
  cluster_.world().at(cluster_.world().now() + delay, [this, &action, operation, doing, drawn] {
    if (over_) return;
    rng_ = std::move(*drawn);
    perform(action, operation, doing);
  });
}

void Director::perform(const Action& action, Operation operation, Doing doing) {
  // What is left out counts too: no other job is called otherwise for it.
  if (std::holds_alternative<RunJob>(action)) ++last_job_;
  lasts_on_ = false;
  if (only_ == nullptr || only_->contains(operation)) {
    carried_out_.push_back(operation);
    it_ = doing.it;
    std::visit([&](const auto& one) { act(doing, one); }, action);
  }
  // Left out, or there was nobody to do it to.
  if (doing.ended && !lasts_on_) doing.ended();
}

// Later, unless the run has come to its end.
void Director::undo(const Doing& doing, std::function<void()> what) {
  if (!doing.lasts) return;
  lasts_on_ = true;
  const core::Duration lasts = draw(rng_, *doing.lasts);
  cluster_.world().at(cluster_.world().now() + lasts, [this, what = std::move(what), ended = doing.ended] {
    if (!over_) what();
    if (ended) ended();
  });
}

std::string Director::names(const std::vector<NodeId>& nodes) const {
  std::vector<std::string> out;
  for (const NodeId node : nodes) out.push_back(cluster_.name(node));
  return list_text(out);
}

void Director::end_faults() {
  over_ = true;
  io_sim::World& world = cluster_.world();
  world.network().everywhere().loss = 0;
  world.fault_points().disarm_all();
  if (scenario_.liveness) return heal_core(draw_core(*scenario_.liveness));
  world.network().heal_all();
  mend_all();
  tell("all faults end");
  std::vector<NodeId> all;
  for (NodeId node = 0; node < cluster_.size(); ++node) all.push_back(node);
  heal_nodes(all);
}

void Director::heal_nodes(const std::vector<NodeId>& nodes) {
  io_sim::World& world = cluster_.world();
  std::vector<NodeId> down;
  for (const NodeId node : nodes) {
    world.set_lag(node, usual_[node].lag);
    world.disk(node).faults() = usual_disks_[node];
    if (world.is_paused(node)) world.resume(node);
    if (!world.is_up(node) && !cluster_.has_left(node)) down.push_back(node);
  }
  start(down, "again");
}

}  // namespace simulator
