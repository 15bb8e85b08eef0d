// The rules of Raft that one server's script cannot show: chance, and whole clusters. The others are in rules/.
#include <set>

#include <gtest/gtest.h>

#include "simulator/property/raft_cluster.hpp"

namespace {

using namespace core::raft;
using namespace std::chrono_literals;
using simulator::property::RaftCluster;
using simulator::property::RaftOptions;

Restored of_three() {
  Configuration configuration;
  for (const char* id : {"n1", "n2", "n3"}) configuration.servers.push_back({id, std::string(id) + ":4647"});
  return {{Term{1}, {}}, {{Term{1}, Index{1}, EntryKind::configuration, encode(configuration)}}};
}

// §5.2, thesis §9.3. Of a thousand servers the timeouts fill the interval from one to one and a quarter.
TEST(RaftRules, ElectionTimeoutsAreDrawnFromAFixedInterval_5_2) {
  std::set<core::Duration> drawn;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    const Raft raft({.self = "n1"}, of_three(), core::Rng(seed), core::Instant{});
    drawn.insert(raft.deadline() - core::Instant{});
  }
  EXPECT_GT(drawn.size(), 990u);
  EXPECT_GE(*drawn.begin(), 1s);
  EXPECT_LT(*drawn.begin(), 1003ms);
  EXPECT_GT(*drawn.rbegin(), 1247ms);
  EXPECT_LE(*drawn.rbegin(), 1250ms);
}

TEST(RaftRules, EachElectionDrawsItsTimeoutAnew_5_2) {
  std::set<core::Duration> drawn;
  core::Instant now{};
  Raft raft({.self = "n1"}, of_three(), core::Rng(1), now);
  for (int tries = 0; tries < 100; ++tries) {
    now = raft.deadline();
    Effects effects;
    raft.handle(now, Woken{}, effects);
    drawn.insert(raft.deadline() - now);
  }
  EXPECT_GT(drawn.size(), 95u);
}

std::size_t settle(RaftCluster& cluster) {
  cluster.run_for(5s);
  EXPECT_TRUE(cluster.leader());
  return cluster.leader().value_or(0);
}

void isolate(RaftCluster& cluster, std::size_t server) {
  for (std::size_t other = 0; other < cluster.size(); ++other) {
    if (other == server) continue;
    cluster.cut(server, other);
    cluster.cut(other, server);
  }
}

TEST(RaftRules, AMajorityThatCanTalkElectsALeaderAndCommits_5_4) {
  RaftCluster cluster(RaftOptions::quiet(5));
  const std::size_t leader = settle(cluster);
  isolate(cluster, leader);
  isolate(cluster, (leader + 1) % 5);
  cluster.run_for(5s);
  ASSERT_TRUE(cluster.leader());
  const std::size_t next = *cluster.leader();
  const Index before = cluster.raft(next)->commit_index();
  cluster.propose(next, "x");
  cluster.run_for(100ms);
  EXPECT_GT(cluster.raft(next)->commit_index(), before);
  EXPECT_EQ(cluster.violation(), "");
}

TEST(RaftRules, AMinorityCommitsNothingAndElectsNobody_5_3) {
  RaftCluster cluster(RaftOptions::quiet(5));
  const std::size_t leader = settle(cluster);
  for (std::size_t away = 1; away <= 3; ++away) isolate(cluster, (leader + away) % 5);
  const Index before = cluster.raft(leader)->commit_index();
  const Term term = cluster.raft(leader)->term();
  cluster.propose(leader, "x");
  cluster.run_for(20s);
  for (std::size_t server = 0; server < 5; ++server) {
    EXPECT_EQ(cluster.raft(server)->commit_index(), before);
    EXPECT_FALSE(cluster.raft(server)->is_leader());
    EXPECT_EQ(cluster.raft(server)->term(), term);  // pre-votes raise none (thesis §9.6)
  }
}

TEST(RaftRules, WhatALeaderThatWasCutOffDidNotCommitGivesWayToItsSuccessorsEntries_5_3) {
  RaftCluster cluster(RaftOptions::quiet(3));
  const std::size_t old = settle(cluster);
  isolate(cluster, old);
  cluster.propose(old, "lost");
  cluster.propose(old, "lost too");
  const Index length = cluster.raft(old)->last_index();
  cluster.run_for(5s);
  ASSERT_TRUE(cluster.leader());
  const std::size_t next = *cluster.leader();
  ASSERT_NE(next, old);
  cluster.end_cuts();
  cluster.run_for(2s);
  EXPECT_LT(cluster.raft(next)->last_index(), length);
  EXPECT_EQ(cluster.raft(old)->last_index(), cluster.raft(next)->last_index());
  EXPECT_EQ(cluster.raft(old)->log().last_term(), cluster.raft(next)->term());
  EXPECT_EQ(cluster.violation(), "");
}

// Whichever of the two is the first to ask: which, the seed decides.
TEST(RaftRules, AServerThatLacksCommittedEntriesIsNotElected_5_4_1) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    RaftOptions options = RaftOptions::quiet(3);
    options.seed = seed;
    RaftCluster cluster(options);
    const std::size_t leader = settle(cluster);
    const std::size_t behind = (leader + 1) % 3;
    const std::size_t complete = (leader + 2) % 3;
    isolate(cluster, behind);
    cluster.propose(leader, "x");
    cluster.run_for(1s);
    cluster.end_cuts();
    isolate(cluster, leader);
    cluster.run_for(10s);
    ASSERT_EQ(cluster.leader(), complete);
    EXPECT_EQ(cluster.raft(behind)->last_index(), cluster.raft(complete)->last_index());
    EXPECT_EQ(cluster.violation(), "");
  }
}

TEST(RaftRules, ARemovedServerThatDoesNotKnowItDisturbsNobody_6) {
  RaftCluster cluster(RaftOptions::quiet(4));
  const std::size_t leader = settle(cluster);
  const std::size_t gone = (leader + 1) % 4;
  isolate(cluster, gone);
  cluster.handle(leader, ConfigurationProposed{ProposalId{1}, RemoveServer{"n" + std::to_string(gone + 1)}});
  cluster.run_for(10s);  // longer than its leader goes on telling it
  const Term term = cluster.raft(leader)->term();
  cluster.end_cuts();
  cluster.run_for(30s);
  EXPECT_TRUE(cluster.raft(gone)->configuration().is_voter("n" + std::to_string(gone + 1)));
  EXPECT_NE(cluster.raft(gone)->role(), Role::leader);
  EXPECT_EQ(cluster.leader(), leader);
  EXPECT_EQ(cluster.raft(leader)->term(), term);
  EXPECT_EQ(cluster.violation(), "");
}

// Thesis §3.10: the cluster is without a leader for a round trip and a write, not for an election timeout.
TEST(RaftRules, AHandoverTakesNoElectionTimeout_3_10) {
  RaftCluster cluster(RaftOptions::quiet(5));
  const std::size_t leader = settle(cluster);
  const Term term = cluster.raft(leader)->term();
  const std::size_t target = (leader + 3) % 5;
  cluster.handle(leader, TransferRequested{"n" + std::to_string(target + 1)});
  cluster.run_for(100ms);
  EXPECT_EQ(cluster.leader(), target);
  EXPECT_EQ(cluster.raft(target)->term(), term.next());
}

}  // namespace
