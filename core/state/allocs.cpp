// Allocations as their clients and operators change them (client-internals; server-internals §10).
#include <map>
#include <set>
#include <utility>

#include "core/base/mutant.hpp"
#include "core/state/apply.hpp"
#include "core/state/watch.hpp"

namespace core::state {
namespace {

/// A client says only whether its allocation is healthy, and since when; canary or not is the servers'.
void merge_health(model::Allocation& alloc, const model::Allocation& reported, std::uint64_t index) {
  if (!reported.deployment_status) return;
  if (!alloc.deployment_status) {
    alloc.deployment_status = reported.deployment_status;
    alloc.deployment_status->modify_index = index;
    return;
  }
  const auto& healthy = reported.deployment_status->healthy;
  if (!healthy || alloc.deployment_status->healthy == healthy) return;
  alloc.deployment_status->healthy = healthy;
  alloc.deployment_status->timestamp = reported.deployment_status->timestamp;
  alloc.deployment_status->modify_index = index;
}

void merge(model::DesiredTransition& into, const model::DesiredTransition& wish) {
  if (wish.migrate) into.migrate = wish.migrate;
  if (wish.reschedule) into.reschedule = wish.reschedule;
  if (wish.force_reschedule) into.force_reschedule = wish.force_reschedule;
  if (wish.no_shutdown_delay) into.no_shutdown_delay = wish.no_shutdown_delay;
}

}  // namespace

Apply::Error Apply::on(const UpdateAllocsFromClient& command) {
  if (auto error = check_evals(command.evals); !error.empty()) return error;
  std::map<std::string, const ClientReport*> nodes;  // that are in touch, with what they report as
  std::set<std::string> late;
  for (const ClientReport& report : command.reports) {
    if (is_late(report))
      late.insert(report.node_id);
    else
      nodes.emplace(report.node_id, &report);
  }
  for (const auto& reported : command.allocs) {
    const auto* row = tables_.allocs().find(reported.id);
    if (row == nullptr || late.contains(row->value->node_id)) continue;
    nodes.emplace(row->value->node_id, nullptr);
    update_alloc_from_client(reported);
  }
  for (const auto& [id, report] : nodes) {
    const auto* row = tables_.nodes().find(id);
    if (row == nullptr) continue;
    // Says that the client is in touch; no change of the node that a list of nodes should wake for.
    model::Node node = *row->value;
    node.last_alloc_update_index = index_;
    if (report != nullptr) {
      node.report_life = report->life;
      node.report_number = report->number;
    }
    tables_.put(std::make_shared<const model::Node>(std::move(node)));
  }
  put_evals(command.evals);
  return {};
}

// A call that its client had given up, and which the network delivered after those that came later.
bool Apply::is_late(const ClientReport& report) const {
  const auto* row = tables_.nodes().find(report.node_id);
  if (row == nullptr || base::mutant("M21")) return false;
  return std::pair(report.life, report.number) <= std::pair(row->value->report_life, row->value->report_number);
}

void Apply::update_alloc_from_client(const model::Allocation& reported) {
  model::Allocation alloc = *tables_.allocs().find(reported.id)->value;
  alloc.client_status = reported.client_status;
  alloc.client_description = reported.client_description;
  alloc.task_states = reported.task_states;
  merge_health(alloc, reported, index_);
  alloc.modify_index = index_;
  alloc.modify_time = unix_ns();
  put_alloc(std::move(alloc));
}

Apply::Error Apply::on(const UpdateDesiredTransition& command) {
  if (auto error = check_evals(command.evals); !error.empty()) return error;
  for (const auto& [id, wish] : command.transitions) {
    const auto* row = tables_.allocs().find(id);
    if (row == nullptr) continue;
    model::Allocation alloc = *row->value;
    merge(alloc.desired_transition, wish);
    alloc.modify_index = index_;
    alloc.alloc_modify_index = index_;
    alloc.modify_time = unix_ns();
    put_alloc(std::move(alloc));
  }
  put_evals(command.evals);
  return {};
}

void Apply::put_alloc(model::Allocation alloc) {
  if (const auto* row = tables_.allocs().find(alloc.id)) {
    // One that changes its node or job leaves the old one's lists too.
    touch_alloc(*row->value);
    count_alloc(*row->value, -1);
  }
  touch_alloc(alloc);
  count_alloc(alloc, 1);
  tables_.put(std::make_shared<const model::Allocation>(std::move(alloc)));
}

void Apply::erase_alloc(const Ref<model::Allocation>& alloc) {
  touch_alloc(*alloc);
  // What has ended stays in the summary: it tells the job's history, not the table's content.
  if (!alloc->client_terminal()) count_alloc(*alloc, -1);
  tables_.erase_alloc(alloc->id);
}

void Apply::touch_alloc(const model::Allocation& alloc) {
  touch_table(Table::allocs);
  touch(watch::alloc(alloc.id));
  touch(watch::node_allocs(alloc.node_id));
  touch(watch::job_allocs(alloc.namespace_, alloc.job_id));
  touch(watch::eval_allocs(alloc.eval_id));
  unsettled_jobs_[job_key(alloc.namespace_, alloc.job_id)];
}

}  // namespace core::state
