#include "agent/config/validate.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "agent/config/unsupported.hpp"
#include "core/base/address.hpp"
#include "core/describe/json.hpp"
#include "core/describe/text.hpp"

namespace agent::config {
namespace {

using Texts = std::vector<std::string>;

constexpr std::int32_t highest_port = std::numeric_limits<std::uint16_t>::max();

void check_names(const AgentConfig& config, Texts& out) {
  if (config.datacenter.contains('\0') || config.datacenter.contains('*'))
    out.emplace_back("Datacenter contains invalid characters (null or '*')");
  if (config.datacenter.empty()) out.emplace_back("Datacenter must not be empty");
  if (config.region.contains('\0')) out.emplace_back("Region contains invalid characters");
  if (config.region.empty()) out.emplace_back("Missing region");
  static constexpr std::array levels{"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "OFF"};
  std::string level = config.log_level;
  for (char& c : level)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (std::ranges::find(levels, level) == levels.end())
    out.push_back(fmt::format("Invalid log level: {}. Valid log levels are: [TRACE DEBUG INFO WARN ERROR OFF]",
                              config.log_level));
}

void check_directories(const AgentConfig& config, Texts& out) {
  const std::pair<const char*, const std::string&> directories[] = {
      {"data-dir", config.data_dir},
      {"plugin-dir", config.plugin_dir},
      {"alloc-dir", config.client.alloc_dir},
      {"state-dir", config.client.state_dir},
      {"server data-dir", config.server.data_dir},
  };
  for (const auto& [name, path] : directories)
    if (!path.empty() && path[0] != '/')
      out.push_back(fmt::format("{} must be given as an absolute path: got {}", name, path));
  if (config.dev_mode || !config.data_dir.empty()) return;
  if (config.server.enabled || !config.client.enabled)
    out.emplace_back("Must specify \"data_dir\" config option or \"data-dir\" CLI flag");
  else if (config.client.alloc_dir.empty() || config.client.state_dir.empty() || config.plugin_dir.empty())
    out.emplace_back("Must specify the state, alloc dir, and plugin dir if data-dir is omitted.");
}

void check_port(const char* key, std::int32_t port, Texts& out) {
  if (port < 0 || port > highest_port)
    out.push_back(fmt::format("Invalid port for {}: {} is not between 0 and {}", key, port, highest_port));
}

void check_address(const char* key, const std::string& text, Texts& out) {
  if (text.empty()) return;
  if (text.contains("{{"))
    out.push_back(fmt::format("{}: go-sockaddr templates are not supported by this version: {}", key, text));
  else if (!core::Address::parse(text.starts_with('[') || std::ranges::count(text, ':') < 2 ? text : "[" + text + "]",
                                 std::uint16_t{0}))
    out.push_back(fmt::format("{}: not an IP address: {}", key, text));
}

void check_network(const AgentConfig& config, Texts& out) {
  check_port("ports.http", config.ports.http, out);
  check_port("ports.rpc", config.ports.rpc, out);
  check_port("ports.serf", config.ports.serf, out);
  check_address("bind_addr", config.bind_addr, out);
  check_address("addresses.rpc", config.addresses.rpc, out);
  check_address("addresses.serf", config.addresses.serf, out);
  for (std::string_view rest = config.addresses.http; !rest.empty();) {
    const auto end = std::min(rest.find(' '), rest.size());
    check_address("addresses.http", std::string(rest.substr(0, end)), out);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const auto& limits = config.limits;
  const std::int32_t rpc = limits.rpc_max_conns_per_client.value_or(100);
  if (limits.http_max_conns_per_client.value_or(100) < 0)
    out.emplace_back("limits.http_max_conns_per_client must be >= 0");
  if (rpc < 0 || (rpc > 0 && rpc <= 20)) out.emplace_back("limits.rpc_max_conns_per_client must be > 20 or 0");
  if (limits.https_handshake_timeout < Duration{}) out.emplace_back("limits.https_handshake_timeout must be >= 0");
  if (limits.rpc_handshake_timeout.value_or(5s) < Duration{})
    out.emplace_back("limits.rpc_handshake_timeout must be >= 0");
}

void check_join(const ServerConfig& server, Texts& out) {
  const ServerJoin& join = server.server_join;
  if (!join.start_join.empty() || !join.retry_join.empty()) {
    const std::pair<const char*, bool> old_keys[] = {
        {"retry_join", !server.retry_join.empty()},
        {"start_join", !server.start_join.empty()},
        {"retry_max", server.retry_max != 0},
        {"retry_interval", server.retry_interval != Duration{}},
    };
    for (const auto& [name, given] : old_keys)
      if (given)
        out.push_back(
            fmt::format("server_join and {} cannot both be defined; prefer setting the server_join block", name));
  }
  const ServerJoin both = server_join(server);
  if (!both.start_join.empty() && !both.retry_join.empty())
    out.emplace_back("retry_join and start_join cannot both be defined");
  for (const auto* addresses : {&both.start_join, &both.retry_join})
    for (const std::string& address : *addresses)
      if (address.contains("provider="))
        out.push_back(fmt::format("cloud discovery is not supported by this version: {}", address));
}

// Zero is a mistake here, as in Nomad, where it is the default of other settings.
void check_snapshots(const ServerConfig& server, Texts& out) {
  const auto at_least_one = [&](const char* name, std::optional<std::int64_t> value) {
    if (value.value_or(1) < 1) out.push_back(fmt::format("server.{} must be at least 1, got {}", name, *value));
  };
  at_least_one("raft_snapshot_threshold", server.raft_snapshot_threshold);
  at_least_one("raft_trailing_logs", server.raft_trailing_logs);
  if (const Duration interval = server.raft_snapshot_interval.value_or(5ms); interval < 5ms)
    out.push_back(fmt::format("server.raft_snapshot_interval must be at least 5ms, got {}",
                              core::describe::duration_text(interval)));
}

void check_server(const AgentConfig& config, Problems& out) {
  const ServerConfig& server = config.server;
  if (server.bootstrap_expect != 0 && !server.enabled)
    out.errors.emplace_back("Bootstrap requires server mode to be enabled");
  if (server.bootstrap_expect < 0) out.errors.emplace_back("bootstrap_expect cannot be negative");
  if (!server.enabled) return;
  if (!config.dev_mode && server.bootstrap_expect == 1)
    out.warnings.emplace_back("WARNING: Bootstrap mode enabled! Potentially unsafe operation.");
  if (server.bootstrap_expect > 0 && server.bootstrap_expect % 2 == 0)
    out.warnings.emplace_back("WARNING: Number of bootstrap servers should ideally be set to an odd number.");
  if (!server.encrypt.empty()) {
    const auto key = core::describe::from_base64(server.encrypt);
    if (!key)
      out.errors.emplace_back("Invalid encryption key: illegal base64 data");
    else if (key->size() != 16 && key->size() != 24 && key->size() != 32)
      out.errors.emplace_back("Invalid encryption key: key size must be 16, 24 or 32 bytes");
  }
  const std::pair<const char*, bool> rules[] = {
      {"raft_protocol must be 3", server.raft_protocol != 3},
      {"raft_multiplier must be between 1 and 10", server.raft_multiplier < 1 || server.raft_multiplier > 10},
      {"autopilot.last_contact_threshold cannot be negative", config.autopilot.last_contact_threshold < Duration{}},
      {"autopilot.max_trailing_logs cannot be negative", config.autopilot.max_trailing_logs < 0},
      {"autopilot.min_quorum cannot be negative", config.autopilot.min_quorum < 0},
      {"autopilot.server_stabilization_time cannot be negative",
       config.autopilot.server_stabilization_time < Duration{}},
      {"num_schedulers cannot be negative", server.num_schedulers.value_or(0) < 0},
      {"heartbeat_grace cannot be negative", server.heartbeat_grace < Duration{}},
      {"min_heartbeat_ttl must be positive", server.min_heartbeat_ttl <= Duration{}},
      {"failover_heartbeat_ttl must be positive", server.failover_heartbeat_ttl <= Duration{}},
      {"max_heartbeats_per_second must be positive", !(server.max_heartbeats_per_second > 0)},
      {"event_buffer_size cannot be negative", server.event_buffer_size < 0},
      {"job_max_priority must be between 100 and 32766",
       server.job_max_priority < 100 || server.job_max_priority > 32766},
      {"job_default_priority must be between 1 and job_max_priority",
       server.job_default_priority < 1 || server.job_default_priority > server.job_max_priority},
      {"job_tracked_versions must be at least 1", server.job_tracked_versions < 1},
  };
  for (const auto& [text, broken] : rules)
    if (broken) out.errors.emplace_back(text);
  static constexpr std::array schedulers{"service", "batch", "system", "sysbatch", "_core"};
  for (const std::string& name : server.enabled_schedulers)
    if (std::ranges::find(schedulers, name) == schedulers.end())
      out.errors.push_back(fmt::format("invalid scheduler \"{}\" in enabled_schedulers", name));
  check_snapshots(server, out.errors);
  check_join(server, out.errors);
}

bool is_meta_key(std::string_view key) {
  return !key.empty() && key.find_first_of(std::string_view(" \"${}[]\0", 8)) == std::string_view::npos &&
         key.front() != '.' && key.back() != '.' && !key.contains("..");
}

void check_client(const ClientConfig& client, Texts& out) {
  if (!client.enabled) return;
  if (client.min_dynamic_port < 0 || client.max_dynamic_port > highest_port ||
      client.min_dynamic_port > client.max_dynamic_port)
    out.push_back(fmt::format("Invalid dynamic port range: min_dynamic_port={} and max_dynamic_port={}",
                              client.min_dynamic_port, client.max_dynamic_port));
  const bool pool_letters = std::ranges::all_of(client.node_pool, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (client.node_pool == "all")
    out.emplace_back("node_pool \"all\" is reserved");
  else if (client.node_pool.empty() || client.node_pool.size() > 128 || !pool_letters)
    out.push_back(fmt::format("Invalid node pool: \"{}\"", client.node_pool));
  for (const auto& [key, value] : client.meta)
    if (!is_meta_key(key)) out.push_back(fmt::format("Invalid Client.Meta key: {}", key));
  if (!client.server_join.start_join.empty()) out.emplace_back("start_join is not supported for Nomad clients");
  const Reserved& reserved = client.reserved;
  if (reserved.cpu < 0 || reserved.memory < 0 || reserved.disk < 0)
    out.emplace_back("client.reserved values cannot be negative");
  if (!reserved.cores.empty()) out.emplace_back("client.reserved.cores is not supported by this version");
  if (client.cpu_total_compute < 0 || client.memory_total_mb < 0)
    out.emplace_back("cpu_total_compute and memory_total_mb cannot be negative");
  if (client.max_kill_timeout < Duration{}) out.emplace_back("max_kill_timeout cannot be negative");
  if (client.gc_parallel_destroys < 1) out.emplace_back("gc_parallel_destroys must be at least 1");
}

}  // namespace

Problems validate(const AgentConfig& config) {
  Problems out;
  if (!config.server.enabled && !config.client.enabled)
    out.errors.emplace_back("Must specify either server, client or dev mode for the agent.");
  check_names(config, out.errors);
  check_directories(config, out.errors);
  check_network(config, out.errors);
  check_server(config, out);
  check_client(config.client, out.errors);
  for (std::string& text : unsupported(config)) out.errors.push_back(std::move(text));
  return out;
}

}  // namespace agent::config
