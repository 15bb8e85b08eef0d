// Small objects and commands for the tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "core/state/state.hpp"

namespace core::state::tests {

inline constexpr std::int64_t second = 1'000'000'000;
/// The wall clock in these tests: so many seconds after 1970.
inline WallTime at(std::int64_t seconds) { return {seconds * second}; }

inline model::Node node(const std::string& id) {
  model::Node node;
  node.id = id;
  node.name = id;
  node.datacenter = "dc1";
  return node;
}

inline model::Job job(const std::string& id, int priority = 50) {
  model::Job job;
  job.namespace_ = "default";
  job.id = id;
  job.name = id;
  job.type = "service";
  job.priority = priority;
  model::TaskGroup group;
  group.name = "web";
  group.count = 2;
  job.task_groups.push_back(group);
  return job;
}

inline model::Evaluation eval(const std::string& id, const std::string& job_id,
                              model::EvalStatus status = model::EvalStatus::pending) {
  model::Evaluation eval;
  eval.id = id;
  eval.namespace_ = "default";
  eval.job_id = job_id;
  eval.type = "service";
  eval.status = status;
  return eval;
}

inline model::Allocation alloc(const std::string& id, const std::string& node_id, const std::string& eval_id,
                               const std::string& group = "web") {
  model::Allocation alloc;
  alloc.id = id;
  alloc.node_id = node_id;
  alloc.eval_id = eval_id;
  alloc.task_group = group;
  return alloc;
}

inline model::Allocation report(const std::string& id, model::ClientStatus status) {
  model::Allocation alloc;
  alloc.id = id;
  alloc.client_status = status;
  alloc.client_description = "said the client";
  return alloc;
}

/// A State with the index counted for it.
struct Store {
  State state;

  Applied apply(const Command& command) { return state.apply(state.log_index() + 1, command); }
  /// Applies what must succeed.
  std::vector<Touched> ok(const Command& command) {
    const Applied applied = apply(command);
    EXPECT_EQ(applied.error, "");
    return applied.touched;
  }
  /// Applies what must be refused, and looks that it left nothing behind. The error.
  std::string refused(const Command& command) {
    const auto before = state.hash();
    const Applied applied = apply(command);
    EXPECT_TRUE(applied.touched.empty());
    EXPECT_EQ(state.hash(), before);
    EXPECT_EQ(state.recomputed_hash(), before);
    return applied.error;
  }

  /// Job `id` with a finished evaluation "e-ID" and allocations placed on n1.
  void running_job(const std::string& id, const std::vector<std::string>& allocs) {
    ok(RegisterJob{job(id), std::nullopt, eval("e-" + id, id), at(10)});
    ApplyPlanResult plan{.eval_id = "e-" + id, .job = state.job("default", id), .time = at(11)};
    for (const auto& alloc_id : allocs) plan.placements.push_back(alloc(alloc_id, "n1", "e-" + id));
    ok(plan);
    ok(UpdateEvals{{eval("e-" + id, id, model::EvalStatus::complete)}, at(12)});
  }
  model::TaskGroupSummary summary(const std::string& job_id) const {
    return state.job_summary("default", job_id)->summary.at("web");
  }
};

/// The ids that one of State's lists visits: ids<model::Job>(state, &State::jobs, "default", "").
template <class T, class List, class... Key>
std::vector<std::string> ids(const State& state, List list, Key... key) {
  std::vector<std::string> out;
  (state.*list)(key..., State::Visit<T>([&](const Ref<T>& row) {
                  out.push_back(row->id);
                  return true;
                }));
  return out;
}

}  // namespace core::state::tests
