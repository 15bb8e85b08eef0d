// Disks: full, slow, failing, torn by a loss of power, rotten. What servers need to recover is left to enough of them
// (io-sim/damage_budget.hpp).
#include <fmt/format.h>

#include "simulator/faults/director.hpp"

namespace simulator {

// `mend` makes one fault as it was when the run began; an agent that its disk brought down starts again.
void Director::mend_disks(const std::vector<NodeId>& nodes, const MendDisk& mend) {
  for (const NodeId node : nodes) mend(cluster_.world().disk(node).faults(), usual_disks_[node]);
  tell(fmt::format("the {} of {} {} again", nodes.size() == 1 ? "disk" : "disks", names(nodes),
                   nodes.size() == 1 ? "works" : "work"));
  std::vector<NodeId> down;
  for (const NodeId node : nodes)
    if (!cluster_.has_left(node)) down.push_back(node);
  start(down, "again");
}

void Director::act(const Doing& doing, const DiskFull& full) {
  const std::vector<NodeId> who = those_up(full.who);
  if (who.empty()) return;
  tell(fmt::format("the {} of {} {} full", who.size() == 1 ? "disk" : "disks", names(who),
                   who.size() == 1 ? "is" : "are"));
  for (const NodeId node : who)
    cluster_.world().disk(node).faults().capacity_bytes = cluster_.world().disk(node).used_bytes();
  undo(doing, [this, who] {
    mend_disks(who, [](auto& now, const auto& usual) { now.capacity_bytes = usual.capacity_bytes; });
  });
}

void Director::act(const Doing& doing, const DiskSlow& slow) {
  const std::vector<NodeId> who = those_up(slow.who);
  if (who.empty()) return;
  const core::Duration by = draw(rng_, slow.by);
  tell(fmt::format("the {} of {} {} {} ms longer", who.size() == 1 ? "disk" : "disks", names(who),
                   who.size() == 1 ? "takes" : "take", by.count() / 1'000'000));
  for (const NodeId node : who) {
    cluster_.world().disk(node).faults().hang = 1;
    cluster_.world().disk(node).faults().hang_for = io_sim::Distribution::constant(by);
  }
  undo(doing, [this, who] {
    mend_disks(who, [](auto& now, const auto& usual) {
      now.hang = usual.hang;
      now.hang_for = usual.hang_for;
    });
  });
}

void Director::act(const Doing&, const DiskCorrupt& corrupt) {
  for (const NodeId node : choose(corrupt.who, {}, true)) {
    const std::uint64_t wanted = draw(rng_, corrupt.sectors);
    std::uint64_t turned = 0;
    for (std::uint64_t i = 0; i < wanted; ++i) turned += cluster_.world().rot_disk(node) ? 1 : 0;
    if (turned > 0) tell(fmt::format("{} turned on the disk of {}", counted(turned, "bit"), cluster_.name(node)));
  }
}

void Director::act(const Doing& doing, const DiskTorn& torn) {
  for (const NodeId node : those_up(torn.who)) {
    io_sim::Trap trap;
    trap.edge = io_sim::Edge::persist_written;
    trap.nodes = {node};
    trap.strike = [this, doing](NodeId struck) {
      tell(fmt::format("{} loses power in the middle of a write", cluster_.name(struck)));
      cluster_.world().lose_power(struck);
      undo(doing, [this, struck] { start({struck}, "again"); });
    };
    cluster_.world().fault_points().arm(std::move(trap));
  }
}

void Director::act(const Doing& doing, const SyncError& error) {
  const std::vector<NodeId> who = those_up(error.who);
  if (who.empty()) return;
  tell(fmt::format("syncs fail on the {} of {}", who.size() == 1 ? "disk" : "disks", names(who)));
  for (const NodeId node : who) cluster_.world().disk(node).faults().sync_error = 1;
  undo(doing,
       [this, who] { mend_disks(who, [](auto& now, const auto& usual) { now.sync_error = usual.sync_error; }); });
}

}  // namespace simulator
