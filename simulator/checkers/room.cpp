#include "simulator/checkers/room.hpp"

#include <algorithm>

#include "core/scheduler/scheduler.hpp"

namespace simulator::checkers {

bool would_be_placed(const core::state::State& state, const core::model::Evaluation& eval, core::WallTime now) {
  const auto scheduled = core::scheduler::plan(state, eval, core::Rng(eval.create_index), now, {});
  return std::any_of(scheduled.plan.placements.begin(), scheduled.plan.placements.end(),
                     [](const core::model::Allocation& placed) { return placed.create_index == 0; });
}

}  // namespace simulator::checkers
