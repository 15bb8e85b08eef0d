#include "core/scheduler/cluster.hpp"

#include <algorithm>

#include "core/scheduler/constraint.hpp"

namespace core::scheduler {

bool wants_datacenter(const model::Job& job, std::string_view datacenter) {
  return std::ranges::any_of(job.datacenters,
                             [&](const std::string& pattern) { return matches_glob(pattern, datacenter); });
}

bool wants_pool(const model::Job& job, std::string_view pool) {
  constexpr std::string_view unnamed = "default";
  const std::string_view wanted = job.node_pool.empty() ? unnamed : std::string_view(job.node_pool);
  return wanted == "all" || wanted == (pool.empty() ? unnamed : pool);
}

Cluster::Cluster(const state::State& snapshot, std::string_view namespace_, std::string_view job_id,
                 const model::Job& job)
    : snapshot_(&snapshot), class_ids_{{"", 0}} {
  slots_.reserve(snapshot.node_count());
  snapshot.nodes("", [&](const state::Ref<model::Node>& node) {
    add_node(*node, job);
    return true;
  });
  snapshot.allocs_of_job(namespace_, job_id, [&](const state::Ref<model::Allocation>& alloc) {
    if (!alloc->terminal()) add_live(*alloc);
    return true;
  });
}

void Cluster::add_node(const model::Node& node, const model::Job& job) {
  if (!wants_pool(job, node.node_pool)) return;
  ++nodes_in_pool_;
  if (!node.ready()) return;
  const Datacenter& datacenter = datacenter_of(node, job);
  if (!datacenter.wanted) return;
  ++*datacenter.ready;
  Slot& slot = slots_.emplace_back();
  slot.node = &node;
  slot.total = capacity_of(node);
  slot.class_id = class_id_of(node);
}

const Cluster::Datacenter& Cluster::datacenter_of(const model::Node& node, const model::Job& job) {
  if (last_datacenter_ != nullptr && last_datacenter_->first == node.datacenter) return last_datacenter_->second;
  auto found = datacenters_.find(node.datacenter);
  if (found == datacenters_.end()) {
    Datacenter made{wants_datacenter(job, node.datacenter), nullptr};
    if (made.wanted) made.ready = &ready_by_datacenter_[node.datacenter];
    found = datacenters_.emplace(node.datacenter, made).first;
  }
  last_datacenter_ = &*found;
  return found->second;
}

std::uint32_t Cluster::class_id_of(const model::Node& node) {
  if (last_class_ != nullptr && last_class_->first == node.computed_class) return last_class_->second;
  auto found = class_ids_.find(node.computed_class);
  if (found == class_ids_.end()) {
    found = class_ids_.emplace(node.computed_class, static_cast<std::uint32_t>(classes_.size())).first;
    classes_.push_back(node.computed_class);
  }
  last_class_ = &*found;
  return found->second;
}

Live Cluster::add_live(const model::Allocation& alloc) {
  Live live{find(alloc.node_id), nullptr, alloc.task_group};
  if (live.slot != no_slot) {
    live.node = slots_[live.slot].node;
    ++slots_[live.slot].job_allocs;
  } else if (const auto node = snapshot_->node(alloc.node_id)) {
    live.node = node.get();
  }
  live_.insert_or_assign(alloc.id, live);
  return live;
}

std::optional<Live> Cluster::forget_live(const model::Allocation& alloc) {
  const auto at = live_.find(alloc.id);
  if (at == live_.end()) return std::nullopt;
  const Live live = at->second;
  if (live.slot != no_slot) --slots_[live.slot].job_allocs;
  live_.erase(at);
  return live;
}

bool Cluster::may_stay(std::string_view node_id, const model::Job& job) const {
  const auto node = snapshot_->node(node_id);
  return node != nullptr && node->status == model::NodeStatus::ready && wants_pool(job, node->node_pool) &&
         wants_datacenter(job, node->datacenter);
}

SlotIndex Cluster::find(std::string_view node_id) const {
  const auto at =
      std::ranges::lower_bound(slots_, node_id, {}, [](const Slot& s) -> std::string_view { return s.node->id; });
  if (at == slots_.end() || at->node->id != node_id) return no_slot;
  return static_cast<SlotIndex>(at - slots_.begin());
}

void Cluster::load(Slot& slot) {
  slot.loaded = true;
  snapshot_->allocs_of_node(slot.node->id, [&](const state::Ref<model::Allocation>& alloc) {
    if (!alloc->terminal() && !stopped_.contains(alloc->id)) slot.used += used_by(alloc->allocated_resources);
    return true;
  });
}

std::optional<Live> Cluster::stop(const model::Allocation& alloc) {
  if (alloc.terminal() || !stopped_.insert(alloc.id).second) return std::nullopt;
  const auto live = forget_live(alloc);
  const SlotIndex index = find(alloc.node_id);
  if (index == no_slot) return live;
  holdings_.erase(index);
  Slot& slot = slots_[index];
  ++slot.generation;
  if (slot.loaded) slot.used -= used_by(alloc.allocated_resources);
  return live;
}

std::optional<Live> Cluster::restore(const model::Allocation& alloc) {
  if (stopped_.erase(alloc.id) == 0) return std::nullopt;
  const Live live = add_live(alloc);
  const SlotIndex index = find(alloc.node_id);
  if (index == no_slot) return live;
  holdings_.erase(index);
  Slot& slot = slots_[index];
  ++slot.generation;
  if (slot.loaded) slot.used += used_by(alloc.allocated_resources);
  return live;
}

void Cluster::place(SlotIndex index, std::string_view alloc_id, std::string_view group,
                    const model::AllocatedResources& resources) {
  Slot& slot = slots_[index];
  if (!slot.loaded) load(slot);
  slot.used += used_by(resources);
  ++slot.generation;
  ++slot.job_allocs;
  live_.insert_or_assign(std::string(alloc_id), Live{index, slot.node, group});
  if (resources.shared.ports.empty() && resources.shared.networks.empty() && holdings_.empty()) {
    const bool plain = std::ranges::all_of(resources.tasks, [](const auto& task) {
      return task.second.networks.empty() && task.second.cpu.reserved_cores.empty();
    });
    if (plain) return;
  }
  placed_[index].push_back(resources);
  if (const auto at = holdings_.find(index); at != holdings_.end()) holdings_.erase(at);
}

Holdings& Cluster::holdings(SlotIndex index) {
  if (const auto at = holdings_.find(index); at != holdings_.end()) return at->second;
  Holdings& made = holdings_.emplace(index, Holdings(*slots_[index].node)).first->second;
  snapshot_->allocs_of_node(slots_[index].node->id, [&](const state::Ref<model::Allocation>& alloc) {
    if (!alloc->terminal() && !stopped_.contains(alloc->id)) made.add(alloc->allocated_resources);
    return true;
  });
  if (const auto at = placed_.find(index); at != placed_.end())
    for (const model::AllocatedResources& resources : at->second) made.add(resources);
  return made;
}

}  // namespace core::scheduler
