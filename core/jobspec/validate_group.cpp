// Task groups: their tasks together, networks, services, volumes, scaling.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <re2/re2.h>

#include "core/jobspec/checks.hpp"

namespace core::jobspec::checks {
namespace {

constexpr std::int32_t least_disk_mb = 10;
constexpr std::int32_t highest_port = 65535;
constexpr Duration least_check_time = 1s;

void check_policies(const model::TaskGroup& group, const model::Job& job, Errors& out) {
  Errors inner;
  if (group.restart_policy)
    restart(*group.restart_policy, out);
  else
    out.push_back(fmt::format("Task Group {} should have a restart policy", group.name));
  if (job.type == "system") {
    if (group.reschedule_policy) out.emplace_back("System jobs should not have a reschedule policy");
    if (!group.affinities.empty()) out.emplace_back("System jobs may not have an affinity block");
    if (!group.spreads.empty()) out.emplace_back("System jobs may not have a spread block");
  } else {
    if (group.reschedule_policy) reschedule(*group.reschedule_policy, inner);
    out.insert(out.end(), inner.begin(), inner.end());
    affinities(group.affinities, out);
    spreads(group.spreads, out);
  }
  if (group.update) {
    if (job.type == "service" || job.type == "system")
      update(*group.update, out);
    else
      out.push_back(fmt::format("Job type \"{}\" does not allow update block", job.type));
  }
  if (group.migrate) {
    if (job.type == "service")
      migrate(*group.migrate, out);
    else
      out.push_back(fmt::format("Job type \"{}\" does not allow migrate block", job.type));
  }
}

void check_disconnect(const model::TaskGroup& group, const model::Job& job, Errors& out) {
  if (group.shutdown_delay && *group.shutdown_delay < Duration{})
    out.emplace_back("ShutdownDelay must be a positive value");
  if (group.max_client_disconnect && *group.max_client_disconnect < Duration{})
    out.emplace_back("max_client_disconnect cannot be negative");
  if (!group.stop_after_client_disconnect || *group.stop_after_client_disconnect == Duration{}) return;
  if (group.max_client_disconnect)
    out.emplace_back(
        "Task group cannot be configured with both max_client_disconnect and stop_after_client_disconnect");
  if (*group.stop_after_client_disconnect < Duration{})
    out.emplace_back("StopAfterClientDisconnect must be a positive value");
  else if (job.type != "batch" && job.type != "service")
    out.emplace_back("stop_after_client_disconnect can only be set in batch and service jobs");
}

void check_scaling(const model::TaskGroup& group, const model::Job& job, Errors& out) {
  if (!group.scaling) return;
  const model::ScalingPolicy& scaling = *group.scaling;
  const std::int64_t min = scaling.min.value_or(0);
  if (min < 0) out.emplace_back("minimum count must be specified and non-negative");
  if (scaling.max < 0) out.emplace_back("maximum count must be specified and non-negative");
  if (min > scaling.max) out.emplace_back("task group count must not be greater than maximum count in scaling policy");
  if (job.type != "service" && job.type != "batch" && scaling.enabled) {
    out.push_back(fmt::format("scaling is not allowed for jobs of type \"{}\"", job.type));
    return;
  }
  const std::int64_t count = group.count.value_or(1);
  if (count < min) out.emplace_back("task group count must not be less than minimum count in scaling policy");
  if (count > scaling.max)
    out.emplace_back("task group count must not be greater than maximum count in scaling policy");
}

void check_volumes(const model::TaskGroup& group, Errors& out) {
  for (const auto& [name, volume] : group.volumes) {
    Errors inner;
    if (volume.type != "host" && volume.type != "csi")
      inner.push_back(fmt::format("volume has unrecognized type {}", volume.type));
    if (volume.source.empty()) inner.emplace_back("volume has an empty source");
    if (volume.per_alloc && group.update && group.update->canary > 0)
      inner.emplace_back("volume cannot be per_alloc when canaries are in use");
    nest(out, fmt::format("Task group volume {}", name), inner);
  }
}

void check_tasks(const model::TaskGroup& group, const model::Job& job, Errors& out) {
  if (group.tasks.empty()) out.emplace_back("Missing tasks for task group");
  std::map<std::string, std::size_t> seen;
  std::size_t leaders = 0;
  for (std::size_t i = 0; i < group.tasks.size(); ++i) {
    const model::Task& one = group.tasks[i];
    const auto [first, fresh] = seen.emplace(one.name, i + 1);
    if (one.name.empty())
      out.push_back(fmt::format("Task {} missing name", i + 1));
    else if (!fresh)
      out.push_back(fmt::format("Task {} redefines '{}' from task {}", i + 1, one.name, first->second));
    leaders += one.leader ? 1 : 0;
  }
  if (leaders > 1) out.emplace_back("Only one task may be marked as leader");
  for (const model::Task& one : group.tasks) {
    Errors inner;
    task(one, group, job, inner);
    nest(out, fmt::format("Task {}", one.name), inner);
  }
}

// Labels and static numbers of ports, each once over the group and its tasks.
class Ports {
 public:
  explicit Ports(Errors& out) : out_(out) {}

  void add(const model::NetworkResource& network, const std::string& owner) {
    for (const model::Port& port : network.reserved_ports) add(port, owner, true);
    for (const model::Port& port : network.dynamic_ports) add(port, owner, false);
  }

 private:
  void add(const model::Port& port, const std::string& owner, bool is_static) {
    if (!RE2::FullMatch(port.label, "[A-Za-z0-9_-]+"))
      out_.push_back(fmt::format("Port label \"{}\" must be made of letters, digits, '-' and '_'", port.label));
    const auto [label, fresh] = labels_.emplace(port.label, owner);
    if (!fresh) out_.push_back(fmt::format("Port label {} already in use by {}", port.label, label->second));
    if (port.to > highest_port || port.to < -1)
      out_.push_back(fmt::format("Port \"{}\" cannot be mapped to a port ({}) greater than {} or less than -1",
                                 port.label, port.to, highest_port));
    if (!is_static) return;
    if (port.value <= 0 || port.value > highest_port) {
      out_.push_back(fmt::format("Port \"{}\" must have a static port between 1 and {}; got {}", port.label,
                                 highest_port, port.value));
      return;
    }
    const auto [number, free] = numbers_.emplace(std::pair{port.host_network, port.value}, owner + ":" + port.label);
    if (!free) out_.push_back(fmt::format("Static port {} already reserved by {}", port.value, number->second));
  }

  Errors& out_;
  std::map<std::string, std::string> labels_;
  std::map<std::pair<std::string, std::int32_t>, std::string> numbers_;
};

void check_check(const model::ServiceCheck& check, const model::Service& service, Errors& out) {
  static constexpr std::string_view types[] = {"http", "tcp", "script", "grpc"};
  if (std::ranges::find(types, check.type) == std::end(types))
    out.push_back(
        fmt::format("invalid check type (\"{}\"), must be one of \"grpc\", \"http\", \"script\", or \"tcp\" "
                    "type",
                    check.type));
  else if (service.provider == "nomad" && check.type != "http" && check.type != "tcp")
    out.push_back(fmt::format("invalid check type (\"{}\"), must be one of tcp, http", check.type));
  if (check.type == "http" && check.path.empty()) out.emplace_back("http type must have http path");
  if (check.type == "http" && check.path.contains("://")) out.emplace_back("relative http path required");
  if (check.type == "script" && check.command.empty()) out.emplace_back("script type must have a valid script path");
  if (check.interval < least_check_time) out.push_back("interval cannot be less than 1s");
  if (check.timeout < least_check_time) out.push_back("timeout cannot be less than 1s");
  if (check.check_restart && check.check_restart->limit < 0) out.emplace_back("limit must be non-negative");
}

void check_service(const model::Service& service, const std::set<std::string>& labels, Errors& out) {
  static const RE2 name(R"((?i)[a-z0-9]([a-z0-9-]*[a-z0-9])?)");
  if (service.provider != "consul" && service.provider != "nomad")
    out.push_back(fmt::format("Service provider must be \"consul\", or \"nomad\"; got \"{}\"", service.provider));
  // A name that waits for the task's environment is checked when it is known.
  if (!service.name.contains("${") && (service.name.size() > 63 || !RE2::FullMatch(service.name, name)))
    out.push_back(
        fmt::format("Service name must be valid per RFC 1123 and can contain only alphanumeric characters or "
                    "dashes and must be no longer than 63 characters: \"{}\"",
                    service.name));
  static constexpr std::string_view modes[] = {"auto", "host", "driver", "alloc", "auto_advertise"};
  if (std::ranges::find(modes, service.address_mode) == std::end(modes))
    out.push_back(fmt::format("Service address_mode must be \"auto\", \"host\", \"alloc\" or \"driver\"; not \"{}\"",
                              service.address_mode));
  const bool number =
      !service.port_label.empty() && service.port_label.find_first_not_of("0123456789") == std::string::npos;
  if (!service.port_label.empty() && !number && !labels.contains(service.port_label))
    out.push_back(
        fmt::format("Port label \"{}\" referenced by services {} does not exist", service.port_label, service.name));
  for (const model::ServiceCheck& check : service.checks) {
    Errors inner;
    check_check(check, service, inner);
    nest(out, fmt::format("Check {}", check.name), inner);
  }
}

}  // namespace

void networks(const model::TaskGroup& group, Errors& out) {
  static const RE2 mode("none|bridge|host|cni/.+|");
  Errors inner;
  if (group.networks.size() > 1)
    inner.push_back(fmt::format("Only one network block may be given; found {}", group.networks.size()));
  Ports ports(inner);
  for (const model::NetworkResource& network : group.networks) {
    if (!RE2::FullMatch(network.mode, mode)) inner.push_back(fmt::format("Invalid network mode \"{}\"", network.mode));
    if (!network.hostname.empty() && (network.mode.empty() || network.mode == "host"))
      inner.emplace_back("hostname is not allowed in network mode host");
    ports.add(network, "taskgroup network");
  }
  for (const model::Task& task : group.tasks)
    if (task.resources)
      for (const model::NetworkResource& network : task.resources->networks) ports.add(network, task.name);
  nest(out, "Task group network", inner);
}

void services(const model::TaskGroup& group, Errors& out) {
  std::set<std::string> labels;
  const auto collect = [&](const model::NetworkResource& network) {
    for (const auto* ports : {&network.reserved_ports, &network.dynamic_ports})
      for (const model::Port& port : *ports) labels.insert(port.label);
  };
  std::ranges::for_each(group.networks, collect);
  for (const model::Task& task : group.tasks)
    if (task.resources) std::ranges::for_each(task.resources->networks, collect);
  std::set<std::string> providers;
  const auto check_all = [&](const std::vector<model::Service>& all) {
    for (const model::Service& service : all) {
      providers.insert(service.provider);
      Errors inner;
      check_service(service, labels, inner);
      nest(out, fmt::format("Service {}", service.name), inner);
    }
  };
  check_all(group.services);
  for (const model::Task& task : group.tasks) check_all(task.services);
  if (providers.size() > 1)
    out.emplace_back("Multiple service providers used: task group services must use the same provider");
}

void group(const model::TaskGroup& group, const model::Job& job, Errors& out) {
  if (group.name.empty()) out.emplace_back("Missing task group name");
  if (has_null(group.name)) out.emplace_back("Task group name contains null character");
  if (group.count.value_or(1) < 0) out.emplace_back("Task group count can't be negative");
  constraints(group.constraints, false, out);
  check_policies(group, job, out);
  if (!group.ephemeral_disk)
    out.push_back(fmt::format("Task Group {} should have an ephemeral disk object", group.name));
  else if (group.ephemeral_disk->size_mb < least_disk_mb)
    out.push_back(fmt::format("minimum DiskMB value is {}; got {}", least_disk_mb, group.ephemeral_disk->size_mb));
  check_disconnect(group, job, out);
  check_scaling(group, job, out);
  check_volumes(group, out);
  networks(group, out);
  services(group, out);
  check_tasks(group, job, out);
}

}  // namespace core::jobspec::checks
