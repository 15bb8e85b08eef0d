// What the plan applier let through: stops, in-place updates and placements (server-internals §12).
#include <map>
#include <utility>

#include <fmt/format.h>

#include "core/base/mutant.hpp"
#include "core/describe/compare.hpp"
#include "core/describe/text.hpp"
#include "core/state/apply.hpp"
#include "core/state/watch.hpp"

namespace core::state {
namespace {

// Nomad's word for the field in AllocStates.
constexpr std::string_view client_status_field = "client_status";

// Of the states that servers give an allocation, when it got there matters later (disconnect windows).
void set_client_status(model::Allocation& alloc, model::ClientStatus status, std::string_view word, WallTime time) {
  if (alloc.client_status == status) return;
  alloc.client_status = status;
  alloc.alloc_states.push_back({std::string(client_status_field), std::string(word), time});
}

}  // namespace

Apply::Error Apply::check_plan(const ApplyPlanResult& command) const {
  if (!command.eval_id.empty() && !tables_.evals().contains(command.eval_id))
    return fmt::format("unable to find eval id \"{}\"", command.eval_id);
  for (const auto& stop : command.stops)
    if (!tables_.allocs().contains(stop.alloc_id)) return fmt::format("alloc \"{}\" doesn't exist", stop.alloc_id);
  for (const auto& alloc : command.placements) {
    if (auto error = check_id("alloc", alloc.id); !error.empty()) return error;
    if (auto error = check_id("alloc node", alloc.node_id); !error.empty()) return error;
    if (alloc.eval_id.find('\0') != std::string::npos) return "alloc eval ID contains a NUL byte";
    const auto* row = tables_.allocs().find(alloc.id);
    const auto& job = alloc.job ? alloc.job : command.job ? command.job : row != nullptr ? row->value->job : nullptr;
    if (job == nullptr) return fmt::format("attempting to upsert allocation \"{}\" without a job", alloc.id);
    if (auto error = check_id("alloc job namespace", job->namespace_); !error.empty()) return error;
    if (auto error = check_id("alloc job", job->id); !error.empty()) return error;
  }
  return check_evals(command.preemption_evals);
}

Apply::Error Apply::on(const ApplyPlanResult& command) {
  if (auto error = check_plan(command); !error.empty()) return error;

  std::map<std::string_view, std::string> preempted_by;
  for (const auto& alloc : command.placements)
    for (const auto& id : alloc.preempted_allocations) preempted_by.emplace(id, alloc.id);
  for (const auto& stop : command.stops) {
    const auto preemptor = preempted_by.find(stop.alloc_id);
    stop_alloc(stop, preemptor != preempted_by.end() ? preemptor->second : "");
  }
  const Ref<model::Job> job = shared_job(command.job);
  for (const auto& alloc : command.placements) place_alloc(alloc, job);
  if (const auto* row = tables_.evals().find(command.eval_id)) store_eval(model::Evaluation(*row->value));
  put_evals(command.preemption_evals);
  return {};
}

void Apply::stop_alloc(const model::AllocStop& stop, const std::string& preempted_by) {
  model::Allocation alloc = *tables_.allocs().find(stop.alloc_id)->value;
  if (!base::mutant("K47") || stop.client_status != model::ClientStatus::lost)
    alloc.desired_status = model::DesiredStatus::stop;
  alloc.desired_description = stop.desired_description;
  if (!preempted_by.empty()) {
    alloc.desired_status = model::DesiredStatus::evict;
    alloc.preempted_by_allocation = preempted_by;
    if (alloc.desired_description.empty())
      alloc.desired_description = fmt::format("Preempted by alloc ID {}", preempted_by);
  }
  if (stop.client_status != model::ClientStatus::pending)
    set_client_status(alloc, stop.client_status, describe::text_of(stop.client_status), time_);
  if (!stop.followup_eval_id.empty()) alloc.followup_eval_id = stop.followup_eval_id;
  alloc.modify_index = index_;
  alloc.alloc_modify_index = index_;
  alloc.modify_time = unix_ns();
  put_alloc(std::move(alloc));
}

void Apply::place_alloc(model::Allocation alloc, const Ref<model::Job>& job) {
  const auto* row = tables_.allocs().find(alloc.id);
  // An allocation that keeps its job's older version says so itself.
  if (alloc.job == nullptr) alloc.job = job != nullptr ? job : row->value->job;
  alloc.namespace_ = alloc.job->namespace_;
  alloc.job_id = alloc.job->id;
  alloc.modify_index = index_;
  alloc.alloc_modify_index = index_;
  alloc.modify_time = unix_ns();
  if (row != nullptr) {
    update_alloc_in_place(std::move(alloc), *Ref<model::Allocation>(row->value));
    return;
  }
  alloc.create_index = index_;
  alloc.create_time = unix_ns();
  alloc.client_status = model::ClientStatus::pending;
  link_previous_alloc(alloc);
  count_placed(alloc);
  put_alloc(std::move(alloc));
}

// The scheduler worked on an older copy: what the client has said since stays, unless the servers now say
// that it is lost or unknown.
void Apply::update_alloc_in_place(model::Allocation alloc, const model::Allocation& before) {
  const auto wanted = alloc.client_status;
  alloc.create_index = before.create_index;
  alloc.create_time = before.create_time;
  alloc.client_status = before.client_status;
  alloc.client_description = before.client_description;
  alloc.task_states = before.task_states;
  alloc.alloc_states = before.alloc_states;
  alloc.next_allocation = before.next_allocation;
  if (wanted == model::ClientStatus::lost || wanted == model::ClientStatus::unknown)
    set_client_status(alloc, wanted, describe::text_of(wanted), time_);
  put_alloc(std::move(alloc));
}

void Apply::link_previous_alloc(const model::Allocation& alloc) {
  const auto* row = tables_.allocs().find(alloc.previous_allocation);
  if (row == nullptr) return;
  model::Allocation previous = *row->value;
  previous.next_allocation = alloc.id;
  previous.modify_index = index_;
  previous.modify_time = unix_ns();
  put_alloc(std::move(previous));
}

// A decoded command brings a copy of the job of its own. All of one version's allocations hold the table's.
Ref<model::Job> Apply::shared_job(const Ref<model::Job>& job) const {
  if (job == nullptr) return nullptr;
  const std::string key = job_key(job->namespace_, job->id);
  for (const auto* row : {tables_.jobs().find(key), tables_.job_versions().find(version_key(key, job->version))})
    if (row != nullptr && describe::equal(*row->value, *job)) return row->value;
  return job;
}

}  // namespace core::state
