// What `nomad-sim run` was asked for, and its two parts: one run, and a campaign of many.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "simulator/commands/reporting.hpp"
#include "simulator/run/run.hpp"

namespace simulator::commands {

struct RunSettings {
  std::string program;
  io_sim::Lineage seed{1};
  std::uint64_t seeds = 0;  // 0: one run, or with `time` as many as fit into it
  std::uint64_t jobs = 1;
  core::Duration time{};  // none: no limit
  bool keep_going = false;
  bool stop_at_first = false;
  bool unguided = false;
  bool points = false;
  bool check_determinism = false;
  core::Duration shrink_time{20'000'000'000};
  std::string folder = ".";
  std::string trace_file;
  bool quiet = false;
  std::string mutant;
  ReportSettings reports;
};

/// Many runs of the scenarios: what failed, and the sums. The exit code.
int run_campaign(const RunSettings& settings, const std::vector<Scenario>& scenarios);

/// Saves the failed run, cuts it down until the time is over or `interrupted` is set, and prints and gives the command
/// that replays it.
std::string keep_failure(const RunSettings& settings, const Scenario& scenario, const RunResult& failed,
                         const std::atomic<bool>* interrupted = nullptr);

}  // namespace simulator::commands
