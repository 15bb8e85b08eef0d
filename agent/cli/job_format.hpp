// Jobs, their allocations and deployments as text. Pure: the API's JSON in, what is printed out.
#pragma once

#include <span>
#include <string>

#include "agent/cli/json.hpp"
#include "agent/cli/style.hpp"

namespace agent::cli {

/// The table of `job status`, from /v1/jobs. `with_namespace` adds its column.
std::string format_jobs(const Json& jobs, bool with_namespace);

/// The first block of `job status ID`, from /v1/job/ID.
std::string format_job_basics(const Json& job);

/// All that is behind it for one job; every part may be null.
struct JobParts {
  Json job, summary, evaluations, deployment, allocations;
  Json children;  // jobs launched by this one, for periodic and parameterized jobs
};
std::string format_job_parts(const JobParts& parts, bool show_evaluations, const Style& style);

/// Table of allocation stubs as in `job status`; `node_names` adds that column where verbose.
std::string format_allocs(const Json& allocs, bool node_names, const Style& style);
std::string format_deployment(const Json& deployment, const Style& style);

}  // namespace agent::cli
