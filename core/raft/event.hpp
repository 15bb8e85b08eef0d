// What happens to a Raft server, and what it wants done about it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "core/raft/configuration.hpp"
#include "core/raft/entries.hpp"
#include "core/raft/message.hpp"
#include "core/raft/snapshot.hpp"
#include "core/raft/types.hpp"

namespace core::raft {

// ---- events

/// Once, before any other event: the log lines of a start, and the configuration that was restored.
struct Started {};
/// A peer's message, already decoded. `from` is who the transport knows the peer to be.
struct MessageReceived {
  SharedId from;
  Message message;
};
/// A command for the state machine. Answered at once by ProposalAccepted or ProposalRefused.
struct Proposed {
  ProposalId id;
  Payload payload;
};
/// Many commands at once: one disk record and one message a peer for all of them.
struct BatchProposed {
  std::vector<Proposed> proposals;
};
/// A change of the configuration. Answered as Proposed is.
struct ConfigurationProposed {
  ProposalId id;
  ConfigurationChange change;
};
/// All Persist effects up to `sequence` are on disk, synced.
struct Persisted {
  PersistSequence sequence;
};
/// The connection to that server broke (it closed or reset, not merely silence): it may be dead.
struct PeerUnreachable {
  ServerId id;
};
/// Give leadership to `target`, or to the voter whose log is the most complete. Answered by TransferEnded.
struct TransferRequested {
  std::optional<ServerId> target;
};
/// A read that must see everything committed before it was asked for. Answered by ReadReady or ReadRefused.
struct ReadRequested {
  ReadId id;
};
/// The first configuration of a new cluster. Ignored, with a note, when the log or the term says that
/// there already is one. Every server that gets one must get the same.
struct Bootstrap {
  Configuration configuration;
};
/// The owner's own snapshot of its state machine is on disk: the log before it may go.
struct SnapshotTaken {
  SnapshotMeta meta;
};
/// The answer to SnapshotWanted: a snapshot that is at least as new as the log's first entry. Null: there is none.
struct SnapshotBuilt {
  SnapshotRef snapshot;
};
/// The answer to SnapshotReceived: it is on disk and fit for use, or `error` says why it never will be.
struct SnapshotStored {
  SnapshotMeta meta;
  std::string error;
};
/// From the next compaction on so many entries before a snapshot are kept (Config::trailing_logs).
struct TrailingLogsChanged {
  std::uint64_t count = 0;
};
/// The deadline has come.
struct Woken {};
BOOST_DESCRIBE_STRUCT(Started, (), ())
BOOST_DESCRIBE_STRUCT(MessageReceived, (), (from, message))
BOOST_DESCRIBE_STRUCT(Proposed, (), (id, payload))
BOOST_DESCRIBE_STRUCT(BatchProposed, (), (proposals))
BOOST_DESCRIBE_STRUCT(ConfigurationProposed, (), (id, change))
BOOST_DESCRIBE_STRUCT(Persisted, (), (sequence))
BOOST_DESCRIBE_STRUCT(PeerUnreachable, (), (id))
BOOST_DESCRIBE_STRUCT(TransferRequested, (), (target))
BOOST_DESCRIBE_STRUCT(ReadRequested, (), (id))
BOOST_DESCRIBE_STRUCT(Bootstrap, (), (configuration))
BOOST_DESCRIBE_STRUCT(SnapshotTaken, (), (meta))
BOOST_DESCRIBE_STRUCT(SnapshotStored, (), (meta, error))
BOOST_DESCRIBE_STRUCT(TrailingLogsChanged, (), (count))
BOOST_DESCRIBE_STRUCT(Woken, (), ())

using Event = std::variant<Started, MessageReceived, Proposed, BatchProposed, ConfigurationProposed, Persisted,
                           PeerUnreachable, TransferRequested, ReadRequested, Bootstrap, SnapshotTaken, SnapshotBuilt,
                           SnapshotStored, TrailingLogsChanged, Woken>;

// ---- effects

/// May be lost. Messages to one server should arrive in order; nothing breaks when they do not.
struct Send {
  SharedId to;
  Message message;
};
/// Write, in the order of `sequence`, then say Persisted. First the hard state when there is one, then the log
/// loses everything up to `base` and begins after it, then it loses `truncate_from` and all after it, then it gains
/// `entries`. All of it counts as one write.
struct Persist {
  PersistSequence sequence;
  std::optional<HardState> hard_state;
  std::optional<LogBase> base;
  std::optional<Index> truncate_from;
  Entries entries;
};
/// The entries from `first` to `last` are committed: apply them in order (`raft.log().slice(first, last)`).
/// Ranges follow each other without gap, from the entry after the snapshot that was restored or last installed.
struct Committed {
  Index first;
  Index last;
};
/// The proposal is in the leader's log; it has happened when `index` commits with this term, and never
/// will when another term's entry commits there.
struct ProposalAccepted {
  ProposalId id;
  Index index;
  Term term;
};
enum class Refusal : std::uint8_t {
  not_leader,
  transferring,    // leadership is being handed over
  overloaded,      // too much is proposed and not yet committed
  too_large,       // one payload over the limit
  not_ready,       // a leader changes the configuration only after committing in its own term
  change_pending,  // an earlier change is not yet committed
  no_change,       // the configuration is already so
  no_voter_left,
  quorum_at_risk,  // without the server that is to go, too few voters answer to decide that it goes, or anything else
  bad_server,      // unknown, badly named, one too many, or at another's address
};
BOOST_DESCRIBE_ENUM(Refusal, not_leader, transferring, overloaded, too_large, not_ready, change_pending, no_change,
                    no_voter_left, quorum_at_risk, bad_server)
struct ProposalRefused {
  ProposalId id;
  Refusal why = Refusal::not_leader;
  std::optional<ServerId> leader;  // whom to ask instead, when known
};
/// Everything up to `index` was committed when the read was asked for, and this server still led then: the state
/// machine with `index` applied may answer it (Raft §8, thesis §6.4).
struct ReadReady {
  ReadId id;
  Index index;
};
struct ReadRefused {
  ReadId id;
  Refusal why = Refusal::not_leader;
  std::optional<ServerId> leader;
};
/// A transfer is over. No error: this server leads no more, and who does is not always known yet. An error: the
/// transfer came to nothing, and a server that led goes on to lead and takes writes again.
struct TransferEnded {
  std::string error;
};
/// Role, term or known leader changed.
struct LeadershipChanged {
  Role role = Role::follower;
  Term term;
  std::optional<ServerId> leader;
};
/// Somebody needs a snapshot: build one of the state machine as it is now, then say SnapshotBuilt.
struct SnapshotWanted {};
/// A whole snapshot came from the leader. Check it and put it on disk, then say SnapshotStored. The state machine
/// stays as it is until SnapshotInstalled.
struct SnapshotReceived {
  SnapshotRef snapshot;
};
/// The state machine is now what that snapshot holds; the next Committed goes on after it.
struct SnapshotInstalled {
  SnapshotMeta meta;
};
/// The latest configuration of the log changed, committed or not; `index` is its entry's.
struct ConfigurationChanged {
  Index index;
  Configuration configuration;
};
enum class NoteLevel : std::uint8_t { debug, info, warn, error };
BOOST_DESCRIBE_ENUM(NoteLevel, debug, info, warn, error)
struct NoteField {
  std::string key;
  std::string value;
};
/// A line for the operator, in the words of hashicorp/raft where it has them.
struct Note {
  NoteLevel level = NoteLevel::info;
  std::string text;
  std::vector<NoteField> fields;
};
BOOST_DESCRIBE_STRUCT(Send, (), (to, message))
BOOST_DESCRIBE_STRUCT(Persist, (), (sequence, hard_state, base, truncate_from, entries))
BOOST_DESCRIBE_STRUCT(Committed, (), (first, last))
BOOST_DESCRIBE_STRUCT(ProposalAccepted, (), (id, index, term))
BOOST_DESCRIBE_STRUCT(ProposalRefused, (), (id, why, leader))
BOOST_DESCRIBE_STRUCT(ReadReady, (), (id, index))
BOOST_DESCRIBE_STRUCT(ReadRefused, (), (id, why, leader))
BOOST_DESCRIBE_STRUCT(TransferEnded, (), (error))
BOOST_DESCRIBE_STRUCT(LeadershipChanged, (), (role, term, leader))
BOOST_DESCRIBE_STRUCT(SnapshotWanted, (), ())
BOOST_DESCRIBE_STRUCT(SnapshotInstalled, (), (meta))
BOOST_DESCRIBE_STRUCT(ConfigurationChanged, (), (index, configuration))
BOOST_DESCRIBE_STRUCT(NoteField, (), (key, value))
BOOST_DESCRIBE_STRUCT(Note, (), (level, text, fields))

using Effect =
    std::variant<Send, Persist, Committed, ProposalAccepted, ProposalRefused, ReadReady, ReadRefused, TransferEnded,
                 LeadershipChanged, ConfigurationChanged, SnapshotWanted, SnapshotReceived, SnapshotInstalled, Note>;
using Effects = std::vector<Effect>;

}  // namespace core::raft
