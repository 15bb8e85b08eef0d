// One run of a scenario from one seed: the world, the cluster, the director and the checkers, to a verdict.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "simulator/checkers/watch.hpp"
#include "simulator/scenario/scenario.hpp"

namespace simulator {

/// One event, for comparing two runs.
struct Mark {
  std::uint64_t hash = 0;  // over everything so far
  io_sim::TrueTime at;
  std::uint32_t node = 0;
  std::uint32_t kind = 0;  // which alternative of world::Event
};

struct RunOptions {
  std::uint64_t seed = 1;
  std::FILE* story = nullptr;  // null: told to nobody
  std::string trace_file;      // empty: none
  std::vector<Mark>* marks = nullptr;
};

enum class Verdict { held, fell, scenario_wrong };

struct RunResult {
  Verdict verdict = Verdict::held;
  std::vector<checkers::Violation> violations;
  std::string error;  // of the scenario
  std::uint64_t seed = 0;
  std::uint64_t trace_hash = 0;
  std::uint64_t events = 0;
  std::size_t servers = 0;
  std::size_t clients = 0;
  core::Duration virtual_time{};
  double wall_seconds = 0;
  checkers::Coverage coverage;
};

RunResult run_once(const Scenario& scenario, const RunOptions& options);

/// "DatagramReceived": the name of an alternative of world::Event.
std::string event_name(std::uint32_t kind);

}  // namespace simulator
