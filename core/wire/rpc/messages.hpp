// What agents say to each other on the RPC port. One envelope a frame (framing.hpp); the bodies below are
// the alternatives of its `oneof`, and the proto file is the contract.
//
// A call is a request with an id of the caller's choice; its reply carries the same id. Replies may come in
// any order. A reply with `more` is followed by others of the same call.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "core/model/allocation.hpp"
#include "core/model/node.hpp"
#include "core/raft/message.hpp"

namespace core::wire::rpc {

using CallId = base::Strong<struct CallIdTag>;

/// Said once by the side that connected, before anything else.
struct Hello {
  std::uint32_t version = 1;
  std::string region;
  std::string name;
  std::string server_id;  // of a server
  std::string node_id;    // of a client
};

// --- from clients -------------------------------------------------------------------------------------

/// A client registers its node, or what has changed of it. Answered by NodeHeard.
struct NodeRegister {
  std::shared_ptr<const model::Node> node;  // large, as are few bodies
};
/// The heartbeat. Answered by NodeHeard; by a failure "node not found" when the servers do not know the node.
struct NodeHeartbeat {
  std::string node_id;
  std::string secret_id;
  model::NodeStatus status = model::NodeStatus::ready;
};
struct NodeHeard {
  Duration heartbeat_ttl{};
  std::vector<std::string> servers;  // "ip:port" of the region's servers
  std::uint64_t index = 0;
  bool has_leader = true;
};
/// A client leaves for good: its allocations are migrated away. Answered by Done.
struct NodeLeave {
  std::string node_id;
  std::string secret_id;
};
/// Waits until something about the node's allocations is newer than `min_index`. Answered by NodeAllocs.
struct NodeAllocsWanted {
  std::string node_id;
  std::string secret_id;
  std::uint64_t min_index = 0;
  Duration max_wait{};
};
/// All allocations that the node should know of, with the index of each one's last change by the servers, and of the
/// state that says so.
struct NodeAllocs {
  std::uint64_t index = 0;
  std::map<std::string, std::uint64_t> alloc_modify_indexes;
  std::uint64_t state_index = 0;
};
/// Answered by Allocs. `min_index`: answer from a state at least this new.
struct AllocsWanted {
  std::vector<std::string> ids;
  std::uint64_t min_index = 0;
};
struct Allocs {
  std::vector<model::Allocation> allocs;
};
/// What became of the node's allocations. Answered by Done. Reports are ordered by life, which is the index that the
/// node's last registration was answered with, and then by number: a call that was given up may still arrive.
struct AllocsUpdate {
  std::string node_id;
  std::string secret_id;
  std::vector<model::Allocation> allocs;
  std::uint64_t life = 0;
  std::uint64_t number = 0;
};
struct Done {
  std::uint64_t index = 0;
};

// --- between any two agents ---------------------------------------------------------------------------

/// An HTTP API request handed on: to the leader, to a server, or to the client that runs an allocation.
struct ApiForward {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;
  std::string body;
  std::string node_id;  // not empty: for this client, through whichever server it is connected to
  std::uint32_t hops = 0;
};
/// Its answer; a streamed body comes as several with `more`.
struct ApiReply {
  std::uint32_t status = 200;
  std::map<std::string, std::string> headers;
  Bytes body;
  bool more = false;
};
/// The caller of a streamed or waiting call has gone.
struct Cancel {};

/// Before bootstrap: whom does your Raft know? Answered by RaftPeers.
struct RaftPeersWanted {};
struct RaftPeers {
  std::vector<std::string> server_ids;
  std::vector<std::string> candidates;  // with whom it would bootstrap, sorted; empty: it does not, or knows too few
};
/// One message of Raft. Not answered; Raft answers for itself. For whom it is stands in it, since an address may be
/// another server's by now, even one of another cluster.
struct RaftCarried {
  std::string from;  // server ids
  std::string to;
  raft::Message message;
};

/// The call failed. `message` is Nomad's text: "No cluster leader", "node not found", ...
struct Failure {
  std::string message;
};

using Body = std::variant<Hello, NodeRegister, NodeHeartbeat, NodeHeard, NodeLeave, NodeAllocsWanted, NodeAllocs,
                          AllocsWanted, Allocs, AllocsUpdate, Done, ApiForward, ApiReply, Cancel, RaftPeersWanted,
                          RaftPeers, RaftCarried, Failure>;

struct Envelope {
  CallId call;  // 0 where there is nothing to answer
  bool reply = false;
  Body body;
};

BOOST_DESCRIBE_STRUCT(Hello, (), (version, region, name, server_id, node_id))
BOOST_DESCRIBE_STRUCT(NodeRegister, (), (node))
BOOST_DESCRIBE_STRUCT(NodeHeartbeat, (), (node_id, secret_id, status))
BOOST_DESCRIBE_STRUCT(NodeHeard, (), (heartbeat_ttl, servers, index, has_leader))
BOOST_DESCRIBE_STRUCT(NodeLeave, (), (node_id, secret_id))
BOOST_DESCRIBE_STRUCT(NodeAllocsWanted, (), (node_id, secret_id, min_index, max_wait))
BOOST_DESCRIBE_STRUCT(NodeAllocs, (), (index, alloc_modify_indexes, state_index))
BOOST_DESCRIBE_STRUCT(AllocsWanted, (), (ids, min_index))
BOOST_DESCRIBE_STRUCT(Allocs, (), (allocs))
BOOST_DESCRIBE_STRUCT(AllocsUpdate, (), (node_id, secret_id, allocs, life, number))
BOOST_DESCRIBE_STRUCT(Done, (), (index))
BOOST_DESCRIBE_STRUCT(ApiForward, (), (method, target, headers, body, node_id, hops))
BOOST_DESCRIBE_STRUCT(ApiReply, (), (status, headers, body, more))
BOOST_DESCRIBE_STRUCT(Cancel, (), ())
BOOST_DESCRIBE_STRUCT(RaftPeersWanted, (), ())
BOOST_DESCRIBE_STRUCT(RaftPeers, (), (server_ids, candidates))
BOOST_DESCRIBE_STRUCT(RaftCarried, (), (from, to, message))
BOOST_DESCRIBE_STRUCT(Failure, (), (message))
BOOST_DESCRIBE_STRUCT(Envelope, (), (call, reply, body))

}  // namespace core::wire::rpc

// Their tables are made once, in tables.cpp: a big one costs the compiler seconds.
namespace core::describe {
extern template const Type& type_of<wire::rpc::Body>();
extern template const Type& type_of<wire::rpc::Envelope>();
}  // namespace core::describe
