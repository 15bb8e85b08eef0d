// Whole clusters with snapshots and reads, under random messages, crashes and cuts, keep the invariants of Raft's
// Figure 3.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "core/base/mutant.hpp"
#include "simulator/property/generators.hpp"
#include "simulator/property/raft_cluster.hpp"

namespace {

using Cluster = simulator::property::RaftCluster;
using ClusterOptions = simulator::property::RaftOptions;
using namespace std::chrono_literals;
using namespace core::raft;

TEST(Cluster, KeepsItsInvariantsWhateverTheSeed) {
  std::size_t elections = 0;
  std::size_t truncations = 0;
  std::size_t crashes = 0;
  std::size_t changes = 0;
  std::size_t committed = 0;
  std::size_t taken = 0;
  std::size_t installed = 0;
  std::size_t reads = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed)
    for (std::size_t servers = 1; servers <= 5; ++servers) {
      Cluster cluster(ClusterOptions::drawn(seed, servers));
      ASSERT_EQ(cluster.run(), "");
      elections += cluster.elections;
      truncations += cluster.truncations;
      crashes += cluster.crashes;
      changes += cluster.configuration_changes;
      committed += cluster.committed();
      taken += cluster.snapshots_taken;
      installed += cluster.snapshots_installed;
      reads += cluster.reads_answered;
    }
  // A run in which nothing happened proves nothing.
  EXPECT_GT(elections, 100u);
  EXPECT_GT(truncations, 20u);
  EXPECT_GT(crashes, 100u);
  EXPECT_GT(changes, 100u);
  EXPECT_GT(committed, 10'000u);
  EXPECT_GT(taken, 1'000u);
  EXPECT_GT(installed, 15u);
  EXPECT_GT(reads, 1'000u);
}

RC_GTEST_PROP(ClusterProperty, KeepsItsInvariants, ()) {
  const auto seed = *rc::gen::inRange<std::uint64_t>(1'000, 1'000'000'000);
  const auto servers = *rc::gen::inRange<std::size_t>(1, 8);
  ClusterOptions options = ClusterOptions::drawn(seed, servers);
  options.length = 5s;
  Cluster cluster(options);
  RC_ASSERT(cluster.run() == "");
}

ClusterOptions calm(std::size_t servers) {
  ClusterOptions options;
  options.seed = 7;
  options.servers = servers;
  options.voters = servers;
  options.between_faults = 0s;
  return options;
}

TEST(Cluster, KeepsItsLeaderWhenNothingGoesWrong) {
  for (const std::size_t servers : {1u, 2u, 3u, 5u}) {
    Cluster cluster(calm(servers));
    cluster.run_for(5s);
    const auto leader = cluster.leader();
    ASSERT_TRUE(leader);
    const Term term = cluster.raft(*leader)->term();
    cluster.run_for(60s);
    EXPECT_EQ(cluster.violation(), "");
    EXPECT_EQ(cluster.leader(), leader);
    EXPECT_EQ(cluster.raft(*leader)->term(), term);
    EXPECT_TRUE(cluster.raft(*leader)->lease_valid(cluster.now()));
  }
}

// Thesis §9.6: a server that was cut off does not depose the leader when it comes back.
TEST(Cluster, IsNotDisturbedByAServerThatComesBack) {
  Cluster cluster(calm(3));
  cluster.run_for(5s);
  const std::size_t leader = *cluster.leader();
  const Term term = cluster.raft(leader)->term();
  const std::size_t away = (leader + 1) % 3;
  for (std::size_t i = 0; i < 3; ++i) {
    cluster.cut(away, i);
    cluster.cut(i, away);
  }
  cluster.run_for(30s);
  cluster.heal();
  cluster.run_for(10s);
  EXPECT_EQ(cluster.leader(), leader);
  EXPECT_EQ(cluster.raft(leader)->term(), term);
  EXPECT_GT(cluster.raft(away)->commit_index().value + 20, cluster.raft(leader)->commit_index().value);
}

// K12: a leader that hears nobody does not lead, though all hear it.
TEST(Cluster, ReplacesALeaderThatIsDeaf) {
  Cluster cluster(calm(3));
  cluster.run_for(5s);
  const std::size_t leader = *cluster.leader();
  for (std::size_t i = 0; i < 3; ++i) cluster.cut(i, leader);
  cluster.run_for(5s);
  ASSERT_TRUE(cluster.leader());
  EXPECT_NE(cluster.leader(), leader);
  EXPECT_FALSE(cluster.raft(leader)->is_leader());
}

// A broken connection starts the election at once: far sooner than any timeout.
TEST(Cluster, ReplacesAKilledLeaderWithinMilliseconds) {
  std::size_t quick = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    ClusterOptions options = calm(3);
    options.seed = seed;
    options.slowest_message = 1ms;
    options.slowest_disk = 1ms;
    Cluster cluster(options);
    cluster.run_for(5s);
    const std::size_t leader = *cluster.leader();
    cluster.crash(leader);  // half of the crashes close their connections
    cluster.run_for(60ms);
    if (cluster.leader()) ++quick;
    cluster.run_for(5s);
    EXPECT_TRUE(cluster.leader());
  }
  EXPECT_GE(quick, 5u);
}

TEST(Cluster, HandsLeadershipOverWhenAsked) {
  Cluster cluster(calm(3));
  cluster.run_for(5s);
  const std::size_t leader = *cluster.leader();
  const std::size_t target = (leader + 1) % 3;
  cluster.handle(leader, TransferRequested{"n" + std::to_string(target + 1)});
  cluster.run_for(200ms);
  EXPECT_EQ(cluster.leader(), target);
}

TEST(Cluster, LetsALeaderRemoveItself) {
  Cluster cluster(calm(3));
  cluster.run_for(5s);
  const std::size_t leader = *cluster.leader();
  const ServerId id = "n" + std::to_string(leader + 1);
  cluster.handle(leader, ConfigurationProposed{ProposalId{1}, RemoveServer{id}});
  cluster.run_for(500ms);
  ASSERT_TRUE(cluster.leader());
  EXPECT_NE(cluster.leader(), leader);
  EXPECT_FALSE(cluster.raft(*cluster.leader())->configuration().contains(id));
  cluster.run_for(30s);
  EXPECT_EQ(cluster.raft(leader)->role(), Role::follower);  // nor does it ever campaign again
  EXPECT_EQ(cluster.violation(), "");
}

// A server that is removed learns of it, so that a graceful leave sees its own end.
TEST(Cluster, TellsARemovedServer) {
  Cluster cluster(calm(3));
  cluster.run_for(5s);
  const std::size_t leader = *cluster.leader();
  const std::size_t other = (leader + 1) % 3;
  const ServerId id = "n" + std::to_string(other + 1);
  cluster.handle(leader, ConfigurationProposed{ProposalId{1}, RemoveServer{id}});
  cluster.run_for(1s);
  EXPECT_FALSE(cluster.raft(other)->committed_configuration().contains(id));
  EXPECT_EQ(cluster.raft(leader)->peers().size(), 1u);
}

// Found by simulator/property's example: as many requests were on their way as may be, their answers were lost, and the
// follower restarted with the entries on its disk. Neither its heartbeat replies nor anything else got it going again.
TEST(Cluster, SendsAgainToAFollowerThatRestartedWithItsAnswersLost) {
  using namespace simulator::property;
  RaftCluster cluster(RaftOptions::quiet(3), Draws({0, 0, 8579414930}));
  cluster.apply({Pass{1110ms}, Propose{8}, Isolate{0}, Pass{1ms}});
  ASSERT_EQ(cluster.disk(0).log.size(), 10u);
  ASSERT_FALSE(cluster.raft(0)->is_leader());
  cluster.apply(LosePower{0});
  EXPECT_EQ(cluster.heal_and_settle(), "");
}

// consul#9609: a follower whose entries are gone from every log is brought up all the same, while writes go on and
// each of them is snapshotted.
TEST(Cluster, BringsUpAFollowerThatOnlyASnapshotReaches) {
  ClusterOptions options = calm(3);
  options.snapshot_every = 1;
  options.trailing_logs = 50;
  options.between_proposals = 5ms;
  Cluster cluster(options);
  cluster.run_for(5s);
  const std::size_t leader = *cluster.leader();
  const std::size_t away = (leader + 1) % 3;
  cluster.crash(away);
  cluster.run_for(10s);
  cluster.restart(away);
  cluster.run_for(2s);
  EXPECT_EQ(cluster.violation(), "");
  EXPECT_EQ(cluster.snapshots_installed, 1u);
  EXPECT_GT(cluster.raft(away)->commit_index().value + 50, cluster.raft(leader)->commit_index().value);
}

// What is done to it, drawn: proposals one by one and together, power losses, cuts, members that come and go, snapshots
// that take the log before them along, and reads of anybody.
RC_GTEST_PROP(ClusterProperty, KeepsItsInvariantsWhateverIsDoneToIt, ()) {
  const auto servers = *rc::gen::inRange<std::size_t>(1, 8);
  const auto operations = *simulator::property::raft_operations_with_snapshots(servers);
  Cluster cluster(ClusterOptions::quiet(servers), simulator::property::Draws(*simulator::property::numbers()));
  cluster.apply(operations);
  RC_ASSERT(cluster.violation() == "");
}

#ifdef NOMAD_MUTANTS
// The bench: each known bug is found by the same runs that hold without it.
class ClusterBench : public testing::TestWithParam<core::base::MutantId> {};

TEST_P(ClusterBench, IsFoundWithin200Seeds) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    core::base::active_mutant = GetParam().place();
    Cluster cluster(ClusterOptions::drawn(seed, 2 + seed % 4));
    const std::string found = cluster.run();
    core::base::active_mutant = core::base::no_mutant;
    Cluster control(ClusterOptions::drawn(seed, 2 + seed % 4));
    ASSERT_EQ(control.run(), "");
    const std::string_view falls = core::base::mutants[GetParam().place()].falls;
    if (found.empty() || falls.find(found.substr(0, found.find(' '))) == std::string_view::npos) continue;
    std::cout << "found in try " << seed << ": " << found << "\n";
    return;
  }
  FAIL() << "not found";
}

INSTANTIATE_TEST_SUITE_P(Raft, ClusterBench,
                         testing::Values(core::base::MutantId("K03"), core::base::MutantId("K04"),
                                         core::base::MutantId("K06"), core::base::MutantId("K16"),
                                         core::base::MutantId("K22"), core::base::MutantId("K23"),
                                         core::base::MutantId("K30"), core::base::MutantId("K31")));
#endif

}  // namespace
