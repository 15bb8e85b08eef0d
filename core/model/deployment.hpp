// A deployment: one version of a service job on its way out (http-api.md §11).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "core/describe/type.hpp"

namespace core::model {

enum class DeploymentStatus {
  running,
  paused,
  failed,
  successful,
  cancelled,
  initializing,
  pending,
  blocked,
  unblocking
};
BOOST_DESCRIBE_ENUM(DeploymentStatus, running, paused, failed, successful, cancelled, initializing, pending, blocked,
                    unblocking)

struct DeploymentState {
  bool auto_revert = false;
  bool auto_promote = false;
  Duration progress_deadline{};
  WallTime require_progress_by;
  bool promoted = false;
  std::vector<std::string> placed_canaries;
  std::int32_t desired_canaries = 0;
  std::int32_t desired_total = 0;
  std::int32_t placed_allocs = 0;
  std::int32_t healthy_allocs = 0;
  std::int32_t unhealthy_allocs = 0;
};
BOOST_DESCRIBE_STRUCT(DeploymentState, (),
                      (auto_revert, auto_promote, progress_deadline, require_progress_by, promoted, placed_canaries,
                       desired_canaries, desired_total, placed_allocs, healthy_allocs, unhealthy_allocs))

struct Deployment {
  std::string id;
  std::string namespace_;
  std::string job_id;
  std::uint64_t job_version = 0;
  std::uint64_t job_modify_index = 0;
  std::uint64_t job_spec_modify_index = 0;
  std::uint64_t job_create_index = 0;
  bool is_multiregion = false;
  std::map<std::string, DeploymentState> task_groups;
  DeploymentStatus status = DeploymentStatus::running;
  std::string status_description;
  std::int32_t eval_priority = 0;
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;
};
BOOST_DESCRIBE_STRUCT(Deployment, (),
                      (id, namespace_, job_id, job_version, job_modify_index, job_spec_modify_index, job_create_index,
                       is_multiregion, task_groups, status, status_description, eval_priority, create_index,
                       modify_index))

}  // namespace core::model

// Their tables are made once, in tables.cpp: a big one costs the compiler seconds.
namespace core::describe {
extern template const Type& type_of<model::Deployment>();
}  // namespace core::describe
