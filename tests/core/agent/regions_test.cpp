// Agents that do not belong together.
#include <string>

#include "tests/core/agent/servers.hpp"

namespace core::agent {
namespace {

class Regions : public Servers {};

TEST_F(Regions, AClientOfAnotherRegionIsRefusedAndCounted) {
  start(1);
  const NodeId client = start_client(0, "eu");
  run(20s);
  EXPECT_EQ(server(0).state().node(node_id(client)), nullptr);
  EXPECT_GE(told(0, "nomad.rpc.wrong_region"), 1);
  const NodeId ours = start_client(0);
  EXPECT_TRUE(wait_for([&] { return server(0).state().node(node_id(ours)) != nullptr; }, 20s));
}

}  // namespace
}  // namespace core::agent
