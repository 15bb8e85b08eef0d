#include "core/scheduler/applier.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "core/base/mutant.hpp"
#include "core/describe/compare.hpp"
#include "core/scheduler/capacity.hpp"

namespace core::scheduler {
namespace {

/// One node's part of a plan.
struct Part {
  std::vector<const model::AllocStop*> stops;
  std::vector<const model::Allocation*> placements;
};

/// Does the placement take anything that was not its own before? One that has ended takes nothing.
bool takes_room(const model::Allocation& placement, const model::Allocation* stored) {
  if (stored == nullptr) return true;
  if (stored->client_terminal()) return false;
  return !describe::equal(placement.allocated_resources, stored->allocated_resources);
}

std::string check_updates(const state::State& state, const Part& part) {
  for (const model::Allocation* placement : part.placements) {
    // Only what the scheduler saw as placed carries a create index. Gone or stopped since, it must not come back.
    const auto stored = state.alloc(placement->id);
    if (stored == nullptr && placement->create_index != 0) return "allocation does not exist";
    if (stored != nullptr && stored->server_terminal()) return "allocation is stopped";
    if (stored != nullptr && stored->node_id != placement->node_id) return "allocation is on another node";
  }
  return {};
}

/// Everything that would live on the node fits it.
std::string check_fit(const state::State& state, const model::Node& node, const Part& part) {
  std::set<std::string_view> replaced;
  for (const model::AllocStop* stop : part.stops) replaced.insert(stop->alloc_id);
  for (const model::Allocation* placement : part.placements) replaced.insert(placement->id);
  std::vector<const model::Allocation*> proposed = part.placements;
  state.allocs_of_node(node.id, [&](const state::Ref<model::Allocation>& alloc) {
    if (!alloc->terminal() && !replaced.contains(alloc->id)) proposed.push_back(alloc.get());
    return true;
  });
  return fits(node, proposed).value_or("");
}

/// Why the node refuses its part; empty when it does not.
std::string refusal(const state::State& state, std::string_view node_id, const Part& part) {
  if (part.placements.empty()) return {};  // stops always fit
  if (std::string why = check_updates(state, part); !why.empty()) return why;
  const bool harmless = std::ranges::none_of(part.placements, [&](const model::Allocation* placement) {
    return takes_room(*placement, state.alloc(placement->id).get());
  });
  if (harmless) return {};
  const auto node = state.node(node_id);
  if (node == nullptr) return "node does not exist";
  if (node->status == model::NodeStatus::disconnected) return "node is disconnected and contains invalid updates";
  if (node->status != model::NodeStatus::ready && !base::mutant("M12")) return "node is not ready for placements";
  const bool only_updates = std::ranges::all_of(
      part.placements, [&](const model::Allocation* placement) { return state.alloc(placement->id) != nullptr; });
  if (!only_updates && !node->ready() && !base::mutant("M12")) return "node is not eligible";
  return check_fit(state, *node, part);
}

}  // namespace

model::PlanResult evaluate_plan(const state::State& state, const model::Plan& plan,
                                std::vector<Rejection>* rejections) {
  std::map<std::string_view, Part> parts;
  for (const model::AllocStop& stop : plan.stops) parts[stop.node_id].stops.push_back(&stop);
  for (const model::Allocation& placement : plan.placements) parts[placement.node_id].placements.push_back(&placement);

  model::PlanResult result;
  std::set<std::string_view> refused;
  for (const auto& [node_id, part] : parts) {
    if (base::mutant("K43")) break;
    std::string why = refusal(state, node_id, part);
    if (why.empty()) continue;
    refused.insert(node_id);
    result.rejected_nodes.emplace_back(node_id);
    if (rejections != nullptr) rejections->push_back({std::string(node_id), std::move(why)});
  }
  if (!refused.empty()) result.refresh_index = state.index();
  if (!refused.empty() && plan.all_at_once) return result;
  for (const model::AllocStop& stop : plan.stops)
    if (!refused.contains(stop.node_id) && state.alloc(stop.alloc_id) != nullptr) result.stops.push_back(stop);
  for (const model::Allocation& placement : plan.placements) {
    if (refused.contains(placement.node_id)) continue;
    model::Allocation& passed = result.placements.emplace_back(placement);
    // What a drainer or an operator has asked for since the snapshot stays asked for.
    if (const auto stored = state.alloc(placement.id)) passed.desired_transition = stored->desired_transition;
  }
  return result;
}

}  // namespace core::scheduler
