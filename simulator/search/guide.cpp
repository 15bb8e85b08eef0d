#include "simulator/search/guide.hpp"

#include <bit>

#include <fmt/format.h>

namespace simulator::search {

using io_sim::Lineage;
using io_sim::mixed;

void Guide::note(const Lineage& lineage, const Points& points) {
  ++noted_;
  for (const auto& [name, count] : points) {
    if (count == 0) continue;
    Feature& feature = features_[fmt::format("{}/{}", name, std::bit_width(count))];
    ++feature.runs;
    if (lineage.size() < longest_lineage && feature.examples.size() < examples_kept)
      feature.examples.push_back(lineage);
  }
}

Lineage Guide::next(std::uint64_t round) const {
  const std::uint64_t fresh = first_seed_ + round;
  if (round % guided_every != guided_every - 1) return {fresh};
  // A feature weighs the more the fewer runs have it; what half of them have is not rare.
  constexpr std::uint64_t whole = 1'000'000;
  const auto weight = [&](const Feature& feature) {
    return feature.examples.empty() || feature.runs * 2 > noted_ ? 0 : whole / feature.runs;
  };
  std::uint64_t sum = 0;
  for (const auto& [name, feature] : features_) sum += weight(feature);
  if (sum == 0) return {fresh};
  const std::uint64_t drawn = mixed(fresh, noted_);
  std::uint64_t at = drawn % sum;
  for (const auto& [name, feature] : features_) {
    if (at >= weight(feature)) {
      at -= weight(feature);
      continue;
    }
    Lineage child = feature.examples[(drawn >> 32) % feature.examples.size()];
    child.push_back(fresh);
    return child;
  }
  return {fresh};
}

}  // namespace simulator::search
