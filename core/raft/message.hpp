// What servers say to each other. Each message carries its sender's term; who sent it, the transport knows.
//
// Members are only bool, unsigned integers, Strong numbers, enums, Payload, Entries and vectors of such structs:
// what a generic codec over Boost.Describe can write.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include <boost/describe/class.hpp>

#include "core/raft/entries.hpp"
#include "core/raft/types.hpp"

namespace core::raft {

/// "Would you vote for me in `next_term`?" Asked before the term is raised, so that a server that cannot
/// win disturbs nobody (Raft thesis §9.6). `term` is the sender's own and is not adopted by the receiver.
struct RequestPreVote {
  Term term;
  Term next_term;
  Index last_index;
  Term last_term;
};
struct RequestPreVoteReply {
  Term term;
  Term next_term;  // as asked
  bool granted = false;
};

/// Raft §5.2. `transfer` says that the leader itself asked for this election, so that its followers need
/// not protect it (thesis §4.2.3).
struct RequestVote {
  Term term;
  Index last_index;
  Term last_term;
  bool transfer = false;
};
struct RequestVoteReply {
  Term term;
  bool granted = false;
};

/// Raft §5.3. `sent_ns` is the leader's own clock; the follower gives it back and reads nothing into it.
struct AppendEntries {
  Term term;
  Index previous_index;
  Term previous_term;
  Index commit;
  std::uint64_t sent_ns = 0;
  Entries entries;
};
/// On success `match` is the last entry the request confirmed, durable at the follower. A refusal names
/// the refused `previous_index` and where to go on: `conflict_index`, the first entry of the follower's
/// `conflict_term`, or the end of its log when `conflict_term` is zero (Raft §5.3, the last paragraphs).
struct AppendEntriesReply {
  Term term;
  bool success = false;
  Index match;
  Index previous_index;
  Index conflict_index;
  Term conflict_term;
  std::uint64_t sent_ns = 0;
};

/// "I still lead." Never waits for a disk. `commit` is clamped to what the follower is known to match;
/// `expected` is the last entry sent to it so far (zero while probing), so that a lost message shows. `round` comes
/// back with the answer: a quorum that answers a round was still following when the round began (thesis §6.4).
struct Heartbeat {
  Term term;
  Index commit;
  Index expected;
  std::uint64_t sent_ns = 0;
  std::uint64_t round = 0;
};
/// `match` is the last entry that is durable at the follower and confirmed by this term's leader; `last_index` the
/// last that is confirmed, durable or not.
struct HeartbeatReply {
  Term term;
  Index match;
  Index last_index;
  Index expected;  // as asked
  std::uint64_t sent_ns = 0;
  std::uint64_t round = 0;  // as asked
};

/// The leader hands over: start an election now, past pre-vote (thesis §3.10).
struct TimeoutNow {
  Term term;
};

/// Raft §7. One chunk of a snapshot that ends with entry `last_index` of `last_term`; `configuration` is the
/// encoded configuration at that point, which stands in the log at `configuration_index`. Chunks count from 0.
struct InstallSnapshot {
  Term term;
  Index last_index;
  Term last_term;
  Index configuration_index;
  Payload configuration;
  std::uint64_t chunk = 0;
  std::uint64_t chunks = 0;  // how many there are
  Payload data;
  std::uint64_t sent_ns = 0;
};
/// `next_chunk`: all before it are here. `installed`: the snapshot, or a log that goes as far, is durable and in use.
struct InstallSnapshotReply {
  Term term;
  Index last_index;
  Term last_term;
  std::uint64_t next_chunk = 0;
  bool installed = false;
  std::uint64_t sent_ns = 0;
};

BOOST_DESCRIBE_STRUCT(RequestPreVote, (), (term, next_term, last_index, last_term))
BOOST_DESCRIBE_STRUCT(RequestPreVoteReply, (), (term, next_term, granted))
BOOST_DESCRIBE_STRUCT(RequestVote, (), (term, last_index, last_term, transfer))
BOOST_DESCRIBE_STRUCT(RequestVoteReply, (), (term, granted))
BOOST_DESCRIBE_STRUCT(AppendEntries, (), (term, previous_index, previous_term, commit, sent_ns, entries))
BOOST_DESCRIBE_STRUCT(AppendEntriesReply, (),
                      (term, success, match, previous_index, conflict_index, conflict_term, sent_ns))
BOOST_DESCRIBE_STRUCT(Heartbeat, (), (term, commit, expected, sent_ns, round))
BOOST_DESCRIBE_STRUCT(HeartbeatReply, (), (term, match, last_index, expected, sent_ns, round))
BOOST_DESCRIBE_STRUCT(TimeoutNow, (), (term))
BOOST_DESCRIBE_STRUCT(InstallSnapshot, (),
                      (term, last_index, last_term, configuration_index, configuration, chunk, chunks, data, sent_ns))
BOOST_DESCRIBE_STRUCT(InstallSnapshotReply, (), (term, last_index, last_term, next_chunk, installed, sent_ns))

/// The order of the alternatives is part of the wire format: add at the end only.
using Message =
    std::variant<RequestPreVote, RequestPreVoteReply, RequestVote, RequestVoteReply, AppendEntries, AppendEntriesReply,
                 Heartbeat, HeartbeatReply, TimeoutNow, InstallSnapshot, InstallSnapshotReply>;

}  // namespace core::raft
