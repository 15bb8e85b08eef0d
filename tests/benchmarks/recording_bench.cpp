// What `nomad agent -record` costs an event. Three kinds that a busy server meets: a job that is registered, a message
// of Raft with one entry, an answer of the disk; with the effects that each has.
#include <algorithm>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "core/agent/recording.hpp"

namespace {

namespace world = core::world;

struct Step {
  world::Event event;
  world::Effects effects;
};

std::vector<Step> steps() {
  std::string job =
      R"({"Job":{"ID":"job-12345","Name":"job-12345","Type":"service","Datacenters":["*"],"TaskGroups":[)"
      R"({"Name":"g","Count":0,"Tasks":[{"Name":"t","Driver":"raw_exec","Config":{"command":"/bin/true"}}]}]}})";
  const std::string entry(600, 'e');
  std::vector<Step> out(3);
  out[0].event =
      world::ApiRequested{{1}, "PUT", "/v1/jobs", {{"content-type", "application/json"}, {"host", "x"}}, job};
  out[0].effects.push_back(world::DiskBatch{
      {1},
      {world::WriteAt{"server/raft/wal/0000000001.log", 4096, entry}, world::Sync{"server/raft/wal/0000000001.log"}}});
  out[0].effects.push_back(world::SendStream{{2}, entry});
  out[0].effects.push_back(world::SendStream{{4}, entry});
  out[1].event = world::StreamReceived{{2}, entry};
  out[1].effects = {out[0].effects[0]};
  out[2].event = world::DiskBatchDone{{1}, ""};
  out[2].effects.push_back(world::ApiAnswered{{1}, 200, {{"x-nomad-index", "12345"}}, std::string(120, 'a'), false});
  out[2].effects.push_back(world::SendStream{{2}, std::string(40, 'r')});
  return out;
}

// Copying the event and hashing its effects.
void loop_thread(benchmark::State& state) {
  const auto all = steps();
  std::size_t i = 0;
  for (auto _ : state) {
    const Step& step = all[i++ % all.size()];
    world::Event copy = step.event;
    benchmark::DoNotOptimize(copy);
    benchmark::DoNotOptimize(core::agent::short_hash(step.effects));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(loop_thread);

// Encoding and compressing, in blocks of 512 events.
void journal_thread(benchmark::State& state) {
  const auto all = steps();
  core::agent::SegmentWriter writer;
  writer.begin(core::agent::make_header({}, 1, 1));
  std::int64_t now = 0;
  std::uint32_t hash = 0;
  std::size_t bytes = 0;
  std::size_t i = 0;
  for (auto _ : state) {
    now += 40'000 + static_cast<std::int64_t>(i * 7919 % 30'000);
    writer.add({{now}, {now + 1'700'000'000'000'000'000}}, all[i++ % all.size()].event, hash += 2'654'435'761U);
    if (i % 512 == 0) bytes += writer.finish_block().size();
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["bytes_an_event"] = static_cast<double>(bytes) / static_cast<double>(std::max<std::size_t>(i, 1));
}
BENCHMARK(journal_thread);

}  // namespace

BENCHMARK_MAIN();
