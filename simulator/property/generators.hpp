// RapidCheck generators for the small worlds: lists of operations and of draws, of free length, and messages.
//
// Failing lists shrink by losing elements, and each element towards its simplest. A seed would not shrink at all, nor
// a list of a fixed length.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <vector>

#include <rapidcheck.h>

#include "core/raft/message.hpp"
#include "simulator/property/gossip_operations.hpp"
#include "simulator/property/raft_operations.hpp"

namespace simulator::property {

/// Faults, commands and time for a cluster of `servers`.
rc::Gen<RaftOperation> raft_operation(std::size_t servers);
rc::Gen<RaftOperations> raft_operations(std::size_t servers);
/// The same, and changes of the configuration.
rc::Gen<RaftOperations> raft_operations_with_members(std::size_t servers);
/// The same again, and snapshots and reads.
rc::Gen<RaftOperations> raft_operations_with_snapshots(std::size_t servers);
/// A message as servers send them, of small terms and indexes: most make no sense when they arrive.
rc::Gen<core::raft::Message> raft_message();

rc::Gen<GossipOperation> gossip_operation(std::size_t members);
rc::Gen<GossipOperations> gossip_operations(std::size_t members);

/// Numbers for Draws: how long messages and disks take, what is lost.
rc::Gen<std::vector<std::uint64_t>> numbers();

/// How RapidCheck prints a counterexample.
void showValue(const RaftOperation& operation, std::ostream& out);
void showValue(const GossipOperation& operation, std::ostream& out);

}  // namespace simulator::property
