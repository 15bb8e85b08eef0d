// Example 1: whatever befalls a cluster of three, no term has two leaders, and afterwards there is one.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "simulator/property/generators.hpp"
#include "simulator/property/raft_cluster.hpp"

using namespace simulator::property;

RC_GTEST_PROP(ElectionExample, HasOneLeaderATermAndOneInTheEnd, ()) {
  const RaftOperations operations = *raft_operations(3);
  const std::vector<std::uint64_t> chance = *numbers();

  RaftCluster cluster(RaftOptions::quiet(3), Draws(chance));
  cluster.apply(operations);

  RC_ASSERT(cluster.violation() == "");        // ELECT, LOGMATCH, COMPLETE, SMSAFE, QUORUM, MONO, PREFIX: all the time
  RC_ASSERT(cluster.heal_and_settle() == "");  // HEAL: when all faults are over
  RC_ASSERT(cluster.leader().has_value());
}
