// System and sysbatch jobs: one allocation a group on every node that can run it (server-internals.md §15).
//
// Updates are carried out at once: max_parallel and stagger do not act yet.
#include <algorithm>

#include "core/scheduler/job_diff.hpp"
#include "core/scheduler/pass.hpp"

namespace core::scheduler {
namespace {

using model::Allocation;
using model::ClientStatus;

class System {
 public:
  System(Pass& pass, const state::State& snapshot, const model::Evaluation& eval, const model::Job& job)
      : pass_(pass), snapshot_(snapshot), eval_(eval), job_(job) {}

  void run() {
    snapshot_.allocs_of_job(eval_.namespace_, eval_.job_id, [&](const state::Ref<Allocation>& alloc) {
      look_at(*alloc);
      return true;
    });
    for (const model::TaskGroup& group : job_.task_groups) {
      pass_.out().plan.annotations.try_emplace(group.name);
      if (group.count.value_or(1) > 0) fill(group);
    }
  }

 private:
  using Key = std::pair<std::string_view, SlotIndex>;  // group and node

  model::DesiredUpdates& updates(const Allocation& alloc) { return pass_.out().plan.annotations[alloc.task_group]; }

  void stop(const Allocation& alloc, std::string_view why, ClientStatus status = ClientStatus::pending) {
    pass_.stop({&alloc, why, status});
    ++updates(alloc).stop;
  }

  void look_at(const Allocation& alloc) {
    const auto node = snapshot_.node(alloc.node_id);
    const bool gone = node == nullptr || node->status == model::NodeStatus::down;
    if (alloc.terminal()) {
      const bool open = alloc.client_status == ClientStatus::running || alloc.client_status == ClientStatus::pending;
      if (alloc.server_terminal() && open && gone) pass_.stop({&alloc, lost_with_node, ClientStatus::lost});
      remember_end(alloc);
      return;
    }
    const model::TaskGroup* const group = job_.find_group(alloc.task_group);
    if (gone) return stop(alloc, lost_with_node, ClientStatus::lost);
    if (group == nullptr || group->count.value_or(1) <= 0) return stop(alloc, not_needed);
    if (alloc.desired_transition.migrate.value_or(false)) return stop(alloc, node_tainted);
    if (!wants_pool(job_, node->node_pool) || !wants_datacenter(job_, node->datacenter)) return stop(alloc, not_needed);
    const SlotIndex slot = pass_.cluster().find(alloc.node_id);
    if (slot == no_slot) {
      ++updates(alloc).ignore;  // draining, ineligible or away for a while: it may go on
      return;
    }
    if (!pass_.selector().feasible(*group, slot) || !there_.insert({group->name, slot}).second)
      return stop(alloc, not_needed);
    update(alloc, *group, slot);
  }

  /// A sysbatch task that has ended on a node is not run there again, unless the job has changed.
  void remember_end(const Allocation& alloc) {
    const bool ended = alloc.client_status == ClientStatus::complete || alloc.client_status == ClientStatus::failed;
    if (job_.type != "sysbatch" || !ended || alloc.server_terminal()) return;
    const bool older = alloc.job == nullptr || alloc.job->version < job_.version;
    const SlotIndex slot = pass_.cluster().find(alloc.node_id);
    const model::TaskGroup* const group = job_.find_group(alloc.task_group);
    if (older || slot == no_slot || group == nullptr) return;
    there_.insert({group->name, slot});
    ++updates(alloc).ignore;
  }

  void update(const Allocation& alloc, const model::TaskGroup& group, SlotIndex slot) {
    const bool same = alloc.job != nullptr && alloc.job->job_modify_index == job_.job_modify_index;
    if (same) {
      ++updates(alloc).ignore;
      return;
    }
    if (alloc.job != nullptr && !needs_replacement(*alloc.job, job_, group.name)) {
      pass_.selector().stop(alloc);
      if (pass_.selector().can_stay(group, slot, alloc.allocated_resources)) {
        pass_.keep({&alloc, &group});
        ++updates(alloc).in_place_update;
        return;
      }
      pass_.selector().restore(alloc);
    }
    pass_.stop({&alloc, being_updated});
    ++updates(alloc).destructive_update;
    if (!place(group, slot, &alloc)) pass_.unstop(alloc);
  }

  void fill(const model::TaskGroup& group) {
    for (SlotIndex slot = 0; slot < pass_.cluster().size(); ++slot) {
      if (there_.contains({group.name, slot}) || !pass_.selector().feasible(group, slot)) continue;
      if (place(group, slot, nullptr)) ++pass_.out().plan.annotations[group.name].place;
    }
  }

  bool place(const model::TaskGroup& group, SlotIndex slot, const Allocation* previous) {
    const auto choice = pass_.selector().select_on(group, slot);
    if (!choice) {
      pass_.fail(group);
      return false;
    }
    pass_.place(*choice, {&group, model::alloc_name(job_.id, group.name, 0), previous, false, {}});
    return true;
  }

  Pass& pass_;
  const state::State& snapshot_;
  const model::Evaluation& eval_;
  const model::Job& job_;
  std::set<Key> there_;  // nodes that have the group's allocation, or need none
};

}  // namespace

void plan_system(Pass& pass, const state::State& snapshot, const model::Evaluation& eval, const model::Job& job) {
  System(pass, snapshot, eval, job).run();
}

}  // namespace core::scheduler
