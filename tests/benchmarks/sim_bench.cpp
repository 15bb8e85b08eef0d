// Simulated node-seconds a second, checkers and hashing on, one thread: 5 servers with 0, 100, 1,000 and (with an
// argument) more clients, default timers, one job change a second: a service of about ten instances is given another
// count.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <fmt/format.h>

#include "simulator/run/run.hpp"

namespace {

std::string scenario_text(std::size_t clients, int seconds) {
  return fmt::format(
      "cluster: {{servers: 5, clients: {0}}}\n"
      "timeline:\n"
      "  - {{every: 1s, from: 30s, run: jobs/fleet.nomad, count: {1}}}\n"
      "until: {2}s\n"
      "converges: false\n",
      clients, clients == 0 ? "0..1" : "5..15", seconds);
}

int measure(std::size_t clients, int seconds) {
  const auto scenario =
      simulator::read_scenario(NOMAD_SOURCE_DIR "/scenarios/bench.yaml", scenario_text(clients, seconds));
  if (!scenario) {
    fmt::print(stderr, "{}\n", scenario.error());
    return 1;
  }
  const simulator::RunResult result = simulator::run_once(*scenario, {.seed = 1});
  if (result.verdict != simulator::Verdict::held) {
    fmt::print(stderr, "{}\n", result.error.empty() ? result.violations.at(0).what : result.error);
    return 1;
  }
  const double time = static_cast<double>(result.virtual_time.count()) / 1e9;
  fmt::print(
      "{{\"servers\":5,\"clients\":{},\"virtual_seconds\":{:.0f},\"wall_seconds\":{:.2f},\"events\":{},"
      "\"times_real_time\":{:.0f},\"node_seconds_per_second\":{:.0f}}}\n",
      clients, time, result.wall_seconds, result.events, time / result.wall_seconds,
      time * static_cast<double>(clients + 5) / result.wall_seconds);
  std::fflush(stdout);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) return measure(static_cast<std::size_t>(std::atoi(argv[1])), argc > 2 ? std::atoi(argv[2]) : 120);
  int failed = 0;
  for (const std::size_t clients : {0, 100, 1000}) failed |= measure(clients, 180);
  return failed;
}
