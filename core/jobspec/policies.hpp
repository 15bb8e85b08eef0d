// The policies a job of each type has when it says nothing (jobspec.md §6).
#pragma once

#include <optional>
#include <string_view>

#include "core/model/job.hpp"

namespace core::jobspec {

model::RestartPolicy default_restart(std::string_view job_type);
/// Nothing for system jobs, which are never rescheduled.
std::optional<model::ReschedulePolicy> default_reschedule(std::string_view job_type);
model::UpdateStrategy default_update();
model::MigrateStrategy default_migrate();

}  // namespace core::jobspec
