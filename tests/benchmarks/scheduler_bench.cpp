// How long one evaluation takes: the budget of DESIGN.md is 25 ms for 1,200 allocations on 5,000 nodes, and 0.3 s
// with a spread block.
#include <benchmark/benchmark.h>

#include "tests/core/scheduler/world.hpp"

namespace {
using namespace tests;

constexpr int nodes = 5000;
constexpr int count = 1200;

/// 5,000 nodes of 20 classes in 10 racks and 2 datacenters, with `filled` allocations of another job.
World cluster(int filled) {
  World world;
  for (int i = 0; i < nodes; ++i) {
    auto node = make_node(world.rng.uuid());
    node.computed_class = "v1:" + std::to_string(i % 20);
    node.datacenter = i % 2 == 0 ? "dc1" : "dc2";
    node.meta["rack"] = "r" + std::to_string(i % 10);
    world.add(node);
  }
  if (filled > 0) {
    auto filler = make_job("filler", filled);
    filler.datacenters = {"*"};
    world.run(filler);
  }
  return world;
}

model::Job wide_job() {
  auto job = make_job("web", count);
  job.datacenters = {"*"};
  job.constraints.push_back({"${attr.kernel.name}", "linux", "="});
  return job;
}

void place(benchmark::State& state, const World& world, const model::Evaluation& eval) {
  for (auto _ : state) {
    const auto scheduled = scheduler::plan(world.state, eval, core::Rng{1}, world.now, {});
    if (scheduled.plan.placements.size() != count) state.SkipWithError("not all were placed");
    benchmark::DoNotOptimize(scheduled);
  }
  state.counters["placements/s"] = benchmark::Counter(count, benchmark::Counter::kIsIterationInvariantRate);
}

void BM_Service(benchmark::State& state) {
  World world = cluster(static_cast<int>(state.range(0)));
  place(state, world, world.submit(wide_job()));
}
BENCHMARK(BM_Service)->Arg(0)->Arg(10'000)->Unit(benchmark::kMillisecond);

void BM_ServiceWithSpread(benchmark::State& state) {
  World world = cluster(0);
  auto job = wide_job();
  model::Spread spread;
  spread.attribute = "${meta.rack}";
  if (state.range(0) != 0) spread.spread_target = {{"r1", 40}, {"r2", 30}};
  job.spreads.push_back(spread);
  place(state, world, world.submit(job));
}
BENCHMARK(BM_ServiceWithSpread)->ArgName("targets")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

void BM_ServiceWithPorts(benchmark::State& state) {
  World world = cluster(0);
  auto job = wide_job();
  model::NetworkResource network;
  network.dynamic_ports.push_back({"http", 0, 0, ""});
  job.task_groups[0].networks.push_back(network);
  place(state, world, world.submit(job));
}
BENCHMARK(BM_ServiceWithPorts)->Unit(benchmark::kMillisecond);

void BM_EvaluatePlan(benchmark::State& state) {
  World world = cluster(10'000);
  const auto plan = world.plan(world.submit(wide_job())).plan;
  for (auto _ : state) benchmark::DoNotOptimize(scheduler::evaluate_plan(world.state, plan));
}
BENCHMARK(BM_EvaluatePlan)->Unit(benchmark::kMillisecond);

}  // namespace
