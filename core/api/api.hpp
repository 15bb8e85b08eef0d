// The HTTP API as data: a request and what may be read in, an outcome out. No sockets, no waiting: a request
// that has to wait says on what, and is asked again when that has changed (http-api.md).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json/value.hpp>

#include "core/base/rng.hpp"
#include "core/base/time.hpp"
#include "core/model/node.hpp"
#include "core/state/state.hpp"
#include "core/world/host.hpp"
#include "core/world/process.hpp"

namespace core::api {

/// A gossip member as the API shows it.
struct Member {
  std::string name;  // "node-1.global"
  std::string address;
  std::uint16_t port = 0;
  std::map<std::string, std::string> tags;
  std::string status;  // alive, leaving, left, failed
  std::uint8_t protocol_min = 1, protocol_max = 5, protocol_cur = 2;
  std::uint8_t delegate_min = 2, delegate_max = 5, delegate_cur = 4;
};

struct RaftPeer {
  std::string id;
  std::string node;  // the member's name, or "(unknown)"
  std::string address;
  bool leader = false;
  bool voter = true;
};

/// A metric that its part of the agent names, without the "nomad." before it.
struct Metric {
  enum class Kind { gauge, counter, sample } kind = Kind::gauge;
  std::string name;  // "serf.member.flap"
  std::map<std::string, std::string> labels;
  std::uint64_t count = 0;  // since the agent's start: how often
  double sum = 0;           // ... and what it came to; a gauge's value
  double least = 0;
  double most = 0;
  double squares = 0;  // the sum of them
};

/// How one of the region's servers does, as the leader last saw it.
struct AutopilotServer {
  std::string id;
  std::string name;
  std::string address;
  std::string serf_status;
  std::string version;
  bool leader = false;
  bool voter = false;
  bool healthy = false;
  Duration last_contact{};
  std::uint64_t last_term = 0;
  std::uint64_t last_index = 0;
  WallTime stable_since;
};
struct AutopilotHealth {
  bool healthy = false;
  std::uint64_t failure_tolerance = 0;
  std::vector<AutopilotServer> servers;
};

/// What this agent can tell without asking anybody: filled by its owner, read by the routes.
class View {
 public:
  virtual ~View() = default;

  virtual bool is_server() const = 0;
  virtual bool is_client() const = 0;
  virtual std::string region() const = 0;
  virtual std::string datacenter() const = 0;
  virtual std::string node_name() const = 0;
  /// The agent's configuration, as /v1/agent/self shows it.
  virtual boost::json::value config() const = 0;
  /// Sections of agent-info: {"raft": {"state": "Leader", ...}, ...}; every value is text.
  virtual std::map<std::string, std::map<std::string, std::string>> stats() const = 0;
  /// Beside those that are made of the sections.
  virtual std::vector<Metric> metrics() const { return {}; }
  /// How long the agent has run, and so counted.
  virtual Duration age() const = 0;

  // --- of a server ---
  /// The state as of the last applied command; null on an agent that is no server.
  virtual const state::State* state() const = 0;
  /// Leads, and has taken everything up that a leader has.
  virtual bool is_leader() const = 0;
  /// Is Raft's leader, as far as it knows: it may have just begun, or be deposed already.
  virtual bool holds_office() const = 0;
  /// A quorum has said so lately that it leads (Raft::lease_valid): another is elected after that, but for rare cases.
  virtual bool holds_lease() const = 0;
  /// "ip:port" of the leader's RPC address, or empty.
  virtual std::string leader_address() const = 0;
  /// Since the leader was last heard from; 0 on the leader.
  virtual Duration last_contact() const = 0;
  virtual std::vector<Member> members() const = 0;
  virtual std::vector<RaftPeer> raft_peers() const = 0;
  virtual std::uint64_t raft_configuration_index() const = 0;
  virtual model::AutopilotConfig autopilot_config() const = 0;
  /// Of the leader; others know nothing.
  virtual AutopilotHealth autopilot_health() const = 0;
  virtual std::vector<std::string> regions() const = 0;

  // --- of a client ---
  virtual const model::Node* node() const = 0;
  virtual std::vector<std::string> known_servers() const = 0;
};

struct Request {
  std::string method;
  std::string target;                          // "/v1/jobs?prefix=w"
  std::map<std::string, std::string> headers;  // lower-case names
  std::string body;
  bool forwarded = false;  // came from another agent, so it is not handed on to a leader once more
  bool verified = false;   // since it came in, a quorum has said that this server leads
};

struct Answer {
  std::uint16_t status = 200;
  std::map<std::string, std::string> headers;
  std::string body;
};

/// A command to commit; `answer` makes the reply once it is applied (or was refused: see Applied::error).
struct Write {
  state::Command command;
  std::function<Answer(std::uint64_t index, const state::Applied& applied, const state::State& state)> answer;
  /// It rests on what was read: when it is refused, something has changed in between, and the request is routed anew.
  bool again_when_refused = false;
};
/// Nothing new yet: ask again when one of these rows changes (a key that ends in '*' stands for all that start
/// so), or at `until` with `timed_out`.
struct Wait {
  std::vector<state::Touched> on;
  Instant until;
};
/// Only the leader may answer this.
struct ToLeader {};
/// A consistent read: ask again with `verified` when a quorum has said that this server leads, or else ToLeader.
struct VerifyLeader {};
/// Only the client with this node id can answer this.
struct ToNode {
  std::string node_id;
};
struct ToRegion {
  std::string region;
};
/// A file or a directory of an allocation on this client is wanted; `answer` makes the reply of what was read.
struct ReadFile {
  world::ReadAllocFile read;  // without token
  std::function<Answer(const world::AllocFileRead&)> answer;
};
struct ListFiles {
  world::ListAllocDir list;  // without token
  std::function<Answer(const world::AllocDirListed&)> answer;
};
/// Follow a growing file: frames of new bytes until the caller hangs up. `plain`: bytes, not JSON frames.
/// At the end of a file, `rotated` says whether there is a next one and names it.
struct FollowLog {
  std::string alloc_id;
  std::string task;
  std::string type;  // stdout, stderr
  std::int64_t offset = 0;
  bool from_end = false;
  bool follow = true;
  bool plain = false;
};
/// Stream this agent's log lines at `level` and above until the caller hangs up.
struct MonitorLogs {
  world::LogLevel level = world::LogLevel::info;
  bool json = false;
  bool plain = false;
};
struct JoinServers {
  std::vector<std::string> addresses;
  std::function<Answer(int joined, const std::string& error)> answer;
};
struct ForceLeave {
  std::string node;
  bool prune = false;
};
/// Changes, or lists, the keys that seal the servers' gossip.
struct GossipKeys {
  enum class Operation { install, use, remove, list } operation = Operation::list;
  std::string key;  // raw
  std::uint8_t relay_factor = 0;
  struct Tally {
    std::uint32_t nodes = 0;
    std::map<std::string, std::string> messages;  // by member
    std::map<std::string, std::uint32_t> keys;    // in base64, and how many members have them
  };
  std::function<Answer(const Tally& tally, const std::string& error)> answer;
};
/// Removes a peer from Raft's configuration, by id or by address.
struct RemovePeer {
  std::string id;
  std::string address;
};
/// Hands leadership over, to the peer of that id or address.
struct TransferLeadership {
  std::string id;
  std::string address;
  std::function<Answer()> answer;
};
/// The region's state as an archive to keep; `answer` makes the reply of it.
struct SaveSnapshot {
  std::function<Answer(std::string archive)> answer;
};
/// Lets the state in an archive take the place of the region's.
struct RestoreArchive {
  std::string archive;
};
/// Runs the scheduler on a job that is not registered, and shows what it would do.
struct PlanJob {
  model::Job job;
  bool diff = false;
  std::function<Answer(const model::Plan& plan, const model::Evaluation& eval)> answer;
};

using Outcome = std::variant<Answer, Write, Wait, ToLeader, VerifyLeader, ToNode, ToRegion, ReadFile, ListFiles,
                             FollowLog, MonitorLogs, JoinServers, ForceLeave, GossipKeys, RemovePeer,
                             TransferLeadership, SaveSnapshot, RestoreArchive, PlanJob>;

/// What to do about a request. Pure: the same request over the same view gives the same outcome.
/// `first_asked` is when it came in: deadlines of waits count from there. `timed_out` on the last asking.
Outcome route(const View& view, const Request& request, Now now, Instant first_asked, bool timed_out, Rng& rng);

/// An error as Nomad words it: plain text with a status.
Answer failure(std::uint16_t status, std::string text);

}  // namespace core::api
