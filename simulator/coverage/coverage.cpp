#include "simulator/coverage/coverage.hpp"

#include <algorithm>

namespace simulator::coverage {

std::size_t Coverage::distinct() const {
  return static_cast<std::size_t>(std::count_if(counts_.begin(), counts_.end(), [](auto count) { return count > 0; }));
}

void Coverage::add(const Coverage& other) {
  for (std::size_t place = 0; place < point_count; ++place) counts_[place] += other.counts_[place];
}

}  // namespace simulator::coverage
