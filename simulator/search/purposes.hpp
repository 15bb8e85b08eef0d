// What a run draws for: the streams of its choices are called PURPOSE or PURPOSE/ENTITY. A replay file that names
// another was mistyped. A test compares the table with the sources.
#pragma once

#include <array>
#include <string_view>

namespace simulator::search {

inline constexpr std::array<std::string_view, 23> purposes{
    "agent",     "clock", "cluster",  "compute", "disk",     "disk-faults", "flaky links", "host",
    "latency",   "link",  "liveness", "machine", "nemesis",  "network",     "operator",    "power",
    "registers", "start", "swarm",    "tasks",   "timeline", "traps",       "world"};

}  // namespace simulator::search
