// Chooses a node for one allocation after the other: walks the shuffled nodes, ranks the first few that fit, takes
// the best, and tells how it came to that (server-internals.md §13, "Node limit" and "Scoring").
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/rng.hpp"
#include "core/model/allocation.hpp"
#include "core/model/job.hpp"
#include "core/scheduler/cluster.hpp"
#include "core/scheduler/distinct.hpp"
#include "core/scheduler/feasibility.hpp"
#include "core/scheduler/spread.hpp"

namespace core::scheduler {

enum class Algorithm { binpack, spread };

/// A node for an allocation, and what it gets there.
struct Choice {
  SlotIndex slot = no_slot;
  model::AllocatedResources resources;
};

class Selector {
 public:
  /// All must outlive it. Draws the order of the nodes from `rng`, and later the dynamic ports.
  Selector(Cluster& cluster, const model::Job& job, Algorithm algorithm, Rng& rng);

  struct Wishes {
    std::span<const SlotIndex> penalised;  // nodes on which this allocation failed before
    SlotIndex preferred = no_slot;         // taken if it will do at all: where its sticky disk is
  };
  /// The best node of those looked at, or none. Changes nothing but the place in the walk.
  std::optional<Choice> select(const model::TaskGroup& group, const Wishes& wishes);
  /// Can the group run on this one node now? For allocations that belong there; metrics() tells why not.
  std::optional<Choice> select_on(const model::TaskGroup& group, SlotIndex slot);
  /// Could it stay there, with the ports it has? The caller has taken its own usage out of the cluster.
  bool can_stay(const model::TaskGroup& group, SlotIndex slot, const model::AllocatedResources& resources);
  /// How the last select() went.
  model::AllocMetric metrics() const;

  /// Changes of the plan, which the cluster hears of too.
  void place(const Choice& choice, std::string_view alloc_id, const model::TaskGroup& group);
  void stop(const model::Allocation& alloc);
  void restore(const model::Allocation& alloc);

  /// Can the node run the group at all, whatever is on it?
  bool feasible(const model::TaskGroup& group, SlotIndex slot) { return feasibility_.refuses(group, slot).empty(); }

  const Feasibility& feasibility() const { return feasibility_; }

 private:
  using ReasonId = std::uint32_t;
  static constexpr ReasonId no_reason = 0;

  /// What is known of a slot for a group; holds while the slot's generation stays.
  struct Known {
    std::uint32_t generation = ~std::uint32_t{0};
    ReasonId exhausted = no_reason;
    double binpack = 0;
    double anti_affinity = 0;
    double sum = 0;            // of binpack, anti-affinity and affinity
    std::uint32_t scores = 0;  // how many of them count
  };
  struct Group {
    const model::TaskGroup* group;
    model::AllocatedResources resources;  // without ports and cores
    Capacity ask;
    std::int64_t cores = 0;
    bool holdings = false;  // asks for ports or cores
    std::vector<std::pair<CompiledConstraint, double>> affinities;
    double affinity_weights = 0;
    SpreadScorer spread;
    std::size_t limit = 0;
    std::vector<std::uint32_t> collisions;  // live allocations of the group, by slot
    std::vector<double> affinity;           // by slot; NaN: not known yet
    std::vector<Known> known;               // by slot
  };
  struct Ranked {
    SlotIndex slot = no_slot;
    double score = 0;
    double spread = 0;
    bool penalised = false;
  };
  struct Count {
    ReasonId reason;
    std::string_view node_class;
    std::int32_t times;
  };

  Group& group_of(const model::TaskGroup& group);
  void change(const Live& live, int by);
  void start(Group& group);
  /// Ranks a node, or counts why it was left out.
  std::optional<Ranked> rank(Group& group, SlotIndex slot, const Wishes& wishes);
  const Known& know(Group& group, SlotIndex slot);
  double affinity_of(Group& group, SlotIndex slot);
  double binpack(const Slot& slot, const Capacity& used) const;
  std::optional<Ranked> best_of_walk(Group& group, const Wishes& wishes);
  void remember(const Ranked& ranked);
  Choice choose(Group& group, SlotIndex slot);
  model::NodeScore explain(const Ranked& ranked) const;

  ReasonId reason(std::string_view text);
  void count(std::vector<Count>& counts, ReasonId reason, SlotIndex slot);

  Cluster* cluster_;
  const model::Job* job_;
  Algorithm algorithm_;
  Rng* rng_;
  Feasibility feasibility_;
  Distinct distinct_;
  std::vector<SlotIndex> order_;
  std::size_t offset_ = 0;  // the walk goes on where the last one ended
  std::vector<Group> groups_;
  std::map<std::string, ReasonId, std::less<>> reason_ids_;
  std::vector<std::string> reasons_{""};

  // The last select().
  const Group* current_ = nullptr;
  std::int32_t evaluated_ = 0;
  std::vector<Count> filtered_;
  std::vector<Count> exhausted_;
  std::vector<Ranked> best_;  // the first few, best first
};

/// What a group asks for, as an allocation would hold it: without ports and cores, which depend on the node.
model::AllocatedResources resources_of(const model::TaskGroup& group);

}  // namespace core::scheduler
