#include "core/gossip/pool.hpp"

#include "core/wire/serf/packet.hpp"

namespace core::gossip {

void Pool::start(Turn& turn) {
  swim_.start(turn);
  if (config_.coordinates) swim_.set_ack_payload(wire::serf::encode_coordinate(coordinates_.own()));
  serf_.start(turn);
  pass_on(turn);
}

void Pool::pass_on(Turn& turn) {
  for (const Swim::Change& change : swim_.take_changes()) {
    const Node* node = swim_.find(change.name);
    switch (change.kind) {
      case Swim::Change::Kind::joined:
        serf_.node_joined(turn, *node);
        break;
      case Swim::Change::Kind::updated:
        serf_.node_updated(turn, *node);
        break;
      case Swim::Change::Kind::refreshed:
        serf_.node_refreshed(*node);
        break;
      case Swim::Change::Kind::left:
        serf_.node_left(turn, *node);
        break;
      case Swim::Change::Kind::name_conflict:
        serf_.name_conflict(turn, *node);
        break;
    }
  }
  for (const std::string& name : serf_.take_forgotten()) swim_.forget(turn, name);
  swim_.set_serf_members(serf_.members().size());
}

void Pool::measure(Turn& turn) {
  const auto trip = swim_.take_round_trip();
  if (!config_.coordinates || !trip) return;
  if (RoundTrips* before = swim_.round_trips_to(trip->name))
    if (const auto theirs = wire::serf::decode_coordinate(trip->payload)) {
      const wire::serf::Coordinate stood = coordinates_.own();
      coordinates_.update(turn.rng, *before, *theirs, trip->time);
      outbox_.counts().moved.add(Coordinates::distance(stood, coordinates_.own()) * 1e3);
    }
  swim_.set_ack_payload(wire::serf::encode_coordinate(coordinates_.own()));
}

void Pool::datagram(Turn& turn, const Address& from, std::string_view bytes) {
  wire::serf::Packet packet = wire::serf::decode_packet(bytes, outbox_.security());
  // While a pool forms, a packet is of two dozen members, rows of a table of megabytes: they are fetched together.
  if (packet.messages.size() > 1)
    for (const wire::serf::Message& message : packet.messages)
      if (const auto* alive = std::get_if<wire::serf::Alive>(&message)) swim_.expect(alive->node);
  for (wire::serf::Message& message : packet.messages) {
    std::visit(
        [&](auto& known) {
          if constexpr (std::is_same_v<std::decay_t<decltype(known)>, wire::serf::User>)
            serf_.user_message(turn, known.bytes);
          else
            swim_.on(turn, from, std::move(known));
        },
        message);
    // Serf hears of each change before the next message: an intent may follow its member in one packet.
    pass_on(turn);
  }
  measure(turn);
  // One line a packet, however much rubbish is in it.
  if (!packet.refused.empty()) {
    const auto& first = packet.refused.front();
    turn.complain(Level::warn, "memberlist: msg type (" + std::to_string(first.type) +
                                   ") refused: " + describe(first.error) + " from=" + from.text());
  }
}

std::string Pool::push_pull(bool join) const {
  const std::string user_state = serf_.state();
  std::string message = wire::serf::encode_push_pull_header(join, swim_.table().size(), user_state.size());
  swim_.append_states(message);
  return message += user_state;
}

std::optional<std::string> Pool::merge(Turn& turn, wire::serf::PushPull state, bool join) {
  if (auto complaint = incompatible(swim_.table(), state.nodes)) return complaint;
  if (join)
    for (const wire::serf::NodeState& node : state.nodes)
      if (auto refusal = refused_by_rule(config_.merge_rule, node.name, node.meta)) return refusal;
  swim_.merge(turn, std::move(state.nodes));
  pass_on(turn);
  serf_.merge(turn, state.user_state);
  pass_on(turn);
  return std::nullopt;
}

void Pool::set_tags(Turn& turn, const std::map<std::string, std::string>& tags) {
  std::string meta = wire::serf::encode_tags(tags);
  if (meta.size() > wire::serf::max_meta_bytes)
    return turn.note(Level::error, "serf: Encoded length of tags exceeds limit of " +
                                       std::to_string(wire::serf::max_meta_bytes) + " bytes");
  config_.tags = tags;
  swim_.set_meta(turn, std::move(meta));
  pass_on(turn);
}

bool Pool::leave_swim(Turn& turn) {
  const bool heard = swim_.leave(turn);
  pass_on(turn);
  return heard;
}

std::optional<Member> Pool::tick(Turn& turn) {
  swim_.tick(turn);
  pass_on(turn);
  auto lost = serf_.tick(turn);
  pass_on(turn);
  return lost;
}

void Pool::arm(Instant now) {
  swim_.arm(now);
  serf_.arm(now);
}

}  // namespace core::gossip
