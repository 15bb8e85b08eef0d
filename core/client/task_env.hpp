// The environment of a task and what `${...}` stands for in its configuration (client-internals.md §10,
// jobspec.md §7).
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>

#include "core/model/allocation.hpp"
#include "core/model/node.hpp"
#include "core/world/host.hpp"

namespace core::client {

/// Where things are said from. All must outlive the call only.
struct TaskPlace {
  const model::Allocation& alloc;  // with its job
  const model::TaskGroup& group;
  const model::Task& task;
  const model::Node& node;
  std::string_view region;
  std::string_view alloc_dir;  // of all allocations
};

class TaskEnv {
 public:
  explicit TaskEnv(const TaskPlace& place);

  /// `text` with `${NAME}`, `${env["NAME"]}`, `${attr.x}`, `${meta.x}` and `${node.x}` replaced. What is not known
  /// stays as written.
  std::string interpolate(std::string_view text) const;
  const std::map<std::string, std::string>& variables() const { return variables_; }

 private:
  void add_place(const TaskPlace& place);
  void add_limits(const TaskPlace& place);
  void add_group_ports(const model::Allocation& alloc);
  void add_task_ports(const TaskPlace& place);
  void add_meta(const TaskPlace& place);
  void clean_names();
  std::string find(std::string_view reference, bool& known) const;

  std::map<std::string, std::string> variables_;
  std::map<std::string, std::string> node_values_;  // "attr.cpu.arch", "node.unique.id", ...
};

/// What the host is to start, or why the task's configuration is not what its driver wants.
std::expected<world::StartTask, std::string> make_start(const TaskPlace& place);

}  // namespace core::client
