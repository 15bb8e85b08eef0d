#include "agent/config/config.hpp"

#include <boost/json/object.hpp>

#include "agent/config/flags.hpp"

namespace agent::config {

AgentConfig dev_config() {
  AgentConfig config;
  config.dev_mode = true;
  config.bind_addr = "127.0.0.1";
  config.log_level = "DEBUG";
  config.enable_debug = true;
  config.disable_anonymous_signature = true;
  config.server.enabled = true;
  config.server.bootstrap_expect = 1;
  config.server.server_join.retry_interval = 1s;
  config.client.enabled = true;
  config.client.network_interface = "lo";
  config.client.server_join.retry_interval = 1s;
  config.client.gc_interval = 10min;
  config.client.gc_disk_usage_threshold = 99;
  config.client.gc_inode_usage_threshold = 99;
  config.client.gc_max_allocs = 50;
  config.plugin["raw_exec"].config = boost::json::object{{"enabled", true}};
  config.telemetry.prometheus_metrics = true;
  config.telemetry.publish_allocation_metrics = true;
  config.telemetry.publish_node_metrics = true;
  return config;
}

bool driver_enabled(const AgentConfig& config, std::string_view driver) {
  if (const auto plugin = config.plugin.find(std::string(driver)); plugin != config.plugin.end()) {
    const auto* object = plugin->second.config.if_object();
    const auto* enabled = object ? object->if_contains("enabled") : nullptr;
    if (enabled && enabled->is_bool()) return enabled->get_bool();
    if (enabled && enabled->is_string()) return parse_bool(enabled->get_string()).value_or(false);
  }
  const auto option = config.client.options.find("driver." + std::string(driver) + ".enable");
  return option != config.client.options.end() && parse_bool(option->second).value_or(false);
}

ServerJoin server_join(const ServerConfig& server) {
  ServerJoin join = server.server_join;
  join.start_join.insert(join.start_join.end(), server.start_join.begin(), server.start_join.end());
  join.retry_join.insert(join.retry_join.end(), server.retry_join.begin(), server.retry_join.end());
  if (server.retry_max != 0) join.retry_max = server.retry_max;
  if (server.retry_interval != Duration{}) join.retry_interval = server.retry_interval;
  return join;
}

}  // namespace agent::config
