#include "simulator/report/labels.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/wire/serf/packet.hpp"

namespace simulator::report {
namespace {

namespace describe = core::describe;
namespace rpc = core::wire::rpc;

// A leader's own clock, which goes along and means nothing to others.
constexpr std::string_view not_shown = "sent_ns";

std::optional<std::uint64_t> number(const describe::Type& type, const void* at) {
  switch (type.kind) {
    case describe::Kind::boolean:
      return *static_cast<const bool*>(at) ? 1 : 0;
    case describe::Kind::integer:
    case describe::Kind::natural:
      if (type.size == 8) return *static_cast<const std::uint64_t*>(at);
      if (type.size == 4) return *static_cast<const std::uint32_t*>(at);
      return std::nullopt;
    case describe::Kind::list:
      return type.list_size(at);
    default:
      return std::nullopt;
  }
}

Family family_of(const core::raft::Message& message) {
  if (std::holds_alternative<core::raft::Heartbeat>(message) ||
      std::holds_alternative<core::raft::HeartbeatReply>(message))
    return Family::heartbeat;
  if (std::holds_alternative<core::raft::RequestPreVote>(message) ||
      std::holds_alternative<core::raft::RequestPreVoteReply>(message) ||
      std::holds_alternative<core::raft::RequestVote>(message) ||
      std::holds_alternative<core::raft::RequestVoteReply>(message) ||
      std::holds_alternative<core::raft::TimeoutNow>(message))
    return Family::election;
  return Family::replication;
}

// The weightiest family comes first in the enumeration.
bool outweighs(const std::vector<MessageKind>& kinds, const Label& a, const Label& b) {
  return kinds[a.kind].family < kinds[b.kind].family;
}

}  // namespace

std::string_view name(Family family) {
  static constexpr std::string_view names[families] = {"elections", "replication", "heartbeats", "calls", "gossip"};
  return names[static_cast<std::size_t>(family)];
}

std::uint16_t Labels::kind(std::string_view name, Family family, std::vector<std::string> fields) {
  const auto found = by_name_.find(name);
  if (found != by_name_.end()) return found->second;
  const auto id = static_cast<std::uint16_t>(kinds_.size());
  kinds_.push_back({std::string(name), family, std::move(fields)});
  by_name_.emplace(name, id);
  return id;
}

Label Labels::plain(std::string_view name, Family family) {
  Label out;
  out.kind = kind(name, family, {});
  return out;
}

Label Labels::of_datagram(std::string_view bytes) {
  const core::wire::serf::Packet packet = core::wire::serf::decode_packet(bytes);
  static constexpr const char* names[] = {"ping", "ping-req", "ack", "nack", "suspect", "alive", "dead", "user event"};
  static_assert(std::size(names) == std::variant_size_v<core::wire::serf::Message>);
  if (packet.messages.empty()) return plain("gossip", Family::gossip);
  Label out = plain(names[packet.messages.front().index()], Family::gossip);
  out.more = static_cast<std::uint16_t>(packet.messages.size() - 1);
  return out;
}

Label Labels::of_body(const rpc::Body& body) {
  const auto* carried = std::get_if<rpc::RaftCarried>(&body);
  const describe::Type& all =
      carried != nullptr ? describe::type_of<core::raft::Message>() : describe::type_of<rpc::Body>();
  const void* const at = carried != nullptr ? static_cast<const void*>(&carried->message) : &body;
  const describe::Type& type = all.alternatives[all.index(at)]();
  const void* const inside = all.alternative(at);
  Label out;
  std::vector<std::string> fields;
  std::size_t count = 0;
  for (const describe::Field& field : type.fields) {
    if (count == Label::most_fields || field.name == not_shown) continue;
    const auto value = number(field.type(), field.in(inside));
    if (!value) continue;
    out.fields[count++] = *value;
    std::string words(field.name);
    std::replace(words.begin(), words.end(), '_', ' ');
    fields.push_back(std::move(words));
  }
  out.kind = kind(type.name, carried != nullptr ? family_of(carried->message) : Family::call, std::move(fields));
  return out;
}

std::optional<Label> Labels::of_stream(rpc::FrameReader& reader, std::string_view bytes) {
  std::vector<rpc::Envelope> envelopes;
  if (!reader.read(bytes, envelopes)) return plain("unreadable", Family::call);
  std::optional<Label> out;
  for (const rpc::Envelope& envelope : envelopes) {
    Label one = of_body(envelope.body);
    if (!out || outweighs(kinds_, one, *out)) out = one;
  }
  if (out) out->more = static_cast<std::uint16_t>(envelopes.size() - 1);
  return out;
}

std::string Labels::text(const Label& label) const {
  const MessageKind& kind = kinds_[label.kind];
  std::string out = kind.name;
  for (std::size_t i = 0; i < kind.fields.size(); ++i)
    out += fmt::format("{}{} {}", i == 0 ? " (" : ", ", kind.fields[i], label.fields[i]);
  if (!kind.fields.empty()) out += ')';
  if (label.more > 0) out += fmt::format(" and {} more", label.more);
  return out;
}

}  // namespace simulator::report
