#include "core/jobspec/canonicalize.hpp"

#include <string>

#include <fmt/format.h>

#include "core/jobspec/policies.hpp"

namespace core::jobspec {
namespace {

void set_if_empty(std::string& text, std::string_view value) {
  if (text.empty()) text = value;
}

void make_upper(std::string& text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
}

constexpr std::size_t longest_name = 4096;  // that is still worth filling in; names are refused far below it

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos && text.size() <= longest_name;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

// Where a service stands: its names may be interpolated.
struct Place {
  const std::string& job;
  const std::string& group;
  const std::string& task;  // empty: a group's service
  std::string base() const {
    return task.empty() ? fmt::format("{}-{}", job, group) : fmt::format("{}-{}-{}", job, group, task);
  }
};

void canonicalize_service(model::Service& service, const Place& place) {
  set_if_empty(service.name, place.base());
  replace_all(service.name, "${JOB}", place.job);
  replace_all(service.name, "${TASKGROUP}", place.group);
  replace_all(service.name, "${TASK}", place.task);
  replace_all(service.name, "${BASE}", place.base());
  set_if_empty(service.address_mode, "auto");
  set_if_empty(service.on_update, "require_healthy");
  set_if_empty(service.provider, "consul");
  for (model::ServiceCheck& check : service.checks) {
    set_if_empty(check.name, fmt::format("service: \"{}\" check", service.name));
    set_if_empty(check.on_update, service.on_update);
    if (!check.check_restart) check.check_restart = service.check_restart;
  }
}

void canonicalize_template(model::Template& written) {
  set_if_empty(written.change_mode, "restart");
  if (written.change_mode == "signal") set_if_empty(written.change_signal, "SIGHUP");
  set_if_empty(written.perms, "0644");
  set_if_empty(written.left_delim, "{{");
  set_if_empty(written.right_delim, "}}");
  make_upper(written.change_signal);
}

void canonicalize_artifact(model::Artifact& artifact) {
  set_if_empty(artifact.getter_mode, "any");
  if (!artifact.relative_dest.empty()) return;
  artifact.relative_dest = "local/";
  if (artifact.getter_mode != "file") return;
  const auto slash = artifact.getter_source.rfind('/');
  artifact.relative_dest +=
      slash == std::string::npos ? artifact.getter_source : artifact.getter_source.substr(slash + 1);
}

void canonicalize_network(model::NetworkResource& network) {
  for (auto* ports : {&network.reserved_ports, &network.dynamic_ports})
    for (model::Port& port : *ports) set_if_empty(port.host_network, "default");
}

void canonicalize_task(model::Task& task, const model::TaskGroup& group, const model::Job& job) {
  if (!task.config.is_object()) task.config.emplace_object();
  if (!task.resources) task.resources.emplace();
  for (model::NetworkResource& network : task.resources->networks) canonicalize_network(network);
  if (!task.restart_policy) task.restart_policy = group.restart_policy;
  if (!task.kill_timeout) task.kill_timeout = Duration(5s);
  if (!task.log_config) task.log_config.emplace();
  make_upper(task.kill_signal);
  for (model::Service& service : task.services) canonicalize_service(service, {job.id, group.name, task.name});
  for (model::Template& written : task.templates) canonicalize_template(written);
  for (model::Artifact& artifact : task.artifacts) canonicalize_artifact(artifact);
  for (model::VolumeMount& mount : task.volume_mounts) set_if_empty(mount.propagation_mode, "private");
  if (task.vault) {
    set_if_empty(task.vault->change_mode, "restart");
    if (task.vault->change_mode == "signal") set_if_empty(task.vault->change_signal, "SIGHUP");
    make_upper(task.vault->change_signal);
  }
}

void canonicalize_group(model::TaskGroup& group, const model::Job& job) {
  if (!group.count)
    group.count = group.scaling && group.scaling->min ? static_cast<std::int32_t>(*group.scaling->min) : 1;
  if (group.scaling) {
    if (!group.scaling->min) group.scaling->min = *group.count;
    set_if_empty(group.scaling->type, "horizontal");
    set_if_empty(group.scaling->namespace_, job.namespace_);
    group.scaling->target = {{"Namespace", job.namespace_}, {"Job", job.id}, {"Group", group.name}};
  }
  if (!group.update) group.update = job.update;
  if (!group.migrate && job.type == "service") group.migrate = default_migrate();
  if (!group.restart_policy) group.restart_policy = default_restart(job.type);
  if (!group.reschedule_policy) group.reschedule_policy = default_reschedule(job.type);
  if (!group.ephemeral_disk) group.ephemeral_disk.emplace();
  if (group.ephemeral_disk->migrate) group.ephemeral_disk->sticky = true;
  for (model::NetworkResource& network : group.networks) canonicalize_network(network);
  for (model::Service& service : group.services) canonicalize_service(service, {job.id, group.name, {}});
  for (auto& [name, volume] : group.volumes) set_if_empty(volume.name, name);
  for (model::Task& task : group.tasks) canonicalize_task(task, group, job);
}

void add_once(std::vector<model::Constraint>& to, std::string_view attribute, std::string_view operand,
              std::string_view value) {
  for (const model::Constraint& there : to)
    if (there.l_target == attribute && there.operand == operand && there.r_target == value) return;
  to.push_back({std::string(attribute), std::string(value), std::string(operand)});
}

void imply_of_service(const model::Service& service, model::TaskGroup& group) {
  if (service.provider == "nomad") {
    add_once(group.constraints, "${attr.nomad.service_discovery}", "=", "true");
    if (!service.checks.empty()) add_once(group.constraints, "${attr.nomad.version}", "semver", ">= 1.4.0");
  } else {
    add_once(group.constraints, "${attr.consul.version}", "semver", ">= 1.7.0");
  }
}

void imply_of_task(const model::Task& task, model::TaskGroup& group) {
  const auto signal = [&](const std::string& name) {
    if (!name.empty()) add_once(group.constraints, "${attr.os.signals}", "set_contains", name);
  };
  if (task.vault) {
    add_once(group.constraints, "${attr.vault.version}", "semver", ">= 0.6.1");
    if (task.vault->change_mode == "signal") signal(task.vault->change_signal);
  }
  for (const model::Template& written : task.templates)
    if (written.change_mode == "signal") signal(written.change_signal);
  signal(task.kill_signal);
  for (const model::Service& service : task.services) imply_of_service(service, group);
}

}  // namespace

void canonicalize(model::Job& job, std::string_view region, std::string_view name_space) {
  set_if_empty(job.region, region.empty() ? "global" : region);
  set_if_empty(job.namespace_, name_space.empty() ? "default" : name_space);
  set_if_empty(job.name, job.id);
  set_if_empty(job.type, "service");
  set_if_empty(job.node_pool, "default");
  if (job.priority == 0) job.priority = 50;
  if (job.datacenters.empty()) job.datacenters = {"*"};
  if (!job.update && job.type == "service") job.update = default_update();
  if (job.periodic) {
    set_if_empty(job.periodic->spec_type, "cron");
    set_if_empty(job.periodic->time_zone, "UTC");
  }
  if (job.parameterized_job) set_if_empty(job.parameterized_job->payload, "optional");
  for (model::TaskGroup& group : job.task_groups) canonicalize_group(group, job);
}

void add_implied_constraints(model::Job& job) {
  for (model::TaskGroup& group : job.task_groups) {
    for (const model::Service& service : group.services) imply_of_service(service, group);
    for (const model::Task& task : group.tasks) imply_of_task(task, group);
  }
}

}  // namespace core::jobspec
