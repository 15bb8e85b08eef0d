#include "core/client/node.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/describe/hash.hpp"

namespace core::client {
namespace {

constexpr std::uint32_t assumed_mbits = 1000;  // of an interface that does not tell

const std::map<std::string, std::string>& default_meta() {
  static const std::map<std::string, std::string> meta{
      {"connect.sidecar_image", "envoyproxy/envoy:v${NOMAD_envoy_version}"},
      {"connect.gateway_image", "envoyproxy/envoy:v${NOMAD_envoy_version}"},
      {"connect.log_level", "info"},
      {"connect.proxy_concurrency", "1"}};
  return meta;
}

void add_drivers(model::Node& node, const world::HostFingerprinted& host, WallTime now) {
  for (const world::DriverFound& found : host.drivers) {
    const std::string own = "driver." + found.name;
    model::DriverInfo info{.attributes = found.attributes,
                           .detected = true,
                           .healthy = found.healthy,
                           .health_description = found.health_description,
                           .update_time = now};
    for (const auto& [key, value] : found.attributes) node.attributes[key] = value;
    info.attributes[own] = "true";
    if (found.healthy)
      node.attributes[own] = "1";
    else
      node.attributes.erase(own);
    node.drivers[found.name] = std::move(info);
  }
}

const world::NetworkInterface* chosen_interface(const Config& config, const world::HostFingerprinted& host) {
  const std::string& wanted = config.network_interface.empty() ? host.default_interface : config.network_interface;
  const auto found = std::find_if(host.interfaces.begin(), host.interfaces.end(),
                                  [&](const world::NetworkInterface& one) { return one.device == wanted; });
  return found == host.interfaces.end() ? nullptr : &*found;
}

bool is_link_local(std::string_view ip) { return ip.starts_with("fe80:") || ip.starts_with("169.254."); }

void add_networks(model::Node& node, const world::NetworkInterface& interface) {
  std::vector<std::string> ips;
  for (const std::string& address : interface.addresses) ips.push_back(address.substr(0, address.find('/')));
  // Nobody else can use a link-local address; it is taken only when there is no other.
  if (!std::all_of(ips.begin(), ips.end(), is_link_local)) std::erase_if(ips, is_link_local);
  const auto mbits = static_cast<std::int32_t>(interface.speed_mbits > 0 ? interface.speed_mbits : assumed_mbits);
  model::NodeNetwork all{.mode = "host",
                         .device = interface.device,
                         .mac_address = interface.mac_address,
                         .speed = mbits,
                         .addresses = {}};
  for (const std::string& ip : ips) {
    const bool v6 = ip.find(':') != std::string::npos;
    model::NetworkResource network;
    network.mode = "host";
    network.device = interface.device;
    network.ip = ip;
    network.cidr = ip + (v6 ? "/128" : "/32");
    network.mbits = mbits;
    node.node_resources.networks.push_back(std::move(network));
    all.addresses.push_back(
        {.family = v6 ? "ipv6" : "ipv4", .alias = "default", .address = ip, .reserved_ports = {}, .gateway = {}});
  }
  if (!ips.empty()) node.attributes["unique.network.ip-address"] = ips.front();
  node.node_resources.node_networks.push_back(std::move(all));
}

void add_attributes(model::Node& node, const Config& config) {
  const auto set = [&](const char* name, const std::string& value) {
    if (!value.empty()) node.attributes[name] = value;
  };
  set("nomad.version", config.version);
  set("nomad.revision", config.revision);
  set("nomad.advertise.address", config.http_address);
  if (config.cpu_total_compute_mhz > 0)
    node.attributes["cpu.totalcompute"] = std::to_string(config.cpu_total_compute_mhz);
}

}  // namespace

model::Node make_node(const Config& config, std::string id, std::string secret_id, const world::HostFingerprinted& host,
                      WallTime now) {
  model::Node node;
  node.id = std::move(id);
  node.secret_id = std::move(secret_id);
  node.datacenter = config.datacenter;
  node.name = config.node_name.empty() ? host.hostname : config.node_name;
  node.http_addr = config.http_address;
  node.node_class = config.node_class;
  node.node_pool = config.node_pool;
  node.attributes = host.attributes;
  node.meta = default_meta();
  for (const auto& [key, value] : config.meta) node.meta[key] = value;
  add_attributes(node, config);
  auto& has = node.node_resources;
  has.cpu.cpu_shares =
      config.cpu_total_compute_mhz > 0 ? config.cpu_total_compute_mhz : static_cast<std::int64_t>(host.cpu_mhz);
  has.cpu.total_cpu_cores = static_cast<std::uint16_t>(host.cpu_cores);
  has.memory.memory_mb =
      config.memory_total_mb > 0 ? config.memory_total_mb : static_cast<std::int64_t>(host.memory_mb);
  has.disk.disk_mb = static_cast<std::int64_t>(host.disk_mb);
  node.reserved_resources.cpu.cpu_shares = config.reserved_cpu_mhz;
  node.reserved_resources.memory.memory_mb = config.reserved_memory_mb;
  node.reserved_resources.disk.disk_mb = config.reserved_disk_mb;
  if (const auto* interface = chosen_interface(config, host)) add_networks(node, *interface);
  add_drivers(node, host, now);
  node.computed_class = computed_class(node);
  return node;
}

std::string computed_class(const model::Node& node) {
  describe::Hasher hasher;
  hasher.add(node.datacenter);
  hasher.add(node.node_class);
  hasher.add(node.node_pool);
  const auto add_all = [&](const std::map<std::string, std::string>& values) {
    for (const auto& [key, value] : values) {
      if (key.starts_with("unique.")) continue;
      hasher.add(key);
      hasher.add(value);
    }
    hasher.add(std::uint64_t{0});  // a border between the two
  };
  add_all(node.attributes);
  add_all(node.meta);
  return fmt::format("v1:{}", hasher.value());
}

}  // namespace core::client
