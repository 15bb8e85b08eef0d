// Job files: the front door.
//
//   parse_job                 HCL2 text to a Job
//   job_from_json             the HTTP API's JSON to a Job (api_json.hpp)
//   canonicalize              defaults
//   validate                  what is wrong with a job, in Nomad's words
//   add_implied_constraints   what a job's features ask of nodes
//   diff, annotate            what a registration would change (job_diff.hpp)
//   example_job               the text of `job init` (init.hpp)
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "core/hcl/diagnostic.hpp"
#include "core/hcl/function.hpp"
#include "core/jobspec/api_json.hpp"
#include "core/jobspec/canonicalize.hpp"
#include "core/jobspec/init.hpp"
#include "core/jobspec/job_diff.hpp"
#include "core/jobspec/validate.hpp"
#include "core/jobspec/variables.hpp"
#include "core/model/job.hpp"

namespace core::jobspec {

struct ParseJobOptions {
  std::vector<VariableInput> variables = {};
  /// Values for variables that the file does not declare are errors (`-hcl2-strict`).
  bool strict = true;
  /// Functions beside the pure ones, such as `file` where there are files; may be null.
  const hcl::Functions* functions = nullptr;
};

/// A job file to a Job. Blocks given in part are complete; what is absent altogether `canonicalize` adds. On error
/// hcl::one_line and hcl::render say what is wrong, as Nomad does. `file` is the file's name for those messages.
std::expected<model::Job, hcl::Diagnostics> parse_job(std::string_view text, std::string_view file,
                                                      const ParseJobOptions& options = {});

}  // namespace core::jobspec
