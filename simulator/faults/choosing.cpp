// Whom selectors mean just now.
#include <algorithm>

#include "simulator/faults/director.hpp"

namespace simulator {

// `wants_up`: only nodes that are up can be crashed, only others started.
std::vector<NodeId> Director::choose(const Selectors& selectors, const std::set<NodeId>& taken, bool wants_up) {
  std::set<NodeId> chosen = taken;
  for (const Selector& selector : selectors) choose_one(selector, taken, wants_up, chosen);
  std::vector<NodeId> out;
  for (const NodeId node : chosen)
    if (!taken.contains(node)) out.push_back(node);
  return out;
}

void Director::choose_one(const Selector& selector, const std::set<NodeId>& taken, bool wants_up,
                          std::set<NodeId>& chosen) {
  using Kind = Selector::Kind;
  const io_sim::World& world = cluster_.world();
  const auto servers = static_cast<NodeId>(cluster_.servers());
  const auto all = static_cast<NodeId>(cluster_.size());
  const auto is_in = [&](NodeId node) { return selector.in.empty() || cluster_.is_in(node, selector.in); };
  const auto fits = [&](NodeId node) {
    return world.is_up(node) == wants_up && !cluster_.has_left(node) && is_in(node);
  };
  const auto those = [&](NodeId from, NodeId to, auto matches) {
    std::vector<NodeId> out;
    for (NodeId node = from; node < to; ++node)
      if (matches(node)) out.push_back(node);
    return out;
  };
  const auto take_all = [&](const std::vector<NodeId>& nodes) { chosen.insert(nodes.begin(), nodes.end()); };
  const auto take_some = [&](std::vector<NodeId> from, Count count) {
    std::erase_if(from, [&](NodeId node) { return chosen.contains(node); });
    const std::uint64_t wanted = draw(rng_, count);
    rng_.sample(from, wanted);
    take_all(from);
  };
  // Of the first region in which there are any; those of it that are down count, too.
  const auto take_minority = [&](std::vector<NodeId> from) {
    if (from.empty()) return;
    const std::size_t region = cluster_.region_of(from.front());
    const auto of_region = [&](NodeId node) { return cluster_.region_of(node) == region && !cluster_.has_left(node); };
    std::erase_if(from, [&](NodeId node) { return !of_region(node); });
    const std::size_t all_of_it = those(0, servers, of_region).size();
    take_some(std::move(from), {1, std::max<std::uint64_t>((all_of_it - 1) / 2, 1)});
  };
  const auto is_follower = [&](NodeId node) { return fits(node) && !cluster_.leads(node); };
  switch (selector.kind) {
    case Kind::leader:
      // Without a group it is the first region's.
      for (std::size_t region = 0; region < (selector.in.empty() ? 1 : cluster_.regions().size()); ++region)
        if (const auto leader = cluster_.leader(region); leader && fits(*leader)) chosen.insert(*leader);
      break;
    case Kind::it:
      if (it_ && is_in(*it_)) chosen.insert(*it_);
      break;
    case Kind::named:
      if (const auto set = scenario_.sets.find(selector.name); set != scenario_.sets.end())
        return take_all(choose(set->second, taken, wants_up));
      if (const auto node = cluster_.find(selector.name); node && is_in(*node)) chosen.insert(*node);
      break;
    case Kind::random_servers:
      return take_some(those(0, servers, fits), selector.count);
    case Kind::random_followers:
      return take_some(those(0, servers, is_follower), selector.count);
    case Kind::random_clients:
      return take_some(those(servers, all, fits), selector.count);
    case Kind::minority:
      return take_minority(those(0, servers, fits));
    case Kind::servers:
      return take_all(those(0, servers, fits));
    case Kind::followers:
      return take_all(those(0, servers, is_follower));
    case Kind::clients:
      return take_all(those(servers, all, fits));
    case Kind::spares:
      return take_all(those(0, servers, [&](NodeId node) { return cluster_.plan(node).spare && is_in(node); }));
    case Kind::down:
      return take_all(
          those(0, all, [&](NodeId node) { return !world.is_up(node) && !cluster_.has_left(node) && is_in(node); }));
    case Kind::rest:
      return take_all(those(0, all, is_in));
  }
}

std::vector<NodeId> Director::those_up(const Selectors& selectors) {
  std::vector<NodeId> out = choose(selectors, {}, true);
  std::erase_if(out, [&](NodeId node) { return !cluster_.world().is_up(node); });
  return out;
}

std::vector<std::vector<NodeId>> Director::choose_sides(const Sides& sides) {
  std::set<NodeId> taken;
  std::vector<std::vector<NodeId>> out;
  for (const Selectors& side : sides.sides) {
    out.push_back(choose(side, taken, true));
    taken.insert(out.back().begin(), out.back().end());
  }
  return out;
}

// The directed ways that lie between the sides.
std::vector<Director::Pair> Director::ways_between(const Sides& sides, const std::vector<std::vector<NodeId>>& chosen) {
  std::vector<Pair> out;
  const auto both_ways = [&](NodeId a, NodeId b) {
    out.emplace_back(a, b);
    out.emplace_back(b, a);
  };
  const std::vector<NodeId>& ring = chosen.front();
  const std::size_t size = ring.size();
  const std::size_t middle = size / 2;
  const std::size_t centre = sides.form == Sides::Form::star && size > 0 ? rng_.below(size) : 0;
  for (std::size_t a = 0; a < size && sides.form != Sides::Form::sides; ++a)
    for (std::size_t b = a + 1; b < size; ++b) {
      const bool neighbours = b == a + 1 || (a == 0 && b + 1 == size);
      const bool across = a < middle && b > middle;
      if (sides.form == Sides::Form::ring && !neighbours) both_ways(ring[a], ring[b]);
      if (sides.form == Sides::Form::bridge && across) both_ways(ring[a], ring[b]);
      if (sides.form == Sides::Form::star && a != centre && b != centre) both_ways(ring[a], ring[b]);
      if (sides.form == Sides::Form::links && rng_.chance(draw(rng_, sides.share))) both_ways(ring[a], ring[b]);
    }
  if (sides.form != Sides::Form::sides) return out;
  for (std::size_t a = 0; a < chosen.size(); ++a)
    for (std::size_t b = 0; b < chosen.size(); ++b)
      if (a != b && (!sides.one_way || a < b))
        for (const NodeId from : chosen[a])
          for (const NodeId to : chosen[b]) out.emplace_back(from, to);
  return out;
}

}  // namespace simulator
