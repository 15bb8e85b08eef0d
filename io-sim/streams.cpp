// Datagrams, and streams: bytes in order each way, late while the way is cut, broken when it stays cut.
#include <algorithm>

#include "io-sim/world.hpp"

namespace io_sim {

namespace world = core::world;

void World::send_datagram(NodeId from, world::SendDatagram& send) {
  const auto to = node_at(send.to);
  if (!to || send.to.port != serf_port) return;
  const Link& link = network_.link(from, *to);
  const std::uint64_t count = packets(send.bytes.size(), link.mtu, datagram_header_bytes);
  if (count > 1 && !link.fragments) return;
  Chance& chance = nodes_[from]->chance;
  if (chance.network.chance(any_lost(link.loss, count)) || !network_.reaches(from, *to)) return;
  const std::uint64_t sent_bytes = send.bytes.size() + count * datagram_header_bytes;
  const int copies = chance.network.chance(link.duplication) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    const auto queued = network_.transmit(from, *to, link, sent_bytes, true, now_);
    if (!queued) return;
    core::Duration takes = link.latency.draw(chance.latency) + *queued + nodes_[from]->lag;
    if (chance.network.chance(link.reordering)) takes += chance.network.between(core::Duration{}, link.reorder_by);
    deliver(*to, world::DatagramReceived{address(from, serf_port), send.bytes}, now_ + takes);
  }
}

void World::open_stream(NodeId from, const world::OpenStream& open) {
  const std::uint64_t id = ++last_stream_;
  nodes_[from]->streams[open.stream.value] = id;
  const auto to = node_at(open.to);
  Connection stream{.opener = from,
                    .acceptor = to.value_or(from),
                    .opener_life = nodes_[from]->life,
                    .acceptor_life = 0,
                    .opener_id = open.stream.value,
                    .listener = open.to.port == serf_port ? world::Listener::serf : world::Listener::rpc,
                    .to = open.to,
                    .to_acceptor = {},
                    .to_opener = {},
                    .stuck_to_acceptor = {},
                    .stuck_to_opener = {}};
  streams_.emplace(id, std::move(stream));
  if (!to) {
    at(now_ + timings_.connect_timeout, [this, id] { break_stream(id, "connect: no route to host", true, false); });
    return;
  }
  push(id, false, {{}, Chunk::What::connect, ""});
  at(now_ + timings_.connect_timeout, [this, id] {
    const auto found = streams_.find(id);
    if (found != streams_.end() && !found->second.open) break_stream(id, "connect: connection timed out", true, true);
  });
}

void World::send_stream(NodeId node, world::SendStream& send) {
  const auto found = nodes_[node]->streams.find(send.stream.value);
  if (found == nodes_[node]->streams.end()) return;
  const Connection& stream = streams_.at(found->second);
  const bool to_opener = stream.acceptor == node && stream.acceptor_id == send.stream.value;
  push(found->second, to_opener, {{}, Chunk::What::bytes, std::move(send.bytes)});
}

void World::close_stream(NodeId node, world::StreamId id) {
  const auto found = nodes_[node]->streams.find(id.value);
  if (found == nodes_[node]->streams.end()) return;
  const std::uint64_t stream_id = found->second;
  Connection& stream = streams_.at(stream_id);
  const bool to_opener = stream.acceptor == node && stream.acceptor_id == id.value;
  nodes_[node]->streams.erase(found);
  (to_opener ? stream.acceptor_life : stream.opener_life) = 0;
  push(stream_id, to_opener, {{}, Chunk::What::close, "EOF"});
}

// How long until what is lost has been sent again as often as it takes, the ones behind it waiting: after 200 ms, and
// then twice as long each time (RFC 6298). At the connection's own time-out it is given up.
core::Duration World::sent_again(Stream& chance, double loss) const {
  core::Duration out{};
  for (core::Duration wait{200'000'000}; out < timings_.stream_timeout && chance.chance(loss); wait *= 2) out += wait;
  return out;
}

void World::push(std::uint64_t id, bool to_opener, Chunk chunk) {
  Connection& stream = streams_.at(id);
  auto& way = to_opener ? stream.to_opener : stream.to_acceptor;
  const NodeId from = to_opener ? stream.acceptor : stream.opener;
  const NodeId to = to_opener ? stream.opener : stream.acceptor;
  const Link& link = network_.link(from, to);
  const std::uint64_t count = packets(chunk.bytes.size(), link.mtu, segment_header_bytes);
  const auto queued = network_.transmit(from, to, link, chunk.bytes.size() + count * segment_header_bytes, false, now_);
  const core::Duration takes = link.latency.draw(nodes_[from]->chance.latency) + *queued + nodes_[from]->lag;
  const core::Duration again = sent_again(nodes_[from]->chance.network, any_lost(link.loss, count));
  if (again >= timings_.stream_timeout && stream.open)
    at(now_ + timings_.stream_timeout, [this, id] { break_stream(id, "read: connection timed out", true, true); });
  chunk.arrives = now_ + takes + again;
  if (!way.empty()) chunk.arrives = std::max(chunk.arrives, way.back().arrives);
  const TrueTime arrives = chunk.arrives;
  way.push_back(std::move(chunk));
  schedule(arrives, StreamMove{id, to_opener});
}

void World::move(std::uint64_t id, bool to_opener) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  Connection& stream = found->second;
  auto& way = to_opener ? stream.to_opener : stream.to_acceptor;
  auto& stuck = to_opener ? stream.stuck_to_opener : stream.stuck_to_acceptor;
  if (way.empty() || way.front().arrives > now_) return;
  const NodeId from = to_opener ? stream.acceptor : stream.opener;
  const NodeId to = to_opener ? stream.opener : stream.acceptor;
  if (!network_.reaches(from, to) || !nodes_[to]->powered) {
    if (!stuck) stuck = now_;
    if (now_ - *stuck >= timings_.stream_timeout) return break_stream(id, "read: connection timed out", true, true);
    // Sent again now and then, as TCP does.
    schedule(now_ + core::Duration{250'000'000}, StreamMove{id, to_opener});
    return;
  }
  stuck.reset();
  std::vector<Chunk> here;
  while (!way.empty() && way.front().arrives <= now_) {
    here.push_back(std::move(way.front()));
    way.erase(way.begin());
  }
  for (Chunk& chunk : here) {
    const auto still = streams_.find(id);
    if (still == streams_.end()) return;
    arrive(id, still->second, to_opener, std::move(chunk));
  }
}

void World::arrive(std::uint64_t id, Connection& stream, bool to_opener, Chunk chunk) {
  const NodeId to = to_opener ? stream.opener : stream.acceptor;
  const std::uint64_t stream_id = to_opener ? stream.opener_id : stream.acceptor_id;
  const std::uint64_t life = to_opener ? stream.opener_life : stream.acceptor_life;
  Node& node = *nodes_[to];
  switch (chunk.what) {
    case Chunk::What::connect: {
      if (!node.machine) {
        push(id, true, {{}, Chunk::What::close, "connect: connection refused"});
        return;
      }
      stream.acceptor_life = node.life;
      stream.acceptor_id = node.next_accepted;
      node.next_accepted += 2;
      node.streams[stream.acceptor_id] = id;
      stream.open = true;
      const world::StreamAccepted accepted{{stream.acceptor_id}, stream.listener, address(stream.opener, 40000)};
      push(id, true, {{}, Chunk::What::connected, ""});
      receive(to, accepted);
      return;
    }
    case Chunk::What::connected:
      if (life == node.life) receive(to, world::StreamConnected{{stream_id}});
      return;
    case Chunk::What::bytes:
      if (life == node.life && node.machine)
        receive(to, world::StreamReceived{{stream_id}, std::move(chunk.bytes)});
      else if (life != 0 && node.powered)  // a machine that came back knows nothing of the old connection
        push(id, !to_opener, {{}, Chunk::What::close, "read: connection reset by peer"});
      return;
    case Chunk::What::close:
      streams_.erase(id);
      if (life != node.life || !node.machine) return;
      node.streams.erase(stream_id);
      receive(to, world::StreamClosed{{stream_id}, std::move(chunk.bytes)});
      return;
  }
}

void World::break_stream(std::uint64_t id, const std::string& reason, bool tell_opener, bool tell_acceptor) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  const Connection stream = std::move(found->second);
  streams_.erase(found);
  const auto tell = [&](NodeId to, std::uint64_t life, std::uint64_t stream_id) {
    Node& node = *nodes_[to];
    if (life == 0 || node.life != life || !node.machine || node.streams.erase(stream_id) == 0) return;
    deliver(to, world::StreamClosed{{stream_id}, reason}, now_);
  };
  if (tell_opener) tell(stream.opener, stream.opener_life, stream.opener_id);
  if (tell_acceptor && stream.acceptor_id != 0) tell(stream.acceptor, stream.acceptor_life, stream.acceptor_id);
}

void World::break_streams_of(NodeId node, bool peers_hear) {
  std::vector<std::uint64_t> theirs;
  for (const auto& [own, id] : nodes_[node]->streams) theirs.push_back(id);
  std::sort(theirs.begin(), theirs.end());
  for (const std::uint64_t id : theirs) {
    const auto found = streams_.find(id);
    if (found == streams_.end()) continue;
    Connection& stream = found->second;
    const bool to_opener = stream.acceptor == node && stream.acceptor_life == nodes_[node]->life;
    if (peers_hear) {
      (to_opener ? stream.acceptor_life : stream.opener_life) = 0;
      // The kernel closes what the process held open: the other side hears it, when the way is open.
      push(id, to_opener, {{}, Chunk::What::close, "read: connection reset by peer"});
    } else {
      at(now_ + timings_.stream_timeout, [this, id] { break_stream(id, "read: connection timed out", true, true); });
    }
  }
}

}  // namespace io_sim
