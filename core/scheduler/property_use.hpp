// How often each value of a node property is used by a job's or a group's live allocations: what
// distinct_property and spread count.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/scheduler/cluster.hpp"
#include "core/scheduler/constraint.hpp"

namespace core::scheduler {

/// A value of the property, as a small number.
using ValueId = std::int32_t;
inline constexpr ValueId no_value = -1;  // the node has no such property

class PropertyUse {
 public:
  /// Counts the live allocations of `group`, or with an empty name those of the whole job.
  PropertyUse(Cluster& cluster, std::string_view attribute, std::string_view group);

  ValueId value_of(SlotIndex slot);
  std::int64_t used(ValueId value) const { return counts_[static_cast<std::size_t>(value)]; }
  std::string_view name_of(ValueId value) const { return names_[static_cast<std::size_t>(value)]; }
  std::size_t values() const { return counts_.size(); }
  const std::string& attribute() const { return attribute_; }

  /// Keeps step with the plan: 1 when an allocation has come, -1 when one has gone.
  void change(const Live& live, int by);

 private:
  ValueId id_of(const model::Node& node);

  static constexpr ValueId unknown = -2;
  Cluster* cluster_;
  std::string attribute_;
  Target target_;
  std::string group_;
  std::vector<ValueId> by_slot_;
  std::map<std::string_view, ValueId> ids_;  // views into the snapshot's nodes
  std::vector<std::string_view> names_;
  std::vector<std::int64_t> counts_;
};

}  // namespace core::scheduler
