// Coverage points about single events and effects of any node: what the disk, the network and the tasks did, and what
// the agent logged about it.
#pragma once

#include "core/world/world.hpp"
#include "simulator/coverage/coverage.hpp"

namespace simulator::coverage {

void note_event(const core::world::Event& event, const core::world::Effects& effects, bool is_server,
                Coverage& coverage);

}  // namespace simulator::coverage
