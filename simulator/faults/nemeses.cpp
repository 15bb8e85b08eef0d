// Faults that come by chance, over and over: at a rate, or where something happens.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "simulator/faults/director.hpp"

namespace simulator {

void Director::begin_nemeses() {
  io_sim::Stream swarm = choices_.stream("swarm", "nemeses");
  std::vector<std::uint32_t> there;
  for (std::uint32_t number = 0; number < scenario_.nemeses.size(); ++number)
    if (!scenario_.swarm || swarm.chance(draw(swarm, scenario_.swarm->nemeses))) there.push_back(number);
  if (scenario_.swarm && scenario_.swarm->faults) swarm.sample(there, draw(swarm, *scenario_.swarm->faults));
  for (const std::uint32_t number : there) {
    const Nemesis& nemesis = scenario_.nemeses[number];
    io_sim::Stream chance = choices_.stream("nemesis", std::to_string(number));
    if (chance.chance(draw(chance, nemesis.chance))) begin_nemesis(number, nemesis, std::move(chance));
  }
}

void Director::begin_nemesis(std::uint32_t number, const Nemesis& nemesis, io_sim::Stream chance) {
  strikes_[number].budget = draw(chance, nemesis.budget);
  const TrueTime begins = TrueTime{} + draw(chance, nemesis.from);
  if (!nemesis.after) return next_strike(number, nemesis, begins);
  const auto odds = std::make_shared<io_sim::Stream>(std::move(chance));
  const double share = draw(*odds, nemesis.odds);
  happenings_.listen(*nemesis.after, [this, number, &nemesis, begins, odds, share](std::optional<NodeId> it) {
    const TrueTime now = cluster_.world().now();
    if (over_ || now < begins || now > TrueTime{} + nemesis.to.value_or(scenario_.until)) return;
    if (odds->chance(share)) strike(number, nemesis, it);
  });
}

// How long until the next strike of a rate: exponentially distributed. The simplest choices are the longest wait, some
// 28 means: no fault is simpler than one.
core::Duration Director::draw_pause(const Rate& rate, io_sim::Stream& chance) {
  constexpr double most_halves = 40;
  constexpr double least_share = 0.01;  // of the mean; whatever is chosen, time passes
  constexpr double least_ns = 1e6;
  // By halves: as often as a coin falls on the same side, a half of the mean times ln 2 each, plus a part of one.
  const double mean = 1e9 / rate.per_second;
  double halves = 1 - chance.unit();
  while (halves < most_halves && !chance.chance(0.5)) halves += 1;
  const double drawn = mean * 0.6931471805599453 * halves;
  return core::Duration{static_cast<std::int64_t>(std::max({drawn, mean * least_share, least_ns}))};
}

void Director::next_strike(std::uint32_t number, const Nemesis& nemesis, TrueTime after) {
  if (strikes_[number].budget == 0) return;
  io_sim::Stream chance = choices_.stream("nemesis", fmt::format("{}/{}", number, strikes_[number].occurrence));
  const TrueTime when = after + draw_pause(nemesis.rate, chance);
  const core::Duration end = std::min(nemesis.to.value_or(scenario_.until), scenario_.until);
  if (when > TrueTime{} + end) return;
  cluster_.world().at(when, [this, number, &nemesis, when] {
    if (over_) return;
    strike(number, nemesis, std::nullopt);
    next_strike(number, nemesis, when);
  });
}

void Director::strike(std::uint32_t number, const Nemesis& nemesis, std::optional<NodeId> it) {
  Strikes& strikes = strikes_[number];
  const Operation operation{static_cast<std::uint32_t>(scenario_.timeline.size()) + number, strikes.occurrence++};
  if (strikes.budget == 0 || strikes.lasting >= nemesis.at_once) return;
  if (nemesis.keep_quorum && !leaves_quorum(nemesis)) return;
  --strikes.budget;
  io_sim::Stream chance = choices_.stream("timeline", text_of(operation));
  Doing doing{nemesis.lasts, it, nullptr};
  if (nemesis.lasts) {
    ++strikes.lasting;
    doing.ended = [&strikes] { --strikes.lasting; };
  }
  if (nemesis.after) {
    const core::Duration delay = draw(chance, nemesis.delay);
    return soon(*nemesis.after, delay, std::move(chance), nemesis.action, operation, std::move(doing));
  }
  rng_ = std::move(chance);
  perform(nemesis.action, operation, std::move(doing));
}

// Whether the selector may mean a server of the region.
bool Director::may_mean(const Selector& selector, std::size_t region) const {
  using Kind = Selector::Kind;
  const std::vector<std::string>& regions = cluster_.regions();
  const auto named = std::find(regions.begin(), regions.end(), selector.in);
  if (named != regions.end()) return static_cast<std::size_t>(named - regions.begin()) == region;
  if (selector.kind == Kind::clients || selector.kind == Kind::random_clients) return false;
  if (selector.kind == Kind::leader && selector.in.empty()) return region == 0;
  if (const auto node = cluster_.find(selector.name); selector.kind == Kind::named && node)
    return cluster_.is_server(*node) && cluster_.region_of(*node) == region;
  return true;
}

// Whether as many servers of each region that it may meet would still be up as a quorum needs, if this one took
// another.
bool Director::leaves_quorum(const Nemesis& nemesis) const {
  const bool takes = std::visit(
      []<class T>(const T&) {
        return std::same_as<T, Crash> || std::same_as<T, PowerLoss> || std::same_as<T, Restart> ||
               std::same_as<T, Reformat> || std::same_as<T, Replace> || std::same_as<T, Pause> ||
               std::same_as<T, Leave> || std::same_as<T, DiskTorn> || std::same_as<T, SyncError> ||
               std::same_as<T, DiskFull>;
      },
      nemesis.action);
  if (!takes) return true;
  std::vector<std::size_t> members(cluster_.regions().size());
  std::vector<std::size_t> up(members.size());
  for (NodeId node = 0; node < cluster_.servers(); ++node) {
    if (cluster_.has_left(node)) continue;
    const std::size_t region = cluster_.region_of(node);
    ++members[region];
    up[region] += cluster_.world().is_up(node) && !cluster_.world().is_paused(node) ? 1 : 0;
  }
  for (std::size_t region = 0; region < members.size(); ++region) {
    bool may_meet = false;
    each_selector(nemesis.action, [&](const Selector& one) { may_meet = may_meet || may_mean(one, region); });
    if (may_meet && up[region] <= members[region] / 2 + 1) return false;
  }
  return true;
}

}  // namespace simulator
