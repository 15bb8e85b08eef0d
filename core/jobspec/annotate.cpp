#include <array>
#include <charconv>

#include "core/jobspec/job_diff.hpp"

namespace core::jobspec {
namespace {

void set_updates(TaskGroupDiff& group, const model::DesiredUpdates& updates) {
  const std::pair<const char*, std::uint64_t> all[] = {
      {"ignore", updates.ignore},
      {"create", updates.place},
      {"migrate", updates.migrate},
      {"destroy", updates.stop},
      {"in-place update", updates.in_place_update},
      {"create/destroy update", updates.destructive_update},
      {"canary", updates.canary},
  };
  for (const auto& [name, count] : all)
    if (count > 0) group.updates[name] = count;
}

void annotate_count(TaskGroupDiff& group) {
  for (FieldDiff& field : group.fields) {
    if (field.name != "Count") continue;
    if (field.type == "Added") {
      field.annotations.emplace_back("forces create");
    } else if (field.type == "Deleted") {
      field.annotations.emplace_back("forces destroy");
    } else if (field.type == "Edited") {
      std::int64_t before = 0;
      std::int64_t after = 0;
      std::from_chars(field.old.data(), field.old.data() + field.old.size(), before);
      std::from_chars(field.new_.data(), field.new_.data() + field.new_.size(), after);
      if (before != after) field.annotations.emplace_back(before < after ? "forces create" : "forces destroy");
    }
  }
}

bool destroys(const ObjectDiff& object) {
  static constexpr std::array in_place{"LogConfig", "Service", "Constraint", "Affinity", "RestartPolicy"};
  for (const char* name : in_place)
    if (object.name == name) return false;
  return true;
}

// A task that changed is replaced, unless everything that changed can be told to a running one.
void annotate_task(TaskDiff& task, const TaskGroupDiff& group) {
  if (task.type == "None") return;
  // Of a new or an old group all tasks come or go; of a group that stays, a task that comes or goes changes it.
  if (group.type == "Added" || group.type == "Deleted") {
    task.annotations.emplace_back(group.type == "Added" ? "forces create" : "forces destroy");
    return;
  }
  bool destructive = task.type != "Edited";
  for (const FieldDiff& field : task.fields)
    destructive |= field.name != "KillTimeout" && field.name != "ShutdownDelay";
  for (const ObjectDiff& object : task.objects) destructive |= destroys(object);
  task.annotations.emplace_back(destructive ? "forces create/destroy update" : "forces in-place update");
}

}  // namespace

void annotate(JobDiff& diff, const std::map<std::string, model::DesiredUpdates>& updates) {
  for (TaskGroupDiff& group : diff.task_groups) {
    if (const auto found = updates.find(group.name); found != updates.end()) set_updates(group, found->second);
    annotate_count(group);
    for (TaskDiff& task : group.tasks) annotate_task(task, group);
  }
}

}  // namespace core::jobspec
