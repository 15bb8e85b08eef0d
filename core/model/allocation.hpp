// An allocation: one task group of a job, placed on one node (http-api.md §11).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "core/model/job.hpp"

namespace core::model {

enum class DesiredStatus { run, stop, evict };
BOOST_DESCRIBE_ENUM(DesiredStatus, run, stop, evict)

enum class ClientStatus { pending, running, complete, failed, lost, unknown };
BOOST_DESCRIBE_ENUM(ClientStatus, pending, running, complete, failed, lost, unknown)

enum class TaskRunState { pending, running, dead };
BOOST_DESCRIBE_ENUM(TaskRunState, pending, running, dead)

/// How one task ended, or why it waits; `type` is one of Nomad's words ("Started", "Terminated", ...).
struct TaskEvent {
  std::string type;
  std::int64_t time = 0;  // Unix nanoseconds
  std::string message;
  std::string display_message;
  std::map<std::string, std::string> details;
  bool fails_task = false;
  std::string restart_reason;
  std::string setup_error;
  std::string driver_error;
  std::int32_t exit_code = 0;
  std::int32_t signal = 0;
  Duration kill_timeout{};
  std::string kill_error;
  std::string kill_reason;
  std::int64_t start_delay = 0;  // nanoseconds
  std::string download_error;
  std::string validation_error;
  std::int64_t disk_limit = 0;
  std::string failed_sibling;
  std::string vault_error;
  std::string task_signal_reason;
  std::string task_signal;
  std::string driver_message;
  std::string generic_source;
};
BOOST_DESCRIBE_STRUCT(TaskEvent, (),
                      (type, time, message, display_message, details, fails_task, restart_reason, setup_error,
                       driver_error, exit_code, signal, kill_timeout, kill_error, kill_reason, start_delay,
                       download_error, validation_error, disk_limit, failed_sibling, vault_error, task_signal_reason,
                       task_signal, driver_message, generic_source))

struct TaskState {
  TaskRunState state = TaskRunState::pending;
  bool failed = false;
  std::uint64_t restarts = 0;
  WallTime last_restart;
  WallTime started_at;
  WallTime finished_at;
  std::vector<TaskEvent> events;
};
BOOST_DESCRIBE_STRUCT(TaskState, (), (state, failed, restarts, last_restart, started_at, finished_at, events))

struct DesiredTransition {
  std::optional<bool> migrate;
  std::optional<bool> reschedule;
  std::optional<bool> force_reschedule;
  std::optional<bool> no_shutdown_delay;
};
BOOST_DESCRIBE_STRUCT(DesiredTransition, (), (migrate, reschedule, force_reschedule, no_shutdown_delay))

struct RescheduleEvent {
  std::int64_t reschedule_time = 0;  // Unix nanoseconds
  std::string prev_alloc_id;
  std::string prev_node_id;
  Duration delay{};
};
BOOST_DESCRIBE_STRUCT(RescheduleEvent, (), (reschedule_time, prev_alloc_id, prev_node_id, delay))

struct RescheduleTracker {
  std::vector<RescheduleEvent> events;
};
BOOST_DESCRIBE_STRUCT(RescheduleTracker, (), (events))

struct AllocDeploymentStatus {
  std::optional<bool> healthy;
  WallTime timestamp;
  bool canary = false;
  std::uint64_t modify_index = 0;
};
BOOST_DESCRIBE_STRUCT(AllocDeploymentStatus, (), (healthy, timestamp, canary, modify_index))

struct NodeScore {
  std::string node_id;
  std::map<std::string, double> scores;
  double norm_score = 0;
};
BOOST_DESCRIBE_STRUCT(NodeScore, (), (node_id, scores, norm_score))

/// How the scheduler came to its choice.
struct AllocMetric {
  std::int32_t nodes_evaluated = 0;
  std::int32_t nodes_filtered = 0;
  std::int32_t nodes_in_pool = 0;
  std::map<std::string, std::int32_t> nodes_available;  // by datacenter
  std::map<std::string, std::int32_t> class_filtered;
  std::map<std::string, std::int32_t> constraint_filtered;
  std::int32_t nodes_exhausted = 0;
  std::map<std::string, std::int32_t> class_exhausted;
  std::map<std::string, std::int32_t> dimension_exhausted;
  std::vector<std::string> quota_exhausted;
  std::map<std::string, Resources> resources_exhausted;
  std::map<std::string, double> scores;
  std::vector<NodeScore> score_meta_data;
  Duration allocation_time{};
  std::int32_t coalesced_failures = 0;
};
BOOST_DESCRIBE_STRUCT(AllocMetric, (),
                      (nodes_evaluated, nodes_filtered, nodes_in_pool, nodes_available, class_filtered,
                       constraint_filtered, nodes_exhausted, class_exhausted, dimension_exhausted, quota_exhausted,
                       resources_exhausted, scores, score_meta_data, allocation_time, coalesced_failures))

/// A change of one field over time, such as when an allocation was lost.
struct AllocStateChange {
  std::string field;
  std::string value;
  WallTime time;
};
BOOST_DESCRIBE_STRUCT(AllocStateChange, (), (field, value, time))

struct Allocation {
  std::string id;
  std::string namespace_;
  std::string eval_id;
  std::string name;  // job.group[index]
  std::string node_id;
  std::string node_name;
  std::string job_id;
  std::shared_ptr<const Job> job;  // as it was when placed
  std::string task_group;
  AllocatedResources allocated_resources;
  std::shared_ptr<const AllocMetric> metrics;
  DesiredStatus desired_status = DesiredStatus::run;
  std::string desired_description;
  DesiredTransition desired_transition;
  ClientStatus client_status = ClientStatus::pending;
  std::string client_description;
  std::map<std::string, TaskState> task_states;
  std::vector<AllocStateChange> alloc_states;
  std::string previous_allocation;
  std::string next_allocation;
  std::string deployment_id;
  std::optional<AllocDeploymentStatus> deployment_status;
  std::optional<RescheduleTracker> reschedule_tracker;
  std::string followup_eval_id;
  std::vector<std::string> preempted_allocations;
  std::string preempted_by_allocation;
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;
  std::uint64_t alloc_modify_index = 0;
  std::int64_t create_time = 0;  // Unix nanoseconds
  std::int64_t modify_time = 0;

  /// The servers want it stopped.
  bool server_terminal() const { return desired_status != DesiredStatus::run; }
  /// The client says it has ended (or is gone with its node).
  bool client_terminal() const {
    return client_status == ClientStatus::complete || client_status == ClientStatus::failed ||
           client_status == ClientStatus::lost;
  }
  bool terminal() const { return server_terminal() || client_terminal(); }
  /// The number in its name, or -1.
  std::int32_t index() const;
};
BOOST_DESCRIBE_STRUCT(Allocation, (),
                      (id, namespace_, eval_id, name, node_id, node_name, job_id, job, task_group, allocated_resources,
                       metrics, desired_status, desired_description, desired_transition, client_status,
                       client_description, task_states, alloc_states, previous_allocation, next_allocation,
                       deployment_id, deployment_status, reschedule_tracker, followup_eval_id, preempted_allocations,
                       preempted_by_allocation, create_index, modify_index, alloc_modify_index, create_time,
                       modify_time))

/// "web.api[3]"
std::string alloc_name(std::string_view job_id, std::string_view group, std::int32_t index);

}  // namespace core::model

namespace core::describe {
template <>
struct JsonRules<model::DesiredTransition> {
  static constexpr std::array rules{JsonRule{"migrate"}};
};
template <>
struct JsonRules<model::TaskEvent> {
  static constexpr std::array rules{JsonRule{.field = "details", .empty_not_null = true}};
};
template <>
struct JsonRules<model::Allocation> {
  static constexpr std::array rules{JsonRule{.field = "followup_eval_id", .name = "FollowupEvalID", .omit_empty = true},
                                    JsonRule{.field = "desired_description", .omit_empty = true},
                                    JsonRule{.field = "desired_transition", .omit_empty = true},
                                    JsonRule{.field = "alloc_states", .omit_empty = true},
                                    JsonRule{.field = "previous_allocation", .omit_empty = true},
                                    JsonRule{.field = "next_allocation", .omit_empty = true},
                                    JsonRule{.field = "deployment_id", .omit_empty = true},
                                    JsonRule{.field = "deployment_status", .omit_empty = true},
                                    JsonRule{.field = "reschedule_tracker", .omit_empty = true},
                                    JsonRule{.field = "preempted_allocations", .omit_empty = true},
                                    JsonRule{.field = "preempted_by_allocation", .omit_empty = true}};
};
}  // namespace core::describe

// Their tables are made once, in tables.cpp: a big one costs the compiler seconds.
namespace core::describe {
extern template const Type& type_of<model::Allocation>();
extern template const Type& type_of<model::AllocMetric>();
extern template const Type& type_of<model::TaskState>();
extern template const Type& type_of<model::DesiredTransition>();
}  // namespace core::describe
