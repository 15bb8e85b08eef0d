// How fast clusters are simulated, checkers and hashing on, one thread. A line of JSON a measurement.
//
//   bench_sim                                        the budgets' clusters
//   bench_sim CLIENTS SECONDS [CHANGES [LOW HIGH]]   5 servers and so many clients, default timers; so many times a
//                                                    second (1) a job is given another count of LOW..HIGH (5..15)
//   bench_sim seeds COUNT                            fault-laden runs of 5 servers and 60 virtual seconds
//
// Rates are of the processor's time, for on a shared machine the wall clock measures the neighbours.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "simulator/run/run.hpp"

namespace {

struct Load {
  std::size_t clients = 0;
  int seconds = 180;
  double changes = 1;
  int low = 5;
  int high = 15;
};

double processor_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

long peak_kib() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return used.ru_maxrss;
}

std::string scenario_text(const Load& load) {
  const std::string timeline =
      load.changes <= 0
          ? ""
          : fmt::format("timeline:\n  - {{every: {}us, from: 30s, run: jobs/fleet.nomad, count: {}..{}}}\n",
                        static_cast<long>(1e6 / load.changes), load.low, load.high);
  return fmt::format("cluster: {{servers: 5, clients: {}}}\n{}until: {}s\nconverges: false\n", load.clients, timeline,
                     load.seconds);
}

// Every kind of fault, often: a seed of the hunt for bugs.
constexpr const char* fault_laden =
    "cluster: {servers: 5, clients: 0}\n"
    "network: {latency: 200us..5ms, loss: 0..2%, duplication: 1%, reordering: 1%}\n"
    "disks: {write: 50us..200us, sync: 200us..4ms, slow: 1%, slow_by: 50ms}\n"
    "clocks: {drift: 0.01%, offset: 500ms}\n"
    "timeline:\n"
    "  - {every: 1s, from: 5s, run: jobs/fleet.nomad, count: 0..1}\n"
    "  - {every: 3s..9s, from: 5s, crash: 1 random server, for: 1s..4s}\n"
    "  - {every: 8s..20s, from: 8s, power_loss: 1 random server, for: 1s..4s}\n"
    "  - {every: 5s..15s, from: 5s, partition: a minority of servers | rest, for: 1s..6s}\n"
    "  - {every: 9s..20s, from: 9s, pause: leader, for: 1s..4s}\n"
    "  - {every: 10s..20s, from: 10s, slow: 1 random server, by: 20ms, for: 3s}\n"
    "  - {every: 20s..30s, from: 10s, clock: 1 random server, step: 1s..10s}\n"
    "until: 60s\n"
    "converges: false\n";

bool run(const std::string& text, std::uint64_t seed, simulator::RunResult& result) {
  const auto scenario = simulator::read_scenario(NOMAD_SOURCE_DIR "/scenarios/bench.yaml", text);
  if (!scenario) {
    fmt::print(stderr, "{}\n", scenario.error());
    return false;
  }
  result = simulator::run_once(*scenario, {.seed = seed});
  if (result.verdict == simulator::Verdict::held) return true;
  fmt::print(stderr, "seed {}: {}\n", seed, result.error.empty() ? result.violations.at(0).what : result.error);
  return false;
}

int measure(const Load& load) {
  simulator::RunResult result;
  const double before = processor_seconds();
  if (!run(scenario_text(load), 1, result)) return 1;
  const double took = processor_seconds() - before;
  const double time = static_cast<double>(result.virtual_time.count()) / 1e9;
  const auto nodes = static_cast<double>(load.clients + 5);
  fmt::print(
      "{{\"servers\":5,\"clients\":{},\"changes_per_second\":{},\"count\":\"{}..{}\",\"virtual_seconds\":{:.0f},"
      "\"cpu_seconds\":{:.4f},\"wall_seconds\":{:.2f},\"events\":{},\"times_real_time\":{:.0f},"
      "\"node_seconds_per_second\":{:.0f},\"peak_kib\":{},\"peak_kib_per_node\":{:.1f}}}\n",
      load.clients, load.changes, load.low, load.high, time, took, result.wall_seconds, result.events, time / took,
      time * nodes / took, peak_kib(), static_cast<double>(peak_kib()) / nodes);
  std::fflush(stdout);
  return 0;
}

int measure_seeds(std::uint64_t count) {
  const double before = processor_seconds();
  std::uint64_t events = 0;
  for (std::uint64_t seed = 1; seed <= count; ++seed) {
    simulator::RunResult result;
    if (!run(fault_laden, seed, result)) return 1;
    events += result.events;
  }
  const double took = processor_seconds() - before;
  fmt::print("{{\"fault_laden_seeds\":{},\"cpu_seconds\":{:.2f},\"events\":{},\"seeds_a_core_day\":{:.0f}}}\n", count,
             took, events, static_cast<double>(count) / took * 86'400);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int at, double otherwise) { return argc > at ? std::atof(argv[at]) : otherwise; };
  if (argc > 1 && std::string_view(argv[1]) == "seeds")
    return measure_seeds(static_cast<std::uint64_t>(number(2, 100)));
  if (argc > 1)
    return measure({.clients = static_cast<std::size_t>(number(1, 0)),
                    .seconds = static_cast<int>(number(2, 180)),
                    .changes = number(3, 1),
                    .low = static_cast<int>(number(4, number(1, 0) > 0 ? 5 : 0)),
                    .high = static_cast<int>(number(5, number(1, 0) > 0 ? 15 : 1))});
  int failed = measure({.clients = 0, .low = 0, .high = 1});
  for (const std::size_t clients : {100, 1000, 10'000}) failed |= measure({.clients = clients});
  return failed | measure_seeds(100);
}
