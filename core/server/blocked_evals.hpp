// Evaluations that found no room, waiting for capacity (server-internals.md §11).
//
// Invariant: one evaluation a job. A change of capacity that came after an evaluation's snapshot, even before
// it was blocked here, unblocks it: nothing is missed in between (nomad#1199).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/model/evaluation.hpp"

namespace core::server {

class BlockedEvals {
 public:
  struct Blocked {
    /// Capacity changed since its snapshot: run it again at once instead.
    std::optional<model::Evaluation> run_now;
    /// The job's other blocked evaluation, which this one makes pointless.
    std::optional<model::Evaluation> duplicate;
  };
  Blocked block(const model::Evaluation& eval);
  /// Room appeared on nodes of this class at `index`: who may use it now?
  std::vector<model::Evaluation> unblock(const std::string& computed_class, std::uint64_t index);
  /// Those blocked by conflicts of plans rather than by lack of room.
  std::vector<model::Evaluation> unblock_failed();
  /// The job was stopped or changed: what waited for the old one is returned, to be canceled.
  std::optional<model::Evaluation> untrack(const std::string& namespace_, const std::string& job_id);
  void flush();
  std::size_t size() const { return by_job_.size(); }

 private:
  using JobKey = std::pair<std::string, std::string>;
  bool missed(const model::Evaluation& eval) const;
  static bool may_use(const model::Evaluation& eval, const std::string& computed_class);

  std::map<JobKey, model::Evaluation> by_job_;
  std::map<std::string, std::uint64_t> changed_at_;  // by class: the last change of its capacity
};

}  // namespace core::server
