// The language of scenarios, told once: every key, what it takes and what it is for.
#pragma once

#include "simulator/scenario/shape.hpp"

namespace simulator {

/// The shape of a whole Scenario.
const Mapping& language();

}  // namespace simulator
