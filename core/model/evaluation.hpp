// An evaluation: the wish that the scheduler look at one job again (http-api.md §11).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "core/model/allocation.hpp"

namespace core::model {

enum class EvalStatus { blocked, pending, complete, failed, canceled };
BOOST_DESCRIBE_ENUM(EvalStatus, blocked, pending, complete, failed, canceled)

enum class EvalTrigger {
  job_register,
  job_deregister,
  periodic_job,
  node_drain,
  node_update,
  alloc_stop,
  scheduled,
  rolling_update,
  deployment_watcher,
  failed_follow_up,
  max_plan_attempts,
  alloc_failure,
  queued_allocs,
  preemption,
  job_scaling,
  max_disconnect_timeout,
  reconnect,
};
BOOST_DESCRIBE_ENUM(EvalTrigger, job_register, job_deregister, periodic_job, node_drain, node_update, alloc_stop,
                    scheduled, rolling_update, deployment_watcher, failed_follow_up, max_plan_attempts, alloc_failure,
                    queued_allocs, preemption, job_scaling, max_disconnect_timeout, reconnect)

struct Evaluation {
  std::string id;
  std::string namespace_;
  std::int32_t priority = 50;
  std::string type;  // the job's: service, batch, system, sysbatch, _core
  EvalTrigger triggered_by = EvalTrigger::job_register;
  std::string job_id;
  std::uint64_t job_modify_index = 0;
  std::string node_id;
  std::uint64_t node_modify_index = 0;
  std::string deployment_id;
  EvalStatus status = EvalStatus::pending;
  std::string status_description;
  Duration wait{};
  WallTime wait_until;
  std::string next_eval;
  std::string previous_eval;
  std::string blocked_eval;
  std::map<std::string, AllocMetric> failed_tg_allocs;
  std::map<std::string, bool> class_eligibility;
  std::string quota_limit_reached;
  bool escaped_computed_class = false;
  bool annotate_plan = false;
  std::map<std::string, std::int32_t> queued_allocations;
  std::uint64_t snapshot_index = 0;
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;
  std::int64_t create_time = 0;  // Unix nanoseconds
  std::int64_t modify_time = 0;

  bool terminal() const {
    return status == EvalStatus::complete || status == EvalStatus::failed || status == EvalStatus::canceled;
  }
};
BOOST_DESCRIBE_STRUCT(Evaluation, (),
                      (id, namespace_, priority, type, triggered_by, job_id, job_modify_index, node_id,
                       node_modify_index, deployment_id, status, status_description, wait, wait_until, next_eval,
                       previous_eval, blocked_eval, failed_tg_allocs, class_eligibility, quota_limit_reached,
                       escaped_computed_class, annotate_plan, queued_allocations, snapshot_index, create_index,
                       modify_index, create_time, modify_time))

}  // namespace core::model

namespace core::describe {
template <>
struct JsonRules<model::Evaluation> {
  static constexpr std::array rules{JsonRule{.field = "job_modify_index", .omit_empty = true},
                                    JsonRule{.field = "node_id", .omit_empty = true},
                                    JsonRule{.field = "node_modify_index", .omit_empty = true},
                                    JsonRule{.field = "deployment_id", .omit_empty = true},
                                    JsonRule{.field = "status_description", .omit_empty = true},
                                    JsonRule{.field = "wait", .omit_empty = true},
                                    JsonRule{.field = "wait_until", .omit_empty = true},
                                    JsonRule{.field = "next_eval", .omit_empty = true},
                                    JsonRule{.field = "previous_eval", .omit_empty = true},
                                    JsonRule{.field = "blocked_eval", .omit_empty = true},
                                    JsonRule{.field = "failed_tg_allocs", .omit_empty = true},
                                    JsonRule{.field = "class_eligibility", .omit_empty = true},
                                    JsonRule{.field = "quota_limit_reached", .omit_empty = true},
                                    JsonRule{.field = "escaped_computed_class", .omit_empty = true},
                                    JsonRule{.field = "annotate_plan", .omit_empty = true},
                                    JsonRule{.field = "queued_allocations", .omit_empty = true},
                                    JsonRule{.field = "snapshot_index", .omit_empty = true}};
};
// Their tables are made once, in tables.cpp: a big one costs the compiler seconds.
extern template const Type& type_of<model::Evaluation>();
}  // namespace core::describe
