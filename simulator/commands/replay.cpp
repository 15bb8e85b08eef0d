// nomad-sim replay: what was kept or recorded, once more. The first bytes of a file tell what it is.
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>

#include <fmt/format.h>

#include "simulator/commands/commands.hpp"
#include "simulator/commands/replay_input.hpp"
#include "simulator/commands/reporting.hpp"
#include "simulator/options.hpp"
#include "simulator/records/replay.hpp"
#include "simulator/search/build_id.hpp"

namespace simulator::commands {
namespace {

struct ReplaySettings {
  std::optional<core::Duration> until;  // none: to the end
  std::string trace_file;
  bool quiet = false;
  std::string page;
};

// By its beginning; what is called one and is none is told so.
bool is_replay_file(const std::string& path) {
  std::error_code ignored;
  if (path.ends_with(".replay")) return true;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  std::array<char, 64> beginning{};
  std::ifstream in(path, std::ios::binary);
  in.read(beginning.data(), beginning.size());
  return search::is_replay_file({beginning.data(), static_cast<std::size_t>(in.gcount())});
}

// What it means that the run went as it did, against what the file says of it, if anything.
int judge(const std::string& path, const search::ReplayFile& file, const RunResult& result, std::FILE* told) {
  const int verdict = result.verdict == Verdict::fell ? exit_fell : exit_held;
  if (!file.tells_its_end()) return verdict;
  const bool same_build = file.build == search::build_id();
  const bool same_fall = result.verdict == Verdict::fell && result.violations[0].invariant == file.violation.invariant;
  const bool same_end = file.held ? result.verdict != Verdict::fell : same_fall;
  if (same_end && result.trace_hash == file.trace_hash) return verdict;
  if (same_build) {
    fmt::print(told, "{}: NOT DETERMINISTIC: saved as {} with trace {:016x} by this very build\n", path,
               file.held ? "held" : file.violation.invariant, *file.trace_hash);
    return exit_not_deterministic;
  }
  if (same_end || file.held) {
    fmt::print(told, "  saved by build {}, run by {}: another course, {} end\n", file.build, search::build_id(),
               same_end ? "the same" : "another");
    return verdict;
  }
  return refuse_file(fmt::format(
      "{}: found a run in which {} fell in build {}; in this build ({}) the same choices lead elsewhere: the bug is "
      "mended, or what is drawn has changed and the seeds must be searched anew",
      path, file.violation.invariant, file.build, search::build_id()));
}

int replay_kept_run(const std::string& path, const ReplaySettings& settings) {
  const auto input = read_replay_input(path);
  if (!input) return refuse_file(input.error());
  RunOptions options = search::options_for(input->file.played);
  std::FILE* const told = told_beside(settings.trace_file);
  options.story = settings.quiet ? nullptr : told;
  options.trace_file = settings.trace_file;
  report::Timeline timeline;
  if (!settings.page.empty()) options.timeline = &timeline;
  options.stop_at = settings.until;
  if (!settings.quiet && !input->file.violation.invariant.empty())
    fmt::print(told, "{}: {} fell at {}: {}\n", input->scenario.name, input->file.violation.invariant,
               time_text(input->file.violation.at), input->file.violation.what);
  const RunResult result = run_once(input->scenario, options);
  if (result.verdict == Verdict::scenario_wrong) return refuse_file(result.error);
  for (const checkers::Violation& violation : result.violations)
    fmt::print(told, "{:>12}  {} fell: {}\n", time_text(violation.at), violation.invariant, violation.what);
  const char* const verdict = result.verdict == Verdict::fell      ? "FELL"
                              : result.verdict == Verdict::stopped ? "STOPPED"
                                                                   : "HELD";
  fmt::print(told, "{}: {}  trace {:016x}\n", input->scenario.name, verdict, result.trace_hash);
  if (!settings.page.empty()) {
    report::ScenarioOutcome scenario = outcome_of(input->scenario);
    report::SeedOutcome seed = outcome_of(result, timeline, fmt::format("nomad-sim replay {}", path));
    seed.seed.clear();
    add_only_run(scenario, seed, result);
    if (!write_page({.html = settings.page}, timeline, scenario, seed)) return exit_scenario;
  }
  if (result.verdict == Verdict::stopped) return exit_held;
  warn_of_unasked(path, input->file, result);
  return judge(path, input->file, result, told);
}

}  // namespace

int replay(const Invocation& invocation) {
  ReplaySettings settings;
  Options options("replay FILE... [options]",
                  "Runs a replay file, which a failing run left, to the same end; or feeds recordings of\n"
                  "`nomad agent -record FILE` to the same agents, which must do the same, and checks Raft's\n"
                  "invariants over all servers' recordings together.");
  core::Duration until{};
  options.duration("--until", until, "T", "stop at this virtual time (replay files)");
  options.optional_text("--trace", settings.trace_file, "FILE", screen,
                        "every event and effect as JSON lines, to FILE or to the screen (replay files)");
  options.text("--html", settings.page, "FILE", "write the run as a page to look at (replay files)");
  options.flag("--quiet", settings.quiet, "the verdict only, not the story");
  const auto files = options.parse(invocation.arguments);
  if (!files) return refuse("replay", files.error());
  if (options.help_asked()) {
    fmt::print("{}", options.help());
    return exit_held;
  }
  if (files->empty()) return refuse("replay", "no file is named");
  if (options.given("--until")) settings.until = until;
  std::vector<std::string> kept;
  std::vector<std::string> recordings;  // are compared with each other
  for (const std::string& file : *files) (is_replay_file(file) ? kept : recordings).push_back(file);
  for (const char* option : {"--until", "--trace", "--html"})
    if (options.given(option) && !recordings.empty())
      return refuse("replay", fmt::format("{} is for replay files, and {} is a recording or nothing known", option,
                                          recordings[0]));
  if (const std::string wrong = cannot_be_written({.html = settings.page}, ""); !wrong.empty())
    return refuse("replay", wrong);
  int worst = exit_held;
  for (const std::string& file : kept) worst = std::max(worst, replay_kept_run(file, settings));
  return recordings.empty() ? worst : std::max(worst, records::replay(recordings));
}

}  // namespace simulator::commands
