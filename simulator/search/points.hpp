// The coverage of a run as named points.
#pragma once

#include <string>

#include "simulator/run/run.hpp"
#include "simulator/search/guide.hpp"

namespace simulator::search {

inline Points points_of(const RunResult& result) {
  Points out;
  for (std::size_t place = 0; place < coverage::point_count; ++place)
    out.emplace(coverage::points[place], result.coverage.count_at(place));
  return out;
}

}  // namespace simulator::search
