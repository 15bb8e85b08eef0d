// What a registration would change of a job: the Diff of `job plan` (http-api.md §2, JobDiff).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "core/describe/type.hpp"
#include "core/model/job.hpp"
#include "core/model/plan.hpp"

namespace core::jobspec {

/// Types are the API's words: None, Added, Deleted, Edited.
struct FieldDiff {
  std::string type;
  std::string name;
  std::string old;
  std::string new_;
  std::vector<std::string> annotations;
};
BOOST_DESCRIBE_STRUCT(FieldDiff, (), (type, name, old, new_, annotations))

struct ObjectDiff {
  std::string type;
  std::string name;
  std::vector<FieldDiff> fields;
  std::vector<ObjectDiff> objects;
};
BOOST_DESCRIBE_STRUCT(ObjectDiff, (), (type, name, fields, objects))

struct TaskDiff {
  std::string type;
  std::string name;
  std::vector<FieldDiff> fields;
  std::vector<ObjectDiff> objects;
  std::vector<std::string> annotations;
};
BOOST_DESCRIBE_STRUCT(TaskDiff, (), (type, name, fields, objects, annotations))

struct TaskGroupDiff {
  std::string type;
  std::string name;
  std::vector<FieldDiff> fields;
  std::vector<ObjectDiff> objects;
  std::vector<TaskDiff> tasks;
  std::map<std::string, std::uint64_t> updates;  // "in-place update": 3
};
BOOST_DESCRIBE_STRUCT(TaskGroupDiff, (), (type, name, fields, objects, tasks, updates))

struct JobDiff {
  std::string type;
  std::string id;
  std::vector<FieldDiff> fields;
  std::vector<ObjectDiff> objects;
  std::vector<TaskGroupDiff> task_groups;
};
BOOST_DESCRIBE_STRUCT(JobDiff, (), (type, id, fields, objects, task_groups))

/// From `old_job` to `new_job`, either of which may be null: then all is added or deleted. With `contextual`, objects
/// that changed show their unchanged fields too (type None).
JobDiff diff(const model::Job* old_job, const model::Job* new_job, bool contextual = true);

/// Adds what the scheduler would do: counts a group ("in-place update": 3), and "forces create/destroy update" and
/// the like to fields and tasks.
void annotate(JobDiff& diff, const std::map<std::string, model::DesiredUpdates>& updates);

}  // namespace core::jobspec

namespace core::describe {
template <>
struct JsonRules<jobspec::FieldDiff> {
  static constexpr std::array rules{JsonRule{"new_", "New"}};
};
}  // namespace core::describe
