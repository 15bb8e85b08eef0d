// What `job plan` says: the difference a registration would make, and what the scheduler would do.
#pragma once

#include <string>
#include <string_view>

#include "agent/cli/columns.hpp"
#include "agent/cli/json.hpp"

namespace agent::cli {

/// A JobDiff. With `verbose`, fields that do not change are shown too.
std::string format_job_diff(const Json& diff, bool verbose, const Paint& paint);

/// The lines under "Scheduler dry-run:".
std::string format_dry_run(const Json& plan, const Json& job, const Paint& paint);

/// "Job Modify Index" and how to use it. `path` is the job file, `flags` those to repeat (with a space behind).
std::string format_modify_index(std::int64_t index, std::string_view flags, std::string_view path, const Paint& paint);

/// 1 when allocations would be created or destroyed, otherwise 0.
int plan_exit_code(const Json& plan);

}  // namespace agent::cli
