// The plan applier's own look at a plan: does it still fit the nodes as they are now? Plans are made in parallel
// from snapshots of the past; this is what keeps two of them from taking the same room (server-internals.md §12).
#pragma once

#include <string>
#include <vector>

#include "core/model/plan.hpp"
#include "core/state/state.hpp"

namespace core::scheduler {

/// Why a node's part of a plan was refused.
struct Rejection {
  std::string node_id;
  std::string reason;  // "node does not exist", "node is not ready for placements", "cpu", ...
};

/// What of the plan may be committed on `state`, which must hold every plan committed before. A node that
/// refuses loses its whole part, stops included; a plan with all_at_once is then refused as a whole.
/// alloc_index is left 0, for the one who commits. `rejections`, if given, hears the reasons.
model::PlanResult evaluate_plan(const state::State& state, const model::Plan& plan,
                                std::vector<Rejection>* rejections = nullptr);

}  // namespace core::scheduler
