#include "agent/config/core_config.hpp"

#include <algorithm>
#include <cctype>
#include <map>

#include <boost/json/object.hpp>

#include "core/describe/json.hpp"

namespace agent::config {
namespace {

core::server::Config server_config(const AgentConfig& config, const Addresses& addresses) {
  core::server::Config out;
  out.region = config.region;
  out.datacenter = config.datacenter;
  out.node_name = config.name;
  out.version = NOMAD_COMPATIBLE_VERSION;
  out.bootstrap_expect = static_cast<std::uint32_t>(config.server.bootstrap_expect);
  out.dev = config.dev_mode;
  out.rpc_advertise = addresses.advertise_rpc;
  out.serf_advertise = addresses.advertise_serf;
  out.raft_multiplier = static_cast<std::uint32_t>(std::max(1, config.server.raft_multiplier));
  out.snapshot_threshold = static_cast<std::uint64_t>(config.server.raft_snapshot_threshold.value_or(8192));
  out.snapshot_interval = config.server.raft_snapshot_interval.value_or(120s);
  out.trailing_logs = static_cast<std::uint64_t>(config.server.raft_trailing_logs.value_or(10'240));
  out.heartbeats = {config.server.min_heartbeat_ttl, config.server.heartbeat_grace,
                    config.server.failover_heartbeat_ttl, config.server.max_heartbeats_per_second};
  out.gossip_key = core::describe::from_base64(config.server.encrypt).value_or("");
  out.rejoin_after_leave = config.server.rejoin_after_leave;
  out.autopilot = {.cleanup_dead_servers = config.autopilot.cleanup_dead_servers,
                   .last_contact_threshold = config.autopilot.last_contact_threshold,
                   .max_trailing_logs = static_cast<std::uint64_t>(config.autopilot.max_trailing_logs),
                   .min_quorum = static_cast<std::uint64_t>(config.autopilot.min_quorum),
                   .server_stabilization_time = config.autopilot.server_stabilization_time,
                   .enable_redundancy_zones = config.autopilot.enable_redundancy_zones,
                   .disable_upgrade_migration = config.autopilot.disable_upgrade_migration,
                   .enable_custom_upgrades = config.autopilot.enable_custom_upgrades};
  if (config.server.num_schedulers) out.num_schedulers = static_cast<std::uint32_t>(*config.server.num_schedulers);
  return out;
}

core::client::Config client_config(const AgentConfig& config, const Addresses& addresses,
                                   const std::string& alloc_dir) {
  core::client::Config out;
  out.region = config.region;
  out.datacenter = config.datacenter;
  out.node_name = config.name;
  out.node_class = config.client.node_class;
  out.node_pool = config.client.node_pool;
  out.http_address = addresses.advertise_http.text();
  out.version = NOMAD_COMPATIBLE_VERSION;
  out.meta = config.client.meta;
  out.alloc_dir = alloc_dir;
  if (config.data_dir.empty()) out.state_dir.clear();
  out.dev = config.dev_mode;
  out.max_kill_timeout = config.client.max_kill_timeout;
  out.reserved_cpu_mhz = config.client.reserved.cpu;
  out.reserved_memory_mb = config.client.reserved.memory;
  out.reserved_disk_mb = config.client.reserved.disk;
  out.cpu_total_compute_mhz = config.client.cpu_total_compute;
  out.memory_total_mb = config.client.memory_total_mb;
  out.network_interface = config.client.network_interface;
  return out;
}

}  // namespace

std::optional<core::world::LogLevel> log_level(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  using enum core::world::LogLevel;
  static const std::map<std::string, core::world::LogLevel> levels{{"trace", trace}, {"debug", debug}, {"info", info},
                                                                   {"warn", warn},   {"error", error}, {"err", error},
                                                                   {"off", off}};
  const auto found = levels.find(text);
  return found == levels.end() ? std::nullopt : std::optional(found->second);
}

core::agent::Config core_config(const AgentConfig& config, const Addresses& addresses, const std::string& alloc_dir) {
  core::agent::Config out;
  out.node_name = config.name;
  out.region = config.region;
  out.datacenter = config.datacenter;
  out.version = NOMAD_COMPATIBLE_VERSION;
  out.dev = config.dev_mode;
  out.leave_on_interrupt = config.leave_on_interrupt;
  out.leave_on_terminate = config.leave_on_terminate;
  out.log_level = log_level(config.log_level).value_or(core::world::LogLevel::info);
  out.rpc_handshake_timeout = config.limits.rpc_handshake_timeout.value_or(5s);
  const ServerJoin* join = nullptr;
  if (config.server.enabled) {
    out.server = server_config(config, addresses);
    join = &config.server.server_join;
    out.start_join = config.server.start_join;
    out.retry_join = config.server.retry_join;
    if (config.server.retry_interval > core::Duration{}) out.retry_interval = config.server.retry_interval;
    out.retry_max = static_cast<std::uint32_t>(config.server.retry_max);
  } else {
    join = &config.client.server_join;
  }
  if (config.client.enabled) out.client = client_config(config, addresses, alloc_dir);
  out.client_servers = config.client.servers;
  out.start_join.insert(out.start_join.end(), join->start_join.begin(), join->start_join.end());
  if (!join->retry_join.empty()) {
    out.retry_join.insert(out.retry_join.end(), join->retry_join.begin(), join->retry_join.end());
    out.retry_interval = join->retry_interval;
    out.retry_max = static_cast<std::uint32_t>(join->retry_max);
  }
  return out;
}

core::world::Reloaded reloaded(const AgentConfig& config, core::world::LogLevel level) {
  const core::server::Config server = server_config(config, {});
  return {level, server.snapshot_threshold, server.snapshot_interval, server.trailing_logs};
}

boost::json::value shown_config(const AgentConfig& config, const Addresses& addresses) {
  boost::json::value shown = core::describe::to_json(config);
  // Whoever may look at an agent is not thereby let into the servers' pool.
  shown.as_object()["Server"].as_object().erase("Encrypt");
  shown.as_object()["NodeName"] = config.name;
  shown.as_object()["AdvertiseAddrs"] = {{"HTTP", addresses.advertise_http.text()},
                                         {"RPC", addresses.advertise_rpc.text()},
                                         {"Serf", addresses.advertise_serf.text()}};
  shown.as_object()["Version"] = {{"Version", NOMAD_COMPATIBLE_VERSION}, {"Revision", ""}};
  return shown;
}

}  // namespace agent::config
