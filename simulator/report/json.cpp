#include "simulator/report/json.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace simulator::report {
namespace {

namespace json = boost::json;

constexpr int format_version = 1;

json::object seed_of(const SeedOutcome& seed) {
  static constexpr const char* how[] = {"held", "fell", "not-deterministic"};
  json::object out;
  out["seed"] = seed.seed;
  out["verdict"] = how[static_cast<std::size_t>(seed.how)];
  out["runs"] = seed.runs;
  json::array failures;
  for (const Failure& failure : seed.failures)
    failures.push_back(
        json::object{{"invariant", failure.invariant}, {"at_ns", failure.at.count()}, {"what", failure.what}});
  out["failures"] = std::move(failures);
  if (!seed.difference.empty()) out["difference"] = seed.difference;
  if (!seed.cause.empty()) out["cause"] = seed.cause;
  out["replay"] = seed.replay;
  out["trace"] = fmt::format("{:016x}", seed.trace_hash);
  out["events"] = seed.events;
  out["servers"] = seed.servers;
  out["clients"] = seed.clients;
  out["virtual_ns"] = seed.virtual_time.count();
  out["seconds"] = seed.wall_seconds;
  return out;
}

}  // namespace

std::string json_text(const Report& report) {
  json::array scenarios;
  bool passed = true;
  bool complete = true;
  for (const ScenarioOutcome& scenario : report.scenarios) {
    passed = passed && scenario.passed();
    complete = complete && !scenario.cut_short;
    json::object out;
    out["name"] = scenario.name;
    out["file"] = scenario.file;
    out["passed"] = scenario.passed();
    out["complete"] = !scenario.cut_short;
    if (!scenario.wrong.empty()) out["error"] = scenario.wrong;
    out["held"] = scenario.held;
    out["fell"] = scenario.fell;
    out["not_deterministic"] = scenario.not_deterministic;
    out["seconds"] = scenario.wall_seconds;
    out["node_seconds"] = scenario.node_seconds;
    json::object coverage;
    for (const auto& [point, count] : scenario.coverage) coverage[point] = count;
    out["coverage"] = std::move(coverage);
    json::array missing;
    for (const NeverReached& one : scenario.coverage_missing) missing.emplace_back(one.point);
    out["coverage_missing"] = std::move(missing);
    json::array seeds;
    for (const SeedOutcome& seed : scenario.kept) seeds.push_back(seed_of(seed));
    out["seeds"] = std::move(seeds);
    scenarios.push_back(std::move(out));
  }
  return json::serialize(json::object{{"format", format_version},
                                      {"version", report.version},
                                      {"passed", passed},
                                      {"complete", complete},
                                      {"scenarios", std::move(scenarios)}}) +
         "\n";
}

}  // namespace simulator::report
