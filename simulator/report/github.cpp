#include "simulator/report/github.hpp"

#include <fmt/format.h>

#include "simulator/report/words.hpp"

namespace simulator::report {
namespace {

constexpr std::size_t most_annotations = 10;

// As @actions/core escapes: a value ends at a line's end, a property also at ':' and ','.
std::string escaped(std::string_view text, bool property) {
  std::string out;
  for (const char c : text) {
    if (c == '%')
      out += "%25";
    else if (c == '\r')
      out += "%0D";
    else if (c == '\n')
      out += "%0A";
    else if (property && c == ':')
      out += "%3A";
    else if (property && c == ',')
      out += "%2C";
    else
      out += c;
  }
  return out;
}

// At the place that the text begins with, or else where the scenario begins.
std::string annotation(const ScenarioOutcome& scenario, const std::string& title, const std::string& text) {
  const Spot spot = spot_of(text).value_or(Spot{scenario.file, "1"});
  return fmt::format("::error file={},line={},title={}::{}\n", escaped(spot.file, true), spot.line,
                     escaped(title, true), escaped(text, false));
}

std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find_first_of("|\n", at)) != std::string::npos; at += 2)
    text.replace(at, 1, text[at] == '|' ? "\\|" : "  ");
  return text;
}

std::string verdict(const ScenarioOutcome& scenario) {
  if (!scenario.wrong.empty()) return "⚠️ wrong";
  if (scenario.fell > 0) return fmt::format("❌ {} fell", scenario.fell);
  if (scenario.not_deterministic > 0) return fmt::format("❌ {} not deterministic", scenario.not_deterministic);
  if (!scenario.coverage_missing.empty()) return "⚠️ coverage missing";
  if (scenario.seeds() == 0) return "not run";
  if (scenario.cut_short) return "⚠️ cut short";
  return "✅ held";
}

}  // namespace

std::string github_annotations(const Report& report) {
  std::vector<std::string> lines;
  for (const ScenarioOutcome& scenario : report.scenarios) {
    if (!scenario.wrong.empty()) lines.push_back(annotation(scenario, scenario.name, scenario.wrong));
    for (const FallenTogether& group : by_invariant(scenario))
      lines.push_back(annotation(
          scenario, fmt::format("{} fell in {} ({})", group.invariant, scenario.name, seeds_text(group.seeds)),
          first_line(*group.seeds.front()) + "\nreplay: " + group.seeds.front()->replay));
    for (const SeedOutcome& seed : scenario.kept)
      if (seed.how == SeedOutcome::How::not_deterministic)
        lines.push_back(annotation(scenario, fmt::format("{} is not deterministic (seed {})", scenario.name, seed.seed),
                                   seed.difference + "\nreplay: " + seed.replay));
    for (const NeverReached& missing : scenario.coverage_missing)
      lines.push_back(annotation(scenario, scenario.name + ": never reached",
                                 missing.place + ": required, and never reached: " + missing.point));
  }
  std::string out;
  for (std::size_t i = 0; i < lines.size() && i < most_annotations; ++i) out += lines[i];
  if (lines.size() > most_annotations)
    out += fmt::format("::warning title=nomad-sim::{} more are in the log\n", lines.size() - most_annotations);
  return out;
}

std::string github_summary(const Report& report) {
  std::string out = "## nomad-sim\n\n| scenario | verdict | seeds | seconds |\n| --- | --- | ---: | ---: |\n";
  for (const ScenarioOutcome& scenario : report.scenarios)
    out += fmt::format("| {} | {} | {} | {:.1f} |\n", cell(scenario.name), verdict(scenario),
                       with_commas(scenario.seeds()), scenario.wall_seconds);
  for (const ScenarioOutcome& scenario : report.scenarios) {
    if (!scenario.wrong.empty()) out += fmt::format("\n**{}**: {}\n", scenario.name, cell(scenario.wrong));
    for (const FallenTogether& group : by_invariant(scenario)) {
      const SeedOutcome& first = *group.seeds.front();
      out += fmt::format("\n<details><summary><b>{}</b> fell in {}, {}</summary>\n\n```\n{}```\n</details>\n",
                         group.invariant, scenario.name, seeds_text(group.seeds), details(first));
    }
    for (const SeedOutcome& seed : scenario.kept)
      if (seed.how == SeedOutcome::How::not_deterministic)
        out += fmt::format("\n**{}**, seed {}, is not deterministic: {}\n", scenario.name, seed.seed,
                           cell(seed.difference));
    for (const NeverReached& missing : scenario.coverage_missing)
      out += fmt::format("\n**{}** never reached: {}\n", scenario.name, cell(missing.point));
  }
  return out;
}

}  // namespace simulator::report
