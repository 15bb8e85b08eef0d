#include "simulator/run/difference.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "simulator/report/story.hpp"

namespace simulator {
namespace {

std::string describe(const Mark& mark) {
  return fmt::format("at {} on node {}, hash {:016x}: {}", time_text(mark.at), mark.node, mark.hash, mark.text);
}

}  // namespace

std::string describe_difference(const std::vector<Mark>& a, const std::vector<Mark>& b) {
  const auto [mine, theirs] = std::mismatch(a.begin(), a.end(), b.begin(), b.end(),
                                            [](const Mark& x, const Mark& y) { return x.hash == y.hash; });
  if (mine == a.end() && theirs == b.end()) return "";
  return fmt::format("event {}:\n    {}\n    {}", mine - a.begin() + 1,
                     mine == a.end() ? "(the first run has ended)" : describe(*mine),
                     theirs == b.end() ? "(the second run has ended)" : describe(*theirs));
}

std::string find_difference(const Scenario& scenario, const RunResult& first) {
  RunOptions options{.seed = first.lineage.at(0), .descent = {first.lineage.begin() + 1, first.lineage.end()}};
  const RunResult again = run_once(scenario, options);
  if (again.trace_hash == first.trace_hash && again.events == first.events) return "";
  // Two more runs, event by event: memory is spent only on the seeds that need it.
  std::vector<Mark> a;
  std::vector<Mark> b;
  options.marks = &a;
  run_once(scenario, options);
  options.marks = &b;
  run_once(scenario, options);
  const std::string hashes = fmt::format("trace hashes {:016x} and {:016x}", first.trace_hash, again.trace_hash);
  const std::string where = describe_difference(a, b);
  return where.empty() ? fmt::format("{}; two further runs were the same", hashes)
                       : fmt::format("{}; two further runs part at {}", hashes, where);
}

}  // namespace simulator
