#include "core/scheduler/applier.hpp"

#include <gtest/gtest.h>

#include "core/scheduler/capacity.hpp"
#include "tests/core/scheduler/world.hpp"

namespace {
using namespace tests;

TEST(Applier, RefusesTheSecondOfTwoPlansForTheSameRoom) {
  World world;
  world.add_nodes(1);
  const auto a = world.submit(make_job("a", 5));
  const auto b = world.submit(make_job("b", 5));
  const auto plan_a = world.plan(a).plan;
  const auto plan_b = world.plan(b).plan;
  const auto result_a = scheduler::evaluate_plan(world.state, plan_a);
  EXPECT_EQ(result_a.placements.size(), 5u);
  EXPECT_EQ(result_a.refresh_index, 0u);
  world.apply(core::state::ApplyPlanResult{a.id, plan_a.job, {}, result_a.placements, {}, world.now});
  std::vector<scheduler::Rejection> why;
  const auto result_b = scheduler::evaluate_plan(world.state, plan_b, &why);
  EXPECT_TRUE(result_b.placements.empty());
  EXPECT_EQ(result_b.rejected_nodes, std::vector<std::string>{"n0"});
  EXPECT_EQ(result_b.refresh_index, world.index);
  ASSERT_EQ(why.size(), 1u);
  EXPECT_EQ(why[0].reason, "cpu");
}

TEST(Applier, RefusesNodeByNodeOrAllAtOnce) {
  for (const bool all_at_once : {false, true}) {
    World world;
    world.add_nodes(2);
    auto job = make_job("a", 2);
    job.all_at_once = all_at_once;
    job.constraints.push_back({"", "true", "distinct_hosts"});
    const auto plan = world.plan(world.submit(job)).plan;
    ASSERT_EQ(plan.placements.size(), 2u);
    world.set_status("n1", model::NodeStatus::down);
    std::vector<scheduler::Rejection> why;
    const auto result = scheduler::evaluate_plan(world.state, plan, &why);
    EXPECT_EQ(result.placements.size(), all_at_once ? 0u : 1u);
    ASSERT_EQ(why.size(), 1u);
    EXPECT_EQ(why[0].reason, "node is not ready for placements");
  }
}

TEST(Applier, KnowsGoneAndIneligibleNodes) {
  World world;
  world.add_nodes(1);
  const auto plan = world.plan(world.submit(make_job("a", 1))).plan;
  std::vector<scheduler::Rejection> why;
  world.apply(core::state::UpdateNodeEligibility{"n0", model::Eligibility::ineligible, {}, {}, world.now});
  scheduler::evaluate_plan(world.state, plan, &why);
  world.apply(core::state::DeregisterNodes{{"n0"}, {}, world.now});
  scheduler::evaluate_plan(world.state, plan, &why);
  ASSERT_EQ(why.size(), 2u);
  EXPECT_EQ(why[0].reason, "node is not eligible");
  EXPECT_EQ(why[1].reason, "node does not exist");
}

TEST(Applier, TakesStopsWithoutAskingTheNode) {
  World world;
  world.add_nodes(1);
  world.run(make_job("a", 2));
  world.set_status("n0", model::NodeStatus::down);
  const auto plan = world.plan(world.submit(make_job("a", 0))).plan;
  EXPECT_EQ(plan.stops.size(), 2u);
  EXPECT_EQ(scheduler::evaluate_plan(world.state, plan).stops.size(), 2u);
}

TEST(Applier, DoesNotBringBackWhatWasStopped) {
  World world;
  world.add_nodes(1);
  auto job = make_job("a", 1);
  world.run(job);
  job.constraints.push_back({"${attr.kernel.name}", "linux", "="});
  const auto plan = world.plan(world.submit(job)).plan;
  ASSERT_EQ(plan.placements.size(), 1u);
  job.stop = false;
  world.process(world.submit(make_job("a", 0)));
  std::vector<scheduler::Rejection> why;
  EXPECT_TRUE(scheduler::evaluate_plan(world.state, plan, &why).placements.empty());
  ASSERT_EQ(why.size(), 1u);
  EXPECT_EQ(why[0].reason, "allocation is stopped");
}

TEST(Applier, KeepsWhatADrainerHasAskedForMeanwhile) {
  World world;
  world.add_nodes(1);
  auto job = make_job("a", 1);
  world.run(job);
  job.constraints.push_back({"${attr.kernel.name}", "linux", "="});
  const auto plan = world.plan(world.submit(job)).plan;
  model::DesiredTransition migrate;
  migrate.migrate = true;
  world.apply(core::state::UpdateDesiredTransition{{{plan.placements.at(0).id, migrate}}, {}, world.now});
  EXPECT_EQ(scheduler::evaluate_plan(world.state, plan).placements.at(0).desired_transition.migrate, true);
}

TEST(Capacity, NamesWhatIsExhausted) {
  const auto node = make_node("n");
  model::Allocation alloc;
  auto& task = alloc.allocated_resources.tasks["t"];
  const std::vector<const model::Allocation*> one{&alloc};
  const std::vector<const model::Allocation*> two{&alloc, &alloc};
  EXPECT_EQ(scheduler::fits(node, two), std::nullopt);
  task.cpu.cpu_shares = 2001;
  EXPECT_EQ(scheduler::fits(node, one), std::nullopt);
  EXPECT_EQ(scheduler::fits(node, two), "cpu");
  task.cpu.cpu_shares = 1;
  task.memory.memory_mb = 4097;
  EXPECT_EQ(scheduler::fits(node, two), "memory");
  task.memory.memory_mb = 1;
  alloc.allocated_resources.shared.disk_mb = 50'001;
  EXPECT_EQ(scheduler::fits(node, two), "disk");
  alloc.allocated_resources.shared.disk_mb = 1;
  alloc.allocated_resources.shared.ports.push_back({"http", 8080, 0, "10.0.0.1"});
  EXPECT_EQ(scheduler::fits(node, two), "reserved port collision: 8080");
  EXPECT_EQ(scheduler::fits(node, one), std::nullopt);
  alloc.client_status = model::ClientStatus::complete;
  EXPECT_EQ(scheduler::fits(node, two), std::nullopt);
}

TEST(Capacity, CountsTasksThatRunAtDifferentTimesOnce) {
  model::AllocatedResources resources;
  const auto add = [&](const std::string& name, std::int64_t cpu, std::optional<model::TaskLifecycle> lifecycle) {
    resources.tasks[name].cpu.cpu_shares = cpu;
    resources.task_lifecycles[name] = lifecycle;
  };
  add("main", 100, std::nullopt);
  add("init", 300, model::TaskLifecycle{"prestart", false});
  add("proxy", 50, model::TaskLifecycle{"prestart", true});
  add("cleanup", 20, model::TaskLifecycle{"poststop", false});
  EXPECT_EQ(scheduler::used_by(resources).cpu, 350);
}

TEST(Attempt, GivesUpAfterRefusalsInARow) {
  World world;
  world.add_nodes(1);
  const auto eval = world.submit(make_job("a", 1));
  scheduler::Attempt attempt(eval);
  model::PlanResult refused;
  refused.rejected_nodes = {"n0"};
  refused.refresh_index = world.index;
  for (int i = 0; i < scheduler::max_attempts_service; ++i) {
    ASSERT_TRUE(std::holds_alternative<scheduler::Submit>(attempt.planned(world.plan(eval))));
    const auto step = attempt.answered(refused, world.rng, world.now);
    if (i + 1 < scheduler::max_attempts_service) {
      ASSERT_TRUE(std::holds_alternative<scheduler::Replan>(step));
      continue;
    }
    const auto& evals = std::get<scheduler::Finish>(step).evals;
    ASSERT_EQ(evals.size(), 2u);
    EXPECT_EQ(evals[0].status, model::EvalStatus::blocked);
    EXPECT_EQ(evals[0].triggered_by, model::EvalTrigger::max_plan_attempts);
    EXPECT_EQ(evals[0].status_description, "created due to placement conflicts");
    EXPECT_EQ(evals[1].status, model::EvalStatus::failed);
    EXPECT_EQ(evals[1].status_description, "maximum attempts reached (5)");
    EXPECT_EQ(evals[1].blocked_eval, evals[0].id);
  }
}

TEST(Attempt, CountsOnlyAttemptsWithoutProgress) {
  World world;
  world.add_nodes(1);
  auto job = make_job("a", 1);
  job.type = "batch";
  const auto eval = world.submit(job);
  scheduler::Attempt attempt(eval);
  model::PlanResult partly;
  partly.rejected_nodes = {"n0"};
  partly.refresh_index = world.index;
  partly.stops.emplace_back();
  for (int i = 0; i < 10; ++i) {
    attempt.planned(world.plan(eval));
    ASSERT_TRUE(std::holds_alternative<scheduler::Replan>(attempt.answered(partly, world.rng, world.now)));
  }
}

}  // namespace
