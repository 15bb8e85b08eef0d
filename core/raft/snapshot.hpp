// A snapshot: the state machine up to an index, as bytes in chunks, and the membership as of then (Raft §7).
//
// Raft reads nothing into the bytes; whoever owns the state machine makes them and takes them apart. They are
// shared and never change, so that one snapshot streams to several followers while the next one is being made.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <boost/describe/class.hpp>

#include "core/raft/configuration.hpp"
#include "core/raft/types.hpp"

namespace core::raft {

/// What a snapshot stands for: all entries up to `index`, and the configuration that was in force there with the
/// index of its own entry. The two indexes never mix.
struct SnapshotMeta {
  Index index;
  Term term;
  Index configuration_index;
  Configuration configuration;
  friend bool operator==(const SnapshotMeta&, const SnapshotMeta&) = default;
};
BOOST_DESCRIBE_STRUCT(SnapshotMeta, (), (index, term, configuration_index, configuration))

struct Snapshot {
  SnapshotMeta meta;
  std::vector<Payload> chunks;  // none is null

  std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const Payload& chunk : chunks) sum += chunk->size();
    return sum;
  }
};
using SnapshotRef = std::shared_ptr<const Snapshot>;

/// How a snapshot travels to one follower: a window of chunks that moves on with the follower's answers.
struct SnapshotStream {
  SnapshotRef snapshot;
  std::uint64_t acked = 0;  // the follower holds all chunks before this one
  std::uint64_t next = 0;   // the next to be sent; acked <= next <= chunks
  Instant moved;            // when it last got ahead, or was last sent again
  Instant paid_until{};     // what has been sent takes so long at the rate that is allowed

  bool complete() const { return acked == snapshot->chunks.size(); }
  std::uint64_t bytes_in_flight() const {
    std::uint64_t sum = 0;
    for (std::uint64_t at = acked; at < next; ++at) sum += snapshot->chunks[at]->size();
    return sum;
  }
};

}  // namespace core::raft
