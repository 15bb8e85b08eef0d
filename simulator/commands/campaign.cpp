// The campaign of nomad-sim run: its progress, its failures, its sums.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <mutex>

#include <fmt/format.h>

#include "simulator/commands/commands.hpp"
#include "simulator/commands/interrupt.hpp"
#include "simulator/commands/progress.hpp"
#include "simulator/commands/run_settings.hpp"
#include "simulator/report/story.hpp"
#include "simulator/report/summary.hpp"
#include "simulator/search/hunt.hpp"
#include "simulator/search/keep.hpp"

namespace simulator::commands {
namespace {

constexpr std::size_t most_kept = 5;  // failures of different causes that are cut down and saved

std::string run_command(const RunSettings& settings, const Scenario& scenario, const RunResult& result) {
  return fmt::format("{} run {} --seed {}{}", settings.program, scenario.file, text_of(result.lineage),
                     settings.mutant.empty() ? "" : " --mutant " + settings.mutant);
}

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

// The coverage points that were reached least often, for they say where the search is thin.
std::string rarest(const search::Tally& tally) {
  constexpr std::size_t most = 3;
  std::vector<std::pair<std::uint64_t, std::string>> points;
  for (const auto& [name, runs] : tally.reached)
    if (runs > 0 && runs < tally.runs()) points.emplace_back(runs, name);
  std::sort(points.begin(), points.end());
  points.resize(std::min(points.size(), most));
  std::string out;
  for (const auto& [runs, name] : points)
    out += fmt::format("{}{} ({})", out.empty() ? "; rarest: " : ", ", name, counted(runs, "run"));
  return out;
}

void print_tally(const search::Tally& tally, bool all_points) {
  const auto reached =
      std::count_if(tally.reached.begin(), tally.reached.end(), [](const auto& p) { return p.second > 0; });
  fmt::print("{}: {} held, {} fell{}; {} of {} points reached{}\n", tally.scenario, tally.held, tally.fell,
             tally.not_deterministic == 0 ? "" : fmt::format(", {} not deterministic", tally.not_deterministic),
             reached, tally.reached.size(), rarest(tally));
  if (!all_points) return;
  for (const auto& [name, runs] : tally.reached)
    fmt::print("  {:>8} times in {:>6}  {}\n", tally.totals.at(name), counted(runs, "run"), name);
}

// The same run once more, watched: what the reports tell of a failure.
report::SeedOutcome look_again(const RunSettings& settings, const Scenario& scenario, const search::Failure& failure,
                               std::string replay, report::Timeline& timeline) {
  const io_sim::Lineage& lineage = failure.result.lineage;
  if (any_report(settings.reports))
    run_once(scenario, {.seed = lineage[0], .descent = {lineage.begin() + 1, lineage.end()}, .timeline = &timeline});
  report::SeedOutcome out = outcome_of(failure.result, timeline, std::move(replay));
  if (!failure.difference.empty()) out.how = report::SeedOutcome::How::not_deterministic;
  out.difference = failure.difference;
  return out;
}

// What the scenario requires and no run of it came by.
std::vector<Requirement> uncovered(const Scenario& scenario, const search::Tally& tally) {
  std::vector<Requirement> out;
  for (const Requirement& requirement : scenario.require)
    if (const auto found = tally.reached.find(requirement.point); found == tally.reached.end() || found->second == 0)
      out.push_back(requirement);
  return out;
}

// A campaign that ended at a failure or was interrupted did not run long enough to tell; nor did runs that all fell.
std::vector<std::vector<Requirement>> uncovered(const std::vector<Scenario>& scenarios, const search::Hunted& hunted,
                                                bool keep_going) {
  std::vector<std::vector<Requirement>> out(scenarios.size());
  if (hunted.interrupted || (!hunted.groups.empty() && !keep_going)) return out;
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    const search::Tally& tally = hunted.tallies[i];
    if (tally.held > 0 || tally.runs() == 0) out[i] = uncovered(scenarios[i], tally);
  }
  return out;
}

std::string place_of(const Scenario& scenario, const Requirement& requirement) {
  return fmt::format("{}:{}", scenario.line_of(requirement.place), requirement.place.column);
}

void print_uncovered(const Scenario& scenario, const search::Tally& tally, const std::vector<Requirement>& missing) {
  for (const Requirement& requirement : missing)
    fmt::print("{}: required, and never reached in {}: {}\n", place_of(scenario, requirement),
               counted(tally.runs(), "run"), requirement.point);
}

// All reports of the campaign; the page is of the first run that fell, or of the first run of all.
bool report_campaign(const RunSettings& settings, const std::vector<Scenario>& scenarios, const search::Hunted& hunted,
                     const std::vector<std::vector<Requirement>>& missing, const std::vector<std::string>& replays) {
  if (!any_report(settings.reports) && scenarios.size() == 1) return true;
  report::Report report{NOMAD_VERSION, {}};
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    report.scenarios.push_back(outcome_of(scenarios[i]));
    add_tally(report.scenarios.back(), hunted.tallies[i]);
    report.scenarios.back().cut_short = hunted.interrupted || report.scenarios.back().seeds() < settings.seeds;
    for (const Requirement& requirement : missing[i])
      report.scenarios.back().coverage_missing.push_back({requirement.point, place_of(scenarios[i], requirement)});
  }
  bool written = true;
  for (std::size_t i = 0; i < hunted.groups.size(); ++i) {
    const search::Group& group = hunted.groups[i];
    const Scenario& scenario = scenarios[group.first.scenario];
    report::ScenarioOutcome& into = report.scenarios[group.first.scenario];
    const std::string replay = i < replays.size() ? replays[i] : run_command(settings, scenario, group.first.result);
    report::Timeline timeline;
    into.kept.push_back(look_again(settings, scenario, group.first, replay, timeline));
    into.kept.back().runs = group.count;
    if (i == 0) written = write_page(settings.reports, timeline, into, into.kept.back());
  }
  if (hunted.groups.empty() && !settings.reports.html.empty()) {
    report::Timeline timeline;
    const RunResult first = run_once(scenarios[0], {.seed = settings.seed[0], .timeline = &timeline});
    written = write_page(settings.reports, timeline, report.scenarios[0],
                         outcome_of(first, timeline, run_command(settings, scenarios[0], first)));
  }
  if (scenarios.size() > 1) fmt::print("\n{}", report::summary_text(report, isatty(STDOUT_FILENO) == 1));
  return write_reports(settings.reports, report) && written;
}

// "NAME: seed 7: SMSAFE fell at 12s: ...".
std::string headline(const Scenario& scenario, const search::Failure& failure, std::uint64_t runs) {
  const RunResult& result = failure.result;
  const std::string seed = text_of(result.lineage);
  const std::string times = runs > 1 ? fmt::format(" ({} runs)", runs) : "";
  if (!failure.difference.empty())
    return fmt::format("{}: seed {}: NOT DETERMINISTIC{}: {}", scenario.name, seed, times, failure.difference);
  const checkers::Violation& violation = result.violations[0];
  return fmt::format("{}: seed {}: {} fell at {}{}: {}", scenario.name, seed, violation.invariant,
                     time_text(violation.at), times, violation.what);
}

int exit_code(const search::Hunted& hunted, bool uncovered, bool all_seeds_wanted) {
  bool fell = false;
  for (const search::Group& group : hunted.groups) {
    if (!group.first.difference.empty()) return exit_not_deterministic;
    fell = true;
  }
  if (fell) return exit_fell;
  if (hunted.interrupted || (hunted.time_over && all_seeds_wanted)) return exit_time_over;
  return uncovered ? exit_uncovered : exit_held;
}

class Campaign {
 public:
  Campaign(const RunSettings& settings, const std::vector<Scenario>& scenarios)
      : settings_(settings),
        scenarios_(scenarios),
        options_(options_of(settings)),
        progress_(stderr, options_.seeds ? std::optional(*options_.seeds * scenarios.size()) : std::nullopt,
                  options_.time) {
    options_.interrupted = &interrupt_.flag();
  }

  int carry_out() {
    const search::Hunted hunted = search::hunt(
        scenarios_, options_, [&](const search::Hunted& so_far) { show(so_far); },
        [&](const search::Failure& first) { tell_at_once(first); });
    progress_.clear();
    if (!hunted.error.empty()) {
      const report::ScenarioOutcome wrong = outcome_of_wrong(scenarios_[hunted.wrong_scenario].file, hunted.error);
      return refuse_scenarios(settings_.reports, {wrong});
    }
    std::vector<std::string> replays;
    for (const search::Group& group : hunted.groups) replays.push_back(tell(group, replays.size() < most_kept));
    const std::vector<std::vector<Requirement>> missing = uncovered(scenarios_, hunted, options_.keep_going);
    print_sums(hunted, missing);
    if (!report_campaign(settings_, scenarios_, hunted, missing, replays)) return exit_scenario;
    if (hunted.time_over && options_.seeds) fmt::print("the time was over before all seeds were run\n");
    if (hunted.interrupted) fmt::print("interrupted before all was run\n");
    const bool is_missing = std::any_of(missing.begin(), missing.end(), [](const auto& of) { return !of.empty(); });
    return exit_code(hunted, is_missing, options_.seeds.has_value());
  }

 private:
  // Runs are not held up by a failure that is being told.
  void show(const search::Hunted& so_far) {
    const std::unique_lock screen(screen_, std::try_to_lock);
    if (screen) progress_.show(so_far);
  }

  // Whole: it is cut down when all has been run. Where nothing else runs any more, that is now.
  void tell_at_once(const search::Failure& first) {
    if (!options_.keep_going && options_.jobs == 1) return;
    const std::lock_guard screen(screen_);
    progress_.clear();
    const Scenario& scenario = scenarios_[first.scenario];
    fmt::print("{}\n", headline(scenario, first, 1));
    if (first.difference.empty() && kept_.size() < most_kept)
      kept_[{first.scenario, first.result.lineage}] = keep_whole(scenario, first.result);
    std::fflush(stdout);
  }

  // The command that replays it.
  std::string tell(const search::Group& group, bool is_kept) {
    const search::Failure& first = group.first;
    const Scenario& scenario = scenarios_[first.scenario];
    fmt::print("{}\n", headline(scenario, first, group.count));
    if (!first.difference.empty() || !is_kept) return run_command(settings_, scenario, first.result);
    if (!interrupt_.flag()) return keep_failure(settings_, scenario, first.result, &interrupt_.flag());
    const auto kept = kept_.find({first.scenario, first.result.lineage});
    if (kept == kept_.end()) return keep_whole(scenario, first.result);
    fmt::print("  replay: {}\n", kept->second);
    return kept->second;
  }

  std::string keep_whole(const Scenario& scenario, const RunResult& failed) const {
    RunSettings whole = settings_;
    whole.shrink_time = {};
    return keep_failure(whole, scenario, failed);
  }

  void print_sums(const search::Hunted& hunted, const std::vector<std::vector<Requirement>>& missing) const {
    double virtual_seconds = 0;
    double node_seconds = 0;
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < scenarios_.size(); ++i) {
      const search::Tally& tally = hunted.tallies[i];
      print_tally(tally, settings_.points);
      print_uncovered(scenarios_[i], tally, missing[i]);
      virtual_seconds += tally.virtual_seconds;
      node_seconds += tally.node_seconds;
      all += tally.runs();
    }
    fmt::print("{} in {:.1f} s: {:.0f} times real time, {:.0f} node-seconds a second\n", counted(all, "run"),
               hunted.wall_seconds, virtual_seconds / hunted.wall_seconds, node_seconds / hunted.wall_seconds);
  }

  const RunSettings& settings_;
  const std::vector<Scenario>& scenarios_;
  search::HuntOptions options_;
  const Interrupt interrupt_;
  std::mutex screen_;  // of what is below
  Progress progress_;
  std::map<std::pair<std::size_t, io_sim::Lineage>, std::string> kept_;  // whole, by scenario: what replays it
};

}  // namespace

std::string keep_failure(const RunSettings& settings, const Scenario& scenario, const RunResult& failed,
                         const std::atomic<bool>* interrupted) {
  std::FILE* const told = told_beside(settings.trace_file);
  std::fflush(told);
  const auto kept = search::keep(
      scenario, failed,
      {.folder = settings.folder, .time = settings.shrink_time, .mutant = settings.mutant, .interrupted = interrupted});
  if (kept)
    fmt::print(told, "  {}\n  replay: {} replay {}\n", kept->summary, settings.program, kept->path);
  else
    fmt::print(told, "  not saved: {}\n", kept.error());
  const std::string whole = run_command(settings, scenario, failed);
  fmt::print(told, "  whole:  {}\n", whole);
  return kept ? fmt::format("{} replay {}", settings.program, kept->path) : whole;
}

int run_campaign(const RunSettings& settings, const std::vector<Scenario>& scenarios) {
  return Campaign(settings, scenarios).carry_out();
}

}  // namespace simulator::commands
