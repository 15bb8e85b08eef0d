// memberlist's messages as values, and their bytes (reference/gossip-wire.md, sections 3 and 5).
//
// Field names are the wire's in our spelling; fields stand in the order of the Go structs. IP addresses
// stay raw bytes here: whether they make sense is for core/gossip to say.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/wire/serf/decode_error.hpp"

namespace core::wire::serf {

/// The first byte of every memberlist message.
enum class MessageType : std::uint8_t {
  ping = 0,
  indirect_ping = 1,
  ack = 2,
  suspect = 3,
  alive = 4,
  dead = 5,
  push_pull = 6,
  compound = 7,
  user = 8,
  compress = 9,
  encrypt = 10,
  nack = 11,
  crc = 12,
  error = 13,
  label = 244,
};

/// pmin, pmax, pcur, dmin, dmax, dcur: the range and the choice of memberlist's and of Serf's protocol.
/// Always six when sent: old agents end on fewer.
using Versions = std::array<std::uint8_t, 6>;

struct Ping {
  std::uint32_t seq_no = 0;
  std::string node;  ///< whom it is meant for; empty: whoever gets it
  std::string source_address;
  std::uint16_t source_port = 0;
  std::string source_node;
  friend bool operator==(const Ping&, const Ping&) = default;
};

struct IndirectPing {
  std::uint32_t seq_no = 0;
  std::string target;
  std::uint16_t port = 0;
  std::string node;
  bool nack = false;  ///< whether the helper is to say that it had no answer
  std::string source_address;
  std::uint16_t source_port = 0;
  std::string source_node;
  friend bool operator==(const IndirectPing&, const IndirectPing&) = default;
};

struct Ack {
  std::uint32_t seq_no = 0;
  std::optional<std::string> payload;  ///< Serf's coordinate, if any
  friend bool operator==(const Ack&, const Ack&) = default;
};

struct Nack {
  std::uint32_t seq_no = 0;
  friend bool operator==(const Nack&, const Nack&) = default;
};

struct Suspect {
  std::uint32_t incarnation = 0;
  std::string node;
  std::string from;
  friend bool operator==(const Suspect&, const Suspect&) = default;
};

struct Alive {
  std::uint32_t incarnation = 0;
  std::string node;
  std::string address;
  std::uint16_t port = 0;
  std::string meta;
  std::string versions;  ///< as received: any length; what we send has six bytes
  friend bool operator==(const Alive&, const Alive&) = default;
};

/// `from == node` says that the member left of its own will.
struct Dead {
  std::uint32_t incarnation = 0;
  std::string node;
  std::string from;
  friend bool operator==(const Dead&, const Dead&) = default;
};

/// The bytes of the application above memberlist: one Serf message.
struct User {
  std::string bytes;
  friend bool operator==(const User&, const User&) = default;
};

struct ErrorReply {
  std::string text;
  friend bool operator==(const ErrorReply&, const ErrorReply&) = default;
};

/// How a push/pull lists one member.
struct NodeState {
  enum State : std::int64_t { alive = 0, suspect = 1, dead = 2, left = 3 };
  std::string name;
  std::string address;
  std::uint16_t port = 0;
  std::string meta;
  std::uint32_t incarnation = 0;
  std::int64_t state = alive;
  std::string versions;
  friend bool operator==(const NodeState&, const NodeState&) = default;
};

struct PushPull {
  bool join = false;
  std::vector<NodeState> nodes;
  std::string user_state;  ///< Serf's push/pull message
  friend bool operator==(const PushPull&, const PushPull&) = default;
};

/// What may stand in a datagram, once the layers are off.
using Message = std::variant<Ping, IndirectPing, Ack, Nack, Suspect, Alive, Dead, User>;

/// Each with its type byte in front.
std::string encode(const Ping& message);
std::string encode(const IndirectPing& message);
std::string encode(const Ack& message);
/// An ack with this payload, which is not copied for it.
std::string encode_ack(std::uint32_t seq_no, const std::optional<std::string>& payload);
std::string encode(const Nack& message);
std::string encode(const Suspect& message);
std::string encode(const Alive& message);
std::string encode(const Dead& message);
std::string encode(const User& message);
std::string encode(const ErrorReply& message);
std::string encode(const PushPull& message);
/// A user message as it goes over a stream: with its length.
std::string encode_stream_user(std::string_view bytes);

/// An alive message without its incarnation, the one part of it that changes while its member stays what it is.
class AliveFrame {
 public:
  explicit AliveFrame(const Alive& message);
  /// Appends what `encode` would give.
  void append(std::uint32_t incarnation, std::string& to) const;
  /// How many that are.
  std::size_t bytes(std::uint32_t incarnation) const;

 private:
  std::string before_;
  std::string after_;
};

/// The same of a member's row in a push/pull, which its state is missing from as well.
class NodeStateFrame {
 public:
  explicit NodeStateFrame(const Alive& message);
  /// Appends the row, of a member in this state.
  void append(std::uint32_t incarnation, NodeState::State state, std::string& to) const;

 private:
  std::string before_;
  std::string between_;
  std::string after_;
};
/// What a push/pull begins with, before its rows and the user's state.
std::string encode_push_pull_header(bool join, std::size_t nodes, std::size_t user_state_bytes);

/// One message of a datagram, type byte in front. Bytes behind it are ignored, as the agents do.
Decoded<Message> decode_message(std::string_view bytes);

}  // namespace core::wire::serf
