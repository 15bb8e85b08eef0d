// Each invariant of the servers' logs, states and votes: a history that keeps it holds, and one that breaks it falls.
#include <gtest/gtest.h>

#include "made_up_server.hpp"
#include "simulator/checkers/complete.hpp"
#include "simulator/checkers/durable.hpp"
#include "simulator/checkers/elect.hpp"
#include "simulator/checkers/history.hpp"
#include "simulator/checkers/immutable.hpp"
#include "simulator/checkers/log_match.hpp"
#include "simulator/checkers/mono.hpp"
#include "simulator/checkers/prefix.hpp"
#include "simulator/checkers/quorum.hpp"
#include "simulator/checkers/state_hash.hpp"

namespace simulator::checkers {
namespace {

namespace raft = core::raft;

// Each alone in a cluster of its own, so that both may lead.
MadeUpServer alone(std::size_t number) {
  std::vector<std::string> voters(number + 1, "nobody");
  for (std::size_t i = 0; i <= number; ++i) voters[i] = "id-" + std::to_string(i);
  MadeUpServer server(number, voters);
  return server;
}

std::string fallen(Checker& checker, const MadeUpServer& server) { return checker.saw(server.sight()).value_or(""); }

TEST(Elect, TwoLeadersOfOneTermFall) {
  MadeUpServer a = alone(0);
  MadeUpServer b = alone(1);
  a.lead();
  b.lead();
  ASSERT_EQ(a.raft().term(), b.raft().term());
  Elect checker;
  EXPECT_EQ(fallen(checker, a), "");
  EXPECT_NE(fallen(checker, b), "");
}

TEST(Elect, LeadersOfDifferentTermsHold) {
  MadeUpServer a = alone(0);
  MadeUpServer b = alone(1);
  a.lead();
  b.start(7, {1});
  b.lead();
  Elect checker;
  EXPECT_EQ(fallen(checker, a), "");
  EXPECT_EQ(fallen(checker, b), "");
}

// Votes come by word of mouth; the disks of the others have none.
TEST(Elect, ALeaderWhoseVotesAreOnNoMajorityOfDisksFalls) {
  MadeUpServer leader(0, {"id-0", "id-1", "id-2"});
  leader.lead();
  Elect checker(3);
  EXPECT_NE(fallen(checker, leader), "");
}

TEST(Elect, ALeaderWhoseVotesAreOnAMajorityOfDisksHolds) {
  MadeUpServer leader(0, {"id-0", "id-1", "id-2"});
  MadeUpServer voter(1, {"id-0", "id-1", "id-2"});
  leader.lead();
  voter.start(leader.raft().term().value, {1}, "", "id-0");
  Elect checker(3);
  EXPECT_EQ(fallen(checker, voter), "");
  EXPECT_EQ(fallen(checker, leader), "");
}

TEST(LogMatch, TheSameTermAfterDifferentEntriesFalls) {
  MadeUpServer a = alone(0);
  MadeUpServer b = alone(0);
  a.start(3, {1, 1, 2, 3});
  b.start(3, {1, 2, 2, 3});
  LogMatch checker(2);
  EXPECT_EQ(fallen(checker, a), "");
  EXPECT_NE(fallen(checker, b), "");
}

TEST(LogMatch, AnotherPayloadFalls) {
  MadeUpServer a = alone(0);
  MadeUpServer b = alone(0);
  a.start(3, {1, 2}, "one");
  b.start(3, {1, 2}, "another");
  LogMatch checker(1);
  EXPECT_EQ(fallen(checker, a), "");
  EXPECT_NE(fallen(checker, b), "");
}

TEST(LogMatch, ALogThatIsCutAndGrowsAgainHolds) {
  MadeUpServer a = alone(0);
  LogMatch checker(1);
  a.start(3, {1, 1, 1, 2});
  EXPECT_EQ(fallen(checker, a), "");
  a.start(3, {1, 1});
  EXPECT_EQ(fallen(checker, a), "");
  a.start(4, {1, 1, 3, 4});
  EXPECT_EQ(fallen(checker, a), "");
}

TEST(History, TwoEntriesCommittedAtOneIndexFall) {
  MadeUpServer a = alone(0);
  MadeUpServer b = alone(0);
  a.start(2, {1, 1, 2});
  b.start(2, {1, 1, 2});
  b.start(5, {1, 1, 3});  // another life than that of `a`
  a.lead();
  b.lead();
  History checker(1);
  EXPECT_EQ(fallen(checker, a), "");
  EXPECT_NE(fallen(checker, b), "");
}

TEST(History, AFollowerThatCommitsWhatNoLeaderDecidedFalls) {
  MadeUpServer follower(0, {"id-0", "id-1", "id-2"});
  follower.start(2, {1, 1, 2});
  follower.hear("id-1", raft::Heartbeat{.term = {2}, .commit = {3}});
  ASSERT_EQ(follower.raft().commit_index().value, 3U);
  History checker(3);
  EXPECT_NE(fallen(checker, follower), "");
}

TEST(History, ALeaderThatStepsDownHandsOutTheRestOfWhatItDecided) {
  MadeUpServer leader(0, {"id-0", "id-1", "id-2"});
  leader.start(2, std::vector<std::uint64_t>(100, 1));
  leader.lead();
  History checker(3);
  EXPECT_EQ(fallen(checker, leader), "");
  leader.hear("id-1", raft::AppendEntriesReply{.term = leader.raft().term(), .success = true, .match = {101}});
  ASSERT_TRUE(leader.raft().is_leader());
  ASSERT_GT(leader.raft().commit_index().value, 0U);
  EXPECT_EQ(fallen(checker, leader), "");
  leader.hear("id-2", raft::Heartbeat{.term = leader.raft().term().next()});
  ASSERT_FALSE(leader.raft().is_leader());
  ASSERT_LT(leader.raft().commit_index().value, 101U) << "it had too much to hand out at once";
  for (int i = 0; i < 3; ++i) {
    leader.look_up();
    EXPECT_EQ(fallen(checker, leader), "");
  }
  EXPECT_EQ(leader.raft().commit_index().value, 101U);
}

TEST(Complete, ALeaderWithoutACommittedEntryFalls) {
  MadeUpServer a = alone(0);
  MadeUpServer b = alone(0);
  a.start(2, {1, 1, 2});
  a.lead();
  History history(1);
  Complete checker(1, history);
  EXPECT_EQ(fallen(history, a), "");
  EXPECT_EQ(fallen(checker, a), "");
  b.start(6, {1, 1});  // its noop of term 7 stands where an entry of term 2 was committed
  b.lead();
  EXPECT_NE(fallen(checker, b), "");
}

TEST(Complete, ALeaderThatHasThemAllHolds) {
  MadeUpServer a = alone(0);
  MadeUpServer b = alone(0);
  a.start(2, {1, 1, 2});
  a.lead();
  History history(1);
  Complete checker(1, history);
  EXPECT_EQ(fallen(history, a), "");
  b.start(6, {1, 1, 2, 3});
  b.lead();
  EXPECT_EQ(fallen(checker, b), "");
}

TEST(Immutable, ACommittedEntryThatLeavesTheDiskFalls) {
  MadeUpServer a = alone(0);
  a.start(2, {1, 1, 2});
  a.lead();
  History history(1);
  Immutable checker(1, history);
  EXPECT_EQ(fallen(history, a), "");
  EXPECT_EQ(fallen(checker, a), "");
  a.start(3, {1, 1});
  EXPECT_NE(fallen(checker, a), "");
}

TEST(Immutable, OneThatIsStillThereHolds) {
  MadeUpServer a = alone(0);
  a.start(2, {1, 1, 2});
  a.lead();
  History history(1);
  Immutable checker(1, history);
  EXPECT_EQ(fallen(history, a), "");
  EXPECT_EQ(fallen(checker, a), "");
  a.start(3, {1, 1, 2, 3});
  EXPECT_EQ(fallen(checker, a), "");
}

TEST(Durable, AnEntryThatTheDiskConfirmedAndARestartLosesFalls) {
  MadeUpServer a = alone(0);
  Durable checker(1);
  a.start(2, {1, 2, 2});
  EXPECT_EQ(fallen(checker, a), "");
  a.start(2, {1, 2, 2});
  EXPECT_EQ(fallen(checker, a), "");
  a.start(2, {1, 2});
  EXPECT_NE(fallen(checker, a), "");
}

TEST(Durable, OneThatWasCutFromTheLogHolds) {
  MadeUpServer a(0, {"id-0", "id-1", "id-2"});
  Durable checker(1);
  a.start(2, {1, 2, 2});
  EXPECT_EQ(fallen(checker, a), "");
  a.hear("id-1", raft::AppendEntries{.term = {3},
                                     .previous_index = {1},
                                     .previous_term = {1},
                                     .commit = {},
                                     .sent_ns = 0,
                                     .entries = {{.term = {3}, .index = {2}, .kind = {}, .payload = {}}}});
  EXPECT_EQ(fallen(checker, a), "");  // the disk has the cut under way
  a.start(2, {1, 2, 2});              // and died before it
  EXPECT_EQ(fallen(checker, a), "");
}

TEST(Prefix, AppliedPastTheCommitIndexFalls) {
  MadeUpServer a = alone(0);
  Prefix checker;
  EXPECT_EQ(fallen(checker, a), "");
  a.state.apply(9, core::state::SetClusterMetadata{"an id", {}});
  EXPECT_NE(fallen(checker, a), "");
}

TEST(Mono, ATermThatWasOnTheDiskAndIsForgottenFalls) {
  MadeUpServer a = alone(0);
  Mono checker(1);
  a.start(5, {1});
  EXPECT_EQ(fallen(checker, a), "");
  a.start(4, {1});
  EXPECT_NE(fallen(checker, a), "");
}

TEST(Mono, AVoteThatIsChangedFalls) {
  MadeUpServer a = alone(0);
  Mono checker(1);
  a.start(5, {1}, "", "id-1");
  EXPECT_EQ(fallen(checker, a), "");
  a.start(5, {1}, "", "id-1");
  EXPECT_EQ(fallen(checker, a), "");
  a.start(5, {1}, "", "id-2");
  EXPECT_NE(fallen(checker, a), "");
}

TEST(Mono, AMatchIndexThatGoesBackFalls) {
  const auto leader_that_knows = [](std::uint64_t match) {
    auto server = std::make_unique<MadeUpServer>(0, std::vector<std::string>{"id-0", "id-1", "id-2"});
    server->start(2, {1, 2, 2});
    server->lead();
    server->hear("id-1", raft::AppendEntriesReply{.term = server->raft().term(), .success = true, .match = {match}});
    return server;
  };
  Mono checker(1);
  const auto before = leader_that_knows(3);
  const auto after = leader_that_knows(2);
  EXPECT_EQ(fallen(checker, *before), "");
  EXPECT_EQ(fallen(checker, *before), "");
  EXPECT_NE(fallen(checker, *after), "");
}

TEST(Mono, AGuessThatGoesBackForNoMoreThanABrokenConnectionFalls) {
  const auto leader_that_guesses = [](std::vector<std::uint64_t> terms) {
    auto server = std::make_unique<MadeUpServer>(0, std::vector<std::string>{"id-0", "id-1", "id-2"});
    server->start(2, std::move(terms));
    server->lead();
    return server;
  };
  const auto before = leader_that_guesses({1, 2, 2});
  const auto after = leader_that_guesses({1, 2});
  Mono checker(1);
  const auto saw = [&](const MadeUpServer& server, bool closed) {
    Sight sight = server.sight();
    sight.connection_closed = closed;
    return checker.saw(sight).value_or("");
  };
  EXPECT_EQ(saw(*before, true), "");
  EXPECT_EQ(saw(*before, true), "");
  EXPECT_NE(saw(*after, true), "");
  EXPECT_EQ(saw(*before, true), "");
  EXPECT_EQ(saw(*after, false), "") << "the follower may have refused";
}

// Three disks; the leader is told that the second has everything.
struct ThreeDisks {
  ThreeDisks() {
    leader.start(2, {1, 2});
    leader.lead();
    leader.hear("id-1", raft::AppendEntriesReply{.term = leader.raft().term(), .success = true, .match = {3}});
  }
  const std::vector<std::string> voters{"id-0", "id-1", "id-2"};
  MadeUpServer leader{0, voters};
  MadeUpServer follower{1, voters};
};

TEST(Quorum, ACommitThatIsOnOneDiskOfThreeFalls) {
  ThreeDisks three;
  ASSERT_EQ(three.leader.raft().commit_index().value, 3U);
  Quorum checker(3);
  EXPECT_NE(fallen(checker, three.leader), "");
}

TEST(Quorum, ACommitThatIsOnTwoDisksOfThreeHoldsThoughOneIsDown) {
  ThreeDisks three;
  three.follower.start(3, {1, 2, 3});
  Quorum checker(3);
  EXPECT_EQ(fallen(checker, three.follower), "");
  EXPECT_EQ(fallen(checker, three.leader), "");
}

TEST(StateHash, EqualStatesAtOneIndexHoldAndDifferentOnesFall) {
  MadeUpServer a = alone(0);
  MadeUpServer b = alone(1);
  MadeUpServer c = alone(2);
  a.state.apply(3, core::state::SetClusterMetadata{"one", {}});
  b.state.apply(3, core::state::SetClusterMetadata{"one", {}});
  c.state.apply(3, core::state::SetClusterMetadata{"another", {}});
  StateHash checker;
  EXPECT_EQ(fallen(checker, a), "");
  EXPECT_EQ(fallen(checker, b), "");
  EXPECT_NE(fallen(checker, c), "");
}

}  // namespace
}  // namespace simulator::checkers
