#include "simulator/checkers/cap.hpp"

#include <set>
#include <vector>

#include <fmt/format.h>

#include "core/scheduler/capacity.hpp"

namespace simulator::checkers {

std::optional<std::string> over_capacity(const core::state::State& state, const std::string& node_id) {
  const auto node = state.node(node_id);
  if (!node) return std::nullopt;
  std::vector<core::state::Ref<core::model::Allocation>> held;
  std::vector<const core::model::Allocation*> live;
  state.allocs_of_node(node_id, [&](const core::state::Ref<core::model::Allocation>& alloc) {
    if (alloc->terminal()) return true;
    held.push_back(alloc);
    live.push_back(&*held.back());
    return true;
  });
  const auto exhausted = core::scheduler::fits(*node, live);
  if (!exhausted) return std::nullopt;
  if (exhausted->empty()) return std::nullopt;
  return fmt::format("{} holds {} live allocations, too many for its {}", node->name, live.size(), *exhausted);
}

std::optional<std::string> Cap::committed(const Commit& commit) {
  if (commit.command == nullptr) return std::nullopt;
  std::set<std::string> nodes;
  if (const auto* plan = std::get_if<core::state::ApplyPlanResult>(commit.command)) {
    for (const core::model::Allocation& placed : plan->placements) nodes.insert(placed.node_id);
  } else if (const auto* node = std::get_if<core::state::RegisterNode>(commit.command)) {
    nodes.insert(node->node.id);
  }
  for (const std::string& node : nodes)
    if (auto wrong = over_capacity(commit.sight.state, node)) return wrong;
  return std::nullopt;
}

}  // namespace simulator::checkers
