// Nodes, jobs and evaluations: what each command does, by example.
#include "core/state/state.hpp"

#include <gtest/gtest.h>

#include "core/base/check.hpp"
#include "core/state/restore.hpp"
#include "core/state/watch.hpp"
#include "tests/core/state/builders.hpp"

namespace core::state {
namespace {

using namespace tests;
using model::EvalStatus;
using model::JobStatus;
using model::NodeStatus;

std::vector<std::uint64_t> versions(const State& state, const std::string& job_id) {
  std::vector<std::uint64_t> out;
  state.job_versions("default", job_id, [&](const auto& job) { return out.push_back(job->version), true; });
  return out;
}

bool touched(const std::vector<Touched>& all, const Touched& one) { return std::ranges::find(all, one) != all.end(); }

TEST(StateNodes, ARegistrationKeepsWhatTheServersKnow) {
  Store store;
  store.ok(RegisterNode{node("n1"), {}, at(5)});
  store.ok(UpdateNodeEligibility{"n1", model::Eligibility::ineligible, {}, {}, at(6)});
  store.ok(UpdateNodeStatus{"n1", NodeStatus::ready, {}, {}, at(7)});

  auto again = node("n1");
  again.status = NodeStatus::ready;
  again.attributes["kernel.name"] = "linux";
  const auto wakes = store.ok(RegisterNode{again, {}, at(8)});
  const auto stored = store.state.node("n1");
  EXPECT_EQ(stored->create_index, 1u);
  EXPECT_EQ(stored->modify_index, 4u);
  EXPECT_EQ(stored->scheduling_eligibility, model::Eligibility::ineligible);
  EXPECT_EQ(stored->attributes.at("kernel.name"), "linux");
  EXPECT_EQ(stored->status_updated_at, 7);
  ASSERT_EQ(stored->events.size(), 1u);
  EXPECT_EQ(stored->events[0].message, "Node registered");
  EXPECT_EQ(stored->events[0].timestamp, at(5));
  EXPECT_TRUE(touched(wakes, watch::node("n1")));
  EXPECT_EQ(store.state.table_index(Table::nodes), 4u);
}

TEST(StateNodes, AMissedHeartbeatIsRemembered) {
  Store store;
  store.ok(RegisterNode{node("n1"), {}, at(1)});
  store.ok(UpdateNodeStatus{"n1", NodeStatus::ready, {}, {}, at(2)});
  EXPECT_EQ(store.state.node("n1")->last_missed_heartbeat_index, 0u);
  store.ok(UpdateNodeStatus{
      "n1", NodeStatus::down, model::NodeEvent{.message = "Node heartbeat missed"}, {eval("e1", "j")}, at(3)});
  const auto down = store.state.node("n1");
  EXPECT_EQ(down->last_missed_heartbeat_index, 3u);
  EXPECT_EQ(down->status_updated_at, 3);
  EXPECT_EQ(down->events.back().message, "Node heartbeat missed");
  EXPECT_EQ(down->events.back().create_index, 3u);
  EXPECT_NE(store.state.eval("e1"), nullptr);

  auto back = node("n1");
  store.ok(RegisterNode{back, {}, at(4)});
  EXPECT_EQ(store.state.node("n1")->status, NodeStatus::initializing);
  EXPECT_EQ(store.state.node("n1")->events.back().message, "Node re-registered");
  EXPECT_EQ(store.state.node("n1")->last_missed_heartbeat_index, 3u);
}

TEST(StateNodes, TheNewestTenEventsAreKept) {
  Store store;
  store.ok(RegisterNode{node("n1"), {}, at(1)});
  for (int i = 0; i < 12; ++i)
    store.ok(UpdateNodeStatus{"n1", NodeStatus::ready, model::NodeEvent{.message = std::to_string(i)}, {}, at(2)});
  const auto events = store.state.node("n1")->events;
  ASSERT_EQ(events.size(), 10u);
  EXPECT_EQ(events.front().message, "2");
  EXPECT_EQ(events.back().message, "11");
}

TEST(StateNodes, WhatCannotBeIsRefused) {
  Store store;
  store.ok(RegisterNode{node("n1"), {}, at(1)});
  EXPECT_EQ(store.refused(UpdateNodeStatus{"n2", NodeStatus::down, {}, {eval("e1", "j")}, at(2)}), "node not found");
  EXPECT_EQ(store.refused(DeregisterNodes{{"n1", "n2"}, {}, at(2)}), "node not found: n2");
  EXPECT_EQ(store.refused(RegisterNode{node(""), {}, at(2)}), "missing node ID");
  EXPECT_EQ(store.refused(RegisterNode{node(std::string("a\0b", 3)), {}, at(2)}), "node ID contains a NUL byte");
  EXPECT_EQ(store.refused(RegisterNode{node(std::string(5'000, 'n')), {}, at(2)}), "node ID is longer than 4096 bytes");
  EXPECT_EQ(store.refused(UpdateNodeStatus{"n1", NodeStatus::down, {}, {eval("", "j")}, at(2)}),
            "missing evaluation ID");

  auto draining = node("n3");
  draining.drain_strategy.emplace();
  store.ok(RegisterNode{draining, {}, at(3)});
  EXPECT_EQ(store.refused(UpdateNodeEligibility{"n3", model::Eligibility::eligible, {}, {}, at(4)}),
            "can not set node's scheduling eligibility to eligible while it is draining");
  store.ok(DeregisterNodes{{"n1", "n3"}, {}, at(5)});
  EXPECT_EQ(store.state.node_count(), 0u);
}

TEST(StateJobs, ANewJobIsPendingAndHasASummary) {
  Store store;
  const auto wakes = store.ok(RegisterJob{job("web"), std::nullopt, eval("e1", "web"), at(1)});
  const auto stored = store.state.job("default", "web");
  EXPECT_EQ(stored->status, JobStatus::pending);
  EXPECT_EQ(stored->version, 0u);
  EXPECT_EQ(stored->create_index, 1u);
  EXPECT_EQ(stored->modify_index, 1u);
  EXPECT_EQ(stored->job_modify_index, 1u);
  EXPECT_EQ(store.state.eval("e1")->job_modify_index, 1u);
  EXPECT_EQ(store.state.eval("e1")->create_time, second);
  EXPECT_EQ(store.state.job_summary("default", "web")->create_index, 1u);
  EXPECT_EQ(store.summary("web").queued, 0);
  for (const auto& view : {watch::job("default", "web"), watch::job_versions("default", "web"),
                           watch::job_summary("default", "web"), watch::eval("e1"), watch::job_evals("default", "web")})
    EXPECT_TRUE(touched(wakes, view));
}

TEST(StateJobs, OnlyAChangedSpecMakesAVersion) {
  Store store;
  store.ok(RegisterJob{job("web"), std::nullopt, {}, at(1)});
  auto same = job("web");
  same.submit_time = 99;
  same.version = 7;
  same.status = JobStatus::running;
  same.stable = true;
  store.ok(RegisterJob{same, std::nullopt, eval("e1", "web"), at(2)});
  EXPECT_EQ(store.state.job("default", "web")->version, 0u);
  EXPECT_EQ(store.state.job("default", "web")->job_modify_index, 1u);
  EXPECT_EQ(store.state.eval("e1")->job_modify_index, 1u);

  store.ok(RegisterJob{job("web", 70), std::nullopt, eval("e2", "web"), at(3)});
  EXPECT_EQ(store.state.job("default", "web")->version, 1u);
  EXPECT_EQ(store.state.job("default", "web")->create_index, 1u);
  EXPECT_EQ(store.state.job("default", "web")->job_modify_index, 3u);
  EXPECT_EQ(store.state.eval("e2")->job_modify_index, 3u);
  EXPECT_EQ(versions(store.state, "web"), (std::vector<std::uint64_t>{1, 0}));
  EXPECT_EQ(store.state.job_version("default", "web", 0)->priority, 50);
}

TEST(StateJobs, SixVersionsAreKept) {
  Store store;
  for (int i = 0; i < 9; ++i) store.ok(RegisterJob{job("web", i), std::nullopt, {}, at(1)});
  EXPECT_EQ(versions(store.state, "web"), (std::vector<std::uint64_t>{8, 7, 6, 5, 4, 3}));
}

TEST(StateJobs, TheNewestStableVersionOutlivesItsNeighbour) {
  Store store;
  auto stable = job("web", 1);
  stable.stable = true;
  store.ok(RegisterJob{stable, std::nullopt, {}, at(1)});
  for (int i = 2; i < 10; ++i) store.ok(RegisterJob{job("web", i), std::nullopt, {}, at(1)});
  EXPECT_EQ(versions(store.state, "web"), (std::vector<std::uint64_t>{8, 7, 6, 5, 4, 0}));
}

TEST(StateJobs, TheEnforcedIndexMustMatch) {
  Store store;
  EXPECT_EQ(store.refused(RegisterJob{job("web"), 4, {}, at(1)}), "Enforcing job modify index 4: job does not exist");
  store.ok(RegisterJob{job("web"), 0, {}, at(1)});
  const auto index = store.state.job("default", "web")->job_modify_index;
  EXPECT_EQ(store.refused(RegisterJob{job("web", 1), 0, {}, at(1)}),
            "Enforcing job modify index 0: job already exists");
  EXPECT_EQ(store.refused(RegisterJob{job("web", 1), 9, {}, at(1)}),
            "Enforcing job modify index 9: job exists with conflicting job modify index: " + std::to_string(index));
  store.ok(RegisterJob{job("web", 1), index, {}, at(1)});
}

TEST(StateJobs, StopKeepsAPurgeRemoves) {
  Store store;
  store.running_job("web", {"a1"});
  store.ok(DeregisterJob{"default", "web", false, eval("e-stop", "web"), at(20)});
  const auto stopped = store.state.job("default", "web");
  EXPECT_TRUE(stopped->stop);
  EXPECT_EQ(stopped->version, 1u);
  EXPECT_EQ(stopped->status, JobStatus::running);  // its allocation has not ended yet
  EXPECT_EQ(store.state.eval("e-stop")->job_modify_index, stopped->job_modify_index);

  store.ok(DeregisterJob{"default", "web", true, eval("e-purge", "web"), at(21)});
  EXPECT_EQ(store.state.job("default", "web"), nullptr);
  EXPECT_EQ(store.state.job_summary("default", "web"), nullptr);
  EXPECT_TRUE(versions(store.state, "web").empty());
  EXPECT_NE(store.state.alloc("a1"), nullptr);
  EXPECT_EQ(store.refused(DeregisterJob{"default", "web", true, {}, at(22)}),
            "job \"web\" in namespace \"default\" doesn't exist to be deregistered");
}

TEST(StateJobs, ARegistrationAfterAPurgeCountsAnew) {
  Store store;
  store.running_job("web", {"a1"});
  store.ok(DeregisterJob{"default", "web", true, {}, at(20)});
  store.ok(RegisterJob{job("web"), std::nullopt, {}, at(21)});
  EXPECT_EQ(store.summary("web").starting, 0);
  store.ok(UpdateAllocsFromClient{{report("a1", model::ClientStatus::complete)}, {}, at(22)});
  EXPECT_EQ(store.summary("web").complete, 0);
}

TEST(StateJobs, StatusFollowsAllocationsAndEvaluations) {
  Store store;
  const auto status = [&] { return store.state.job("default", "web")->status; };
  store.ok(RegisterJob{job("web"), std::nullopt, {}, at(1)});
  EXPECT_EQ(status(), JobStatus::pending);
  store.ok(UpdateEvals{{eval("e1", "web")}, at(2)});
  EXPECT_EQ(status(), JobStatus::pending);
  store.ok(ApplyPlanResult{
      .eval_id = "e1", .job = store.state.job("default", "web"), .placements = {alloc("a1", "n1", "e1")}});
  EXPECT_EQ(status(), JobStatus::running);
  store.ok(UpdateEvals{{eval("e1", "web", EvalStatus::complete)}, at(3)});
  EXPECT_EQ(status(), JobStatus::running);
  store.ok(UpdateAllocsFromClient{{report("a1", model::ClientStatus::complete)}, {}, at(4)});
  EXPECT_EQ(status(), JobStatus::dead);
  EXPECT_EQ(store.state.job("default", "web")->modify_index, store.state.index());
  EXPECT_EQ(store.state.job("default", "web")->job_modify_index, 1u);
  store.ok(UpdateEvals{{eval("e2", "web")}, at(5)});
  EXPECT_EQ(status(), JobStatus::pending);
  store.ok(DeleteEvals{{"e1", "e2"}, {"a1"}});
  EXPECT_EQ(status(), JobStatus::dead);
  EXPECT_EQ(store.state.alloc_count(), 0u);
  EXPECT_EQ(store.state.eval_count(), 0u);
}

TEST(StateJobs, SystemJobsRunUntilStopped) {
  Store store;
  auto system = job("sys");
  system.type = "system";
  store.ok(RegisterJob{system, std::nullopt, {}, at(1)});
  EXPECT_EQ(store.state.job("default", "sys")->status, JobStatus::running);
  store.ok(DeregisterJob{"default", "sys", false, {}, at(2)});
  EXPECT_EQ(store.state.job("default", "sys")->status, JobStatus::dead);
}

TEST(StateJobs, AParentCountsItsChildren) {
  Store store;
  auto parent = job("batch");
  parent.parameterized_job.emplace();
  store.ok(RegisterJob{parent, std::nullopt, {}, at(1)});
  auto child = job("batch/dispatch-1");
  child.parent_id = "batch";
  store.ok(RegisterJob{child, std::nullopt, eval("e1", child.id), at(2)});
  const auto children = [&] { return *store.state.job_summary("default", "batch")->children; };
  EXPECT_EQ(children().pending, 1);
  store.ok(ApplyPlanResult{
      .eval_id = "e1", .job = store.state.job("default", child.id), .placements = {alloc("a1", "n1", "e1")}});
  EXPECT_EQ(children().pending, 0);
  EXPECT_EQ(children().running, 1);
  store.ok(DeregisterJob{"default", child.id, true, {}, at(3)});
  EXPECT_EQ(children().running, 0);
  EXPECT_EQ(children().dead, 1);
}

TEST(StateJobs, ListsByNamespaceAndPrefix) {
  Store store;
  for (const char* space : {"a", "a-b", "default"})
    for (const char* id : {"web", "worker", "db"}) {
      auto one = job(id);
      one.namespace_ = space;
      store.ok(RegisterJob{one, std::nullopt, {}, at(1)});
    }
  EXPECT_EQ(ids<model::Job>(store.state, &State::jobs, "a", "w"), (std::vector<std::string>{"web", "worker"}));
  EXPECT_EQ(ids<model::Job>(store.state, &State::jobs, "*", "d").size(), 3u);
  EXPECT_EQ(ids<model::Job>(store.state, &State::jobs, "*", "").size(), 9u);
  EXPECT_TRUE(ids<model::Job>(store.state, &State::jobs, "none", "").empty());
}

TEST(StateEvals, KeepWhenTheyWereMade) {
  Store store;
  store.ok(UpdateEvals{{eval("e1", "web")}, at(1)});
  store.ok(UpdateEvals{{eval("e1", "web", EvalStatus::complete)}, at(9)});
  const auto stored = store.state.eval("e1");
  EXPECT_EQ(stored->create_index, 1u);
  EXPECT_EQ(stored->modify_index, 2u);
  EXPECT_EQ(stored->create_time, second);
  EXPECT_EQ(stored->modify_time, 9 * second);
}

TEST(StateEvals, ASuccessCancelsTheJobsBlockedOnes) {
  Store store;
  store.ok(UpdateEvals{{eval("b1", "web", EvalStatus::blocked), eval("b2", "db", EvalStatus::blocked)}, at(1)});
  auto partly = eval("e1", "web", EvalStatus::complete);
  partly.failed_tg_allocs["web"];
  store.ok(UpdateEvals{{partly}, at(2)});
  EXPECT_EQ(store.state.eval("b1")->status, EvalStatus::blocked);

  const auto wakes = store.ok(UpdateEvals{{eval("e2", "web", EvalStatus::complete)}, at(3)});
  EXPECT_EQ(store.state.eval("b1")->status, EvalStatus::canceled);
  EXPECT_EQ(store.state.eval("b1")->status_description, "evaluation \"e2\" successful");
  EXPECT_EQ(store.state.eval("b2")->status, EvalStatus::blocked);
  EXPECT_TRUE(touched(wakes, watch::eval("b1")));
}

TEST(StateEvals, QueuedAllocationsReachTheSummary) {
  Store store;
  store.ok(RegisterJob{job("web"), std::nullopt, {}, at(1)});
  auto done = eval("e1", "web", EvalStatus::complete);
  done.queued_allocations = {{"web", 3}, {"no such group", 5}};
  store.ok(UpdateEvals{{done}, at(2)});
  EXPECT_EQ(store.summary("web").queued, 3);
  EXPECT_EQ(store.state.job_summary("default", "web")->summary.size(), 1u);
  EXPECT_EQ(store.state.job_summary("default", "web")->modify_index, 2u);
}

TEST(State, TheClusterIsNamedOnce) {
  Store store;
  store.ok(SetClusterMetadata{"c1", at(1)});
  EXPECT_EQ(store.refused(SetClusterMetadata{"c2", at(2)}), "cluster ID is already set");
  EXPECT_EQ(store.state.cluster_id(), "c1");
}

TEST(State, AnEntryIsNeverAppliedTwice) {
  State state;
  state.apply(5, RegisterNode{node("n1"), {}, at(1)});
  EXPECT_THROW(state.apply(5, RegisterNode{node("n1"), {}, at(1)}), base::CheckFailed);
  EXPECT_THROW(state.apply(4, RegisterNode{node("n1"), {}, at(1)}), base::CheckFailed);
}

TEST(State, ASnapshotThatMakesNoSenseIsRefused) {
  const SnapshotHead head{1, std::vector<std::uint64_t>(8), ""};
  EXPECT_FALSE(Restore().finish().has_value());
  EXPECT_FALSE(Restore().add(NodeRecord{std::make_shared<model::Node>()}).has_value());
  EXPECT_FALSE(Restore().add(SnapshotHead{1, {2, 3}, ""}).has_value());
  Restore restore;
  EXPECT_TRUE(restore.add(head).has_value());
  EXPECT_FALSE(restore.add(head).has_value());
  EXPECT_FALSE(restore.add(EvalRecord{}).has_value());
  EXPECT_FALSE(restore.add(AllocRecord{std::make_shared<model::Allocation>(), 1}).has_value());
}

TEST(State, ARestoredStateSharesItsJobs) {
  Store store;
  store.running_job("web", {"a1", "a2"});
  Restore restore;
  std::size_t embedded = 0;
  store.state.dump([&](const Record& record) {
    embedded += std::holds_alternative<EmbeddedJob>(record) ? 1 : 0;
    return restore.add(record).has_value();
  });
  EXPECT_EQ(embedded, 1u);
  const State restored = *std::move(restore).finish();
  EXPECT_EQ(restored.alloc("a1")->job, restored.alloc("a2")->job);
  EXPECT_EQ(restored.alloc("a1")->job, restored.job_version("default", "web", 0));
}

TEST(State, ACopyIsASnapshot) {
  Store store;
  store.ok(RegisterNode{node("n1"), {}, at(1)});
  const State before = store.state;
  store.ok(DeregisterNodes{{"n1"}, {}, at(2)});
  EXPECT_NE(before.node("n1"), nullptr);
  EXPECT_EQ(before.index(), 1u);
  EXPECT_EQ(store.state.node("n1"), nullptr);
}

// --- autopilot, and states that are restored ---

TEST(StateAutopilot, ASettingIsKeptWithTheIndexOfItsChange) {
  Store store;
  EXPECT_EQ(store.state.autopilot(), nullptr);
  store.ok(SetAutopilotConfig{{.min_quorum = 3, .create_index = 77, .modify_index = 78}, {}, at(1)});
  EXPECT_EQ(store.state.autopilot()->create_index, 1u);
  EXPECT_EQ(store.state.autopilot()->modify_index, 1u);
  EXPECT_EQ(store.refused(SetAutopilotConfig{{.min_quorum = 5}, 7, at(2)}),
            "the autopilot configuration has been changed since it was read");
  const auto wakes = store.ok(SetAutopilotConfig{{.min_quorum = 5}, 1, at(3)});
  EXPECT_EQ(store.state.autopilot()->min_quorum, 5u);
  EXPECT_EQ(store.state.autopilot()->create_index, 1u);
  EXPECT_EQ(store.state.autopilot()->modify_index, 3u);
  EXPECT_TRUE(touched(wakes, watch::autopilot()));
}

std::vector<SnapshotEntry> records_of(const State& state) {
  std::vector<SnapshotEntry> out;
  state.dump([&](const Record& record) { return out.push_back({record}), true; });
  return out;
}

TEST(StateRestore, AStateTakesTheOthersPlaceWhenItsLastPartIsHere) {
  Store saved;
  saved.ok(RegisterNode{node("n1"), {}, at(1)});
  saved.ok(SetAutopilotConfig{{.min_quorum = 3}, {}, at(2)});
  const auto records = records_of(saved.state);
  ASSERT_GT(records.size(), 2u);

  Store store;
  store.ok(RegisterNode{node("n2"), {}, at(1)});
  store.ok(RegisterNode{node("n3"), {}, at(2)});
  store.ok(RestoreSnapshot{"r", 0, false, {records.begin(), records.begin() + 2}, at(3)});
  EXPECT_TRUE(store.state.restoring());
  EXPECT_NE(store.state.node("n2"), nullptr);
  EXPECT_EQ(store.refused(RestoreSnapshot{"other", 1, true, {}, at(4)}),
            "another restore has begun, or the leader that began this one is none any more");
  EXPECT_EQ(store.refused(RestoreSnapshot{"r", 2, true, {}, at(4)}),
            "part 2 of the snapshot came where part 1 belongs");
  const auto wakes = store.ok(RestoreSnapshot{"r", 1, true, {records.begin() + 2, records.end()}, at(5)});
  EXPECT_FALSE(store.state.restoring());
  EXPECT_EQ(store.state.node("n2"), nullptr);
  ASSERT_NE(store.state.node("n1"), nullptr);
  EXPECT_EQ(store.state.autopilot()->min_quorum, 3u);
  EXPECT_TRUE(touched(wakes, watch::any_row(Table::nodes)));
  EXPECT_EQ(store.state.table_index(Table::nodes), store.state.index());
  EXPECT_EQ(store.state.hash(), store.state.recomputed_hash());
}

TEST(StateRestore, TheIndexGoesOnAboveAllThatIsRestored) {
  Store saved;
  for (int i = 0; i < 9; ++i) saved.ok(SetAutopilotConfig{{}, {}, at(1)});
  saved.ok(RegisterNode{node("n1"), {}, at(1)});
  Store store;
  store.ok(RegisterNode{node("n2"), {}, at(1)});
  store.ok(RestoreSnapshot{"r", 0, true, records_of(saved.state), at(5)});
  EXPECT_EQ(store.state.node("n1")->modify_index, 10u);
  EXPECT_EQ(store.state.index(), 11u);
  EXPECT_EQ(store.state.log_index(), 2u);
  EXPECT_EQ(store.state.table_index(Table::nodes), 11u);
  store.ok(RegisterNode{node("n3"), {}, at(6)});
  EXPECT_EQ(store.state.node("n3")->create_index, 12u);
  // Also when what is restored is of a shorter log, and in a Raft snapshot.
  store.ok(RestoreSnapshot{"r", 0, true, records_of(saved.state), at(7)});
  EXPECT_EQ(store.state.index(), 13u);
  Restore restored;
  for (const SnapshotEntry& entry : records_of(store.state)) ASSERT_TRUE(restored.add(entry.record).has_value());
  const auto again = std::move(restored).finish();
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->index(), 13u);
  EXPECT_EQ(again->log_index(), 4u);
}

TEST(StateRestore, WhatClientsReportNextIsNewsAndTheyLookAtAllocationsAnew) {
  Store saved;
  saved.ok(RegisterNode{node("n1"), {}, at(1)});
  saved.ok(UpdateAllocsFromClient{{}, {}, at(2), {{"n1", 5, 7}}});
  Store store;
  store.ok(RestoreSnapshot{"r", 0, true, records_of(saved.state), at(5)});
  EXPECT_EQ(store.state.node("n1")->report_life, 0u);
  EXPECT_EQ(store.state.node("n1")->report_number, 0u);
}

TEST(StateRestore, AnIndexThatNoLogReachesIsRefused) {
  Store store;
  std::vector<SnapshotEntry> records = records_of(store.state);
  std::get<SnapshotHead>(records.front().record).index = ~std::uint64_t{0} - 1;
  EXPECT_EQ(store.refused(RestoreSnapshot{"r", 0, true, records, at(1)}),
            "the snapshot's index is beyond what a log can reach");
}

TEST(StateRestore, ARestoreThatIsGivenUpLeavesNothing) {
  Store store;
  const auto before = store.state.recomputed_hash();
  store.ok(RestoreSnapshot{"r", 0, false, records_of(store.state), at(1)});
  EXPECT_NE(store.state.hash(), before);
  store.ok(RestoreSnapshot{"", 0, false, {}, at(2)});
  EXPECT_FALSE(store.state.restoring());
  EXPECT_EQ(store.state.hash(), before);
}

}  // namespace
}  // namespace core::state
