// Laws that hold after any sequence of commands, sensible or not.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <map>
#include <set>

#include "core/describe/compare.hpp"
#include "core/state/restore.hpp"
#include "core/state/watch.hpp"
#include "tests/core/state/builders.hpp"

namespace core::state {
namespace {

using namespace tests;

/// A command by a few small numbers, which RapidCheck cuts down well. Ids come from small pools, so that
/// commands meet; some name what is not there.
using Numbers = std::array<int, 8>;

rc::Gen<std::vector<Numbers>> any_commands() {
  return rc::gen::scale(2.0,
                        rc::gen::container<std::vector<Numbers>>(rc::gen::container<Numbers>(rc::gen::inRange(0, 60))));
}

std::string name(const char* prefix, int number, int pool) { return prefix + std::to_string(number % pool); }

model::Job any_job(const Numbers& n) {
  model::Job job = tests::job(name("j", n[1], 5), n[2] % 2);
  if (n[1] % 5 == 4) job.id += "/child", job.parent_id = "j0";
  if (n[1] % 5 == 0) job.parameterized_job.emplace();
  if (n[1] % 5 == 3) job.type = "system";
  if (n[3] % 3 == 0) job.task_groups.push_back({.name = "db"});
  job.stable = n[4] % 4 == 0;
  return job;
}

std::string any_job_id(int number) { return number % 5 == 4 ? "j4/child" : name("j", number, 5); }

std::vector<model::Evaluation> any_evals(const Numbers& n) {
  if (n[5] % 3 == 0) return {};
  auto eval = tests::eval(name("e", n[5], 12), any_job_id(n[6]), static_cast<model::EvalStatus>(n[7] % 5));
  if (n[6] % 7 == 0) eval.id.clear();
  if (n[6] % 4 == 0) eval.queued_allocations = {{"web", n[7]}, {"none", 1}};
  if (n[6] % 5 == 0) eval.failed_tg_allocs["web"];
  return {eval};
}

std::optional<model::Evaluation> any_eval(const Numbers& n) {
  const auto evals = any_evals(n);
  return evals.empty() ? std::nullopt : std::optional(evals[0]);
}

ApplyPlanResult any_plan(const Numbers& n, const State& state) {
  ApplyPlanResult plan{.eval_id = n[1] % 3 == 0 ? name("e", n[1], 12) : "", .time = at(n[7])};
  const auto stored = state.job("default", any_job_id(n[2]));
  if (n[3] % 8 == 0)
    plan.job = nullptr;
  else if (stored && n[3] % 4 != 1)
    plan.job = n[3] % 2 == 0 ? stored : std::make_shared<const model::Job>(*stored);
  else
    plan.job = std::make_shared<const model::Job>(any_job(n));
  for (int i = 0; i < n[4] % 4; ++i) {
    auto placed = tests::alloc(name("a", n[5] + i, 16), name("n", n[6] + i, 4), plan.eval_id, i % 2 ? "web" : "db");
    placed.client_status = static_cast<model::ClientStatus>(n[7] % 6);
    if (i == 2) placed.previous_allocation = name("a", n[6], 16);
    if (i == 1) placed.preempted_allocations = {name("a", n[7], 16)};
    plan.placements.push_back(placed);
  }
  for (int i = 0; i < n[6] % 3; ++i)
    plan.stops.push_back(
        {.alloc_id = name("a", n[7] + i, 16), .client_status = static_cast<model::ClientStatus>(n[5] % 6)});
  plan.preemption_evals = any_evals(n);
  return plan;
}

// All of this very state, or a part that is kept aside; now and then out of order, of another restore, or of none.
Command any_restore(const Numbers& n, const State& state, WallTime time) {
  RestoreSnapshot part{.restore_id = name("r", n[1], 2), .time = time};
  part.last = n[2] % 2 == 0;
  part.part = part.last ? 0 : static_cast<std::uint64_t>(n[3] % 3);
  state.dump([&](const Record& record) {
    part.entries.push_back({record});
    return part.last || part.entries.size() < 4;
  });
  if (!part.last && n[5] % 8 == 0) part.restore_id.clear();
  return part;
}

Command any_command(const Numbers& n, const State& state) {
  const WallTime time = at(n[7]);
  switch (n[0] % 19) {
    case 0: {
      auto node = tests::node(name("n", n[1], 4));
      node.status = static_cast<model::NodeStatus>(n[2] % 4);
      return RegisterNode{node, any_evals(n), time};
    }
    case 1:
      return DeregisterNodes{{name("n", n[1], 4), name("n", n[2], 4)}, any_evals(n), time};
    case 2:
      return UpdateNodeStatus{name("n", n[1], 5), static_cast<model::NodeStatus>(n[2] % 4), model::NodeEvent{},
                              any_evals(n), time};
    case 3:
      return UpdateNodeEligibility{
          name("n", n[1], 5), static_cast<model::Eligibility>(n[2] % 2), {}, any_evals(n), time};
    case 4:
    case 5:
      return RegisterJob{any_job(n), n[3] % 5 == 0 ? std::optional<std::uint64_t>(n[4]) : std::nullopt, any_eval(n),
                         time};
    case 6:
      return DeregisterJob{"default", any_job_id(n[1]), n[2] % 3 == 0, any_eval(n), time};
    case 7:
    case 8:
      return UpdateEvals{any_evals(n), time};
    case 9:
      return DeleteEvals{{name("e", n[1], 12), name("e", n[2], 12)}, {name("a", n[3], 16), name("a", n[4], 16)}};
    case 10: {
      model::DesiredTransition wish;
      if (n[2] % 2) wish.migrate = n[3] % 2 == 0;
      if (n[3] % 2) wish.reschedule = true;
      return UpdateDesiredTransition{{{name("a", n[1], 16), wish}}, any_evals(n), time};
    }
    case 11:
      return SetClusterMetadata{n[1] % 2 ? "cluster" : "", time};
    case 12:
    case 13: {
      auto reported = report(name("a", n[1], 18), static_cast<model::ClientStatus>(n[2] % 6));
      if (n[3] % 2) reported.deployment_status.emplace().healthy = n[4] % 2 == 0;
      return UpdateAllocsFromClient{
          {reported, report(name("a", n[4], 16), model::ClientStatus::running)}, any_evals(n), time};
    }
    case 16: {
      model::AutopilotConfig config;
      config.min_quorum = static_cast<std::uint64_t>(n[1]);
      return SetAutopilotConfig{config, n[2] % 2 ? std::optional<std::uint64_t>(n[3]) : std::nullopt, time};
    }
    case 17:
    case 18:
      return any_restore(n, state, time);
    default:
      return any_plan(n, state);
  }
}

/// A cluster at work, so that even a few commands find something to change.
Store busy_cluster() {
  Store store;
  for (int i = 0; i < 4; ++i) store.ok(RegisterNode{tests::node(name("n", i, 4)), {}, at(1)});
  for (int i = 0; i < 5; ++i) {
    const std::string id = any_job_id(i);
    store.ok(RegisterJob{any_job({0, i, 0, 0, 0, 0, 0, 0}), std::nullopt, tests::eval(name("e", i, 12), id), at(2)});
    ApplyPlanResult plan{.eval_id = name("e", i, 12), .job = store.state.job("default", id), .time = at(3)};
    for (int a = 0; a < 3; ++a)
      plan.placements.push_back(tests::alloc(name("a", 3 * i + a, 16), name("n", a, 4), plan.eval_id));
    store.ok(plan);
    store.ok(UpdateAllocsFromClient{{report(name("a", 3 * i, 16), model::ClientStatus::complete)}, {}, at(4)});
  }
  return store;
}

RC_GTEST_PROP(StateProperty, ASnapshotRestoresToTheSame, ()) {
  Store store = busy_cluster();
  for (const auto& numbers : *any_commands()) store.apply(any_command(numbers, store.state));
  Restore restore;
  store.state.dump([&](const Record& record) {
    const auto added = restore.add(record);
    RC_ASSERT(added.has_value());
    return true;
  });
  auto restored = std::move(restore).finish();
  RC_ASSERT(restored.has_value());
  RC_ASSERT(restored->hash() == store.state.hash());
  RC_ASSERT(restored->recomputed_hash() == store.state.hash());
  RC_ASSERT(restored->index() == store.state.index());
  // What does not show in the hash, the indexes and counts, shows in what later commands do.
  Store other{std::move(*restored)};
  for (const auto& numbers : *any_commands()) {
    const Command command = any_command(numbers, store.state);
    const Applied here = store.apply(command);
    const Applied there = other.apply(command);
    RC_ASSERT(here.error == there.error);
    RC_ASSERT(here.touched == there.touched);
    RC_ASSERT(store.state.hash() == other.state.hash());
  }
}

RC_GTEST_PROP(StateProperty, TheSameCommandsMakeTheSameState, ()) {
  const auto commands = *any_commands();
  Store alone = busy_cluster();
  Store watched = alone;
  std::vector<std::pair<State, std::uint64_t>> versions;
  std::size_t refused = 0;
  for (const auto& numbers : commands) {
    const Command command = any_command(numbers, alone.state);
    const auto hash_before = alone.state.hash();
    // One is copied at each step and so writes beside its old nodes; the other writes in place.
    versions.emplace_back(watched.state, watched.state.hash());
    const Applied a = alone.apply(command);
    const Applied b = watched.apply(command);
    RC_ASSERT(a.error == b.error);
    RC_ASSERT(a.touched == b.touched);
    RC_ASSERT(alone.state.hash() == watched.state.hash());
    RC_ASSERT(alone.state.hash() == alone.state.recomputed_hash());
    RC_ASSERT(a.error.empty() || alone.state.hash() == hash_before);
    refused += a.error.empty() ? 0 : 1;
  }
  RC_CLASSIFY(2 * refused > commands.size(), "most commands were refused");
  RC_CLASSIFY(watched.state.alloc_count() > 3, "several allocations at the end");
  for (const auto& [version, hash] : versions) RC_ASSERT(version.recomputed_hash() == hash);
}

using Views = std::map<std::pair<Table, std::string>, std::vector<std::string>>;

/// What each blocking query would show, the plainest way: from the primary tables alone.
Views views_of(const State& state) {
  Views views;
  const auto add = [&](const Touched& view, std::string row) {
    views[{view.table, view.key}].push_back(std::move(row));
  };
  const auto text = [](const auto& row) { return row.id + "@" + std::to_string(row.modify_index); };
  state.nodes("", [&](const auto& node) { return add(watch::node(node->id), text(*node)), true; });
  state.jobs("*", "", [&](const auto& job) {
    add(watch::job("default", job->id), text(*job));
    const auto summary = state.job_summary("default", job->id);
    add(watch::job_summary("default", job->id), std::to_string(summary->modify_index));
    state.job_versions("default", job->id, [&](const auto& version) {
      return add(watch::job_versions("default", job->id), std::to_string(version->version) + "," + text(*version)),
             true;
    });
    return true;
  });
  state.evals("", [&](const auto& eval) {
    add(watch::eval(eval->id), text(*eval));
    add(watch::job_evals("default", eval->job_id), text(*eval));
    return true;
  });
  state.allocs("", [&](const auto& alloc) {
    for (const auto& view : {watch::alloc(alloc->id), watch::node_allocs(alloc->node_id),
                             watch::job_allocs("default", alloc->job_id), watch::eval_allocs(alloc->eval_id)})
      add(view, text(*alloc));
    return true;
  });
  return views;
}

RC_GTEST_PROP(StateProperty, EveryViewThatChangesIsTouched, ()) {
  Store store = busy_cluster();
  Views before = views_of(store.state);
  for (const auto& numbers : *any_commands()) {
    const Applied applied = store.apply(any_command(numbers, store.state));
    Views after = views_of(store.state);
    std::set<std::pair<Table, std::string>> changed;
    for (const auto& [view, rows] : before)
      if (!after.contains(view) || after.at(view) != rows) changed.insert(view);
    for (const auto& [view, rows] : after)
      if (!before.contains(view)) changed.insert(view);
    std::set<std::pair<Table, std::string>> touched;
    for (const auto& [table, key] : applied.touched) touched.emplace(table, key);
    for (const auto& view : changed) {
      RC_ASSERT(touched.contains(view) || touched.contains({view.first, watch::any_row(view.first).key}));
      RC_ASSERT(store.state.table_index(view.first) == store.state.index());
    }
    before = std::move(after);
  }
}

RC_GTEST_PROP(StateProperty, IndexesAgreeWithThePrimaryTables, ()) {
  Store store = busy_cluster();
  for (const auto& numbers : *any_commands()) store.apply(any_command(numbers, store.state));
  const State& state = store.state;
  std::map<std::string, std::vector<const void*>> expected;
  std::map<std::string, std::vector<const void*>> found;
  std::size_t allocs = 0;
  state.allocs("", [&](const auto& alloc) {
    expected["node " + alloc->node_id].push_back(alloc.get());
    expected["job " + alloc->job_id].push_back(alloc.get());
    expected["eval " + alloc->eval_id].push_back(alloc.get());
    return ++allocs, true;
  });
  state.evals("", [&](const auto& eval) { return expected["evals of " + eval->job_id].push_back(eval.get()), true; });
  const auto collect = [&](const std::string& list) {
    return [&rows = found[list]](const auto& row) { return rows.push_back(row.get()), true; };
  };
  for (int i = 0; i < 6; ++i) state.allocs_of_node(name("n", i, 6), collect("node " + name("n", i, 6)));
  for (int i = 0; i < 12; ++i) state.allocs_of_eval(name("e", i, 12), collect("eval " + name("e", i, 12)));
  state.allocs_of_eval("", collect("eval "));
  for (int i = 0; i < 5; ++i) {
    state.allocs_of_job("default", any_job_id(i), collect("job " + any_job_id(i)));
    state.evals_of_job("default", any_job_id(i), collect("evals of " + any_job_id(i)));
  }
  std::erase_if(found, [](const auto& list) { return list.second.empty(); });
  RC_ASSERT((found == expected));
  RC_ASSERT(state.alloc_count() == allocs);
}

using Group = std::tuple<std::string, std::uint64_t, std::string>;  // job id, its create index, group

void tally(std::map<Group, model::TaskGroupSummary>& groups, const model::Allocation& alloc) {
  if (alloc.job == nullptr) return;
  auto& group = groups[{alloc.job_id, alloc.job->create_index, alloc.task_group}];
  using Status = model::ClientStatus;
  group.starting += alloc.client_status == Status::pending;
  group.running += alloc.client_status == Status::running;
  group.complete += alloc.client_status == Status::complete;
  group.failed += alloc.client_status == Status::failed;
  group.lost += alloc.client_status == Status::lost;
  group.unknown += alloc.client_status == Status::unknown;
}

RC_GTEST_PROP(StateProperty, SummariesAgreeWithARecount, ()) {
  Store store = busy_cluster();
  std::map<Group, model::TaskGroupSummary> collected;  // what ended, and was removed since
  for (const auto& numbers : *any_commands()) {
    const State before = store.state;
    store.apply(any_command(numbers, store.state));
    before.allocs("", [&](const auto& alloc) {
      // What was removed before its job was registered is none of the job's.
      const auto summary = before.job_summary("default", alloc->job_id);
      const bool counted = summary && alloc->job && summary->create_index == alloc->job->create_index;
      if (counted && alloc->client_terminal() && !store.state.alloc(alloc->id)) tally(collected, *alloc);
      return true;
    });
    auto expected = collected;
    store.state.allocs("", [&](const auto& alloc) { return tally(expected, *alloc), true; });
    store.state.jobs("*", "", [&](const auto& job) {
      const auto summary = store.state.job_summary("default", job->id);
      RC_ASSERT(summary != nullptr);
      for (const auto& group : job->task_groups) RC_ASSERT(summary->summary.contains(group.name));
      for (auto [name_of_group, counts] : summary->summary) {
        counts.queued = 0;
        RC_ASSERT(describe::equal(counts, expected[{job->id, summary->create_index, name_of_group}]));
      }
      return true;
    });
  }
}

RC_GTEST_PROP(StateProperty, JobStatusFollowsWhatHangsOnTheJob, ()) {
  Store store = busy_cluster();
  for (const auto& numbers : *any_commands()) {
    store.apply(any_command(numbers, store.state));
    store.state.jobs("*", "", [&](const auto& job) {
      bool live_allocs = false;
      bool live_evals = false;
      store.state.allocs_of_job("default", job->id,
                                [&](const auto& alloc) { return !(live_allocs = !alloc->terminal()); });
      store.state.evals_of_job("default", job->id, [&](const auto& eval) { return !(live_evals = !eval->terminal()); });
      if (job->type == "system" || job->is_parameterized())
        RC_ASSERT(job->status == (job->stop ? model::JobStatus::dead : model::JobStatus::running));
      else if (live_allocs)
        RC_ASSERT(job->status == model::JobStatus::running);
      else if (live_evals)
        RC_ASSERT(job->status == model::JobStatus::pending);
      else
        RC_ASSERT(job->status != model::JobStatus::running);
      return true;
    });
  }
}

}  // namespace
}  // namespace core::state
