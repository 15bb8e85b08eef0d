#include "core/api/spec.hpp"

#include "core/describe/json.hpp"
#include "core/hcl/hcl.hpp"
#include "core/jobspec/jobspec.hpp"

namespace core::api {

std::expected<model::Job, std::string> job_of_json(const boost::json::value& value) {
  if (!value.is_object()) return std::unexpected("Job: wanted an object");
  return jobspec::job_from_json(value.get_object());
}

void complete_job(model::Job& job) {
  jobspec::canonicalize(job, job.region, job.namespace_);
  jobspec::add_implied_constraints(job);
}

Verdict judge_job(const model::Job& job) {
  jobspec::Validation found = jobspec::validate(job);
  return {std::move(found.errors), std::move(found.warnings)};
}

std::string errors_text(const std::vector<std::string>& errors) {
  return errors.empty() ? std::string{} : jobspec::multi_error(errors);
}

std::string warnings_text(const std::vector<std::string>& warnings) {
  if (warnings.empty()) return {};
  std::string out = std::to_string(warnings.size()) + (warnings.size() == 1 ? " warning:\n" : " warnings:\n");
  for (const std::string& warning : warnings) out += "\n* " + warning;
  return out;
}

std::expected<model::Job, std::string> job_of_text(const std::string& text, const std::string& variables) {
  jobspec::ParseJobOptions options;
  if (!variables.empty()) options.variables.push_back({jobspec::VariableInput::From::file, "variables.hcl", variables});
  auto job = jobspec::parse_job(text, "input.hcl", options);
  if (!job) return std::unexpected("Failed to parse job: " + hcl::one_line(job.error()));
  return std::move(*job);
}

boost::json::value diff_json(const model::Job* before, const model::Job* after,
                             const std::map<std::string, model::DesiredUpdates>& updates) {
  jobspec::JobDiff difference = jobspec::diff(before, after);
  if (!updates.empty()) jobspec::annotate(difference, updates);
  return describe::to_json(difference);
}

}  // namespace core::api
