// Small pools over a toy network: what all members agree on in the end.
#include <gtest/gtest.h>

#include "simulator/property/gossip_pool.hpp"

namespace tests {
namespace {

using namespace core;
using namespace core::gossip;
using ToyPool = simulator::property::GossipPool;

const std::string all_alive = "a=alive b=alive c=alive d=alive e=alive";

ToyPool five(std::uint64_t seed, Profile profile = Profile::lan()) {
  ToyPool pool(seed, profile);
  for (std::size_t i = 0; i < 5; ++i) pool.start(i);
  for (std::size_t i = 1; i < 5; ++i) pool.join(i, 0);
  pool.run_for(5s);
  return pool;
}

class PoolOfFive : public testing::TestWithParam<std::uint64_t> {};

TEST_P(PoolOfFive, JoinsAndStaysTogether) {
  ToyPool pool = five(GetParam());
  EXPECT_TRUE(pool.all_see(all_alive)) << pool.views();
  EXPECT_EQ(pool.joins_finished, 4u);
  const std::size_t told = pool.told.size();
  pool.run_for(2min);
  EXPECT_EQ(pool.told.size(), told) << pool.told.back();
}

TEST_P(PoolOfFive, NoticesAKilledMember) {
  ToyPool pool = five(GetParam());
  pool.kill(3);
  pool.run_for(15s);
  EXPECT_TRUE(pool.all_see("a=alive b=alive c=alive d=failed e=alive")) << pool.views();
  // Back under the same name, with a count that starts anew (K38).
  pool.start(3);
  pool.join(3, 1);
  pool.run_for(60s);
  EXPECT_TRUE(pool.all_see(all_alive)) << pool.views();
}

TEST_P(PoolOfFive, NoticesAKilledMemberThatReturnsAtOnce) {
  ToyPool pool = five(GetParam());
  pool.kill(3);
  pool.run_for(1500ms);
  pool.start(3);
  pool.join(3, 1);
  pool.run_for(60s);
  EXPECT_TRUE(pool.all_see(all_alive)) << pool.views();
}

TEST_P(PoolOfFive, LearnsOfALeave) {
  ToyPool pool = five(GetParam());
  const Instant began = pool.now;
  pool.tell(2, LeaveRequested{});
  pool.run_for(5s);
  ASSERT_TRUE(pool.gone.contains(2));
  EXPECT_LT(pool.gone[2] - began, 4s);
  EXPECT_TRUE(pool.all_see("a=alive b=alive c=left d=alive e=alive")) << pool.views();
  for (const auto& line : pool.told) EXPECT_EQ(line.find("failed"), std::string::npos) << line;
  pool.kill(2);
  pool.run_for(3min);
  EXPECT_TRUE(pool.all_see("a=alive b=alive c=left d=alive e=alive")) << pool.views();
  pool.start(2);
  pool.join(2, 4);
  // Whom gossip misses by bad luck the next push/pull tells.
  pool.run_for(60s);
  EXPECT_TRUE(pool.all_see(all_alive)) << pool.views();
}

TEST_P(PoolOfFive, HealsAfterAPartition) {
  ToyPool pool = five(GetParam());
  pool.partition({{0, 1}, {1, 1}});
  pool.run_for(60s);
  EXPECT_EQ(pool.view(0), "a=alive b=alive c=failed d=failed e=failed");
  EXPECT_EQ(pool.view(4), "a=failed b=failed c=alive d=alive e=alive");
  pool.partition({});
  pool.run_for(3min);
  EXPECT_TRUE(pool.all_see(all_alive)) << pool.views();
}

TEST_P(PoolOfFive, ForcesAFailedMemberOut) {
  ToyPool pool = five(GetParam());
  pool.kill(1);
  pool.run_for(20s);
  pool.tell(0, ForceLeaveRequested{"b", false});
  // A living one objects.
  pool.tell(0, ForceLeaveRequested{"e", false});
  pool.run_for(60s);
  EXPECT_TRUE(pool.all_see("a=alive b=left c=alive d=alive e=alive")) << pool.views();
  pool.tell(3, ForceLeaveRequested{"b", true});
  pool.run_for(5s);
  EXPECT_TRUE(pool.all_see("a=alive b=left c=alive d=alive e=alive") || pool.all_see("a=alive c=alive d=alive e=alive"))
      << pool.views();
  EXPECT_EQ(pool.view(3), "a=alive c=alive d=alive e=alive");
}

TEST_P(PoolOfFive, LivesWithLossAndDuplicates) {
  ToyPool pool = five(GetParam());
  pool.links.loss = 0.1;
  pool.links.duplicates = 0.1;
  pool.tell(1, TagsChanged{{{"role", "nomad"}, {"port", "1"}, {"build", "1.6.5"}, {"leader", "yes"}}});
  pool.run_for(3min);
  EXPECT_TRUE(pool.all_see(all_alive)) << pool.views();
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(pool.at(i).members().at("b").tags().at("leader"), "yes");
}

INSTANTIATE_TEST_SUITE_P(Seeds, PoolOfFive, testing::Range<std::uint64_t>(1, 21));

TEST(Pool, TheSameSeedTellsTheSameStory) {
  const auto story = [](std::uint64_t seed) {
    ToyPool pool = five(seed);
    pool.links.loss = 0.2;
    pool.kill(3);
    pool.run_for(60s);
    return std::tuple(pool.told, pool.datagrams, pool.bytes);
  };
  EXPECT_EQ(story(7), story(7));
  EXPECT_NE(story(7), story(8));
}

TEST(Pool, NomadsProfileSeesACrashWithinItsTime) {
  // 30 s of suspicion after at most two probe intervals a target; a second crash is seen as fast, though the first
  // one's entry is still there (the real agent takes up to 65 s).
  ToyPool pool = five(3, Profile::wan());
  pool.kill(3);
  pool.run_for(55s);
  EXPECT_TRUE(pool.all_see("a=alive b=alive c=alive d=failed e=alive")) << pool.views();
  pool.kill(4);
  pool.run_for(55s);
  EXPECT_TRUE(pool.all_see("a=alive b=alive c=alive d=failed e=failed")) << pool.views();
}

TEST(Pool, APeerWithoutServerTagsIsKeptOut) {
  ToyPool pool = five(1);
  Config config;
  config.name = "stranger";
  config.advertise = ToyPool::address(9);
  config.merge_rule = MergeRule::any;
  Gossip stranger(config, Rng(1));
  std::vector<Effect> effects;
  stranger.handle(pool.now, JoinRequested{RequestId{1}, {ToyPool::address(0)}}, effects);
  effects.clear();
  stranger.handle(pool.now, StreamConnected{StreamId{2}}, effects);
  ASSERT_TRUE(std::holds_alternative<SendStream>(effects.at(0)));
  pool.tell(0, StreamAccepted{StreamId{1001}, ToyPool::address(9)});
  pool.tell(0, StreamReceived{StreamId{1001}, std::get<SendStream>(effects.at(0)).bytes});
  pool.run_for(5s);
  EXPECT_TRUE(pool.all_see(all_alive)) << pool.views();
}

// Found by GossipExample: a leave heard after the restart has the Lamport time of the newer join (serf#510).
TEST(Pool, WhoIsStillThereMinutesAfterItsLeaveHasNotLeft) {
  using namespace simulator::property;
  ToyPool pool = ToyPool::of(4, Draws(std::vector<std::uint64_t>{}));
  pool.apply(
      {LeaveMember{2}, KillMember{1}, SplitPool{1}, PassTime{25s}, LeaveMember{0}, StartMember{2}, StartMember{1}});
  EXPECT_EQ(pool.settle(), "");
}

TEST(Pool, EachCountsWhatItDoesAndSees) {
  ToyPool pool = five(1);
  pool.kill(3);
  pool.run_for(20s);
  pool.start(3);
  pool.join(3, 1);
  pool.run_for(60s);
  const auto metrics = pool.at(0).metrics();
  const auto tally = [&](const std::string& name, const std::string& state = {}) {
    for (const Metric& metric : metrics)
      if (metric.name == name && (state.empty() || metric.labels.at("node_state") == state)) return metric.value;
    return Tally{};
  };
  EXPECT_EQ(tally("serf.member.join").count, 6u);  // itself, the others, and one of them once more
  EXPECT_EQ(tally("serf.member.failed").count, 1u);
  EXPECT_EQ(tally("serf.member.flap").count, 1u);
  EXPECT_EQ(tally("serf.member.left").count, 0u);
  EXPECT_EQ(tally("memberlist.msg.suspect").count, 1u);
  EXPECT_EQ(tally("memberlist.msg.dead").count, 1u);
  EXPECT_EQ(tally("memberlist.node.instances", "alive").sum, 5.0);
  EXPECT_EQ(tally("memberlist.node.instances", "dead").sum, 0.0);
  EXPECT_GT(tally("memberlist.udp.sent").sum, 50.0 * static_cast<double>(tally("memberlist.udp.sent").count));
  EXPECT_GT(tally("memberlist.udp.received").count, 80u);
  EXPECT_GT(tally("memberlist.tcp.accept").count, 3u);
  EXPECT_GT(tally("memberlist.pushPullNode").count, 0u);
  EXPECT_GT(tally("memberlist.size.local").least, 500.0);
  EXPECT_GT(tally("memberlist.size.remote").count, 0u);
  EXPECT_GT(tally("serf.coordinate.adjustment-ms").count, 10u);
  EXPECT_GT(tally("serf.coordinate.adjustment-ms").sum, 0.0);
  EXPECT_LT(tally("serf.coordinate.adjustment-ms").most, 1000.0);
  EXPECT_NEAR(tally("memberlist.probeNode").least, 3, 1);  // milliseconds, there and back
  EXPECT_GT(tally("serf.msgs.received").count, 0u);
  EXPECT_GT(tally("serf.msgs.sent").count, 0u);
}

TEST(Pool, ALoneMemberSleeps) {
  ToyPool pool(1);
  pool.start(0);
  EXPECT_EQ(pool.at(0).deadline(), Instant::never());
  pool.tell(0, LeaveRequested{});
  EXPECT_TRUE(pool.gone.contains(0));
}

TEST(Pool, AnIdlePairSendsItsProbesAndNoMore) {
  ToyPool pool(1);
  pool.start(0);
  pool.start(1);
  pool.join(1, 0);
  pool.run_for(25s);
  const std::size_t before = pool.datagrams;
  pool.run_for(100s);
  // A ping and its ack a second each.
  EXPECT_NEAR(static_cast<double>(pool.datagrams - before), 400, 8);
}

}  // namespace
}  // namespace tests
