// The short forms in which lists show jobs, nodes, allocations and evaluations (http-api.md §11).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "core/model/evaluation.hpp"
#include "core/model/node.hpp"

namespace core::api {

struct JobListStub {
  std::string id;
  std::string parent_id;
  std::string name;
  std::string namespace_;
  std::vector<std::string> datacenters;
  std::string node_pool;
  std::optional<model::Multiregion> multiregion;
  std::string type;
  std::int32_t priority = 0;
  bool periodic = false;
  bool parameterized_job = false;
  bool stop = false;
  model::JobStatus status = model::JobStatus::pending;
  std::string status_description;
  boost::json::value job_summary;
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;
  std::uint64_t job_modify_index = 0;
  std::int64_t submit_time = 0;
  std::map<std::string, std::string> meta;  // only where asked for
};
BOOST_DESCRIBE_STRUCT(JobListStub, (),
                      (id, parent_id, name, namespace_, datacenters, node_pool, multiregion, type, priority, periodic,
                       parameterized_job, stop, status, status_description, job_summary, create_index, modify_index,
                       job_modify_index, submit_time, meta))

struct NodeListStub {
  std::string address;
  std::string id;
  std::map<std::string, std::string> attributes;  // the operating system's, where asked for
  std::string datacenter;
  std::string name;
  std::string node_pool;
  std::string node_class;
  std::string version;
  bool drain = false;
  model::Eligibility scheduling_eligibility = model::Eligibility::eligible;
  model::NodeStatus status = model::NodeStatus::initializing;
  std::string status_description;
  std::map<std::string, model::DriverInfo> drivers;
  std::map<std::string, model::HostVolume> host_volumes;
  boost::json::value last_drain;
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;
};
BOOST_DESCRIBE_STRUCT(NodeListStub, (),
                      (address, id, attributes, datacenter, name, node_pool, node_class, version, drain,
                       scheduling_eligibility, status, status_description, drivers, host_volumes, last_drain,
                       create_index, modify_index))

struct AllocListStub {
  std::string id;
  std::string eval_id;
  std::string name;
  std::string namespace_;
  std::string node_id;
  std::string node_name;
  std::string job_id;
  std::string job_type;
  std::uint64_t job_version = 0;
  std::string task_group;
  std::optional<model::AllocatedResources> allocated_resources;  // only where asked for
  model::DesiredStatus desired_status = model::DesiredStatus::run;
  std::string desired_description;
  model::ClientStatus client_status = model::ClientStatus::pending;
  std::string client_description;
  model::DesiredTransition desired_transition;
  std::map<std::string, model::TaskState> task_states;
  std::optional<model::AllocDeploymentStatus> deployment_status;
  std::string followup_eval_id;
  std::string next_allocation;
  std::optional<model::RescheduleTracker> reschedule_tracker;
  std::vector<std::string> preempted_allocations;
  std::string preempted_by_allocation;
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;
  std::int64_t create_time = 0;
  std::int64_t modify_time = 0;
};
BOOST_DESCRIBE_STRUCT(AllocListStub, (),
                      (id, eval_id, name, namespace_, node_id, node_name, job_id, job_type, job_version, task_group,
                       allocated_resources, desired_status, desired_description, client_status, client_description,
                       desired_transition, task_states, deployment_status, followup_eval_id, next_allocation,
                       reschedule_tracker, preempted_allocations, preempted_by_allocation, create_index, modify_index,
                       create_time, modify_time))

struct EvalStub {
  std::string id;
  std::int32_t priority = 0;
  std::string type;
  model::EvalTrigger triggered_by = model::EvalTrigger::job_register;
  std::string namespace_;
  std::string job_id;
  std::string node_id;
  std::string deployment_id;
  model::EvalStatus status = model::EvalStatus::pending;
  std::string status_description;
  WallTime wait_until;
  std::string next_eval;
  std::string previous_eval;
  std::string blocked_eval;
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;
  std::int64_t create_time = 0;
  std::int64_t modify_time = 0;
};
BOOST_DESCRIBE_STRUCT(EvalStub, (),
                      (id, priority, type, triggered_by, namespace_, job_id, node_id, deployment_id, status,
                       status_description, wait_until, next_eval, previous_eval, blocked_eval, create_index,
                       modify_index, create_time, modify_time))

}  // namespace core::api

namespace core::describe {
template <>
struct JsonRules<api::JobListStub> {
  static constexpr std::array rules{JsonRule{.field = "meta", .omit_empty = true}};
};
template <>
struct JsonRules<api::NodeListStub> {
  static constexpr std::array rules{JsonRule{.field = "attributes", .omit_empty = true}};
};
template <>
struct JsonRules<api::AllocListStub> {
  static constexpr std::array rules{JsonRule{.field = "allocated_resources", .omit_empty = true},
                                    JsonRule{.field = "followup_eval_id", .name = "FollowupEvalID"}};
};
}  // namespace core::describe
