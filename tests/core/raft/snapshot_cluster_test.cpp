// Whole clusters with snapshots and reads, under random messages, crashes and cuts, keep the invariants of Raft's
// Figure 3.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "core/base/mutant.hpp"
#include "tests/core/raft/cluster.hpp"

namespace {

using tests::Cluster;
using tests::ClusterOptions;
using namespace std::chrono_literals;
using namespace core::raft;

TEST(SnapshotCluster, KeepsItsInvariantsWhateverTheSeed) {
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

RC_GTEST_PROP(SnapshotClusterProperty, KeepsItsInvariants, ()) {
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

// consul#9609: a follower whose entries are gone from every log is brought up all the same, while writes go on and
// each of them is snapshotted.
TEST(SnapshotCluster, BringsUpAFollowerThatOnlyASnapshotReaches) {
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

#ifdef NOMAD_MUTANTS
// The bench: each known bug is found by the same runs that hold without it.
class SnapshotMutantBench : public testing::TestWithParam<core::base::MutantId> {};

TEST_P(SnapshotMutantBench, IsFoundWithin200Seeds) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    core::base::active_mutant = GetParam().place();
    Cluster cluster(ClusterOptions::drawn(seed, 2 + seed % 4));
    const std::string found = cluster.run();
    core::base::active_mutant = core::base::no_mutant;
    Cluster control(ClusterOptions::drawn(seed, 2 + seed % 4));
    ASSERT_EQ(control.run(), "");
    if (found.empty() || found.starts_with("HEAL")) continue;
    std::cout << "found in try " << seed << ": " << found << "\n";
    return;
  }
  FAIL() << "not found";
}

INSTANTIATE_TEST_SUITE_P(Raft, SnapshotMutantBench,
                         testing::Values(core::base::MutantId("K03"), core::base::MutantId("K04"),
                                         core::base::MutantId("K06"), core::base::MutantId("K16"),
                                         core::base::MutantId("K22"), core::base::MutantId("K23"),
                                         core::base::MutantId("K24"), core::base::MutantId("K29"),
                                         core::base::MutantId("K30"), core::base::MutantId("K31"),
                                         core::base::MutantId("K34"), core::base::MutantId("K35")));
#endif

}  // namespace
