// Whether a run is deterministic: the same choices once more, and where the two went apart.
#pragma once

#include <string>

#include "simulator/run/run.hpp"

namespace simulator {

/// Where two runs part: the number of the event and both values. Empty: they are the same.
std::string describe_difference(const std::vector<Mark>& a, const std::vector<Mark>& b);

/// Runs the choices of `first` again. Empty: the same happened; else the first event that differs, with both values.
std::string find_difference(const Scenario& scenario, const RunResult& first);

}  // namespace simulator
