#include "core/api/shapes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "core/api/stubs.hpp"
#include "core/describe/json.hpp"

namespace core::api {
namespace {

namespace json = boost::json;
using describe::to_json;

constexpr std::string_view os_attribute_prefix = "os.";

json::array networks_json(const std::vector<model::NetworkResource>& networks) {
  json::array out;
  for (const auto& network : networks) out.push_back(to_json(network));
  return out;
}

json::value null_if_empty(json::array items) {
  if (items.empty()) return nullptr;
  return items;
}

// The resources of before 0.9, which clients of the API still read: made of what is kept today.
json::object legacy_resources(std::int64_t cpu, std::int64_t memory_mb, std::int64_t disk_mb, json::array networks) {
  return {{"CPU", cpu},
          {"Cores", 0},
          {"MemoryMB", memory_mb},
          {"MemoryMaxMB", 0},
          {"DiskMB", disk_mb},
          {"IOPS", 0},
          {"Networks", null_if_empty(std::move(networks))},
          {"Devices", nullptr}};
}

void add_legacy_resources(const model::AllocatedResources& held, json::object& out) {
  std::int64_t cpu = 0;
  std::int64_t memory = 0;
  json::array networks = networks_json(held.shared.networks);
  json::object tasks;
  for (const auto& [name, task] : held.tasks) {
    cpu += task.cpu.cpu_shares;
    memory += task.memory.memory_mb;
    for (const auto& network : task.networks) networks.push_back(to_json(network));
    tasks[name] = legacy_resources(task.cpu.cpu_shares, task.memory.memory_mb, 0, networks_json(task.networks));
  }
  out["Resources"] = legacy_resources(cpu, memory, held.shared.disk_mb, std::move(networks));
  out["SharedResources"] = legacy_resources(0, 0, held.shared.disk_mb, networks_json(held.shared.networks));
  out["TaskResources"] = std::move(tasks);
}

}  // namespace

json::value job_json(const model::Job& job) {
  json::value value = to_json(job);
  json::object& out = value.as_object();
  if (!job.update) out["Update"] = to_json(model::UpdateStrategy{});
  if (!out["TaskGroups"].is_array()) return value;
  for (json::value& group : out["TaskGroups"].get_array()) {
    if (!group.at("Tasks").is_array()) continue;
    for (json::value& task : group.at("Tasks").get_array()) task.get_object()["CSIPluginConfig"] = nullptr;
  }
  return value;
}

json::value summary_json(const model::JobSummary* summary) {
  if (summary == nullptr) return nullptr;
  json::value value = to_json(*summary);
  json::object& out = value.as_object();
  if (!summary->children) out["Children"] = to_json(model::JobChildrenSummary{});
  return value;
}

json::value job_stub(const model::Job& job, const model::JobSummary* summary, bool with_meta) {
  JobListStub stub;
  stub.id = job.id;
  stub.parent_id = job.parent_id;
  stub.name = job.name;
  stub.namespace_ = job.namespace_;
  stub.datacenters = job.datacenters;
  stub.node_pool = job.node_pool;
  stub.multiregion = job.multiregion;
  stub.type = job.type;
  stub.priority = job.priority;
  stub.periodic = job.is_periodic();
  stub.parameterized_job = job.is_parameterized();
  stub.stop = job.stop;
  stub.status = job.status;
  stub.status_description = job.status_description;
  stub.job_summary = summary_json(summary);
  stub.create_index = job.create_index;
  stub.modify_index = job.modify_index;
  stub.job_modify_index = job.job_modify_index;
  stub.submit_time = job.submit_time;
  if (with_meta) stub.meta = job.meta;
  return to_json(stub);
}

json::value node_json(const model::Node& node) {
  model::Node shown = node;
  shown.secret_id.clear();
  json::value value = to_json(shown);
  json::object& out = value.as_object();
  out.stable_erase("ReportLife");
  out.stable_erase("ReportNumber");
  out["Drain"] = node.drain_strategy.has_value();
  out["NodeResources"].as_object()["Devices"] = nullptr;
  const model::NodeResources& all = node.node_resources;
  const model::NodeReservedResources& reserved = node.reserved_resources;
  out["Resources"] =
      legacy_resources(all.cpu.cpu_shares, all.memory.memory_mb, all.disk.disk_mb, networks_json(all.networks));
  out["Reserved"] = legacy_resources(reserved.cpu.cpu_shares, reserved.memory.memory_mb, reserved.disk.disk_mb, {});
  out["CSIControllerPlugins"] = nullptr;
  out["CSINodePlugins"] = nullptr;
  out["HostNetworks"] = nullptr;
  out["LastDrain"] = nullptr;
  return value;
}

json::value node_stub(const model::Node& node, bool with_resources, bool with_os) {
  NodeListStub stub;
  stub.address = node.http_addr.substr(0, node.http_addr.rfind(':'));
  if (stub.address.starts_with('[') && stub.address.ends_with(']'))
    stub.address = stub.address.substr(1, stub.address.size() - 2);
  stub.id = node.id;
  if (with_os)
    for (const auto& [name, value] : node.attributes)
      if (name.starts_with(os_attribute_prefix)) stub.attributes.emplace(name, value);
  stub.datacenter = node.datacenter;
  stub.name = node.name;
  stub.node_pool = node.node_pool;
  stub.node_class = node.node_class;
  if (const auto version = node.attributes.find("nomad.version"); version != node.attributes.end())
    stub.version = version->second;
  stub.drain = node.drain_strategy.has_value();
  stub.scheduling_eligibility = node.scheduling_eligibility;
  stub.status = node.status;
  stub.status_description = node.status_description;
  stub.drivers = node.drivers;
  stub.host_volumes = node.host_volumes;
  stub.create_index = node.create_index;
  stub.modify_index = node.modify_index;
  json::value value = to_json(stub);
  if (with_resources) {
    json::value resources = to_json(node.node_resources);
    resources.as_object()["Devices"] = nullptr;
    value.as_object()["NodeResources"] = std::move(resources);
    value.as_object()["ReservedResources"] = to_json(node.reserved_resources);
  }
  return value;
}

json::value alloc_json(const model::Allocation& alloc) {
  json::value value = to_json(alloc);
  json::object& out = value.as_object();
  if (alloc.job != nullptr) out["Job"] = job_json(*alloc.job);
  add_legacy_resources(alloc.allocated_resources, out);
  // There are only host networks, of which a client that has the allocation tells nothing.
  out["NetworkStatus"] = nullptr;
  if (alloc.client_status != model::ClientStatus::pending)
    out["NetworkStatus"] = json::object{{"InterfaceName", ""}, {"Address", ""}, {"DNS", nullptr}};
  return value;
}

json::value alloc_stub(const model::Allocation& alloc, bool with_resources, bool with_task_states) {
  AllocListStub stub;
  stub.id = alloc.id;
  stub.eval_id = alloc.eval_id;
  stub.name = alloc.name;
  stub.namespace_ = alloc.namespace_;
  stub.node_id = alloc.node_id;
  stub.node_name = alloc.node_name;
  stub.job_id = alloc.job_id;
  if (alloc.job != nullptr) {
    stub.job_type = alloc.job->type;
    stub.job_version = alloc.job->version;
  }
  stub.task_group = alloc.task_group;
  if (with_resources) stub.allocated_resources = alloc.allocated_resources;
  stub.desired_status = alloc.desired_status;
  stub.desired_description = alloc.desired_description;
  stub.client_status = alloc.client_status;
  stub.client_description = alloc.client_description;
  stub.desired_transition = alloc.desired_transition;
  if (with_task_states) stub.task_states = alloc.task_states;
  stub.deployment_status = alloc.deployment_status;
  stub.followup_eval_id = alloc.followup_eval_id;
  stub.next_allocation = alloc.next_allocation;
  stub.reschedule_tracker = alloc.reschedule_tracker;
  stub.preempted_allocations = alloc.preempted_allocations;
  stub.preempted_by_allocation = alloc.preempted_by_allocation;
  stub.create_index = alloc.create_index;
  stub.modify_index = alloc.modify_index;
  stub.create_time = alloc.create_time;
  stub.modify_time = alloc.modify_time;
  return to_json(stub);
}

json::value eval_json(const model::Evaluation& eval) { return to_json(eval); }

json::value eval_stub(const model::Evaluation& eval) {
  EvalStub stub;
  stub.id = eval.id;
  stub.priority = eval.priority;
  stub.type = eval.type;
  stub.triggered_by = eval.triggered_by;
  stub.namespace_ = eval.namespace_;
  stub.job_id = eval.job_id;
  stub.node_id = eval.node_id;
  stub.deployment_id = eval.deployment_id;
  stub.status = eval.status;
  stub.status_description = eval.status_description;
  stub.wait_until = eval.wait_until;
  stub.next_eval = eval.next_eval;
  stub.previous_eval = eval.previous_eval;
  stub.blocked_eval = eval.blocked_eval;
  stub.create_index = eval.create_index;
  stub.modify_index = eval.modify_index;
  stub.create_time = eval.create_time;
  stub.modify_time = eval.modify_time;
  return to_json(stub);
}

}  // namespace core::api
