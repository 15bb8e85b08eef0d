// Liveness of a core: a majority of the servers and some of the clients are healed, and reach each other from then on.
// Those that are down, still or slow beyond it stay so, and something befalls each of them for ever. A fault that
// always ends hides what never ends by itself.
#include <algorithm>

#include <fmt/format.h>

#include "simulator/faults/director.hpp"

namespace simulator {

std::vector<NodeId> Director::draw_core(const LivenessPlan& plan) {
  rng_ = choices_.stream("liveness");
  const auto members = [&](NodeId from, NodeId to) {
    std::vector<NodeId> out;
    for (NodeId node = from; node < to; ++node)
      if (!cluster_.has_left(node)) out.push_back(node);
    return out;
  };
  const auto servers = static_cast<NodeId>(cluster_.servers());
  std::vector<NodeId> core;
  for (std::size_t region = 0; region < cluster_.regions().size(); ++region) {
    std::vector<NodeId> majority = members(0, servers);
    std::erase_if(majority, [&](NodeId node) { return cluster_.region_of(node) != region; });
    rng_.sample(majority, majority.size() / 2 + 1);
    core.insert(core.end(), majority.begin(), majority.end());
  }
  std::vector<NodeId> clients = members(servers, static_cast<NodeId>(cluster_.size()));
  const double share = draw(rng_, plan.clients);
  rng_.sample(clients, static_cast<std::size_t>(share * static_cast<double>(clients.size()) + 0.5));
  core.insert(core.end(), clients.begin(), clients.end());
  std::sort(core.begin(), core.end());
  return core;
}

void Director::heal_core(const std::vector<NodeId>& core) {
  std::vector<NodeId> beyond;
  for (NodeId node = 0; node < cluster_.size(); ++node)
    if (!cluster_.has_left(node) && !std::binary_search(core.begin(), core.end(), node)) beyond.push_back(node);
  // A node that some of the core reach and others do not may well keep a leader that not all of them can follow: what
  // is wrong with it is wrong for the whole core.
  cluster_.world().network().heal_all();
  cluster_.world().network().keep_open(core);
  mend_all();
  for (const NodeId node : beyond) befall(node, core);
  cluster_.set_core(core);
  tell(fmt::format("a core heals: {}", names(core)));
  heal_nodes(core);
}

void Director::befall(NodeId node, const std::vector<NodeId>& core) {
  // A new one goes to the end, or replay files would mean something else; what befalls servers only, behind the others.
  enum Fate { none, gone, still, cut_off, deaf, mute, slow, fates_of_clients, apart = fates_of_clients, fates };
  io_sim::World& world = cluster_.world();
  io_sim::Network& network = world.network();
  const std::string& name = cluster_.name(node);
  switch (static_cast<Fate>(rng_.below(cluster_.is_server(node) ? fates : fates_of_clients))) {
    case gone:
      if (world.is_up(node)) world.kill(node);
      return tell(fmt::format("{} is gone for ever", name));
    case still:
      if (world.is_up(node) && !world.is_paused(node)) world.pause(node);
      return tell(fmt::format("{} stands still for ever", name));
    case cut_off:
      network.cut_between({node}, core);
      network.cut_between(core, {node});
      return tell(fmt::format("{} is cut off for ever", name));
    case apart: {
      std::vector<NodeId> servers = core;
      std::erase_if(servers, [&](NodeId other) { return !cluster_.is_server(other); });
      network.cut_between({node}, servers);
      network.cut_between(servers, {node});
      return tell(fmt::format("{} is cut off from the core's servers for ever", name));
    }
    case deaf:
      network.cut_between(core, {node});
      return tell(fmt::format("{} hears nothing from now on", name));
    case mute:
      network.cut_between({node}, core);
      return tell(fmt::format("{} is not heard from now on", name));
    case slow:
      world.set_lag(node, core_lag);
      return tell(fmt::format("{} is slow for ever", name));
    case none:
    case fates:
      return tell(fmt::format("{} stays as it is", name));
  }
}

}  // namespace simulator
