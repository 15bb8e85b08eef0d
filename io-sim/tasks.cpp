// Tasks with scripted lives.
#include "io-sim/world.hpp"

namespace io_sim {

namespace world = core::world;

void World::start_task(NodeId id, const world::StartTask& start) {
  Node& node = *nodes_[id];
  TaskLife life = script_task ? script_task(id, start) : TaskLife{};
  if (node.host.count_start(start.key) < life.crashes) {
    life.runs = life.crashes_after;
    life.exit_code = life.crash_exit_code;
  }
  const core::Duration takes = timings_.task_start.draw(node.chance.host) + life.starts_in + node.lag;
  // As of the real host: nobody runs a task twice.
  if (const auto running = node.host.tasks().find(start.key);
      running != node.host.tasks().end() && !running->second.ended) {
    deliver(id, world::TaskStartFailed{start.key, "the task is running already", false}, now_ + takes);
    return;
  }
  if (life.fails_to_start) {
    deliver(id, world::TaskStartFailed{start.key, "the script says that it fails to start", true}, now_ + takes);
    return;
  }
  Host::Task task;
  task.handle = {node.host.next_pid(), static_cast<std::uint64_t>(now_.ns), node.host.boot_id()};
  task.life = life;
  task.incarnation = node.host.next_incarnation();
  if (life.runs) schedule(now_ + takes + *life.runs, TaskTimer{id, start.key, task.incarnation, 0});
  deliver(id, world::TaskStarted{start.key, task.handle}, now_ + takes);
  node.host.tasks().insert_or_assign(start.key, std::move(task));
}

void World::recover_task(NodeId id, const world::RecoverTask& recover) {
  Node& node = *nodes_[id];
  const TrueTime when = now_ + timings_.task_start.draw(node.chance.host);
  const auto found = node.host.tasks().find(recover.key);
  // Who was killed before it kept the handle takes up whatever there is, as on the real host.
  const bool any = recover.handle.pid == 0;
  if (found == node.host.tasks().end() || !(any || found->second.handle == recover.handle))
    deliver(id, world::TaskLost{recover.key, "no such process"}, when);
  else if (found->second.ended)
    deliver(id, *found->second.ended, when);
  else
    deliver(id, world::TaskStarted{recover.key, found->second.handle}, when);
}

void World::signal_task(NodeId id, const world::TaskKey& key, std::int32_t signal, bool kill) {
  const auto found = nodes_[id]->host.tasks().find(key);
  if (found == nodes_[id]->host.tasks().end() || found->second.ended) return;
  const TaskLife& life = found->second.life;
  if (life.ignores_signals && !kill) return;
  schedule(now_ + (kill ? core::Duration{1'000'000} : life.stops_in),
           TaskTimer{id, key, found->second.incarnation, signal});
}

void World::end_task(const TaskTimer& timer) {
  Node& node = *nodes_[timer.node];
  const auto found = node.host.tasks().find(timer.key);
  if (found == node.host.tasks().end() || found->second.incarnation != timer.incarnation || found->second.ended) return;
  const TaskLife& life = found->second.life;
  world::TaskExited exited{timer.key, timer.signal == 0 ? life.exit_code : 128 + timer.signal, timer.signal, false};
  if (timer.signal == 0 && life.oom_killed) exited = {timer.key, 137, 9, true};
  found->second.ended = exited;
  // While no agent runs, the end is only recorded.
  if (node.machine) deliver(timer.node, exited, now_);
}

}  // namespace io_sim
