#include "simulator/search/keep.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "simulator/search/build_id.hpp"
#include "simulator/search/slim.hpp"

namespace simulator::search {
namespace {

using Wall = std::chrono::steady_clock;

// What a smaller text may take though the time is over.
constexpr std::chrono::seconds slim_grace{1};

std::size_t numbers_in(const io_sim::Script& script) {
  std::size_t out = 0;
  for (const auto& [name, values] : script)
    for (const std::uint32_t value : values) out += value != 0 ? 1 : 0;
  return out;
}

std::string parts_of(const Case& of) {
  return fmt::format("{}, {}, {}, {}", counted(of.only ? of.only->size() : 0, "event"),
                     counted(of.limit.servers.value_or(0), "server"), counted(of.limit.clients.value_or(0), "client"),
                     counted(numbers_in(of.choices), "choice"));
}

// Whole or not at all: written beside it and renamed.
std::string write_file(const std::string& path, const std::string& text) {
  const std::string beside = path + ".new";
  std::ofstream out(beside, std::ios::binary);
  out << text;
  out.close();
  if (!out) return fmt::format("cannot write {}: {}", beside, std::strerror(errno));
  std::error_code error;
  std::filesystem::rename(beside, path, error);
  return error ? fmt::format("cannot write {}: {}", path, error.message()) : "";
}

// A run and its scenario on the way to their file.
struct FallenRun {
  Scenario scenario;
  Case played;
  RunResult result;
};

void slim_down(FallenRun& run, Wall::time_point deadline) {
  auto smaller = slim(run.scenario, run.played);
  if (!smaller) return;
  RunOptions options = options_for(smaller->played);
  options.deadline = deadline;
  RunResult result = run_once(smaller->scenario, options);
  if (result.verdict != Verdict::fell || result.violations[0].invariant != run.result.violations[0].invariant) return;
  run = {std::move(smaller->scenario), std::move(smaller->played), std::move(result)};
}

std::expected<Kept, std::string> save(FallenRun run, const std::string& mutant, const std::string& path,
                                      std::string summary) {
  const ReplayFile file{.build = build_id(),
                        .mutant = mutant,
                        .violation = run.result.violations[0],
                        .trace_hash = run.result.trace_hash,
                        .scenario = run.scenario.file,
                        .files = run.scenario.files,
                        .played = std::move(run.played)};
  const std::string text = text_of(file);
  if (text.size() > max_replay_bytes) return std::unexpected(std::string("the run is too long to be kept"));
  if (const std::string error = write_file(path, text); !error.empty()) return std::unexpected(error);
  return Kept{path, std::move(run.result), fmt::format("{}; {} bytes", summary, text.size())};
}

std::expected<Kept, std::string> cut_down_and_save(FallenRun run, const std::string& path, const KeepOptions& options) {
  const Case whole = run.played;
  const auto deadline = Wall::now() + options.time;
  auto small = minimise(run.scenario, whole, run.result.violations[0].invariant, options.time, options.interrupted);
  if (!small)
    return std::unexpected(std::string("its choices did not lead to the same end again: --check-determinism tells"));
  const std::string summary =
      small->time_over && small->smallest == whole
          ? fmt::format("kept whole, for the time was over before anything was cut down: {}", parts_of(whole))
          : fmt::format("cut down from {} to {}, in {} and {:.1f} s{}", parts_of(whole), parts_of(small->smallest),
                        counted(small->runs, "run"), small->wall_seconds,
                        small->time_over ? " (the time was over)" : "");
  run.played = std::move(small->smallest);
  run.result = std::move(small->result);
  slim_down(run, std::max(deadline, Wall::now() + slim_grace));
  return save(std::move(run), options.mutant, path, summary);
}

std::string path_for(const Scenario& scenario, const RunResult& failed, const std::string& folder) {
  std::string name =
      fmt::format("{}-{}-{}", scenario.name, failed.violations[0].invariant, simulator::text_of(failed.lineage));
  // A scenario may be called anything; its file lies in the folder.
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '+') c = '-';
  return fmt::format("{}/{}.replay", folder, name);
}

}  // namespace

std::expected<Kept, std::string> keep(const Scenario& scenario, const RunResult& failed, const KeepOptions& options) {
  RunResult recorded = run_once(
      scenario,
      {.seed = failed.lineage[0], .descent = {failed.lineage.begin() + 1, failed.lineage.end()}, .record = true});
  if (recorded.choices_too_long) return std::unexpected(std::string("the run is too long to be kept"));
  if (recorded.verdict != Verdict::fell || recorded.trace_hash != failed.trace_hash)
    return std::unexpected(std::string("a second run went another way: --check-determinism tells"));
  Case whole = case_of(recorded);
  const std::string path = path_for(scenario, recorded, options.folder);
  FallenRun run{scenario, std::move(whole), std::move(recorded)};
  auto kept = save(run, options.mutant, path, fmt::format("kept whole: {}", parts_of(run.played)));
  if (!kept || options.time <= std::chrono::nanoseconds{}) return kept;
  return cut_down_and_save(std::move(run), path, options);
}

std::expected<Kept, std::string> keep_smaller(const ReplayFile& file, const Scenario& scenario, const std::string& path,
                                              std::chrono::nanoseconds time) {
  RunOptions options = options_for(file.played);
  options.record = true;
  RunResult recorded = run_once(scenario, options);
  if (recorded.verdict != Verdict::fell)
    return std::unexpected(std::string("the run does not fall in this build, so there is nothing to cut down"));
  Case whole = case_of(recorded);
  return cut_down_and_save({scenario, std::move(whole), std::move(recorded)}, path,
                           {.time = time, .mutant = file.mutant});
}

}  // namespace simulator::search
