// The part of spec.hpp that can be had without core/jobspec: only jobs in the API's JSON, a few defaults and checks.
#include "core/api/spec.hpp"

#include <fmt/format.h>

#include "core/describe/json.hpp"

namespace core::api {

std::expected<model::Job, std::string> job_of_json(const boost::json::value& value) {
  auto job = describe::from_json<model::Job>(value);
  if (!job) return std::unexpected("Job." + job.error().text());
  return std::move(*job);
}

void complete_job(model::Job& job) {
  if (job.name.empty()) job.name = job.id;
  if (job.type.empty()) job.type = "service";
  if (job.priority == 0) job.priority = 50;
  if (job.node_pool.empty()) job.node_pool = "default";
  for (model::TaskGroup& group : job.task_groups) {
    if (!group.count) group.count = 1;
    if (!group.ephemeral_disk) group.ephemeral_disk.emplace();
    for (model::Task& task : group.tasks) {
      if (!task.resources) task.resources.emplace();
      if (!task.log_config) task.log_config.emplace();
      if (!task.kill_timeout) task.kill_timeout = 5s;
    }
  }
}

Verdict judge_job(const model::Job& job) {
  Verdict out;
  if (job.name.empty()) out.errors.push_back("Missing job name");
  if (job.datacenters.empty()) out.errors.push_back("Missing job datacenters");
  if (job.task_groups.empty()) out.errors.push_back("Missing job task groups");
  for (const model::TaskGroup& group : job.task_groups)
    if (group.tasks.empty())
      out.errors.push_back(fmt::format("Task group {} validation failed: Missing tasks for task group", group.name));
  return out;
}

std::string errors_text(const std::vector<std::string>& errors) {
  if (errors.empty()) return {};
  std::string out = fmt::format("{} error{} occurred:\n", errors.size(), errors.size() == 1 ? "" : "s");
  for (const std::string& error : errors) out += "\t* " + error + "\n";
  return out + "\n";
}

std::string warnings_text(const std::vector<std::string>& warnings) {
  if (warnings.empty()) return {};
  std::string out = fmt::format("{} warning{}:\n", warnings.size(), warnings.size() == 1 ? "" : "s");
  for (const std::string& warning : warnings) out += "\n* " + warning;
  return out;
}

std::expected<model::Job, std::string> job_of_text(const std::string&, const std::string&) {
  return std::unexpected("parsing job files is not supported by this agent");
}

boost::json::value diff_json(const model::Job*, const model::Job*,
                             const std::map<std::string, model::DesiredUpdates>&) {
  return nullptr;
}

}  // namespace core::api
