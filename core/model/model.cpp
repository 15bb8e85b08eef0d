#include <charconv>

#include <fmt/format.h>

#include "core/model/allocation.hpp"

namespace core::model {

const Task* TaskGroup::find_task(std::string_view task_name) const {
  for (const Task& task : tasks)
    if (task.name == task_name) return &task;
  return nullptr;
}

const TaskGroup* Job::find_group(std::string_view group) const {
  for (const TaskGroup& candidate : task_groups)
    if (candidate.name == group) return &candidate;
  return nullptr;
}

std::string alloc_name(std::string_view job_id, std::string_view group, std::int32_t index) {
  return fmt::format("{}.{}[{}]", job_id, group, index);
}

std::int32_t Allocation::index() const {
  const auto open = name.rfind('[');
  if (open == std::string::npos || !name.ends_with(']')) return -1;
  std::int32_t number = -1;
  const char* const from = name.data() + open + 1;
  const char* const to = name.data() + name.size() - 1;
  const auto [end, error] = std::from_chars(from, to, number);
  return error == std::errc{} && end == to ? number : -1;
}

}  // namespace core::model
