#include "agent/cli/node_format.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "agent/cli/job_format.hpp"

namespace agent::cli {
namespace {

constexpr double mib = 1024.0 * 1024.0;

std::string yes_no(bool value) { return value ? "true" : "false"; }

std::string names(const Json& object) {
  std::vector<std::string> out;
  for (const auto& [name, value] : members(object)) out.push_back(name);
  return join(out, ",");
}

std::string drivers(const Json& node) {
  std::vector<std::string> out;
  for (const auto& [name, driver] : members(node, "Drivers")) {
    if (!truth(*driver, "Detected")) continue;
    out.push_back(truth(*driver, "Healthy") ? name : name + " (unhealthy)");
  }
  return join(out, ",");
}

bool drains(const Json& node) { return at(node, "DrainStrategy").is_object() || truth(node, "Drain"); }

std::string format_basics(const NodeParts& parts, const NodeView& view, const Style& style) {
  const auto& node = parts.node;
  std::vector<Row> rows{{"ID", text(node, "ID")}, {"Name", text(node, "Name")}};
  if (has(node, "NodePool")) rows.push_back({"Node Pool", text(node, "NodePool")});
  rows.insert(rows.end(), {{"Class", text(node, "NodeClass")},
                           {"DC", text(node, "Datacenter")},
                           {"Drain", yes_no(drains(node))},
                           {"Eligibility", text(node, "SchedulingEligibility")},
                           {"Status", text(node, "Status")},
                           {"CSI Controllers", names(at(node, "CSIControllerPlugins"))},
                           {"CSI Drivers", names(at(node, "CSINodePlugins"))}});
  if (!view.brief && parts.host_stats.is_object()) {
    rows.push_back({"Uptime", go_duration(number(parts.host_stats, "Uptime") * 1'000'000'000)});
  }
  if (view.brief || !style.verbose) {
    rows.push_back({"Host Volumes", names(at(node, "HostVolumes"))});
    rows.push_back({"CSI Volumes", ""});
    rows.push_back({"Driver Status", drivers(node)});
  }
  return format_pairs(rows);
}

std::string section(const Style& style, const char* heading, const std::string& body) {
  return "\n\n" + style.paint.bold(heading) + "\n" + body;
}

std::string format_host_volumes(const Json& node, const Style& style) {
  std::vector<Row> rows{{"Name", "ReadOnly", "Source"}};
  for (const auto& [name, volume] : members(node, "HostVolumes")) {
    rows.push_back({name, yes_no(truth(*volume, "ReadOnly")), text(*volume, "Path")});
  }
  return rows.size() == 1 ? std::string() : section(style, "Host Volumes", format_table(rows));
}

std::string format_drivers(const Json& node, const Style& style) {
  std::vector<Row> rows{{"Driver", "Detected", "Healthy", "Message", "Time"}};
  for (const auto& [name, driver] : members(node, "Drivers")) {
    const auto when = parse_time(text(*driver, "UpdateTime"));
    rows.push_back({name, yes_no(truth(*driver, "Detected")), yes_no(truth(*driver, "Healthy")),
                    text(*driver, "HealthDescription"), when ? format_time(*when) : ""});
  }
  return section(style, "Drivers", format_table(rows));
}

std::string format_events(const Json& node, const Style& style) {
  std::vector<Row> rows{{"Time", "Subsystem", "Message"}};
  if (style.verbose) rows[0].push_back("Details");
  const auto events = items(node, "Events");
  for (std::size_t i = events.size(); i > 0; --i) {
    const auto& event = events[i - 1];
    const auto driver = text(at(event, {"Details", "driver"}));
    const auto when = parse_time(text(event, "Timestamp"));
    Row row{when ? format_time(*when) : "", driver.empty() ? text(event, "Subsystem") : "Driver: " + driver,
            text(event, "Message")};
    if (style.verbose) {
      std::vector<std::string> details;
      for (const auto& [key, value] : members(event, "Details")) details.push_back(key + " = " + text(*value));
      row.push_back(join(details, ", "));
    }
    rows.push_back(std::move(row));
  }
  return section(style, "Node Events", format_table(rows));
}

struct Capacity {
  std::int64_t cpu;
  double memory, disk;  // bytes
};

/// What allocations may use: all there is less what is reserved.
Capacity capacity(const Json& node) {
  const auto left = [&](const char* kind, const char* amount) {
    return number(at(node, {"NodeResources", kind, amount})) - number(at(node, {"ReservedResources", kind, amount}));
  };
  return {left("Cpu", "CpuShares"), static_cast<double>(left("Memory", "MemoryMB")) * mib,
          static_cast<double>(left("Disk", "DiskMB")) * mib};
}

std::string format_allocated(const NodeParts& parts, const Style& style) {
  std::int64_t cpu = 0;
  double memory = 0, disk = 0;
  for (const auto& alloc : items(parts.allocations)) {
    if (text(alloc, "ClientStatus") != "running") continue;
    const auto& resources = at(alloc, "AllocatedResources");
    for (const auto& [name, task] : members(resources, "Tasks")) {
      cpu += number(at(*task, {"Cpu", "CpuShares"}));
      memory += real(at(*task, {"Memory", "MemoryMB"})) * mib;
    }
    disk += real(at(resources, {"Shared", "DiskMB"})) * mib;
  }
  const auto total = capacity(parts.node);
  return section(style, "Allocated Resources",
                 format_table({{"CPU", "Memory", "Disk"},
                               {fmt::format("{}/{} MHz", cpu, total.cpu),
                                fmt::format("{}/{}", binary_bytes(memory), binary_bytes(total.memory)),
                                fmt::format("{}/{}", binary_bytes(disk), binary_bytes(total.disk))}}));
}

std::string format_alloc_use(const NodeParts& parts, const Style& style) {
  double cpu = 0, memory = 0;
  for (const auto& [id, stats] : parts.alloc_stats) {
    cpu += real(at(stats, {"ResourceUsage", "CpuStats", "TotalTicks"}));
    memory += real(at(stats, {"ResourceUsage", "MemoryStats", "RSS"}));
  }
  const auto total = capacity(parts.node);
  return section(style, "Allocation Resource Utilization",
                 format_table({{"CPU", "Memory"},
                               {fmt::format("{:.0f}/{} MHz", std::floor(cpu), total.cpu),
                                fmt::format("{}/{}", binary_bytes(memory), binary_bytes(total.memory))}}));
}

std::string format_host_use(const NodeParts& parts, const Style& style) {
  const auto& stats = parts.host_stats;
  if (!stats.is_object()) return {};
  const auto device = text(at(parts.node, {"Attributes", "unique.storage.volume"}));
  auto disk = "(" + device + ")";  // storage that is no disk of this machine
  for (const auto& entry : items(stats, "DiskStats")) {
    if (text(entry, "Device") != device) continue;
    disk = fmt::format("{}/{}", binary_bytes(real(at(entry, "Used"))), binary_bytes(real(at(entry, "Size"))));
  }
  return section(style, "Host Resource Utilization",
                 format_table({{"CPU", "Memory", "Disk"},
                               {fmt::format("{:.0f}/{} MHz", std::floor(real(at(stats, "CPUTicksConsumed"))),
                                            number(at(parts.node, {"NodeResources", "Cpu", "CpuShares"}))),
                                fmt::format("{}/{}", binary_bytes(real(at(stats, {"Memory", "Used"}))),
                                            binary_bytes(real(at(stats, {"Memory", "Total"})))),
                                disk}}));
}

std::string format_host_stats(const Json& stats, const Style& style) {
  if (!stats.is_object()) return {};
  std::string cpus;
  for (const auto& cpu : items(stats, "CPU")) {
    if (!cpus.empty()) cpus += "\n\n";
    const auto percent = [&](const char* key) { return fmt::format("{:.2f}%", real(at(cpu, key))); };
    cpus += format_pairs({{"CPU", text(cpu, "CPU")},
                          {"User", percent("User")},
                          {"System", percent("System")},
                          {"Idle", percent("Idle")}});
  }
  const auto& memory = at(stats, "Memory");
  std::vector<Row> rows;
  for (const auto* key : {"Total", "Available", "Used", "Free"})
    rows.push_back({key, binary_bytes(real(at(memory, key)))});
  std::string disks;
  for (const auto& disk : items(stats, "DiskStats")) {
    if (!disks.empty()) disks += "\n\n";
    disks += format_pairs({{"Device", text(disk, "Device")},
                           {"MountPoint", text(disk, "Mountpoint")},
                           {"Size", binary_bytes(real(at(disk, "Size")))},
                           {"Used", binary_bytes(real(at(disk, "Used")))},
                           {"Available", binary_bytes(real(at(disk, "Available")))},
                           {"Used Percent", fmt::format("{:.2f}%", real(at(disk, "UsedPercent")))},
                           {"Inodes Percent", fmt::format("{:.2f}%", real(at(disk, "InodesUsedPercent")))}});
  }
  return section(style, "CPU Stats", cpus) + section(style, "Memory Stats", format_pairs(rows)) +
         section(style, "Disk Stats", disks);
}

std::string format_map(const Json& map) {
  std::vector<Row> rows;
  for (const auto& [key, value] : members(map)) rows.push_back({key, text(*value)});
  return format_pairs(rows);
}

}  // namespace

std::string format_nodes(const Json& nodes, const NodeListView& view) {
  bool pools = false;  // since Nomad 1.6
  for (const auto& node : items(nodes)) pools = pools || has(node, "NodePool");
  std::vector<Row> rows{{"ID"}};
  auto& heading = rows[0];
  if (pools) heading.push_back("Node Pool");
  heading.insert(heading.end(), {"DC", "Name", "Class"});
  if (view.os) heading.push_back("OS");
  if (view.verbose) heading.insert(heading.end(), {"Address", "Version"});
  heading.insert(heading.end(), {"Drain", "Eligibility", "Status"});
  if (view.allocs) heading.push_back("Running Allocs");
  for (const auto& node : items(nodes)) {
    const auto id = text(node, "ID");
    Row row{limit(id, view.verbose ? full_id_length : short_id_length)};
    if (pools) row.push_back(text(node, "NodePool"));
    row.insert(row.end(), {text(node, "Datacenter"), text(node, "Name"), text(node, "NodeClass")});
    if (view.os) row.push_back(text(at(node, {"Attributes", "os.name"})));
    if (view.verbose) row.insert(row.end(), {text(node, "Address"), text(node, "Version")});
    row.insert(row.end(), {yes_no(drains(node)), text(node, "SchedulingEligibility"), text(node, "Status")});
    if (view.allocs) {
      const auto found = view.allocs->find(id);
      row.push_back(std::to_string(found == view.allocs->end() ? 0 : found->second));
    }
    rows.push_back(std::move(row));
  }
  return format_table(rows);
}

std::string format_node(const NodeParts& parts, const NodeView& view, const Style& style) {
  auto out = format_basics(parts, view, style);
  if (!view.brief) {
    if (style.verbose) out += format_host_volumes(parts.node, style) + format_drivers(parts.node, style);
    out += format_events(parts.node, style);
    out += format_allocated(parts, style);
    out += format_alloc_use(parts, style);
    out += format_host_use(parts, style);
    if (view.stats) out += format_host_stats(parts.host_stats, style);
  }
  if (size(parts.allocations) > 0) out += section(style, "Allocations", format_allocs(parts.allocations, false, style));
  if (style.verbose && !view.brief) {
    out += section(style, "Attributes", format_map(at(parts.node, "Attributes")));
    out += section(style, "Meta", format_map(at(parts.node, "Meta")));
  }
  return out;
}

}  // namespace agent::cli
