// The state of a region: tables of immutable values in persistent ordered maps. Copying a State copies a
// handful of pointers, so a copy is a snapshot: cheap to take, safe to read from another thread, never changing.
//
// apply() is the only writer. It is a pure function of the state, the index and the command.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/deployment.hpp"
#include "core/model/evaluation.hpp"
#include "core/model/node.hpp"
#include "core/state/command.hpp"
#include "core/state/record.hpp"
#include "core/state/tables.hpp"

namespace core::state {

/// What applying a command came to. `error` is for the one who proposed it; nothing else has then happened.
struct Applied {
  std::string error;
  std::vector<Touched> touched;  // sorted, each once: see watch.hpp for what to look for
  bool replaced = false;         // a restore is whole: everything is another
};

class State {
 public:
  /// Carries a committed command out. `log_index` is its place in the Raft log and grows with each call; applying
  /// an entry again is a bug of ours and stops (K26). A command that makes no sense is an error, never a stop.
  ///
  /// A command that names one thing that is not there is refused. One that speaks for many at once (updates
  /// from clients, transitions, deletions) passes over ids that are gone: another may have removed them.
  Applied apply(std::uint64_t log_index, const Command& command);

  /// All of it as records, for a Raft snapshot: the head first. The visitor returns false to stop.
  void dump(const std::function<bool(const Record&)>& visit) const;

  /// The index of the last command applied, as rows and answers have it. Never goes back, nor to an index that a row of
  /// a restored state was written at: after a restore from a longer log it is ahead of the Raft log.
  std::uint64_t index() const { return index_; }
  /// The place in the Raft log of the last command applied.
  std::uint64_t log_index() const { return index_ - ahead_; }
  /// The index at which a table last changed; what X-Nomad-Index says for lists.
  std::uint64_t table_index(Table table) const { return tables_.index_of(table); }
  /// A hash of everything, equal on servers that applied the same commands (STATEHASH). Kept incrementally: O(1).
  std::uint64_t hash() const { return tables_.hash(); }
  /// The same from all rows anew. For checkers: O(everything).
  std::uint64_t recomputed_hash() const { return tables_.recomputed_hash(); }

  Ref<model::Node> node(std::string_view id) const;
  Ref<model::Job> job(std::string_view namespace_, std::string_view id) const;
  Ref<model::Job> job_version(std::string_view namespace_, std::string_view id, std::uint64_t version) const;
  Ref<model::JobSummary> job_summary(std::string_view namespace_, std::string_view id) const;
  Ref<model::Evaluation> eval(std::string_view id) const;
  Ref<model::Allocation> alloc(std::string_view id) const;
  Ref<model::Deployment> deployment(std::string_view id) const;
  const std::string& cluster_id() const { return tables_.cluster_id(); }
  Ref<model::AutopilotConfig> autopilot() const { return tables_.autopilot(); }
  /// Parts of a restore are here, and the last is not.
  bool restoring() const { return !tables_.restore_parts().empty(); }

  /// Visitors return false to stop. Order: by id (jobs: by namespace, then id; versions: newest first).
  template <class T>
  using Visit = std::function<bool(const Ref<T>&)>;
  void nodes(std::string_view id_prefix, const Visit<model::Node>& visit) const;
  /// `namespace_` "*" is every namespace.
  void jobs(std::string_view namespace_, std::string_view id_prefix, const Visit<model::Job>& visit) const;
  void job_versions(std::string_view namespace_, std::string_view id, const Visit<model::Job>& visit) const;
  void evals(std::string_view id_prefix, const Visit<model::Evaluation>& visit) const;
  void evals_of_job(std::string_view namespace_, std::string_view job_id, const Visit<model::Evaluation>& visit) const;
  void allocs(std::string_view id_prefix, const Visit<model::Allocation>& visit) const;
  void allocs_of_node(std::string_view node_id, const Visit<model::Allocation>& visit) const;
  void allocs_of_job(std::string_view namespace_, std::string_view job_id, const Visit<model::Allocation>& visit) const;
  void allocs_of_eval(std::string_view eval_id, const Visit<model::Allocation>& visit) const;
  void deployments(std::string_view id_prefix, const Visit<model::Deployment>& visit) const;

  std::size_t node_count() const { return tables_.nodes().size(); }
  std::size_t alloc_count() const { return tables_.allocs().size(); }
  std::size_t eval_count() const { return tables_.evals().size(); }
  std::size_t job_count() const { return tables_.jobs().size(); }

 private:
  friend class Restore;
  Tables tables_;
  std::uint64_t index_ = 0;
  std::uint64_t ahead_ = 0;  // of the Raft log
};

}  // namespace core::state
