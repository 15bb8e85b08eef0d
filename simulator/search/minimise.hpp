// Cuts a failing run down: as few operations, nodes and choices as still make the same invariant fall.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "simulator/search/case.hpp"

namespace simulator::search {

struct Minimised {
  Case smallest;
  RunResult result;        // of that case: it fell
  std::uint64_t runs = 0;  // tried
  double wall_seconds = 0;
  bool time_over = false;  // smaller ones may have been left untried
};

/// Begins with the recorded choices of a run that fell, and runs them once however long that takes; what is tried after
/// that ends with the time. Nothing when they do not lead to the same fall again, which no
/// run of the simulator should do. The smallest case always falls: it is the last one that was seen to.
/// It ends early, too, when `interrupted` is set.
std::optional<Minimised> minimise(const Scenario& scenario, const Case& failing, const std::string& invariant,
                                  std::chrono::nanoseconds time, const std::atomic<bool>* interrupted = nullptr);

}  // namespace simulator::search
