#include "simulator/run/campaign.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include <fmt/format.h>

namespace simulator {
namespace {

void add(checkers::Coverage& total, const checkers::Coverage& one) {
  total.elections += one.elections;
  total.leaders_deposed += one.leaders_deposed;
  total.truncations += one.truncations;
  total.committed += one.committed;
  total.placements += one.placements;
  total.nodes_down += one.nodes_down;
  total.restarts += one.restarts;
}

std::string describe(const Mark& mark) {
  return fmt::format("{} of node {} at {} (hash {:016x})", event_name(mark.kind), mark.node, time_text(mark.at),
                     mark.hash);
}

}  // namespace

std::string find_difference(const Scenario& scenario, const RunResult& first) {
  const RunResult again = run_once(scenario, {.seed = first.seed});
  if (again.trace_hash == first.trace_hash && again.events == first.events) return "";
  // Two more runs, event by event: memory is spent only on the seeds that need it.
  std::vector<Mark> a;
  std::vector<Mark> b;
  run_once(scenario, {.seed = first.seed, .marks = &a});
  run_once(scenario, {.seed = first.seed, .marks = &b});
  const std::string hashes = fmt::format("trace hashes {:016x} and {:016x}", first.trace_hash, again.trace_hash);
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    if (a[i].hash != b[i].hash)
      return fmt::format("{}; two further runs differ from event {} on: {} and {}", hashes, i + 1, describe(a[i]),
                         describe(b[i]));
  return hashes;
}

Campaign run_campaign(const Scenario& scenario, const CampaignOptions& options,
                      const std::function<void(const RunResult&, const std::string&)>& done) {
  Campaign total;
  std::mutex lock;
  std::atomic<std::uint64_t> next{0};
  std::atomic<bool> stop{false};
  const auto work = [&] {
    for (;;) {
      const std::uint64_t mine = next.fetch_add(1);
      if (mine >= options.seeds || stop) return;
      const RunResult result = run_once(scenario, {.seed = options.first_seed + mine});
      const std::string difference = options.check_determinism ? find_difference(scenario, result) : "";
      const std::lock_guard guard(lock);
      total.held += result.verdict == Verdict::held && difference.empty() ? 1 : 0;
      total.fell += result.verdict == Verdict::fell ? 1 : 0;
      total.not_deterministic += difference.empty() ? 0 : 1;
      if (result.verdict == Verdict::scenario_wrong) {
        total.scenario_error = result.error;
        stop = true;
      }
      total.events += result.events;
      const double seconds = static_cast<double>(result.virtual_time.count()) / 1e9;
      total.virtual_seconds += seconds;
      total.node_seconds += seconds * static_cast<double>(result.servers + result.clients);
      add(total.coverage, result.coverage);
      if (options.stop_at_first && (result.verdict == Verdict::fell || !difference.empty())) stop = true;
      done(result, difference);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < std::min<std::uint64_t>(options.jobs, options.seeds); ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  return total;
}

}  // namespace simulator
