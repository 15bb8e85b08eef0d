#include <algorithm>

#include "core/base/mutant.hpp"
#include "core/gossip/swim.hpp"
#include "core/wire/serf/packet.hpp"

namespace core::gossip {

namespace serf = wire::serf;

void Swim::take_broadcasts(std::size_t room, serf::Compound& out) {
  broadcasts_.take(room, retransmit_limit(config_.profile.retransmit_mult, table_.size()),
                   retransmit_limit(config_.profile.retransmit_mult, serf_members_), out);
  for (const std::size_t bytes : broadcasts_.take_sent())
    outbox_.counts().messages_sent.add(static_cast<double>(bytes));
}

void Swim::send(Turn& turn, const Address& to, std::string message) {
  if (broadcasts_.empty()) return outbox_.send(turn, to, std::move(message));
  const std::size_t room = outbox_.packet_room();
  const std::size_t used = message.size() + serf::compound_header_bytes;
  serf::Compound packet(room);
  packet.add(message);
  if (used < room) take_broadcasts(room - used, packet);
  outbox_.send(turn, to, packet.take());
}

void Swim::gossip(Turn& turn) {
  const auto worth_telling = [&](const Node& node) {
    if (&node == self_ || node.state == NodeState::left) return false;
    // Whoever is wrongly thought dead hears of it and can object (reference/known-bugs.md, K39).
    if (base::mutant("K39")) return node.living();
    return node.living() || turn.now - node.changed <= config_.profile.gossip_to_the_dead;
  };
  const auto count = static_cast<std::size_t>(config_.profile.gossip_nodes);
  for (const Node* node : table_.next_to_tell(count, worth_telling)) {
    serf::Compound packet(outbox_.packet_room());
    take_broadcasts(outbox_.packet_room() - serf::compound_header_bytes, packet);
    if (packet.parts() == 0) return;
    outbox_.send(turn, node->address(), packet.take(), node->versions().protocol_max >= crc_since);
  }
}

const Node* Swim::random_peer(Turn& turn) {
  const auto picked =
      table_.pick(turn.rng, 1, [&](const Node& node) { return node.state == NodeState::alive && &node != self_; });
  return picked.empty() ? nullptr : picked.front();
}

void Swim::tick(Turn& turn) {
  expire_suspicions(turn);
  expire_relayed_pings(turn);
  switch (prober_.due(turn.now)) {
    case Prober::Due::helpers:
      ask_helpers(turn);
      break;
    case Prober::Due::end:
      end_probe(turn);
      break;
    case Prober::Due::nothing:
      break;
  }
  probe_ticker_.arm(turn.now, !prober_.round() && others() > 0);
  if (!prober_.round() && probe_ticker_.take(turn.now)) start_probe(turn);
  if (gossip_ticker_.take(turn.now)) gossip(turn);
}

void Swim::arm(Instant now) {
  const bool alone = others() == 0;
  probe_ticker_.arm(now, !prober_.round() && !alone);
  gossip_ticker_.arm(now, !broadcasts_.empty() && !alone);
}

Instant Swim::deadline() const {
  Instant next = std::min({prober_.deadline(), probe_ticker_.due(), gossip_ticker_.due()});
  if (!suspicion_ends_.empty()) next = std::min(next, suspicion_ends_.begin()->first);
  if (!relayed_.empty()) next = std::min(next, relayed_.begin()->second.expires);
  return next;
}

}  // namespace core::gossip
