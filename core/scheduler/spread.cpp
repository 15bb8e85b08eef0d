#include "core/scheduler/spread.hpp"

#include <algorithm>
#include <cstdlib>

namespace core::scheduler {
namespace {

constexpr double not_wanted = -1;
constexpr std::string_view any_other = "*";

/// How many allocations each value should get; what the percentages leave over goes to all other values.
std::map<std::string, double, std::less<>> desired_counts(const model::Spread& spread, double count) {
  std::map<std::string, double, std::less<>> desired;
  double sum = 0;
  for (const model::SpreadTarget& target : spread.spread_target) {
    const double wanted = target.percent / 100.0 * count;
    desired[target.value] = wanted;
    sum += wanted;
  }
  if (sum > 0 && sum < count) desired[std::string(any_other)] = count - sum;
  return desired;
}

}  // namespace

SpreadScorer::SpreadScorer(Cluster& cluster, const model::Job& job, const model::TaskGroup& group) {
  std::int64_t weights = 0;
  for (const auto* list : {&job.spreads, &group.spreads})
    for (const model::Spread& spread : *list) weights += spread.weight;
  for (const auto* list : {&group.spreads, &job.spreads}) {
    for (const model::Spread& spread : *list) {
      Spread& made = spreads_.emplace_back(Spread{PropertyUse(cluster, spread.attribute, group.name)});
      made.weight = weights == 0 ? 0 : static_cast<double>(spread.weight) / static_cast<double>(weights);
      made.even = spread.spread_target.empty();
      made.desired = desired_counts(spread, group.count.value_or(1));
    }
  }
}

void SpreadScorer::change(const Live& live, int by) {
  for (Spread& spread : spreads_) {
    spread.use.change(live, by);
    spread.stale = true;
  }
}

double SpreadScorer::score(SlotIndex slot) {
  double total = 0;
  for (Spread& spread : spreads_) total += spread.even ? even_boost(spread, slot) : target_boost(spread, slot);
  return total;
}

double SpreadScorer::target_boost(Spread& spread, SlotIndex slot) {
  const ValueId value = spread.use.value_of(slot);
  if (value == no_value) return -1;
  while (spread.desired_by_value.size() < spread.use.values()) {
    auto at = spread.desired.find(spread.use.name_of(static_cast<ValueId>(spread.desired_by_value.size())));
    if (at == spread.desired.end()) at = spread.desired.find(any_other);
    spread.desired_by_value.push_back(at == spread.desired.end() ? not_wanted : at->second);
  }
  const double desired = spread.desired_by_value[static_cast<std::size_t>(value)];
  if (desired < 0) return -1;
  if (desired == 0) return lowest_boost_;
  const auto used = static_cast<double>(spread.use.used(value) + 1);  // with this placement
  const double boost = (desired - used) / desired * spread.weight;
  lowest_boost_ = std::min(lowest_boost_, boost);
  return boost;
}

double SpreadScorer::even_boost(Spread& spread, SlotIndex slot) {
  const ValueId value = spread.use.value_of(slot);  // may bring in a new value, with nothing in use
  if (spread.stale) {
    spread.least = spread.most = 0;
    for (std::size_t id = 0; id < spread.use.values(); ++id) {
      const std::int64_t used = spread.use.used(static_cast<ValueId>(id));
      if (used == 0) continue;
      spread.least = spread.least == 0 ? used : std::min(spread.least, used);
      spread.most = std::max(spread.most, used);
    }
    spread.stale = false;
  }
  if (spread.most == 0) return 0;  // nothing placed yet
  if (value == no_value) return -1;
  const std::int64_t current = spread.use.used(value);
  const auto least = static_cast<double>(spread.least);
  if (current != spread.least) return (least - static_cast<double>(current)) / least;
  if (spread.least == spread.most) return -1;  // even already: any value is as bad as the next
  return (static_cast<double>(spread.most) - least) / least;
}

}  // namespace core::scheduler
