// One command on its way into the tables. The folder's own: others call State::apply.
//
// Each on(...) first looks whether the command can be carried out, and answers an error with nothing changed;
// only then it writes. Job statuses and summaries, which many rows feed, are settled once, at the end.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/state/command.hpp"
#include "core/state/state.hpp"

namespace core::state {

class Apply {
 public:
  Apply(Tables& tables, std::uint64_t index) : tables_(tables), index_(index) {}
  Applied run(const Command& command);
  /// As given, or later: a restored state may be of a longer log.
  std::uint64_t index() const { return index_; }

 private:
  using Error = std::string;  // empty: all is well
  struct NewStatus {
    bool eval_deleted = false;
  };

  // nodes.cpp
  Error on(const RegisterNode& command);
  Error on(const DeregisterNodes& command);
  Error on(const UpdateNodeStatus& command);
  Error on(const UpdateNodeEligibility& command);
  void put_node(model::Node node);

  // jobs.cpp
  Error on(const RegisterJob& command);
  Error on(const DeregisterJob& command);
  void put_job_version(model::Job job, const Ref<model::Job>& before);
  void drop_oldest_version(const std::string& key);
  void purge_job(const model::Job& job);
  void put_job(Ref<model::Job> job);
  void settle_job_status(const std::string& key, bool eval_deleted);

  // evals.cpp
  Error on(const UpdateEvals& command);
  Error on(const DeleteEvals& command);
  void put_evals(const std::vector<model::Evaluation>& evals);
  void put_eval(model::Evaluation eval);
  void store_eval(model::Evaluation eval);
  void cancel_blocked_evals(const model::Evaluation& successful);

  // plan.cpp
  Error on(const ApplyPlanResult& command);
  Error check_plan(const ApplyPlanResult& command) const;
  void stop_alloc(const model::AllocStop& stop, const std::string& preempted_by);
  void place_alloc(model::Allocation alloc, const Ref<model::Job>& job);
  void update_alloc_in_place(model::Allocation alloc, const model::Allocation& before);
  void link_previous_alloc(const model::Allocation& alloc);
  Ref<model::Job> shared_job(const Ref<model::Job>& job) const;

  // allocs.cpp
  Error on(const UpdateAllocsFromClient& command);
  Error on(const UpdateDesiredTransition& command);
  bool is_late(const ClientReport& report) const;
  void update_alloc_from_client(const model::Allocation& reported);
  void put_alloc(model::Allocation alloc);
  void erase_alloc(const Ref<model::Allocation>& alloc);
  void touch_alloc(const model::Allocation& alloc);

  // summaries.cpp
  void create_summary(const model::Job& job);
  void drop_summary(const std::string& key);
  void count_alloc(const model::Allocation& alloc, std::int32_t by);
  void count_placed(const model::Allocation& alloc);
  void count_queued(const model::Evaluation& eval);
  void count_child(const model::Job& child, std::optional<model::JobStatus> from, std::optional<model::JobStatus> to);
  void flush_summaries();
  model::JobSummary* summary_of(const std::string& key);

  // apply.cpp
  Error on(const SetClusterMetadata& command);
  Error on(const SetAutopilotConfig& command);
  Error on(const RestoreSnapshot& command);
  Error replace_all(const RestoreSnapshot& last);
  static Error check_id(std::string_view what, std::string_view id);
  static Error check_evals(const std::vector<model::Evaluation>& evals);
  void touch(Touched touched) { applied_.touched.push_back(std::move(touched)); }
  void touch_table(Table table) { tables_.set_index(table, index_); }
  std::int64_t unix_ns() const { return time_.is_set() ? time_.unix_ns : 0; }
  std::int64_t unix_seconds() const { return unix_ns() / 1'000'000'000; }

  Tables& tables_;
  std::uint64_t index_;
  WallTime time_;
  Applied applied_;
  // Jobs whose allocations or evaluations changed, and whether one of the latter was removed.
  std::map<std::string, NewStatus> unsettled_jobs_;
  // Working copies; nothing: the job has none.
  std::map<std::string, std::optional<model::JobSummary>> summaries_;
};

}  // namespace core::state
