// Many seeds of one scenario on several threads.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "simulator/run/run.hpp"

namespace simulator {

struct CampaignOptions {
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 1;
  unsigned jobs = 1;
  bool check_determinism = false;
  bool stop_at_first = false;
};

struct Campaign {
  std::uint64_t held = 0;
  std::uint64_t fell = 0;
  std::uint64_t not_deterministic = 0;
  std::string scenario_error;
  std::uint64_t events = 0;
  double virtual_seconds = 0;
  double node_seconds = 0;
  checkers::Coverage coverage;
};

/// Runs them all; `done` hears of each, one at a time, in the order in which they end. `difference` is empty, or says
/// where a second run of the same seed went another way.
Campaign run_campaign(const Scenario& scenario, const CampaignOptions& options,
                      const std::function<void(const RunResult&, const std::string& difference)>& done);

/// Runs the seed again and says where it first differs from `hash`; empty: it does not.
std::string find_difference(const Scenario& scenario, const RunResult& first);

}  // namespace simulator
