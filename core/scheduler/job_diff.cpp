#include "core/scheduler/job_diff.hpp"

#include <algorithm>

#include "core/describe/compare.hpp"

namespace core::scheduler {
namespace {

using describe::equal;

/// What a task finds in NOMAD_META_*: the job's, the group's and its own, the nearer over the farther.
std::map<std::string, std::string> merged_meta(const model::Job& job, const model::TaskGroup& group,
                                               const model::Task& task) {
  std::map<std::string, std::string> meta = task.meta;
  meta.insert(group.meta.begin(), group.meta.end());
  meta.insert(job.meta.begin(), job.meta.end());
  return meta;
}

template <class T>
std::vector<T> joined(const std::vector<T>& a, const std::vector<T>& b) {
  std::vector<T> both = a;
  both.insert(both.end(), b.begin(), b.end());
  return both;
}

bool same_resources(const std::optional<model::Resources>& before, const std::optional<model::Resources>& after) {
  if (before.has_value() != after.has_value()) return false;
  if (!before) return true;
  return before->cpu == after->cpu && before->cores == after->cores && before->memory_mb == after->memory_mb &&
         before->memory_max_mb == after->memory_max_mb && equal(before->networks, after->networks) &&
         equal(before->devices, after->devices);
}

bool same_connect(const std::vector<model::Service>& before, const std::vector<model::Service>& after) {
  const auto connects = [](const std::vector<model::Service>& services) {
    std::vector<boost::json::value> all;
    for (const model::Service& service : services)
      if (!service.connect.is_null()) all.push_back(service.connect);
    return all;
  };
  return connects(before) == connects(after);
}

bool logs_disabled(const model::Task& task) { return task.log_config && task.log_config->disabled; }

bool renders_templates(const std::optional<model::RestartPolicy>& policy) { return policy && policy->render_templates; }

bool same_task(const model::Task& before, const model::Task& after) {
  return before.driver == after.driver && before.user == after.user && before.config == after.config &&
         before.env == after.env && equal(before.artifacts, after.artifacts) && equal(before.vault, after.vault) &&
         equal(before.templates, after.templates) && equal(before.volume_mounts, after.volume_mounts) &&
         equal(before.affinities, after.affinities) && equal(before.identity, after.identity) &&
         same_resources(before.resources, after.resources) && same_connect(before.services, after.services) &&
         renders_templates(before.restart_policy) == renders_templates(after.restart_policy) &&
         logs_disabled(before) == logs_disabled(after);
}

bool same_group(const model::TaskGroup& before, const model::TaskGroup& after) {
  return before.tasks.size() == after.tasks.size() && equal(before.ephemeral_disk, after.ephemeral_disk) &&
         equal(before.networks, after.networks) && equal(before.consul, after.consul) &&
         equal(before.volumes, after.volumes) && same_connect(before.services, after.services) &&
         renders_templates(before.restart_policy) == renders_templates(after.restart_policy);
}

}  // namespace

bool needs_replacement(const model::Job& before, const model::Job& after, std::string_view group) {
  const model::TaskGroup* const old_group = before.find_group(group);
  const model::TaskGroup* const new_group = after.find_group(group);
  if (old_group == nullptr || new_group == nullptr) return true;
  if (!same_group(*old_group, *new_group)) return true;
  if (!equal(joined(before.affinities, old_group->affinities), joined(after.affinities, new_group->affinities)))
    return true;
  if (!equal(joined(before.spreads, old_group->spreads), joined(after.spreads, new_group->spreads))) return true;
  return std::ranges::any_of(new_group->tasks, [&](const model::Task& task) {
    const model::Task* const old_task = old_group->find_task(task.name);
    return old_task == nullptr || !same_task(*old_task, task) ||
           merged_meta(before, *old_group, *old_task) != merged_meta(after, *new_group, task);
  });
}

}  // namespace core::scheduler
