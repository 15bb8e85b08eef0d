#include "core/scheduler/property_use.hpp"

namespace core::scheduler {

PropertyUse::PropertyUse(Cluster& cluster, std::string_view attribute, std::string_view group)
    : cluster_(&cluster), attribute_(attribute), target_(attribute), group_(group), by_slot_(cluster.size(), unknown) {
  for (const auto& [id, live] : cluster.live()) change(live, 1);
}

ValueId PropertyUse::id_of(const model::Node& node) {
  const auto value = target_.resolve(node);
  if (!value || target_.is_literal()) return no_value;
  const auto [at, is_new] = ids_.emplace(*value, static_cast<ValueId>(names_.size()));
  if (is_new) {
    names_.push_back(*value);
    counts_.push_back(0);
  }
  return at->second;
}

ValueId PropertyUse::value_of(SlotIndex slot) {
  ValueId& value = by_slot_[slot];
  if (value == unknown) value = id_of(cluster_->node(slot));
  return value;
}

void PropertyUse::change(const Live& live, int by) {
  if (live.node == nullptr || (!group_.empty() && live.group != group_)) return;
  const ValueId value = live.slot == no_slot ? id_of(*live.node) : value_of(live.slot);
  if (value != no_value) counts_[static_cast<std::size_t>(value)] += by;
}

}  // namespace core::scheduler
