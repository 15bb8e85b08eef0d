#include "simulator/report/junit.hpp"

#include <fmt/format.h>

#include "simulator/report/words.hpp"

namespace simulator::report {
namespace {

// XML 1.0 has no place for control characters, not even escaped.
std::string escaped(std::string_view text, bool attribute = true) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (attribute && c == '\n')
      out += "&#10;";  // a reader takes a bare one for a space
    else if (byte < 0x20 && c != '\t' && c != '\n')
      out += "?";
    else
      out += c;
  }
  return out;
}

std::string testcase(const ScenarioOutcome& scenario, const std::string& name, double seconds,
                     const std::string& inside) {
  return fmt::format(R"(    <testcase classname="{}" name="{}" file="{}" time="{:.3f}")", escaped(scenario.name),
                     escaped(name), escaped(scenario.file), seconds) +
         (inside.empty() ? "/>\n" : ">\n" + inside + "    </testcase>\n");
}

std::string problem(const char* element, const std::string& type, const std::string& message, const std::string& text) {
  return fmt::format(R"(      <{0} type="{1}" message="{2}">{3}</{0}>)", element, escaped(type), escaped(message),
                     escaped(text, false)) +
         "\n";
}

std::string testcase(const ScenarioOutcome& scenario, const SeedOutcome& seed) {
  std::string inside;
  if (seed.how == SeedOutcome::How::not_deterministic)
    inside = problem("error", "NOT DETERMINISTIC", seed.difference, "replay: " + seed.replay);
  else if (seed.how == SeedOutcome::How::fell)
    inside = problem("failure", first_invariant(seed), first_line(seed), details(seed));
  const std::string others =
      seed.runs == 1 ? "" : fmt::format(" and {} more runs that went the same way", seed.runs - 1);
  return testcase(scenario, fmt::format("seed {}{}", seed.seed, others), seed.wall_seconds, inside);
}

}  // namespace

std::string junit_xml(const Report& report) {
  std::string suites;
  std::uint64_t all = 0, all_failures = 0, all_errors = 0;
  double all_seconds = 0;
  for (const ScenarioOutcome& scenario : report.scenarios) {
    std::string cases;
    std::uint64_t tests = 0;
    std::uint64_t held_kept = 0, failures = scenario.coverage_missing.size(), errors = scenario.wrong.empty() ? 0 : 1;
    const auto add = [&](const std::string& one) {
      cases += one;
      ++tests;
    };
    if (!scenario.wrong.empty())
      add(testcase(scenario, "scenario", 0, problem("error", "SCENARIO", scenario.wrong, scenario.wrong)));
    for (const SeedOutcome& seed : scenario.kept) {
      add(testcase(scenario, seed));
      held_kept += seed.how == SeedOutcome::How::held ? 1 : 0;
      failures += seed.how == SeedOutcome::How::fell ? 1 : 0;
      errors += seed.how == SeedOutcome::How::not_deterministic ? 1 : 0;
    }
    if (scenario.held > held_kept)
      add(testcase(scenario, fmt::format("{} runs that held", scenario.held - held_kept), scenario.wall_seconds, ""));
    for (const NeverReached& missing : scenario.coverage_missing)
      add(testcase(scenario, "coverage: " + missing.point, 0,
                   problem("failure", "COVERAGE", "never reached: " + missing.point,
                           fmt::format("In {} seeds nothing reached it: what was to be tried was not tried.",
                                       scenario.seeds()))));
    const int skipped = scenario.cut_short ? 1 : 0;
    if (scenario.cut_short)
      add(testcase(scenario, "the runs that were still to come", 0,
                   "      <skipped message=\"the campaign ended before all was run\"/>\n"));
    std::string properties;
    for (const auto& [point, count] : scenario.coverage)
      properties += fmt::format(R"(      <property name="{}" value="{}"/>)", escaped(point), count) + "\n";
    suites += fmt::format(
        R"(  <testsuite name="{}" file="{}" tests="{}" failures="{}" errors="{}" skipped="{}" time="{:.3f}">)",
        escaped(scenario.name), escaped(scenario.file), tests, failures, errors, skipped, scenario.wall_seconds);
    suites += "\n";
    if (!properties.empty()) suites += "    <properties>\n" + properties + "    </properties>\n";
    suites += cases + "  </testsuite>\n";
    all += tests;
    all_failures += failures;
    all_errors += errors;
    all_seconds += scenario.wall_seconds;
  }
  return fmt::format(
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
             R"(<testsuites name="nomad-sim" tests="{}" failures="{}" errors="{}" time="{:.3f}">)",
             all, all_failures, all_errors, all_seconds) +
         "\n" + suites + "</testsuites>\n";
}

}  // namespace simulator::report
