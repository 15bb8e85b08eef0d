// A node: one client of the cluster, as it registered (http-api.md §11).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "core/model/resources.hpp"

namespace core::model {

struct NodeCpu {
  std::int64_t cpu_shares = 0;
  std::uint16_t total_cpu_cores = 0;
  std::vector<std::uint16_t> reservable_cpu_cores;
};
BOOST_DESCRIBE_STRUCT(NodeCpu, (), (cpu_shares, total_cpu_cores, reservable_cpu_cores))

struct NodeMemory {
  std::int64_t memory_mb = 0;
};
BOOST_DESCRIBE_STRUCT(NodeMemory, (), (memory_mb))

struct NodeDisk {
  std::int64_t disk_mb = 0;
};
BOOST_DESCRIBE_STRUCT(NodeDisk, (), (disk_mb))

struct NodeNetworkAddress {
  std::string family;  // ipv4, ipv6
  std::string alias;
  std::string address;
  std::string reserved_ports;
  std::string gateway;
};
BOOST_DESCRIBE_STRUCT(NodeNetworkAddress, (), (family, alias, address, reserved_ports, gateway))

struct NodeNetwork {
  std::string mode;
  std::string device;
  std::string mac_address;
  std::int32_t speed = 0;
  std::vector<NodeNetworkAddress> addresses;
};
BOOST_DESCRIBE_STRUCT(NodeNetwork, (), (mode, device, mac_address, speed, addresses))

/// All that the machine has.
struct NodeResources {
  NodeCpu cpu;
  NodeMemory memory;
  NodeDisk disk;
  std::vector<NetworkResource> networks;
  std::vector<NodeNetwork> node_networks;
  std::int32_t min_dynamic_port = 20000;
  std::int32_t max_dynamic_port = 32000;
};
BOOST_DESCRIBE_STRUCT(NodeResources, (),
                      (cpu, memory, disk, networks, node_networks, min_dynamic_port, max_dynamic_port))

struct NodeReservedCpu {
  std::int64_t cpu_shares = 0;
  std::vector<std::uint16_t> reserved_cpu_cores;
};
BOOST_DESCRIBE_STRUCT(NodeReservedCpu, (), (cpu_shares, reserved_cpu_cores))

struct NodeReservedNetworks {
  std::string reserved_host_ports;  // "22,80,8500-8600"
};
BOOST_DESCRIBE_STRUCT(NodeReservedNetworks, (), (reserved_host_ports))

/// What of it allocations may not have.
struct NodeReservedResources {
  NodeReservedCpu cpu;
  NodeMemory memory;
  NodeDisk disk;
  NodeReservedNetworks networks;
};
BOOST_DESCRIBE_STRUCT(NodeReservedResources, (), (cpu, memory, disk, networks))

struct DriverInfo {
  std::map<std::string, std::string> attributes;
  bool detected = false;
  bool healthy = false;
  std::string health_description;
  WallTime update_time;
};
BOOST_DESCRIBE_STRUCT(DriverInfo, (), (attributes, detected, healthy, health_description, update_time))

struct HostVolume {
  std::string name;
  std::string path;
  bool read_only = false;
};
BOOST_DESCRIBE_STRUCT(HostVolume, (), (name, path, read_only))

struct NodeEvent {
  std::string message;
  std::string subsystem;
  std::map<std::string, std::string> details;
  WallTime timestamp;
  std::uint64_t create_index = 0;
};
BOOST_DESCRIBE_STRUCT(NodeEvent, (), (message, subsystem, details, timestamp, create_index))

struct DrainSpec {
  Duration deadline{};
  bool ignore_system_jobs = false;
};
BOOST_DESCRIBE_STRUCT(DrainSpec, (), (deadline, ignore_system_jobs))

struct DrainStrategy {
  Duration deadline{};
  bool ignore_system_jobs = false;
  WallTime force_deadline;
  WallTime started_at;
};
BOOST_DESCRIBE_STRUCT(DrainStrategy, (), (deadline, ignore_system_jobs, force_deadline, started_at))

enum class NodeStatus { initializing, ready, down, disconnected };
BOOST_DESCRIBE_ENUM(NodeStatus, initializing, ready, down, disconnected)

enum class Eligibility { eligible, ineligible };
BOOST_DESCRIBE_ENUM(Eligibility, eligible, ineligible)

struct Node {
  std::string id;
  std::string secret_id;
  std::string datacenter;
  std::string name;
  std::string http_addr;
  bool tls_enabled = false;
  std::map<std::string, std::string> attributes;
  NodeResources node_resources;
  NodeReservedResources reserved_resources;
  std::map<std::string, std::string> links;
  std::map<std::string, std::string> meta;
  std::string node_class;
  std::string node_pool;
  std::string computed_class;
  std::optional<DrainStrategy> drain_strategy;
  Eligibility scheduling_eligibility = Eligibility::eligible;
  NodeStatus status = NodeStatus::initializing;
  std::string status_description;
  std::int64_t status_updated_at = 0;  // Unix seconds
  std::vector<NodeEvent> events;
  std::map<std::string, DriverInfo> drivers;
  std::map<std::string, HostVolume> host_volumes;
  std::uint64_t last_missed_heartbeat_index = 0;
  std::uint64_t last_alloc_update_index = 0;
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;
  std::uint64_t report_life = 0;  // of the newest report of its allocations that was applied
  std::uint64_t report_number = 0;

  /// May the scheduler place work here?
  bool ready() const {
    return status == NodeStatus::ready && scheduling_eligibility == Eligibility::eligible && !drain_strategy;
  }
};
BOOST_DESCRIBE_STRUCT(Node, (),
                      (id, secret_id, datacenter, name, http_addr, tls_enabled, attributes, node_resources,
                       reserved_resources, links, meta, node_class, node_pool, computed_class, drain_strategy,
                       scheduling_eligibility, status, status_description, status_updated_at, events, drivers,
                       host_volumes, last_missed_heartbeat_index, last_alloc_update_index, create_index, modify_index,
                       report_life, report_number))

}  // namespace core::model

namespace core::describe {
template <>
struct JsonRules<model::NodeCpu> {
  static constexpr std::array rules{JsonRule{"cpu_shares", "CpuShares"}, JsonRule{"total_cpu_cores", "TotalCpuCores"},
                                    JsonRule{"reservable_cpu_cores", "ReservableCpuCores"}};
};
template <>
struct JsonRules<model::NodeReservedCpu> {
  static constexpr std::array rules{JsonRule{"cpu_shares", "CpuShares"},
                                    JsonRule{"reserved_cpu_cores", "ReservedCpuCores"}};
};
template <>
struct JsonRules<model::NodeResources> {
  static constexpr std::array rules{JsonRule{"cpu", "Cpu"}};
};
template <>
struct JsonRules<model::NodeReservedResources> {
  static constexpr std::array rules{JsonRule{"cpu", "Cpu"}};
};
template <>
struct JsonRules<model::Node> {
  static constexpr std::array rules{JsonRule{"http_addr", "HTTPAddr"}};
};
}  // namespace core::describe

// Their tables are made once, in tables.cpp: a big one costs the compiler seconds.
namespace core::describe {
extern template const Type& type_of<model::Node>();
extern template const Type& type_of<model::NodeResources>();
extern template const Type& type_of<std::map<std::string, model::DriverInfo>>();
extern template const Type& type_of<std::map<std::string, model::HostVolume>>();
}  // namespace core::describe
