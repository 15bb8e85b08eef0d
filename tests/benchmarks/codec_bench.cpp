// Bytes a second through the protobuf codec, for the shapes that matter: entries of the log, recorded events.
#include <string>

#include <benchmark/benchmark.h>

#include "core/state/command.hpp"
#include "core/wire/protobuf/protobuf.hpp"
#include "core/wire/protobuf/recording.hpp"

namespace {

namespace model = core::model;
namespace protobuf = core::wire::protobuf;

model::Job typical_job() {
  model::Job job{.region = "global", .namespace_ = "default", .id = "web", .name = "web", .type = "service"};
  job.priority = 50;
  job.datacenters = {"dc1", "dc2"};
  for (int g = 0; g < 3; ++g) {
    model::TaskGroup group{.name = "group-" + std::to_string(g), .count = 4};
    group.restart_policy = model::RestartPolicy{.attempts = 2, .interval = std::chrono::minutes(30), .mode = "fail"};
    group.networks.push_back({.mode = "host", .dynamic_ports = {{.label = "http"}, {.label = "metrics"}}});
    for (int t = 0; t < 2; ++t) {
      model::Task task{.name = "task-" + std::to_string(t), .driver = "exec"};
      task.config = {{"command", "/usr/local/bin/web"}, {"args", {"-listen", "${NOMAD_ADDR_http}", "-verbose"}}};
      for (int e = 0; e < 8; ++e) task.env["VARIABLE_" + std::to_string(e)] = "some value of a usual length";
      task.resources = model::Resources{.cpu = 500, .memory_mb = 256};
      group.tasks.push_back(task);
    }
    job.task_groups.push_back(group);
  }
  return job;
}

core::state::LogEntry register_job() {
  return {core::state::RegisterJob{.job = typical_job(), .time = core::WallTime{1'700'000'000'000'000'000}}};
}

// What clients send most: one allocation's new states.
core::state::LogEntry update_allocs() {
  core::state::UpdateAllocsFromClient update;
  for (int i = 0; i < 16; ++i) {
    model::Allocation alloc{.id = "8f1d2c3b-4a59-4687-9a0b-1c2d3e4f5061"};
    alloc.node_id = "1f1d2c3b-4a59-4687-9a0b-1c2d3e4f5061";
    alloc.client_status = model::ClientStatus::running;
    for (int t = 0; t < 2; ++t) {
      auto& state = alloc.task_states["task-" + std::to_string(t)];
      state.state = model::TaskRunState::running;
      state.started_at = core::WallTime{1'700'000'000'000'000'000};
      for (int e = 0; e < 3; ++e)
        state.events.push_back(
            {.type = "Started", .time = 1'700'000'000'000'000'000, .display_message = "Task started by client"});
    }
    update.allocs.push_back(alloc);
  }
  return {update};
}

core::wire::RecordedEvent datagram() {
  return {core::world::DatagramReceived{{"\x7f\0\0\1", 4648}, std::string(120, '\x85')}};
}

template <class T>
void encode_value(benchmark::State& state, T (*make)()) {
  const T value = make();
  std::string out;
  for (auto _ : state) {
    out.clear();
    protobuf::append(out, value);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * out.size()));
  state.counters["message_bytes"] = static_cast<double>(out.size());
}

template <class T>
void decode_value(benchmark::State& state, T (*make)()) {
  const std::string bytes = protobuf::encode(make());
  for (auto _ : state) {
    auto value = protobuf::decode<T>(bytes);
    benchmark::DoNotOptimize(value);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes.size()));
}

// What the first message of a type costs a starting agent.
void make_codec(benchmark::State& state) {
  benchmark::DoNotOptimize(protobuf::codec_of<core::state::LogEntry>());
  for (auto _ : state) {
    protobuf::Codec codec(core::describe::type_of<core::state::LogEntry>());
    benchmark::DoNotOptimize(codec);
  }
}

BENCHMARK_CAPTURE(encode_value, register_job, register_job);
BENCHMARK_CAPTURE(encode_value, update_allocs, update_allocs);
BENCHMARK_CAPTURE(encode_value, datagram, datagram);
BENCHMARK_CAPTURE(decode_value, register_job, register_job);
BENCHMARK_CAPTURE(decode_value, update_allocs, update_allocs);
BENCHMARK_CAPTURE(decode_value, datagram, datagram);
BENCHMARK(make_codec);

}  // namespace

BENCHMARK_MAIN();
