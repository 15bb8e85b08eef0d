#include "core/scheduler/reconcile.hpp"

#include <algorithm>
#include <set>

#include "core/base/mutant.hpp"
#include "core/scheduler/job_diff.hpp"
#include "core/scheduler/reschedule.hpp"

namespace core::scheduler {
namespace {

using model::Allocation;
using model::ClientStatus;
using Allocs = std::vector<const Allocation*>;

/// Which numbers of "job.group[n]" are given away.
class Names {
 public:
  Names(std::string_view job_id, std::string_view group) : job_id_(job_id), group_(group) {}

  /// False when another has it.
  bool take(const Allocation& alloc) {
    if (alloc.index() < 0 || !used_.insert(alloc.index()).second) return false;
    owners_.insert(&alloc);
    return true;
  }
  /// The name for what replaces an allocation: its own, unless another had it first.
  std::string heir_of(const Allocation& alloc) { return owners_.contains(&alloc) ? alloc.name : lowest_free(); }
  std::string lowest_free() {
    while (used_.contains(next_)) ++next_;
    used_.insert(next_);
    return model::alloc_name(job_id_, group_, next_);
  }
  /// The name of what is replaced if it is still free and not past the count, else the lowest free one.
  std::string successor_of(const Allocation& alloc, std::int32_t count) {
    if (alloc.index() < count && take(alloc)) return alloc.name;
    return lowest_free();
  }

 private:
  std::string_view job_id_;
  std::string_view group_;
  std::set<std::int32_t> used_;
  std::set<const Allocation*> owners_;  // only looked into, never walked
  std::int32_t next_ = 0;
};

bool ran_successfully(const Allocation& alloc) {
  if (alloc.client_status == ClientStatus::complete) return true;
  return !alloc.task_states.empty() && std::ranges::all_of(alloc.task_states, [](const auto& task) {
    return task.second.state == model::TaskRunState::dead && !task.second.failed;
  });
}

class Reconciler {
 public:
  Reconciler(const state::State& snapshot, const model::Job* job, const model::Evaluation& eval, WallTime now)
      : snapshot_(snapshot), job_(job), eval_(eval), now_(now) {}

  Reconciled run() {
    std::map<std::string_view, Allocs> by_group;
    snapshot_.allocs_of_job(eval_.namespace_, eval_.job_id, [&](const state::Ref<Allocation>& alloc) {
      by_group[alloc->task_group].push_back(alloc.get());
      return true;
    });
    for (const auto& [name, allocs] : by_group) mark_lost_stops(allocs);
    const bool stopped = job_ == nullptr || job_->stop;
    for (const auto& [name, allocs] : by_group)
      if (stopped || job_->find_group(name) == nullptr) stop_all(allocs);
    if (stopped) return std::move(out_);
    for (const model::TaskGroup& group : job_->task_groups) reconcile_group(group, by_group[group.name]);
    return std::move(out_);
  }

 private:
  struct Sets {
    Allocs kept;  // on a node that is fine, or ended in a way that counts as done
    Allocs migrating;
    Allocs lost;
    Allocs failed;  // to be placed anew now
  };

  bool is_down(const Allocation& alloc) const {
    const auto node = snapshot_.node(alloc.node_id);
    return node == nullptr || node->status == model::NodeStatus::down;
  }
  /// Its node is gone, and with it the allocation. A disconnected node may come back within the time that the
  /// group allows.
  bool is_lost(const Allocation& alloc, const model::TaskGroup* group) const {
    const auto node = snapshot_.node(alloc.node_id);
    if (node == nullptr || node->status == model::NodeStatus::down) return true;
    return node->status == model::NodeStatus::disconnected && (group == nullptr || !group->max_client_disconnect);
  }

  void stop(const Allocation& alloc, std::string_view why, ClientStatus status = ClientStatus::pending) {
    out_.stops.push_back({&alloc, why, status});
  }

  /// Those that were told to stop, on a node that will never say that they did.
  void mark_lost_stops(const Allocs& allocs) {
    for (const Allocation* alloc : allocs) {
      const bool open = alloc->client_status == ClientStatus::running || alloc->client_status == ClientStatus::pending;
      if (alloc->server_terminal() && open && is_down(*alloc)) stop(*alloc, lost_with_node, ClientStatus::lost);
    }
  }

  void stop_all(const Allocs& allocs) {
    for (const Allocation* alloc : allocs) {
      if (alloc->terminal()) continue;
      const bool lost = is_lost(*alloc, nullptr);
      stop(*alloc, lost ? lost_with_node : not_needed, lost ? ClientStatus::lost : ClientStatus::pending);
      ++out_.updates[alloc->task_group].stop;
    }
  }

  /// The client's end of a batch allocation counts for the version that it ran, not for later ones.
  bool of_older_version(const Allocation& alloc) const {
    return alloc.job == nullptr || alloc.job->version < job_->version || alloc.job->create_index < job_->create_index;
  }

  void classify(const Allocation& alloc, const model::TaskGroup& group, Sets& sets) {
    const bool batch = job_->type == "batch";
    if (batch && alloc.terminal() && of_older_version(alloc)) return;
    if (!alloc.terminal()) {
      if (alloc.desired_transition.migrate.value_or(false) && !is_lost(alloc, &group)) {
        sets.migrating.push_back(&alloc);
      } else if (is_lost(alloc, &group)) {
        sets.lost.push_back(&alloc);
      } else {
        sets.kept.push_back(&alloc);
      }
      return;
    }
    if (!alloc.next_allocation.empty()) return;  // replaced already
    if (alloc.server_terminal()) {
      if (batch && alloc.desired_status == model::DesiredStatus::stop && ran_successfully(alloc))
        sets.kept.push_back(&alloc);
      return;
    }
    if (alloc.client_status == ClientStatus::failed) {
      classify_failed(alloc, sets);
    } else if (batch) {
      sets.kept.push_back(&alloc);  // done, and not done again
    }
  }

  void classify_failed(const Allocation& alloc, Sets& sets) {
    if (alloc.desired_transition.force_reschedule.value_or(false)) {
      sets.failed.push_back(&alloc);
      return;
    }
    const auto at = reschedule_time(alloc);
    const bool now =
        at && ((!eval_.id.empty() && alloc.followup_eval_id == eval_.id) || *at - now_ <= reschedule_window);
    if (now) {
      sets.failed.push_back(&alloc);
      return;
    }
    sets.kept.push_back(&alloc);  // counts as there: nothing takes its place (yet)
    if (at && alloc.followup_eval_id.empty()) later_.push_back({&alloc, *at});
  }

  void reconcile_group(const model::TaskGroup& group, const Allocs& allocs) {
    const std::int32_t count = std::max(0, group.count.value_or(1));
    model::DesiredUpdates& updates = out_.updates[group.name];
    Sets sets;
    later_.clear();
    for (const Allocation* alloc : allocs) classify(*alloc, group, sets);
    count_names_once(sets.kept);
    for (const Allocation* alloc : sets.lost) {
      stop(*alloc, lost_with_node, ClientStatus::lost);
      ++updates.stop;
    }
    stop_surplus(sets, count, updates);
    Names names(job_->id, group.name);
    for (const auto* list : {&sets.kept, &sets.migrating})
      for (const Allocation* alloc : *list) names.take(*alloc);
    update(group, sets.kept, names, updates);
    const std::set<const Allocation*> still_kept(sets.kept.begin(), sets.kept.end());
    for (const Later& later : later_)
      if (still_kept.contains(later.alloc)) out_.later.push_back(later);
    place(group, sets, count, names, updates);
  }

  /// A batch allocation that was given up with its node may have ended well there all the same, and what took its place
  /// is there too: together they are one.
  static void count_names_once(Allocs& kept) {
    std::map<std::string_view, const Allocation*> counted;
    for (const Allocation* alloc : kept) {
      const auto [place, is_first] = counted.emplace(alloc->name, alloc);
      if (!is_first && place->second->terminal()) place->second = alloc;
    }
    std::erase_if(kept, [&](const Allocation* alloc) { return alloc->terminal() && counted[alloc->name] != alloc; });
  }

  /// Takes what is too much out of the sets: migrating ones first, then failed ones, then those whose name
  /// another has, then the highest numbers.
  void stop_surplus(Sets& sets, std::int32_t count, model::DesiredUpdates& updates) {
    std::size_t surplus = sets.kept.size() + sets.migrating.size();
    surplus -= std::min(surplus, static_cast<std::size_t>(count));
    const auto by_number = [](const Allocation* a, const Allocation* b) {
      return a->index() != b->index() ? a->index() < b->index() : a->id < b->id;
    };
    // Stops, from the highest number down, those that `chosen` picks, until nothing is too much.
    const auto drop_where = [&](Allocs& from, const auto& chosen) {
      Allocs rest;
      for (auto at = from.rbegin(); at != from.rend(); ++at) {
        if (surplus == 0 || !chosen(**at)) {
          rest.push_back(*at);
          continue;
        }
        stop(**at, not_needed);
        ++updates.stop;
        --surplus;
      }
      std::ranges::reverse(rest);
      from = std::move(rest);
    };
    std::ranges::sort(sets.migrating, by_number);
    std::ranges::sort(sets.kept, by_number);
    drop_where(sets.migrating, [](const Allocation&) { return true; });
    drop_where(sets.kept, [](const Allocation& alloc) { return alloc.client_status == ClientStatus::failed; });
    std::map<std::string_view, std::size_t> named;
    for (const Allocation* alloc : sets.kept) ++named[alloc->name];
    drop_where(sets.kept, [&](const Allocation& alloc) { return !alloc.terminal() && named[alloc.name]-- > 1; });
    drop_where(sets.kept, [](const Allocation& alloc) { return !alloc.terminal(); });
  }

  /// Sorts what is kept into what stays as it is, what is told of the new version, and what is replaced by it;
  /// the last leave `kept`.
  void update(const model::TaskGroup& group, Allocs& kept, Names& names, model::DesiredUpdates& updates) {
    Allocs staying;
    for (const Allocation* alloc : kept) {
      const bool same = alloc->job != nullptr && alloc->job->job_modify_index == job_->job_modify_index &&
                        alloc->job->create_index == job_->create_index;
      if (!same && (alloc->job == nullptr || needs_replacement(*alloc->job, *job_, group.name))) {
        out_.destructive.push_back({&group, names.heir_of(*alloc), alloc, false, being_updated});
        ++updates.destructive_update;
        ++replaced_;
        continue;
      }
      staying.push_back(alloc);
      if (same || alloc->terminal()) {
        ++updates.ignore;
      } else {
        out_.in_place.push_back({alloc, &group});
        ++updates.in_place_update;
      }
    }
    kept = std::move(staying);
  }

  void place(const model::TaskGroup& group, const Sets& sets, std::int32_t count, Names& names,
             model::DesiredUpdates& updates) {
    std::int32_t have = static_cast<std::int32_t>(sets.kept.size() + sets.migrating.size()) + replaced_;
    replaced_ = 0;
    for (const Allocation* alloc : sets.migrating) {
      stop(*alloc, being_migrated);
      ++updates.migrate;
      out_.missing.push_back({&group, names.heir_of(*alloc), alloc, false, {}});
    }
    for (const Allocation* alloc : sets.failed) {
      if (have >= count) {
        stop(*alloc, not_needed);
        ++updates.stop;
        continue;
      }
      ++have;
      out_.missing.push_back({&group, names.successor_of(*alloc, count), alloc, true, was_rescheduled});
      ++updates.place;
    }
    for (const Allocation* alloc : sets.lost) {
      if (have >= count && !base::mutant("M11")) break;
      ++have;
      out_.missing.push_back({&group, names.successor_of(*alloc, count), alloc, false, {}});
      ++updates.place;
    }
    for (; have < count; ++have) {
      out_.missing.push_back({&group, names.lowest_free(), nullptr, false, {}});
      ++updates.place;
    }
  }

  const state::State& snapshot_;
  const model::Job* job_;
  const model::Evaluation& eval_;
  WallTime now_;
  Reconciled out_;
  std::vector<Later> later_;   // of the group at hand
  std::int32_t replaced_ = 0;  // by the group's destructive updates
};

}  // namespace

Reconciled reconcile(const state::State& snapshot, const model::Job* job, const model::Evaluation& eval, WallTime now) {
  return Reconciler(snapshot, job, eval, now).run();
}

}  // namespace core::scheduler
