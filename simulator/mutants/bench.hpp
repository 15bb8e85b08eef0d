// The mutant bench: each known bug is switched on in turn and looked for from several base seeds, each for a bounded
// time of one core. What is found, by which invariant and how soon, is the measure of the checkers, the faults and the
// workload; the control, with no bug, says that a fall means something.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "simulator/run/run.hpp"

namespace simulator::mutants {

struct BenchOptions {
  double budget_seconds = 60;  // of processor time, for each mutant and base seed
  std::uint64_t base_seeds = 5;
  unsigned jobs = 1;          // base seeds at a time
  double shrink_seconds = 0;  // of real time, for the first failure of each mutant; 0: not cut down
};

/// One search, from one base seed.
struct Search {
  bool found = false;
  std::string invariant;
  std::string what;
  std::string scenario;    // empty: it was a history of `nomad-sim gossip`
  std::uint64_t seed = 0;  // of it
  std::uint64_t runs = 0;
  double seconds = 0;  // of processor time
};

struct Row {
  std::size_t mutant = 0;  // its place in core::base::mutants; past its end: the control
  std::vector<Search> searches;
  std::uint64_t reached = 0;            // how often the code came by the bug
  std::optional<std::size_t> smallest;  // operations of the first failure, cut down

  std::size_t found() const;
  /// From every base seed, from some, from none.
  const char* verdict() const;
  bool control() const;
  /// Every fall was of an invariant that the table names for this mutant.
  bool as_named() const;
};

/// Looks for one mutant, or with `control` for none. Seeds are shared by no two base seeds. To be called by one thread
/// at a time: the switch is the process's.
Row look_for(std::size_t mutant, const std::vector<Scenario>& scenarios, const BenchOptions& options);
Row control(const std::vector<Scenario>& scenarios, const BenchOptions& options);

/// The row as a line of a Markdown table.
std::string line_of(const Row& row);
extern const char* const table_head;

}  // namespace simulator::mutants
