// The program nomad-sim: what was asked for on the command line, carried out and printed.
#include <cstdio>
#include <cstdlib>
#include <expected>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "core/base/mutant.hpp"
#include "simulator/options.hpp"
#include "simulator/run/campaign.hpp"
#include "simulator/run/replay.hpp"

namespace simulator {
namespace {

constexpr int exit_held = 0;
constexpr int exit_fell = 1;
constexpr int exit_scenario = 2;
constexpr int exit_not_deterministic = 3;

std::string replay_command(const Options& options, const std::string& file, std::uint64_t seed) {
  return fmt::format("{} run {} --seed {}{}", options.program, file, seed,
                     options.mutant.empty() ? "" : " --mutant " + options.mutant);
}

void print_violations(const RunResult& result) {
  for (const checkers::Violation& violation : result.violations)
    fmt::print("{:>12}  {} fell: {}\n", time_text(violation.at), violation.invariant, violation.what);
}

int run_one(const Options& options, const Scenario& scenario) {
  std::FILE* const story = options.quiet ? nullptr : stdout;
  if (!options.quiet) fmt::print("{}: seed {}\n", scenario.name, options.seed);
  const RunResult result = run_once(scenario, {.seed = options.seed, .story = story, .trace_file = options.trace_file});
  if (result.verdict == Verdict::scenario_wrong) {
    std::fflush(stdout);
    fmt::print(stderr, "{}\n", result.error);
    return exit_scenario;
  }
  print_violations(result);
  const double seconds = static_cast<double>(result.virtual_time.count()) / 1e9;
  fmt::print("{}: {}  seed {}  trace {:016x}\n", scenario.name, result.verdict == Verdict::held ? "HELD" : "FELL",
             result.seed, result.trace_hash);
  if (!options.quiet) {
    fmt::print("  {} servers, {} clients; {} events; {} committed, {} placed, {}, {} down\n", result.servers,
               result.clients, result.events, result.coverage.committed, result.coverage.placements,
               counted(result.coverage.elections, "election"), counted(result.coverage.nodes_down, "node"));
    fmt::print("  {:.0f} virtual seconds in {:.2f} s: {:.0f} times real time, {:.0f} node-seconds a second\n", seconds,
               result.wall_seconds, seconds / result.wall_seconds,
               seconds * static_cast<double>(result.servers + result.clients) / result.wall_seconds);
  }
  if (options.check_determinism) {
    if (const std::string difference = find_difference(scenario, result); !difference.empty()) {
      fmt::print("{}: NOT DETERMINISTIC  seed {}: {}\n", scenario.name, result.seed, difference);
      return exit_not_deterministic;
    }
    if (!options.quiet) fmt::print("  a second run gave the same trace\n");
  }
  if (result.verdict == Verdict::held) return exit_held;
  fmt::print("  replay: {}\n", replay_command(options, scenario.file, result.seed));
  return exit_fell;
}

int run_many(const Options& options, const Scenario& scenario) {
  const CampaignOptions campaign{.first_seed = options.seed,
                                 .seeds = options.seeds,
                                 .jobs = options.jobs,
                                 .check_determinism = options.check_determinism,
                                 .stop_at_first = options.stop_at_first};
  const Campaign total = run_campaign(scenario, campaign, [&](const RunResult& result, const std::string& difference) {
    if (!difference.empty())
      fmt::print("seed {}: NOT DETERMINISTIC: {}\n", result.seed, difference);
    else if (result.verdict == Verdict::fell)
      fmt::print("seed {}: {} fell at {}: {}\n  replay: {}\n", result.seed, result.violations[0].invariant,
                 time_text(result.violations[0].at), result.violations[0].what,
                 replay_command(options, scenario.file, result.seed));
    std::fflush(stdout);
  });
  if (!total.scenario_error.empty()) {
    fmt::print(stderr, "{}\n", total.scenario_error);
    return exit_scenario;
  }
  fmt::print(
      "{}: {} held, {} fell{}; seeds {} to {}; {} elections, {} leaders deposed, {} logs cut, {} restarts, "
      "{} committed, {} placed\n",
      scenario.name, total.held, total.fell,
      total.not_deterministic == 0 ? "" : fmt::format(", {} not deterministic", total.not_deterministic), options.seed,
      options.seed + options.seeds - 1, total.coverage.elections, total.coverage.leaders_deposed,
      total.coverage.truncations, total.coverage.restarts, total.coverage.committed, total.coverage.placements);
  if (total.not_deterministic > 0) return exit_not_deterministic;
  return total.fell > 0 ? exit_fell : exit_held;
}

int run_scenarios(const Options& options) {
  std::vector<Scenario> scenarios;
  for (const std::string& file : options.files) {
    auto scenario = load_scenario(file);
    if (!scenario) {
      fmt::print(stderr, "{}\n", scenario.error());
      return exit_scenario;
    }
    scenarios.push_back(std::move(*scenario));
  }
  int worst = exit_held;
  for (const Scenario& scenario : scenarios)
    worst = std::max(worst, options.seeds > 1 ? run_many(options, scenario) : run_one(options, scenario));
  return worst;
}

}  // namespace
}  // namespace simulator

int main(int argc, char** argv) {
  using namespace simulator;
  const auto options = parse_options({argv, argv + argc});
  if (!options) {
    fmt::print(stderr, "nomad-sim: {}\nTry nomad-sim --help.\n", options.error());
    return exit_scenario;
  }
  if (!options->answer.empty()) {
    fmt::print("{}", options->answer);
    return exit_held;
  }
  return options->replay ? replay_files(options->files) : run_scenarios(*options);
}
