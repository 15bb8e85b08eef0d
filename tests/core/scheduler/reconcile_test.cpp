// What becomes of a job's allocations as jobs, nodes and tasks change.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "core/scheduler/reschedule.hpp"
#include "tests/core/scheduler/world.hpp"

namespace {
using namespace tests;
using model::ClientStatus;
using model::EvalTrigger;

std::vector<std::string> names(std::initializer_list<int> numbers) {
  std::vector<std::string> all;
  for (const int n : numbers) all.push_back("web.web[" + std::to_string(n) + "]");
  return all;
}

model::DesiredUpdates updates_of(const scheduler::Scheduled& scheduled) { return scheduled.plan.annotations.at("web"); }

TEST(Reconcile, DoesNothingTwice) {
  World world;
  world.add_nodes(3);
  world.run(make_job("web", 4));
  const auto again = world.plan(world.new_eval("web", EvalTrigger::node_update));
  EXPECT_TRUE(again.plan.empty());
  EXPECT_EQ(updates_of(again).ignore, 4u);
}

TEST(Reconcile, StopsTheHighestNumbersFirst) {
  World world;
  world.add_nodes(3);
  world.run(make_job("web", 5));
  world.run(make_job("web", 2));
  EXPECT_EQ(world.live_names("web"), names({0, 1}));
  for (const auto& alloc : world.allocs("web"))
    if (alloc->terminal()) {
      EXPECT_EQ(alloc->desired_description, "alloc not needed due to job update");
    }
  world.run(make_job("web", 3));
  EXPECT_EQ(world.live_names("web"), names({0, 1, 2}));
}

TEST(Reconcile, StopsAllOfAJobThatIsStoppedOrPurged) {
  for (const bool purge : {false, true}) {
    World world;
    world.add_nodes(2);
    world.run(make_job("web", 3));
    world.apply(core::state::DeregisterJob{"default", "web", purge, std::nullopt, world.now});
    EXPECT_EQ(world.process(world.new_eval("web", EvalTrigger::job_deregister)).status, model::EvalStatus::complete);
    EXPECT_TRUE(world.live("web").empty());
    EXPECT_EQ(world.allocs("web").size(), 3u);
  }
}

TEST(Reconcile, StopsGroupsThatAreGone) {
  World world;
  world.add_nodes(2);
  auto job = make_job("web", 2);
  job.task_groups.push_back(job.task_groups[0]);
  job.task_groups[1].name = "extra";
  world.run(job);
  EXPECT_EQ(world.live("web").size(), 4u);
  world.run(make_job("web", 2));
  EXPECT_EQ(world.live_names("web"), names({0, 1}));
}

TEST(Reconcile, ReplacesWhatIsLostWithItsNode) {
  World world;
  world.add_nodes(2);
  world.run(make_job("web", 4));
  world.set_status("n0", model::NodeStatus::down);
  world.process(world.new_eval("web", EvalTrigger::node_update));
  EXPECT_EQ(world.live_names("web"), names({0, 1, 2, 3}));
  for (const auto& alloc : world.allocs("web")) {
    if (alloc->node_id == "n0") {
      EXPECT_EQ(alloc->client_status, ClientStatus::lost);
      EXPECT_EQ(alloc->desired_status, model::DesiredStatus::stop);
      EXPECT_EQ(alloc->desired_description, "alloc is lost since its node is down");
      EXPECT_FALSE(alloc->next_allocation.empty());
    }
  }
}

TEST(Reconcile, MarksStopsLostThatTheirNodeWillNeverConfirm) {
  World world;
  world.add_nodes(1);
  world.run(make_job("web", 1));
  const std::string id = world.live("web")[0]->id;
  world.report(id, ClientStatus::running);
  world.run(make_job("web", 0));
  EXPECT_EQ(world.state.alloc(id)->client_status, ClientStatus::running);
  world.set_status("n0", model::NodeStatus::down);
  world.process(world.new_eval("web", EvalTrigger::node_update));
  EXPECT_EQ(world.state.alloc(id)->client_status, ClientStatus::lost);
}

TEST(Reconcile, MovesWhatIsToMigrate) {
  World world;
  world.add_nodes(2);
  world.run(make_job("web", 2));
  const auto before = world.live("web");
  model::DesiredTransition migrate;
  migrate.migrate = true;
  world.apply(core::state::UpdateDesiredTransition{{{before[0]->id, migrate}}, {}, world.now});
  world.apply(
      core::state::UpdateNodeEligibility{before[0]->node_id, model::Eligibility::ineligible, {}, {}, world.now});
  const auto eval = world.new_eval("web", EvalTrigger::node_drain);
  EXPECT_EQ(updates_of(world.plan(eval)).migrate, 1u);
  world.process(eval);
  EXPECT_EQ(world.live_names("web"), names({0, 1}));
  EXPECT_EQ(world.state.alloc(before[0]->id)->desired_description, "alloc is being migrated");
  for (const auto& alloc : world.live("web")) {
    EXPECT_NE(alloc->id, before[0]->id);
  }
}

TEST(Reconcile, TellsInPlaceFromDestructiveUpdates) {
  World world;
  world.add_nodes(2);
  auto job = make_job("web", 2);
  world.run(job);
  std::set<std::string> before;
  for (const auto& alloc : world.live("web")) before.insert(alloc->id);

  job.constraints.push_back({"${attr.kernel.name}", "linux", "="});
  auto eval = world.submit(job);
  EXPECT_EQ(updates_of(world.plan(eval)).in_place_update, 2u);
  world.process(eval);
  for (const auto& alloc : world.live("web")) {
    EXPECT_TRUE(before.contains(alloc->id));
    EXPECT_EQ(alloc->job->version, 1u);
  }

  job.task_groups[0].tasks[0].env["A"] = "b";
  eval = world.submit(job);
  EXPECT_EQ(updates_of(world.plan(eval)).destructive_update, 2u);
  world.process(eval);
  EXPECT_EQ(world.live_names("web"), names({0, 1}));
  for (const auto& alloc : world.live("web")) {
    EXPECT_FALSE(before.contains(alloc->id));
  }
  for (const auto& id : before)
    EXPECT_EQ(world.state.alloc(id)->desired_description, "alloc is being updated due to job update");
}

TEST(Reconcile, ReplacesInsteadOfUpdatingWhereItMayNoLongerStay) {
  World world;
  world.add_nodes(1);
  auto job = make_job("web", 1);
  world.run(job);
  auto other = make_node("other");
  other.meta["ssd"] = "yes";
  world.add(other);
  job.constraints.push_back({"${meta.ssd}", "yes", "="});
  world.run(job);
  ASSERT_EQ(world.live("web").size(), 1u);
  EXPECT_EQ(world.live("web")[0]->node_id, "other");
}

TEST(Reconcile, KeepsTheOldWhenThereIsNoRoomForTheNew) {
  World world;
  world.add_nodes(1);
  auto job = make_job("web", 1);
  world.run(job);
  job.task_groups[0].tasks[0].resources->memory_mb = 9000;
  const auto eval = world.run(job);
  ASSERT_EQ(world.live("web").size(), 1u);
  EXPECT_EQ(world.live("web")[0]->job->version, 0u);
  EXPECT_EQ(eval.queued_allocations.at("web"), 1);
  EXPECT_EQ(world.evals(model::EvalStatus::blocked).size(), 1u);
}

TEST(Reconcile, UsesTheRoomOfWhatItReplaces) {
  World world;
  world.add_nodes(1);
  auto job = make_job("web", 1);
  job.task_groups[0].tasks[0].resources->memory_mb = 8192;
  world.run(job);
  job.task_groups[0].tasks[0].env["A"] = "b";
  const auto eval = world.run(job);
  EXPECT_TRUE(eval.failed_tg_allocs.empty());
  ASSERT_EQ(world.live("web").size(), 1u);
  EXPECT_EQ(world.live("web")[0]->job->version, 1u);
}

TEST(Reconcile, RunsABatchOnceAVersion) {
  World world;
  world.add_nodes(2);
  auto job = make_job("web", 2);
  job.type = "batch";
  world.run(job);
  for (const auto& alloc : world.live("web")) world.report(alloc->id, ClientStatus::complete);
  EXPECT_TRUE(world.plan(world.new_eval("web", EvalTrigger::node_update)).plan.empty());
  job.task_groups[0].tasks[0].env["A"] = "b";
  world.run(job);
  EXPECT_EQ(world.live_names("web"), names({0, 1}));
}

// nomad#2419, #1269: more or fewer instances than wanted.
TEST(Reconcile, CountsWhatEndedWellOnALostNodeAndItsSuccessorOnce) {
  World world;
  world.add(make_node("n0"));
  auto job = make_job("web", 2);
  job.type = "batch";
  world.run(job);
  const auto given_up = world.live("web");
  // There is no room elsewhere yet: what comes later does not know whose place it takes.
  world.set_status("n0", model::NodeStatus::down);
  world.process(world.new_eval("web", EvalTrigger::node_update));
  world.add(make_node("n1"));
  world.process(world.new_eval("web", EvalTrigger::queued_allocs));
  ASSERT_EQ(world.live_names("web"), names({0, 1}));
  // The first ends well twice, the second is lost again.
  world.report(given_up[0]->id, ClientStatus::complete);
  for (const auto& alloc : world.live("web"))
    if (alloc->name == given_up[0]->name) world.report(alloc->id, ClientStatus::complete);
  world.set_status("n1", model::NodeStatus::down);
  world.add(make_node("n2"));
  world.process(world.new_eval("web", EvalTrigger::node_update));
  ASSERT_EQ(world.live("web").size(), 1u);
  EXPECT_EQ(world.live("web")[0]->name, given_up[1]->name);
}

TEST(Reconcile, ReplacesAServiceThatHasEnded) {
  World world;
  world.add_nodes(2);
  world.run(make_job("web", 1));
  world.report(world.live("web")[0]->id, ClientStatus::complete);
  world.process(world.new_eval("web", EvalTrigger::alloc_failure));
  EXPECT_EQ(world.live_names("web"), names({0}));
}

model::Job rescheduling(model::ReschedulePolicy policy) {
  auto job = make_job("web", 1);
  job.task_groups[0].reschedule_policy = policy;
  return job;
}

TEST(Reschedule, WaitsInAnEvaluationOfItsOwn) {
  World world;
  world.add_nodes(3);
  model::ReschedulePolicy policy;
  policy.unlimited = true;
  policy.delay = 30s;
  policy.delay_function = "exponential";
  policy.max_delay = 1h;
  world.run(rescheduling(policy));
  const auto first = world.live("web")[0];
  world.report(first->id, ClientStatus::failed);
  const auto eval = world.process(world.new_eval("web", EvalTrigger::alloc_failure));
  EXPECT_EQ(eval.status, model::EvalStatus::complete);
  const auto waiting = world.state.eval(world.state.alloc(first->id)->followup_eval_id);
  ASSERT_NE(waiting, nullptr);
  EXPECT_EQ(waiting->wait_until, world.now + 30s);
  EXPECT_EQ(waiting->triggered_by, EvalTrigger::alloc_failure);
  EXPECT_TRUE(world.live("web").empty());

  // Another evaluation meanwhile changes nothing.
  EXPECT_TRUE(world.plan(world.new_eval("web", EvalTrigger::node_update)).plan.empty());

  world.now = world.now + 30s;
  world.process(*waiting);
  ASSERT_EQ(world.live_names("web"), names({0}));
  const auto second = world.live("web")[0];
  EXPECT_EQ(second->previous_allocation, first->id);
  EXPECT_NE(second->node_id, first->node_id);  // the penalty
  ASSERT_TRUE(second->reschedule_tracker);
  EXPECT_EQ(second->reschedule_tracker->events.at(0).prev_alloc_id, first->id);
  EXPECT_EQ(second->reschedule_tracker->events.at(0).delay, core::Duration(30s));
  EXPECT_EQ(world.state.alloc(first->id)->desired_description, "alloc was rescheduled because it failed");
  world.report(second->id, ClientStatus::failed);
  EXPECT_EQ(scheduler::next_delay(*world.state.alloc(second->id)), core::Duration(60s));
}

TEST(Reschedule, EndsWithTheAttempts) {
  World world;
  world.add_nodes(3);
  model::ReschedulePolicy policy;
  policy.attempts = 1;
  policy.interval = 24h;
  policy.delay = 0s;
  policy.delay_function = "constant";
  world.run(rescheduling(policy));
  for (int failures = 0; failures < 2; ++failures) {
    ASSERT_EQ(world.live("web").size(), 1u);
    world.report(world.live("web")[0]->id, ClientStatus::failed);
    world.process(world.new_eval("web", EvalTrigger::alloc_failure));
  }
  EXPECT_TRUE(world.live("web").empty());
  EXPECT_EQ(world.allocs("web").size(), 2u);
}

TEST(Reschedule, DelaysAsItsFunctionSays) {
  model::ReschedulePolicy policy;
  policy.unlimited = true;
  policy.delay = 5s;
  policy.max_delay = 20s;
  model::Allocation alloc;
  alloc.id = "a";
  alloc.task_group = "web";
  alloc.client_status = ClientStatus::failed;
  const auto series = [&](const std::string& function) {
    policy.delay_function = function;
    alloc.job = std::make_shared<model::Job>(rescheduling(policy));
    alloc.reschedule_tracker.reset();
    std::vector<std::int64_t> seconds;
    for (int i = 0; i < 6; ++i) {
      const core::WallTime at{std::int64_t{i} * 1'000'000'000};  // fails again at once each time
      alloc.task_states["server"].finished_at = at;
      seconds.push_back(scheduler::next_delay(alloc) / 1s);
      alloc.reschedule_tracker = scheduler::next_tracker(alloc, at);
    }
    return seconds;
  };
  EXPECT_EQ(series("constant"), (std::vector<std::int64_t>{5, 5, 5, 5, 5, 5}));
  EXPECT_EQ(series("exponential"), (std::vector<std::int64_t>{5, 10, 20, 20, 20, 20}));
  EXPECT_EQ(series("fibonacci"), (std::vector<std::int64_t>{5, 5, 10, 15, 20, 20}));
  EXPECT_EQ(alloc.reschedule_tracker->events.size(), scheduler::past_events_kept + 1);
  // It ran longer than the cap: from the start again.
  alloc.task_states["server"].finished_at = core::WallTime{1000'000'000'000};
  EXPECT_EQ(scheduler::next_delay(alloc), core::Duration(5s));
}

TEST(System, RunsOnEveryNodeThatCan) {
  World world;
  world.add_nodes(3);
  auto windows = make_node("win");
  windows.attributes["kernel.name"] = "windows";
  world.add(windows);
  auto job = make_job("web", 1);
  job.type = "system";
  job.constraints.push_back({"${attr.kernel.name}", "linux", "="});
  auto eval = world.run(job);
  EXPECT_TRUE(eval.failed_tg_allocs.empty());
  EXPECT_EQ(world.live_names("web"), names({0, 0, 0}));
  world.add(make_node("new"));
  world.set_status("n0", model::NodeStatus::down);
  world.process(world.new_eval("web", EvalTrigger::node_update));
  std::set<std::string> nodes;
  for (const auto& alloc : world.live("web")) nodes.insert(alloc->node_id);
  EXPECT_EQ(nodes, (std::set<std::string>{"n1", "n2", "new"}));

  job.task_groups[0].tasks[0].env["A"] = "b";
  world.run(job);
  EXPECT_EQ(world.live("web").size(), 3u);
  for (const auto& alloc : world.live("web")) EXPECT_EQ(alloc->job->version, 1u);
}

TEST(System, SaysWhereThereIsNoRoomAndRunsSysbatchOnce) {
  World world;
  world.add_nodes(2);
  world.run(make_job("filler", 15));
  auto job = make_job("web", 1);
  job.type = "sysbatch";
  job.task_groups[0].tasks[0].resources->cpu = 1000;
  auto eval = world.run(job);
  EXPECT_EQ(eval.queued_allocations.at("web") + static_cast<int>(world.live("web").size()), 2);
  EXPECT_GE(eval.queued_allocations.at("web"), 1);
  EXPECT_GE(eval.failed_tg_allocs.at("web").dimension_exhausted.at("cpu"), 1);
  for (const auto& alloc : world.live("web")) world.report(alloc->id, ClientStatus::complete);
  world.run(make_job("filler", 0));
  world.process(world.new_eval("web", EvalTrigger::queued_allocs));
  for (const auto& alloc : world.live("web")) world.report(alloc->id, ClientStatus::complete);
  EXPECT_EQ(world.allocs("web").size(), 2u);
  EXPECT_TRUE(world.plan(world.new_eval("web", EvalTrigger::node_update)).plan.empty());
}

}  // namespace
