#include "simulator/report/summary.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "simulator/report/words.hpp"

namespace simulator::report {
namespace {

class Paint {
 public:
  explicit Paint(bool on) : on_(on) {}
  std::string red(const std::string& text) const { return with("31;1", text); }
  std::string green(const std::string& text) const { return with("32", text); }
  std::string yellow(const std::string& text) const { return with("33", text); }
  std::string dim(const std::string& text) const { return with("2", text); }

 private:
  std::string with(const char* code, const std::string& text) const {
    return on_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
  }
  bool on_;
};

std::string verdict(const ScenarioOutcome& scenario, const Paint& paint) {
  if (!scenario.wrong.empty()) return paint.yellow("WRONG");
  if (scenario.fell > 0) return paint.red("FELL ");
  if (scenario.not_deterministic > 0) return paint.red("NOT DETERMINISTIC");
  if (!scenario.coverage_missing.empty()) return paint.yellow("NOT REACHED");
  if (scenario.seeds() == 0) return paint.dim("NOT RUN");
  if (scenario.cut_short) return paint.yellow("CUT SHORT");
  return paint.green("HELD ");
}

std::string seeds(const ScenarioOutcome& scenario) {
  if (scenario.seeds() == 0 && scenario.wrong.empty()) return "the campaign ended before its turn";
  if (scenario.held == scenario.seeds() && scenario.coverage_missing.empty())
    return fmt::format("{} seed{}", with_commas(scenario.seeds()), scenario.seeds() == 1 ? "" : "s");
  return fmt::format("{} of {} seeds held", with_commas(scenario.held), with_commas(scenario.seeds()));
}

std::string sum(std::uint64_t not_held, std::uint64_t missing, const Paint& paint) {
  const std::string never = missing > 0 ? fmt::format(", {} required and never reached", missing) : "";
  if (not_held > 0) return paint.red(fmt::format("{} did not hold{}", not_held, never));
  if (missing > 0) return paint.yellow("all held" + never);
  return paint.green("all held");
}

}  // namespace

std::string summary_text(const Report& report, bool colours) {
  const Paint paint(colours);
  std::size_t width = 0;
  std::uint64_t all = 0;
  std::uint64_t not_held = 0;
  std::uint64_t missing = 0;
  double node_seconds = 0;
  double wall = 0;
  for (const ScenarioOutcome& scenario : report.scenarios) {
    width = std::max(width, scenario.name.size());
    all += scenario.seeds();
    not_held += scenario.seeds() - scenario.held;
    missing += scenario.coverage_missing.size();
    node_seconds += scenario.node_seconds;
    wall += scenario.wall_seconds;
  }
  std::string out;
  for (const ScenarioOutcome& scenario : report.scenarios) {
    out += fmt::format("{}  {:<{}}  {}, {:.1f} s\n", verdict(scenario, paint), scenario.name, width, seeds(scenario),
                       scenario.wall_seconds);
    if (!scenario.wrong.empty()) out += fmt::format("       {}\n", scenario.wrong);
    for (const FallenTogether& group : by_invariant(scenario)) {
      const SeedOutcome& first = *group.seeds.front();
      out += fmt::format("       {} {}\n         {}\n         {}\n", paint.red(group.invariant),
                         paint.dim(seeds_text(group.seeds)), first_line(first), first.replay);
    }
    for (const SeedOutcome& seed : scenario.kept)
      if (seed.how == SeedOutcome::How::not_deterministic)
        out += fmt::format("       seed {}: {}\n         {}\n", seed.seed, seed.difference, seed.replay);
    for (const NeverReached& one : scenario.coverage_missing)
      out += fmt::format("       {} {}\n", paint.yellow("never reached:"), one.point);
  }
  if (report.scenarios.size() > 1 || all > 1)
    out += fmt::format("{}: {} seeds, {} node-seconds in {:.1f} s of work\n", sum(not_held, missing, paint),
                       with_commas(all), with_commas(static_cast<std::uint64_t>(node_seconds)), wall);
  return out;
}

}  // namespace simulator::report
