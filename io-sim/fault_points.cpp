#include "io-sim/fault_points.hpp"

#include <algorithm>
#include <utility>

#include "core/base/check.hpp"

namespace io_sim {

TrapId FaultPoints::arm(Trap trap) {
  core::check(trap.strike != nullptr && trap.times > 0, "a trap strikes at least once");
  traps_.emplace(++last_trap_, std::move(trap));
  return last_trap_;
}

FaultPoints::Strikes FaultPoints::reached(Edge edge, NodeId node, std::string_view bytes, Stream& chance) {
  Strikes out;
  for (auto at = traps_.begin(); at != traps_.end();) {
    Trap& trap = at->second;
    const bool named = trap.nodes.empty() || std::find(trap.nodes.begin(), trap.nodes.end(), node) != trap.nodes.end();
    if (trap.edge != edge || !named || (trap.wants && !trap.wants(node, bytes))) {
      ++at;
      continue;
    }
    if (trap.skip > 0) {
      --trap.skip;
      ++at;
      continue;
    }
    if (!chance.chance(trap.chance)) {
      ++at;
      continue;
    }
    out.push_back(trap.strike);
    at = --trap.times == 0 ? traps_.erase(at) : std::next(at);
  }
  return out;
}

}  // namespace io_sim
