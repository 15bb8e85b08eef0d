// The reports of nomad-sim run and replay: which are asked for, what they are made of, and where they go.
#pragma once

#include <string>
#include <vector>

#include "simulator/options.hpp"
#include "simulator/report/outcome.hpp"
#include "simulator/run/run.hpp"
#include "simulator/search/hunt.hpp"

namespace simulator::commands {

/// A trace that is asked for without a file goes here.
inline constexpr const char* screen = "/dev/stdout";
/// Where the trace goes to the screen, nothing else does.
inline std::FILE* told_beside(const std::string& trace_file) { return trace_file == screen ? stderr : stdout; }

struct ReportSettings {
  std::string junit;
  std::string json;
  std::string html;
  bool github = false;      // GitHub runs us: its annotations and its summary
  std::string github_page;  // where the summary goes
};

/// Declares the options, and looks whether GitHub runs us.
void add_report_options(Options& options, ReportSettings& settings);
bool any_report(const ReportSettings& settings);

/// The scenario, nothing run yet.
report::ScenarioOutcome outcome_of(const Scenario& scenario);
/// A scenario that is refused, and why.
report::ScenarioOutcome outcome_of_wrong(const std::string& file, std::string error);
/// Tells what is wrong with each, in the reports as well; the exit code.
int refuse_scenarios(const ReportSettings& settings, std::vector<report::ScenarioOutcome> wrong);
/// One run of it. `replay` is the command that does it again.
report::SeedOutcome outcome_of(const RunResult& result, const report::Timeline& timeline, std::string replay);
/// Counts the run as the only one of the scenario.
void add_only_run(report::ScenarioOutcome& scenario, report::SeedOutcome seed, const RunResult& result);
/// Takes the campaign's sums over.
void add_tally(report::ScenarioOutcome& scenario, const search::Tally& tally);

/// Tries where reports and replay files are to go, before anything is run. Empty, or a sentence.
std::string cannot_be_written(const ReportSettings& settings, const std::string& folder);
/// Writes all that is asked for but the page; GitHub's annotations go to the standard output. False when a file cannot
/// be written, which is told.
bool write_reports(const ReportSettings& settings, const report::Report& report);
bool write_page(const ReportSettings& settings, const report::Timeline& timeline,
                const report::ScenarioOutcome& scenario, const report::SeedOutcome& seed);

}  // namespace simulator::commands
