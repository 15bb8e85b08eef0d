#include "tests/core/gossip/describe.hpp"

#include <algorithm>
#include <cstdint>

#include "core/wire/serf/packet.hpp"
#include "core/wire/serf/serf_message.hpp"
#include "core/wire/serf/stream.hpp"

namespace tests {
namespace {

namespace serf = core::wire::serf;
namespace gossip = core::gossip;

std::string num(std::uint64_t value) { return std::to_string(value); }
const char* state_name(std::int64_t state) {
  static constexpr const char* names[] = {"alive", "suspect", "dead", "left"};
  return state >= 0 && state < 4 ? names[state] : "?";
}

std::string text(const serf::LeaveIntent& m) {
  return "leave-intent " + m.node + " ltime=" + num(m.ltime) + (m.prune ? " prune" : "");
}
std::string text(const serf::JoinIntent& m) { return "join-intent " + m.node + " ltime=" + num(m.ltime); }
std::string text(const serf::UserEvent& m) { return "user-event " + m.name + " ltime=" + num(m.ltime); }
std::string text(const serf::Query& m) { return "query " + m.name + " ltime=" + num(m.ltime); }
std::string text(const serf::QueryResponse& m) {
  return "query-response ltime=" + num(m.ltime) + " from=" + m.from + ((m.flags & 1) != 0 ? " ack" : "");
}
std::string serf_text(const std::string& bytes);
std::string text(const serf::Relay& m) { return "relay to=" + m.destination + " " + serf_text(m.message); }
std::string text(const serf::SerfState& m) {
  std::string line = "ltime=" + num(m.ltime) + " status={";
  for (const auto& [name, ltime] : m.status_ltimes) line += " " + name + ":" + num(ltime);
  line += " } left={";
  for (const auto& name : m.left_members) line += " " + name;
  return line + " } slots=" + num(m.events.size());
}
template <class T>
std::string text(const T&) {
  return "another serf message";
}

std::string serf_text(const std::string& bytes) {
  const auto message = serf::decode_serf_message(bytes);
  return message ? std::visit([](const auto& m) { return text(m); }, *message) : serf::describe(message.error());
}

struct MessageText {
  std::string operator()(const serf::Ping& m) const { return "ping " + m.node + " seq=" + num(m.seq_no); }
  std::string operator()(const serf::IndirectPing& m) const {
    return "ping-req " + m.node + " seq=" + num(m.seq_no) + (m.nack ? " nack" : "");
  }
  std::string operator()(const serf::Ack& m) const { return "ack seq=" + num(m.seq_no); }
  std::string operator()(const serf::Nack& m) const { return "nack seq=" + num(m.seq_no); }
  std::string operator()(const serf::Suspect& m) const {
    return "suspect " + m.node + " inc=" + num(m.incarnation) + " from=" + m.from;
  }
  std::string operator()(const serf::Dead& m) const {
    return "dead " + m.node + " inc=" + num(m.incarnation) + " from=" + m.from;
  }
  std::string operator()(const serf::Alive& m) const {
    return "alive " + m.node + " inc=" + num(m.incarnation) + " port=" + num(m.port);
  }
  std::string operator()(const serf::User& m) const { return serf_text(m.bytes); }
  std::string operator()(const serf::ErrorReply& m) const { return "error " + m.text; }
  std::string operator()(const serf::PushPull& m) const {
    std::string line = std::string("push-pull") + (m.join ? " join" : "") + " nodes={";
    // Sorted: a push/pull lists them in the order in which they are probed.
    std::vector<std::string> nodes;
    for (const auto& node : m.nodes)
      nodes.push_back(" " + node.name + ":" + num(node.incarnation) + ":" + state_name(node.state));
    std::sort(nodes.begin(), nodes.end());
    for (const auto& node : nodes) line += node;
    return line + " } " + serf_text(m.user_state);
  }
};

/// Lines of a file, joined.
std::string one_line(const std::string& lines) {
  std::string line;
  for (const char c : lines) line += c == '\n' ? std::string("; ") : std::string(1, c);
  return line;
}

std::string packet_text(const std::string& bytes, const serf::Security& security) {
  std::string line;
  const serf::Packet packet = serf::decode_packet(bytes, security);
  for (const auto& message : packet.messages) line += (line.empty() ? "" : " + ") + std::visit(MessageText{}, message);
  return packet.refused.empty() ? line : line + " UNREADABLE";
}

std::string stream_text(const std::string& bytes, const serf::Security& security) {
  serf::StreamDecoder decoder(&security, serf::StreamEnd::dialling);
  const auto message = decoder.feed(bytes);
  return message && *message ? std::visit(MessageText{}, **message) : "UNREADABLE";
}

struct EffectText {
  const serf::Security& security;
  std::string operator()(const gossip::SendDatagram& e) const {
    return "send :" + num(e.to.port) + " " + packet_text(e.bytes, security);
  }
  std::string operator()(const gossip::OpenStream& e) const {
    return "open " + num(e.stream.value) + " :" + num(e.to.port);
  }
  std::string operator()(const gossip::SendStream& e) const {
    return "write " + num(e.stream.value) + " " + stream_text(e.bytes, security);
  }
  std::string operator()(const gossip::CloseStream& e) const { return "close " + num(e.stream.value); }
  std::string operator()(const gossip::MemberJoined& e) const { return "joined " + e.member.name(); }
  std::string operator()(const gossip::MemberLeft& e) const { return "left " + e.member.name(); }
  std::string operator()(const gossip::MemberFailed& e) const { return "failed " + e.member.name(); }
  std::string operator()(const gossip::MemberUpdated& e) const { return "updated " + e.member.name(); }
  std::string operator()(const gossip::MemberReaped& e) const { return "reaped " + e.member.name(); }
  std::string operator()(const gossip::JoinFinished& e) const {
    std::string line = "join-finished " + num(e.request.value) + " joined=" + num(e.joined);
    for (const auto& error : e.errors) line += " [" + error + "]";
    return line;
  }
  std::string operator()(const gossip::UserEventReceived& e) const {
    return "event " + e.name + " ltime=" + num(e.time.value) + (e.payload.empty() ? "" : " payload=" + e.payload);
  }
  std::string operator()(const gossip::QueryReceived& e) const {
    return "asked " + num(e.query.value) + " " + e.name + " by " + e.from + " payload=" + e.payload;
  }
  std::string operator()(const gossip::QueryAcked& e) const {
    return "acked " + num(e.request.value) + " by " + e.from;
  }
  std::string operator()(const gossip::QueryAnswered& e) const {
    return "answered " + num(e.request.value) + " by " + e.from + ": " + e.payload;
  }
  std::string operator()(const gossip::QueryFinished& e) const {
    return "query-finished " + num(e.request.value) + (e.error.empty() ? "" : " [" + e.error + "]");
  }
  std::string operator()(const gossip::KeysFinished& e) const {
    std::string line = "keys-finished " + num(e.request.value) + " nodes=" + num(e.tally.nodes) +
                       " responses=" + num(e.tally.responses) + " errors=" + num(e.tally.errors);
    for (const auto& [key, count] : e.tally.keys) line += " " + key.substr(0, 4) + ":" + num(count);
    for (const auto& [key, count] : e.tally.primary_keys) line += " primary " + key.substr(0, 4) + ":" + num(count);
    for (const auto& [name, message] : e.tally.messages) line += " " + name + ": " + message;
    return line + (e.error.empty() ? "" : " [" + e.error + "]");
  }
  std::string operator()(const gossip::KeyringChanged& e) const {
    std::string line = "keyring";
    for (const auto& key : e.keys) line += " " + key.substr(0, 4);
    return line;
  }
  std::string operator()(const gossip::NameConflictLost&) const { return "name-conflict-lost"; }
  std::string operator()(const gossip::SnapshotAppended& e) const {
    return std::string("append") + (e.sync ? " sync" : "") + " " + one_line(e.bytes);
  }
  std::string operator()(const gossip::SnapshotReplaced& e) const { return "replace " + one_line(e.bytes); }
  std::string operator()(const gossip::Left&) const { return "gone"; }
  std::string operator()(const gossip::Note& e) const { return "log " + e.text; }
};

}  // namespace

std::string describe(const gossip::Effect& effect, const serf::Security& security) {
  return std::visit(EffectText{security}, effect);
}

}  // namespace tests
