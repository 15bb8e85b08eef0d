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
  const auto [mine, theirs] = std::mismatch(a.begin(), a.end(), b.begin(), b.end(),
                                            [](const Mark& x, const Mark& y) { return x.hash == y.hash; });
  if (mine == a.end() && theirs == b.end()) return fmt::format("{}; two further runs were the same", hashes);
  const auto number = mine - a.begin() + 1;
  return fmt::format("{}; two further runs part at event {}:\n    {}\n    {}", hashes, number,
                     mine == a.end() ? "(the first has ended)" : describe(*mine),
                     theirs == b.end() ? "(the second has ended)" : describe(*theirs));
}

}  // namespace simulator
