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
    EXPECT_EQ(run(history), "") << "seed " << seed << "\n" << text(history);
  }
}

// LEFT: a push/pull in the middle of a leave made it a failure.
// NOFALSE: a suspicion came back through a push/pull as its own confirmation; an objection that was lost stayed so.
TEST(GossipHunt, WhatFellOnceHolds) {
  for (const std::uint64_t seed : {2000128, 5000411, 5002952, 1000259, 5003167, 5003418, 5003069})
    EXPECT_EQ(run(GossipHistory::drawn(seed, 12)), "") << "seed " << seed;
}

TEST(GossipHunt, ASeedIsAHistory) {
  EXPECT_EQ(text(GossipHistory::drawn(7, 12)), text(GossipHistory::drawn(7, 12)));
  EXPECT_NE(text(GossipHistory::drawn(7, 12)), text(GossipHistory::drawn(8, 12)));
}

TEST(GossipHunt, AHistoryThatIsWrittenDownIsTheSameWhenItIsRead) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const auto history = GossipHistory::drawn(seed, 12);
    const auto read = GossipHistory::parse("# a comment\n\n" + text(history));
    ASSERT_TRUE(read.has_value()) << read.error() << "\n" << text(history);
    EXPECT_EQ(text(*read), text(history));
    if (seed <= 10) {
      EXPECT_EQ(story(*read, 1000), story(history, 1000));
    }
  }
}

TEST(GossipHunt, WhatIsNoHistoryIsRefusedWithItsLine) {
  const auto error_of = [](std::string_view text) {
    const auto read = GossipHistory::parse(text);
    return read ? "none" : read.error();
  };
  EXPECT_EQ(error_of("seed 7, 3 members\n  1.5 ms pass\n"), "none");
  EXPECT_EQ(error_of(""), "line 1: wants \"seed N, N members\", found nothing");
  EXPECT_EQ(error_of("seed 7, 3\n"), "line 1: wants \"seed N, N members\", found \"seed 7, 3\"");
  EXPECT_EQ(error_of("seed 7, 27 members\n"), "line 1: wants 1 to 26 members, found 27");
  for (const char* line : {"d is killed", "c is killed twice", "a jumps", "1.0000001 ms pass", "1. ms pass",
                           "-5 ms pass", "99999999999999999999 ms pass", "101% of datagrams are lost",
                           "the pool splits: d | the others", "a is told to force out", "1 ms pass\x01"})
    EXPECT_EQ(error_of(std::string("seed 7, 3 members\n\n") + line),
              "line 3: \"" + std::string(line) + "\" is nothing that can happen to 3 members");
}

TEST(GossipHunt, WhatFellIsCutDownToWhatItIsAbout) {
  auto history = GossipHistory::drawn(7, 60);
  const GossipOperations about{PassTime{2345678901ns}, KillMember{1}, PassTime{700ms}, PassTime{900ms}, StartMember{1}};
  history.operations.insert(history.operations.begin() + 20, about.begin(), about.end());
  // As if a law fell whenever b is killed and started again a second or more later.
  const auto small = cut_down(history, [](const GossipHistory& tried) {
    std::optional<core::Duration> down;
    for (const GossipOperation& operation : tried.operations) {
      const auto* const pause = std::get_if<PassTime>(&operation);
      if (text(operation, tried.members) == "b is killed") down = 0s;
      if (pause != nullptr && down) *down += pause->time;
      if (text(operation, tried.members) == "b starts and joins" && down && *down >= 1s) return true;
    }
    return false;
  });
  EXPECT_EQ(small.members, 2U);
  ASSERT_EQ(small.operations.size(), 3U) << text(small);
  EXPECT_EQ(text(small.operations[0], 2), "b is killed");
  EXPECT_EQ(text(small.operations[2], 2), "b starts and joins");
  EXPECT_EQ(text(GossipHistory::parse(text(small)).value()), text(small));
  // What gives up at once cuts nothing down.
  EXPECT_EQ(text(cut_down(history, [](const GossipHistory&) { return false; })), text(history));
}

core::gossip::Member member(const std::string& name, std::uint32_t incarnation = 0) {
  return {.identity = std::make_shared<const core::gossip::Identity>(name, core::Address{}, "",
                                                                     core::gossip::ProtocolVersions{}),
          .incarnation = {incarnation},
          .status_ltime = {},
          .leave_ltime = {},
          .listed_ltime = {},
          .gone_since = {}};
}

// Laws that never fell would prove nothing: here the pool is told of what never was.
TEST(GossipLaws, NofalseFallsWhenAStalledMemberCondemnsOthers) {
  GossipInvariants laws(3min);
  const core::Instant now{std::chrono::nanoseconds(1h).count()};
  laws.stalled("a", now);
  laws.observe("a", now + 6s, core::gossip::MemberFailed{member("b")});
  ASSERT_TRUE(laws.broken().has_value());
  EXPECT_EQ(laws.broken()->invariant, "NOFALSE");
}

TEST(GossipLaws, TwoThatAreStalledMayBeWrong) {
  GossipInvariants laws(3min);
  const core::Instant now{std::chrono::nanoseconds(1h).count()};
  laws.stalled("a", now);
  laws.stalled("b", now + 1s);
  laws.observe("a", now + 6s, core::gossip::MemberFailed{member("c")});
  laws.observe("c", now + 6s, core::gossip::MemberFailed{member("a")});
  EXPECT_FALSE(laws.broken().has_value());
}

TEST(GossipLaws, LeftFallsWhenWhoLeftInGoodOrderIsTakenForAliveAgain) {
  for (const bool gone : {true, false}) {
    GossipInvariants laws(3min);
    const core::Instant now{std::chrono::nanoseconds(1h).count()};
    // The others hear of it while it is still there, for a second or more.
    laws.observe("a", now, core::gossip::MemberLeft{member("b", 3)});
    if (gone) laws.ended("b");
    laws.observe("a", now + 6s, core::gossip::MemberJoined{member("b", 3)});
    ASSERT_EQ(laws.broken().has_value(), gone);
    if (gone) {
      EXPECT_EQ(laws.broken()->invariant, "LEFT");
    }
  }
}

TEST(GossipLaws, AMemberThatLeavesInGoodOrderIsHeldForThat) {
  GossipPool pool = GossipPool::of(4, Draws(3));
  pool.apply({PassTime{20s}, LeaveMember{2}, PassTime{20s}});
  EXPECT_EQ(pool.settle(), "");
  EXPECT_EQ(pool.view(0), "a=alive b=alive c=left d=alive");
}

}  // namespace
}  // namespace simulator::property
