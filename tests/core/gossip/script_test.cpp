// One member against scripted others: tests/core/gossip/*.script.
//
// `configure` comes before all else: keys=a,b (a letter stands for a key), resolve-names=yes, snapshot=TEXT with '_'
// for blanks and ';' for line ends.
//
// Commands: the messages a datagram may bring, what happens to streams, the operator's requests, `run for=DURATION`
// (every deadline within it; lines carry the time since the start) and `members`.
#include <sstream>

#include <gtest/gtest.h>

#include "core/gossip/gossip.hpp"
#include "core/wire/serf/filter.hpp"
#include "core/wire/serf/message.hpp"
#include "core/wire/serf/packet.hpp"
#include "core/wire/serf/seal.hpp"
#include "core/wire/serf/serf_message.hpp"
#include "tests/core/gossip/describe.hpp"
#include "tests/support/script.hpp"

namespace tests {
namespace {

using namespace core;
using namespace core::gossip;
namespace serf = core::wire::serf;

const std::string six_versions("\x01\x05\x02\x02\x05\x04", 6);

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

class Stage {
 public:
  Stage() {
    config_.name = "a";
    config_.advertise = *Address::parse("127.0.0.1:1");
    config_.profile = Profile::lan();
    config_.merge_rule = MergeRule::any;
  }

  std::string answer(const Command& command) {
    out_.clear();
    now_ += time_passed(command);
    if (command.verb == "configure") return configure(command);
    if (command.verb == "run") return run(command.duration("for"));
    if (command.verb == "members") return members();
    tell(to_event(command));
    return out_;
  }

 private:
  static std::string key(std::string_view letter) { return std::string(16, letter.at(0)); }

  std::string configure(const Command& command) {
    for (const std::string& letter : split(command.get("keys"))) {
      config_.keys.push_back(key(letter));
      EXPECT_TRUE(security_.keyring.add(key(letter)));
    }
    // Whatever comes to be the primary key, the script reads what is sent.
    if (!config_.keys.empty()) {
      for (char letter = 'a'; letter <= 'z'; ++letter) {
        EXPECT_TRUE(security_.keyring.add(key(std::string(1, letter))));
      }
    }
    config_.keyring_file = command.get("keyring-file") == "yes";
    config_.resolve_name_conflicts = command.get("resolve-names") == "yes";
    config_.keep_snapshot = command.values.contains("snapshot");
    for (const char c : command.get("snapshot")) config_.snapshot += c == '_' ? ' ' : c == ';' ? '\n' : c;
    config_.rejoin_after_leave = command.get("rejoin-after-leave") == "yes";
    return {};
  }

  Gossip& gossip() {
    if (!gossip_) gossip_.emplace(config_, Rng(1));
    return *gossip_;
  }

  /// Ids of queries are drawn: answers have to bear those we saw go out.
  void remember_queries(const Effect& effect) {
    const auto* sent = std::get_if<SendDatagram>(&effect);
    if (sent == nullptr) return;
    for (const auto& message : serf::decode_packet(sent->bytes, security_).messages) {
      const auto* user = std::get_if<serf::User>(&message);
      const auto known = user == nullptr ? serf::decode_serf_message("") : serf::decode_serf_message(user->bytes);
      const auto* query = known ? std::get_if<serf::Query>(&*known) : nullptr;
      if (query != nullptr) query_ids_[query->ltime] = query->id;
    }
  }

  void tell(const Event& event, bool with_time = false) {
    std::vector<Effect> effects;
    gossip().handle(now_, event, effects);
    for (const Effect& effect : effects) {
      remember_queries(effect);
      if (with_time) out_ += std::to_string(now_.ns / 1000000) + "ms ";
      out_ += describe(effect, security_) + "\n";
    }
  }

  std::string run(Duration time) {
    const Instant end = now_ + time;
    while (gossip().deadline() <= end) {
      now_ = std::max(now_, gossip().deadline());
      tell(Woken{}, true);
    }
    now_ = end;
    return out_;
  }

  std::string members() {
    for (const Member& member : gossip().members()) {
      out_ += member.name() + " " + member.address().text() + " " + to_string(member.status) +
              " inc=" + std::to_string(member.incarnation.value) +
              " ltime=" + std::to_string(member.status_ltime.value);
      for (const auto& [key, value] : member.tags()) out_ += " " + key + "=" + value;
      out_ += "\n";
    }
    return out_;
  }

  static serf::NodeState node_state(const std::string& text) {
    // name:port:incarnation:state
    std::istringstream in(text);
    std::string name, port, incarnation, state;
    std::getline(in, name, ':');
    std::getline(in, port, ':');
    std::getline(in, incarnation, ':');
    std::getline(in, state, ':');
    const int number = state == "alive" ? 0 : state == "suspect" ? 1 : state == "dead" ? 2 : 3;
    return {name,
            std::string("\x7f\0\0\1", 4),
            static_cast<std::uint16_t>(std::stoi(port)),
            "\xff\x80",
            static_cast<std::uint32_t>(std::stoul(incarnation)),
            number,
            six_versions};
  }

  static std::string push_pull(const Command& command) {
    serf::PushPull state;
    state.join = command.get("join") == "yes";
    for (const auto& node : split(command.get("nodes"))) state.nodes.push_back(node_state(node));
    serf::SerfState serf_state;
    serf_state.ltime = command.number("ltime", 1);
    for (const auto& entry : split(command.get("status"))) {
      const auto colon = entry.find(':');
      serf_state.status_ltimes.emplace_back(entry.substr(0, colon), std::stoull(entry.substr(colon + 1)));
    }
    serf_state.left_members = split(command.get("left"));
    serf_state.event_ltime = serf_state.query_ltime = 1;
    state.user_state = serf::encode(serf_state);
    return serf::encode(state);
  }

  std::string query_message(const Command& c) const {
    serf::Query query;
    query.ltime = c.number("ltime");
    query.id = static_cast<std::uint32_t>(c.number("id"));
    query.address = std::string("\x7f\0\0\1", 4);
    query.port = static_cast<std::uint16_t>(c.number("port"));
    query.source_node = c.get("from");
    query.flags = (c.get("ack") == "yes" ? 1u : 0u) | (c.get("once") == "yes" ? 2u : 0u);
    query.relay_factor = static_cast<std::uint8_t>(c.number("relay"));
    query.timeout_ns = c.duration("timeout", 3s).count();
    query.name = c.args.at(0);
    query.payload = c.get("payload");
    if (c.values.contains("nodes")) query.filters.push_back(serf::encode(serf::NodeFilter{split(c.get("nodes"))}));
    if (c.values.contains("tag"))
      query.filters.push_back(serf::encode(serf::TagFilter{c.get("tag"), c.get("expression")}));
    if (c.values.contains("key")) query.payload = serf::encode(serf::KeyRequest{key(c.get("key"))});
    return serf::encode(query);
  }

  std::string response_message(const Command& c) const {
    serf::QueryResponse response{c.number("ltime"), 0, c.get("from"), c.get("ack") == "yes" ? 1u : 0u,
                                 c.get("payload")};
    const auto known = query_ids_.find(response.ltime);
    response.id = known == query_ids_.end() ? 0 : known->second;
    if (c.values.contains("owner-port")) {
      serf::MemberDescription owner;
      owner.name = "a";
      owner.address = std::string("\x7f\0\0\1", 4);
      owner.port = static_cast<std::uint16_t>(c.number("owner-port"));
      response.payload = serf::encode(serf::ConflictResponse{owner});
    }
    if (c.values.contains("result"))
      response.payload = serf::encode(serf::KeyResponse{c.get("result") == "yes", c.get("message"), std::nullopt, {}});
    const std::string bytes = serf::encode(response);
    if (!c.values.contains("relay-to")) return bytes;
    return serf::encode(
        serf::Relay{std::string("\x7f\0\0\1", 4), static_cast<std::int64_t>(c.number("relay-to")), {}, "x", bytes});
  }

  std::string message(const Command& c) const {
    const std::string name = c.args.empty() ? "" : c.args[0];
    const auto incarnation = static_cast<std::uint32_t>(c.number("inc", 1));
    const auto seq = static_cast<std::uint32_t>(c.number("seq"));
    const auto port = static_cast<std::uint16_t>(c.number("port"));
    const std::string loopback("\x7f\0\0\1", 4);
    const auto user = [](std::string bytes) { return serf::encode(serf::User{std::move(bytes)}); };
    if (c.verb == "ping") return serf::encode(serf::Ping{seq, name, {}, 0, {}});
    if (c.verb == "ping-req")
      return serf::encode(serf::IndirectPing{seq, loopback, port, name, c.get("nack") == "yes", {}, 0, {}});
    if (c.verb == "ack") return serf::encode(serf::Ack{seq, {}});
    if (c.verb == "nack") return serf::encode(serf::Nack{seq});
    if (c.verb == "suspect") return serf::encode(serf::Suspect{incarnation, name, c.get("from")});
    if (c.verb == "dead") return serf::encode(serf::Dead{incarnation, name, c.get("from")});
    if (c.verb == "alive")
      return serf::encode(serf::Alive{incarnation, name, loopback, port,
                                      c.get("role").empty() ? "\xff\x80" : serf::encode_tags({{"role", c.get("role")}}),
                                      six_versions});
    if (c.verb == "user-event")
      return user(serf::encode(serf::UserEvent{c.number("ltime"), name, c.get("payload"), false}));
    if (c.verb == "asked") return user(query_message(c));
    if (c.verb == "response") return user(response_message(c));
    if (c.verb == "join-intent") return user(serf::encode(serf::JoinIntent{c.number("ltime"), name}));
    if (c.verb == "leave-intent")
      return user(serf::encode(serf::LeaveIntent{c.number("ltime"), name, c.get("prune") == "yes"}));
    return {};
  }

  static KeyOperation operation(const std::string& name) {
    return name == "install"  ? KeyOperation::install
           : name == "use"    ? KeyOperation::use
           : name == "remove" ? KeyOperation::remove
                              : KeyOperation::list;
  }

  Event to_event(const Command& c) {
    const StreamId stream{c.number("stream")};
    if (c.verb == "accept") return StreamAccepted{stream, Address::parse("127.0.0.1:9").value()};
    if (c.verb == "connected") return StreamConnected{stream};
    if (c.verb == "refused") return StreamFailed{stream, "connect: connection refused"};
    if (c.verb == "closed") return StreamClosed{stream};
    if (c.verb == "push-pull") return StreamReceived{stream, push_pull(c)};
    if (c.verb == "stream-ack")
      return StreamReceived{stream, serf::encode(serf::Ack{static_cast<std::uint32_t>(c.number("seq")), {}})};
    if (c.verb == "stream-ping")
      return StreamReceived{
          stream, serf::encode(serf::Ping{static_cast<std::uint32_t>(c.number("seq")), c.args.at(0), {}, 0, {}})};
    if (c.verb == "join") {
      std::vector<Address> addresses;
      for (const auto& text : c.args) addresses.push_back(Address::parse(text).value());
      return JoinRequested{RequestId{c.number("request", 1)}, addresses};
    }
    if (c.verb == "leave") return LeaveRequested{};
    if (c.verb == "force-leave") return ForceLeaveRequested{c.args.at(0), c.get("prune") == "yes"};
    if (c.verb == "tags") return TagsChanged{c.values};
    if (c.verb == "start") return Woken{};
    if (c.verb == "event") return UserEventRequested{c.args.at(0), c.get("payload"), false};
    if (c.verb == "query") {
      QueryRequested query{RequestId{c.number("request", 1)},
                           c.args.at(0),
                           c.get("payload"),
                           split(c.get("nodes")),
                           {},
                           c.get("ack") == "yes",
                           static_cast<std::uint8_t>(c.number("relay")),
                           {}};
      if (c.values.contains("tag")) query.tags[c.get("tag")] = c.get("expression");
      return query;
    }
    if (c.verb == "reply") return QueryReplied{QueryId{c.number("id")}, c.get("payload")};
    if (c.verb == "keys")
      return KeysRequested{RequestId{c.number("request", 1)}, operation(c.args.at(0)),
                           c.values.contains("key") ? key(c.get("key")) : "", 0};
    if (c.verb == "keyring-written") return KeyringWritten{c.get("error")};
    const std::string bytes = message(c);
    if (bytes.empty()) throw std::invalid_argument("unknown command " + c.verb);
    const auto from = static_cast<std::uint16_t>(c.number("via", 9));
    serf::Security sender = security_;
    if (c.values.contains("sealed")) {
      static_cast<void>(sender.keyring.add(key(c.get("sealed"))));
      static_cast<void>(sender.keyring.use(key(c.get("sealed"))));
    }
    if (c.get("sealed") == "no") sender.keyring = {};
    return DatagramReceived{Address::parse("127.0.0.1", from).value(), serf::wrap_packet(bytes, {}, sender, {})};
  }

  Instant now_;
  Config config_;
  serf::Security security_;  // all keys the script knows
  std::optional<Gossip> gossip_;
  std::map<std::uint64_t, std::uint32_t> query_ids_;  // by Lamport time
  std::string out_;
};

class GossipScript : public testing::TestWithParam<std::string> {};

TEST_P(GossipScript, DoesWhatTheScriptSays) {
  Stage stage;
  run_script(GetParam(), [&](const Command& command) { return stage.answer(command); });
}

INSTANTIATE_TEST_SUITE_P(Gossip, GossipScript, testing::ValuesIn(scripts_in("tests/core/gossip")));

}  // namespace
}  // namespace tests
