#include "core/agent/transport.hpp"

#include <fmt/format.h>

namespace core::agent {

using wire::rpc::Body;
using wire::rpc::CallId;
using wire::rpc::Envelope;
using wire::rpc::Failure;

void Transport::accepted(Now now, world::StreamId stream, const Address& peer) {
  ++accepted_;
  Connection connection{.accepted = true,
                        .ready = true,
                        .peer = peer,
                        .reader = wire::rpc::FrameReader(true),
                        .waiting = {},
                        .calls = {}};
  if (config_.handshake_timeout > Duration{}) connection.greet_by = now.instant + config_.handshake_timeout;
  if (connection.greet_by != Instant::never()) greetings_.emplace(connection.greet_by, stream);
  connections_.emplace(stream, std::move(connection));
}

std::string Transport::greet(ConnectionId id, Connection& connection, const Envelope& first) {
  const auto* hello = std::get_if<wire::rpc::Hello>(&first.body);
  if (hello == nullptr) return "the first frame is no Hello";
  if (hello->version != config_.hello.version)
    return fmt::format("found version {} of the RPC protocol, wanted {}: the two agents do not work together",
                       hello->version, config_.hello.version);
  greetings_.erase({connection.greet_by, id});
  connection.greeted = true;
  connection.region = hello->region;
  return {};
}

bool Transport::connected(world::StreamId stream, world::Effects& effects) {
  const auto found = connections_.find(stream);
  if (found == connections_.end()) return false;
  found->second.ready = true;
  effects.push_back(world::SendStream{stream, std::exchange(found->second.waiting, {})});
  return true;
}

bool Transport::received(Now now, world::StreamId stream, std::string_view bytes, std::vector<Output>& out,
                         world::Effects& effects) {
  const auto found = connections_.find(stream);
  if (found == connections_.end()) return false;
  found->second.last_heard = now.instant;
  std::vector<Envelope> envelopes;
  held_bytes_ -= found->second.reader.held();
  auto read = found->second.reader.read(bytes, envelopes);
  held_bytes_ += found->second.reader.held();
  // All connections together hold too much: the one that went over the limit pays.
  if (read && held_bytes_ > config_.max_held_bytes) read = std::unexpected(std::string("too much is being received"));
  for (Envelope& envelope : envelopes) {
    if (found->second.accepted && !found->second.greeted)
      if (std::string why = greet(stream, found->second, envelope); !why.empty()) {
        // The other side closes nothing for it, and tells its operator.
        effects.push_back(world::SendStream{stream, encode_frame(Envelope{{}, true, Failure{why}})});
        read = std::unexpected(std::move(why));
        break;
      }
    if (const auto* failure = std::get_if<Failure>(&envelope.body);
        failure != nullptr && envelope.reply && envelope.call == CallId{})
      effects.push_back(world::Logged{world::LogLevel::error,
                                      "nomad.rpc",
                                      "the connection was refused",
                                      {{"by", found->second.peer.text()}, {"error", failure->message}}});
    take(now, stream, found->second, std::move(envelope), out);
  }
  if (!read) refuse(stream, read.error(), out, effects);
  return true;
}

void Transport::refuse(ConnectionId id, const std::string& why, std::vector<Output>& out, world::Effects& effects) {
  ++refused_;
  effects.push_back(world::Logged{world::LogLevel::error,
                                  "nomad.rpc",
                                  "closing connection",
                                  {{"from", connections_.at(id).peer.text()}, {"error", why}}});
  effects.push_back(world::CloseStream{id});
  drop(id, why, out);
}

void Transport::take(Now, ConnectionId id, Connection& connection, Envelope envelope, std::vector<Output>& out) {
  if (auto* hello = std::get_if<wire::rpc::Hello>(&envelope.body)) {
    if (!connection.accepted || connection.identified) return;
    // Who connected before its node had an id says so later.
    connection.identified = !hello->node_id.empty();
    out.push_back(Identified{id, std::move(*hello)});
    return;
  }
  if (!envelope.reply) {
    ++requests_;
    out.push_back(Asked{id, envelope.call, std::move(envelope.body)});
    return;
  }
  // A reply to a call that has ended already is ordinary: its time had run out.
  if (!connection.calls.contains(envelope.call)) return;
  if (connection.ping == envelope.call) {
    connection.ping.reset();
    return end_call(envelope.call);
  }
  const auto* streamed = std::get_if<wire::rpc::ApiReply>(&envelope.body);
  const bool more = streamed != nullptr && streamed->more;
  if (more) {
    // The answer has begun, so it may take as long as it likes; the connection tells when nobody is left.
    Pending& pending = pending_.at(envelope.call);
    if (!std::exchange(pending.streaming, true)) deadlines_.erase({pending.deadline, envelope.call});
  } else {
    end_call(envelope.call);
  }
  out.push_back(Answered{envelope.call, std::move(envelope.body), more});
}

bool Transport::closed(world::StreamId stream, const std::string& reason, std::vector<Output>& out) {
  if (!connections_.contains(stream)) return false;
  drop(stream, reason, out);
  return true;
}

void Transport::drop(ConnectionId id, const std::string& reason, std::vector<Output>& out) {
  const auto found = connections_.find(id);
  Connection connection = std::move(found->second);
  connections_.erase(found);
  held_bytes_ -= connection.reader.held();
  greetings_.erase({connection.greet_by, id});
  for (const CallId call : connection.calls) {
    const auto pending = pending_.find(call);
    deadlines_.erase({pending->second.deadline, call});
    pending_.erase(pending);
    if (connection.ping != call) out.push_back(Answered{call, Failure{"rpc error: " + reason}});
  }
  if (!connection.accepted) opened_.erase(connection.peer);
  out.push_back(
      Lost{id, connection.accepted ? std::nullopt : std::optional(connection.peer), reason, connection.accepted});
}

void Transport::introduce(const std::string& node_id, world::Effects& effects) {
  if (config_.hello.node_id == node_id) return;
  config_.hello.node_id = node_id;
  for (const auto& [id, connection] : connections_)
    if (!connection.accepted) send(id, Envelope{{}, false, config_.hello}, effects);
}

void Transport::wake(Now now, std::vector<Output>& out, world::Effects& effects) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now.instant) {
    const CallId call = deadlines_.begin()->second;
    Pending pending = pending_.at(call);
    const auto of = connections_.find(pending.connection);
    const bool is_ping = of != connections_.end() && of->second.ping == call;
    end_call(call);
    if (is_ping) {
      of->second.ping.reset();
    } else if (!pending.unsent.empty()) {
      out.push_back(Answered{call, Failure{std::move(pending.unsent)}});
      continue;
    } else {
      out.push_back(Answered{call, Failure{"rpc error: timed out"}});
    }
    // Silent since before we asked: the other side is not there any more, though the network never said so.
    const auto found = connections_.find(pending.connection);
    if (found == connections_.end() || found->second.last_heard >= pending.made) continue;
    effects.push_back(world::CloseStream{pending.connection});
    drop(pending.connection, "no answer", out);
  }
  while (!greetings_.empty() && greetings_.begin()->first <= now.instant) {
    ++silent_;
    refuse(greetings_.begin()->second, "it has not said who it is in time (limits.rpc_handshake_timeout)", out,
           effects);
  }
  ping_the_silent(now, effects);
}

// A process that stands still keeps its connections, and a call that may take minutes on purpose would wait for them.
Instant Transport::ping_at(const Connection& connection) const {
  if (!connection.ready || connection.calls.empty() || connection.ping) return Instant::never();
  return std::max(connection.last_heard, connection.last_sent) + config_.keepalive;
}

void Transport::ping_the_silent(Now now, world::Effects& effects) {
  for (const auto& [address, id] : opened_)
    if (Connection& connection = connections_.at(id); ping_at(connection) <= now.instant)
      connection.ping = start(now, id, wire::rpc::RaftPeersWanted{}, Duration{}, effects);
}

Instant Transport::deadline() const {
  Instant next = deadlines_.empty() ? Instant::never() : deadlines_.begin()->first;
  if (!greetings_.empty()) next = std::min(next, greetings_.begin()->first);
  for (const auto& [address, id] : opened_) next = std::min(next, ping_at(connections_.at(id)));
  return next;
}

ConnectionId Transport::connection_to(const Address& to, world::StreamId& next_stream, world::Effects& effects) {
  if (const auto found = opened_.find(to); found != opened_.end()) return found->second;
  const ConnectionId id = next_stream;
  next_stream.value += 4;
  Connection connection{.peer = to, .reader = wire::rpc::FrameReader(false), .waiting = {}, .calls = {}};
  connection.waiting = wire::rpc::protocol_byte + encode_frame(Envelope{{}, false, config_.hello});
  connections_.emplace(id, std::move(connection));
  opened_.emplace(to, id);
  effects.push_back(world::OpenStream{id, to});
  return id;
}

std::string Transport::send(ConnectionId id, const Envelope& envelope, world::Effects& effects) {
  Connection& connection = connections_.at(id);
  std::string frame = encode_frame(envelope);
  if (frame.size() > wire::rpc::max_frame_bytes) {
    // The other side would close a connection that others use as well.
    if (!envelope.reply)
      return fmt::format("rpc error: the call is too large for one frame: {} bytes, at most {} are taken", frame.size(),
                         wire::rpc::max_frame_bytes);
    frame = encode_frame(Envelope{envelope.call, true, wire::rpc::Failure{wire::rpc::too_large_text}});
  }
  if (connection.ready) {
    effects.push_back(world::SendStream{id, std::move(frame)});
    return {};
  }
  // Past the limit a message is lost, as it would be on a network: a call fails, Raft sends again.
  if (connection.waiting.size() + frame.size() > config_.max_waiting_bytes)
    return fmt::format("rpc error: connect: too much waits for the connection to {}", connection.peer.text());
  connection.waiting += frame;
  return {};
}

CallId Transport::start(Now now, ConnectionId id, Body body, Duration wait, world::Effects& effects) {
  const CallId call = ++last_call_;
  connections_.at(id).calls.insert(call);
  connections_.at(id).last_sent = now.instant;
  std::string unsent = send(id, Envelope{call, false, std::move(body)}, effects);
  const Instant deadline = unsent.empty() ? now.instant + config_.call_timeout + wait : now.instant;
  pending_.emplace(call,
                   Pending{.connection = id, .made = now.instant, .deadline = deadline, .unsent = std::move(unsent)});
  deadlines_.emplace(deadline, call);
  return call;
}

CallId Transport::call(Now now, const Address& to, Body body, Duration wait, world::StreamId& next_stream,
                       world::Effects& effects) {
  return start(now, connection_to(to, next_stream, effects), std::move(body), wait, effects);
}

CallId Transport::call_back(Now now, ConnectionId connection, Body body, Duration wait, world::Effects& effects) {
  return start(now, connection, std::move(body), wait, effects);
}

void Transport::tell(const Address& to, Body body, world::StreamId& next_stream, world::Effects& effects) {
  send(connection_to(to, next_stream, effects), Envelope{{}, false, std::move(body)}, effects);
}

void Transport::reply(ConnectionId connection, CallId call, Body body, bool more, world::Effects& effects) {
  if (auto* streamed = std::get_if<wire::rpc::ApiReply>(&body)) streamed->more = more;
  if (connections_.contains(connection)) send(connection, Envelope{call, true, std::move(body)}, effects);
}

std::vector<base::Metric> Transport::metrics() const {
  return {base::Metric::counter_of("nomad.rpc.accept_conn", accepted_),
          base::Metric::counter_of("nomad.rpc.request", requests_),
          base::Metric::counter_of("nomad.rpc.request_error", refused_),
          base::Metric::counter_of("nomad.rpc.handshake_timeout", silent_)};
}

std::string Transport::region_of(ConnectionId connection) const {
  const auto found = connections_.find(connection);
  return found == connections_.end() ? std::string{} : found->second.region;
}

void Transport::cancel(CallId call, world::Effects& effects) {
  const auto found = pending_.find(call);
  if (found == pending_.end()) return;
  const ConnectionId connection = found->second.connection;
  end_call(call);
  if (connections_.contains(connection)) send(connection, Envelope{call, false, wire::rpc::Cancel{}}, effects);
}

void Transport::end_call(CallId call) {
  const auto found = pending_.find(call);
  if (!found->second.streaming) deadlines_.erase({found->second.deadline, call});
  if (const auto connection = connections_.find(found->second.connection); connection != connections_.end())
    connection->second.calls.erase(call);
  pending_.erase(found);
}

}  // namespace core::agent
