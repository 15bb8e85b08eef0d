#include "simulator/search/keep.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <unistd.h>

#include "core/describe/hash.hpp"
#include "simulator/search/build_id.hpp"
#include "simulator/search/slim.hpp"

namespace simulator::search {
namespace {

namespace fs = std::filesystem;
using Wall = std::chrono::steady_clock;

const std::string too_long = "the run is too long to be kept";
constexpr int most_of_a_name = 1000;  // files NAME-N.replay

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

// Whole or not at all: written beside it and renamed, or, where nothing may be replaced, given a second name. False
// when something lies there.
std::expected<bool, std::string> write_file(const std::string& path, const std::string& text, bool may_replace) {
  const std::string beside = fmt::format("{}.{}.new", path, ::getpid());
  std::ofstream out(beside, std::ios::binary);
  out << text;
  out.close();
  if (!out) return std::unexpected(fmt::format("cannot write {}: {}", beside, std::strerror(errno)));
  std::error_code error;
  if (!may_replace) {
    fs::create_hard_link(beside, path, error);
    std::error_code ignored;
    if (!error || error == std::errc::file_exists) fs::remove(beside, ignored);
    if (!error) return true;
    if (error == std::errc::file_exists) return false;
    error.clear();  // there are file systems without second names
  }
  fs::rename(beside, path, error);
  if (error) return std::unexpected(fmt::format("cannot write {}: {}", path, error.message()));
  return true;
}

// A run and its scenario on the way to their file.
struct FallenRun {
  Scenario scenario;
  Case played;
  RunResult result;
  std::optional<std::uint64_t> whole;  // which run it was
};

// Where it goes.
struct Target {
  std::string path;    // without its ending, unless it is named
  bool named = false;  // by the user: what lies there is replaced
  std::string mutant;
};

std::string text_to_save(const FallenRun& run, const std::string& mutant) {
  return text_of({.build = build_id(),
                  .whole = run.whole,
                  .mutant = mutant,
                  .violation = run.result.violations.empty() ? checkers::Violation{} : run.result.violations[0],
                  .held = run.result.violations.empty(),
                  .trace_hash = run.result.trace_hash,
                  .scenario = run.scenario.file,
                  .files = run.scenario.files,
                  .played = run.played});
}

// Written out anew the text may well be longer.
void slim_down(FallenRun& run, const std::string& mutant, Wall::time_point deadline) {
  auto smaller = slim(run.scenario, run.played);
  if (!smaller) return;
  RunOptions options = options_for(smaller->played);
  options.deadline = deadline;
  RunResult result = run_once(smaller->scenario, options);
  if (result.verdict != Verdict::fell || result.violations[0].invariant != run.result.violations[0].invariant) return;
  FallenRun slimmed{std::move(smaller->scenario), std::move(smaller->played), std::move(result), run.whole};
  if (text_to_save(slimmed, mutant).size() < text_to_save(run, mutant).size()) run = std::move(slimmed);
}

// What lies at the path: empty if nothing does; nothing if it is something else than this run.
std::optional<std::string> earlier_text(const std::string& path, const FallenRun& run) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return "";
  if (!fs::is_regular_file(path, ignored) || fs::file_size(path, ignored) > max_replay_bytes) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto file = parse_replay_file(text);
  const bool same_run = file && file->whole && file->whole == run.whole;
  return same_run ? std::optional(std::move(text)) : std::nullopt;
}

// Into the first of PATH.replay, PATH-2.replay, ... that is free or has the same run, which gives way to a smaller one.
std::expected<Kept, std::string> save_beside_others(const Target& target, FallenRun run, const std::string& text,
                                                    std::string summary) {
  for (std::size_t number = 1; number <= most_of_a_name;) {
    const std::string path = number == 1 ? target.path + ".replay" : fmt::format("{}-{}.replay", target.path, number);
    const auto earlier = earlier_text(path, run);
    if (!earlier) {
      ++number;
      continue;
    }
    if (!earlier->empty() && earlier->size() <= text.size()) {
      if (*earlier != text)
        summary += fmt::format("; an earlier file of this run, of {} bytes, stays", earlier->size());
      return Kept{path, std::move(run.result), std::move(summary)};
    }
    const auto written = write_file(path, text, !earlier->empty());
    if (!written) return std::unexpected(written.error());
    if (*written) return Kept{path, std::move(run.result), std::move(summary)};
  }
  return std::unexpected(fmt::format("found {} other files {}-N.replay", most_of_a_name, target.path));
}

std::expected<Kept, std::string> save(const Target& target, FallenRun run, const std::string& summary) {
  const std::string text = text_to_save(run, target.mutant);
  if (text.size() > max_replay_bytes) return std::unexpected(too_long);
  std::string told = fmt::format("{}; {} bytes", summary, text.size());
  if (!target.named) return save_beside_others(target, std::move(run), text, std::move(told));
  if (const auto written = write_file(target.path, text, true); !written) return std::unexpected(written.error());
  return Kept{target.path, std::move(run.result), std::move(told)};
}

std::expected<Kept, std::string> cut_down_and_save(FallenRun run, const Target& target, const KeepOptions& options) {
  const Case whole = run.played;
  const auto deadline = Wall::now() + options.time;
  auto small = minimise(run.scenario, whole, run.result.violations[0].invariant, options.time, options.interrupted);
  if (!small)
    return std::unexpected(std::string("its choices did not lead to the same end again: --check-determinism tells"));
  const char* const end = options.interrupted != nullptr && *options.interrupted ? "interrupted" : "the time was over";
  const std::string summary =
      small->time_over && small->smallest == whole
          ? fmt::format("kept whole ({} before anything was cut down): {}", end, parts_of(whole))
          : fmt::format("cut down from {} to {}, in {} and {:.1f} s{}", parts_of(whole), parts_of(small->smallest),
                        counted(small->runs, "run"), small->wall_seconds,
                        small->time_over ? fmt::format(" ({})", end) : "");
  run.played = std::move(small->smallest);
  run.result = std::move(small->result);
  slim_down(run, target.mutant, std::max(deadline, Wall::now() + slim_grace));
  return save(target, std::move(run), summary);
}

std::string path_for(const Scenario& scenario, const RunResult& failed, const std::string& folder) {
  std::string name =
      fmt::format("{}-{}-{}", scenario.name, failed.violations[0].invariant, simulator::text_of(failed.lineage));
  // A scenario may be called anything; its file lies in the folder.
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '+') c = '-';
  return fmt::format("{}/{}", folder, name);
}

// By the scenario's texts, whatever they are called, what became of the run, and where its choices came from.
std::uint64_t identity_of(const Scenario& scenario, const RunResult& run, const std::string& mutant) {
  core::describe::Hasher hasher;
  for (const auto& [name, text] : scenario.files) hasher.add(text);
  hasher.add(simulator::text_of(run.lineage));
  hasher.add(run.violations[0].invariant);
  hasher.add(mutant);
  hasher.add(run.trace_hash);
  return hasher.value();
}

}  // namespace

std::expected<Kept, std::string> keep(const Scenario& scenario, const RunResult& failed, const KeepOptions& options) {
  RunResult recorded = run_once(
      scenario,
      {.seed = failed.lineage[0], .descent = {failed.lineage.begin() + 1, failed.lineage.end()}, .record = true});
  if (recorded.choices_too_long) return std::unexpected(too_long);
  if (recorded.verdict != Verdict::fell || recorded.trace_hash != failed.trace_hash)
    return std::unexpected(std::string("a second run went another way: --check-determinism tells"));
  Case whole = case_of(recorded);
  const Target target{path_for(scenario, recorded, options.folder), false, options.mutant};
  const std::uint64_t identity = identity_of(scenario, recorded, options.mutant);
  FallenRun run{scenario, std::move(whole), std::move(recorded), identity};
  auto kept = save(target, run, fmt::format("kept whole: {}", parts_of(run.played)));
  const bool interrupted = options.interrupted != nullptr && *options.interrupted;
  if (interrupted || options.time <= std::chrono::nanoseconds{}) return kept;
  auto smaller = cut_down_and_save(std::move(run), target, options);
  if (smaller || !kept) return smaller;
  kept->summary += "; " + smaller.error();
  return kept;
}

std::expected<std::string, std::string> replay_text(const Scenario& scenario, const RunResult& recorded,
                                                    const std::string& mutant) {
  if (recorded.verdict == Verdict::scenario_wrong) return std::unexpected(recorded.error);
  std::string text =
      recorded.choices_too_long ? "" : text_to_save({scenario, case_of(recorded), recorded, std::nullopt}, mutant);
  if (text.empty() || text.size() > max_replay_bytes) return std::unexpected(too_long);
  return text;
}

std::expected<Kept, std::string> keep_smaller(const ReplayFile& file, const Scenario& scenario, const std::string& path,
                                              std::chrono::nanoseconds time) {
  RunOptions options = options_for(file.played);
  options.record = true;
  RunResult recorded = run_once(scenario, options);
  if (recorded.verdict != Verdict::fell)
    return std::unexpected(std::string("the run does not fall in this build, so there is nothing to cut down"));
  Case whole = case_of(recorded);
  return cut_down_and_save({scenario, std::move(whole), std::move(recorded), file.whole}, {path, true, file.mutant},
                           {.time = time});
}

}  // namespace simulator::search
