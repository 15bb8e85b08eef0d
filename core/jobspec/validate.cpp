#include "core/jobspec/validate.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/jobspec/checks.hpp"

namespace core::jobspec {
namespace {

using checks::Errors;

void check_identity(const model::Job& job, Errors& out) {
  if (job.region.empty()) out.emplace_back("Missing job region");
  if (job.id.empty())
    out.emplace_back("Missing job ID");
  else if (job.id.contains(' '))
    out.emplace_back("Job ID contains a space");
  else if (checks::has_null(job.id))
    out.emplace_back("Job ID contains a null character");
  if (job.name.empty())
    out.emplace_back("Missing job name");
  else if (checks::has_null(job.name))
    out.emplace_back("Job Name contains a null character");
  if (job.namespace_.empty()) out.emplace_back("Job must be in a namespace");
}

void check_type(const model::Job& job, const ValidateLimits& limits, Errors& out) {
  static constexpr std::string_view types[] = {"service", "batch", "system", "sysbatch"};
  if (job.type.empty())
    out.emplace_back("Missing job type");
  else if (std::ranges::find(types, job.type) == std::end(types))
    out.push_back(fmt::format("Invalid job type: \"{}\"", job.type));
  if (job.priority < 1 || job.priority > limits.max_priority)
    out.push_back(fmt::format("Job priority must be between [1, {}]", limits.max_priority));
  if (job.datacenters.empty()) out.emplace_back("Missing job datacenters");
  for (const std::string& datacenter : job.datacenters)
    if (datacenter.empty()) out.emplace_back("Job datacenter must be non-empty string");
  if (job.multiregion) out.emplace_back("Multiregion jobs are not supported by this version");
}

void check_placement(const model::Job& job, Errors& out) {
  checks::constraints(job.constraints, false, out);
  if (job.type == "system") {
    if (!job.affinities.empty()) out.emplace_back("System jobs may not have an affinity block");
    if (!job.spreads.empty()) out.emplace_back("System jobs may not have a spread block");
    return;
  }
  checks::affinities(job.affinities, out);
  checks::spreads(job.spreads, out);
}

void check_groups(const model::Job& job, Errors& out) {
  if (job.task_groups.empty()) out.emplace_back("Missing job task groups");
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < job.task_groups.size(); ++i) {
    const model::TaskGroup& group = job.task_groups[i];
    const auto [first, fresh] = seen.emplace(group.name, i + 1);
    if (group.name.empty())
      out.push_back(fmt::format("Job task group {} missing name", i + 1));
    else if (!fresh)
      out.push_back(fmt::format("Job task group {} redefines '{}' from group {}", i + 1, group.name, first->second));
    if (job.type == "system" && group.count.value_or(1) > 1)
      out.push_back(fmt::format("Job task group {} has count {}. Count cannot exceed 1 with system scheduler",
                                group.name, *group.count));
    Errors inner;
    checks::group(group, job, inner);
    checks::nest(out, fmt::format("Task group {}", group.name), inner);
  }
}

// One job must not keep the scheduler busy for ever, nor fill the servers' memory.
void check_count(const model::Job& job, const ValidateLimits& limits, Errors& out) {
  std::int64_t wanted = 0;
  for (const model::TaskGroup& group : job.task_groups) wanted += std::max(group.count.value_or(1), 0);
  if (wanted > limits.max_count)
    out.push_back(
        fmt::format("total count was greater than configured job_max_count: {} > {}", wanted, limits.max_count));
}

void check_launching(const model::Job& job, Errors& out) {
  const bool batch = job.type == "batch" || job.type == "sysbatch";
  if (job.periodic) {
    if (!batch) out.emplace_back("Periodic can only be used with \"batch\" or \"sysbatch\" scheduler");
    checks::periodic(*job.periodic, out);
  }
  if (!job.parameterized_job) return;
  if (!batch) out.emplace_back("Parameterized job can only be used with \"batch\" or \"sysbatch\" scheduler");
  const auto& config = *job.parameterized_job;
  Errors inner;
  if (config.payload != "optional" && config.payload != "required" && config.payload != "forbidden")
    inner.push_back(fmt::format("Invalid payload requirement: \"{}\"", config.payload));
  for (const std::string& key : config.meta_required)
    if (std::ranges::find(config.meta_optional, key) != config.meta_optional.end())
      inner.push_back(
          fmt::format("Required and optional meta keys should be disjoint. Following keys exist in both: "
                      "{{{}}}",
                      key));
  checks::nest(out, "Parameterized job", inner);
}

void warn(const model::Job& job, std::vector<std::string>& out) {
  bool promotes = false;
  bool holds = false;
  for (const model::TaskGroup& group : job.task_groups) {
    const std::int32_t count = group.count.value_or(1);
    if (group.update && group.update->canary > 0) (group.update->auto_promote ? promotes : holds) = true;
    if (group.update && count > 0 && group.update->max_parallel > count)
      out.push_back(
          fmt::format("Update max parallel count is greater than task group count ({} > {}). A destructive "
                      "change would result in the simultaneous replacement of all allocations.",
                      group.update->max_parallel, count));
    for (const auto& network : group.networks)
      if (network.mbits > 0)
        out.emplace_back("mbits has been deprecated as of Nomad 0.12.0. Please remove mbits from the network block");
    for (const model::Task& task : group.tasks) {
      if (task.resources && !task.resources->networks.empty())
        out.emplace_back(
            "task network resources have been deprecated as of Nomad 0.12.0. Please configure networking "
            "via group network block.");
      if (task.kill_timeout && group.update && group.update->progress_deadline > Duration{} &&
          *task.kill_timeout >= group.update->progress_deadline)
        out.push_back(fmt::format("Task {} has a kill timeout longer than the group's progress deadline", task.name));
      for (const model::Template& written : task.templates)
        if (written.vault_grace != Duration{})
          out.emplace_back(
              "VaultGrace has been deprecated as of Nomad 0.11 and ignored since Vault 0.5. Please remove "
              "VaultGrace / vault_grace from template block.");
    }
  }
  if (promotes && holds) out.emplace_back("auto_promote must be true for all groups to enable automatic promotion");
  if (job.periodic && !job.periodic->spec.empty())
    out.emplace_back("cron is deprecated and may be removed in a future release. Use crons instead");
}

}  // namespace

std::string multi_error(std::span<const std::string> errors) {
  if (errors.empty()) return {};
  std::string out = errors.size() == 1 ? "1 error occurred:" : fmt::format("{} errors occurred:", errors.size());
  for (const std::string& error : errors) out += "\n\t* " + error;
  return out + "\n\n";
}

std::string Validation::error_text() const { return multi_error(errors); }

Validation validate(const model::Job& job, const ValidateLimits& limits) {
  Validation out;
  check_identity(job, out.errors);
  check_type(job, limits, out.errors);
  check_placement(job, out.errors);
  const bool updates = job.type == "service" || job.type == "system";
  if (job.update && updates) {
    Errors inner;
    checks::update(*job.update, inner);
    // A group's own block repeats the job's, so that its errors are told there once.
    if (job.task_groups.empty()) checks::nest(out.errors, "Job update block", inner);
  }
  check_count(job, limits, out.errors);
  check_groups(job, out.errors);
  check_launching(job, out.errors);
  warn(job, out.warnings);
  return out;
}

}  // namespace core::jobspec
