// Evaluations that found no room, waiting for capacity (server-internals.md §11).
//
// Invariant: one evaluation a job. A change of capacity that came after an evaluation's snapshot, even before
// it was blocked here, unblocks it: nothing is missed in between (nomad#1199).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/model/evaluation.hpp"
#include "core/state/tables.hpp"

namespace core::server {

class BlockedEvals {
 public:
  /// As the state holds it: thousands may wait, and a new leader takes them all in before anything else.
  using Eval = state::Ref<model::Evaluation>;

  struct Blocked {
    /// Capacity changed since its snapshot: run it again at once instead. Or null.
    Eval run_now;
    /// The job's other blocked evaluation, which this one makes pointless. Or null.
    Eval duplicate;
  };
  Blocked block(const Eval& eval);
  /// Room appeared on nodes of this class at `index`: who may use it now?
  std::vector<Eval> unblock(const std::string& computed_class, std::uint64_t index);
  /// Those blocked by conflicts of plans rather than by lack of room.
  std::vector<Eval> unblock_failed();
  /// The job was stopped or changed: what waited for the old one is returned, to be canceled; null when nothing did.
  Eval untrack(const std::string& namespace_, const std::string& job_id);
  void flush();
  std::size_t size() const { return by_job_.size(); }

 private:
  using JobKey = std::pair<std::string, std::string>;
  bool missed(const model::Evaluation& eval) const;
  static bool may_use(const model::Evaluation& eval, const std::string& computed_class);

  std::map<JobKey, Eval> by_job_;
  std::map<std::string, std::uint64_t> changed_at_;  // by class: the last change of its capacity
};

}  // namespace core::server
