// Allocations: plans, clients' reports, operators' wishes, by example.
#include <gtest/gtest.h>

#include "core/state/watch.hpp"
#include "tests/core/state/builders.hpp"

namespace core::state {
namespace {

using namespace tests;
using model::ClientStatus;
using model::DesiredStatus;

bool touched(const std::vector<Touched>& all, const Touched& one) { return std::ranges::find(all, one) != all.end(); }

TEST(StatePlan, PlacesNewAllocations) {
  Store store;
  store.ok(RegisterJob{job("web"), std::nullopt, eval("e1", "web"), at(1)});
  auto asked = eval("e1", "web");
  asked.queued_allocations["web"] = 2;
  store.ok(UpdateEvals{{asked}, at(2)});
  auto claims_to_run = alloc("a1", "n1", "e1");
  claims_to_run.client_status = ClientStatus::running;
  const auto wakes = store.ok(ApplyPlanResult{
      .eval_id = "e1", .job = store.state.job("default", "web"), .placements = {claims_to_run}, .time = at(3)});
  const auto stored = store.state.alloc("a1");
  EXPECT_EQ(stored->namespace_, "default");
  EXPECT_EQ(stored->job_id, "web");
  EXPECT_EQ(stored->client_status, ClientStatus::pending);
  EXPECT_EQ(stored->create_index, 3u);
  EXPECT_EQ(stored->modify_index, 3u);
  EXPECT_EQ(stored->alloc_modify_index, 3u);
  EXPECT_EQ(stored->create_time, 3 * second);
  EXPECT_EQ(store.summary("web").starting, 1);
  EXPECT_EQ(store.summary("web").queued, 1);
  EXPECT_EQ(store.state.eval("e1")->modify_index, 3u);
  for (const auto& view : {watch::alloc("a1"), watch::node_allocs("n1"), watch::job_allocs("default", "web"),
                           watch::eval_allocs("e1"), watch::job_summary("default", "web")})
    EXPECT_TRUE(touched(wakes, view));
  EXPECT_EQ(ids<model::Allocation>(store.state, &State::allocs_of_node, "n1"), std::vector<std::string>{"a1"});
}

TEST(StatePlan, AllOfAPlanHoldTheTablesJob) {
  Store store;
  store.ok(RegisterJob{job("web"), std::nullopt, {}, at(1)});
  const auto stored = store.state.job("default", "web");
  const auto decoded = std::make_shared<const model::Job>(*stored);
  store.ok(ApplyPlanResult{.job = decoded, .placements = {alloc("a1", "n1", ""), alloc("a2", "n2", "")}});
  EXPECT_EQ(store.state.alloc("a1")->job, stored);
  EXPECT_EQ(store.state.alloc("a2")->job, stored);
}

TEST(StatePlan, StopsAllocations) {
  Store store;
  store.running_job("web", {"a1", "a2"});
  store.ok(
      UpdateAllocsFromClient{{report("a1", ClientStatus::running), report("a2", ClientStatus::running)}, {}, at(15)});
  store.ok(ApplyPlanResult{.stops = {{.alloc_id = "a1", .desired_description = "alloc not needed due to job update"},
                                     {.alloc_id = "a2",
                                      .desired_description = "alloc is lost since its node is down",
                                      .client_status = ClientStatus::lost,
                                      .followup_eval_id = "e9"}},
                           .time = at(20)});
  const auto stopped = store.state.alloc("a1");
  EXPECT_EQ(stopped->desired_status, DesiredStatus::stop);
  EXPECT_EQ(stopped->desired_description, "alloc not needed due to job update");
  EXPECT_EQ(stopped->client_status, ClientStatus::running);
  EXPECT_EQ(stopped->alloc_modify_index, store.state.index());
  const auto lost = store.state.alloc("a2");
  EXPECT_EQ(lost->client_status, ClientStatus::lost);
  EXPECT_EQ(lost->followup_eval_id, "e9");
  ASSERT_EQ(lost->alloc_states.size(), 1u);
  EXPECT_EQ(lost->alloc_states[0].field, "client_status");
  EXPECT_EQ(lost->alloc_states[0].value, "lost");
  EXPECT_EQ(lost->alloc_states[0].time, at(20));
  EXPECT_EQ(store.summary("web").running, 1);
  EXPECT_EQ(store.summary("web").lost, 1);
}

TEST(StatePlan, AnInPlaceUpdateKeepsWhatTheClientSaid) {
  Store store;
  store.running_job("web", {"a1"});
  auto seen = report("a1", ClientStatus::running);
  seen.task_states["server"].state = model::TaskRunState::running;
  store.ok(UpdateAllocsFromClient{{seen}, {}, at(15)});
  store.ok(RegisterJob{job("web", 60), std::nullopt, eval("e2", "web"), at(16)});

  auto update = alloc("a1", "n1", "e2");
  update.desired_description = "alloc updating in-place";
  store.ok(ApplyPlanResult{
      .eval_id = "e2", .job = store.state.job("default", "web"), .placements = {update}, .time = at(17)});
  const auto stored = store.state.alloc("a1");
  EXPECT_EQ(stored->client_status, ClientStatus::running);
  EXPECT_EQ(stored->client_description, "said the client");
  EXPECT_EQ(stored->task_states.size(), 1u);
  EXPECT_EQ(stored->job->version, 1u);
  EXPECT_EQ(stored->eval_id, "e2");
  EXPECT_EQ(stored->create_time, 11 * second);
  EXPECT_EQ(stored->alloc_modify_index, store.state.index());
  EXPECT_LT(stored->create_index, stored->modify_index);
  EXPECT_TRUE(ids<model::Allocation>(store.state, &State::allocs_of_eval, "e-web").empty());
  EXPECT_EQ(store.summary("web").running, 1);

  update.client_status = ClientStatus::unknown;
  store.ok(ApplyPlanResult{.placements = {update}, .time = at(18)});
  EXPECT_EQ(store.state.alloc("a1")->client_status, ClientStatus::unknown);
  EXPECT_EQ(store.state.alloc("a1")->job->version, 1u);  // without a job, the old one stays
  EXPECT_EQ(store.summary("web").unknown, 1);
}

TEST(StatePlan, LinksAReplacementToWhatItReplaces) {
  Store store;
  store.running_job("web", {"a1"});
  auto replacement = alloc("a2", "n2", "e-web");
  replacement.previous_allocation = "a1";
  const auto wakes =
      store.ok(ApplyPlanResult{.job = store.state.job("default", "web"), .placements = {replacement}, .time = at(20)});
  EXPECT_EQ(store.state.alloc("a1")->next_allocation, "a2");
  EXPECT_TRUE(touched(wakes, watch::alloc("a1")));
}

TEST(StatePlan, MarksWhatWasPreempted) {
  Store store;
  store.running_job("low", {"a1"});
  store.ok(RegisterJob{job("high", 90), std::nullopt, {}, at(20)});
  auto winner = alloc("a2", "n1", "");
  winner.preempted_allocations = {"a1"};
  store.ok(ApplyPlanResult{.job = store.state.job("default", "high"),
                           .stops = {{.alloc_id = "a1"}},
                           .placements = {winner},
                           .preemption_evals = {eval("e9", "low")},
                           .time = at(21)});
  EXPECT_EQ(store.state.alloc("a1")->desired_status, DesiredStatus::evict);
  EXPECT_EQ(store.state.alloc("a1")->preempted_by_allocation, "a2");
  EXPECT_EQ(store.state.alloc("a1")->desired_description, "Preempted by alloc ID a2");
  EXPECT_NE(store.state.eval("e9"), nullptr);
}

TEST(StatePlan, WhatCannotBeIsRefusedWhole) {
  Store store;
  store.running_job("web", {"a1"});
  const auto web = store.state.job("default", "web");
  EXPECT_EQ(store.refused(ApplyPlanResult{.eval_id = "none", .job = web, .placements = {alloc("a2", "n1", "")}}),
            "unable to find eval id \"none\"");
  EXPECT_EQ(store.refused(ApplyPlanResult{.stops = {{.alloc_id = "a1"}, {.alloc_id = "none"}}}),
            "alloc \"none\" doesn't exist");
  EXPECT_EQ(store.refused(ApplyPlanResult{.placements = {alloc("a2", "n1", "")}}),
            "attempting to upsert allocation \"a2\" without a job");
  EXPECT_EQ(store.refused(ApplyPlanResult{.job = web, .placements = {alloc("", "n1", "")}}), "missing alloc ID");
  EXPECT_EQ(store.refused(ApplyPlanResult{.job = web, .placements = {alloc("a2", "", "")}}), "missing alloc node ID");
  EXPECT_EQ(store.refused(ApplyPlanResult{.job = std::make_shared<model::Job>(), .placements = {alloc("a2", "n", "")}}),
            "missing alloc job namespace ID");
}

TEST(StateClient, OnlyTheClientsFieldsCount) {
  Store store;
  store.ok(RegisterNode{node("n1"), {}, at(1)});
  store.running_job("web", {"a1"});
  const auto placed = store.state.alloc("a1");
  const auto node_list_index = store.state.table_index(Table::nodes);
  auto reported = report("a1", ClientStatus::failed);
  reported.desired_status = DesiredStatus::stop;
  reported.node_id = "elsewhere";
  store.ok(UpdateAllocsFromClient{{reported}, {eval("e9", "web")}, at(30)});
  const auto stored = store.state.alloc("a1");
  EXPECT_EQ(stored->client_status, ClientStatus::failed);
  EXPECT_EQ(stored->client_description, "said the client");
  EXPECT_EQ(stored->desired_status, DesiredStatus::run);
  EXPECT_EQ(stored->node_id, "n1");
  EXPECT_EQ(stored->modify_index, store.state.index());
  EXPECT_EQ(stored->alloc_modify_index, placed->alloc_modify_index);  // the client need not fetch it again
  EXPECT_EQ(stored->modify_time, 30 * second);
  EXPECT_EQ(store.summary("web").failed, 1);
  EXPECT_EQ(store.summary("web").starting, 0);
  EXPECT_EQ(store.state.node("n1")->last_alloc_update_index, store.state.index());
  EXPECT_EQ(store.state.table_index(Table::nodes), node_list_index);
  EXPECT_NE(store.state.eval("e9"), nullptr);
}

TEST(StateClient, AReportOfWhatIsGoneDoesNotSpoilTheBatch) {
  Store store;
  store.running_job("web", {"a1"});
  store.ok(
      UpdateAllocsFromClient{{report("gone", ClientStatus::running), report("a1", ClientStatus::running)}, {}, at(30)});
  EXPECT_EQ(store.state.alloc("gone"), nullptr);
  EXPECT_EQ(store.summary("web").running, 1);
}

TEST(StateClient, HealthIsTheClientsAndCanaryTheServers) {
  Store store;
  store.ok(RegisterJob{job("web"), std::nullopt, {}, at(1)});
  auto canary = alloc("a1", "n1", "");
  canary.deployment_status.emplace().canary = true;
  store.ok(ApplyPlanResult{.job = store.state.job("default", "web"), .placements = {canary}, .time = at(2)});
  auto healthy = report("a1", ClientStatus::running);
  healthy.deployment_status.emplace().healthy = true;
  healthy.deployment_status->timestamp = at(29);
  store.ok(UpdateAllocsFromClient{{healthy}, {}, at(30)});
  const auto index = store.state.index();
  store.ok(UpdateAllocsFromClient{{healthy}, {}, at(31)});
  const auto status = *store.state.alloc("a1")->deployment_status;
  EXPECT_TRUE(status.canary);
  EXPECT_EQ(status.healthy, true);
  EXPECT_EQ(status.timestamp, at(29));
  EXPECT_EQ(status.modify_index, index);
}

// Found by scenarios/mutants-snapshots.yaml: a call that the client had given up came through after the one that
// followed, in the same batch, and the older word stayed for ever.
TEST(StateAllocs, AReportThatComesLateChangesNothing) {
  Store store;
  store.ok(RegisterNode{node("n1"), {}, at(1)});
  store.running_job("web", {"a1"});
  const auto say = [&](ClientStatus status, std::uint64_t life, std::uint64_t number) {
    store.ok(UpdateAllocsFromClient{{report("a1", status)}, {}, at(20), {{"n1", life, number}}});
    return store.state.alloc("a1")->client_status;
  };
  EXPECT_EQ(say(ClientStatus::running, 7, 2), ClientStatus::running);
  EXPECT_EQ(say(ClientStatus::pending, 7, 1), ClientStatus::running);
  EXPECT_EQ(say(ClientStatus::pending, 7, 2), ClientStatus::running);
  EXPECT_EQ(say(ClientStatus::failed, 9, 1), ClientStatus::failed);
  EXPECT_EQ(say(ClientStatus::running, 7, 99), ClientStatus::failed);
}

TEST(StateTransition, WishesAddUp) {
  Store store;
  store.running_job("web", {"a1"});
  store.ok(UpdateDesiredTransition{{{"a1", {.migrate = true}}, {"gone", {.migrate = true}}}, {}, at(20)});
  store.ok(UpdateDesiredTransition{{{"a1", {.reschedule = true}}}, {eval("e9", "web")}, at(21)});
  const auto stored = store.state.alloc("a1");
  EXPECT_EQ(stored->desired_transition.migrate, true);
  EXPECT_EQ(stored->desired_transition.reschedule, true);
  EXPECT_EQ(stored->desired_transition.force_reschedule, std::nullopt);
  EXPECT_EQ(stored->alloc_modify_index, store.state.index());
  EXPECT_NE(store.state.eval("e9"), nullptr);
}

TEST(StateGarbage, TheSummaryRemembersWhatEnded) {
  Store store;
  store.running_job("web", {"a1", "a2"});
  store.ok(UpdateAllocsFromClient{{report("a1", ClientStatus::complete)}, {}, at(20)});
  const auto wakes = store.ok(DeleteEvals{{"e-web", "gone"}, {"a1", "a2", "gone"}});
  EXPECT_EQ(store.state.alloc_count(), 0u);
  EXPECT_EQ(store.state.eval("e-web"), nullptr);
  EXPECT_EQ(store.summary("web").complete, 1);
  EXPECT_EQ(store.summary("web").starting, 0);
  EXPECT_TRUE(touched(wakes, watch::node_allocs("n1")));
  EXPECT_TRUE(touched(wakes, watch::job_evals("default", "web")));
}

}  // namespace
}  // namespace core::state
