// RPC connections and the calls on them: one connection to each address, opened when first needed and kept;
// either side of a connection may call the other.
//
// Invariant: every call that is made ends exactly once, by its reply or by a Failure (the connection broke, its time
// ran out, or it could not be sent at all).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/address.hpp"
#include "core/base/metric.hpp"
#include "core/wire/rpc/framing.hpp"
#include "core/world/world.hpp"

namespace core::agent {

/// A connection, by the stream that carries it; zero is this agent itself.
using ConnectionId = world::StreamId;

class Transport {
 public:
  struct Config {
    wire::rpc::Hello hello;  // who we are
    Duration call_timeout = 10s;
    /// Whoever connects has said who it is by then (limits.rpc_handshake_timeout); zero: there is no such time.
    Duration handshake_timeout = 5s;
    Duration keepalive =
        30s;  // of silence, while an answer is awaited, before the other side is asked whether it lives
    std::size_t max_held_bytes = 256 * 1024 * 1024;  // of frames that are not whole yet, of all connections
    // What may wait for a connection that is being made: one frame of the longest, and what else there is.
    std::size_t max_waiting_bytes = wire::rpc::max_frame_bytes + 8 * 1024 * 1024;
  };

  /// Somebody asks us. To be answered with reply().
  struct Asked {
    ConnectionId connection;
    wire::rpc::CallId call;
    wire::rpc::Body body;
  };
  /// A call of ours is answered. With `more`, further answers follow.
  struct Answered {
    wire::rpc::CallId call;
    wire::rpc::Body body;
    bool more = false;
  };
  /// The other side of an accepted connection said who it is.
  struct Identified {
    ConnectionId connection;
    wire::rpc::Hello hello;
  };
  /// A connection is gone; `address` is where we had opened it to.
  struct Lost {
    ConnectionId connection;
    std::optional<Address> address;
    std::string reason;
    bool accepted = false;
  };
  using Output = std::variant<Asked, Answered, Identified, Lost>;

  explicit Transport(Config config) : config_(std::move(config)) {}

  // What happened on the network. A stream that was not accepted or opened here is left alone (false).
  void accepted(Now now, world::StreamId stream, const Address& peer);
  bool connected(world::StreamId stream, world::Effects& effects);
  bool received(Now now, world::StreamId stream, std::string_view bytes, std::vector<Output>& out,
                world::Effects& effects);
  bool closed(world::StreamId stream, const std::string& reason, std::vector<Output>& out);
  /// The client's node has its id: told on all connections of ours, now and later.
  void introduce(const std::string& node_id, world::Effects& effects);
  /// Ends calls whose time has run out.
  void wake(Now now, std::vector<Output>& out, world::Effects& effects);
  Instant deadline() const;

  /// Asks; `wait` is how long the other side may take on purpose (blocking queries). `next_stream`
  /// is the id for a connection that must be opened; it moves on by 4 then (gossip has the even ids between).
  wire::rpc::CallId call(Now now, const Address& to, wire::rpc::Body body, Duration wait, world::StreamId& next_stream,
                         world::Effects& effects);
  /// Asks the other side of a connection that it opened to us. The connection must be open.
  wire::rpc::CallId call_back(Now now, ConnectionId connection, wire::rpc::Body body, Duration wait,
                              world::Effects& effects);
  /// Says without waiting for an answer.
  void tell(const Address& to, wire::rpc::Body body, world::StreamId& next_stream, world::Effects& effects);
  /// Answers a call; nothing happens when the connection is gone.
  void reply(ConnectionId connection, wire::rpc::CallId call, wire::rpc::Body body, bool more, world::Effects& effects);
  /// Forgets a call, and tells the other side that nobody waits any more.
  void cancel(wire::rpc::CallId call, world::Effects& effects);

  /// By Nomad's names, without the "nomad." before them.
  std::vector<base::Metric> metrics() const;

  /// What whoever made that connection says of itself; empty where it has said nothing.
  std::string region_of(ConnectionId connection) const;
  bool is_open(ConnectionId connection) const { return connections_.contains(connection); }

 private:
  struct Connection {
    bool accepted = false;
    bool ready = false;
    bool identified = false;
    bool greeted = false;
    Instant greet_by = Instant::never();
    std::string region{};  // of whoever made it
    Address peer;
    wire::rpc::FrameReader reader;
    std::string waiting;  // to be sent once connected
    std::set<wire::rpc::CallId> calls;
    Instant last_heard{};
    Instant last_sent{};                      // when a call was last made on it
    std::optional<wire::rpc::CallId> ping{};  // is unanswered
  };
  struct Pending {
    ConnectionId connection;
    Instant made;
    Instant deadline;
    bool streaming = false;
    std::string unsent{};  // why it never left; told at the deadline, which is at once
  };

  ConnectionId connection_to(const Address& to, world::StreamId& next_stream, world::Effects& effects);
  /// Why it cannot be sent; empty when it is, or waits for its connection.
  std::string send(ConnectionId id, const wire::rpc::Envelope& envelope, world::Effects& effects);
  wire::rpc::CallId start(Now now, ConnectionId id, wire::rpc::Body body, Duration wait, world::Effects& effects);
  void take(Now now, ConnectionId id, Connection& connection, wire::rpc::Envelope envelope, std::vector<Output>& out);
  void end_call(wire::rpc::CallId call);
  /// Why the first that came on an accepted connection is no greeting of ours; empty: it is one.
  std::string greet(ConnectionId id, Connection& connection, const wire::rpc::Envelope& first);
  void refuse(ConnectionId id, const std::string& why, std::vector<Output>& out, world::Effects& effects);
  Instant ping_at(const Connection& connection) const;
  void ping_the_silent(Now now, world::Effects& effects);
  void drop(ConnectionId id, const std::string& reason, std::vector<Output>& out);

  Config config_;
  std::map<ConnectionId, Connection> connections_;
  std::map<Address, ConnectionId> opened_;  // ours, by where they go
  std::map<wire::rpc::CallId, Pending> pending_;
  std::set<std::pair<Instant, wire::rpc::CallId>> deadlines_;
  std::set<std::pair<Instant, ConnectionId>> greetings_;  // that are awaited
  wire::rpc::CallId last_call_;
  std::size_t held_bytes_ = 0;  // by the readers
  std::uint64_t accepted_ = 0, requests_ = 0, refused_ = 0, silent_ = 0;
};

}  // namespace core::agent
