// Which evaluations an event calls for (server-internals.md §10). Pure functions of the state.
#pragma once

#include <vector>

#include "core/base/rng.hpp"
#include "core/model/evaluation.hpp"
#include "core/state/state.hpp"

namespace core::server {

/// A pending evaluation of the job.
model::Evaluation evaluation_of(const model::Job& job, model::EvalTrigger trigger, Now now, Rng& rng);

/// One for each job with allocations on the node, and one for each system job that may want it.
std::vector<model::Evaluation> evaluations_of_node(const state::State& state, const model::Node& node,
                                                   model::EvalTrigger trigger, Now now, Rng& rng);

/// What clients' reports call for: failed allocations that may be rescheduled, and ended ones whose job is gone.
/// One for each job at most.
std::vector<model::Evaluation> evaluations_of_updates(const state::State& state,
                                                      const std::vector<model::Allocation>& updates, Now now, Rng& rng);

/// Did a registration change what schedulers look at?
bool needs_evaluation(const model::Node& before, const model::Node& after);

}  // namespace core::server
