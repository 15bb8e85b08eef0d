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
/// The deadline has come.
struct Woken {};

using Event = std::variant<DatagramReceived, StreamAccepted, StreamConnected, StreamFailed, StreamReceived,
                           StreamClosed, JoinRequested, LeaveRequested, ForceLeaveRequested, TagsChanged, Woken>;

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
                            MemberUpdated, MemberReaped, JoinFinished, Left, Note>;

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
BOOST_DESCRIBE_STRUCT(Left, (), ())
BOOST_DESCRIBE_STRUCT(Note, (), (level, text))

}  // namespace core::gossip
