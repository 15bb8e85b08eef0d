// nomad-sim run: scenarios from seeds. One run tells its story; many are a campaign (campaign.cpp).
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "simulator/commands/commands.hpp"
#include "simulator/commands/mutant_option.hpp"
#include "simulator/commands/run_settings.hpp"
#include "simulator/options.hpp"
#include "simulator/report/story.hpp"
#include "simulator/run/difference.hpp"
#include "simulator/search/points.hpp"

namespace simulator::commands {
namespace {

namespace fs = std::filesystem;

// "8", or "8+12": see text_of(Lineage).
std::string parse_lineage(std::string text, io_sim::Lineage& into) {
  const std::string wanted = fmt::format("wants a number, found \"{}\"", text);
  into.clear();
  for (text += '+'; !text.empty();) {
    const std::string word = text.substr(0, text.find('+'));
    text.erase(0, word.size() + 1);
    if (word.empty() || word.size() > 19 || word.find_first_not_of("0123456789") != std::string::npos) return wanted;
    into.push_back(std::stoull(word));
  }
  return "";
}

// A folder stands for the scenarios in it, by name.
std::expected<std::vector<std::string>, std::string> scenario_files(const std::vector<std::string>& named) {
  std::vector<std::string> out;
  for (const std::string& name : named) {
    std::error_code error;
    if (!fs::is_directory(name, error)) {
      out.push_back(name);
      continue;
    }
    std::vector<std::string> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(name, error))
      if (entry.path().extension() == ".yaml") found.push_back(entry.path().string());
    if (found.empty()) return std::unexpected(fmt::format("{}: found no scenario (*.yaml) in this folder", name));
    std::sort(found.begin(), found.end());
    out.insert(out.end(), found.begin(), found.end());
  }
  return out;
}

void print_numbers(const RunResult& result, std::FILE* told) {
  const double seconds = static_cast<double>(result.virtual_time.count()) / 1e9;
  fmt::print(told, "  {} servers, {} clients; {} events; {} committed, {} placed, {}, {} down\n", result.servers,
             result.clients, result.events, result.coverage.count("an entry was committed"),
             result.coverage.count("an allocation was placed"),
             counted(result.coverage.count("a leader was elected"), "election"),
             counted(result.coverage.count("a node was marked down"), "node"));
  fmt::print(told, "  {:.0f} virtual seconds in {:.2f} s: {:.0f} times real time, {:.0f} node-seconds a second\n",
             seconds, result.wall_seconds, seconds / result.wall_seconds,
             seconds * static_cast<double>(result.servers + result.clients) / result.wall_seconds);
}

// False when a report cannot be written.
bool report_run(const RunSettings& settings, const Scenario& scenario, const RunResult& result,
                const report::Timeline& timeline, const std::string& difference, const std::string& replay) {
  if (!any_report(settings.reports)) return true;
  report::SeedOutcome seed = outcome_of(result, timeline, replay);
  if (!difference.empty()) seed.how = report::SeedOutcome::How::not_deterministic;
  seed.difference = difference;
  report::Report report{NOMAD_VERSION, {outcome_of(scenario)}};
  add_only_run(report.scenarios[0], seed, result);
  const bool written = write_page(settings.reports, timeline, report.scenarios[0], seed);
  return write_reports(settings.reports, report) && written;
}

int run_one(const RunSettings& settings, const Scenario& scenario) {
  const std::string seed = text_of(settings.seed);
  std::FILE* const told = told_beside(settings.trace_file);
  if (!settings.quiet) fmt::print(told, "{}: seed {}\n", scenario.name, seed);
  report::Timeline timeline;
  const RunResult result = run_once(scenario, {.seed = settings.seed[0],
                                               .descent = {settings.seed.begin() + 1, settings.seed.end()},
                                               .story = settings.quiet ? nullptr : told,
                                               .trace_file = settings.trace_file,
                                               .timeline = any_report(settings.reports) ? &timeline : nullptr});
  if (result.verdict == Verdict::scenario_wrong)
    return refuse_scenarios(settings.reports, {outcome_of_wrong(scenario.file, result.error)});
  for (const checkers::Violation& violation : result.violations)
    fmt::print(told, "{:>12}  {} fell: {}\n", time_text(violation.at), violation.invariant, violation.what);
  fmt::print(told, "{}: {}  seed {}  trace {:016x}\n", scenario.name, result.verdict == Verdict::held ? "HELD" : "FELL",
             seed, result.trace_hash);
  if (!settings.quiet) print_numbers(result, told);
  const search::Points points = search::points_of(result);
  for (const Requirement& requirement : scenario.require)
    for (const auto& [point, count] : points)
      if (point == requirement.point && count == 0 && !settings.quiet)
        fmt::print(told, "  required of a campaign, and not reached in this run: {}\n", point);
  std::string difference;
  if (settings.check_determinism) {
    difference = find_difference(scenario, result);
    if (!difference.empty())
      fmt::print(told, "{}: NOT DETERMINISTIC  seed {}: {}\n", scenario.name, seed, difference);
    else if (!settings.quiet)
      fmt::print(told, "  a second run gave the same trace\n");
  }
  std::string replay = fmt::format("{} run {} --seed {}{}", settings.program, scenario.file, seed,
                                   settings.mutant.empty() ? "" : " --mutant " + settings.mutant);
  if (result.verdict == Verdict::fell && difference.empty()) replay = keep_failure(settings, scenario, result);
  if (!report_run(settings, scenario, result, timeline, difference, replay)) return exit_scenario;
  if (!difference.empty()) return exit_not_deterministic;
  return result.verdict == Verdict::held ? exit_held : exit_fell;
}

void declare(Options& options, RunSettings& settings) {
  constexpr std::uint64_t max_seeds = 100'000'000;
  constexpr std::uint64_t max_jobs = 1024;
  options.custom("--seed", "N", "the seed to begin with (1)",
                 [&](const std::string& text) { return parse_lineage(text, settings.seed); });
  options.number("--seeds", settings.seeds, "N", "a campaign: N runs of each scenario", 1, max_seeds);
  options.number("--jobs", settings.jobs, "N", "on N threads (1)", 1, max_jobs);
  options.duration("--time", settings.time, "T",
                   "a campaign of at most T of real time; without --seeds it uses all of it", core::Duration{1});
  options.flag("--keep-going", settings.keep_going, "past the first failure; failures of one cause are told once");
  options.flag("--stop-at-first", settings.stop_at_first, "end a campaign at the first failure (the default)");
  options.flag("--unguided", settings.unguided, "seeds N, N+1, ... only: no runs derived from rare ones");
  options.flag("--points", settings.points, "list every coverage point of a campaign, and how often it was reached");
  options.flag("--check-determinism", settings.check_determinism, "run each seed twice and compare all that happened");
  options.duration("--shrink-time", settings.shrink_time, "T", "how long a failure is cut down (20s; 0: not at all)");
  options.text("--save", settings.folder, "DIR", "where replay files go (.)");
  options.optional_text("--trace", settings.trace_file, "FILE", screen,
                        "every event and effect as JSON lines, to FILE or to the screen (one seed, one scenario)");
  options.flag("--quiet", settings.quiet, "the verdict only, not the story");
  add_report_options(options, settings.reports);
  add_mutant_option(options, settings.mutant);
}

}  // namespace

int run(const Invocation& invocation) {
  RunSettings settings{.program = invocation.program};
  Options options(
      "[run] SCENARIO|FOLDER... [options]",
      "Runs a scenario from a seed and tells its story; or runs a campaign of many seeds and scenarios and\n"
      "tells what failed. What fails is cut down and saved as a replay file.");
  declare(options, settings);
  const auto named = options.parse(invocation.arguments);
  if (!named) return refuse("run", named.error());
  if (options.help_asked()) {
    fmt::print("{}", options.help());
    return exit_held;
  }
  if (named->empty()) return refuse("run", "no scenario is named");
  const auto files = scenario_files(*named);
  if (!files) return refuse("run", files.error());
  const bool campaign = settings.seeds > 0 || settings.time > core::Duration{} || files->size() > 1;
  if (!settings.trace_file.empty() && campaign) return refuse("run", "--trace is for one seed of one scenario");
  if (const std::string wrong = cannot_be_written(settings.reports, options.given("--save") ? settings.folder : "");
      !wrong.empty())
    return refuse("run", wrong);
  if (settings.seed.size() > 1 && campaign) return refuse("run", "a campaign begins with a plain seed");
  std::vector<Scenario> scenarios;
  std::vector<report::ScenarioOutcome> wrong;
  for (const std::string& file : *files) {
    auto scenario = load_scenario(file);
    if (scenario)
      scenarios.push_back(std::move(*scenario));
    else
      wrong.push_back(outcome_of_wrong(file, scenario.error()));
  }
  if (!wrong.empty()) return refuse_scenarios(settings.reports, std::move(wrong));
  return campaign ? run_campaign(settings, scenarios) : run_one(settings, scenarios[0]);
}

}  // namespace simulator::commands
