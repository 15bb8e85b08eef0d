#include "io-sim/world.hpp"

#include <algorithm>

#include "core/base/check.hpp"

namespace io_sim {

namespace world = core::world;

World::Chance::Chance(Choices& choices, const std::string& name)
    : latency(choices.stream("latency", name)),
      network(choices.stream("network", name)),
      disk(choices.stream("disk", name)),
      power(choices.stream("power", name)),
      compute(choices.stream("compute", name)),
      host(choices.stream("host", name)),
      agent(choices.stream("agent", name)) {}

World::World(Choices& choices, Timings timings) : timings_(timings), choices_(choices) {}
World::World(std::uint64_t seed, Timings timings)
    : timings_(timings), own_choices_(std::make_unique<Choices>(seed)), choices_(*own_choices_) {}
World::~World() = default;

NodeId World::add_node(std::string name, const std::string& ip, Machinery machinery, MachineFactory factory) {
  const auto address = core::Address::parse(ip, 0);
  core::check(address.has_value(), "a node's address is an IP address");
  auto node = std::make_unique<Node>(std::move(name), std::move(machinery), choices_);
  node->ip = address->ip;
  node->factory = std::move(factory);
  const auto id = static_cast<NodeId>(nodes_.size());
  by_ip_.emplace(node->ip, id);
  nodes_.push_back(std::move(node));
  return id;
}

std::optional<NodeId> World::node_at(const core::Address& address) const {
  const auto found = by_ip_.find(address.ip);
  return found == by_ip_.end() ? std::nullopt : std::optional(found->second);
}

void World::schedule(TrueTime when, What what) {
  queue_.push_back({std::max(when, now_), ++order_, std::make_unique<What>(std::move(what))});
  std::push_heap(queue_.begin(), queue_.end(), Later{});
}

void World::at(TrueTime when, std::function<void()> what) { schedule(when, Call{std::move(what)}); }

void World::deliver(NodeId node, world::Event event, TrueTime when) {
  schedule(when, Deliver{node, nodes_[node]->life, std::move(event)});
}

void World::start(NodeId id) {
  Node& node = *nodes_[id];
  if (node.machine) return;
  node.powered = true;
  node.paused = false;
  node.exited.reset();
  ++node.life;
  node.wake_at = core::Instant::never();
  node.disk_free = now_;
  node.machine = node.factory(node.chance.agent.seed());
  deliver(id, world::Woken{}, now_);
}

void World::die(NodeId id) {
  Node& node = *nodes_[id];
  abandon_batches(id);
  node.machine.reset();
  node.paused = false;
  node.while_paused.clear();
  ++node.life;
  node.streams.clear();
  node.streamed.clear();
  for (auto& [request, done] : std::exchange(node.asked, {})) done(std::nullopt);
}

void World::kill(NodeId id) {
  if (!nodes_[id]->machine) return;
  break_streams_of(id, true);
  die(id);
}

void World::lose_power(NodeId id) {
  Node& node = *nodes_[id];
  break_streams_of(id, false);
  die(id);
  node.powered = false;
  node.disk.lose_power(node.chance.power);
  node.host.lose_power();
}

void World::pause(NodeId id) {
  if (nodes_[id]->machine) nodes_[id]->paused = true;
}

void World::resume(NodeId id) {
  Node& node = *nodes_[id];
  if (!node.paused) return;
  node.paused = false;
  for (world::Event& event : std::exchange(node.while_paused, {})) deliver(id, std::move(event), now_);
  deliver(id, world::Woken{}, now_);
}

void World::signal(NodeId node, world::Signal signal) {
  if (nodes_[node]->machine) deliver(node, world::Signalled{signal}, now_);
}

void World::ask(NodeId id, world::ApiRequested request, AnswerHandler done) {
  Node& node = *nodes_[id];
  if (!node.machine) return done(std::nullopt);
  request.request = {++node.last_request};
  node.asked.emplace(request.request.value, std::move(done));
  deliver(id, std::move(request), now_);
}

void World::schedule_wake(NodeId id) {
  Node& node = *nodes_[id];
  if (!node.machine) return;
  node.wake_at = node.machine->deadline();
  ++node.wake_version;
  if (node.wake_at == core::Instant::never()) return;
  schedule(node.clock.when(node.wake_at), Wake{id, node.life, node.wake_version});
}

bool World::step() {
  if (queue_.empty()) return false;
  std::pop_heap(queue_.begin(), queue_.end(), Later{});
  Scheduled next = std::move(queue_.back());
  queue_.pop_back();
  now_ = next.when;
  std::visit(
      [&]<class T>(T& what) {
        if constexpr (std::same_as<T, Deliver>) {
          Node& node = *nodes_[what.node];
          if (node.life != what.life || !node.machine) return;
          if (node.paused)
            node.while_paused.push_back(std::move(what.event));
          else
            handle(what.node, what.event);
        } else if constexpr (std::same_as<T, Wake>) {
          Node& node = *nodes_[what.node];
          if (node.life != what.life || node.wake_version != what.version || !node.machine || node.paused) return;
          handle(what.node, world::Woken{});
        } else if constexpr (std::same_as<T, Call>) {
          what.what();
        } else if constexpr (std::same_as<T, StreamMove>) {
          move(what.stream, what.to_opener);
        } else if constexpr (std::same_as<T, TaskTimer>) {
          end_task(what);
        }
      },
      *next.what);
  return true;
}

void World::run_until(TrueTime until) {
  while (!queue_.empty() && queue_.front().when <= until) step();
  now_ = std::max(now_, until);
}

void World::handle(NodeId id, const world::Event& event) {
  Node& node = *nodes_[id];
  ++events_;
  world::Effects effects;
  node.machine->handle(node.clock.read(now_), event, effects);
  trace_.add(static_cast<std::uint64_t>(now_.ns));
  trace_.add(std::uint64_t{id});
  core::describe::hash(trace_, core::describe::type_of<world::Event>(), &event);
  for (const world::Effect& effect : effects)
    core::describe::hash(trace_, core::describe::type_of<world::Effect>(), &effect);
  for (Watcher* watcher : watchers_) watcher->handled(id, now_, event, effects);
  const std::uint64_t life = node.life;
  carry_out(id, effects);
  if (node.life != life || !node.machine) return;
  if (node.machine->deadline() != node.wake_at || std::holds_alternative<world::Woken>(event)) schedule_wake(id);
}

// Batches are carried out one after the other. What a batch writes before its first sync is in the cache as soon
// as the disk has come to it; the rest is done when it ends. A crash in between leaves some part done.
void World::write_disk(NodeId id, world::DiskBatch batch) {
  Node& node = *nodes_[id];
  const auto is_sync = [](const world::DiskOp& op) {
    return std::holds_alternative<world::Sync>(op) || std::holds_alternative<world::SyncDirectory>(op);
  };
  const bool syncs = std::any_of(batch.ops.begin(), batch.ops.end(), is_sync);
  const TrueTime begins = std::max(node.disk_free, now_);
  core::Duration takes = node.chance.disk.latency(timings_.disk_write) + node.lag;
  if (syncs) takes += node.chance.disk.latency(timings_.disk_sync);
  node.disk_free = begins + takes;
  node.disk_queue.push_back({std::move(batch), 0, ""});
  if (begins == now_) {
    begin_batch(id);
  } else {
    at(begins, [this, id, life = node.life] {
      if (nodes_[id]->life == life) begin_batch(id);
    });
  }
  at(node.disk_free, [this, id, life = node.life] {
    Node& then = *nodes_[id];
    if (then.life != life) return;
    if (!then.disk_queue.front().begun) begin_batch(id);
    DiskWork work = std::move(then.disk_queue.front());
    then.disk_queue.pop_front();
    while (work.error.empty() && work.done < work.batch.ops.size())
      work.error = then.disk.carry_out_one(work.batch.ops[work.done++]);
    deliver(id, world::DiskBatchDone{work.batch.token, std::move(work.error)}, now_);
  });
}

void World::begin_batch(NodeId id) {
  Node& node = *nodes_[id];
  const auto found =
      std::find_if(node.disk_queue.begin(), node.disk_queue.end(), [](const auto& w) { return !w.begun; });
  if (found == node.disk_queue.end()) return;
  found->begun = true;
  while (found->error.empty() && found->done < found->batch.ops.size()) {
    const world::DiskOp& op = found->batch.ops[found->done];
    if (std::holds_alternative<world::Sync>(op) || std::holds_alternative<world::SyncDirectory>(op)) return;
    ++found->done;
    found->error = node.disk.carry_out_one(op);
  }
}

// The batch that the disk was at when its process ended: it got no further than some operation.
void World::abandon_batches(NodeId id) {
  Node& node = *nodes_[id];
  if (!node.disk_queue.empty() && node.disk_queue.front().begun) {
    DiskWork& work = node.disk_queue.front();
    std::uint64_t more = node.chance.power.below(work.batch.ops.size() - work.done + 1);
    for (; more > 0 && work.error.empty(); --more) work.error = node.disk.carry_out_one(work.batch.ops[work.done++]);
  }
  node.disk_queue.clear();
}

void World::carry_out(NodeId id, world::Effects& effects) {
  Node& node = *nodes_[id];
  const std::uint64_t life = node.life;
  for (world::Effect& effect : effects) {
    if (node.life != life) return;
    std::visit(
        [&]<class T>(T& what) {
          if constexpr (std::same_as<T, world::SendDatagram>) {
            send_datagram(id, what);
          } else if constexpr (std::same_as<T, world::OpenStream>) {
            open_stream(id, what);
          } else if constexpr (std::same_as<T, world::SendStream>) {
            send_stream(id, what);
          } else if constexpr (std::same_as<T, world::CloseStream>) {
            close_stream(id, what.stream);
          } else if constexpr (std::same_as<T, world::ResolveName>) {
            deliver(id, world::NameResolved{what.token, {}, "lookup " + what.name + ": no such host"}, now_);
          } else if constexpr (std::same_as<T, world::DiskBatch>) {
            write_disk(id, std::move(what));
          } else if constexpr (std::same_as<T, world::ReadDirectory>) {
            const TrueTime begins = std::max(node.disk_free, now_);
            node.disk_free = begins + node.chance.disk.latency(timings_.disk_write);
            at(node.disk_free, [this, id, life, read = what] {
              if (nodes_[id]->life == life)
                deliver(id, world::DirectoryRead{read.token, nodes_[id]->disk.read(read.path), ""}, now_);
            });
          } else if constexpr (std::same_as<T, world::FingerprintHost>) {
            deliver(id, node.host.fingerprint(what.token, address(id, 0).ip_text()),
                    now_ + node.chance.host.latency(timings_.task_start));
          } else if constexpr (std::same_as<T, world::MakeAllocDir>) {
            deliver(id, world::AllocDirMade{what.alloc_id, ""}, now_ + node.chance.disk.latency(timings_.disk_write));
          } else if constexpr (std::same_as<T, world::RemoveAllocDir>) {
            std::erase_if(node.host.tasks(), [&](const auto& entry) { return entry.first.alloc_id == what.alloc_id; });
          } else if constexpr (std::same_as<T, world::StartTask>) {
            start_task(id, what);
          } else if constexpr (std::same_as<T, world::RecoverTask>) {
            recover_task(id, what);
          } else if constexpr (std::same_as<T, world::SignalTask>) {
            signal_task(id, what.key, 2, false);
          } else if constexpr (std::same_as<T, world::KillTask>) {
            signal_task(id, what.key, 9, true);
          } else if constexpr (std::same_as<T, world::ReadAllocFile>) {
            deliver(id, world::AllocFileRead{what.token, "", 0, ""}, now_);
          } else if constexpr (std::same_as<T, world::ListAllocDir>) {
            deliver(id, world::AllocDirListed{what.token, {}, ""}, now_);
          } else if constexpr (std::same_as<T, world::ApiAnswered>) {
            if (what.more) {
              node.streamed[what.request.value] = std::move(what);
            } else if (const auto found = node.asked.find(what.request.value); found != node.asked.end()) {
              AnswerHandler done = std::move(found->second);
              node.asked.erase(found);
              done(std::move(what));
            }
          } else if constexpr (std::same_as<T, world::ApiStreamed>) {
            auto& whole = node.streamed[what.request.value];
            whole.body += what.bytes;
            if (what.more) return;
            world::ApiAnswered answer = std::move(whole);
            node.streamed.erase(what.request.value);
            if (const auto found = node.asked.find(what.request.value); found != node.asked.end()) {
              AnswerHandler done = std::move(found->second);
              node.asked.erase(found);
              done(std::move(answer));
            }
          } else if constexpr (std::same_as<T, world::Exited>) {
            const world::Exited how = what;
            kill(id);
            node.exited = how;
          } else if constexpr (std::same_as<T, world::Compute>) {
            what.work->run();
            deliver(id, world::Computed{what.token}, now_ + node.chance.compute.latency(timings_.compute) + node.lag);
          }
        },
        effect);
  }
}

}  // namespace io_sim
