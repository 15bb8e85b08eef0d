// One member against scripted others: tests/core/gossip/*.script.
//
// Commands: the messages a datagram may bring, what happens to streams, the operator's requests, `run for=DURATION`
// (every deadline within it; lines carry the time since the start) and `members`.
#include <sstream>

#include <gtest/gtest.h>

#include "core/gossip/gossip.hpp"
#include "core/wire/serf/message.hpp"
#include "core/wire/serf/packet.hpp"
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
    Config config;
    config.name = "a";
    config.advertise = *Address::parse("127.0.0.1:1");
    config.profile = Profile::lan();
    config.merge_rule = MergeRule::any;
    gossip_.emplace(config, Rng(1));
  }

  std::string answer(const Command& command) {
    out_.clear();
    now_ += time_passed(command);
    if (command.verb == "run") return run(command.duration("for"));
    if (command.verb == "members") return members();
    tell(to_event(command));
    return out_;
  }

 private:
  void tell(const Event& event, bool with_time = false) {
    std::vector<Effect> effects;
    gossip_->handle(now_, event, effects);
    for (const Effect& effect : effects) {
      if (with_time) out_ += std::to_string(now_.ns / 1000000) + "ms ";
      out_ += describe(effect) + "\n";
    }
  }

  std::string run(Duration time) {
    const Instant end = now_ + time;
    while (gossip_->deadline() <= end) {
      now_ = std::max(now_, gossip_->deadline());
      tell(Woken{}, true);
    }
    now_ = end;
    return out_;
  }

  std::string members() {
    for (const auto& [name, member] : gossip_->members()) {
      out_ += name + " " + member.address.text() + " " + to_string(member.status) +
              " inc=" + std::to_string(member.incarnation.value) +
              " ltime=" + std::to_string(member.status_ltime.value);
      for (const auto& [key, value] : member.tags) out_ += " " + key + "=" + value;
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

  static std::string message(const Command& c) {
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
    if (c.verb == "join-intent") return user(serf::encode(serf::JoinIntent{c.number("ltime"), name}));
    if (c.verb == "leave-intent")
      return user(serf::encode(serf::LeaveIntent{c.number("ltime"), name, c.get("prune") == "yes"}));
    return {};
  }

  static Event to_event(const Command& c) {
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
    const std::string bytes = message(c);
    if (bytes.empty()) throw std::invalid_argument("unknown command " + c.verb);
    const auto from = static_cast<std::uint16_t>(c.number("via", 9));
    return DatagramReceived{Address::parse("127.0.0.1", from).value(), bytes};
  }

  Instant now_;
  std::optional<Gossip> gossip_;
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
