// Laws of the scheduler over arbitrary clusters, jobs and histories.
#include <map>
#include <set>

#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "core/describe/compare.hpp"
#include "core/scheduler/capacity.hpp"
#include "tests/core/scheduler/world.hpp"

namespace {
using namespace tests;

model::Node any_node(int number) {
  auto node = make_node("n" + std::to_string(number));
  node.node_resources.cpu.cpu_shares = *rc::gen::inRange(0, 6000);
  node.node_resources.memory.memory_mb = *rc::gen::inRange(0, 4096);
  node.node_resources.disk.disk_mb = *rc::gen::inRange(0, 4000);
  node.node_resources.min_dynamic_port = 20000;
  node.node_resources.max_dynamic_port = 20000 + *rc::gen::inRange(0, 6);
  node.meta["rack"] = "r" + std::to_string(*rc::gen::inRange(0, 3));
  if (*rc::gen::inRange(0, 10) == 0) node.attributes["kernel.name"] = "windows";
  return node;
}

model::Job any_job(int number) {
  auto job = make_job("job" + std::to_string(number), *rc::gen::inRange(0, 12));
  job.type = *rc::gen::element<std::string>("service", "batch", "system");
  model::TaskGroup& group = job.task_groups[0];
  group.tasks[0].resources->cpu = *rc::gen::inRange(1, 2000);
  group.tasks[0].resources->memory_mb = *rc::gen::inRange(1, 1500);
  if (*rc::gen::arbitrary<bool>()) job.constraints.push_back({"${attr.kernel.name}", "linux", "="});
  if (*rc::gen::inRange(0, 4) == 0) group.constraints.push_back({"", "true", "distinct_hosts"});
  if (*rc::gen::inRange(0, 4) == 0 && job.type != "system") job.spreads.push_back({"${meta.rack}", 50, {}});
  if (*rc::gen::inRange(0, 3) == 0) {
    model::NetworkResource network;
    if (*rc::gen::arbitrary<bool>()) network.reserved_ports.push_back({"http", *rc::gen::inRange(8080, 8083), 0, ""});
    network.dynamic_ports.push_back({"rpc", 0, 0, ""});
    group.networks.push_back(network);
  }
  if (*rc::gen::arbitrary<bool>()) {
    model::ReschedulePolicy policy;
    policy.unlimited = true;
    policy.delay = std::chrono::seconds(*rc::gen::inRange(0, 60));
    policy.delay_function = "constant";
    group.reschedule_policy = policy;
  }
  group.tasks[0].env["VERSION"] = std::to_string(*rc::gen::inRange(0, 2));
  return job;
}

/// One thing that happens to the cluster, and the evaluation that follows it.
model::Evaluation happen(World& world, int nodes) {
  const std::string job = "job" + std::to_string(*rc::gen::inRange(0, 3));
  world.now = world.now + std::chrono::seconds(*rc::gen::inRange(0, 40));
  const auto all = world.live(job);
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      return world.submit(any_job(job.back() - '0'));
    case 1: {
      const std::string node = "n" + std::to_string(*rc::gen::inRange(0, nodes));
      world.set_status(node, *rc::gen::element(model::NodeStatus::ready, model::NodeStatus::down));
      break;
    }
    case 2:
      if (!all.empty()) {
        const auto& alloc = all[static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(all.size())))];
        world.report(alloc->id, *rc::gen::element(model::ClientStatus::running, model::ClientStatus::complete,
                                                  model::ClientStatus::failed));
      }
      break;
    case 3:
      if (world.state.job("default", job) != nullptr && *rc::gen::inRange(0, 4) == 0)
        world.apply(core::state::DeregisterJob{"default", job, false, std::nullopt, world.now});
      break;
    default:
      break;
  }
  return world.new_eval(job, model::EvalTrigger::node_update);
}

World any_history(int& nodes) {
  World world;
  nodes = *rc::gen::inRange(1, 8);
  for (int i = 0; i < nodes; ++i) world.add(any_node(i));
  const int steps = *rc::gen::inRange(1, 12);
  for (int i = 0; i < steps; ++i) world.process(happen(world, nodes));
  return world;
}

void nothing_over_capacity(const World& world) {
  world.state.nodes("", [&](const auto& node) {
    std::vector<state::Ref<model::Allocation>> held;
    world.state.allocs_of_node(node->id, [&](const auto& alloc) {
      held.push_back(alloc);
      return true;
    });
    std::vector<const model::Allocation*> allocs;
    for (const auto& alloc : held) allocs.push_back(alloc.get());
    RC_ASSERT(scheduler::fits(*node, allocs).value_or("fits") == "fits");
    return true;
  });
}

RC_GTEST_PROP(SchedulerProperty, NeverFillsANodePastItsCapacity, ()) {
  int nodes = 0;
  World world = any_history(nodes);
  nothing_over_capacity(world);
  // Two plans from one snapshot do not add up to more either.
  const auto one = world.submit(any_job(0));
  const auto two = world.submit(any_job(1));
  const auto first = world.plan(one);
  const auto second = world.plan(two);
  for (const auto* scheduled : {&first, &second}) {
    const auto result = scheduler::evaluate_plan(world.state, scheduled->plan);
    world.apply(core::state::ApplyPlanResult{
        scheduled->eval.id, scheduled->plan.job, result.stops, result.placements, {}, world.now});
    nothing_over_capacity(world);
  }
}

RC_GTEST_PROP(SchedulerProperty, LosesNoAllocation, ()) {
  int nodes = 0;
  World world = any_history(nodes);
  const auto eval = happen(world, nodes);
  const auto scheduled = world.plan(eval);
  std::map<std::string, int> touched;
  for (const auto& stop : scheduled.plan.stops) ++touched[stop.alloc_id];
  for (const auto& placement : scheduled.plan.placements) ++touched[placement.id];
  for (const auto& [id, times] : touched) RC_ASSERT(times == 1);
  // What the plan does not touch stays as it is; so count: kept and placed are what is there afterwards.
  std::set<std::string> after;
  for (const auto& alloc : world.live(eval.job_id))
    if (!touched.contains(alloc->id)) after.insert(alloc->id);
  for (const auto& placement : scheduled.plan.placements)
    if (!placement.terminal()) after.insert(placement.id);
  const auto result = scheduler::evaluate_plan(world.state, scheduled.plan);
  RC_ASSERT(result.rejected_nodes.empty());  // nothing has changed since the snapshot
  world.apply(
      core::state::ApplyPlanResult{eval.id, scheduled.plan.job, result.stops, result.placements, {}, world.now});
  std::set<std::string> found;
  for (const auto& alloc : world.live(eval.job_id)) found.insert(alloc->id);
  RC_ASSERT(found == after);
}

RC_GTEST_PROP(SchedulerProperty, IsAFunction, ()) {
  int nodes = 0;
  World world = any_history(nodes);
  const auto eval = happen(world, nodes);
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  const auto once = scheduler::plan(world.state, eval, core::Rng{seed}, world.now, {});
  const auto again = scheduler::plan(world.state, eval, core::Rng{seed}, world.now, {});
  RC_ASSERT(core::describe::equal(once.plan, again.plan));
  RC_ASSERT(core::describe::equal(once.eval, again.eval));
  RC_ASSERT(core::describe::equal(once.follow_ups, again.follow_ups));
}

RC_GTEST_PROP(SchedulerProperty, GivesEveryFailureAReason, ()) {
  int nodes = 0;
  World world = any_history(nodes);
  const auto eval = happen(world, nodes);
  const auto scheduled = world.plan(eval);
  for (const auto& [group, queued] : scheduled.eval.queued_allocations) {
    RC_ASSERT((queued > 0) == scheduled.eval.failed_tg_allocs.contains(group));
    if (queued == 0) continue;
    const model::AllocMetric& metric = scheduled.eval.failed_tg_allocs.at(group);
    RC_ASSERT(metric.coalesced_failures == queued - 1);
    RC_ASSERT(metric.nodes_evaluated == metric.nodes_filtered + metric.nodes_exhausted);
    std::int32_t reasons = 0;
    for (const auto& [why, times] : metric.constraint_filtered) reasons += times;
    for (const auto& [why, times] : metric.dimension_exhausted) reasons += times;
    RC_ASSERT(reasons == metric.nodes_evaluated);
    const bool nobody = metric.nodes_available.empty();
    RC_ASSERT(nobody == (metric.nodes_evaluated == 0));
    const bool waits = scheduled.blocked.has_value() || !scheduled.follow_ups.empty();
    RC_ASSERT(waits);
  }
}

RC_GTEST_PROP(SchedulerProperty, ReachesTheCountWithEveryNameOnceWhenThereIsRoom, ()) {
  int nodes = 0;
  World world = any_history(nodes);
  for (int i = 0; i < 20; ++i) world.add(make_node("roomy" + std::to_string(i)));
  auto job = make_job("job0", *rc::gen::inRange(0, 20));
  job.type = *rc::gen::element<std::string>("service", "batch");
  job.task_groups[0].tasks[0].resources->cpu = *rc::gen::inRange(1, 500);
  job.version = 0;
  job.task_groups[0].tasks[0].env["FRESH"] = "yes";  // so that what a batch has done before does not count
  const auto eval = world.run(job);
  RC_ASSERT(eval.failed_tg_allocs.empty());
  std::vector<std::string> wanted;
  for (int i = 0; i < *job.task_groups[0].count; ++i) wanted.push_back(model::alloc_name("job0", "web", i));
  auto found = world.live_names("job0");
  const std::set<std::string> distinct(found.begin(), found.end());
  RC_ASSERT(distinct.size() == found.size());
  RC_ASSERT(found.size() == wanted.size());
}

}  // namespace
