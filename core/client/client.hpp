// The client half of an agent: it makes the host a node of the cluster and runs the allocations that the
// servers place on it (client-internals.md).
//
// It never speaks to a socket: what it wants said is a Call to one server; the answer comes back as Replied.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/base/rng.hpp"
#include "core/wire/rpc/messages.hpp"
#include "core/world/world.hpp"

namespace core::client {

struct Config {
  std::string region = "global";
  std::string datacenter = "dc1";
  std::string node_name;  // empty: the host's name
  std::string node_class;
  std::string node_pool = "default";
  std::string http_address;  // "127.0.0.1:4646", as told to the servers
  std::string version;       // nomad.version
  std::string revision;
  std::map<std::string, std::string> meta;
  std::string alloc_dir;             // absolute path of the host: what NOMAD_ALLOC_DIR and its like are made of
  std::string state_dir = "client";  // in the agent's data directory; empty: nothing is kept (-dev)
  bool dev = false;                  // registers and heartbeats at once, retries each second, kills tasks at the end
  Duration max_kill_timeout = 30s;
  std::int32_t reserved_cpu_mhz = 0;
  std::int32_t reserved_memory_mb = 0;
  std::int32_t reserved_disk_mb = 0;
  std::int32_t cpu_total_compute_mhz = 0;  // 0: as fingerprinted
  std::int32_t memory_total_mb = 0;
  std::string network_interface;
  bool in_process_server = false;  // the agent is a server too: calls reach it whatever their address says
};
BOOST_DESCRIBE_STRUCT(Config, (),
                      (region, datacenter, node_name, node_class, node_pool, http_address, version, revision, meta,
                       alloc_dir, state_dir, dev, max_kill_timeout, reserved_cpu_mhz, reserved_memory_mb,
                       reserved_disk_mb, cpu_total_compute_mhz, memory_total_mb, network_interface, in_process_server))

/// An answer to a Call: one of the reply bodies, or rpc::Failure (also when the connection broke).
struct Replied {
  wire::rpc::CallId call;
  wire::rpc::Body body;
};
/// The servers to talk to, from the configuration or from the operator.
struct ServersSet {
  std::vector<Address> servers;
};
/// The operator wants this node to leave: allocations are moved away, then Left is said.
struct LeaveRequested {};
/// The agent is about to exit without leaving; tasks keep running (in dev mode they are killed).
struct ShutdownRequested {};

/// The host's and disk's answers arrive as they are, in `world`.
using Event = std::variant<Replied, ServersSet, LeaveRequested, ShutdownRequested, world::Woken, world::DiskBatchDone,
                           world::DirectoryRead, world::HostFingerprinted, world::AllocDirMade, world::TaskStarted,
                           world::TaskStartFailed, world::TaskExited, world::TaskLost>;

struct Call {
  wire::rpc::CallId call;
  Address to;
  wire::rpc::Body body;
};
/// Leaving, or shutting down, is finished.
struct Left {};

/// Everything the client wants done. `world` holds disk, host and log effects.
struct Effects {
  world::Effects& world;
  std::vector<Call>& calls;
  bool left = false;
};

/// What the API and reports read.
struct Status {
  std::string node_id;
  bool registered = false;
  std::vector<std::string> servers;
  Duration heartbeat_ttl{};
  Instant last_heartbeat;
  std::size_t allocations = 0;
};

class Client {
 public:
  /// Disk, host and call tokens count from 1 within this part; the owner translates them, so that answers find
  /// their way back to the part that asked.
  Client(Config config, Rng rng);
  ~Client();
  Client(Client&&) noexcept;

  void handle(Now now, const Event& event, Effects& effects);
  Instant deadline() const;

  Status status() const;
  const model::Node& node() const;
  /// The allocation as this client knows it, or null.
  const model::Allocation* alloc(std::string_view id) const;
  /// Every allocation it holds, by id.
  std::vector<const model::Allocation*> allocs() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace core::client
