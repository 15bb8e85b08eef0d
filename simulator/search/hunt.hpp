// A campaign: many runs of one or more scenarios on several threads, until one falls, all are done, or time is over.
//
// The same runs are made however many threads there are: the scenarios take turns, and each round of a scenario is
// chosen from the rounds well before it (guide.hpp).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "simulator/run/run.hpp"
#include "simulator/search/guide.hpp"

namespace simulator::search {

struct HuntOptions {
  std::uint64_t first_seed = 1;
  std::optional<std::uint64_t> seeds = 1;  // of each scenario; nothing: until the time is over
  unsigned jobs = 1;
  std::optional<std::chrono::nanoseconds> time;
  bool guided = true;
  bool check_determinism = false;
  bool keep_going = false;                         // past a failure
  const std::atomic<bool>* interrupted = nullptr;  // ends it as soon as it is set
};

/// What went wrong in one run.
struct Failure {
  std::size_t scenario = 0;
  std::uint64_t round = 0;
  RunResult result;
  std::string difference;  // where a second run of the same choices went another way; empty: it fell
};

/// Runs of one scenario that went wrong in the same way.
struct Group {
  Failure first;
  std::uint64_t count = 0;
};

struct Tally {
  std::string scenario;
  std::uint64_t held = 0;
  std::uint64_t fell = 0;
  std::uint64_t not_deterministic = 0;
  double run_seconds = 0;  // of real time, that its runs took, one after the other
  double virtual_seconds = 0;
  double node_seconds = 0;
  std::uint64_t events = 0;
  Points reached;  // in how many runs
  Points totals;
  std::uint64_t runs() const { return held + fell + not_deterministic; }
};

struct Hunted {
  std::vector<Tally> tallies;      // by scenario
  std::vector<Group> groups;       // in the order in which they came up
  std::string error;               // of a scenario, seen only when it runs
  std::size_t wrong_scenario = 0;  // the one with the error
  bool time_over = false;          // before all seeds were run
  bool interrupted = false;        // likewise
  double wall_seconds = 0;
};

/// `seen` hears of each run as it ends, one at a time, with the sums so far. `found` hears of the first run that was
/// made of each group, at once, from the thread that made it, while others go on; a run of an earlier round may come
/// later.
Hunted hunt(const std::vector<Scenario>& scenarios, const HuntOptions& options,
            const std::function<void(const Hunted& so_far)>& seen,
            const std::function<void(const Failure& first)>& found = {});

/// What went wrong, without the numbers that differ from run to run: what has the same cause reads the same.
std::string cause_of(const Failure& failure);

}  // namespace simulator::search
