// What gossip is told, and what it answers with.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "core/base/address.hpp"
#include "core/gossip/ids.hpp"
#include "core/gossip/member.hpp"

namespace core::gossip {

// Events.

struct DatagramReceived {
  Address from;
  std::string bytes;
};
struct StreamAccepted {
  StreamId stream;  ///< odd: see ids.hpp
  Address from;
};
struct StreamConnected {
  StreamId stream;
};
/// A stream of ours could not be opened.
struct StreamFailed {
  StreamId stream;
  std::string reason;
};
struct StreamReceived {
  StreamId stream;
  std::string bytes;
};
/// The other side closed, or the connection broke.
struct StreamClosed {
  StreamId stream;
};
/// Push/pull with each address; answered by JoinFinished.
struct JoinRequested {
  RequestId request;
  std::vector<Address> addresses;
};
/// Leave the pool in good order; answered by Left.
struct LeaveRequested {};
/// Let a failed member count as left; `prune` forgets it too.
struct ForceLeaveRequested {
  std::string name;
  bool prune = false;
};
struct TagsChanged {
  std::map<std::string, std::string> tags;
};
/// Tell everybody.
struct UserEventRequested {
  std::string name;
  std::string payload;
  bool coalesce = false;
};
/// Ask everybody, or those whom the filters let through. Answers come as QueryAcked and QueryAnswered, and
/// QueryFinished ends them.
struct QueryRequested {
  RequestId request;
  std::string name;
  std::string payload;
  std::vector<std::string> nodes;           ///< only these, if any are named
  std::map<std::string, std::string> tags;  ///< only those whose tags match these expressions
  bool ack = false;
  std::uint8_t relay_factor = 0;
  Duration timeout{};  ///< 0: what is usual in a pool of this size
};
/// Our answer to a query of another; the first one counts, and only in time.
struct QueryReplied {
  QueryId query;
  std::string payload;
};
enum class KeyOperation { install, use, remove, list };
BOOST_DESCRIBE_ENUM(KeyOperation, install, use, remove, list)
/// Change, or list, the keys of all members; answered by KeysFinished.
struct KeysRequested {
  RequestId request;
  KeyOperation operation = KeyOperation::list;
  std::string key;  ///< raw
  std::uint8_t relay_factor = 0;
};
/// The keyring that KeyringChanged told of is on disk, or why not.
struct KeyringWritten {
  std::string error;
};
/// The deadline has come.
struct Woken {};

using Event = std::variant<DatagramReceived, StreamAccepted, StreamConnected, StreamFailed, StreamReceived,
                           StreamClosed, JoinRequested, LeaveRequested, ForceLeaveRequested, TagsChanged,
                           UserEventRequested, QueryRequested, QueryReplied, KeysRequested, KeyringWritten, Woken>;

// Effects.

struct SendDatagram {
  Address to;
  std::string bytes;
};
struct OpenStream {
  StreamId stream;
  Address to;
};
struct SendStream {
  StreamId stream;
  std::string bytes;
};
/// Close once what was sent is on its way. Nothing more is said of this stream, by either side.
struct CloseStream {
  StreamId stream;
};
struct MemberJoined {
  Member member;
};
struct MemberLeft {
  Member member;
};
struct MemberFailed {
  Member member;
};
struct MemberUpdated {
  Member member;
};
/// Forgotten for good.
struct MemberReaped {
  Member member;
};
struct JoinFinished {
  RequestId request;
  std::uint32_t joined = 0;         ///< how many of the addresses answered
  std::vector<std::string> errors;  ///< one for each that did not
};
struct UserEventReceived {
  LamportTime time;
  std::string name;
  std::string payload;
  bool coalesce = false;
};
/// Somebody asks, and we may answer with QueryReplied.
struct QueryReceived {
  QueryId query;
  LamportTime time;
  std::string name;
  std::string payload;
  std::string from;
};
struct QueryAcked {
  RequestId request;
  std::string from;
};
struct QueryAnswered {
  RequestId request;
  std::string from;
  std::string payload;
};
struct QueryFinished {
  RequestId request;
  std::string error;  ///< why it was not asked at all, if so
};
/// What the members said of their keys.
struct KeysTally {
  std::uint32_t nodes = 0;
  std::uint32_t responses = 0;
  std::uint32_t errors = 0;
  std::map<std::string, std::string> messages;  ///< by member
  std::map<std::string, std::uint32_t> keys;    ///< in base64, and how many members have them
  std::map<std::string, std::uint32_t> primary_keys;
};
struct KeysFinished {
  RequestId request;
  KeysTally tally;
  std::string error;  ///< empty if all members did as they were told
};
/// These are our keys now. With `keyring_file` they are to be written down, and KeyringWritten says when they are.
struct KeyringChanged {
  std::vector<std::string> keys;  ///< raw, the primary first
};
/// The pool says that our name is another's: we have to go.
struct NameConflictLost {};
/// Append to the snapshot file; `sync` asks for the disk to have it before anything else is written.
struct SnapshotAppended {
  std::string bytes;
  bool sync = false;
};
/// The snapshot file holds this and nothing else.
struct SnapshotReplaced {
  std::string bytes;
};
/// We have left, and the others have had time to hear of it.
struct Left {};

enum class Level { debug, info, warn, error };
BOOST_DESCRIBE_ENUM(Level, debug, info, warn, error)

/// A log line, in Serf's words.
struct Note {
  Level level = Level::info;
  std::string text;
};

using Effect = std::variant<SendDatagram, OpenStream, SendStream, CloseStream, MemberJoined, MemberLeft, MemberFailed,
                            MemberUpdated, MemberReaped, JoinFinished, UserEventReceived, QueryReceived, QueryAcked,
                            QueryAnswered, QueryFinished, KeysFinished, KeyringChanged, NameConflictLost,
                            SnapshotAppended, SnapshotReplaced, Left, Note>;

BOOST_DESCRIBE_STRUCT(DatagramReceived, (), (from, bytes))
BOOST_DESCRIBE_STRUCT(StreamAccepted, (), (stream, from))
BOOST_DESCRIBE_STRUCT(StreamConnected, (), (stream))
BOOST_DESCRIBE_STRUCT(StreamFailed, (), (stream, reason))
BOOST_DESCRIBE_STRUCT(StreamReceived, (), (stream, bytes))
BOOST_DESCRIBE_STRUCT(StreamClosed, (), (stream))
BOOST_DESCRIBE_STRUCT(JoinRequested, (), (request, addresses))
BOOST_DESCRIBE_STRUCT(LeaveRequested, (), ())
BOOST_DESCRIBE_STRUCT(ForceLeaveRequested, (), (name, prune))
BOOST_DESCRIBE_STRUCT(TagsChanged, (), (tags))
BOOST_DESCRIBE_STRUCT(UserEventRequested, (), (name, payload, coalesce))
BOOST_DESCRIBE_STRUCT(QueryRequested, (), (request, name, payload, nodes, tags, ack, relay_factor, timeout))
BOOST_DESCRIBE_STRUCT(QueryReplied, (), (query, payload))
BOOST_DESCRIBE_STRUCT(KeysRequested, (), (request, operation, key, relay_factor))
BOOST_DESCRIBE_STRUCT(KeyringWritten, (), (error))
BOOST_DESCRIBE_STRUCT(Woken, (), ())
BOOST_DESCRIBE_STRUCT(SendDatagram, (), (to, bytes))
BOOST_DESCRIBE_STRUCT(OpenStream, (), (stream, to))
BOOST_DESCRIBE_STRUCT(SendStream, (), (stream, bytes))
BOOST_DESCRIBE_STRUCT(CloseStream, (), (stream))
BOOST_DESCRIBE_STRUCT(MemberJoined, (), (member))
BOOST_DESCRIBE_STRUCT(MemberLeft, (), (member))
BOOST_DESCRIBE_STRUCT(MemberFailed, (), (member))
BOOST_DESCRIBE_STRUCT(MemberUpdated, (), (member))
BOOST_DESCRIBE_STRUCT(MemberReaped, (), (member))
BOOST_DESCRIBE_STRUCT(JoinFinished, (), (request, joined, errors))
BOOST_DESCRIBE_STRUCT(UserEventReceived, (), (time, name, payload, coalesce))
BOOST_DESCRIBE_STRUCT(QueryReceived, (), (query, time, name, payload, from))
BOOST_DESCRIBE_STRUCT(QueryAcked, (), (request, from))
BOOST_DESCRIBE_STRUCT(QueryAnswered, (), (request, from, payload))
BOOST_DESCRIBE_STRUCT(QueryFinished, (), (request, error))
BOOST_DESCRIBE_STRUCT(KeysTally, (), (nodes, responses, errors, messages, keys, primary_keys))
BOOST_DESCRIBE_STRUCT(KeysFinished, (), (request, tally, error))
BOOST_DESCRIBE_STRUCT(KeyringChanged, (), (keys))
BOOST_DESCRIBE_STRUCT(NameConflictLost, (), ())
BOOST_DESCRIBE_STRUCT(SnapshotAppended, (), (bytes, sync))
BOOST_DESCRIBE_STRUCT(SnapshotReplaced, (), (bytes))
BOOST_DESCRIBE_STRUCT(Left, (), ())
BOOST_DESCRIBE_STRUCT(Note, (), (level, text))

}  // namespace core::gossip
