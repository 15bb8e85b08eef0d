// The coverage of a run as named points.
#pragma once

#include "simulator/run/run.hpp"
#include "simulator/search/guide.hpp"

namespace simulator::search {

inline Points points_of(const RunResult& result) {
  const checkers::Coverage& coverage = result.coverage;
  return {{"elections", coverage.elections},  {"leaders deposed", coverage.leaders_deposed},
          {"logs cut", coverage.truncations}, {"committed", coverage.committed},
          {"placed", coverage.placements},    {"nodes down", coverage.nodes_down},
          {"restarts", coverage.restarts}};
}

}  // namespace simulator::search
