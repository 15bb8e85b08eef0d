// CAP: the live allocations of a node never hold more than it has. Looked at wherever a plan was applied or a node
// registered, in the state of the server that applied it first.
#pragma once

#include "simulator/checkers/checker.hpp"

namespace simulator::checkers {

class Cap final : public Checker {
 public:
  std::string_view invariant() const override { return "CAP"; }
  std::optional<std::string> committed(const Commit& commit) override;
};

/// What is exhausted on the node by its live allocations, in a sentence; nothing when all fits.
std::optional<std::string> over_capacity(const core::state::State& state, const std::string& node_id);

}  // namespace simulator::checkers
