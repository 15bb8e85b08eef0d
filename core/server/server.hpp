// The server half of an agent: a Raft peer of its region, a gossip member of all regions, and, while it leads,
// the one who takes writes, hands evaluations to the scheduler, applies plans and watches the nodes.
//
// What came in is an Event; what is to be done is appended to Effects. Reading order: server.cpp (what arrives
// where), outcomes.cpp (what comes of Raft), starting.cpp (what is read first), consensus.cpp (Raft and its disk),
// membership.cpp (gossip, bootstrap, the peer set), leadership.cpp (what a leader sets up and tears down),
// scheduling.cpp (evaluations to plans to allocations), nodes.cpp (what clients ask for).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/metric.hpp"
#include "core/base/rng.hpp"
#include "core/gossip/gossip.hpp"
#include "core/model/autopilot.hpp"
#include "core/raft/raft.hpp"
#include "core/server/autopilot.hpp"
#include "core/server/heartbeats.hpp"
#include "core/server/snapshotting.hpp"
#include "core/state/state.hpp"
#include "core/wire/rpc/messages.hpp"
#include "core/world/world.hpp"

namespace core::server {

struct Config {
  std::string region = "global";
  std::string datacenter = "dc1";
  std::string node_name;
  std::string version;
  std::string revision;
  std::uint32_t bootstrap_expect = 0;  // 0: only joins clusters that exist
  bool dev = false;
  Address rpc_advertise;
  Address serf_advertise;
  std::uint32_t raft_multiplier = 1;  // 1..10
  /// What the write-ahead log reserves at a time; 0: as is right for `dev`.
  std::uint64_t log_segment_bytes = 0;
  /// What one message to a follower holds at most, in entries and in bytes; it always holds one.
  std::uint64_t append_entries = 64;
  std::uint64_t append_bytes = 1 << 20;
  /// A snapshot is taken when that many entries were applied since the last one, and `snapshot_interval` (up to twice
  /// of it) has passed; that many entries before it stay in the log for followers a little behind.
  std::uint64_t snapshot_threshold = 8192;
  Duration snapshot_interval = 120s;
  std::uint64_t trailing_logs = 10'240;
  /// On disk, of one message to a follower, and of one command when an operator restores one.
  std::uint64_t snapshot_chunk_bytes = 256 << 10;
  /// Of a snapshot to one follower; 0: as fast as it takes them.
  std::uint64_t snapshot_bytes_per_second = 64 << 20;
  Heartbeats::Config heartbeats;
  std::uint32_t num_schedulers = 2;
  bool lan_gossip = false;           // the LAN profile's timings instead of the WAN profile that Nomad uses
  std::string directory = "server";  // in the agent's data directory
  std::string gossip_key;  // raw; seals gossip from the first start on, and counts no more once a keyring file is there
  bool rejoin_after_leave = false;
  model::AutopilotConfig autopilot;  // what the region's first leader writes down; later ones find it there
};
BOOST_DESCRIBE_STRUCT(Config, (),
                      (region, datacenter, node_name, version, revision, bootstrap_expect, dev, rpc_advertise,
                       serf_advertise, raft_multiplier, log_segment_bytes, append_entries, append_bytes,
                       snapshot_threshold, snapshot_interval, trailing_logs, snapshot_chunk_bytes,
                       snapshot_bytes_per_second, heartbeats, num_schedulers, lan_gossip, directory, gossip_key,
                       rejoin_after_leave, autopilot))

/// Names a write or a join to whoever asked for it.
using Tag = base::Strong<struct TagTag>;

// --- events ---
/// Another agent asks over RPC. `connection` zero is this agent's own client.
struct Asked {
  world::StreamId connection;
  wire::rpc::CallId call;
  wire::rpc::Body body;
};
/// A call of ours came back.
struct Answered {
  wire::rpc::CallId call;
  wire::rpc::Body body;
};
/// The connection to this address broke.
struct PeerLost {
  Address address;
};
/// A connection that others made to us is gone: what waited on it is forgotten.
struct AskerLost {
  world::StreamId connection;
};
/// Commit this command. Ends in Committed or Refused.
struct WriteRequested {
  Tag tag;
  std::shared_ptr<const state::Command> command;  // large, as are few events
};
/// Does this server lead, and has it applied all that was committed before now? Ends in ReadReady or Refused.
struct ReadRequested {
  Tag tag;
};
/// What would the scheduler do with this job? Ends in Planned or Refused.
struct PlanRequested {
  Tag tag;
  std::shared_ptr<const model::Job> job;
};
struct JoinRequested {
  Tag tag;
  std::vector<Address> addresses;
};
struct LeaveRequested {};
struct ForceLeaveRequested {
  std::string name;
  bool prune = false;
};
/// Change or list the gossip keys of all servers. Ends in KeysDone.
struct KeysRequested {
  Tag tag;
  gossip::KeyOperation operation = gossip::KeyOperation::list;
  std::string key;  // raw
  std::uint8_t relay_factor = 0;
};
/// Remove a peer from Raft, by id or by address. Ends in Committed or Refused.
struct RemovePeerRequested {
  Tag tag;
  std::string id;
  std::string address;
};
/// Hand leadership over to a peer, by id or by address, or to the voter that is the furthest. Ends in Committed or
/// Refused.
struct TransferRequested {
  Tag tag;
  std::string id;
  std::string address;
};

/// The state as an archive to keep (archive.hpp), as far as this server has applied the log. Ends in SnapshotSaved or
/// Refused.
struct SnapshotRequested {
  Tag tag;
};
/// Let the state in this archive take the place of the region's. Ends in Committed or Refused.
struct RestoreRequested {
  Tag tag;
  std::shared_ptr<const std::string> archive;
};

/// An operator changed how snapshots are taken, as Config says; zero leaves a setting as it is.
struct SettingsChanged {
  std::uint64_t snapshot_threshold = 0;
  Duration snapshot_interval{};
  std::uint64_t trailing_logs = 0;
};

using Event =
    std::variant<world::Woken, world::DatagramReceived, world::StreamAccepted, world::StreamConnected,
                 world::StreamReceived, world::StreamClosed, world::DiskBatchDone, world::DirectoryRead,
                 world::Computed, Asked, Answered, PeerLost, AskerLost, WriteRequested, ReadRequested, PlanRequested,
                 JoinRequested, LeaveRequested, ForceLeaveRequested, KeysRequested, RemovePeerRequested,
                 TransferRequested, SnapshotRequested, RestoreRequested, SettingsChanged>;

// --- effects, beside those on the world ---
struct Call {
  wire::rpc::CallId call;
  Address to;
  wire::rpc::Body body;
  Duration wait{};
};
struct Tell {
  Address to;
  wire::rpc::Body body;
};
struct Reply {
  world::StreamId connection;
  wire::rpc::CallId call;
  wire::rpc::Body body;
};
struct Committed {
  Tag tag;
  std::uint64_t index = 0;
  state::Applied applied;
};
struct Refused {
  Tag tag;
  std::string error;
  bool bad_request = false;  // what was asked for could never be
};
struct SnapshotSaved {
  Tag tag;
  std::string archive;
};
struct ReadReady {
  Tag tag;
};
struct Planned {
  Tag tag;
  std::shared_ptr<const model::Plan> plan;  // large, as are few outputs
  std::shared_ptr<const model::Evaluation> eval;
};
struct Joined {
  Tag tag;
  int count = 0;
  std::string error;
};
struct KeysDone {
  Tag tag;
  gossip::KeysTally tally;
  std::string error;
};
/// The disk has failed, or what is on it cannot be trusted: the process must end.
struct Broken {
  std::string reason;
};
/// A graceful leave is done.
struct Left {};

using Output = std::variant<Call, Tell, Reply, Committed, Refused, ReadReady, SnapshotSaved, Planned, Joined, KeysDone,
                            Broken, Left>;

struct Effects {
  world::Effects& world;
  std::vector<Output>& outputs;
  std::vector<state::Touched>& touched;  // rows that changed
};

class Server {
 public:
  /// Disk, compute, stream and call tokens count from 1 (streams: even) within this part; the owner translates.
  Server(Config config, Rng rng);
  ~Server();
  Server(Server&&) noexcept;

  void handle(Now now, const Event& event, Effects& effects);
  Instant deadline() const;

  const state::State& state() const;
  /// Null until the disk has been read.
  const raft::Raft* raft() const;
  const Snapshotting::Stats& snapshots() const;
  const gossip::Gossip* gossip() const;
  const std::string& id() const;
  bool is_leader() const;
  /// Leads, and has everything of earlier terms applied and its queues filled.
  bool is_established() const;
  /// Leads for sure (Raft::lease_valid).
  bool holds_lease(Now now) const;
  /// The leader's RPC address, when one is known.
  std::optional<Address> leader_address() const;
  Duration last_contact(Now now) const;
  /// The RPC addresses of the region's servers that are alive.
  std::vector<std::string> server_addresses() const;

  struct Stats {
    std::size_t broker_ready = 0, broker_waiting = 0, broker_unacked = 0, blocked = 0, plan_queue = 0, heartbeats = 0;
  };
  Stats stats() const;
  /// By Nomad's names, without the "nomad." before them: "raft.apply" and so on, since the start.
  std::vector<base::Metric> metrics(Now now) const;
  /// How the region's servers do, as the leader last saw them.
  const Autopilot& autopilot() const;
  /// The configuration in force.
  model::AutopilotConfig autopilot_config() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace core::server
