// Calls that cannot be sent end at once, with the reason.
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

}  // namespace
}  // namespace core::agent
