// Example 2: a planted bug, found and cut down. The driver of this cluster answers Persist at once, before the disk
// has written: a loss of power then takes back what was promised. RapidCheck leaves the few operations it takes.
#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "simulator/property/generators.hpp"
#include "simulator/property/raft_cluster.hpp"

using namespace simulator::property;
using namespace std::chrono_literals;

namespace {

// Our own law beside the library's: what a server said to be committed, a majority of disks holds for ever.
bool is_kept(const RaftCluster& cluster, core::raft::Index index) {
  std::size_t copies = 0;
  for (std::size_t i = 0; i < cluster.size(); ++i) copies += cluster.disk(i).log.size() >= index.value ? 1 : 0;
  return 2 * copies > cluster.size();
}

bool keeps_what_it_committed(const RaftOperations& operations, bool disk_answers_early) {
  RaftOptions options = RaftOptions::quiet(3);
  options.slowest_disk = 50ms;
  options.disk_answers_early = disk_answers_early;
  RaftCluster cluster(options, Draws(1));
  core::raft::Index committed;
  for (const RaftOperation& operation : operations) {
    cluster.apply(operation);
    for (std::size_t i = 0; i < cluster.size(); ++i)
      if (cluster.raft(i) != nullptr) committed = std::max(committed, cluster.raft(i)->commit_index());
    if (cluster.violation() != "" || !is_kept(cluster, committed)) return false;
  }
  return true;
}

}  // namespace

TEST(LogExample, HoldsWithADiskThatKeepsItsWord) {
  EXPECT_TRUE(rc::check([] {
    const RaftOperations operations = *raft_operations(3);
    RC_ASSERT(keeps_what_it_committed(operations, false));
  }));
}

TEST(LogExample, CutsThePlantedBugDownToAFewOperations) {
  RaftOperations smallest;
  const bool held = rc::check([&] {
    const RaftOperations operations = *raft_operations(3);
    const bool kept = keeps_what_it_committed(operations, true);
    if (!kept) smallest = operations;  // the last that failed is the smallest
    RC_ASSERT(kept);
  });
  EXPECT_FALSE(held);
  EXPECT_FALSE(smallest.empty());
  EXPECT_LE(smallest.size(), 3U);
}
