// What a job wants against what it has: which allocations stay, stop, change or are missing. No node is chosen
// here (server-internals.md §14).
//
// Deployments are not made yet: updates are carried out at once, whatever max_parallel and canary say.
// Invariant: each allocation of the job that is not terminal is in at most one of the lists, and in none if it
// stays as it is.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.hpp"
#include "core/model/allocation.hpp"
#include "core/model/plan.hpp"
#include "core/state/state.hpp"

namespace core::scheduler {

// What operators read as DesiredDescription.
inline constexpr std::string_view not_needed = "alloc not needed due to job update";
inline constexpr std::string_view being_migrated = "alloc is being migrated";
inline constexpr std::string_view being_updated = "alloc is being updated due to job update";
inline constexpr std::string_view lost_with_node = "alloc is lost since its node is down";
inline constexpr std::string_view was_rescheduled = "alloc was rescheduled because it failed";
inline constexpr std::string_view node_tainted = "alloc not needed as node is tainted";

/// An allocation that is missing.
struct Missing {
  const model::TaskGroup* group = nullptr;
  std::string name;
  const model::Allocation* previous = nullptr;  // what it takes the place of
  bool rescheduled = false;                     // because `previous` failed
  std::string_view stop_previous;               // stop that one with these words, if this one can be placed
};

struct Stop {
  const model::Allocation* alloc = nullptr;
  std::string_view description;
  model::ClientStatus client_status = model::ClientStatus::pending;  // pending: leave as it is
};

/// An allocation of an older version of the job that need not be replaced.
struct InPlace {
  const model::Allocation* alloc = nullptr;
  const model::TaskGroup* group = nullptr;
};

/// A failed allocation that may be placed anew, but not yet.
struct Later {
  const model::Allocation* alloc = nullptr;
  WallTime at;
};

struct Reconciled {
  std::vector<Stop> stops;
  std::vector<Missing> destructive;  // replacements of allocations of older versions
  std::vector<Missing> missing;
  std::vector<InPlace> in_place;
  std::vector<Later> later;
  std::map<std::string, model::DesiredUpdates> updates;  // by group
};

/// `job` is null, or stopped, when nothing is to run any more. Pointers into `snapshot` and `job`.
Reconciled reconcile(const state::State& snapshot, const model::Job* job, const model::Evaluation& eval, WallTime now);

/// Rescheduling this close is done at once.
inline constexpr Duration reschedule_window = std::chrono::seconds(1);

}  // namespace core::scheduler
