// Calls that cannot be sent end at once, with the reason; whoever connects says in time who it is.
#include "core/agent/transport.hpp"

#include <gtest/gtest.h>

namespace core::agent {
namespace {

struct Rig {
  Transport transport{Transport::Config{}};
  world::StreamId next_stream{4};
  world::Effects effects;
  Now now{{1'000'000'000}, {}};

  wire::rpc::CallId call(std::size_t bytes) {
    wire::rpc::ApiForward body;
    body.body = std::string(bytes, 'x');
    return transport.call(now, *Address::parse("10.0.0.1:4647"), body, 1h, next_stream, effects);
  }
  // How the call failed; empty: it is under way.
  std::string failure(wire::rpc::CallId call) {
    if (transport.deadline() > now.instant) return "";
    std::vector<Transport::Output> out;
    transport.wake(now, out, effects);
    for (const auto& output : out)
      if (const auto* answered = std::get_if<Transport::Answered>(&output); answered && answered->call == call)
        return std::get<wire::rpc::Failure>(answered->body).message;
    return "";
  }
};

TEST(Transport, ACallTooLargeForAFrameFailsAtOnce) {
  Rig rig;
  const std::string why = rig.failure(rig.call(wire::rpc::max_frame_bytes));
  EXPECT_TRUE(why.starts_with("rpc error: the call is too large for one frame")) << why;
}

TEST(Transport, AFrameOfTheLongestWaitsForItsConnectionAndWhatIsTooMuchFailsAtOnce) {
  Rig rig;
  const auto first = rig.call(wire::rpc::max_frame_bytes - 1024);
  EXPECT_EQ(rig.failure(first), "");
  const std::string why = rig.failure(rig.call(wire::rpc::max_frame_bytes - 1024));
  EXPECT_EQ(why, "rpc error: connect: too much waits for the connection to 10.0.0.1:4647");
  // The connection and the first call are as they were.
  rig.effects.clear();
  EXPECT_TRUE(rig.transport.connected({4}, rig.effects));
  ASSERT_EQ(rig.effects.size(), 1u);
  EXPECT_GT(std::get<world::SendStream>(rig.effects.front()).bytes.size(), wire::rpc::max_frame_bytes - 1024);
}

// Somebody connects to us, and sends this.
struct Door : Rig {
  static constexpr world::StreamId stream{1};
  std::vector<Transport::Output> out;

  Door() { transport.accepted(now, stream, *Address::parse("10.0.0.9:5000")); }
  void send(const wire::rpc::Envelope& envelope, bool first = true) {
    transport.received(now, stream, (first ? std::string(1, wire::rpc::protocol_byte) : "") + encode_frame(envelope),
                       out, effects);
  }
  void wait(Duration time) {
    now.instant += time;
    transport.wake(now, out, effects);
  }
  bool is_open() const { return transport.is_open(stream); }
  std::string line(const char* field) const {
    for (const auto& effect : effects)
      if (const auto* logged = std::get_if<world::Logged>(&effect))
        for (const auto& one : logged->fields)
          if (one.key == field) return one.value;
    return "";
  }
  std::uint64_t counted(const std::string& name) const {
    for (const base::Metric& metric : transport.metrics())
      if (metric.name == name) return metric.value.count;
    return 0;
  }
};

TEST(Transport, WhoeverConnectsAndSaysNothingIsSentAway) {
  Door door;
  EXPECT_EQ(door.transport.deadline(), door.now.instant + 5s);
  door.wait(4999ms);
  EXPECT_TRUE(door.is_open());
  door.transport.received(door.now, Door::stream, std::string{wire::rpc::protocol_byte, 0, 0}, door.out, door.effects);
  door.wait(1ms);
  EXPECT_FALSE(door.is_open()) << "a piece of a frame is no greeting";
  EXPECT_EQ(door.line("from"), "10.0.0.9:5000");
  EXPECT_EQ(door.line("error"), "it has not said who it is in time (limits.rpc_handshake_timeout)");
  EXPECT_TRUE(std::holds_alternative<world::CloseStream>(door.effects.back()));
  EXPECT_EQ(door.counted("nomad.rpc.handshake_timeout"), 1u);
  EXPECT_EQ(door.counted("nomad.rpc.request_error"), 1u);
  EXPECT_EQ(door.transport.deadline(), Instant::never());
}

TEST(Transport, WhoeverSaysWhoItIsMayThenBeSilent) {
  Door door;
  door.send({{}, false, wire::rpc::Hello{}});
  door.wait(1h);
  EXPECT_TRUE(door.is_open());
  EXPECT_EQ(door.counted("nomad.rpc.handshake_timeout"), 0u);
}

TEST(Transport, WithoutATimeToGreetNobodyIsSentAway) {
  Rig rig;
  rig.transport = Transport({.hello = {}, .handshake_timeout = 0s});
  rig.transport.accepted(rig.now, {1}, *Address::parse("10.0.0.9:5000"));
  EXPECT_EQ(rig.transport.deadline(), Instant::never());
}

TEST(Transport, AnotherVersionIsRefusedAndToldSo) {
  Door door;
  wire::rpc::Hello hello;
  hello.version = 2;
  door.send({{}, false, hello});
  EXPECT_FALSE(door.is_open());
  const std::string why = "found version 2 of the RPC protocol, wanted 1: the two agents do not work together";
  EXPECT_EQ(door.line("error"), why);
  EXPECT_EQ(door.counted("nomad.rpc.request_error"), 1u);
  // The other side tells its operator.
  Rig other;
  other.call(1);
  other.transport.connected({4}, other.effects);
  other.effects.clear();
  std::vector<Transport::Output> out;
  other.transport.received(other.now, {4}, std::get<world::SendStream>(door.effects.front()).bytes, out, other.effects);
  const auto& line = std::get<world::Logged>(other.effects.front());
  EXPECT_EQ(line.message, "the connection was refused");
  EXPECT_EQ(line.fields.back().value, why);
}

TEST(Transport, WhoeverAsksBeforeItSaysWhoItIsIsSentAway) {
  Door door;
  door.send({{1}, false, wire::rpc::RaftPeersWanted{}});
  EXPECT_FALSE(door.is_open());
  EXPECT_EQ(door.line("error"), "the first frame is no Hello");
  for (const auto& output : door.out) EXPECT_FALSE(std::holds_alternative<Transport::Asked>(output));
}

TEST(Transport, FramesThatAreNoneAreCounted) {
  Door door;
  door.transport.received(door.now, Door::stream, "GET / HTTP/1.1", door.out, door.effects);
  EXPECT_FALSE(door.is_open());
  EXPECT_EQ(door.counted("nomad.rpc.accept_conn"), 1u);
  EXPECT_EQ(door.counted("nomad.rpc.request_error"), 1u);
}

}  // namespace
}  // namespace core::agent
