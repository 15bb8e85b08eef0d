#include <algorithm>

#include "core/base/mutant.hpp"
#include "core/gossip/swim.hpp"
#include "core/wire/serf/packet.hpp"

namespace core::gossip {
namespace {

constexpr std::uint8_t nack_since = 4;      // memberlist protocol that knows nacks
constexpr std::uint8_t tcp_ping_since = 3;  // and pings over TCP

}  // namespace

wire::serf::Ping Swim::ping_of_ours(SeqNo seq_no, std::string node) const {
  return {seq_no.value, std::move(node), config_.advertise.ip, config_.advertise.port, config_.name};
}

void Swim::start_probe(Turn& turn) {
  const auto worth = [&](const Node& node) { return node.living() && &node != self_; };
  // The gone stay until Serf reaps them, so that old news cannot bring them back.
  Node* target = table_.next_to_probe(turn.rng, worth);
  if (target == nullptr) return;
  const SeqNo seq_no = ++last_seq_no_;
  const bool trusts_itself = base::mutant("K40");
  const Duration length =
      trusts_itself ? config_.profile.probe_interval : awareness_.scale(config_.profile.probe_interval);
  if (length > config_.profile.probe_interval) outbox_.counts().slow_probes.add();
  prober_.open({target->name(), seq_no, turn.now, turn.now + config_.profile.probe_timeout, turn.now + length});
  std::string ping = wire::serf::encode(ping_of_ours(seq_no, target->name()));
  if (target->state != NodeState::suspect || !config_.profile.tell_suspects_first)
    return send(turn, target->address(), std::move(ping));
  // The suspect is the first to be told, so that it can object at once (Lifeguard's buddy system).
  std::string accusation =
      wire::serf::encode(wire::serf::Suspect{target->incarnation.value, target->name(), config_.name});
  std::string packet = wire::serf::compound({std::move(ping), std::move(accusation)});
  outbox_.send(turn, target->address(), std::move(packet), target->versions().protocol_max >= crc_since);
}

void Swim::ask_helpers(Turn& turn) {
  const Prober::Round round = *prober_.round();
  const Node* target = table_.find(round.target);
  int nacks = 0;
  if (target != nullptr) {
    const auto can_help = [&](const Node& node) {
      return node.state == NodeState::alive && &node != self_ && &node != target;
    };
    for (const Node* helper :
         table_.pick(turn.rng, static_cast<std::size_t>(config_.profile.indirect_checks), can_help)) {
      const bool nack = helper->versions().protocol_max >= nack_since;
      nacks += nack ? 1 : 0;
      const wire::serf::IndirectPing request{round.seq_no.value,
                                             target->address().ip,
                                             target->address().port,
                                             target->name(),
                                             nack,
                                             config_.advertise.ip,
                                             config_.advertise.port,
                                             config_.name};
      send(turn, helper->address(), wire::serf::encode(request));
    }
    if (target->versions().protocol_max >= tcp_ping_since)
      tcp_pings_.push_back({round.seq_no, target->name(), target->address(), round.ends});
  }
  prober_.helpers_asked(nacks);
}

void Swim::end_probe(Turn& turn) {
  const Prober::Round round = prober_.close();
  outbox_.counts().probed.add(turn.now - round.started);
  const Node* target = table_.find(round.target);
  if (round.tcp_contact) {
    awareness_.add(-1);
    turn.note(Level::warn, "memberlist: Was able to connect to " + round.target +
                               " over TCP but UDP probes failed, network may be misconfigured");
    return;
  }
  // Helpers that do not even say nack point at our own network.
  awareness_.add(round.nacks_expected > 0 ? round.nacks_expected - round.nacks : 1);
  if (target == nullptr || !target->living()) return;
  turn.note(Level::info, "memberlist: Suspect " + round.target + " has failed, no acks received");
  suspect(turn, {target->incarnation.value, target->name(), config_.name});
}

void Swim::on(Turn& turn, const Address& from, const wire::serf::Ping& ping) {
  if (!ping.node.empty() && ping.node != config_.name) {
    turn.complain(Level::warn, "memberlist: Got ping for unexpected node '" + ping.node.substr(0, max_name_bytes) +
                                   "' from=" + from.text());
    return;
  }
  if (!turn.may_answer()) return;
  const auto source = Address::from_bytes(ping.source_address, ping.source_port);
  const bool named = source && ping.source_port != 0;
  send(turn, named ? *source : from, wire::serf::encode_ack(ping.seq_no, ack_payload_));
}

void Swim::on(Turn& turn, const Address& from, const wire::serf::IndirectPing& request) {
  const auto target = Address::from_bytes(request.target, request.port);
  if (!target || request.port == 0 || relayed_.size() >= max_relayed_pings || !turn.may_answer()) return;
  const auto source = Address::from_bytes(request.source_address, request.source_port);
  const SeqNo seq_no = ++last_seq_no_;
  relayed_[seq_no] = {source && request.source_port != 0 ? *source : from, SeqNo{request.seq_no}, request.nack,
                      turn.now + config_.profile.probe_timeout};
  send(turn, *target, wire::serf::encode(ping_of_ours(seq_no, request.node)));
}

void Swim::on(Turn& turn, const Address&, wire::serf::Ack&& ack) {
  const SeqNo seq_no{ack.seq_no};
  if (auto round = prober_.ack(seq_no)) {
    awareness_.add(-1);
    outbox_.counts().probed.add(turn.now - round->started);
    // One that came by way of a helper measures nothing.
    if (!round->helpers_asked)
      round_trip_ = {std::move(round->target), turn.now - round->started, std::move(ack.payload).value_or("")};
    return;
  }
  const auto relayed = relayed_.find(seq_no);
  if (relayed == relayed_.end()) return;
  const RelayedPing ping = relayed->second;
  relayed_.erase(relayed);
  send(turn, ping.requester, wire::serf::encode(wire::serf::Ack{ping.requested.value, std::nullopt}));
}

RoundTrips* Swim::round_trips_to(std::string_view name) {
  Node* node = table_.find(name);
  return node == nullptr ? nullptr : &node->round_trips;
}

void Swim::on(Turn&, const Address&, const wire::serf::Nack& nack) { prober_.nack(SeqNo{nack.seq_no}); }

void Swim::expire_relayed_pings(Turn& turn) {
  // In the order of their numbers, which is the order of their deadlines.
  while (!relayed_.empty() && relayed_.begin()->second.expires <= turn.now) {
    const RelayedPing ping = relayed_.begin()->second;
    relayed_.erase(relayed_.begin());
    if (ping.nack) send(turn, ping.requester, wire::serf::encode(wire::serf::Nack{ping.requested.value}));
  }
}

}  // namespace core::gossip
