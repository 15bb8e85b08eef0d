#include "core/gossip/exchanges.hpp"

#include <algorithm>
#include <bit>

namespace core::gossip {

namespace serf = wire::serf;

namespace {

/// Large pools sync more rarely: from 33 members on, every doubling adds an interval.
int sync_interval_scale(std::size_t members) {
  constexpr std::size_t threshold = 32;
  if (members <= threshold) return 1;
  return static_cast<int>(std::bit_width(members - 1)) - static_cast<int>(std::bit_width(threshold - 1)) + 1;
}

}  // namespace

void Exchanges::start(Turn& turn) {
  const Duration stagger = turn.rng.between(Duration{}, pool_.config().profile.push_pull_interval);
  sync_stagger_end_ = turn.now + stagger;
}

void Exchanges::open(Turn& turn, Session session) {
  session.decoder = serf::StreamDecoder(&pool_.outbox().security(), serf::StreamEnd::accepting);
  const StreamId stream = next_stream_;
  next_stream_ = StreamId{next_stream_.value + 4};
  turn.out.push_back(OpenStream{stream, session.peer});
  sessions_.emplace(stream, std::move(session));
}

void Exchanges::send(Turn& turn, StreamId stream, const Session& session, std::string message) {
  const bool accepted = session.purpose == Purpose::serve;
  pool_.outbox().write(turn, stream, std::move(message),
                       accepted ? serf::StreamEnd::accepting : serf::StreamEnd::dialling);
}

void Exchanges::send_state(Turn& turn, StreamId stream, const Session& session, bool join) {
  std::string state = pool_.push_pull(join);
  pool_.outbox().counts().states_sent.add(static_cast<double>(state.size()));
  send(turn, stream, session, std::move(state));
}

void Exchanges::drop(Sessions::iterator session) {
  if (session->second.purpose == Purpose::serve) --served_;
  held_bytes_ -= session->second.decoder.held();
  sessions_.erase(session);
}

void Exchanges::close(Turn& turn, Sessions::iterator session) {
  turn.out.push_back(CloseStream{session->first});
  drop(session);
}

void Exchanges::finish(Turn& turn, Sessions::iterator at, const std::string& error) {
  const Session session = {at->second.purpose, at->second.peer, at->second.name, {}, at->second.request, {}, {}};
  if (session.purpose != Purpose::serve && session.purpose != Purpose::ping)
    pool_.outbox().counts().synced.add(turn.now - (at->second.ends - pool_.config().profile.tcp_timeout));
  close(turn, at);
  conclude(turn, session, error);
}

void Exchanges::conclude(Turn& turn, const Session& session, const std::string& error) {
  if (session.purpose == Purpose::join) {
    Join& join = joins_[session.request];
    if (error.empty())
      ++join.joined;
    else
      join.errors.push_back("Failed to join " + session.peer.ip_text() + ": " + error);
    if (--join.open == 0) finish_join(turn, session.request);
  } else if (session.purpose == Purpose::rejoin) {
    if (!error.empty()) return rejoin_next(turn);
    rejoining_.clear();
    turn.note(Level::info, "serf: Re-joined to previously known node: " + session.name + ": " + session.peer.text());
  } else if (session.purpose == Purpose::sync && !error.empty()) {
    turn.note(Level::error, "memberlist: Push/Pull with " + session.peer.text() + " failed: " + error);
  }
}

void Exchanges::finish_join(Turn& turn, RequestId request) {
  const auto join = joins_.extract(request);
  const Join& result = join.mapped();
  if (result.joined > 0) pool_.serf().joined(turn);
  turn.out.push_back(JoinFinished{request, result.joined, result.errors});
}

void Exchanges::on(Turn& turn, const JoinRequested& event) {
  if (joins_.contains(event.request)) {
    turn.out.push_back(JoinFinished{event.request, 0, {"a join with this number is under way"}});
    return;
  }
  Join& join = joins_[event.request];
  const Instant ends = turn.now + pool_.config().profile.tcp_timeout;
  for (const Address& address : event.addresses) {
    if (join.open == max_join_addresses) {
      join.errors.push_back("Failed to join " + address.ip_text() + ": too many addresses");
      continue;
    }
    ++join.open;
    open(turn, {Purpose::join, address, {}, ends, event.request, {}, {}});
  }
  if (join.open == 0) finish_join(turn, event.request);
}

void Exchanges::rejoin(Turn& turn, std::vector<std::pair<std::string, Address>> known) {
  turn.rng.shuffle(known);
  rejoining_ = std::move(known);
  rejoin_next(turn);
}

void Exchanges::rejoin_next(Turn& turn) {
  if (rejoining_.empty()) return turn.note(Level::warn, "serf: Failed to re-join any previously known node");
  const auto [name, address] = std::move(rejoining_.back());
  rejoining_.pop_back();
  turn.note(Level::info, "serf: Attempting re-join to previously known node: " + name + ": " + address.text());
  open(turn, {Purpose::rejoin, address, name, turn.now + pool_.config().profile.tcp_timeout, {}, {}, {}});
}

void Exchanges::reconnect(Turn& turn, const Member& member) {
  open(
      turn,
      {Purpose::reconnect, member.address(), member.name(), turn.now + pool_.config().profile.tcp_timeout, {}, {}, {}});
}

void Exchanges::ping(Turn& turn, const Swim::TcpPing& ping) {
  open(turn, {Purpose::ping, ping.address, ping.target, ping.deadline, {}, ping.seq_no, {}});
}

void Exchanges::on(Turn& turn, const StreamAccepted& event) {
  if (sessions_.contains(event.stream)) return;
  if (served_ >= max_inbound_streams) {
    turn.note(Level::error, "memberlist: Too many streams, refusing from=" + event.from.text());
    turn.out.push_back(CloseStream{event.stream});
    return;
  }
  ++served_;
  Session session{Purpose::serve, event.from, {}, turn.now + pool_.config().profile.tcp_timeout, {}, {}, {}};
  session.decoder = serf::StreamDecoder(&pool_.outbox().security(), serf::StreamEnd::dialling);
  sessions_.emplace(event.stream, std::move(session));
}

void Exchanges::on(Turn& turn, const StreamConnected& event) {
  const auto at = sessions_.find(event.stream);
  if (at == sessions_.end()) return;
  const Session& session = at->second;
  const Config& config = pool_.config();
  if (session.purpose == Purpose::ping) {
    const serf::Ping ping{session.seq_no.value, session.name, config.advertise.ip, config.advertise.port, config.name};
    return send(turn, event.stream, session, serf::encode(ping));
  }
  send_state(turn, event.stream, session, session.purpose != Purpose::sync);
}

void Exchanges::on(Turn& turn, const StreamFailed& event) {
  const auto at = sessions_.find(event.stream);
  if (at == sessions_.end()) return;
  const Session session = {at->second.purpose, at->second.peer, at->second.name, {}, at->second.request, {}, {}};
  drop(at);
  conclude(turn, session, event.reason.empty() ? "connection failed" : event.reason);
}

void Exchanges::on(Turn& turn, const StreamClosed& event) { on(turn, StreamFailed{event.stream, "EOF"}); }

void Exchanges::on(Turn& turn, const StreamReceived& event) {
  const auto at = sessions_.find(event.stream);
  if (at == sessions_.end()) return;
  Session& session = at->second;
  held_bytes_ -= session.decoder.held();
  session.received += event.bytes.size();
  auto step = session.decoder.feed(event.bytes);
  held_bytes_ += session.decoder.held();
  const bool serving = session.purpose == Purpose::serve;
  if (!step) {
    const std::string text = serf::error_reply_text(step.error(), session.decoder.algorithm());
    if (!serving) return finish(turn, at, text);
    turn.note(Level::error, "memberlist: failed to receive: " + text + " from=" + session.peer.text());
    send(turn, event.stream, session, serf::encode(serf::ErrorReply{text}));
    return close(turn, at);
  }
  if (!*step) {
    if (held_bytes_ <= max_inbound_bytes) return;
    // All streams together hold too much: the one that went over the limit pays.
    turn.note(Level::error, "memberlist: Too much is being received, refusing from=" + session.peer.text());
    return finish(turn, at, "too much is being received");
  }
  if (std::holds_alternative<serf::PushPull>(**step))
    pool_.outbox().counts().states_received.add(static_cast<double>(session.received));
  if (serving)
    serve(turn, at, std::move(**step));
  else
    answered(turn, at, std::move(**step));
}

void Exchanges::serve(Turn& turn, Sessions::iterator at, serf::StreamMessage message) {
  const StreamId stream = at->first;
  const Address peer = at->second.peer;
  if (const auto* ping = std::get_if<serf::Ping>(&message)) {
    if (ping->node.empty() || ping->node == pool_.config().name)
      send(turn, stream, at->second, serf::encode(serf::Ack{ping->seq_no, std::nullopt}));
    else
      turn.note(Level::warn, "memberlist: Got ping for unexpected node from=" + peer.text());
  } else if (auto* state = std::get_if<serf::PushPull>(&message)) {
    // Ours first, as it was: the other merges what we knew before, and objects to it.
    send_state(turn, stream, at->second, state->join);
    close(turn, at);
    const bool join = state->join;
    if (const auto refused = pool_.merge(turn, std::move(*state), join))
      turn.note(Level::error, "memberlist: Failed push/pull merge: " + *refused + " from=" + peer.text());
    return;
  } else if (const auto* user = std::get_if<serf::User>(&message)) {
    pool_.user_message(turn, user->bytes);
  }
  close(turn, at);
}

void Exchanges::answered(Turn& turn, Sessions::iterator at, serf::StreamMessage message) {
  const bool pinging = at->second.purpose == Purpose::ping;
  if (const auto* error = std::get_if<serf::ErrorReply>(&message))
    return finish(turn, at, "remote error: " + error->text.substr(0, max_name_bytes));
  if (const auto* ack = std::get_if<serf::Ack>(&message); ack != nullptr && pinging) {
    if (SeqNo{ack->seq_no} == at->second.seq_no) pool_.swim().tcp_contact(at->second.seq_no);
    return finish(turn, at, {});
  }
  auto* state = std::get_if<serf::PushPull>(&message);
  if (state == nullptr || pinging) return finish(turn, at, "an unexpected message came back");
  const bool join = at->second.purpose != Purpose::sync;
  finish(turn, at, pool_.merge(turn, std::move(*state), join).value_or(""));
}

void Exchanges::tick(Turn& turn) {
  std::vector<StreamId> late;
  for (const auto& [stream, session] : sessions_)
    if (turn.now >= session.ends) late.push_back(stream);
  for (const StreamId stream : late) finish(turn, sessions_.find(stream), "i/o timeout");
  if (turn.now < next_sync_) return;
  next_sync_ = Instant::never();
  const Profile& profile = pool_.config().profile;
  sync_stagger_end_ = turn.now + profile.push_pull_interval * sync_interval_scale(pool_.swim().table().living());
  const Node* peer = pool_.swim().random_peer(turn);
  if (peer == nullptr) return;
  turn.note(Level::debug, "memberlist: Initiating push/pull sync with: " + peer->name() + " " + peer->address().text());
  open(turn, {Purpose::sync, peer->address(), peer->name(), turn.now + profile.tcp_timeout, {}, {}, {}});
}

void Exchanges::arm(Turn& turn) {
  if (!pool_.swim().has_living_peers())
    next_sync_ = Instant::never();
  else if (next_sync_ == Instant::never())
    next_sync_ = std::max(sync_stagger_end_, turn.now);
}

Instant Exchanges::deadline() const {
  Instant next = next_sync_;
  for (const auto& [stream, session] : sessions_) next = std::min(next, session.ends);
  return next;
}

}  // namespace core::gossip
