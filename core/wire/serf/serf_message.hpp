// Serf's messages as values, and their bytes (reference/gossip-wire.md, sections 20 and 21).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/wire/serf/decode_error.hpp"

namespace core::wire::serf {

/// Serf's ring of recent user events: a push/pull carries it whole, unused slots as nil.
inline constexpr std::size_t event_slots = 512;
/// Slots taken from a peer, whose ring may be larger than ours.
inline constexpr std::size_t max_event_slots = 4096;
/// Names taken from a peer in one list, or events in one slot.
inline constexpr std::size_t max_list_entries = 1 << 17;

enum class SerfType : std::uint8_t {
  leave = 0,
  join = 1,
  push_pull = 2,
  user_event = 3,
  query = 4,
  query_response = 5,
  conflict_response = 6,
  key_request = 7,
  key_response = 8,
  relay = 9,
};

struct LeaveIntent {
  std::uint64_t ltime = 0;
  std::string node;
  bool prune = false;
  friend bool operator==(const LeaveIntent&, const LeaveIntent&) = default;
};

struct JoinIntent {
  std::uint64_t ltime = 0;
  std::string node;
  friend bool operator==(const JoinIntent&, const JoinIntent&) = default;
};

struct EventSlot {
  struct Entry {
    std::string name;
    std::optional<std::string> payload;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  std::uint64_t ltime = 0;
  std::vector<Entry> events;
  friend bool operator==(const EventSlot&, const EventSlot&) = default;
};

/// Serf's part of a push/pull.
struct SerfState {
  std::uint64_t ltime = 0;
  std::vector<std::pair<std::string, std::uint64_t>> status_ltimes;  ///< in the order of the wire
  std::vector<std::string> left_members;
  std::uint64_t event_ltime = 0;
  std::vector<std::optional<EventSlot>> events;
  std::uint64_t query_ltime = 0;
  friend bool operator==(const SerfState&, const SerfState&) = default;
};

struct UserEvent {
  std::uint64_t ltime = 0;
  std::string name;
  std::optional<std::string> payload;
  bool coalesce = false;
  friend bool operator==(const UserEvent&, const UserEvent&) = default;
};

struct Query {
  static constexpr std::uint32_t ack_wanted = 1;
  static constexpr std::uint32_t no_broadcast = 2;
  std::uint64_t ltime = 0;
  std::uint32_t id = 0;
  std::string address;
  std::uint16_t port = 0;
  std::string source_node;
  std::vector<std::string> filters;
  std::uint32_t flags = 0;
  std::uint8_t relay_factor = 0;
  std::int64_t timeout_ns = 0;
  std::string name;
  std::optional<std::string> payload;
  friend bool operator==(const Query&, const Query&) = default;
};

struct QueryResponse {
  std::uint64_t ltime = 0;
  std::uint32_t id = 0;
  std::string from;
  std::uint32_t flags = 0;
  std::optional<std::string> payload;
  friend bool operator==(const QueryResponse&, const QueryResponse&) = default;
};

/// A member as Serf describes it to another.
struct MemberDescription {
  std::string name;
  std::string address;
  std::uint16_t port = 0;
  std::vector<std::pair<std::string, std::string>> tags;  ///< in the order of the wire
  std::int64_t status = 0;
  std::uint8_t protocol_min = 0, protocol_max = 0, protocol_cur = 0;
  std::uint8_t delegate_min = 0, delegate_max = 0, delegate_cur = 0;
  friend bool operator==(const MemberDescription&, const MemberDescription&) = default;
};

/// The answer to "who owns this name?".
struct ConflictResponse {
  std::optional<MemberDescription> member;  ///< empty: not known here
  friend bool operator==(const ConflictResponse&, const ConflictResponse&) = default;
};

struct KeyRequest {
  std::string key;
  friend bool operator==(const KeyRequest&, const KeyRequest&) = default;
};

struct KeyResponse {
  bool result = false;
  std::string message;
  std::optional<std::vector<std::string>> keys;
  std::string primary_key;
  friend bool operator==(const KeyResponse&, const KeyResponse&) = default;
};

struct Relay {
  std::string address;
  std::int64_t port = 0;
  std::string zone;
  std::string destination;
  std::string message;  ///< the Serf message to hand on, type byte in front
  friend bool operator==(const Relay&, const Relay&) = default;
};

using SerfMessage = std::variant<LeaveIntent, JoinIntent, SerfState, UserEvent, Query, QueryResponse, ConflictResponse,
                                 KeyRequest, KeyResponse, Relay>;

/// Each with its Serf type byte in front.
std::string encode(const LeaveIntent& message);
std::string encode(const JoinIntent& message);
std::string encode(const SerfState& message);
/// The same, but that `times` times of members are yet to follow, by `append_status_ltime`.
std::string encode_before_status_ltimes(const SerfState& message, std::size_t times);
void append_status_ltime(std::string& to, std::string_view name, std::uint64_t ltime);
std::string encode(const UserEvent& message);
std::string encode(const Query& message);
std::string encode(const QueryResponse& message);
std::string encode(const ConflictResponse& message);
std::string encode(const KeyRequest& message);
std::string encode(const KeyResponse& message);
std::string encode(const Relay& message);

Decoded<SerfMessage> decode_serf_message(std::string_view bytes);

using Tags = std::map<std::string, std::string>;

/// Bytes of `Meta` at most: what an agent accepts from its own configuration.
inline constexpr std::size_t max_meta_bytes = 512;

/// A member's tags as memberlist's `Meta`.
std::string encode_tags(const Tags& tags);
/// `Meta` without the tag marker is the role of an ancient agent, as Serf reads it.
Decoded<Tags> decode_tags(std::string_view meta);

}  // namespace core::wire::serf
