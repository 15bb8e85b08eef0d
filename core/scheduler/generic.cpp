// Service and batch jobs: what reconcile() finds missing is placed where the selector says.
#include <algorithm>

#include "core/scheduler/pass.hpp"

namespace core::scheduler {
namespace {

constexpr Duration follow_up_window = std::chrono::seconds(5);  // failures this close share one evaluation
constexpr std::string_view delayed_description = "created for delayed rescheduling";

/// The nodes where this allocation, or one before it, has failed.
std::vector<SlotIndex> failed_on(const Cluster& cluster, const Missing& missing) {
  std::vector<SlotIndex> slots;
  const auto add = [&](const std::string& node_id) {
    const SlotIndex slot = cluster.find(node_id);
    if (slot != no_slot) slots.push_back(slot);
  };
  if (!missing.rescheduled) return slots;
  add(missing.previous->node_id);
  if (missing.previous->reschedule_tracker)
    for (const model::RescheduleEvent& event : missing.previous->reschedule_tracker->events) add(event.prev_node_id);
  return slots;
}

/// A sticky disk is where its last allocation was.
SlotIndex disk_slot(const Cluster& cluster, const Missing& missing) {
  const auto& disk = missing.group->ephemeral_disk;
  if (missing.previous == nullptr || !disk || !disk->sticky) return no_slot;
  return cluster.find(missing.previous->node_id);
}

class Generic {
 public:
  Generic(Pass& pass, const model::Evaluation& eval, const model::Job& job, Rng& rng)
      : pass_(pass), eval_(eval), job_(job), rng_(rng) {}

  void run(Reconciled wanted) {
    pass_.out().plan.annotations = std::move(wanted.updates);
    for (const Stop& stop : wanted.stops) pass_.stop(stop);
    for (const InPlace& in_place : wanted.in_place) update_in_place(in_place, wanted.destructive);
    follow_up(wanted.later);
    pass_.out().plan.placements.reserve(pass_.out().plan.placements.size() + wanted.destructive.size() +
                                        wanted.missing.size());
    // Replacements first: what they take the place of makes room.
    for (const Missing& missing : wanted.destructive) place(missing);
    for (const Missing& missing : wanted.missing) place(missing);
  }

 private:
  void update_in_place(const InPlace& in_place, std::vector<Missing>& destructive) {
    const model::Allocation& alloc = *in_place.alloc;
    const SlotIndex slot = pass_.cluster().find(alloc.node_id);
    if (slot == no_slot && pass_.cluster().may_stay(alloc.node_id, job_)) return pass_.keep(in_place);
    if (slot != no_slot) {
      pass_.selector().stop(alloc);
      if (pass_.selector().can_stay(*in_place.group, slot, alloc.allocated_resources)) {
        pass_.keep(in_place);
        return;
      }
      pass_.selector().restore(alloc);
    }
    destructive.push_back({in_place.group, alloc.name, &alloc, false, being_updated});
    model::DesiredUpdates& updates = pass_.out().plan.annotations[in_place.group->name];
    --updates.in_place_update;
    ++updates.destructive_update;
  }

  void place(const Missing& missing) {
    if (pass_.has_failed(*missing.group)) {
      pass_.fail(*missing.group);  // one failure tells of all: the rest would walk every node to the same end
      return;
    }
    const bool stops_previous = !missing.stop_previous.empty();
    if (stops_previous) pass_.stop({missing.previous, missing.stop_previous});
    const std::vector<SlotIndex> penalised = failed_on(pass_.cluster(), missing);
    const SlotIndex preferred = disk_slot(pass_.cluster(), missing);
    const auto choice = pass_.selector().select(*missing.group, {.penalised = penalised, .preferred = preferred});
    if (choice) {
      pass_.place(*choice, missing);
      return;
    }
    pass_.fail(*missing.group);
    if (stops_previous) pass_.unstop(*missing.previous);  // it goes on until something takes its place
  }

  /// Failures whose time has not come: they wait, a few seconds' worth together, in evaluations of their own.
  void follow_up(std::vector<Later> later) {
    std::ranges::sort(
        later, [](const Later& a, const Later& b) { return a.at != b.at ? a.at < b.at : a.alloc->id < b.alloc->id; });
    std::vector<model::Evaluation>& evals = pass_.out().follow_ups;
    for (const Later& one : later) {
      if (evals.empty() || one.at - evals.back().wait_until >= follow_up_window) evals.push_back(delayed_eval(one.at));
      model::Allocation& alloc = pass_.out().plan.placements.emplace_back(*one.alloc);
      alloc.followup_eval_id = evals.back().id;
    }
  }

  model::Evaluation delayed_eval(WallTime at) {
    model::Evaluation eval;
    eval.id = rng_.uuid();
    eval.namespace_ = eval_.namespace_;
    eval.priority = eval_.priority;
    eval.type = job_.type;
    eval.triggered_by = model::EvalTrigger::alloc_failure;
    eval.job_id = job_.id;
    eval.job_modify_index = job_.job_modify_index;
    eval.status = model::EvalStatus::pending;
    eval.status_description = delayed_description;
    eval.wait_until = at;
    eval.previous_eval = eval_.id;
    eval.create_time = pass_.out().eval.modify_time;
    eval.modify_time = pass_.out().eval.modify_time;
    return eval;
  }

  Pass& pass_;
  const model::Evaluation& eval_;
  const model::Job& job_;
  Rng& rng_;
};

}  // namespace

void plan_generic(Pass& pass, const state::State& snapshot, const model::Evaluation& eval, const model::Job& job,
                  Rng& rng, WallTime now) {
  Generic(pass, eval, job, rng).run(reconcile(snapshot, &job, eval, now));
}

}  // namespace core::scheduler
