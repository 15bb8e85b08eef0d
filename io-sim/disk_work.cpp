// Batches of disk operations, carried out one after the other, each taking its time. What a batch writes before its
// first sync is in the cache as soon as the disk has come to it; the rest is done when it ends. A crash in between
// leaves some part done.
#include <algorithm>

#include "io-sim/world.hpp"

namespace io_sim {

namespace world = core::world;

namespace {

bool is_sync(const world::DiskOp& op) {
  return std::holds_alternative<world::Sync>(op) || std::holds_alternative<world::SyncDirectory>(op);
}

}  // namespace

void World::write_disk(NodeId id, world::DiskBatch batch) {
  Node& node = *nodes_[id];
  const DiskFaults& faults = node.disk.faults();
  const bool syncs = std::any_of(batch.ops.begin(), batch.ops.end(), is_sync);
  const TrueTime begins = std::max(node.disk_free, now_);
  core::Duration takes = faults.write.value_or(timings_.disk_write).draw(node.chance.disk) + node.lag;
  if (syncs) takes += faults.sync.value_or(timings_.disk_sync).draw(node.chance.disk);
  if (node.chance.faults.chance(faults.hang)) takes += faults.hang_for.draw(node.chance.faults);
  node.disk_free = begins + takes;
  node.disk_queue.push_back({std::move(batch), 0, "", false, syncs});
  if (syncs) {
    ++node.syncs_open;
    if (reached(Edge::persist_asked, id)) return;
  }
  const std::uint64_t life = node.life;
  if (begins == now_) {
    begin_batch(id);
    if (node.life != life) return;
  } else {
    at(begins, [this, id, life] {
      if (nodes_[id]->life == life) begin_batch(id);
    });
  }
  at(node.disk_free, [this, id, life] {
    if (nodes_[id]->life == life) end_batch(id);
  });
}

void World::begin_batch(NodeId id) {
  Node& node = *nodes_[id];
  const auto found =
      std::find_if(node.disk_queue.begin(), node.disk_queue.end(), [](const auto& w) { return !w.begun; });
  if (found == node.disk_queue.end()) return;
  found->begun = true;
  const Disk::Fate fate{node.chance.faults, damage_.may_damage(id)};
  while (found->error.empty() && found->done < found->batch.ops.size() && !is_sync(found->batch.ops[found->done]))
    found->error = node.disk.carry_out_one(std::move(found->batch.ops[found->done++]), &fate);
  if (found->syncs) reached(Edge::persist_written, id);
}

void World::end_batch(NodeId id) {
  Node& node = *nodes_[id];
  const std::uint64_t life = node.life;
  if (!node.disk_queue.front().begun) begin_batch(id);
  if (node.life != life) return;
  DiskWork work = std::move(node.disk_queue.front());
  node.disk_queue.pop_front();
  const std::uint64_t lies = node.disk.lies_told();
  const Disk::Fate fate{node.chance.faults, damage_.may_damage(id)};
  while (work.error.empty() && work.done < work.batch.ops.size())
    work.error = node.disk.carry_out_one(std::move(work.batch.ops[work.done++]), &fate);
  if (node.disk.lies_told() != lies) damage_.damaged(id);
  if (work.syncs) {
    --node.syncs_open;
    if (reached(Edge::persist_synced, id)) return;
  }
  deliver(id, world::DiskBatchDone{work.batch.token, std::move(work.error)}, now_);
}

// The batch that the disk was at when its process ended: it got no further than some operation.
void World::abandon_batches(NodeId id) {
  Node& node = *nodes_[id];
  if (!node.disk_queue.empty() && node.disk_queue.front().begun) {
    DiskWork& work = node.disk_queue.front();
    const Disk::Fate fate{node.chance.faults, false};
    std::uint64_t more = node.chance.power.below(work.batch.ops.size() - work.done + 1);
    for (; more > 0 && work.error.empty(); --more)
      work.error = node.disk.carry_out_one(std::move(work.batch.ops[work.done++]), &fate);
  }
  node.disk_queue.clear();
  node.syncs_open = 0;
}

void World::read_directory(NodeId id, const world::ReadDirectory& read) {
  Node& node = *nodes_[id];
  const DiskFaults& faults = node.disk.faults();
  core::Duration takes = faults.write.value_or(timings_.disk_write).draw(node.chance.disk);
  if (node.chance.faults.chance(faults.hang)) takes += faults.hang_for.draw(node.chance.faults);
  node.disk_free = std::max(node.disk_free, now_) + takes;
  at(node.disk_free, [this, id, life = node.life, read] {
    Node& then = *nodes_[id];
    if (then.life != life) return;
    world::DirectoryRead answer{read.token, {}, ""};
    if (then.chance.faults.chance(then.disk.faults().read_error))
      answer.error = "read " + read.path + ": Input/output error";
    else
      answer.files = then.disk.read(read.path);
    deliver(id, std::move(answer), now_);
  });
}

}  // namespace io_sim
