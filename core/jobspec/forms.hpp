// How job files write the structs of the model: renamed keys, labels, and the blocks with forms of their own.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include <boost/describe/class.hpp>

#include "core/jobspec/reader.hpp"
#include "core/model/job.hpp"

namespace core::jobspec {

/// Blocks of a job that its groups or tasks get (jobspec.md §1, §6).
struct JobInherited {
  std::optional<model::Vault> vault;
  std::optional<model::ReschedulePolicy> reschedule;
  std::optional<model::MigrateStrategy> migrate;
  std::vector<model::Task> tasks;  // each becomes a group of its own
};
BOOST_DESCRIBE_STRUCT(JobInherited, (), (vault, reschedule, migrate, tasks))

struct GroupInherited {
  std::optional<model::Vault> vault;
};
BOOST_DESCRIBE_STRUCT(GroupInherited, (), (vault))

std::span<const KeyRule> job_key_rules();
std::span<const SpecialForm> job_forms();

}  // namespace core::jobspec
