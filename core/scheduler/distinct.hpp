// distinct_hosts and distinct_property: constraints over where the job's other allocations are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/model/job.hpp"
#include "core/scheduler/property_use.hpp"

namespace core::scheduler {

class Distinct {
 public:
  Distinct(Cluster& cluster, const model::Job& job);

  /// Does the job have such constraints at all?
  bool empty() const { return !job_hosts_ && group_hosts_.empty() && properties_.empty(); }
  /// Why the group may not have one more allocation there; empty when it may. `group_allocs` are its live ones on
  /// that node.
  std::string refuses(const model::TaskGroup& group, SlotIndex slot, std::uint32_t group_allocs);

  /// Keeps step with the plan: 1 when an allocation has come, -1 when one has gone.
  void change(const Live& live, int by);

 private:
  struct Property {
    std::string group;  // empty: of the whole job
    PropertyUse use;
    std::int64_t allowed = 1;
  };
  void take(Cluster& cluster, const std::vector<model::Constraint>& constraints, std::string_view group);

  Cluster* cluster_;
  bool job_hosts_ = false;
  std::vector<std::string> group_hosts_;  // groups with distinct_hosts of their own
  std::vector<Property> properties_;
};

}  // namespace core::scheduler
