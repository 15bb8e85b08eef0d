// One run of a scenario from one seed: the world, the cluster, the director and the checkers, to a verdict.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "simulator/checkers/watch.hpp"
#include "simulator/faults/operation.hpp"
#include "simulator/report/timeline.hpp"
#include "simulator/scenario/scenario.hpp"

namespace simulator {

/// One event, for comparing two runs.
struct Mark {
  std::uint64_t hash = 0;  // over everything so far
  io_sim::TrueTime at;
  std::uint32_t node = 0;
  std::uint32_t kind = 0;  // which alternative of world::Event
  std::string text;        // the event and what came of it, in brief
};

struct RunResult;

/// Looks into a run from between its events: a debugger.
class Visitor {
 public:
  struct Inside {
    io_sim::World& world;
    Cluster& cluster;
    io_sim::Choices& choices;
    const checkers::Watch& watch;
  };
  virtual ~Visitor() = default;
  /// Once, before anything happens; what `inside` names lives as long as the run.
  virtual void enter(const Inside& inside) = 0;
  /// Each time the world has done something. False ends the run.
  virtual bool passed() = 0;
  /// When all is over, and everything is still there.
  virtual void over(const RunResult& result) = 0;
};

struct RunOptions {
  std::uint64_t seed = 1;
  io_sim::Lineage descent;                 // further seeds, each of which makes some of the choices anew
  const io_sim::Script* script = nullptr;  // in place of the seeds: explicit choices
  const Operations* only = nullptr;        // the operations that are carried out; null: all
  NodeLimit limit;                         // at most so many nodes
  std::optional<core::Duration> stop_at;   // when the run ends if nothing has fallen; the ending is then not looked at
  std::optional<std::chrono::steady_clock::time_point> deadline;  // of real time, when the run is given up
  const std::atomic<bool>* give_up = nullptr;                     // and when this is set
  bool record = false;                                            // keep the choices in the result
  std::FILE* story = nullptr;                                     // null: told to nobody
  std::string trace_file;                                         // empty: none
  std::vector<Mark>* marks = nullptr;
  report::Timeline* timeline = nullptr;  // null: none is recorded
  Visitor* visitor = nullptr;
};

/// Stopped: the run ended before the scenario did, and nothing had fallen.
enum class Verdict { held, fell, scenario_wrong, stopped };

struct RunResult {
  Verdict verdict = Verdict::held;
  std::vector<checkers::Violation> violations;
  std::string error;  // of the scenario
  std::uint64_t seed = 0;
  io_sim::Lineage lineage;  // the seed, and those that made some of its choices anew
  std::uint64_t trace_hash = 0;
  std::uint64_t events = 0;
  std::size_t servers = 0;
  std::size_t clients = 0;
  core::Duration virtual_time{};
  double wall_seconds = 0;
  coverage::Coverage coverage;
  std::vector<Operation> operations;  // carried out, in that order
  io_sim::Script choices;             // with `record`
  std::vector<std::string> unasked;   // streams of the script that the run did not come to
  bool choices_too_long = false;      // they are not kept then
};

RunResult run_once(const Scenario& scenario, const RunOptions& options);

/// "8", or "8+12" for a run like that of seed 8 with some choices of seed 12.
std::string text_of(const io_sim::Lineage& lineage);

/// "DatagramReceived": the name of an alternative of world::Event.
std::string event_name(std::uint32_t kind);

}  // namespace simulator
