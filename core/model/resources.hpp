// What jobs ask for and what allocations get (jobspec.md §5, http-api.md §11).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "core/describe/type.hpp"

namespace core::model {

struct Constraint {
  std::string l_target;  // "${attr.kernel.name}"
  std::string r_target;
  std::string operand;  // "=", "version", "distinct_hosts", ...
};
BOOST_DESCRIBE_STRUCT(Constraint, (), (l_target, r_target, operand))

struct Affinity {
  std::string l_target;
  std::string r_target;
  std::string operand;
  std::int32_t weight = 50;  // -100..100
};
BOOST_DESCRIBE_STRUCT(Affinity, (), (l_target, r_target, operand, weight))

struct SpreadTarget {
  std::string value;
  std::uint32_t percent = 0;
};
BOOST_DESCRIBE_STRUCT(SpreadTarget, (), (value, percent))

struct Spread {
  std::string attribute;
  std::int32_t weight = 50;
  std::vector<SpreadTarget> spread_target;
};
BOOST_DESCRIBE_STRUCT(Spread, (), (attribute, weight, spread_target))

struct Port {
  std::string label;
  std::int32_t value = 0;  // the host's port
  std::int32_t to = 0;     // the task's port; 0: the same
  std::string host_network;
};
BOOST_DESCRIBE_STRUCT(Port, (), (label, value, to, host_network))

struct DnsConfig {
  std::vector<std::string> servers;
  std::vector<std::string> searches;
  std::vector<std::string> options;
};
BOOST_DESCRIBE_STRUCT(DnsConfig, (), (servers, searches, options))

struct NetworkResource {
  std::string mode;
  std::string device;
  std::string cidr;
  std::string ip;
  std::string hostname;
  std::int32_t mbits = 0;
  std::optional<DnsConfig> dns;
  std::vector<Port> reserved_ports;
  std::vector<Port> dynamic_ports;
};
BOOST_DESCRIBE_STRUCT(NetworkResource, (),
                      (mode, device, cidr, ip, hostname, mbits, dns, reserved_ports, dynamic_ports))

struct RequestedDevice {
  std::string name;
  std::uint64_t count = 1;
  std::vector<Constraint> constraints;
  std::vector<Affinity> affinities;
};
BOOST_DESCRIBE_STRUCT(RequestedDevice, (), (name, count, constraints, affinities))

/// What one task asks for. CPU in MHz.
struct Resources {
  std::int32_t cpu = 100;
  std::int32_t cores = 0;
  std::int32_t memory_mb = 300;
  std::int32_t memory_max_mb = 0;
  std::int32_t disk_mb = 0;
  std::int32_t iops = 0;
  std::vector<NetworkResource> networks;
  std::vector<RequestedDevice> devices;
};
BOOST_DESCRIBE_STRUCT(Resources, (), (cpu, cores, memory_mb, memory_max_mb, disk_mb, iops, networks, devices))

struct AllocatedCpu {
  std::int64_t cpu_shares = 0;
  std::vector<std::uint16_t> reserved_cores;
};
BOOST_DESCRIBE_STRUCT(AllocatedCpu, (), (cpu_shares, reserved_cores))

struct AllocatedMemory {
  std::int64_t memory_mb = 0;
  std::int64_t memory_max_mb = 0;
};
BOOST_DESCRIBE_STRUCT(AllocatedMemory, (), (memory_mb, memory_max_mb))

struct AllocatedDevice {
  std::string vendor;
  std::string type;
  std::string name;
  std::vector<std::string> device_ids;
};
BOOST_DESCRIBE_STRUCT(AllocatedDevice, (), (vendor, type, name, device_ids))

struct AllocatedTaskResources {
  AllocatedCpu cpu;
  AllocatedMemory memory;
  std::vector<NetworkResource> networks;
  std::vector<AllocatedDevice> devices;
};
BOOST_DESCRIBE_STRUCT(AllocatedTaskResources, (), (cpu, memory, networks, devices))

struct AllocatedPort {
  std::string label;
  std::int32_t value = 0;
  std::int32_t to = 0;
  std::string host_ip;
};
BOOST_DESCRIBE_STRUCT(AllocatedPort, (), (label, value, to, host_ip))

struct AllocatedSharedResources {
  std::vector<NetworkResource> networks;
  std::int64_t disk_mb = 0;
  std::vector<AllocatedPort> ports;
};
BOOST_DESCRIBE_STRUCT(AllocatedSharedResources, (), (networks, disk_mb, ports))

struct TaskLifecycle {
  std::string hook;  // prestart, poststart, poststop
  bool sidecar = false;
};
BOOST_DESCRIBE_STRUCT(TaskLifecycle, (), (hook, sidecar))

/// What an allocation holds of its node.
struct AllocatedResources {
  std::map<std::string, AllocatedTaskResources> tasks;
  std::map<std::string, std::optional<TaskLifecycle>> task_lifecycles;
  AllocatedSharedResources shared;
};
BOOST_DESCRIBE_STRUCT(AllocatedResources, (), (tasks, task_lifecycles, shared))

}  // namespace core::model

namespace core::describe {
template <>
struct JsonRules<model::Constraint> {
  static constexpr std::array rules{JsonRule{"l_target", "LTarget"}, JsonRule{"r_target", "RTarget"}};
};
template <>
struct JsonRules<model::Affinity> {
  static constexpr std::array rules{JsonRule{"l_target", "LTarget"}, JsonRule{"r_target", "RTarget"}};
};
template <>
struct JsonRules<model::AllocatedCpu> {
  static constexpr std::array rules{JsonRule{"cpu_shares", "CpuShares"}};
};
template <>
struct JsonRules<model::AllocatedTaskResources> {
  static constexpr std::array rules{JsonRule{"cpu", "Cpu"}};
};
template <>
struct JsonRules<model::AllocatedDevice> {
  static constexpr std::array rules{JsonRule{"device_ids", "DeviceIDs"}};
};
}  // namespace core::describe

// Their tables are made once, in tables.cpp: a big one costs the compiler seconds.
namespace core::describe {
extern template const Type& type_of<model::Resources>();
extern template const Type& type_of<model::AllocatedResources>();
extern template const Type& type_of<model::NetworkResource>();
}  // namespace core::describe
