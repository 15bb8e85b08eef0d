// Example 3: whatever befalls a gossip pool, once the faults are over all members see the same, and the truth.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "simulator/property/generators.hpp"
#include "simulator/property/gossip_pool.hpp"

using namespace simulator::property;

RC_GTEST_PROP(GossipExample, ConvergesOnceTheFaultsAreOver, ()) {
  const GossipOperations operations = *gossip_operations(4);
  const std::vector<std::uint64_t> chance = *numbers();

  GossipPool pool = GossipPool::of(4, Draws(chance));
  pool.apply(operations);

  RC_ASSERT(pool.violation() == "");  // LEFT and NOFALSE: all the time
  RC_ASSERT(pool.settle() == "");     // VIEW: within ten minutes; then RATE and LEFT
}
