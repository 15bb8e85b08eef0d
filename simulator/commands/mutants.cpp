// nomad-sim mutants: the mutant bench. Known bugs are in the build of the preset `mutants` only.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/base/mutant.hpp"
#include "simulator/commands/commands.hpp"
#include "simulator/mutants/bench.hpp"
#include "simulator/options.hpp"

namespace simulator::commands {
namespace {

namespace fs = std::filesystem;

#ifdef NOMAD_MUTANTS
constexpr bool has_mutants = true;
#else
constexpr bool has_mutants = false;
#endif

// The hunting scenarios of a folder: mutants*.yaml, by name.
std::vector<std::string> hunting_scenarios(const std::string& folder) {
  std::vector<std::string> out;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".yaml" && entry.path().stem().string().starts_with("mutants"))
      out.push_back(entry.path().string());
  std::sort(out.begin(), out.end());
  return out;
}

// "K01,K05" as places in the table; nothing named: all.
std::expected<std::vector<std::size_t>, std::string> chosen(std::string names) {
  std::vector<std::size_t> out;
  if (names.empty())
    for (std::size_t place = 0; place < std::size(core::base::mutants); ++place) out.push_back(place);
  while (!names.empty()) {
    const std::string name = names.substr(0, names.find(','));
    names.erase(0, name.size() + 1);
    const auto* const found = std::find_if(std::begin(core::base::mutants), std::end(core::base::mutants),
                                           [&](const core::base::KnownMutant& one) { return one.id == name; });
    if (found == std::end(core::base::mutants)) return std::unexpected(fmt::format("no mutant \"{}\"", name));
    out.push_back(static_cast<std::size_t>(found - std::begin(core::base::mutants)));
  }
  return out;
}

struct Settings {
  std::string only;
  core::Duration budget{60'000'000'000};
  core::Duration shrink_time{};
  std::uint64_t base_seeds = 5;
  std::uint64_t jobs = 1;
  std::uint64_t lost_allowed = 0;
  bool no_control = false;
  bool list = false;
};

void declare(Options& options, Settings& settings) {
  options.text("--only", settings.only, "K01,K05", "these mutants, not all");
  options.duration("--budget", settings.budget, "T", "processor time for each mutant and base seed (60s)");
  options.number("--base-seeds", settings.base_seeds, "N", "search from N base seeds (5)", 1, 1000);
  options.number("--jobs", settings.jobs, "N", "N base seeds at a time (1)", 1, 64);
  options.duration("--shrink-time", settings.shrink_time, "T", "cut the first failure of each down, for T (0: do not)");
  options.number("--lost-allowed", settings.lost_allowed, "N", "exit with 0 though N mutants were not found (0)");
  options.flag("--no-control", settings.no_control, "leave the search without any mutant out");
  options.flag("--list", settings.list, "print the table of mutants and do nothing");
}

int bench(const Settings& settings, const std::vector<Scenario>& scenarios, const std::vector<std::size_t>& which) {
  const auto seconds = [](core::Duration time) { return static_cast<double>(time.count()) / 1e9; };
  const mutants::BenchOptions options{.budget_seconds = seconds(settings.budget),
                                      .base_seeds = settings.base_seeds,
                                      .jobs = static_cast<unsigned>(settings.jobs),
                                      .shrink_seconds = seconds(settings.shrink_time)};
  std::size_t found = 0;
  std::size_t lucky = 0;
  fmt::print("{}", mutants::table_head);
  const auto print = [](const mutants::Row& row) {
    fmt::print("{}", mutants::line_of(row));
    std::fflush(stdout);
  };
  for (const std::size_t mutant : which) {
    const mutants::Row row = mutants::look_for(mutant, scenarios, options);
    print(row);
    if (row.found() == row.searches.size())
      ++found;
    else if (row.found() > 0)
      ++lucky;
  }
  bool clean = true;
  if (!settings.no_control) {
    const mutants::Row row = mutants::control(scenarios, options);
    print(row);
    clean = row.found() == 0;
    for (const mutants::Search& one : row.searches)
      if (one.found)
        fmt::print("control: {} fell: {}\n  replay: {} --seed {}\n", one.invariant, one.what,
                   one.scenario.empty() ? "gossip --seeds 1" : "run " + one.scenario, one.seed);
  }
  const std::size_t missed = which.size() - found - lucky;
  fmt::print("{} of {} found from every base seed, {} from some, {} missed{}\n", found, which.size(), lucky, missed,
             settings.no_control ? ""
             : clean             ? "; the control is clean"
                                 : "; THE CONTROL FALLS: the kills are void");
  return clean && which.size() - found <= settings.lost_allowed ? exit_held : exit_fell;
}

}  // namespace

int mutants(const Invocation& invocation) {
  Settings settings;
  Options options("mutants [SCENARIO...] [options]",
                  "Switches known bugs on, one after the other, and tells which are found, by which invariant and how "
                  "soon.\nWithout a scenario: scenarios/mutants*.yaml. Bugs of gossip are looked for in histories of "
                  "`nomad-sim gossip` as well,\nwhich take turns with them.");
  declare(options, settings);
  auto files = options.parse(invocation.arguments);
  if (!files) return refuse("mutants", files.error());
  if (options.help_asked()) {
    fmt::print("{}", options.help());
    return exit_held;
  }
  if (settings.list) {
    for (const core::base::KnownMutant& one : core::base::mutants)
      fmt::print("{}  {} ({})\n", one.id, one.what, one.falls);
    return exit_held;
  }
  if (!has_mutants)
    return refuse("mutants", "this build has none: cmake --preset mutants && ninja -C build/mutants nomad-sim");
  const auto which = chosen(settings.only);
  if (!which) return refuse("mutants", which.error());
  if (files->empty()) *files = hunting_scenarios("scenarios");
  if (files->empty()) return refuse("mutants", "no scenario is named, and there is no scenarios/mutants*.yaml here");
  std::vector<Scenario> scenarios;
  for (const std::string& file : *files) {
    auto scenario = load_scenario(file);
    if (!scenario) {
      fmt::print(stderr, "{}\n", scenario.error());
      return exit_scenario;
    }
    scenarios.push_back(std::move(*scenario));
  }
  return bench(settings, scenarios, *which);
}

}  // namespace simulator::commands
