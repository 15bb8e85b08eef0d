#include "io-sim/world.hpp"

#include <algorithm>

#include "core/base/check.hpp"

namespace io_sim {

namespace world = core::world;

namespace {

constexpr core::Duration shortest_flap{1'000'000};

}  // namespace

World::Chance::Chance(Choices& choices, const std::string& name)
    : latency(choices.stream("latency", name)),
      network(choices.stream("network", name)),
      disk(choices.stream("disk", name)),
      power(choices.stream("power", name)),
      faults(choices.stream("disk-faults", name)),
      traps(choices.stream("traps", name)),
      compute(choices.stream("compute", name)),
      host(choices.stream("host", name)),
      agent(choices.stream("agent", name)) {}

World::World(Choices& choices, Timings timings)
    : timings_(std::move(timings)), choices_(choices), flaps_(choices_.stream("flaky links")) {}
World::World(std::uint64_t seed, Timings timings)
    : timings_(std::move(timings)),
      own_choices_(std::make_unique<Choices>(seed)),
      choices_(*own_choices_),
      flaps_(choices_.stream("flaky links")) {}
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
  if (node.cpu) {
    node.cpu->busy = false;
    node.cpu->backlog.clear();
  }
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

void World::reformat(NodeId id) {
  lose_power(id);
  nodes_[id]->disk.wipe();
  nodes_[id]->host.replace();
  damage_.damaged(id);
}

bool World::rot_disk(NodeId id) {
  if (!damage_.may_damage(id) || !nodes_[id]->disk.rot(nodes_[id]->chance.faults)) return false;
  damage_.damaged(id);
  return true;
}

CutId World::flap(const std::vector<NodeId>& from, const std::vector<NodeId>& to, Distribution closed,
                  Distribution open) {
  const CutId cut = network_.cut_between(from, to);
  toggle(cut, false, std::move(closed), std::move(open));
  return cut;
}

void World::toggle(CutId cut, bool open, Distribution this_time, Distribution next_time) {
  if (!network_.is_cut(cut)) return;
  network_.set_open(cut, open);
  const core::Duration lasts = std::max(this_time.draw(flaps_), shortest_flap);
  at(now_ + lasts, [this, cut, open, this_time = std::move(this_time), next_time = std::move(next_time)] {
    toggle(cut, !open, next_time, this_time);
  });
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

void World::reload(NodeId node, world::Reloaded what) {
  if (nodes_[node]->machine) deliver(node, std::move(what), now_);
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
          if (nodes_[what.node]->life == what.life) receive(what.node, std::move(what.event));
        } else if constexpr (std::same_as<T, Wake>) {
          Node& node = *nodes_[what.node];
          if (node.life != what.life || node.wake_version != what.version || node.paused) return;
          receive(what.node, world::Woken{});
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

void World::receive(NodeId id, world::Event event) {
  Node& node = *nodes_[id];
  if (!node.machine) return;
  if (node.paused)
    node.while_paused.push_back(std::move(event));
  else if (node.cpu && node.cpu->busy)
    node.cpu->backlog.push_back(std::move(event));
  else
    take_in(id, event);
}

void World::take_in(NodeId id, const world::Event& event) {
  if (fault_points_.armed()) {
    const auto* datagram = std::get_if<world::DatagramReceived>(&event);
    const auto* streamed = std::get_if<world::StreamReceived>(&event);
    if (datagram != nullptr && reached(Edge::received, id, datagram->bytes)) return;
    if (streamed != nullptr && reached(Edge::received, id, streamed->bytes)) return;
  }
  const std::uint64_t life = nodes_[id]->life;
  handle(id, event);
  Node& node = *nodes_[id];
  if (!node.cpu || node.life != life) return;
  node.cpu->busy = true;
  at(now_ + node.cpu->an_event.draw(node.chance.compute), [this, id, life] {
    if (nodes_[id]->life == life) next_of_backlog(id);
  });
}

void World::next_of_backlog(NodeId id) {
  Node& node = *nodes_[id];
  if (!node.cpu) return;
  node.cpu->busy = false;
  if (node.cpu->backlog.empty()) return;
  world::Event event = std::move(node.cpu->backlog.front());
  node.cpu->backlog.pop_front();
  receive(id, std::move(event));
}

void World::set_cpu(NodeId id, double factor, Distribution an_event) {
  Node& node = *nodes_[id];
  std::deque<world::Event> waiting;
  if (node.cpu) waiting = std::move(node.cpu->backlog);
  node.cpu.reset();
  if (factor != 1 || an_event.quantile(0) > core::Duration{} || an_event.quantile(0.5) > core::Duration{})
    node.cpu = std::make_unique<Cpu>(factor, std::move(an_event));
  for (world::Event& event : waiting) deliver(id, std::move(event), now_);
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
  const bool persisted = std::holds_alternative<world::DiskBatchDone>(event);
  if (fault_points_.armed()) {
    if (persisted && reached(Edge::persist_heard, id)) return;
    if (std::holds_alternative<world::DatagramReceived>(event) || std::holds_alternative<world::StreamReceived>(event))
      if (reached(Edge::taken_in, id)) return;
  }
  on_sync_ = persisted;
  carry_out(id, effects);
  on_sync_ = false;
  if (node.life != life || !node.machine) return;
  if (node.machine->deadline() != node.wake_at || std::holds_alternative<world::Woken>(event)) schedule_wake(id);
}

bool World::strike(const FaultPoints::Strikes& strikes, NodeId id) {
  const std::uint64_t life = nodes_[id]->life;
  for (const auto& one : strikes) one(id);
  return nodes_[id]->life != life;
}

bool World::reached(Edge edge, NodeId id, std::string_view bytes) {
  return fault_points_.armed() && strike(fault_points_.reached(edge, id, bytes, nodes_[id]->chance.traps), id);
}

void World::sends(NodeId id, std::string_view bytes, FaultPoints::Strikes& strikes) {
  const auto add = [&](Edge edge) {
    for (auto& one : fault_points_.reached(edge, id, bytes, nodes_[id]->chance.traps))
      strikes.push_back(std::move(one));
  };
  add(Edge::sent);
  if (nodes_[id]->syncs_open > 0) add(Edge::sent_unsynced);
  if (on_sync_) add(Edge::sent_on_sync);
}

core::Duration World::compute_time(Node& node) {
  const core::Duration usual = timings_.compute.draw(node.chance.compute);
  if (!node.cpu) return usual;
  return core::Duration{static_cast<std::int64_t>(static_cast<double>(usual.count()) * node.cpu->factor)};
}

void World::carry_out(NodeId id, world::Effects& effects) {
  Node& node = *nodes_[id];
  const std::uint64_t life = node.life;
  for (world::Effect& effect : effects) {
    if (node.life != life) return;
    std::visit(
        [&]<class T>(T& what) {
          if constexpr (std::same_as<T, world::SendDatagram>) {
            FaultPoints::Strikes strikes;
            if (fault_points_.armed()) sends(id, what.bytes, strikes);
            send_datagram(id, what);
            strike(strikes, id);
          } else if constexpr (std::same_as<T, world::OpenStream>) {
            open_stream(id, what);
          } else if constexpr (std::same_as<T, world::SendStream>) {
            FaultPoints::Strikes strikes;
            if (fault_points_.armed()) sends(id, what.bytes, strikes);
            send_stream(id, what);
            strike(strikes, id);
          } else if constexpr (std::same_as<T, world::CloseStream>) {
            close_stream(id, what.stream);
          } else if constexpr (std::same_as<T, world::ResolveName>) {
            deliver(id, world::NameResolved{what.token, {}, "lookup " + what.name + ": no such host"}, now_);
          } else if constexpr (std::same_as<T, world::DiskBatch>) {
            write_disk(id, std::move(what));
          } else if constexpr (std::same_as<T, world::ReadDirectory>) {
            read_directory(id, what);
          } else if constexpr (std::same_as<T, world::FingerprintHost>) {
            deliver(id, node.host.fingerprint(what.token, address(id, 0).ip_text()),
                    now_ + timings_.task_start.draw(node.chance.host));
          } else if constexpr (std::same_as<T, world::MakeAllocDir>) {
            deliver(id, world::AllocDirMade{what.alloc_id, ""}, now_ + timings_.disk_write.draw(node.chance.disk));
          } else if constexpr (std::same_as<T, world::RemoveAllocDir>) {
            node.host.remove_alloc(what.alloc_id);
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
            deliver(id, world::Computed{what.token}, now_ + compute_time(node) + node.lag);
          }
        },
        effect);
  }
}

}  // namespace io_sim
