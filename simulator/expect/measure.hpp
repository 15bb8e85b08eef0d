// The numbers that conditions speak of, as they are at a moment of a run.
#pragma once

#include <cstdint>
#include <optional>

#include "simulator/cluster/cluster.hpp"
#include "simulator/scenario/condition.hpp"

namespace simulator {

/// Nothing when nobody knows just now: what the leader's state says is unknown without one. Not for `count_of`.
std::optional<std::uint64_t> measure(const Quantity& quantity, const Cluster& cluster);

}  // namespace simulator
