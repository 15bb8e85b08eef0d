// A whole client against fake servers, a fake host and a fake disk, by a virtual clock: how it gets and stays in touch.
#include <gtest/gtest.h>

#include "tests/core/client/rig.hpp"

namespace tests {
namespace {

using namespace core;
using core::client::Config;
namespace rpc = core::wire::rpc;
using Lines = std::vector<std::string>;

TEST(ClientRegistration, RegistersThenSaysReadyWithinTenSeconds) {
  Rig rig;
  rig.run(0s);
  ASSERT_EQ(rig.calls<rpc::NodeRegister>().size(), 1u);
  const model::Node node = *rig.calls<rpc::NodeRegister>()[0].second.node;
  EXPECT_EQ(node.status, model::NodeStatus::initializing);
  EXPECT_EQ(node.id.size(), 36u);
  EXPECT_TRUE(rig.calls<rpc::NodeHeartbeat>().empty());
  rig.run(10s);
  ASSERT_FALSE(rig.calls<rpc::NodeHeartbeat>().empty());
  EXPECT_EQ(rig.calls<rpc::NodeHeartbeat>()[0].second.status, model::NodeStatus::ready);
  EXPECT_EQ(rig.log_lines("node registration complete").size(), 1u);
  EXPECT_EQ(rig.log_lines("started client"), Lines{"client: started client: node_id=" + node.id});
}

TEST(ClientRegistration, IdsAreOnTheDiskBeforeAnyServerHearsOfThem) {
  Rig rig;
  rig.disk_error_ = "";
  while (rig.calls<rpc::NodeRegister>().empty()) ASSERT_TRUE(rig.step());
  const model::Node node = *rig.calls<rpc::NodeRegister>()[0].second.node;
  EXPECT_EQ(rig.disk_.at("client/client-id"), node.id);
  EXPECT_EQ(rig.disk_.at("client/secret-id"), node.secret_id);
  rig.crash();
  rig.boot();
  rig.run(1s);
  EXPECT_EQ(rig.client_->node().id, node.id);
  EXPECT_EQ(rig.client_->node().secret_id, node.secret_id);
}

TEST(ClientRegistration, ANodeThatWasGivenUpSaysReadyAtOnce) {
  Rig rig;
  rig.ttl_ = 0s;  // what servers answer of a node that is down
  rig.run(0s);
  ASSERT_EQ(rig.calls<rpc::NodeHeartbeat>().size(), 1u);
  EXPECT_EQ(rig.calls<rpc::NodeHeartbeat>()[0].second.status, model::NodeStatus::ready);
}

// A process killed between a rename and the sync of its folder leaves names that only the cache knows: the next one
// reads them, and a loss of power takes them away again.
TEST(ClientRegistration, WhatWasReadIsOnTheDiskBeforeAnyServerHearsOfIt) {
  Rig rig;
  while (rig.calls<rpc::NodeRegister>().empty()) ASSERT_TRUE(rig.step());
  rig.crash();
  rig.effects_seen_.clear();
  const std::size_t before = rig.calls<rpc::NodeRegister>().size();
  rig.boot();
  const auto settled = [&] {
    return std::ranges::any_of(rig.effects_seen_, [](const world::Effect& effect) {
      const auto* batch = std::get_if<world::DiskBatch>(&effect);
      return batch != nullptr && std::ranges::any_of(batch->ops, [](const world::DiskOp& op) {
               const auto* sync = std::get_if<world::SyncDirectory>(&op);
               return sync != nullptr && sync->path == "client";
             });
    });
  };
  while (!settled()) {
    ASSERT_EQ(rig.calls<rpc::NodeRegister>().size(), before);
    ASSERT_TRUE(rig.step());
  }
  EXPECT_EQ(rig.calls<rpc::NodeRegister>().size(), before) << "it waits for the disk's answer";
  rig.run(1s);
  EXPECT_EQ(rig.calls<rpc::NodeRegister>().size(), before + 1);
}

TEST(ClientRegistration, AFullDiskAtTheFirstStartIsTriedAgainAndNothingIsPromised) {
  Rig rig;
  rig.disk_error_ = "write client/secret-id.new: No space left on device";
  rig.run(60s);
  EXPECT_TRUE(rig.calls<rpc::NodeRegister>().empty());
  rig.disk_error_.clear();
  rig.run(20s);
  EXPECT_EQ(rig.calls<rpc::NodeRegister>().size(), 1u);
}

TEST(ClientRegistration, AFailedServerIsFollowedByTheNextThenByALongWait) {
  Rig rig;
  rig.server_failure_ = "rpc error: connect: connection refused";
  rig.run(1s);
  EXPECT_EQ(rig.calls<rpc::NodeRegister>().size(), 2u) << "both servers of the list within a second";
  rig.run(13s);
  EXPECT_EQ(rig.calls<rpc::NodeRegister>().size(), 2u) << "then at least 15 s of patience";
  rig.run(20s);
  EXPECT_GT(rig.calls<rpc::NodeRegister>().size(), 2u);
}

TEST(ClientRegistration, DevModeRegistersAndHeartbeatsAtOnceAndKeepsNothing) {
  Config config = Rig::default_config();
  config.dev = true;
  config.state_dir.clear();
  Rig rig(config);
  rig.server_failure_ = "No cluster leader";
  rig.run(5s);
  EXPECT_GE(rig.calls<rpc::NodeRegister>().size(), 5u) << "a retry each second";
  rig.server_failure_.clear();
  rig.run(1s);
  EXPECT_EQ(rig.calls<rpc::NodeHeartbeat>().size(), 1u);
  EXPECT_TRUE(rig.disk_.empty());
}

TEST(ClientHeartbeat, GoesAtTheServersPaceAndWakesForNothingElse) {
  Rig rig;
  rig.run(30s);
  const auto before = rig.calls<rpc::NodeHeartbeat>().size();
  const auto last = rig.calls<rpc::NodeHeartbeat>().back().first;
  EXPECT_EQ(rig.client_->deadline(), last + 15s);
  rig.run(150s);
  EXPECT_EQ(rig.calls<rpc::NodeHeartbeat>().size(), before + 10);
  EXPECT_EQ(rig.calls<rpc::NodeAllocsWanted>().size(), 2u) << "one that told what is, one that waits";
}

TEST(ClientHeartbeat, ANodeTheServersForgotRegistersAgain) {
  Rig rig;
  rig.run(30s);
  rig.node_known_ = false;
  rig.run(30s);
  EXPECT_EQ(rig.calls<rpc::NodeRegister>().size(), 2u);
  EXPECT_EQ(rig.calls<rpc::NodeRegister>()[1].second.node->status, model::NodeStatus::ready);
  EXPECT_EQ(rig.log_lines("re-registering node").size(), 1u);
  EXPECT_TRUE(rig.node_known_);
}

TEST(ClientHeartbeat, FailuresAreRetriedWithinTheTimeLeftAndLatenessIsTold) {
  Rig rig;
  rig.run(30s);
  const auto before = rig.calls<rpc::NodeHeartbeat>();
  rig.server_failure_ = "rpc error: EOF";
  rig.run(120s);
  const auto after = rig.calls<rpc::NodeHeartbeat>();
  EXPECT_GT(after.size(), before.size() + 6);
  for (std::size_t i = before.size() + 1; i < after.size(); ++i)
    EXPECT_LE(after[i].first - after[i - 1].first, 30s) << "waits never longer than 30 s";
  rig.server_failure_.clear();
  rig.run(60s);
  EXPECT_EQ(rig.log_lines("missed heartbeat").size(), 1u);
}

TEST(ClientHeartbeat, WithoutALeaderItWaitsAsLongAsForRegistering) {
  Rig rig;
  rig.run(30s);
  rig.server_failure_ = "No cluster leader";
  rig.run(20s);  // the next heartbeat has failed with both servers
  const auto failed = rig.calls<rpc::NodeHeartbeat>().back().first;
  EXPECT_GE(rig.client_->deadline() - failed, 15s - 5s);
}

TEST(ClientHeartbeat, ASilentServerIsGivenUp) {
  Rig rig;
  rig.run(30s);
  rig.server_silent_ = true;
  rig.run(60s);
  const auto before = rig.calls<rpc::NodeHeartbeat>().size();
  rig.server_silent_ = false;
  rig.run(60s);
  EXPECT_GT(rig.calls<rpc::NodeHeartbeat>().size(), before);
}

// The servers wait ten seconds beyond the TTL (nomad#17974: clients that could not reach the leader were given up).
TEST(ClientHeartbeat, ASilentServerLeavesTimeForTwoOthersWithinTheGrace) {
  Rig rig;
  rig.run(30s);
  const auto due = rig.client_->deadline();
  rig.server_silent_ = true;
  rig.run(60s);
  std::size_t within = 0;
  for (const auto& [at, call] : rig.calls<rpc::NodeHeartbeat>()) within += at >= due && at <= due + 10s ? 1 : 0;
  EXPECT_GE(within, 3u);
}

}  // namespace
}  // namespace tests
