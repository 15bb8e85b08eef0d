// Task events as Nomad writes them: type, fields, details and the sentence people read
// (client-internals.md §7, "Task events").
#pragma once

#include <cstddef>
#include <string>

#include "core/model/allocation.hpp"

namespace core::client::task_event {

/// A task keeps its newest events only.
inline constexpr std::size_t kept = 10;

struct Exit {
  std::int32_t exit_code = 0;
  std::int32_t signal = 0;
  bool oom_killed = false;
  std::string message;  // why nothing better is known
};

model::TaskEvent received();
model::TaskEvent building_task_dir();
/// `reason` is shown as it is.
model::TaskEvent setup_failure(std::string reason, bool fails_task);
model::TaskEvent failed_validation(std::string error);
model::TaskEvent driver_failure(std::string error);
model::TaskEvent started();
model::TaskEvent terminated(const Exit& exit);
model::TaskEvent restarting(Duration delay, std::string reason);
model::TaskEvent not_restarting(std::string reason);
model::TaskEvent killing(Duration kill_timeout);
model::TaskEvent killed();
model::TaskEvent waiting_for_shutdown_delay(Duration delay);
model::TaskEvent skipping_shutdown_delay(Duration delay);
model::TaskEvent sibling_failed(const std::string& sibling);
model::TaskEvent leader_dead();
model::TaskEvent main_tasks_dead();
model::TaskEvent restore_failed();

/// Appends `event`, dropping the oldest beyond `kept`.
void append(model::TaskState& state, model::TaskEvent event);

}  // namespace core::client::task_event
