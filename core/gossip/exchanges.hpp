// What goes over streams: push/pull in both roles, and pings where datagrams do not get through
// (reference/gossip-wire.md, sections 11, 17 and 18). One exchange a connection.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/gossip/pool.hpp"
#include "core/gossip/ticker.hpp"
#include "core/gossip/turn.hpp"
#include "core/wire/serf/stream.hpp"

namespace core::gossip {

class Exchanges {
 public:
  explicit Exchanges(Pool& pool) : pool_(pool) {}

  void start(Turn& turn);
  void on(Turn& turn, const StreamAccepted& event);
  void on(Turn& turn, const StreamConnected& event);
  void on(Turn& turn, const StreamFailed& event);
  void on(Turn& turn, const StreamReceived& event);
  void on(Turn& turn, const StreamClosed& event);
  void on(Turn& turn, const JoinRequested& event);
  /// Push/pulls with these, one after the other, until one succeeds: whom an earlier life of ours knew.
  void rejoin(Turn& turn, std::vector<std::pair<std::string, Address>> known);
  /// A push/pull with a member that was lost.
  void reconnect(Turn& turn, const Member& member);
  void ping(Turn& turn, const Swim::TcpPing& ping);

  void tick(Turn& turn);
  void arm(Turn& turn);
  Instant deadline() const;

 private:
  enum class Purpose { serve, sync, join, reconnect, rejoin, ping };
  struct Session {
    Purpose purpose = Purpose::serve;
    Address peer;
    std::string name;  // of the member at the other end, where it is known
    Instant ends;
    RequestId request;  // of a join
    SeqNo seq_no;       // of a ping
    wire::serf::StreamDecoder decoder{};
    std::size_t received = 0;  // bytes
  };
  struct Join {
    std::uint32_t joined = 0;
    std::size_t open = 0;
    std::vector<std::string> errors;
  };
  using Sessions = std::map<StreamId, Session>;

  void open(Turn& turn, Session session);
  /// Forgets a session whose stream is closed already.
  void drop(Sessions::iterator session);
  void close(Turn& turn, Sessions::iterator session);
  /// Closes a session of ours; `error` is empty if it reached its aim.
  void finish(Turn& turn, Sessions::iterator session, const std::string& error);
  /// What a session of ours came to means something to whoever wanted it.
  void conclude(Turn& turn, const Session& session, const std::string& error);
  void finish_join(Turn& turn, RequestId request);
  void serve(Turn& turn, Sessions::iterator session, wire::serf::StreamMessage message);
  void answered(Turn& turn, Sessions::iterator session, wire::serf::StreamMessage message);
  void send_state(Turn& turn, StreamId stream, const Session& session, bool join);
  /// Sends from our end of the stream.
  void send(Turn& turn, StreamId stream, const Session& session, std::string message);
  void rejoin_next(Turn& turn);

  Pool& pool_;
  Sessions sessions_;
  std::map<RequestId, Join> joins_;
  StreamId next_stream_{2};
  std::size_t served_ = 0;                                  // sessions that others opened
  std::size_t held_bytes_ = 0;                              // of messages that are not complete
  std::vector<std::pair<std::string, Address>> rejoining_;  // the next one last
  Instant next_sync_ = Instant::never();
  Instant sync_stagger_end_;
};

}  // namespace core::gossip
