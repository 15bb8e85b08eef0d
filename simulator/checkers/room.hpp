// Whether there is room for what waits for it: the scheduler is asked.
#pragma once

#include "core/base/time.hpp"
#include "core/model/evaluation.hpp"
#include "core/state/state.hpp"

namespace simulator::checkers {

/// Would the scheduler place anything, if it looked at the evaluation now?
bool would_be_placed(const core::state::State& state, const core::model::Evaluation& eval, core::WallTime now);

}  // namespace simulator::checkers
