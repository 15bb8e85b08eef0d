#include "simulator/cluster/links.hpp"

#include <map>
#include <set>
#include <tuple>

namespace simulator {
namespace {

using io_sim::NodeId;

// What a plan says, over what holds everywhere.
io_sim::Link link_of(const LinkPlan& plan, io_sim::Link out, io_sim::Stream& chance) {
  if (plan.latency) out.latency = *plan.latency;
  if (plan.loss) out.loss = draw(chance, *plan.loss);
  if (plan.duplication) out.duplication = draw(chance, *plan.duplication);
  if (plan.reordering) out.reordering = draw(chance, *plan.reordering);
  if (plan.reorder_by) out.reorder_by = *plan.reorder_by;
  if (plan.bandwidth) out.bytes_per_second = plan.bandwidth->bytes_per_second;
  if (plan.mtu) out.mtu = *plan.mtu;
  return out;
}

bool says_something(const LinkPlan& plan) {
  return plan.latency || plan.loss || plan.duplication || plan.reordering || plan.reorder_by || plan.bandwidth ||
         plan.mtu;
}

// Only those who are there from the beginning: the rules of the language saw to it.
std::vector<NodeId> members_of(const Selectors& selectors, const Scenario& scenario,
                               const std::vector<NodePlan>& nodes) {
  std::vector<NodeId> out;
  for (const Selector& selector : selectors) {
    if (const auto set = scenario.sets.find(selector.name);
        selector.kind == Selector::Kind::named && set != scenario.sets.end()) {
      for (const NodeId node : members_of(set->second, scenario, nodes)) out.push_back(node);
      continue;
    }
    for (NodeId node = 0; node < nodes.size(); ++node) {
      const NodePlan& plan = nodes[node];
      const bool kind = selector.kind == Selector::Kind::named     ? plan.name == selector.name
                        : selector.kind == Selector::Kind::servers ? plan.server
                        : selector.kind == Selector::Kind::clients ? !plan.server
                                                                   : true;
      if (kind && (selector.in.empty() || plan.is_in(selector.in))) out.push_back(node);
    }
  }
  return out;
}

}  // namespace

void lay_links(io_sim::Network& network, const Scenario& scenario, const std::vector<NodePlan>& nodes,
               io_sim::Choices& choices) {
  const NetworkPlan& plan = scenario.network;
  io_sim::Stream chance = choices.stream("world", "network");
  io_sim::Link& everywhere = network.everywhere();
  everywhere = link_of(plan.everywhere, everywhere, chance);
  const io_sim::Link same_rack = link_of(plan.same_rack, everywhere, chance);
  const io_sim::Link same_datacenter = link_of(plan.same_datacenter, everywhere, chance);
  const io_sim::Link between_datacenters = link_of(plan.between_datacenters, everywhere, chance);
  const io_sim::Link between_regions = link_of(plan.between_regions, between_datacenters, chance);

  if (says_something(plan.same_rack) || says_something(plan.same_datacenter) ||
      says_something(plan.between_datacenters) || says_something(plan.between_regions)) {
    struct Site {
      std::string region, datacenter, rack;
      auto operator<=>(const Site&) const = default;
    };
    std::map<Site, io_sim::SiteId> sites;
    for (NodeId node = 0; node < nodes.size(); ++node) {
      const auto site = sites.emplace(Site{nodes[node].region, nodes[node].datacenter, nodes[node].rack},
                                      static_cast<io_sim::SiteId>(sites.size() + 1));
      network.set_site(node, site.first->second);
    }
    for (const auto& [a, from] : sites)
      for (const auto& [b, to] : sites)
        network.set_link_between_sites(from, to,
                                       a == b                         ? same_rack
                                       : a.region != b.region         ? between_regions
                                       : a.datacenter == b.datacenter ? same_datacenter
                                                                      : between_datacenters);
  }
  if (says_something(plan.loopback)) {
    const io_sim::Link loopback = link_of(plan.loopback, everywhere, chance);
    for (NodeId node = 0; node < nodes.size(); ++node) network.set_link(node, node, loopback);
  }
  for (const GroupLinkPlan& between : plan.between)
    for (const NodeId from : members_of(between.from, scenario, nodes))
      for (const NodeId to : members_of(between.to, scenario, nodes)) {
        if (from == to) continue;
        io_sim::Stream same = choices.stream("link", nodes[from].name + "/" + nodes[to].name);
        network.set_link(from, to, link_of(between.link, network.link(from, to), same));
        network.set_link(to, from, link_of(between.link, network.link(to, from), same));
      }
}

}  // namespace simulator
