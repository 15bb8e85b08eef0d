// Drawn histories of gossip pools: the laws hold in all of them, and fall when something is wrong.
#include <gtest/gtest.h>

#include "simulator/property/gossip_hunt.hpp"
#include "simulator/property/gossip_pool.hpp"

namespace simulator::property {
namespace {

using namespace std::chrono_literals;

TEST(GossipHunt, TheLawsHoldInDrawnHistories) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    const auto history = GossipHistory::drawn(seed, 12);
    EXPECT_EQ(run(history), "") << "seed " << seed << "\n" << story(history);
  }
}

// LEFT: a push/pull in the middle of a leave made it a failure.
// NOFALSE: a suspicion came back through a push/pull as its own confirmation; an objection that was lost stayed so.
TEST(GossipHunt, WhatFellOnceHolds) {
  for (const std::uint64_t seed : {2000128, 5000411, 5002952, 1000259, 5003167, 5003418, 5003069})
    EXPECT_EQ(run(GossipHistory::drawn(seed, 12)), "") << "seed " << seed;
}

TEST(GossipHunt, ASeedIsAHistory) {
  EXPECT_EQ(story(GossipHistory::drawn(7, 12)), story(GossipHistory::drawn(7, 12)));
  EXPECT_NE(story(GossipHistory::drawn(7, 12)), story(GossipHistory::drawn(8, 12)));
}

// Laws that never fell would prove nothing: here the pool is told of what never was.
TEST(GossipLaws, NofalseFallsWhenAStalledMemberCondemnsOthers) {
  GossipInvariants laws(3min);
  const core::Instant now{std::chrono::nanoseconds(1h).count()};
  laws.stalled("a", now);
  laws.observe("a", now + 6s, core::gossip::MemberFailed{{.name = "b"}});
  ASSERT_TRUE(laws.broken().has_value());
  EXPECT_EQ(laws.broken()->invariant, "NOFALSE");
}

TEST(GossipLaws, TwoThatAreStalledMayBeWrong) {
  GossipInvariants laws(3min);
  const core::Instant now{std::chrono::nanoseconds(1h).count()};
  laws.stalled("a", now);
  laws.stalled("b", now + 1s);
  laws.observe("a", now + 6s, core::gossip::MemberFailed{{.name = "c"}});
  laws.observe("c", now + 6s, core::gossip::MemberFailed{{.name = "a"}});
  EXPECT_FALSE(laws.broken().has_value());
}

TEST(GossipLaws, AMemberThatLeavesInGoodOrderIsHeldForThat) {
  GossipPool pool = GossipPool::of(4, Draws(3));
  pool.apply({PassTime{20s}, LeaveMember{2}, PassTime{20s}});
  EXPECT_EQ(pool.settle(), "");
  EXPECT_EQ(pool.view(0), "a=alive b=alive c=left d=alive");
}

}  // namespace
}  // namespace simulator::property
TEST(GossipLaws, LeftFallsWhenWhoLeftInGoodOrderIsTakenForAliveAgain) {
  for (const bool gone : {true, false}) {
    GossipInvariants laws(3min);
    const core::Instant now{std::chrono::nanoseconds(1h).count()};
    // The others hear of it while it is still there, for a second or more.
    laws.observe("a", now, core::gossip::MemberLeft{{.name = "b", .incarnation = {3}}});
    if (gone) laws.ended("b");
    laws.observe("a", now + 6s, core::gossip::MemberJoined{{.name = "b", .incarnation = {3}}});
    ASSERT_EQ(laws.broken().has_value(), gone);
    if (gone) {
      EXPECT_EQ(laws.broken()->invariant, "LEFT");
    }
  }
}

