// Small exhaustive search on the real code: every path of at most so many choices, fewest first.
//
// Depth first, with one choice more each round (iterative deepening): memory is one path and one table of states, and
// the first violation that is found is one with the fewest choices.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "simulator/explore/model.hpp"
#include "simulator/explore/visited.hpp"

namespace simulator::explore {

struct ExploreOptions {
  ModelOptions model;
  unsigned depth = 6;                                             // choices on one path
  std::uint64_t max_states = 50'000'000;                          // 32 bytes each at most
  std::optional<std::chrono::steady_clock::time_point> deadline;  // of real time
};

struct Explored {
  enum class End { complete, fell, time_over, too_many_states };
  End end = End::complete;
  unsigned depth = 0;              // the last that was searched whole; when it fell, the choices of the path
  std::uint64_t states = 0;        // different ones
  std::uint64_t transitions = 0;   // events that a real server handled, or the world did, over all rounds
  std::uint64_t equal_states = 0;  // paths cut because they came to a state that was met before
  std::uint64_t commuting = 0;     // choices not tried because they can as well come later
  std::size_t longest = 0;         // path, in steps
  double seconds = 0;
  std::optional<property::Broken> broken;
  std::vector<Choice> path;  // when it fell: all steps from the initial state, the usual ones too
};

/// `round` hears of each round that was searched whole.
Explored explore(const ExploreOptions& options, const std::function<void(const Explored&)>& round);

/// The path as numbered lines: what happened, and what the server it happened to then is. Choices have a star.
std::string story(const ModelOptions& options, const std::vector<Choice>& path);

}  // namespace simulator::explore
