// The `spread` score: how much a node's value of a property is wanted, given where the group's allocations are
// already (server-internals.md §13, "Scoring").
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/model/job.hpp"
#include "core/scheduler/property_use.hpp"

namespace core::scheduler {

class SpreadScorer {
 public:
  /// With the spreads of the job and of the group. `count` is the group's.
  SpreadScorer(Cluster& cluster, const model::Job& job, const model::TaskGroup& group);

  bool empty() const { return spreads_.empty(); }
  double score(SlotIndex slot);

  /// Keeps step with the plan: 1 when an allocation has come, -1 when one has gone.
  void change(const Live& live, int by);

 private:
  struct Spread {
    PropertyUse use;
    double weight = 0;  // of the sum of weights
    bool even = false;  // no targets: as even as can be
    std::map<std::string, double, std::less<>> desired;
    std::vector<double> desired_by_value;  // by ValueId; < 0: the value is not wanted at all
    bool stale = true;                     // the smallest and largest count are to be found again
    std::int64_t least = 0;                // over the values in use; 0: none is
    std::int64_t most = 0;
  };
  double even_boost(Spread& spread, SlotIndex slot);
  double target_boost(Spread& spread, SlotIndex slot);

  std::vector<Spread> spreads_;
  double lowest_boost_ = -1;  // the lowest so far: what a value with a target of nothing gets
};

}  // namespace core::scheduler
