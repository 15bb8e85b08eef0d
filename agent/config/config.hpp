// What an agent is configured with (agent-config.md §3-7). Every value's default is its member's.
//
// Fields have the names the files use; blocks of features this version does not have are known keys, and
// unsupported.hpp refuses what would switch one on.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/json/value.hpp>

#include "core/base/time.hpp"
#include "core/describe/type.hpp"

namespace agent::config {

using core::Duration;
using namespace std::chrono_literals;

/// Ports of the three listeners; 0 lets the system choose.
struct Ports {
  std::int32_t http = 4646;
  std::int32_t rpc = 4647;
  std::int32_t serf = 4648;
};
BOOST_DESCRIBE_STRUCT(Ports, (), (http, rpc, serf))

/// Of `addresses` and `advertise`: empty means not given.
struct ServiceAddresses {
  std::string http;
  std::string rpc;
  std::string serf;
};
BOOST_DESCRIBE_STRUCT(ServiceAddresses, (), (http, rpc, serf))

struct ServerJoin {
  std::vector<std::string> start_join;
  std::vector<std::string> retry_join;
  std::int32_t retry_max = 0;  // 0: for ever
  Duration retry_interval = 30s;
};
BOOST_DESCRIBE_STRUCT(ServerJoin, (), (start_join, retry_join, retry_max, retry_interval))

struct ServerConfig {
  bool enabled = false;
  std::string authoritative_region;
  std::int32_t bootstrap_expect = 0;
  std::string data_dir;  // default <data_dir>/server
  std::string encrypt;   // base64 of 16, 24 or 32 bytes
  std::int32_t raft_protocol = 3;
  std::int32_t raft_multiplier = 1;
  std::optional<std::int64_t> raft_snapshot_threshold;  // default 8192; these three: zero is no default, but wrong
  std::optional<Duration> raft_snapshot_interval;       // default 120s
  std::optional<std::int64_t> raft_trailing_logs;       // default 10240
  std::optional<std::int32_t> num_schedulers;           // default: a core each
  std::vector<std::string> enabled_schedulers;
  Duration node_gc_threshold = 24h;
  Duration job_gc_interval = 5min;
  Duration job_gc_threshold = 4h;
  Duration eval_gc_threshold = 1h;
  Duration batch_eval_gc_threshold = 24h;
  Duration deployment_gc_threshold = 1h;
  Duration csi_volume_claim_gc_interval = 5min;
  Duration csi_volume_claim_gc_threshold = 5min;
  Duration csi_plugin_gc_threshold = 1h;
  Duration acl_token_gc_threshold = 1h;
  Duration root_key_gc_interval = 10min;
  Duration root_key_gc_threshold = 1h;
  Duration root_key_rotation_threshold = 720h;
  Duration heartbeat_grace = 10s;
  Duration min_heartbeat_ttl = 10s;
  Duration failover_heartbeat_ttl = 5min;
  double max_heartbeats_per_second = 50.0;
  std::vector<std::string> start_join;  // these four: the older form of server_join
  std::vector<std::string> retry_join;
  std::int32_t retry_max = 0;
  Duration retry_interval{};
  bool rejoin_after_leave = false;
  ServerJoin server_join;
  bool enable_event_broker = true;
  std::int32_t event_buffer_size = 100;
  std::int32_t job_default_priority = 50;
  std::int32_t job_max_priority = 100;
  std::string job_max_source_size = "1M";
  std::int32_t job_tracked_versions = 6;
  double deploy_query_rate_limit = 100;
  bool non_voting_server = false;
  std::string redundancy_zone;
  std::string upgrade_version;
  std::string license_path;
  boost::json::value raft_boltdb;
  boost::json::value default_scheduler_config;
  boost::json::value plan_rejection_tracker;
  boost::json::value search;
};
BOOST_DESCRIBE_STRUCT(ServerConfig, (),
                      (enabled, authoritative_region, bootstrap_expect, data_dir, encrypt, raft_protocol,
                       raft_multiplier, raft_snapshot_threshold, raft_snapshot_interval, raft_trailing_logs,
                       num_schedulers, enabled_schedulers, node_gc_threshold, job_gc_interval, job_gc_threshold,
                       eval_gc_threshold, batch_eval_gc_threshold, deployment_gc_threshold,
                       csi_volume_claim_gc_interval, csi_volume_claim_gc_threshold, csi_plugin_gc_threshold,
                       acl_token_gc_threshold, root_key_gc_interval, root_key_gc_threshold, root_key_rotation_threshold,
                       heartbeat_grace, min_heartbeat_ttl, failover_heartbeat_ttl, max_heartbeats_per_second,
                       start_join, retry_join, retry_max, retry_interval, rejoin_after_leave, server_join,
                       enable_event_broker, event_buffer_size, job_default_priority, job_max_priority,
                       job_max_source_size, job_tracked_versions, deploy_query_rate_limit, non_voting_server,
                       redundancy_zone, upgrade_version, license_path, raft_boltdb, default_scheduler_config,
                       plan_rejection_tracker, search))

/// What the node keeps for itself. MHz and MB; ports as "22,80,8000-8100".
struct Reserved {
  std::int32_t cpu = 0;
  std::string cores;
  std::int32_t memory = 0;
  std::int32_t disk = 0;
  std::string reserved_ports;
};
BOOST_DESCRIBE_STRUCT(Reserved, (), (cpu, cores, memory, disk, reserved_ports))

struct HostVolume {
  std::string path;
  bool read_only = false;
};
BOOST_DESCRIBE_STRUCT(HostVolume, (), (path, read_only))

struct HostNetwork {
  std::string cidr;
  std::string interface;
  std::string reserved_ports;
};
BOOST_DESCRIBE_STRUCT(HostNetwork, (), (cidr, interface, reserved_ports))

struct ClientConfig {
  bool enabled = false;
  std::string state_dir;  // default <data_dir>/client
  std::string alloc_dir;  // default <data_dir>/alloc
  std::vector<std::string> servers;
  ServerJoin server_join;
  std::string node_class;
  std::string node_pool = "default";
  std::map<std::string, std::string> meta;
  std::map<std::string, std::string> options;
  std::map<std::string, std::string> chroot_env;
  std::string network_interface;
  std::int32_t network_speed = 0;
  std::int32_t cpu_total_compute = 0;  // MHz; 0: as found
  std::int32_t memory_total_mb = 0;
  std::int32_t disk_total_mb = 0;
  std::int32_t disk_free_mb = 0;
  std::string reservable_cores;
  Reserved reserved;
  Duration max_kill_timeout = 30s;
  std::int32_t client_min_port = 14000;
  std::int32_t client_max_port = 14512;
  std::int32_t min_dynamic_port = 20000;
  std::int32_t max_dynamic_port = 32000;
  Duration gc_interval = 1min;
  std::int32_t gc_parallel_destroys = 2;
  double gc_disk_usage_threshold = 80;
  double gc_inode_usage_threshold = 70;
  std::int32_t gc_max_allocs = 50;
  bool no_host_uuid = true;
  bool disable_remote_exec = false;
  bool nomad_service_discovery = true;
  bool bind_wildcard_default_host_network = true;
  std::string cni_path = "/opt/cni/bin";
  std::string cni_config_dir = "/opt/cni/config";
  std::string bridge_network_name = "nomad";
  std::string bridge_network_subnet = "172.26.64.0/20";
  bool bridge_network_hairpin_mode = false;
  std::string cgroup_parent;
  std::map<std::string, HostVolume> host_volume;
  std::map<std::string, HostNetwork> host_network;
  boost::json::value template_;
  boost::json::value artifact;
  boost::json::value drain_on_shutdown;
};
BOOST_DESCRIBE_STRUCT(ClientConfig, (),
                      (enabled, state_dir, alloc_dir, servers, server_join, node_class, node_pool, meta, options,
                       chroot_env, network_interface, network_speed, cpu_total_compute, memory_total_mb, disk_total_mb,
                       disk_free_mb, reservable_cores, reserved, max_kill_timeout, client_min_port, client_max_port,
                       min_dynamic_port, max_dynamic_port, gc_interval, gc_parallel_destroys, gc_disk_usage_threshold,
                       gc_inode_usage_threshold, gc_max_allocs, no_host_uuid, disable_remote_exec,
                       nomad_service_discovery, bind_wildcard_default_host_network, cni_path, cni_config_dir,
                       bridge_network_name, bridge_network_subnet, bridge_network_hairpin_mode, cgroup_parent,
                       host_volume, host_network, template_, artifact, drain_on_shutdown))

/// `plugin "raw_exec" { config { enabled = true } }`.
struct PluginConfig {
  std::vector<std::string> args;
  boost::json::value config;
};
BOOST_DESCRIBE_STRUCT(PluginConfig, (), (args, config))

struct AclConfig {
  bool enabled = false;
  Duration token_ttl = 30s;
  Duration policy_ttl = 30s;
  Duration role_ttl = 30s;
  std::string replication_token;
  Duration token_min_expiration_ttl = 1min;
  Duration token_max_expiration_ttl = 24h;
};
BOOST_DESCRIBE_STRUCT(AclConfig, (),
                      (enabled, token_ttl, policy_ttl, role_ttl, replication_token, token_min_expiration_ttl,
                       token_max_expiration_ttl))

struct AutopilotConfig {
  bool cleanup_dead_servers = true;
  Duration last_contact_threshold = 200ms;
  std::int64_t max_trailing_logs = 250;
  std::int64_t min_quorum = 0;
  Duration server_stabilization_time = 10s;
  bool enable_redundancy_zones = false;
  bool disable_upgrade_migration = false;
  bool enable_custom_upgrades = false;
};
BOOST_DESCRIBE_STRUCT(AutopilotConfig, (),
                      (cleanup_dead_servers, last_contact_threshold, max_trailing_logs, min_quorum,
                       server_stabilization_time, enable_redundancy_zones, disable_upgrade_migration,
                       enable_custom_upgrades))

struct TlsConfig {
  bool http = false;
  bool rpc = false;
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  bool verify_server_hostname = false;
  bool verify_https_client = false;
  bool rpc_upgrade_mode = false;
  std::string tls_cipher_suites;
  std::string tls_min_version = "tls12";
  bool tls_prefer_server_cipher_suites = false;
};
BOOST_DESCRIBE_STRUCT(TlsConfig, (),
                      (http, rpc, ca_file, cert_file, key_file, verify_server_hostname, verify_https_client,
                       rpc_upgrade_mode, tls_cipher_suites, tls_min_version, tls_prefer_server_cipher_suites))

struct TelemetryConfig {
  Duration collection_interval = 1s;
  bool disable_hostname = false;
  bool use_node_name = false;
  bool publish_allocation_metrics = false;
  bool publish_node_metrics = false;
  bool prometheus_metrics = false;
  bool filter_default = true;
  std::vector<std::string> prefix_filter;
  bool disable_dispatched_job_summary_metrics = false;
  bool disable_rpc_rate_metrics_labels = false;
  std::string statsite_address;
  std::string statsd_address;
  std::string datadog_address;
  std::vector<std::string> datadog_tags;
};
BOOST_DESCRIBE_STRUCT(TelemetryConfig, (),
                      (collection_interval, disable_hostname, use_node_name, publish_allocation_metrics,
                       publish_node_metrics, prometheus_metrics, filter_default, prefix_filter,
                       disable_dispatched_job_summary_metrics, disable_rpc_rate_metrics_labels, statsite_address,
                       statsd_address, datadog_address, datadog_tags))

/// Connections a client address may hold, and how long a handshake may take; 0: no limit.
struct Limits {
  Duration https_handshake_timeout = 5s;
  std::optional<std::int32_t> http_max_conns_per_client;  // default 100
  std::optional<Duration> rpc_handshake_timeout;          // default 5s
  std::optional<std::int32_t> rpc_max_conns_per_client;   // default 100
};
BOOST_DESCRIBE_STRUCT(Limits, (),
                      (https_handshake_timeout, http_max_conns_per_client, rpc_handshake_timeout,
                       rpc_max_conns_per_client))

struct AgentConfig {
  std::string region = "global";
  std::string datacenter = "dc1";
  std::string name;  // default: the host's
  std::string data_dir;
  std::string plugin_dir;
  std::string bind_addr = "0.0.0.0";
  std::string log_level = "INFO";
  bool log_json = false;
  bool log_include_location = false;
  std::string log_file;
  Duration log_rotate_duration = 24h;
  std::int64_t log_rotate_bytes = 0;
  std::int64_t log_rotate_max_files = 0;  // 0: all are kept
  bool enable_syslog = false;
  std::string syslog_facility = "LOCAL0";
  bool enable_debug = false;
  bool leave_on_interrupt = false;
  bool leave_on_terminate = false;
  bool disable_update_check = false;
  bool disable_anonymous_signature = false;
  std::map<std::string, std::string> http_api_response_headers;
  Ports ports;
  ServiceAddresses addresses;
  ServiceAddresses advertise;
  ServerConfig server;
  ClientConfig client;
  std::map<std::string, PluginConfig> plugin;
  AclConfig acl;
  AutopilotConfig autopilot;
  TlsConfig tls;
  TelemetryConfig telemetry;
  Limits limits;
  boost::json::value consul;
  boost::json::value vault;
  boost::json::value ui;
  boost::json::value audit;
  boost::json::value sentinel;

  /// Not a key: the agent of `-dev`.
  bool dev_mode = false;
};
BOOST_DESCRIBE_STRUCT(AgentConfig, (),
                      (region, datacenter, name, data_dir, plugin_dir, bind_addr, log_level, log_json,
                       log_include_location, log_file, log_rotate_duration, log_rotate_bytes, log_rotate_max_files,
                       enable_syslog, syslog_facility, enable_debug, leave_on_interrupt, leave_on_terminate,
                       disable_update_check, disable_anonymous_signature, http_api_response_headers, ports, addresses,
                       advertise, server, client, plugin, acl, autopilot, tls, telemetry, limits, consul, vault, ui,
                       audit, sentinel, dev_mode))

/// The configuration `-dev` starts from (agent-config.md §9).
AgentConfig dev_config();

/// True when `plugin "<driver>" { config { enabled = true } }` is given, or the older client option
/// `driver.<driver>.enable`.
bool driver_enabled(const AgentConfig& config, std::string_view driver);

/// Start and retry addresses of a server, in either form they are written.
ServerJoin server_join(const ServerConfig& server);

}  // namespace agent::config
