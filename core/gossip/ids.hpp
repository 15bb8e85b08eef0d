// The numbers of gossip that must not mix.
#pragma once

#include <cstdint>

#include "core/base/strong.hpp"

namespace core::gossip {

/// How often a member has contradicted what was said of it (SWIM §4.2). Only its owner raises it.
using Incarnation = base::Strong<struct IncarnationTag, std::uint32_t>;
/// Serf's logical time.
using LamportTime = base::Strong<struct LamportTimeTag>;
/// Ties an ack to its ping.
using SeqNo = base::Strong<struct SeqNoTag, std::uint32_t>;
/// One TCP connection. Gossip numbers those it opens 2, 6, 10, ... (2 mod 4); whoever accepts one uses odd numbers.
/// An agent that keeps multiples of four for its other streams needs no table between the two.
using StreamId = base::Strong<struct StreamIdTag>;
/// A request of the operator's, to find its answer by.
using RequestId = base::Strong<struct RequestIdTag>;
/// A query of another's that we may answer.
using QueryId = base::Strong<struct QueryIdTag>;

}  // namespace core::gossip
