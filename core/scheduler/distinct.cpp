#include "core/scheduler/distinct.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace core::scheduler {
namespace {

std::int64_t allowed_count(std::string_view text) {
  std::int64_t count = 1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc{} && end == text.data() + text.size() && count > 0 ? count : 1;
}

}  // namespace

Distinct::Distinct(Cluster& cluster, const model::Job& job) : cluster_(&cluster) {
  take(cluster, job.constraints, "");
  for (const model::TaskGroup& group : job.task_groups) take(cluster, group.constraints, group.name);
}

void Distinct::take(Cluster& cluster, const std::vector<model::Constraint>& constraints, std::string_view group) {
  for (const model::Constraint& constraint : constraints) {
    if (constraint.operand == "distinct_property")
      properties_.push_back(
          {std::string(group), PropertyUse(cluster, constraint.l_target, group), allowed_count(constraint.r_target)});
    if (constraint.operand != "distinct_hosts" || constraint.r_target == "false") continue;
    if (group.empty())
      job_hosts_ = true;
    else
      group_hosts_.emplace_back(group);
  }
}

std::string Distinct::refuses(const model::TaskGroup& group, SlotIndex slot, std::uint32_t group_allocs) {
  if (job_hosts_ && cluster_->job_allocs(slot) > 0) return "distinct_hosts";
  if (group_allocs > 0 && std::ranges::find(group_hosts_, group.name) != group_hosts_.end()) return "distinct_hosts";
  for (Property& property : properties_) {
    if (!property.group.empty() && property.group != group.name) continue;
    const ValueId value = property.use.value_of(slot);
    if (value == no_value) return fmt::format("missing property \"{}\"", property.use.attribute());
    const std::int64_t used = property.use.used(value);
    if (used >= property.allowed)
      return fmt::format("distinct_property: {}={} used by {} allocs", property.use.attribute(),
                         property.use.name_of(value), used);
  }
  return {};
}

void Distinct::change(const Live& live, int by) {
  for (Property& property : properties_) property.use.change(live, by);
}

}  // namespace core::scheduler
