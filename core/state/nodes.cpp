// Nodes: registration, status, eligibility (server-internals §10).
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/state/apply.hpp"
#include "core/state/watch.hpp"

namespace core::state {
namespace {

constexpr std::size_t max_node_events = 10;

bool unresponsive(model::NodeStatus status) {
  return status == model::NodeStatus::down || status == model::NodeStatus::disconnected;
}

void add_event(model::Node& node, model::NodeEvent event, std::uint64_t index) {
  event.create_index = index;
  if (node.events.size() >= max_node_events)
    node.events.erase(node.events.begin(), node.events.end() - (max_node_events - 1));
  node.events.push_back(std::move(event));
}

void set_status(model::Node& node, model::NodeStatus status, std::uint64_t index, std::int64_t unix_seconds) {
  if (node.status == status) return;
  if (unresponsive(status) && !unresponsive(node.status)) node.last_missed_heartbeat_index = index;
  node.status = status;
  node.status_updated_at = unix_seconds;
}

}  // namespace

void Apply::put_node(model::Node node) {
  node.modify_index = index_;
  touch(watch::node(node.id));
  tables_.put(std::make_shared<const model::Node>(std::move(node)));
  touch_table(Table::nodes);
}

Apply::Error Apply::on(const RegisterNode& command) {
  if (auto error = check_id("node", command.node.id); !error.empty()) return error;
  if (auto error = check_evals(command.evals); !error.empty()) return error;

  model::Node node = command.node;
  if (const auto* row = tables_.nodes().find(node.id)) {
    const model::Node& before = *row->value;
    const auto status = node.status;
    node.create_index = before.create_index;
    node.events = before.events;
    node.scheduling_eligibility = before.scheduling_eligibility;
    node.drain_strategy = before.drain_strategy;
    node.last_missed_heartbeat_index = before.last_missed_heartbeat_index;
    node.last_alloc_update_index = before.last_alloc_update_index;
    // A life has the number of its registration. After a restore the one before may be of another, longer log, and
    // would outdo all to come.
    node.report_life = std::min(before.report_life, index_ - 1);
    node.report_number = before.report_number;
    node.status_updated_at = before.status_updated_at;
    node.status = before.status;
    set_status(node, status, index_, unix_seconds());
    if (before.status == model::NodeStatus::down && status != model::NodeStatus::down)
      add_event(node, {.message = "Node re-registered", .subsystem = "Cluster", .timestamp = time_}, index_);
  } else {
    node.create_index = index_;
    node.status_updated_at = unix_seconds();
    node.last_missed_heartbeat_index = unresponsive(node.status) ? index_ : 0;
    node.last_alloc_update_index = 0;
    node.report_life = node.report_number = 0;
    node.events.clear();
    add_event(node, {.message = "Node registered", .subsystem = "Cluster", .timestamp = time_}, index_);
  }
  put_node(std::move(node));
  put_evals(command.evals);
  return {};
}

Apply::Error Apply::on(const DeregisterNodes& command) {
  if (command.node_ids.empty()) return "node ids missing";
  for (const auto& id : command.node_ids)
    if (!tables_.nodes().contains(id)) return fmt::format("node not found: {}", id);
  if (auto error = check_evals(command.evals); !error.empty()) return error;

  for (const auto& id : command.node_ids) {
    tables_.erase_node(id);
    touch(watch::node(id));
  }
  touch_table(Table::nodes);
  put_evals(command.evals);
  return {};
}

Apply::Error Apply::on(const UpdateNodeStatus& command) {
  const auto* row = tables_.nodes().find(command.node_id);
  if (row == nullptr) return "node not found";
  if (auto error = check_evals(command.evals); !error.empty()) return error;

  model::Node node = *row->value;
  set_status(node, command.status, index_, unix_seconds());
  if (command.event) add_event(node, *command.event, index_);
  put_node(std::move(node));
  put_evals(command.evals);
  return {};
}

Apply::Error Apply::on(const UpdateNodeEligibility& command) {
  const auto* row = tables_.nodes().find(command.node_id);
  if (row == nullptr) return "node not found";
  if (row->value->drain_strategy && command.eligibility == model::Eligibility::eligible)
    return "can not set node's scheduling eligibility to eligible while it is draining";
  if (auto error = check_evals(command.evals); !error.empty()) return error;

  model::Node node = *row->value;
  node.scheduling_eligibility = command.eligibility;
  if (command.event) add_event(node, *command.event, index_);
  put_node(std::move(node));
  put_evals(command.evals);
  return {};
}

}  // namespace core::state
