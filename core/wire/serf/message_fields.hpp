// The field lists of the messages that both datagrams and streams carry.
#pragma once

#include "core/wire/serf/message.hpp"
#include "core/wire/serf/msgpack.hpp"

namespace core::wire::serf {

void read(Reader& in, Ping& to);
void read(Reader& in, Ack& to);
void read(Reader& in, ErrorReply& to);
void read(Reader& in, NodeState& to);

/// A `compress` message: the algorithm (0 is LZW) and its output.
struct Compressed {
  std::uint8_t algorithm = 0;
  std::string bytes;
};
void read(Reader& in, Compressed& to);
/// `message`, compressed, with the type byte in front.
std::string compress(std::string_view message);

/// What precedes the members of a push/pull.
struct PushPullHeader {
  std::int64_t nodes = 0;
  std::int64_t user_state_length = 0;
  bool join = false;
};
void read(Reader& in, PushPullHeader& to);

/// What precedes a user message on a stream.
struct UserHeader {
  std::int64_t length = 0;
};
void read(Reader& in, UserHeader& to);

}  // namespace core::wire::serf
