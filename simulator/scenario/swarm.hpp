// Swarm: some keys of a scenario are drawn anew for each seed (simulation-anchors.md, finding 5).
#pragma once

#include <cstddef>
#include <optional>

#include "io-sim/choices.hpp"
#include "simulator/scenario/reading.hpp"
#include "simulator/scenario/scenario.hpp"

namespace simulator {

/// Lays the value that a dial has at `which` over the scenario, as if it were written there.
void turn(Scenario& scenario, const Dial& dial, std::size_t which, Reading& reading);

/// The scenario with a drawn value of each dial; nothing when it has none.
std::optional<Scenario> drawn(const Scenario& scenario, io_sim::Choices& choices);

/// Every value of every dial fits where it is to go.
void check_dials(const Scenario& scenario, Reading& reading);

}  // namespace simulator
