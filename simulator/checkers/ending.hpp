// What must hold when all faults have stopped for a while: HEAL, VIEW, COUNT, ORPHAN.
#pragma once

#include <string>
#include <vector>

#include "simulator/checkers/checker.hpp"
#include "simulator/cluster/cluster.hpp"
#include "simulator/scenario/scenario.hpp"

namespace simulator::checkers {

struct Unwell {
  std::string invariant;
  std::string what;
};

/// What is not (yet) as it should be; empty when all is well. `written`: by region, whether a write went through after
/// the faults.
std::vector<Unwell> not_yet_well(const Cluster& cluster, const Scenario& scenario, const std::vector<bool>& written);

}  // namespace simulator::checkers
