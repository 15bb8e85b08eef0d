// Where allocations go, and what is said when they go nowhere.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "core/describe/compare.hpp"
#include "tests/core/scheduler/world.hpp"

namespace {
using namespace tests;
using model::EvalStatus;

model::Constraint constraint(std::string left, std::string op, std::string right) { return {left, right, op}; }

std::set<std::string> nodes_of(const World& world, const std::string& job) {
  std::set<std::string> nodes;
  for (const auto& alloc : world.live(job)) nodes.insert(alloc->node_id);
  return nodes;
}

TEST(Placement, PlacesEveryNameOnce) {
  World world;
  world.add_nodes(4);
  const auto eval = world.run(make_job("web", 6));
  EXPECT_EQ(eval.status, EvalStatus::complete);
  EXPECT_EQ(eval.queued_allocations.at("web"), 0);
  EXPECT_EQ(world.live_names("web"), (std::vector<std::string>{"web.web[0]", "web.web[1]", "web.web[2]", "web.web[3]",
                                                               "web.web[4]", "web.web[5]"}));
}

TEST(Placement, FillsWhatNomadFills) {
  // An allocation of a real Nomad 1.0.18 (vectors/nomad/http/allocation.http): the third of three such, all on one
  // node of 5192 MHz and 24105 MB.
  World world;
  auto node = make_node("n1");
  node.node_resources.cpu.cpu_shares = 5192;
  node.node_resources.memory.memory_mb = 24105;
  world.add(node);
  auto job = make_job("web", 3);
  job.task_groups[0].tasks[0].resources->cpu = 50;
  job.task_groups[0].tasks[0].resources->memory_mb = 16;
  world.run(job);
  std::vector<double> binpacks;
  for (const auto& alloc : world.live("web")) {
    ASSERT_NE(alloc->metrics, nullptr);
    EXPECT_EQ(alloc->metrics->nodes_evaluated, 1);
    EXPECT_EQ(alloc->metrics->nodes_available.at("dc1"), 1);
    ASSERT_EQ(alloc->metrics->score_meta_data.size(), 1u);
    const model::NodeScore& score = alloc->metrics->score_meta_data[0];
    EXPECT_EQ(score.scores.size(), 4u);
    binpacks.push_back(score.scores.at("binpack"));
    const double anti = score.scores.at("job-anti-affinity");
    EXPECT_DOUBLE_EQ(score.norm_score, anti == 0 ? binpacks.back() : (binpacks.back() + anti) / 2);
  }
  std::ranges::sort(binpacks);
  // Nomad's number for the second of them; its pow() may differ from our exp() in the last digits.
  EXPECT_NEAR(binpacks[1], 0.025795421220584796, 1e-12);
}

TEST(Placement, LooksOnlyAtReadyNodesOfTheJobsDatacentersAndPool) {
  World world;
  auto down = make_node("down");
  down.status = model::NodeStatus::down;
  auto elsewhere = make_node("elsewhere");
  elsewhere.datacenter = "dc2";
  auto pooled = make_node("pooled");
  pooled.node_pool = "gpu";
  world.add(down);
  world.add(elsewhere);
  world.add(pooled);
  const auto eval = world.run(make_job("web", 1));
  const auto& metric = eval.failed_tg_allocs.at("web");
  EXPECT_EQ(metric.nodes_evaluated, 0);
  EXPECT_TRUE(metric.nodes_available.empty());
  EXPECT_EQ(metric.nodes_in_pool, 2);
  auto glob = make_job("glob", 1);
  glob.datacenters = {"x", "d*2"};
  world.run(glob);
  EXPECT_EQ(nodes_of(world, "glob"), std::set<std::string>{"elsewhere"});
}

TEST(Placement, SaysWhyAndBlocks) {
  World world;
  for (int i = 0; i < 3; ++i) {
    auto node = make_node("n" + std::to_string(i));
    node.node_class = "small";
    world.add(node);
  }
  auto job = make_job("big", 5);
  job.task_groups[0].tasks[0].resources->memory_mb = 9000;
  const auto eval = world.run(job);
  EXPECT_EQ(eval.status, EvalStatus::complete);
  EXPECT_EQ(eval.queued_allocations.at("web"), 5);
  const auto& metric = eval.failed_tg_allocs.at("web");
  EXPECT_EQ(metric.nodes_evaluated, 3);
  EXPECT_EQ(metric.nodes_exhausted, 3);
  EXPECT_EQ(metric.dimension_exhausted.at("memory"), 3);
  EXPECT_EQ(metric.class_exhausted.at("small"), 3);
  EXPECT_EQ(metric.coalesced_failures, 4);
  const auto blocked = world.evals(EvalStatus::blocked);
  ASSERT_EQ(blocked.size(), 1u);
  EXPECT_EQ(blocked[0]->id, eval.blocked_eval);
  EXPECT_EQ(blocked[0]->previous_eval, eval.id);
  EXPECT_EQ(blocked[0]->status_description, "created to place remaining allocations");
  EXPECT_EQ(blocked[0]->triggered_by, model::EvalTrigger::queued_allocs);
  const std::string computed_class = world.state.node("n0")->computed_class;
  EXPECT_TRUE(computed_class.empty() || blocked[0]->class_eligibility.at(computed_class));

  // Run again without new room it stays blocked, itself; with room it completes.
  EXPECT_EQ(world.process(*blocked[0]).status, EvalStatus::blocked);
  EXPECT_EQ(world.evals(EvalStatus::blocked).size(), 1u);
  auto large = make_node("large");
  large.node_resources.cpu.cpu_shares = 40'000;
  large.node_resources.memory.memory_mb = 100'000;
  world.add(large);
  EXPECT_EQ(world.process(*world.state.eval(blocked[0]->id)).status, EvalStatus::complete);
  EXPECT_EQ(world.live("big").size(), 5u);
}

TEST(Placement, RemembersConstraintsByClass) {
  World world;
  for (int i = 0; i < 3; ++i) {
    auto node = make_node("n" + std::to_string(i));
    node.computed_class = "v1:1";
    world.add(node);
  }
  auto job = make_job("web", 1);
  job.constraints.push_back(constraint("${attr.kernel.name}", "=", "windows"));
  auto scheduled = world.plan(world.submit(job));
  ASSERT_TRUE(scheduled.blocked);
  const auto& filtered = scheduled.eval.failed_tg_allocs.at("web").constraint_filtered;
  EXPECT_EQ(filtered.at("${attr.kernel.name} = windows"), 1);
  EXPECT_EQ(filtered.at("computed class ineligible"), 2);
  EXPECT_EQ(scheduled.blocked->class_eligibility.size(), 1u);
  EXPECT_FALSE(scheduled.blocked->class_eligibility.begin()->second);
  EXPECT_FALSE(scheduled.blocked->escaped_computed_class);

  job.constraints[0] = constraint("${node.unique.name}", "=", "nobody");
  scheduled = world.plan(world.submit(job));
  ASSERT_TRUE(scheduled.blocked);
  EXPECT_TRUE(scheduled.blocked->escaped_computed_class);
  EXPECT_TRUE(scheduled.blocked->class_eligibility.empty());
  EXPECT_EQ(scheduled.eval.failed_tg_allocs.at("web").constraint_filtered.at("${node.unique.name} = nobody"), 3);
}

TEST(Placement, NeedsADriverThatIsHealthy) {
  World world;
  auto sick = make_node("sick");
  sick.drivers["raw_exec"].healthy = false;
  world.add(sick);
  const auto eval = world.run(make_job("web", 1));
  EXPECT_EQ(eval.failed_tg_allocs.at("web").constraint_filtered.at("missing drivers"), 1);
}

TEST(Placement, KeepsHostsAndPropertiesDistinct) {
  World world;
  for (int i = 0; i < 6; ++i) {
    auto node = make_node("n" + std::to_string(i));
    node.meta["rack"] = "r" + std::to_string(i % 2);
    world.add(node);
  }
  auto hosts = make_job("hosts", 7);
  hosts.constraints.push_back(constraint("", "distinct_hosts", "true"));
  auto eval = world.run(hosts);
  EXPECT_EQ(nodes_of(world, "hosts").size(), 6u);
  EXPECT_EQ(eval.failed_tg_allocs.at("web").constraint_filtered.at("distinct_hosts"), 6);

  auto racks = make_job("racks", 5);
  racks.task_groups[0].constraints.push_back(constraint("${meta.rack}", "distinct_property", "2"));
  eval = world.run(racks);
  EXPECT_EQ(world.live("racks").size(), 4u);
  EXPECT_EQ(
      eval.failed_tg_allocs.at("web").constraint_filtered.at("distinct_property: ${meta.rack}=r0 used by 2 allocs"), 3);
}

TEST(Placement, GivesPortsOnce) {
  World world;
  auto node = make_node("n1");
  node.reserved_resources.networks.reserved_host_ports = "22,20000-20004";
  node.node_resources.min_dynamic_port = 20000;
  node.node_resources.max_dynamic_port = 20009;
  world.add(node);
  auto job = make_job("web", 2);
  model::NetworkResource network;
  network.reserved_ports.push_back({"http", 8080, 0, ""});
  network.dynamic_ports.push_back({"rpc", 0, -1, ""});
  job.task_groups[0].networks.push_back(network);
  auto eval = world.run(job);
  ASSERT_EQ(world.live("web").size(), 1u);
  EXPECT_EQ(eval.failed_tg_allocs.at("web").dimension_exhausted.at("network: reserved port collision http=8080"), 1);
  const auto& ports = world.live("web")[0]->allocated_resources.shared.ports;
  ASSERT_EQ(ports.size(), 2u);
  EXPECT_EQ(ports[0].value, 8080);
  EXPECT_EQ(ports[0].host_ip, "10.0.0.1");
  EXPECT_GE(ports[1].value, 20005);
  EXPECT_LE(ports[1].value, 20009);
  EXPECT_EQ(ports[1].to, ports[1].value);

  // Four dynamic ports are left, one each.
  auto many = make_job("many", 5);
  model::NetworkResource dynamic;
  dynamic.dynamic_ports.push_back({"rpc", 0, 0, ""});
  many.task_groups[0].networks.push_back(dynamic);
  many.task_groups[0].tasks[0].resources->cpu = 50;
  eval = world.run(many);
  std::set<int> drawn{ports[1].value};
  for (const auto& alloc : world.live("many")) drawn.insert(alloc->allocated_resources.shared.ports[0].value);
  EXPECT_EQ(drawn.size(), 5u);
  EXPECT_EQ(eval.failed_tg_allocs.at("web").dimension_exhausted.at("network: dynamic port selection failed"), 1);

  auto bridged = make_job("bridged", 1);
  bridged.task_groups[0].networks.emplace_back().mode = "bridge";
  EXPECT_EQ(world.run(bridged).failed_tg_allocs.at("web").constraint_filtered.at("missing network"), 1);
}

TEST(Placement, PicksTheLowestFreeCores) {
  World world;
  world.add_nodes(1);
  auto job = make_job("cores", 3);
  job.task_groups[0].tasks[0].resources->cores = 2;
  const auto eval = world.run(job);
  ASSERT_EQ(world.live("cores").size(), 2u);
  std::set<int> cores;
  for (const auto& alloc : world.live("cores")) {
    const auto& cpu = alloc->allocated_resources.tasks.at("server").cpu;
    EXPECT_EQ(cpu.cpu_shares, 2000);
    cores.insert(cpu.reserved_cores.begin(), cpu.reserved_cores.end());
  }
  EXPECT_EQ(cores, (std::set<int>{0, 1, 2, 3}));
  EXPECT_EQ(eval.failed_tg_allocs.at("web").dimension_exhausted.at("cpu"), 1);
}

TEST(Placement, FollowsAffinities) {
  World world;
  for (int i = 0; i < 20; ++i) {
    auto node = make_node("n" + std::to_string(i));
    node.meta["rack"] = i == 13 ? "wanted" : "other";
    world.add(node);
  }
  auto job = make_job("web", 1);
  job.affinities.push_back({"${meta.rack}", "wanted", "=", 100});
  world.run(job);
  EXPECT_EQ(nodes_of(world, "web"), std::set<std::string>{"n13"});
}

TEST(Placement, SpreadsByTargetsAndEvenly) {
  World world;
  for (int i = 0; i < 12; ++i) {
    auto node = make_node("n" + std::to_string(i));
    node.datacenter = "dc" + std::to_string(i % 3);
    world.add(node);
  }
  const auto by_datacenter = [&](const std::string& job) {
    std::map<std::string, int> counts;
    for (const auto& alloc : world.live(job)) ++counts[world.state.node(alloc->node_id)->datacenter];
    return counts;
  };
  auto even = make_job("even", 12);
  even.datacenters = {"*"};
  even.spreads.push_back({"${node.datacenter}", 100, {}});
  world.run(even);
  EXPECT_EQ(by_datacenter("even"), (std::map<std::string, int>{{"dc0", 4}, {"dc1", 4}, {"dc2", 4}}));
  auto target = make_job("target", 10);
  target.datacenters = {"*"};
  target.spreads.push_back({"${node.datacenter}", 100, {{"dc0", 70}, {"dc1", 30}}});
  world.run(target);
  EXPECT_EQ(by_datacenter("target"), (std::map<std::string, int>{{"dc0", 7}, {"dc1", 3}}));
}

TEST(Placement, IsAFunctionOfItsArguments) {
  World world;
  world.add_nodes(30);
  const auto eval = world.submit(make_job("web", 50));
  const auto once = scheduler::plan(world.state, eval, core::Rng{5}, world.now, {});
  const auto again = scheduler::plan(world.state, eval, core::Rng{5}, world.now, {});
  const auto other = scheduler::plan(world.state, eval, core::Rng{6}, world.now, {});
  EXPECT_TRUE(core::describe::equal(once.plan, again.plan));
  EXPECT_FALSE(core::describe::equal(once.plan, other.plan));
}

TEST(Placement, RefusesTypesItDoesNotKnow) {
  World world;
  auto eval = world.submit(make_job("web", 1));
  eval.type = "_core";
  const auto scheduled = world.plan(eval);
  EXPECT_EQ(scheduled.eval.status, EvalStatus::failed);
  EXPECT_TRUE(scheduled.plan.empty());
}

}  // namespace
