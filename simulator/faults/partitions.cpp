// The network: cuts of every form, links that are worse than the others, and their end.
#include <utility>

#include <fmt/format.h>

#include "simulator/faults/director.hpp"

namespace simulator {

void Director::act(const Doing& doing, const Partition& partition) {
  const auto sides = choose_sides(partition.sides);
  io_sim::Network& network = cluster_.world().network();
  // Each cut is its own: where two lie over each other, the end of one does not open the other.
  std::vector<io_sim::CutId> cuts;
  if (partition.sides.form == Sides::Form::sides) {
    for (std::size_t a = 0; a < sides.size(); ++a)
      for (std::size_t b = 0; b < sides.size(); ++b)
        if (a != b && (!partition.sides.one_way || a < b) && !sides[a].empty() && !sides[b].empty())
          cuts.push_back(network.cut_between(sides[a], sides[b]));
  } else {
    for (const auto& [from, to] : ways_between(partition.sides, sides))
      cuts.push_back(network.cut_between({from}, {to}));
  }
  if (cuts.empty()) return;
  std::string text;
  using Form = Sides::Form;
  if (partition.sides.form != Form::sides) {
    text = fmt::format("{} can talk to {} only", names(sides.front()),
                       partition.sides.form == Form::ring     ? "their neighbours"
                       : partition.sides.form == Form::bridge ? "their half and one in the middle"
                       : partition.sides.form == Form::star   ? "one of them, the same for all"
                                                              : "some");
  } else {
    text = partition.sides.one_way ? "nothing gets through from" : "a partition parts";
    for (std::size_t i = 0; i < sides.size(); ++i)
      text += fmt::format("{} {}",
                          i == 0                    ? ""
                          : partition.sides.one_way ? " to"
                                                    : " from",
                          sides[i].empty() ? "nobody" : names(sides[i]));
  }
  tell(text);
  undo(doing, [this, cuts] {
    for (const io_sim::CutId cut : cuts) cluster_.world().network().heal(cut);
    tell("the partition heals");
  });
}

void Director::act(const Doing&, const Heal&) {
  if (cluster_.world().network().cuts() > 0) tell("the network heals");
  cluster_.world().network().heal_all();
  mend_all();
  cluster_.world().network().everywhere().loss = usual_loss_;
}

void Director::act(const Doing& doing, const Loss& loss) {
  const double share = draw(rng_, loss.share);
  cluster_.world().network().everywhere().loss = share;
  tell(fmt::format("the network loses {:.1f} % of the packets", share * 100));
  undo(doing, [this] {
    cluster_.world().network().everywhere().loss = usual_loss_;
    tell("the network loses no more than before");
  });
}

// What a link was like before the first of those that made it worse.
void Director::worsen(Pair way, io_sim::Link link) {
  io_sim::Network& network = cluster_.world().network();
  Worse& worse = worse_.try_emplace(way, Worse{network.link(way.first, way.second), 0}).first->second;
  ++worse.times;
  network.set_link(way.first, way.second, std::move(link));
}

void Director::mend(Pair way) {
  const auto found = worse_.find(way);
  if (found == worse_.end() || --found->second.times > 0) return;
  cluster_.world().network().set_link(way.first, way.second, found->second.before);
  worse_.erase(found);
}

void Director::mend_all() {
  for (const auto& [way, worse] : std::exchange(worse_, {}))
    cluster_.world().network().set_link(way.first, way.second, worse.before);
}

void Director::act(const Doing& doing, const Flaky& flaky) {
  io_sim::Network& network = cluster_.world().network();
  const auto sides = choose_sides(flaky.sides);
  const std::vector<Pair> ways = ways_between(flaky.sides, sides);
  if (ways.empty()) return;
  const auto share = [&](const std::optional<Share>& of) { return of ? std::optional(draw(rng_, *of)) : std::nullopt; };
  const auto loss = share(flaky.loss);
  const auto duplication = share(flaky.duplication);
  const auto reordering = share(flaky.reordering);
  for (const auto& [from, to] : ways) {
    io_sim::Link link = network.link(from, to);
    if (loss) link.loss = *loss;
    if (duplication) link.duplication = *duplication;
    if (reordering) link.reordering = *reordering;
    if (flaky.latency) link.latency = *flaky.latency;
    if (flaky.bandwidth) link.bytes_per_second = flaky.bandwidth->bytes_per_second;
    if (flaky.mtu) link.mtu = *flaky.mtu;
    worsen({from, to}, std::move(link));
  }
  std::vector<NodeId> all;
  for (const auto& side : sides) all.insert(all.end(), side.begin(), side.end());
  tell(fmt::format("links between {} are flaky", names(all)));
  undo(doing, [this, ways] {
    for (const Pair& way : ways) mend(way);
    tell("the links are as before");
  });
}

}  // namespace simulator
