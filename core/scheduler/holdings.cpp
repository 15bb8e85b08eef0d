#include "core/scheduler/holdings.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace core::scheduler {
namespace {

constexpr std::string_view default_network = "default";
constexpr std::int32_t highest_port = 65535;
constexpr int draws_before_search = 20;  // as Nomad: chance first, then every port in turn

std::optional<std::int32_t> port_of(std::string_view text) {
  std::int32_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port < 0 || port > highest_port) return std::nullopt;
  return port;
}

/// Of the networks of a group Nomad looks at the first only.
const model::NetworkResource* group_network(const model::TaskGroup& group) {
  return group.networks.empty() ? nullptr : &group.networks.front();
}

/// All that ask for ports: the group's network and the tasks' own.
std::vector<const model::NetworkResource*> networks_of(const model::TaskGroup& group) {
  std::vector<const model::NetworkResource*> asks;
  if (const model::NetworkResource* ask = group_network(group)) asks.push_back(ask);
  for (const model::Task& task : group.tasks) {
    if (!task.resources) continue;
    for (const model::NetworkResource& ask : task.resources->networks) asks.push_back(&ask);
  }
  return asks;
}

std::size_t cores_of(const model::TaskGroup& group) {
  std::size_t cores = 0;
  for (const model::Task& task : group.tasks)
    if (task.resources) cores += static_cast<std::size_t>(std::max(task.resources->cores, 0));
  return cores;
}

}  // namespace

std::vector<std::pair<std::int32_t, std::int32_t>> parse_port_ranges(std::string_view text) {
  std::vector<std::pair<std::int32_t, std::int32_t>> ranges;
  while (!text.empty() && ranges.size() < max_port_ranges) {
    const auto comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    const auto dash = part.find('-');
    const auto low = port_of(part.substr(0, dash));
    const auto high = dash == std::string_view::npos ? low : port_of(part.substr(dash + 1));
    if (low && high && *low <= *high) ranges.emplace_back(*low, *high);
  }
  return ranges;
}

std::int64_t mhz_per_core(const model::Node& node) {
  const model::NodeCpu& cpu = node.node_resources.cpu;
  return cpu.total_cpu_cores == 0 ? 0 : cpu.cpu_shares / cpu.total_cpu_cores;
}

bool asks_for_holdings(const model::TaskGroup& group) {
  return !group.networks.empty() || std::ranges::any_of(group.tasks, [](const model::Task& task) {
    return task.resources && (task.resources->cores > 0 || !task.resources->networks.empty());
  });
}

Holdings::Holdings(const model::Node& node)
    : node_(&node), reserved_(parse_port_ranges(node.reserved_resources.networks.reserved_host_ports)) {}

std::optional<std::string> Holdings::add(const model::AllocatedResources& resources) {
  std::optional<std::string> collision;
  const auto take = [&](std::string_view address, std::int32_t port) {
    if (port <= 0) return;
    if (held(address, port) && !collision) collision = fmt::format("reserved port collision: {}", port);
    ports_[port].emplace_back(address);
  };
  const auto take_network = [&](const model::NetworkResource& network) {
    for (const model::Port& port : network.reserved_ports) take(network.ip, port.value);
    for (const model::Port& port : network.dynamic_ports) take(network.ip, port.value);
  };
  for (const model::AllocatedPort& port : resources.shared.ports) take(port.host_ip, port.value);
  if (resources.shared.ports.empty()) std::ranges::for_each(resources.shared.networks, take_network);
  for (const auto& [name, task] : resources.tasks) {
    std::ranges::for_each(task.networks, take_network);
    for (const std::uint16_t core : task.cpu.reserved_cores)
      if (!cores_.insert(core).second && !collision) collision = "cores";
  }
  return collision;
}

bool Holdings::held(std::string_view address, std::int32_t port) const {
  const auto at = ports_.find(port);
  if (at == ports_.end()) return false;
  // An address that is not known stands for all of them.
  return std::ranges::any_of(
      at->second, [&](const std::string& other) { return address.empty() || other.empty() || other == address; });
}

bool Holdings::reserved(std::int32_t port) const {
  return std::ranges::any_of(reserved_, [&](const auto& range) { return port >= range.first && port <= range.second; });
}

std::string_view Holdings::address_of(std::string_view host_network) const {
  const std::string_view alias = host_network.empty() ? default_network : host_network;
  const model::NodeResources& resources = node_->node_resources;
  for (const model::NodeNetwork& network : resources.node_networks)
    for (const model::NodeNetworkAddress& address : network.addresses)
      if (address.alias == alias) return address.address;
  // Clients that tell of no host networks have one, the default.
  if (alias == default_network && resources.node_networks.empty() && !resources.networks.empty())
    return resources.networks.front().ip;
  return {};
}

std::int64_t Holdings::free_dynamic_ports() const {
  const std::int32_t low = node_->node_resources.min_dynamic_port;
  const std::int32_t high = node_->node_resources.max_dynamic_port;
  std::int64_t free = std::max(0, high - low + 1);
  for (const auto& [from, to] : reserved_) free -= std::max(0, std::min(to, high) - std::max(from, low) + 1);
  for (auto at = ports_.lower_bound(low); at != ports_.end() && at->first <= high; ++at) --free;
  return free;
}

std::vector<std::uint16_t> Holdings::free_cores() const {
  const auto& kept = node_->reserved_resources.cpu.reserved_cpu_cores;
  std::vector<std::uint16_t> free;
  for (const std::uint16_t core : node_->node_resources.cpu.reservable_cpu_cores)
    if (!cores_.contains(core) && std::ranges::find(kept, core) == kept.end()) free.push_back(core);
  std::ranges::sort(free);
  return free;
}

std::optional<std::string> Holdings::refuses(const model::TaskGroup& group) const {
  std::int64_t dynamic_ports = 0;
  std::set<std::pair<std::int32_t, std::string_view>> wanted;
  for (const model::NetworkResource* ask : networks_of(group)) {
    for (const model::Port& port : ask->reserved_ports) {
      const std::string_view address = address_of(port.host_network);
      if (address.empty()) return fmt::format("network: no addresses available for {} network", port.host_network);
      const bool free = !reserved(port.value) && !held(address, port.value);
      if (!free || !wanted.emplace(port.value, address).second)
        return fmt::format("network: reserved port collision {}={}", port.label, port.value);
    }
    for (const model::Port& port : ask->dynamic_ports)
      if (address_of(port.host_network).empty())
        return fmt::format("network: no addresses available for {} network", port.host_network);
    dynamic_ports += static_cast<std::int64_t>(ask->dynamic_ports.size());
  }
  const std::size_t cores = cores_of(group);
  if (cores > 0 && free_cores().size() < cores) return "cores";
  if (dynamic_ports == 0) return std::nullopt;
  // The group's own static ports may lie in the dynamic range, so there must be room for all of them.
  if (free_dynamic_ports() < dynamic_ports + static_cast<std::int64_t>(wanted.size()))
    return "network: dynamic port selection failed";
  return std::nullopt;
}

std::int32_t Holdings::draw_port(std::string_view address, Rng& rng) {
  const std::int32_t low = node_->node_resources.min_dynamic_port;
  const std::int32_t high = node_->node_resources.max_dynamic_port;
  const auto free = [&](std::int32_t port) { return !reserved(port) && !held(address, port); };
  for (int draw = 0; draw < draws_before_search; ++draw) {
    const auto port = static_cast<std::int32_t>(rng.between(std::int64_t{low}, std::int64_t{high}));
    if (free(port)) return port;
  }
  for (std::int32_t port = low; port <= high; ++port)
    if (free(port)) return port;
  return 0;
}

model::NetworkResource Holdings::assign(const model::NetworkResource& ask, Rng& rng,
                                        std::vector<model::AllocatedPort>* ports) {
  model::NetworkResource got = ask;
  got.ip = std::string(address_of(default_network));
  const auto take = [&](model::Port& port, bool dynamic) {
    const std::string address(address_of(port.host_network));
    if (dynamic) {
      port.value = draw_port(address, rng);
      ports_[port.value].push_back(address);
    }
    if (port.to == -1) port.to = port.value;
    if (ports != nullptr) ports->push_back({port.label, port.value, port.to, address});
  };
  for (model::Port& port : got.reserved_ports) take(port, false);
  for (model::Port& port : got.dynamic_ports) take(port, true);
  return got;
}

void Holdings::assign(const model::TaskGroup& group, Rng& rng, model::AllocatedResources& resources) {
  // Every static port first, so that none of them is drawn.
  for (const model::NetworkResource* ask : networks_of(group))
    for (const model::Port& port : ask->reserved_ports) ports_[port.value].emplace_back(address_of(port.host_network));
  if (const model::NetworkResource* ask = group_network(group)) {
    model::NetworkResource network = assign(*ask, rng, &resources.shared.ports);
    resources.shared.networks.push_back(std::move(network));
  }
  for (const model::Task& task : group.tasks) {
    if (!task.resources) continue;
    model::AllocatedTaskResources& held_by_task = resources.tasks[task.name];
    for (const model::NetworkResource& ask : task.resources->networks)
      held_by_task.networks.push_back(assign(ask, rng, nullptr));
    if (task.resources->cores <= 0) continue;
    std::vector<std::uint16_t> cores = free_cores();
    cores.resize(std::min(cores.size(), static_cast<std::size_t>(task.resources->cores)));
    held_by_task.cpu.cpu_shares = static_cast<std::int64_t>(cores.size()) * mhz_per_core(*node_);
    cores_.insert(cores.begin(), cores.end());
    held_by_task.cpu.reserved_cores = std::move(cores);
  }
}

}  // namespace core::scheduler
