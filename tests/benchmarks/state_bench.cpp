// What the state store costs: writes with and without a snapshot held, reads, commands, and memory.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <memory>
#include <string>
#include <vector>

#include "core/base/rng.hpp"
#include "core/state/state.hpp"

namespace {

using namespace core;
using namespace core::state;

using Map = PersistentMap<std::string, std::uint64_t>;

std::vector<std::string> uuids(std::size_t count) {
  Rng rng(1);
  std::vector<std::string> out(count);
  for (auto& id : out) id = rng.uuid();
  return out;
}

Map filled(const std::vector<std::string>& keys) {
  Map map;
  for (const auto& key : keys) map.insert_or_assign(key, 0);
  return map;
}

void map_insert(benchmark::State& run) {
  const auto keys = uuids(static_cast<std::size_t>(run.range(0)));
  for (auto _ : run) benchmark::DoNotOptimize(filled(keys));
  run.SetItemsProcessed(run.iterations() * run.range(0));
}
BENCHMARK(map_insert)->Arg(1'000)->Arg(100'000);

void map_find(benchmark::State& run) {
  const auto keys = uuids(static_cast<std::size_t>(run.range(0)));
  const Map map = filled(keys);
  std::size_t i = 0;
  for (auto _ : run) benchmark::DoNotOptimize(map.find(keys[i++ % keys.size()]));
  run.SetItemsProcessed(run.iterations());
}
BENCHMARK(map_find)->Arg(1'000)->Arg(100'000);

void map_walk(benchmark::State& run) {
  const Map map = filled(uuids(100'000));
  for (auto _ : run)
    for (auto it = map.begin(); !it.at_end(); ++it) benchmark::DoNotOptimize(it->value);
  run.SetItemsProcessed(run.iterations() * 100'000);
}
BENCHMARK(map_walk);

// A snapshot every `range` writes: 0 never, 1 before each.
void map_write_under_snapshots(benchmark::State& run) {
  const auto keys = uuids(100'000);
  Map map = filled(keys);
  Map snapshot;
  std::size_t i = 0;
  for (auto _ : run) {
    if (run.range(0) != 0 && i % static_cast<std::size_t>(run.range(0)) == 0) snapshot = map;
    map.insert_or_assign(keys[i * 7919 % keys.size()], i);
    ++i;
  }
  run.SetItemsProcessed(run.iterations());
}
BENCHMARK(map_write_under_snapshots)->Arg(0)->Arg(1)->Arg(100);

std::shared_ptr<const model::Job> any_job() {
  model::Job job;
  job.namespace_ = "default";
  job.id = "web";
  job.type = "service";
  auto& group = job.task_groups.emplace_back();
  group.name = "web";
  auto& task = group.tasks.emplace_back();
  task.name = "server";
  task.env = {{"PORT", "8080"}, {"MODE", "production"}};
  return std::make_shared<const model::Job>(job);
}

/// `count` allocations over `nodes` nodes, placed by plans of 1,000.
State placed(std::size_t count, std::size_t nodes) {
  State state;
  state.apply(1, RegisterJob{*any_job(), std::nullopt, {}, {0}});
  Rng rng(2);
  const auto node_ids = uuids(nodes);
  for (std::size_t at = 0; at < count;) {
    ApplyPlanResult plan{.job = state.job("default", "web"), .time = {1}};
    for (std::size_t i = 0; i < 1'000 && at < count; ++i, ++at) {
      auto& alloc = plan.placements.emplace_back();
      alloc.id = rng.uuid();
      alloc.node_id = node_ids[at % nodes];
      alloc.eval_id = node_ids[0];
      alloc.name = model::alloc_name("web", "web", static_cast<std::int32_t>(at));
      alloc.task_group = "web";
    }
    state.apply(state.index() + 1, plan);
  }
  return state;
}

void apply_placements(benchmark::State& run) {
  for (auto _ : run) benchmark::DoNotOptimize(placed(10'000, 1'000));
  run.SetItemsProcessed(run.iterations() * 10'000);
}
BENCHMARK(apply_placements)->Unit(benchmark::kMillisecond);

// Clients' reports, 50 in an entry. A snapshot before each entry when `range` is 1.
void apply_client_updates(benchmark::State& run) {
  State state = placed(20'000, 1'000);
  std::vector<std::string> ids;
  state.allocs("", [&](const auto& alloc) { return ids.push_back(alloc->id), true; });
  State snapshot;
  std::size_t at = 0;
  for (auto _ : run) {
    if (run.range(0) == 1) snapshot = state;
    UpdateAllocsFromClient update{.allocs = {}, .evals = {}, .time = {2}};
    for (int i = 0; i < 50; ++i, ++at) {
      auto& alloc = update.allocs.emplace_back();
      alloc.id = ids[at * 7919 % ids.size()];
      alloc.client_status = model::ClientStatus::running;
    }
    state.apply(state.index() + 1, update);
  }
  run.SetItemsProcessed(run.iterations() * 50);
}
BENCHMARK(apply_client_updates)->Arg(0)->Arg(1);

void allocs_of_each_node(benchmark::State& run) {
  const State state = placed(20'000, 1'000);
  const auto node_ids = uuids(1'000);
  std::size_t at = 0;
  for (auto _ : run)
    state.allocs_of_node(node_ids[at++ % node_ids.size()], [](const auto& alloc) {
      benchmark::DoNotOptimize(alloc->client_status);
      return true;
    });
  run.SetItemsProcessed(run.iterations());
}
BENCHMARK(allocs_of_each_node);

void memory_per_1000_allocs(benchmark::State& run) {
  double bytes = 0;
  for (auto _ : run) {
    const auto before = mallinfo2().uordblks;
    const State state = placed(20'000, 1'000);
    bytes = static_cast<double>(mallinfo2().uordblks - before) / 20;
    benchmark::DoNotOptimize(state.alloc_count());
  }
  run.counters["bytes_per_1000"] = bytes;
}
BENCHMARK(memory_per_1000_allocs)->Iterations(1);

}  // namespace

BENCHMARK_MAIN();
