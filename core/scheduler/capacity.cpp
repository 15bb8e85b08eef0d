#include "core/scheduler/capacity.hpp"

#include <algorithm>

#include "core/scheduler/holdings.hpp"

namespace core::scheduler {
namespace {

Capacity most(const Capacity& a, const Capacity& b) {
  return {std::max(a.cpu, b.cpu), std::max(a.memory_mb, b.memory_mb), std::max(a.disk_mb, b.disk_mb)};
}

}  // namespace

Capacity capacity_of(const model::Node& node) {
  const model::NodeResources& all = node.node_resources;
  const model::NodeReservedResources& kept = node.reserved_resources;
  return {all.cpu.cpu_shares - kept.cpu.cpu_shares, all.memory.memory_mb - kept.memory.memory_mb,
          all.disk.disk_mb - kept.disk.disk_mb};
}

Capacity used_by(const model::AllocatedResources& resources) {
  Capacity before;
  Capacity main;
  Capacity after;
  Capacity sidecars;
  for (const auto& [name, task] : resources.tasks) {
    const auto at = resources.task_lifecycles.find(name);
    const model::TaskLifecycle* const lifecycle =
        at == resources.task_lifecycles.end() || !at->second ? nullptr : &*at->second;
    Capacity* sum = &main;
    if (lifecycle != nullptr && lifecycle->hook == "prestart") sum = lifecycle->sidecar ? &sidecars : &before;
    if (lifecycle != nullptr && lifecycle->hook == "poststop") sum = &after;
    *sum += {task.cpu.cpu_shares, task.memory.memory_mb, 0};
  }
  Capacity total = sidecars + most(main, most(before, after));
  total.disk_mb += resources.shared.disk_mb;
  return total;
}

const char* exhausted_dimension(const Capacity& total, const Capacity& used) {
  if (used.cpu > total.cpu) return "cpu";
  if (used.memory_mb > total.memory_mb) return "memory";
  if (used.disk_mb > total.disk_mb) return "disk";
  return nullptr;
}

std::optional<std::string> fits(const model::Node& node, std::span<const model::Allocation* const> allocs) {
  Capacity used;
  Holdings holdings(node);
  std::optional<std::string> collision;
  for (const model::Allocation* alloc : allocs) {
    if (alloc->terminal()) continue;
    used += used_by(alloc->allocated_resources);
    auto refused = holdings.add(alloc->allocated_resources);
    if (refused && !collision) collision = std::move(refused);
  }
  if (const char* dimension = exhausted_dimension(capacity_of(node), used)) return dimension;
  return collision;
}

}  // namespace core::scheduler
