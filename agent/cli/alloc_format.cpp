#include "agent/cli/alloc_format.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "agent/cli/placement.hpp"

namespace agent::cli {
namespace {

constexpr double mib = 1024.0 * 1024.0;

std::string health(const Json& alloc) {
  const auto& healthy = at(alloc, {"DeploymentStatus", "Healthy"});
  if (!healthy.is_bool()) return "unset";
  return healthy.get_bool() ? "healthy" : "unhealthy";
}

const Json* group_of(const Json& alloc) {
  for (const auto& group : items(at(alloc, {"Job", "TaskGroups"}))) {
    if (text(group, "Name") == text(alloc, "TaskGroup")) return &group;
  }
  return nullptr;
}

/// "2/3", or nothing where the group's policy sets no number of attempts.
std::string attempts(const Json& alloc) {
  const auto events = items(at(alloc, {"RescheduleTracker", "Events"}));
  const auto* group = group_of(alloc);
  if (events.empty() || !group) return {};
  const auto& policy = at(*group, "ReschedulePolicy");
  const auto total = number(policy, "Attempts");
  if (total == 0) return {};
  const auto since = number(alloc, "ModifyTime") - number(policy, "Interval");
  const auto tried =
      std::ranges::count_if(events, [&](const Json& event) { return number(event, "RescheduleTime") > since; });
  return fmt::format("{}/{}", tried, total);
}

std::string format_basics(const Json& alloc, bool brief, const Style& style) {
  std::vector<Row> rows{{"ID", text(alloc, "ID")},
                        {"Eval ID", style.id(text(alloc, "EvalID"))},
                        {"Name", text(alloc, "Name")},
                        {"Node ID", style.id(text(alloc, "NodeID"))},
                        {"Node Name", text(alloc, "NodeName")},
                        {"Job ID", text(alloc, "JobID")},
                        {"Job Version", std::to_string(number(at(alloc, {"Job", "Version"})))},
                        {"Client Status", text(alloc, "ClientStatus")},
                        {"Client Description", text(alloc, "ClientDescription")},
                        {"Desired Status", text(alloc, "DesiredStatus")},
                        {"Desired Description", text(alloc, "DesiredDescription")},
                        {"Created", style.when(number(alloc, "CreateTime"))},
                        {"Modified", style.when(number(alloc, "ModifyTime"))}};
  const auto add = [&](const char* key, std::string value) {
    if (!value.empty()) rows.push_back({key, std::move(value)});
  };
  if (const auto deployment = text(alloc, "DeploymentID"); !deployment.empty()) {
    add("Deployment ID", style.id(deployment));
    add("Deployment Health", health(alloc));
    if (truth(at(alloc, {"DeploymentStatus", "Canary"}))) add("Canary", "true");
  }
  add("Reschedule Attempts", attempts(alloc));
  add("Replacement Alloc ID", style.id(text(alloc, "NextAllocation")));
  add("Preempted Alloc ID", style.id(text(alloc, "PreemptedByAllocation")));
  if (style.verbose && !brief) {
    const auto& metrics = at(alloc, "Metrics");
    add("Evaluated Nodes", std::to_string(number(metrics, "NodesEvaluated")));
    add("Filtered Nodes", std::to_string(number(metrics, "NodesFiltered")));
    add("Exhausted Nodes", std::to_string(number(metrics, "NodesExhausted")));
    add("Allocation Time", go_duration(number(metrics, "AllocationTime")));
    add("Failures", std::to_string(number(metrics, "CoalescedFailures")));
  }
  return format_pairs(rows);
}

std::string target(const std::string& host, const Json& port) {
  auto out = fmt::format("{}:{}", host.find(':') == std::string::npos ? host : "[" + host + "]", number(port, "Value"));
  if (const auto to = number(port, "To"); to > 0) out += fmt::format(" -> {}", to);
  return out;
}

std::string format_addresses(const Json& alloc, const Style& style) {
  const auto networks = items(at(alloc, {"AllocatedResources", "Shared", "Networks"}));
  if (networks.empty()) return {};
  const Json& network = networks[0];
  std::set<std::string> dynamic;
  for (const auto& port : items(network, "DynamicPorts")) dynamic.insert(text(port, "Label"));
  std::vector<Row> rows{{"Label", "Dynamic", "Address"}};
  const auto add = [&](const Json& port, const std::string& host) {
    const auto label = text(port, "Label");
    rows.push_back({"*" + label, dynamic.contains(label) ? "yes" : "no", target(host, port)});
  };
  const auto ports = items(at(alloc, {"AllocatedResources", "Shared", "Ports"}));
  for (const auto& port : ports) add(port, text(port, "HostIP"));
  if (ports.empty()) {
    for (const auto* list : {"ReservedPorts", "DynamicPorts"}) {
      for (const auto& port : items(network, list)) add(port, text(network, "IP"));
    }
  }
  const auto mode = text(network, "Mode");
  return "\n\n" + style.paint.bold("Allocation Addresses") +
         (mode.empty() ? "" : fmt::format(" (mode = {})", quoted(mode))) + "\n" + format_table(rows);
}

std::string lifecycle(const Json& alloc, const std::string& task) {
  const auto& entry = at(alloc, {"AllocatedResources", "TaskLifecycles", task});
  if (!entry.is_object()) return {};
  return text(entry, "Hook") + (truth(entry, "Sidecar") ? " sidecar" : "");
}

std::string format_resources(const Json& alloc, const Json& stats, const std::string& task, const Style& style) {
  const auto& resources = at(alloc, {"AllocatedResources", "Tasks", task});
  if (!resources.is_object()) return {};
  auto cpu = std::to_string(number(at(resources, {"Cpu", "CpuShares"})));
  auto memory = binary_bytes(real(at(resources, {"Memory", "MemoryMB"})) * mib);
  if (const auto& usage = at(stats, {"Tasks", task, "ResourceUsage"}); usage.is_object()) {
    cpu = fmt::format("{:.0f}/{}", std::floor(real(at(usage, {"CpuStats", "TotalTicks"}))), cpu);
    auto used = real(at(usage, {"MemoryStats", "RSS"}));
    if (used == 0) used = real(at(usage, {"MemoryStats", "Usage"}));
    memory = fmt::format("{}/{}", binary_bytes(used), memory);
  }
  std::vector<std::string> addresses;
  for (const auto& network : items(resources, "Networks")) {
    for (const auto* list : {"ReservedPorts", "DynamicPorts"}) {
      for (const auto& port : items(network, list)) {
        addresses.push_back(fmt::format("{}: {}", text(port, "Label"), target(text(network, "IP"), port)));
      }
    }
  }
  const auto disk = binary_bytes(real(at(alloc, {"AllocatedResources", "Shared", "DiskMB"})) * mib);
  std::vector<Row> rows{{"CPU", "Memory", "Disk", "Addresses"},
                        {cpu + " MHz", memory, disk, addresses.empty() ? "" : addresses[0]}};
  for (std::size_t i = 1; i < addresses.size(); ++i) rows.push_back({"", "", "", addresses[i]});
  return style.paint.bold("Task Resources") + "\n" + format_table(rows, Blank::kept) + "\n";
}

/// The figures a driver measured, for -stats.
std::string format_usage(const Json& stats, const std::string& task) {
  const auto& usage = at(stats, {"Tasks", task, "ResourceUsage"});
  std::string out;
  const auto table = [&](const char* heading, Row names, Row values) {
    if (names.empty()) return;
    out += fmt::format("\n{} Stats\n{}\n", heading, format_table({std::move(names), std::move(values)}));
  };
  const auto& memory = at(usage, "MemoryStats");
  Row names, values;
  for (const auto& measured : items(memory, "Measured")) {
    auto key = text(measured);
    names.push_back(key);
    std::erase(key, ' ');
    values.push_back(binary_bytes(real(at(memory, key))));
  }
  table("Memory", std::exchange(names, {}), std::exchange(values, {}));
  const auto& cpu = at(usage, "CpuStats");
  for (const auto& measured : items(cpu, "Measured")) {
    auto key = text(measured);
    names.push_back(
        key == "Throttled Periods" || key == "Throttled Time" || key == "Percent" ? key : key.substr(0, key.find(' ')));
    std::erase(key, ' ');
    values.push_back(key == "Percent" || key.ends_with("Mode") ? fmt::format("{:.2f}%", real(at(cpu, key)))
                                                               : go_number(real(at(cpu, key))));
  }
  table("CPU", std::move(names), std::move(values));
  return out;
}

std::string time_or_not(const Json& value) {
  const auto at = parse_time(text(value));
  return at ? format_time(*at) : "N/A";
}

std::string message(const Json& event) {
  for (const auto* key : {"DisplayMessage", "Message"}) {
    if (auto words = text(event, key); !words.empty()) return words;
  }
  return {};
}

std::string format_events(const Json& state, const Style& style) {
  auto out = style.paint.bold("Task Events:") + "\n" +
             format_pairs({{"Started At", time_or_not(at(state, "StartedAt"))},
                           {"Finished At", time_or_not(at(state, "FinishedAt"))},
                           {"Total Restarts", std::to_string(number(state, "Restarts"))},
                           {"Last Restart", time_or_not(at(state, "LastRestart"))}});
  std::vector<Row> rows{{"Time", "Type", "Description"}};
  const auto events = items(state, "Events");
  for (std::size_t i = events.size(); i > 0; --i) {
    const auto& event = events[i - 1];
    rows.push_back({format_time(number(event, "Time")), text(event, "Type"), message(event)});
  }
  return out + "\n\n" + style.paint.bold("Recent Events:") + "\n" + format_table(rows);
}

std::string format_tasks_briefly(const Json& alloc, const Style& style) {
  std::vector<Row> rows{{"Name", "State", "Last Event", "Time", "Lifecycle"}};
  for (const auto& task : task_names(alloc)) {
    const auto& state = at(alloc, {"TaskStates", task});
    const auto events = items(state, "Events");
    rows.push_back({task, text(state, "State"), events.empty() ? "" : text(events.back(), "Type"),
                    events.empty() ? "" : format_time(number(events.back(), "Time")),
                    lifecycle(alloc, task).empty() ? "main" : lifecycle(alloc, task)});
  }
  return "\n\n" + style.paint.bold("Tasks") + "\n" + format_table(rows);
}

}  // namespace

std::vector<std::string> task_names(const Json& alloc) {
  std::set<std::string> names;
  for (const auto& [name, state] : members(alloc, "TaskStates")) names.insert(name);
  if (const auto* group = names.empty() ? group_of(alloc) : nullptr) {
    for (const auto& task : items(*group, "Tasks")) names.insert(text(task, "Name"));
  }
  return {names.begin(), names.end()};
}

std::string format_alloc(const Json& alloc, const Json& stats, const AllocView& view, const Style& style) {
  auto out = format_basics(alloc, view.brief, style);
  out += format_addresses(alloc, style);
  if (view.brief) return out + format_tasks_briefly(alloc, style);
  for (const auto& [task, state] : members(alloc, "TaskStates")) {
    const auto hook = lifecycle(alloc, task);
    out += fmt::format("\n\n{} is {}\n",
                       style.paint.bold("Task " + quoted(task) + (hook.empty() ? "" : " (" + hook + ")")),
                       quoted(text(*state, "State")));
    out += format_resources(alloc, stats, task, style);
    if (view.stats) out += format_usage(stats, task);
    out += "\n" + format_events(*state, style);
  }
  if (style.verbose) {
    out += "\n\n" + style.paint.bold("Placement Metrics");
    if (const auto metrics = format_metrics(at(alloc, "Metrics"), true, "  "); !metrics.empty()) out += "\n" + metrics;
  }
  return out;
}

}  // namespace agent::cli
