#include "core/client/task_event.hpp"

#include <fmt/format.h>

#include "core/client/restart_policy.hpp"
#include "core/describe/text.hpp"

namespace core::client::task_event {
namespace {

model::TaskEvent make(std::string type, std::string display_message) {
  model::TaskEvent event;
  event.type = std::move(type);
  event.display_message = std::move(display_message);
  return event;
}

void set_fails_task(model::TaskEvent& event) {
  event.fails_task = true;
  event.details["fails_task"] = "true";
}

}  // namespace

model::TaskEvent received() { return make("Received", "Task received by client"); }

model::TaskEvent building_task_dir() {
  auto event = make("Task Setup", "Building Task Directory");
  event.message = event.display_message;
  event.details["message"] = event.display_message;
  return event;
}

model::TaskEvent setup_failure(std::string reason, bool fails_task) {
  auto event = make("Setup Failure", reason);
  event.details["setup_error"] = reason;
  event.setup_error = std::move(reason);
  if (fails_task) set_fails_task(event);
  return event;
}

model::TaskEvent failed_validation(std::string error) {
  auto event = make("Failed Validation", error);
  event.details["validation_error"] = error;
  event.validation_error = std::move(error);
  return event;
}

model::TaskEvent driver_failure(std::string error) {
  auto event = make("Driver Failure", error.empty() ? "Failed to start task" : error);
  event.details["driver_error"] = error;
  event.driver_error = std::move(error);
  return event;
}

model::TaskEvent started() { return make("Started", "Task started by client"); }

model::TaskEvent terminated(const Exit& exit) {
  std::string text = fmt::format("Exit Code: {}", exit.exit_code);
  if (exit.signal != 0) text += fmt::format(", Signal: {}", exit.signal);
  if (!exit.message.empty()) text += fmt::format(", Exit Message: \"{}\"", exit.message);
  auto event = make("Terminated", std::move(text));
  event.exit_code = exit.exit_code;
  event.signal = exit.signal;
  event.message = exit.message;
  event.details["exit_code"] = std::to_string(exit.exit_code);
  event.details["signal"] = std::to_string(exit.signal);
  event.details["oom_killed"] = exit.oom_killed ? "true" : "false";
  if (!exit.message.empty()) event.details["exit_message"] = exit.message;
  return event;
}

model::TaskEvent restarting(Duration delay, std::string reason) {
  std::string text = "Task restarting in " + describe::duration_text(delay);
  if (!reason.empty() && reason != within_policy) text = reason + " - " + text;
  auto event = make("Restarting", std::move(text));
  event.start_delay = delay.count();
  event.details["start_delay"] = std::to_string(delay.count());
  event.details["restart_reason"] = reason;
  event.restart_reason = std::move(reason);
  return event;
}

model::TaskEvent not_restarting(std::string reason) {
  auto event = make("Not Restarting", reason.empty() ? "Task exceeded restart policy" : reason);
  event.details["restart_reason"] = reason;
  event.restart_reason = std::move(reason);
  set_fails_task(event);
  return event;
}

model::TaskEvent killing(Duration kill_timeout) {
  const std::string timeout = describe::duration_text(kill_timeout);
  auto event = make("Killing", kill_timeout == Duration{}
                                   ? "Sent interrupt"
                                   : fmt::format("Sent interrupt. Waiting {} before force killing", timeout));
  event.kill_timeout = kill_timeout;
  event.details["kill_timeout"] = timeout;
  return event;
}

model::TaskEvent killed() { return make("Killed", "Task successfully killed"); }

model::TaskEvent waiting_for_shutdown_delay(Duration delay) {
  return make("Waiting for shutdown delay",
              fmt::format("Waiting for shutdown_delay of {} before killing the task.", describe::duration_text(delay)));
}

model::TaskEvent skipping_shutdown_delay(Duration delay) {
  return make("Skipping shutdown delay",
              fmt::format("Skipping shutdown_delay of {} before killing the task.", describe::duration_text(delay)));
}

model::TaskEvent sibling_failed(const std::string& sibling) {
  auto event = make("Sibling Task Failed", fmt::format("Task's sibling \"{}\" failed", sibling));
  event.failed_sibling = sibling;
  event.details["failed_sibling"] = sibling;
  return event;
}

model::TaskEvent leader_dead() { return make("Leader Task Dead", "Leader Task in Group dead"); }
model::TaskEvent main_tasks_dead() { return make("Main Tasks Dead", "Main tasks in the group died"); }

model::TaskEvent restore_failed() {
  return make("Failed Restoring Task", "failed to restore task; will not run until server is contacted");
}

void append(model::TaskState& state, model::TaskEvent event) {
  if (state.events.size() >= kept)
    state.events.erase(state.events.begin(),
                       state.events.begin() + static_cast<std::ptrdiff_t>(state.events.size() - kept + 1));
  state.events.push_back(std::move(event));
}

}  // namespace core::client::task_event
