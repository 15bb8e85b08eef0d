// The nodes that a job may use, as numbered slots in arrays, with what they have and what is held of them.
//
// Made from a snapshot once an evaluation and kept up to date as the plan grows. A node's allocations are
// read when the node is first looked at. Pointers reach into the snapshot, which must outlive this.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/rng.hpp"
#include "core/model/job.hpp"
#include "core/model/node.hpp"
#include "core/scheduler/capacity.hpp"
#include "core/scheduler/holdings.hpp"
#include "core/state/state.hpp"

namespace core::scheduler {

using SlotIndex = std::uint32_t;
inline constexpr SlotIndex no_slot = ~SlotIndex{0};

struct Slot {
  const model::Node* node = nullptr;
  Capacity total;
  Capacity used;                 // by the snapshot's allocations and the plan so far
  std::uint32_t class_id = 0;    // of the computed class; equal for equal classes
  std::uint32_t generation = 0;  // grows when `used` changes
  std::uint32_t job_allocs = 0;  // live allocations of this job, the plan's included
  bool loaded = false;           // `used` has been read from the snapshot
};

/// One live allocation of the job at hand.
struct Live {
  SlotIndex slot = no_slot;  // no_slot: on a node that the job may not use (now)
  const model::Node* node = nullptr;
  std::string_view group;
};

class Cluster {
 public:
  Cluster(const state::State& snapshot, std::string_view namespace_, std::string_view job_id, const model::Job& job);

  std::size_t size() const { return slots_.size(); }
  /// With its usage read.
  const Slot& slot(SlotIndex index) {
    Slot& slot = slots_[index];
    if (!slot.loaded) load(slot);
    return slot;
  }
  const model::Node& node(SlotIndex index) const { return *slots_[index].node; }
  std::uint32_t class_of(SlotIndex index) const { return slots_[index].class_id; }
  std::uint32_t job_allocs(SlotIndex index) const { return slots_[index].job_allocs; }
  /// The slot of a node, or no_slot when the job may not use it.
  /// Whether what is on this node may stay: it is up and of a datacenter and a pool that the job wants, though it may
  /// take nothing new.
  bool may_stay(std::string_view node_id, const model::Job& job) const;
  SlotIndex find(std::string_view node_id) const;

  /// Computed classes, by class_id. The first is "", the class of nodes without one.
  const std::vector<std::string_view>& classes() const { return classes_; }
  const std::map<std::string, std::int32_t>& ready_by_datacenter() const { return ready_by_datacenter_; }
  std::int32_t nodes_in_pool() const { return nodes_in_pool_; }

  /// Live allocations of the job, by id.
  const std::map<std::string, Live, std::less<>>& live() const { return live_; }

  /// The plan stops an allocation of the snapshot, or takes that back. Tell what is no longer live, or again.
  std::optional<Live> stop(const model::Allocation& alloc);
  std::optional<Live> restore(const model::Allocation& alloc);
  /// The plan places an allocation. `group` must outlive this.
  void place(SlotIndex index, std::string_view alloc_id, std::string_view group,
             const model::AllocatedResources& resources);
  /// Ports and cores held on a node.
  Holdings& holdings(SlotIndex index);

 private:
  struct Datacenter {
    bool wanted = false;  // by the job
    std::int32_t* ready = nullptr;
  };
  void add_node(const model::Node& node, const model::Job& job);
  const Datacenter& datacenter_of(const model::Node& node, const model::Job& job);
  std::uint32_t class_id_of(const model::Node& node);
  Live add_live(const model::Allocation& alloc);
  void load(Slot& slot);
  std::optional<Live> forget_live(const model::Allocation& alloc);

  const state::State* snapshot_;
  std::vector<Slot> slots_;  // by node id
  std::vector<std::string_view> classes_{""};
  std::map<std::string_view, std::uint32_t> class_ids_;
  std::map<std::string_view, Datacenter> datacenters_;
  // What the last node was found to be of: the next one is mostly of the same.
  const std::pair<const std::string_view, Datacenter>* last_datacenter_ = nullptr;
  const std::pair<const std::string_view, std::uint32_t>* last_class_ = nullptr;
  std::map<std::string, std::int32_t> ready_by_datacenter_;
  std::int32_t nodes_in_pool_ = 0;
  std::map<std::string, Live, std::less<>> live_;
  std::set<std::string, std::less<>> stopped_;
  std::map<SlotIndex, std::vector<model::AllocatedResources>> placed_;
  std::map<SlotIndex, Holdings> holdings_;
};

/// May the job use nodes of this datacenter? Patterns may hold `*`.
bool wants_datacenter(const model::Job& job, std::string_view datacenter);
/// May the job use nodes of this pool? Pool `all` is every pool; no name is `default`.
bool wants_pool(const model::Job& job, std::string_view pool);

}  // namespace core::scheduler
