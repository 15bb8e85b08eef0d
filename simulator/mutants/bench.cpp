#include "simulator/mutants/bench.hpp"

#include <algorithm>
#include <atomic>
#include <ctime>
#include <thread>

#include <fmt/format.h>

#include "core/base/mutant.hpp"
#include "simulator/property/gossip_hunt.hpp"
#include "simulator/search/minimise.hpp"

namespace simulator::mutants {
namespace {

constexpr std::uint64_t seeds_apart = 1'000'000;

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

constexpr std::size_t history_operations = 12;
constexpr std::uint64_t histories_a_run = 4;  // which take about as long as the run

// Histories of small pools of gossip alone say nothing of the other parts: only bugs that make one of their laws fall
// are looked for in them; and in the control all must hold.
bool shows_in_histories(std::size_t mutant) {
  if (mutant >= std::size(core::base::mutants)) return true;
  const std::string named = " " + std::string(core::base::mutants[mutant].falls) + " ";
  const auto names = [&](const char* law) { return named.find(law) != std::string::npos; };
  return names(" VIEW ") || names(" NOFALSE ") || names(" LEFT ") || names(" RATE ");
}

void look_at_history(std::uint64_t seed, Search& out) {
  ++out.runs;
  const std::string fallen = property::run(property::GossipHistory::drawn(seed, history_operations));
  if (fallen.empty()) return;
  out.found = true;
  out.invariant = property::law_of(fallen);
  out.what = fallen;
  out.seed = seed;
}

// Each scenario gets about as much of the work, counted in events and not by a clock: whatever finds a bug finds it
// again. Before each run come some histories, if they may show it.
Search search(const std::vector<Scenario>& scenarios, std::uint64_t base, double budget, bool histories) {
  Search out;
  const double began = thread_seconds();
  std::vector<std::uint64_t> events(scenarios.size());  // that were spent on each
  std::vector<std::uint64_t> runs(scenarios.size());
  std::uint64_t looked_at = 0;
  while (out.seconds < budget) {
    for (std::uint64_t i = 0; histories && i < histories_a_run && !out.found; ++i)
      look_at_history(base * seeds_apart + looked_at++, out);
    out.seconds = thread_seconds() - began;
    if (out.found) break;
    const auto turn = static_cast<std::size_t>(std::min_element(events.begin(), events.end()) - events.begin());
    const Scenario& scenario = scenarios[turn];
    const std::uint64_t seed = base * seeds_apart + runs[turn]++;
    const RunResult result = run_once(scenario, {.seed = seed});
    events[turn] += result.events;
    ++out.runs;
    out.seconds = thread_seconds() - began;
    if (result.verdict == Verdict::held) continue;
    out.found = result.verdict == Verdict::fell;
    out.invariant = out.found ? result.violations[0].invariant : "SCENARIO";
    out.what = out.found ? result.violations[0].what : result.error;
    out.scenario = scenario.file;
    out.seed = seed;
    break;
  }
  return out;
}

std::optional<std::size_t> cut_down(const std::vector<Scenario>& scenarios, const Search& found, double seconds) {
  if (found.scenario.empty()) {
    const double ends = thread_seconds() + seconds;
    const auto falls = [&](const property::GossipHistory& smaller) {
      return thread_seconds() < ends && property::law_of(property::run(smaller)) == found.invariant;
    };
    return property::cut_down(property::GossipHistory::drawn(found.seed, history_operations), falls).operations.size();
  }
  const auto scenario =
      std::find_if(scenarios.begin(), scenarios.end(), [&](const Scenario& one) { return one.file == found.scenario; });
  const RunResult recorded = run_once(*scenario, {.seed = found.seed, .record = true});
  const auto time = std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
  const auto small = search::minimise(*scenario, search::case_of(recorded), found.invariant, time);
  return small ? std::optional(small->result.operations.size()) : std::nullopt;
}

Row run_row(std::size_t mutant, const std::vector<Scenario>& scenarios, const BenchOptions& options) {
  Row row{.mutant = mutant, .searches = {}, .reached = 0, .smallest = {}};
  row.searches.resize(options.base_seeds);
  std::atomic<std::uint64_t> next{0};
  const auto work = [&] {
    for (std::uint64_t mine = next++; mine < options.base_seeds; mine = next++)
      row.searches[mine] = search(scenarios, mine + 1, options.budget_seconds, shows_in_histories(mutant));
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 1; i < options.jobs; ++i) threads.emplace_back(work);
  work();
  threads.clear();
  const auto first =
      std::find_if(row.searches.begin(), row.searches.end(), [](const Search& one) { return one.found; });
  if (options.shrink_seconds > 0 && first != row.searches.end())
    row.smallest = cut_down(scenarios, *first, options.shrink_seconds);
  return row;
}

}  // namespace

std::size_t Row::found() const {
  return static_cast<std::size_t>(
      std::count_if(searches.begin(), searches.end(), [](const Search& one) { return one.found; }));
}

bool Row::control() const { return mutant >= std::size(core::base::mutants); }

const char* Row::verdict() const {
  if (control()) return found() == 0 ? "clean" : "FALLS";
  return found() == searches.size() ? "found" : found() > 0 ? "lucky" : "missed";
}

bool Row::as_named() const {
  if (control()) return true;
  const std::string named = " " + std::string(core::base::mutants[mutant].falls) + " ";
  return std::all_of(searches.begin(), searches.end(), [&](const Search& one) {
    return !one.found || named.find(" " + one.invariant + " ") != std::string::npos;
  });
}

Row look_for([[maybe_unused]] std::size_t mutant, const std::vector<Scenario>& scenarios, const BenchOptions& options) {
#ifdef NOMAD_MUTANTS
  core::base::active_mutant = mutant;
  core::base::mutant_reached = 0;
  Row row = run_row(mutant, scenarios, options);
  core::base::active_mutant = core::base::no_mutant;
  row.reached = core::base::mutant_reached;
  return row;
#else
  return run_row(mutant, scenarios, options);
#endif
}

Row control(const std::vector<Scenario>& scenarios, const BenchOptions& options) {
  return run_row(std::size(core::base::mutants), scenarios, options);
}

const char* const table_head =
    "| mutant | found | by | runs | core-seconds | operations |\n"
    "| --- | --- | --- | --- | --- | --- |\n";

std::string line_of(const Row& row) {
  std::vector<std::string> invariants;
  std::uint64_t runs = 0;
  double seconds = 0;
  double longest = 0;
  for (const Search& one : row.searches) {
    runs += one.runs;
    seconds += one.seconds;
    longest = std::max(longest, one.seconds);
    if (one.found && std::find(invariants.begin(), invariants.end(), one.invariant) == invariants.end())
      invariants.push_back(one.invariant);
  }
  std::string by;
  for (const std::string& invariant : invariants) by += (by.empty() ? "" : ", ") + invariant;
  if (!row.as_named()) by += " (not as named)";
  if (!row.control() && row.found() == 0) by += row.reached > 0 ? "nobody" : "nobody (never reached)";
  const auto searches = static_cast<double>(row.searches.size());
  return fmt::format(
      "| {} | {} {}/{} | {} | {:.0f} | {:.1f} (most {:.1f}) | {} |\n",
      row.control() ? "control"
                    : fmt::format("{} {}", core::base::mutants[row.mutant].id, core::base::mutants[row.mutant].what),
      row.verdict(), row.found(), row.searches.size(), by, static_cast<double>(runs) / searches, seconds / searches,
      longest, row.smallest ? std::to_string(*row.smallest) : "");
}

}  // namespace simulator::mutants
