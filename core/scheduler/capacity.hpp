// What a node has, what allocations hold of it, and whether it is enough: the one rule that the scheduler,
// the plan applier and the simulator's CAP checker share (server-internals.md §12).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/model/allocation.hpp"
#include "core/model/node.hpp"

namespace core::scheduler {

/// Amounts that add up. CPU in MHz.
struct Capacity {
  std::int64_t cpu = 0;
  std::int64_t memory_mb = 0;
  std::int64_t disk_mb = 0;

  Capacity& operator+=(const Capacity& more) {
    cpu += more.cpu;
    memory_mb += more.memory_mb;
    disk_mb += more.disk_mb;
    return *this;
  }
  Capacity& operator-=(const Capacity& less) {
    cpu -= less.cpu;
    memory_mb -= less.memory_mb;
    disk_mb -= less.disk_mb;
    return *this;
  }
  friend Capacity operator+(Capacity a, const Capacity& b) { return a += b; }
  friend bool operator==(const Capacity&, const Capacity&) = default;
};

/// All that allocations may have of the node: what it has, less what is reserved.
Capacity capacity_of(const model::Node& node);

/// What an allocation holds at most at one time: tasks that run before or after the main ones are not added
/// to them, only sidecars are. memory_max is not counted.
Capacity used_by(const model::AllocatedResources& resources);

/// The first dimension in which `used` is more than `total` ("cpu", "memory", "disk"), or nullptr.
const char* exhausted_dimension(const Capacity& total, const Capacity& used);

/// Tells what is exhausted if `allocs` were all on the node: "cpu", "cores", "memory", "disk" or
/// "reserved port collision ...". Empty: they fit. Terminal ones hold nothing,
/// as in Nomad: what the servers have stopped no longer counts, though its tasks may take a moment to end.
std::optional<std::string> fits(const model::Node& node, std::span<const model::Allocation* const> allocs);

}  // namespace core::scheduler
