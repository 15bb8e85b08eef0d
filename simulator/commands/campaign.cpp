// The campaign of nomad-sim run: its progress, its failures, its sums.
#include <cstdio>

#include <fmt/format.h>

#include "simulator/commands/commands.hpp"
#include "simulator/commands/progress.hpp"
#include "simulator/commands/run_settings.hpp"
#include "simulator/report/story.hpp"
#include "simulator/search/hunt.hpp"
#include "simulator/search/keep.hpp"

namespace simulator::commands {
namespace {

constexpr std::size_t most_kept = 5;  // failures of different causes that are cut down and saved

search::HuntOptions options_of(const RunSettings& settings) {
  search::HuntOptions out{.first_seed = settings.seed[0],
                          .seeds = settings.seeds,
                          .jobs = static_cast<unsigned>(settings.jobs),
                          .guided = !settings.unguided,
                          .check_determinism = settings.check_determinism,
                          .keep_going = settings.keep_going};
  if (settings.time > core::Duration{}) out.time = settings.time;
  if (settings.seeds == 0) out.seeds = out.time ? std::nullopt : std::optional<std::uint64_t>(1);
  return out;
}

void print_tally(const search::Tally& tally) {
  fmt::print("{}: {} held, {} fell{}", tally.scenario, tally.held, tally.fell,
             tally.not_deterministic == 0 ? "" : fmt::format(", {} not deterministic", tally.not_deterministic));
  const char* separator = "; ";
  for (const auto& [name, count] : tally.totals) {
    fmt::print("{}{} {}", separator, count, name);
    separator = ", ";
  }
  fmt::print("\n");
}

void print_group(const RunSettings& settings, const Scenario& scenario, const search::Group& group, bool is_kept) {
  const RunResult& result = group.first.result;
  const std::string seed = text_of(result.lineage);
  const std::string times = group.count > 1 ? fmt::format(" ({} runs)", group.count) : "";
  if (!group.first.difference.empty()) {
    fmt::print("{}: seed {}: NOT DETERMINISTIC{}: {}\n", scenario.name, seed, times, group.first.difference);
    return;
  }
  const checkers::Violation& violation = result.violations[0];
  fmt::print("{}: seed {}: {} fell at {}{}: {}\n", scenario.name, seed, violation.invariant, time_text(violation.at),
             times, violation.what);
  if (is_kept) keep_failure(settings, scenario, result);
}

int exit_code(const search::Hunted& hunted) {
  bool fell = false;
  for (const search::Group& group : hunted.groups) {
    if (!group.first.difference.empty()) return exit_not_deterministic;
    fell = true;
  }
  if (fell) return exit_fell;
  return hunted.time_over ? exit_time_over : exit_held;
}

}  // namespace

void keep_failure(const RunSettings& settings, const Scenario& scenario, const RunResult& failed) {
  std::fflush(stdout);
  const auto kept = search::keep(scenario, failed,
                                 {.folder = settings.folder, .time = settings.shrink_time, .mutant = settings.mutant});
  if (kept)
    fmt::print("  {}\n  replay: {} replay {}\n", kept->summary, settings.program, kept->path);
  else
    fmt::print("  not saved: {}\n", kept.error());
  fmt::print("  whole:  {} run {} --seed {}{}\n", settings.program, scenario.file, text_of(failed.lineage),
             settings.mutant.empty() ? "" : " --mutant " + settings.mutant);
}

int run_campaign(const RunSettings& settings, const std::vector<Scenario>& scenarios) {
  const search::HuntOptions options = options_of(settings);
  const auto runs = options.seeds ? std::optional(*options.seeds * scenarios.size()) : std::nullopt;
  Progress progress(stderr, runs, options.time);
  const search::Hunted hunted = search::hunt(scenarios, options, [&](const auto& so_far) { progress.show(so_far); });
  progress.clear();
  if (!hunted.error.empty()) {
    fmt::print(stderr, "{}\n", hunted.error);
    return exit_scenario;
  }
  std::size_t shown = 0;
  for (const search::Group& group : hunted.groups)
    print_group(settings, scenarios[group.first.scenario], group, shown++ < most_kept);
  double virtual_seconds = 0;
  double node_seconds = 0;
  std::uint64_t all = 0;
  for (const search::Tally& tally : hunted.tallies) {
    print_tally(tally);
    virtual_seconds += tally.virtual_seconds;
    node_seconds += tally.node_seconds;
    all += tally.runs();
  }
  fmt::print("{} in {:.1f} s: {:.0f} times real time, {:.0f} node-seconds a second\n", counted(all, "run"),
             hunted.wall_seconds, virtual_seconds / hunted.wall_seconds, node_seconds / hunted.wall_seconds);
  const int code = exit_code(hunted);
  if (hunted.time_over && options.seeds) fmt::print("the time was over before all seeds were run\n");
  return code == exit_time_over && !options.seeds ? static_cast<int>(exit_held) : code;
}

}  // namespace simulator::commands
