// A world in memory: machines, the network between them, their disks, clocks and hosts, and one queue of what
// happens next. Everything that is drawn is drawn from one choice sequence; the same seed gives the same run,
// byte for byte, and one hash over all events and effects says so.
//
// The order of events at one moment is the order in which they were scheduled.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "core/base/address.hpp"
#include "core/describe/hash.hpp"
#include "core/world/machine.hpp"
#include "io-sim/choices.hpp"
#include "io-sim/clock.hpp"
#include "io-sim/damage_budget.hpp"
#include "io-sim/disk.hpp"
#include "io-sim/distribution.hpp"
#include "io-sim/fault_points.hpp"
#include "io-sim/host.hpp"
#include "io-sim/network.hpp"

namespace io_sim {

/// The times the world itself takes.
struct Timings {
  Distribution disk_write = Distribution::uniform(core::Duration{50'000}, core::Duration{200'000});
  Distribution disk_sync = Distribution::uniform(core::Duration{200'000}, core::Duration{2'000'000});
  Distribution compute = Distribution::uniform(core::Duration{100'000}, core::Duration{5'000'000});
  Distribution task_start = Distribution::uniform(core::Duration{5'000'000}, core::Duration{50'000'000});
  core::Duration connect_timeout{10'000'000'000};
  /// How long a stream may be cut before its ends are told that it broke.
  core::Duration stream_timeout{15'000'000'000};
};

/// Sees everything that happens: checkers, stories, traces.
class Watcher {
 public:
  virtual ~Watcher() = default;
  /// After `node` handled `event` and before its effects are carried out.
  virtual void handled(NodeId node, TrueTime at, const core::world::Event& event,
                       const core::world::Effects& effects) = 0;
};

class World {
 public:
  using MachineFactory = std::function<std::unique_ptr<core::world::Machine>(std::uint64_t seed)>;

  /// Draws from `choices`, which must outlive it.
  World(Choices& choices, Timings timings);
  /// With choices of its own, made from the seed.
  World(std::uint64_t seed, Timings timings);
  ~World();

  /// A node that is switched off. `address` is its only one; `factory` makes its agent at each start.
  NodeId add_node(std::string name, const std::string& ip, Machinery machinery, MachineFactory factory);
  std::size_t node_count() const { return nodes_.size(); }

  // What operators and fate do to a node.
  void start(NodeId node);
  /// The process ends at once (SIGKILL): its streams break, its disk cache and its tasks stay.
  void kill(NodeId node);
  /// The machine loses power: streams are not even closed, unsynced writes and all tasks are gone.
  void lose_power(NodeId node);
  /// The process stands still, and later goes on; what came meanwhile waits.
  void pause(NodeId node);
  void resume(NodeId node);
  void signal(NodeId node, core::world::Signal signal);
  /// The configuration was read again.
  void reload(NodeId node, core::world::Reloaded what);
  /// Another machine in its place: the same name and address, an empty disk, no tasks. It is left switched off.
  void reformat(NodeId node);
  /// A slow processor: computations take `factor` times as long, and each event keeps the process busy for a while;
  /// what comes meanwhile waits its turn.
  void set_cpu(NodeId node, double factor, Distribution an_event);
  /// Turns one bit of what the node's disk has long held. False: it has nothing that would be missed, or its damage
  /// could be more than the others can make good.
  bool rot_disk(NodeId node);
  /// Cuts the way from all of `from` to all of `to` again and again, open in between, until Network::heal(cut).
  CutId flap(const std::vector<NodeId>& from, const std::vector<NodeId>& to, Distribution closed, Distribution open);
  /// What waits at the moments of promises.
  FaultPoints& fault_points() { return fault_points_; }
  /// Which disks may be damaged.
  DamageBudget& damage() { return damage_; }
  /// An HTTP request to the node; `done` gets the whole answer, or nothing when the node died first.
  using AnswerHandler = std::function<void(std::optional<core::world::ApiAnswered>)>;
  void ask(NodeId node, core::world::ApiRequested request, AnswerHandler done);

  bool is_up(NodeId node) const { return nodes_[node]->machine != nullptr; }
  /// Counts the starts and ends of the node's process: another number is another life.
  std::uint64_t life(NodeId node) const { return nodes_[node]->life; }
  bool is_paused(NodeId node) const { return nodes_[node]->paused; }
  core::world::Machine* machine(NodeId node) { return nodes_[node]->machine.get(); }
  const std::string& name(NodeId node) const { return nodes_[node]->name; }
  /// How the last life of the node's process ended by itself, if it did.
  const std::optional<core::world::Exited>& exited(NodeId node) const { return nodes_[node]->exited; }
  core::Address address(NodeId node, std::uint16_t port) const { return {nodes_[node]->ip, port}; }
  std::optional<NodeId> node_at(const core::Address& address) const;
  Disk& disk(NodeId node) { return nodes_[node]->disk; }
  const Disk& disk(NodeId node) const { return nodes_[node]->disk; }
  Host& host(NodeId node) { return nodes_[node]->host; }
  const Host& host(NodeId node) const { return nodes_[node]->host; }
  Clock& clock(NodeId node) { return nodes_[node]->clock; }
  core::Now clock_reading(NodeId node) const { return nodes_[node]->clock.read(now_); }
  /// The clock was changed: deadlines are looked at anew.
  void clock_changed(NodeId node) { schedule_wake(node); }
  Network& network() { return network_; }
  const Network& network() const { return network_; }
  Choices& choices() { return choices_; }
  /// How long every effect of this node takes beyond the usual: a slow machine.
  void set_lag(NodeId node, core::Duration lag) { nodes_[node]->lag = lag; }
  core::Duration lag(NodeId node) const { return nodes_[node]->lag; }

  /// The life of a task that is about to start on a node.
  std::function<TaskLife(NodeId, const core::world::StartTask&)> script_task;

  /// Calls `what` at a time of the true clock.
  void at(TrueTime when, std::function<void()> what);

  TrueTime now() const { return now_; }
  /// When the next thing happens.
  TrueTime next() const { return queue_.empty() ? TrueTime::never() : queue_.front().when; }
  /// Does the next thing. False when nothing will ever happen again.
  bool step();
  /// Does everything up to and at `until`; the time is then `until`.
  void run_until(TrueTime until);

  void watch(Watcher* watcher) { watchers_.push_back(watcher); }
  /// Over all events and effects so far.
  std::uint64_t trace_hash() const { return trace_.value(); }
  std::uint64_t events() const { return events_; }

  static constexpr std::uint16_t http_port = 4646;
  static constexpr std::uint16_t rpc_port = 4647;
  static constexpr std::uint16_t serf_port = 4648;

 private:
  struct Deliver {
    NodeId node;
    std::uint64_t life;
    core::world::Event event;
  };
  struct Wake {
    NodeId node;
    std::uint64_t life;
    std::uint64_t version;
  };
  struct Call {
    std::function<void()> what;
  };
  // Something on its way along a stream, to be delivered when the way is open.
  struct StreamMove {
    std::uint64_t stream;
    bool to_opener;
  };
  struct TaskTimer {
    NodeId node;
    core::world::TaskKey key;
    std::uint64_t incarnation;
    std::int32_t signal;  // 0: by itself
  };
  using What = std::variant<Deliver, Wake, Call, StreamMove, TaskTimer>;
  struct Scheduled {
    TrueTime when;
    std::uint64_t order;
    std::unique_ptr<What> what;
  };
  struct Later {
    bool operator()(const Scheduled& a, const Scheduled& b) const {
      return a.when != b.when ? a.when > b.when : a.order > b.order;
    }
  };
  struct DiskWork {
    core::world::DiskBatch batch;
    std::size_t done = 0;  // operations
    std::string error;
    bool begun = false;
    bool syncs = false;
  };
  struct Cpu {
    double factor = 1;
    Distribution an_event;
    bool busy = false;
    std::deque<core::world::Event> backlog;
  };
  // What is drawn for one node, each kind from a stream of its own, so that one can be made simple alone.
  struct Chance {
    Stream latency;  // of what the node sends
    Stream network;  // what becomes of it: loss, duplication, reordering
    Stream disk;     // how long the disk takes
    Stream power;    // what a crash or a power loss leaves of unfinished writes
    Stream faults;   // what the disk gets wrong
    Stream traps;    // whether those at fault points strike
    Stream compute;  // how long computations take
    Stream host;     // how long fingerprints and tasks' starts take
    Stream agent;    // a seed for each life of the agent
    Chance(Choices& choices, const std::string& name);
  };
  struct Node {
    std::string name;
    std::string ip;
    MachineFactory factory;
    std::unique_ptr<core::world::Machine> machine;
    Disk disk;
    Host host;
    Clock clock;
    std::uint64_t life = 0;          // of the process: what is meant for an earlier one is dropped
    std::uint64_t wake_version = 0;  // only the latest scheduled wake counts
    core::Instant wake_at = core::Instant::never();
    bool paused = false;
    bool powered = true;
    std::vector<core::world::Event> while_paused;
    TrueTime disk_free;  // batches are carried out one after the other
    std::deque<DiskWork> disk_queue;
    core::Duration lag{};
    std::unique_ptr<Cpu> cpu;    // of slow machines only
    std::size_t syncs_open = 0;  // batches with a sync that are under way
    std::optional<core::world::Exited> exited;
    std::unordered_map<std::uint64_t, std::uint64_t> streams;  // its stream ids to ours; walked in sorted order only
    std::uint64_t next_accepted = 1;                           // odd ids
    std::map<std::uint64_t, AnswerHandler> asked;              // by request id
    std::map<std::uint64_t, core::world::ApiAnswered> streamed;
    std::uint64_t last_request = 0;
    Chance chance;
    Node(std::string n, Machinery machinery, Choices& choices)
        : name(std::move(n)), host(std::move(machinery), name), chance(choices, name) {}
  };
  struct Chunk {
    TrueTime arrives;
    enum class What { connect, connected, bytes, close } what = What::bytes;
    std::string bytes;  // or the reason of a close
  };
  struct Connection {
    NodeId opener;
    NodeId acceptor;
    std::uint64_t opener_life;
    std::uint64_t acceptor_life;
    std::uint64_t opener_id;
    std::uint64_t acceptor_id = 0;
    core::world::Listener listener = core::world::Listener::rpc;
    core::Address to;
    // What is on its way, in order, each way.
    std::vector<Chunk> to_acceptor;
    std::vector<Chunk> to_opener;
    std::optional<TrueTime> stuck_to_acceptor;
    std::optional<TrueTime> stuck_to_opener;
    bool open = false;
  };

  void schedule(TrueTime when, What what);
  void deliver(NodeId node, core::world::Event event, TrueTime when);
  void schedule_wake(NodeId node);
  void receive(NodeId node, core::world::Event event);
  void take_in(NodeId node, const core::world::Event& event);
  void next_of_backlog(NodeId node);
  core::Duration compute_time(Node& node);
  void handle(NodeId node, const core::world::Event& event);
  void carry_out(NodeId node, core::world::Effects& effects);
  void die(NodeId node);
  void write_disk(NodeId node, core::world::DiskBatch batch);
  void begin_batch(NodeId node);
  void end_batch(NodeId node);
  void abandon_batches(NodeId node);
  void read_directory(NodeId node, const core::world::ReadDirectory& read);
  /// True when a trap ended the process's life there.
  bool reached(Edge edge, NodeId node, std::string_view bytes = {});
  bool strike(const FaultPoints::Strikes& strikes, NodeId node);
  void sends(NodeId node, std::string_view bytes, FaultPoints::Strikes& strikes);
  void toggle(CutId cut, bool open, Distribution this_time, Distribution next_time);

  // streams.cpp
  void open_stream(NodeId node, const core::world::OpenStream& open);
  void send_stream(NodeId node, core::world::SendStream& send);
  void close_stream(NodeId node, core::world::StreamId id);
  core::Duration sent_again(Stream& chance, double loss) const;
  void push(std::uint64_t stream, bool to_opener, Chunk chunk);
  void move(std::uint64_t stream, bool to_opener);
  void arrive(std::uint64_t id, Connection& stream, bool to_opener, Chunk chunk);
  void break_stream(std::uint64_t id, const std::string& reason, bool tell_opener, bool tell_acceptor);
  void break_streams_of(NodeId node, bool peers_hear);
  void send_datagram(NodeId node, core::world::SendDatagram& send);

  // tasks.cpp
  void start_task(NodeId node, const core::world::StartTask& start);
  void recover_task(NodeId node, const core::world::RecoverTask& recover);
  void signal_task(NodeId node, const core::world::TaskKey& key, std::int32_t signal, bool kill);
  void end_task(const TaskTimer& timer);

  Timings timings_;
  std::unique_ptr<Choices> own_choices_;
  Choices& choices_;
  Stream flaps_;
  Network network_;
  FaultPoints fault_points_;
  DamageBudget damage_;
  bool on_sync_ = false;  // what is carried out just now answers a sync
  std::vector<std::unique_ptr<Node>> nodes_;
  std::unordered_map<std::string, NodeId> by_ip_;          // looked up, never walked
  std::unordered_map<std::uint64_t, Connection> streams_;  // looked up, never walked
  std::uint64_t last_stream_ = 0;
  std::vector<Scheduled> queue_;  // a heap
  std::uint64_t order_ = 0;
  TrueTime now_;
  std::vector<Watcher*> watchers_;
  core::describe::Hasher trace_;
  std::uint64_t events_ = 0;
};

}  // namespace io_sim
