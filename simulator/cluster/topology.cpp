#include "simulator/cluster/topology.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace simulator {
namespace {

std::string server_ip(std::size_t number) { return fmt::format("10.0.0.{}", number); }
std::string client_ip(std::size_t number) {
  // 10.1.0.1 and on, 250 to a subnet.
  const std::size_t at = number - 1;
  return fmt::format("10.{}.{}.{}", 1 + at / (250 * 250), at / 250 % 250, 1 + at % 250);
}

io_sim::Machinery machinery_of(const MachinePlan& plan, io_sim::Stream chance) {
  io_sim::Machinery out;
  out.cpu_mhz = draw(chance, plan.cpu_mhz);
  out.cpu_cores = static_cast<std::uint32_t>(draw(chance, plan.cores));
  out.memory_mb = draw(chance, plan.memory_mb);
  out.disk_mb = draw(chance, plan.disk_mb);
  out.attributes = plan.attributes;
  return out;
}

class Drawer {
 public:
  Drawer(const ClusterPlan& plan, io_sim::Choices& choices)
      : plan_(plan), choices_(choices), chance_(choices.stream("cluster")) {}

  // All counts are drawn before a limit takes any away, so that the draws of a run do not depend on it.
  std::vector<NodePlan> draw_all(const NodeLimit& limit) {
    const auto servers = counts_of(plan_.servers);
    const auto clients = counts_of(plan_.clients);
    const std::uint64_t spares = draw(chance_, plan_.spares);
    racks_ = draw(chance_, plan_.racks);
    std::uint64_t left = std::max<std::uint64_t>(limit.servers.value_or(max_nodes), 1);
    for (std::size_t group = 0; group < servers.size(); ++group)
      add(plan_.servers[group], taken(left, servers[group]), true);
    for (std::uint64_t count = taken(left, spares); count > 0; --count) add_one(nullptr, true);
    // Where a limit has taken a region's servers away, its clients would have nobody.
    std::set<std::string> regions;
    for (const NodePlan& server : nodes_) regions.insert(server.region);
    left = limit.clients.value_or(max_nodes);
    for (std::size_t group = 0; group < clients.size(); ++group)
      if (regions.contains(plan_.region_of(&plan_.clients[group])))
        add(plan_.clients[group], taken(left, clients[group]), false);
    return std::move(nodes_);
  }

 private:
  static constexpr std::size_t max_nodes = 1'000'000;

  std::vector<std::uint64_t> counts_of(const std::vector<NodeGroup>& groups) {
    std::vector<std::uint64_t> out;
    for (const NodeGroup& group : groups) out.push_back(draw(chance_, group.count));
    return out;
  }

  static std::uint64_t taken(std::uint64_t& left, std::uint64_t wanted) {
    const std::uint64_t out = std::min(left, wanted);
    left -= out;
    return out;
  }

  void add(const NodeGroup& group, std::uint64_t count, bool server) {
    shared_.reset();
    for (std::uint64_t i = 0; i < count; ++i) add_one(&group, server);
  }

  void add_one(const NodeGroup* group, bool server) {
    NodePlan node;
    const std::size_t number = server ? ++servers_ : ++clients_;
    node.name = fmt::format("{}-{}", server ? "server" : "client", number);
    node.ip = server ? server_ip(number) : client_ip(number);
    node.server = server;
    node.spare = group == nullptr;
    node.group = group;
    node.region = plan_.region_of(group);
    node.datacenter = group == nullptr || group->datacenter.empty() ? plan_.datacenter : group->datacenter;
    node.rack = group == nullptr || group->rack.empty()
                    ? fmt::format("rack-{}", placed_[node.datacenter]++ % racks_ + 1)
                    : group->rack;
    const auto special = plan_.nodes.find(node.name);
    const NodeOverride* const override = special == plan_.nodes.end() ? nullptr : &special->second;
    const MachinePlan& machine = override != nullptr && override->machine ? *override->machine
                                 : group != nullptr && group->machine     ? *group->machine
                                                                          : plan_.machine;
    if (!server) node.machinery = machinery_of(machine, choices_.stream("machine", node.name));
    node.config = config_of(group, server, override);
    nodes_.push_back(std::move(node));
  }

  std::shared_ptr<const agent::config::AgentConfig> config_of(const NodeGroup* group, bool server,
                                                              const NodeOverride* override) {
    if (override == nullptr && shared_ && group != nullptr) return shared_;
    std::vector<const Settings*> parts{&plan_.config};
    if (group != nullptr) parts.push_back(&group->config);
    if (override != nullptr) parts.push_back(&override->config);
    auto config = std::make_shared<agent::config::AgentConfig>(effective_config(server, parts));
    config->region = plan_.region_of(group);
    config->datacenter = group == nullptr || group->datacenter.empty() ? plan_.datacenter : group->datacenter;
    if (group != nullptr && !server) {
      if (!group->node_class.empty()) config->client.node_class = group->node_class;
      if (!group->pool.empty()) config->client.node_pool = group->pool;
      for (const auto& [key, value] : group->meta) config->client.meta[key] = value;
    }
    if (override == nullptr && group != nullptr) shared_ = config;
    return config;
  }

  const ClusterPlan& plan_;
  io_sim::Choices& choices_;
  io_sim::Stream chance_;
  std::uint64_t racks_ = 1;
  std::size_t servers_ = 0;
  std::size_t clients_ = 0;
  std::map<std::string, std::uint64_t> placed_;               // nodes by datacenter
  std::shared_ptr<const agent::config::AgentConfig> shared_;  // of the group that is being added
  std::vector<NodePlan> nodes_;
};

}  // namespace

bool NodePlan::is_in(std::string_view place) const {
  if (place == region || place == datacenter || place == rack) return true;
  return group != nullptr && !server && (place == group->node_class || place == group->pool);
}

std::vector<NodePlan> draw_topology(const ClusterPlan& plan, const NodeLimit& limit, io_sim::Choices& choices) {
  return Drawer(plan, choices).draw_all(limit);
}

std::uint64_t draw(io_sim::Stream& chance, Count from) {
  return from.low == from.high ? from.low : from.low + chance.below(from.high - from.low + 1);
}
core::Duration draw(io_sim::Stream& chance, Span from) {
  return from.low == from.high ? from.low : chance.between(from.low, from.high);
}
core::Duration draw(io_sim::Stream& chance, Shift from) {
  return from.low == from.high ? from.low : chance.between(from.low, from.high);
}
double draw(io_sim::Stream& chance, Share from) {
  return from.low == from.high ? from.low : from.low + (from.high - from.low) * chance.unit();
}
double draw(io_sim::Stream& chance, Drift from) {
  return from.low == from.high ? from.low : from.low + (from.high - from.low) * chance.unit();
}

}  // namespace simulator
