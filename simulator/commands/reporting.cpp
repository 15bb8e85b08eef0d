#include "simulator/commands/reporting.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "simulator/commands/commands.hpp"
#include "simulator/report/github.hpp"
#include "simulator/report/json.hpp"
#include "simulator/report/junit.hpp"
#include "simulator/report/page.hpp"
#include "simulator/search/points.hpp"

namespace simulator::commands {
namespace {

constexpr std::size_t cause_steps = 8;  // in texts; the page has them all

bool write(const std::string& path, const char* mode, const std::string& text) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), mode), &std::fclose);
  if (file && std::fwrite(text.data(), 1, text.size(), file.get()) == text.size() && std::fflush(file.get()) == 0)
    return true;
  fmt::print(stderr, "nomad-sim: cannot write {}: {}\n", path, std::strerror(errno));
  return false;
}

// A file that is not there yet is made, and taken away again.
std::string cannot_be_written(const std::string& path) {
  std::error_code ignored;
  const bool is_there = std::filesystem::exists(path, ignored);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "a"), &std::fclose);
  if (!file) return fmt::format("cannot write {}: {}", path, std::strerror(errno));
  if (!is_there) std::filesystem::remove(path, ignored);
  return "";
}

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string cause_text(const report::Timeline& timeline) {
  if (timeline.causes.empty()) return "";
  std::string out = fmt::format("{}:\n", timeline.causes.front().title);
  const auto& steps = timeline.causes.front().steps;
  for (std::size_t i = 0; i < steps.size() && i < cause_steps; ++i)
    out += fmt::format("{:>12}  {} {}{}{}\n", time_text(steps[i].at), timeline.nodes[steps[i].node], steps[i].what,
                       steps[i].change.empty() ? "" : ": ", steps[i].change);
  return out;
}

}  // namespace

void add_report_options(Options& options, ReportSettings& settings) {
  options.text("--junit", settings.junit, "FILE", "write the outcome as JUnit XML");
  options.text("--json", settings.json, "FILE", "write the outcome as JSON");
  options.text("--html", settings.html, "FILE",
               "write a run as a page to look at: the first that fell, or else the first");
  settings.github = variable("GITHUB_ACTIONS") == "true";
  settings.github_page = variable("GITHUB_STEP_SUMMARY");
}

bool any_report(const ReportSettings& settings) {
  return settings.github || !settings.junit.empty() || !settings.json.empty() || !settings.html.empty();
}

report::ScenarioOutcome outcome_of(const Scenario& scenario) {
  report::ScenarioOutcome out;
  out.name = scenario.name;
  out.file = scenario.file;
  out.about = scenario.about;
  return out;
}

report::ScenarioOutcome outcome_of_wrong(const std::string& file, std::string error) {
  report::ScenarioOutcome out;
  out.name = std::filesystem::path(file).stem().string();
  out.file = file;
  out.wrong = std::move(error);
  return out;
}

int refuse_scenarios(const ReportSettings& settings, std::vector<report::ScenarioOutcome> wrong) {
  std::fflush(stdout);
  for (const report::ScenarioOutcome& one : wrong) fmt::print(stderr, "{}\n", one.wrong);
  write_reports(settings, {NOMAD_VERSION, std::move(wrong)});
  return exit_scenario;
}

report::SeedOutcome outcome_of(const RunResult& result, const report::Timeline& timeline, std::string replay) {
  report::SeedOutcome out;
  out.seed = text_of(result.lineage);
  out.how = result.violations.empty() ? report::SeedOutcome::How::held : report::SeedOutcome::How::fell;
  for (const checkers::Violation& violation : result.violations)
    out.failures.push_back({violation.invariant, violation.at - io_sim::TrueTime{}, violation.what});
  out.cause = cause_text(timeline);
  out.replay = std::move(replay);
  out.trace_hash = result.trace_hash;
  out.events = result.events;
  out.servers = result.servers;
  out.clients = result.clients;
  out.virtual_time = result.virtual_time;
  out.wall_seconds = result.wall_seconds;
  return out;
}

void add_only_run(report::ScenarioOutcome& scenario, report::SeedOutcome seed, const RunResult& result) {
  scenario.held = seed.how == report::SeedOutcome::How::held ? 1 : 0;
  scenario.fell = seed.how == report::SeedOutcome::How::fell ? 1 : 0;
  scenario.not_deterministic = seed.how == report::SeedOutcome::How::not_deterministic ? 1 : 0;
  for (const auto& [point, count] : search::points_of(result)) scenario.coverage[std::string(point)] = count;
  scenario.wall_seconds = result.wall_seconds;
  scenario.node_seconds =
      static_cast<double>(result.virtual_time.count()) / 1e9 * static_cast<double>(result.servers + result.clients);
  scenario.kept.push_back(std::move(seed));
}

void add_tally(report::ScenarioOutcome& scenario, const search::Tally& tally) {
  scenario.held = tally.held;
  scenario.fell = tally.fell;
  scenario.not_deterministic = tally.not_deterministic;
  for (const auto& [point, count] : tally.totals) scenario.coverage[std::string(point)] = count;
  scenario.wall_seconds = tally.run_seconds;
  scenario.node_seconds = tally.node_seconds;
}

std::string cannot_be_written(const ReportSettings& settings, const std::string& folder) {
  const std::string kept = folder.empty() ? "" : folder + "/.nomad-sim";
  for (const std::string& path : {settings.junit, settings.json, settings.html, kept})
    if (!path.empty())
      if (std::string wrong = cannot_be_written(path); !wrong.empty()) return wrong;
  return "";
}

bool write_reports(const ReportSettings& settings, const report::Report& report) {
  bool written = true;
  if (!settings.junit.empty()) written = write(settings.junit, "w", report::junit_xml(report)) && written;
  if (!settings.json.empty()) written = write(settings.json, "w", report::json_text(report)) && written;
  if (settings.github) {
    std::fflush(stdout);
    fmt::print("{}", report::github_annotations(report));
    if (!settings.github_page.empty())
      written = write(settings.github_page, "a", report::github_summary(report)) && written;
  }
  return written;
}

bool write_page(const ReportSettings& settings, const report::Timeline& timeline,
                const report::ScenarioOutcome& scenario, const report::SeedOutcome& seed) {
  return settings.html.empty() || write(settings.html, "w", report::html_page(timeline, scenario, seed));
}

}  // namespace simulator::commands
