#include "core/wire/serf/serf_message.hpp"

#include "core/wire/serf/msgpack.hpp"

namespace core::wire::serf {
namespace {

constexpr char tag_marker = static_cast<char>(255);
constexpr std::size_t max_tags = 256;
constexpr std::size_t max_filters = 1024;

Writer start(SerfType type) { return Writer(std::string(1, static_cast<char>(type))); }

void read(Reader& in, LeaveIntent& to) {
  in.read_struct({field("LTime", to.ltime), text_field("Node", to.node), field("Prune", to.prune)});
}

void read(Reader& in, JoinIntent& to) { in.read_struct({field("LTime", to.ltime), text_field("Node", to.node)}); }

void read(Reader& in, EventSlot& to) {
  in.read_struct({field("LTime", to.ltime), {"Events", [&to](Reader& list) {
                                               const std::size_t count = list.read_array(max_list_entries);
                                               for (std::size_t i = 0; i < count && list.ok(); ++i) {
                                                 auto& entry = to.events.emplace_back();
                                                 list.read_struct({text_field("Name", entry.name),
                                                                   bytes_field("Payload", entry.payload)});
                                               }
                                             }}});
}

void read_status_ltimes(Reader& in, SerfState& to) {
  const std::size_t count = in.read_map(max_list_entries);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    std::string name = in.read_text();
    const std::uint64_t ltime = in.read_uint();
    to.status_ltimes.emplace_back(std::move(name), ltime);
  }
}

void read_events(Reader& in, SerfState& to) {
  const std::size_t count = in.read_array(max_event_slots);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    auto& slot = to.events.emplace_back();
    if (!in.take_nil()) read(in, slot.emplace());
  }
}

std::vector<std::string> read_texts(Reader& in, std::size_t max) {
  std::vector<std::string> texts;
  const std::size_t count = in.read_array(max);
  for (std::size_t i = 0; i < count && in.ok(); ++i) texts.push_back(in.read_text());
  return texts;
}

void read(Reader& in, SerfState& to) {
  in.read_struct({field("LTime", to.ltime),
                  {"StatusLTimes", [&to](Reader& map) { read_status_ltimes(map, to); }},
                  {"LeftMembers", [&to](Reader& list) { to.left_members = read_texts(list, max_list_entries); }},
                  field("EventLTime", to.event_ltime),
                  {"Events", [&to](Reader& list) { read_events(list, to); }},
                  field("QueryLTime", to.query_ltime)});
}

void read(Reader& in, UserEvent& to) {
  in.read_struct({field("LTime", to.ltime), text_field("Name", to.name), bytes_field("Payload", to.payload),
                  field("CC", to.coalesce)});
}

void read(Reader& in, Query& to) {
  in.read_struct({field("LTime", to.ltime),
                  field("ID", to.id),
                  bytes_field("Addr", to.address),
                  field("Port", to.port),
                  text_field("SourceNode", to.source_node),
                  {"Filters",
                   [&to](Reader& list) {
                     const std::size_t count = list.read_array(max_filters);
                     for (std::size_t i = 0; i < count && list.ok(); ++i)
                       to.filters.push_back(list.read_bytes().value_or(""));
                   }},
                  field("Flags", to.flags),
                  field("RelayFactor", to.relay_factor),
                  field("Timeout", to.timeout_ns),
                  text_field("Name", to.name),
                  bytes_field("Payload", to.payload)});
}

void read(Reader& in, QueryResponse& to) {
  in.read_struct({field("LTime", to.ltime), field("ID", to.id), text_field("From", to.from), field("Flags", to.flags),
                  bytes_field("Payload", to.payload)});
}

void read_tags(Reader& in, std::vector<std::pair<std::string, std::string>>& to) {
  const std::size_t count = in.read_map(max_tags);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    std::string key = in.read_text();
    std::string value = in.read_text();
    to.emplace_back(std::move(key), std::move(value));
  }
}

void read(Reader& in, ConflictResponse& to) {
  if (in.take_nil()) return;
  auto& member = to.member.emplace();
  in.read_struct({text_field("Name", member.name),
                  bytes_field("Addr", member.address),
                  field("Port", member.port),
                  {"Tags", [&member](Reader& map) { read_tags(map, member.tags); }},
                  field("Status", member.status),
                  field("ProtocolMin", member.protocol_min),
                  field("ProtocolMax", member.protocol_max),
                  field("ProtocolCur", member.protocol_cur),
                  field("DelegateMin", member.delegate_min),
                  field("DelegateMax", member.delegate_max),
                  field("DelegateCur", member.delegate_cur)});
}

void read(Reader& in, KeyRequest& to) { in.read_struct({bytes_field("Key", to.key)}); }

void read(Reader& in, KeyResponse& to) {
  in.read_struct({field("Result", to.result),
                  text_field("Message", to.message),
                  {"Keys",
                   [&to](Reader& list) {
                     if (!list.take_nil()) to.keys = read_texts(list, max_list_entries);
                   }},
                  text_field("PrimaryKey", to.primary_key)});
}

void read(Reader& in, Relay& to) {
  in.read_struct({{"DestAddr",
                   [&to](Reader& address) {
                     address.read_struct(
                         {bytes_field("IP", to.address), field("Port", to.port), text_field("Zone", to.zone)});
                   }},
                  text_field("DestName", to.destination)});
  if (in.ok()) to.message = in.rest();
}

template <class T>
Decoded<SerfMessage> decode_as(std::string_view body) {
  Reader in(body);
  T message;
  read(in, message);
  if (in.error()) return std::unexpected(DecodeError{in.error()->reason, in.error()->offset + 1});
  return SerfMessage{std::move(message)};
}

void write(Writer& out, const EventSlot& slot) {
  out.map(2);
  out.text("Events");
  out.array(slot.events.size());
  for (const EventSlot::Entry& entry : slot.events) {
    out.map(2);
    out.text("Name");
    out.text(entry.name);
    out.text("Payload");
    out.bytes(entry.payload);
  }
  out.text("LTime");
  out.uint(slot.ltime);
}

}  // namespace

std::string encode(const LeaveIntent& message) {
  Writer out = start(SerfType::leave);
  out.map(3);
  out.text("LTime");
  out.uint(message.ltime);
  out.text("Node");
  out.text(message.node);
  out.text("Prune");
  out.boolean(message.prune);
  return out.take();
}

std::string encode(const JoinIntent& message) {
  Writer out = start(SerfType::join);
  out.map(2);
  out.text("LTime");
  out.uint(message.ltime);
  out.text("Node");
  out.text(message.node);
  return out.take();
}

std::string encode_before_status_ltimes(const SerfState& message, std::size_t times) {
  Writer out = start(SerfType::push_pull);
  out.map(6);
  out.text("EventLTime");
  out.uint(message.event_ltime);
  out.text("Events");
  out.array(message.events.size());
  for (const auto& slot : message.events) {
    if (slot)
      write(out, *slot);
    else
      out.nil();
  }
  out.text("LTime");
  out.uint(message.ltime);
  out.text("LeftMembers");
  out.array(message.left_members.size());
  for (const std::string& name : message.left_members) out.text(name);
  out.text("QueryLTime");
  out.uint(message.query_ltime);
  out.text("StatusLTimes");
  out.map(times);
  return out.take();
}

void append_status_ltime(std::string& to, std::string_view name, std::uint64_t ltime) {
  Writer out(std::move(to));
  out.text(name);
  out.uint(ltime);
  to = out.take();
}

std::string encode(const SerfState& message) {
  std::string out = encode_before_status_ltimes(message, message.status_ltimes.size());
  for (const auto& [name, ltime] : message.status_ltimes) append_status_ltime(out, name, ltime);
  return out;
}

std::string encode(const UserEvent& message) {
  Writer out = start(SerfType::user_event);
  out.map(4);
  out.text("CC");
  out.boolean(message.coalesce);
  out.text("LTime");
  out.uint(message.ltime);
  out.text("Name");
  out.text(message.name);
  out.text("Payload");
  out.bytes(message.payload);
  return out.take();
}

std::string encode(const Query& message) {
  Writer out = start(SerfType::query);
  out.map(11);
  out.text("Addr");
  out.text(message.address);
  out.text("Filters");
  if (message.filters.empty()) {
    out.nil();
  } else {
    out.array(message.filters.size());
    for (const std::string& filter : message.filters) out.text(filter);
  }
  out.text("Flags");
  out.uint(message.flags);
  out.text("ID");
  out.uint(message.id);
  out.text("LTime");
  out.uint(message.ltime);
  out.text("Name");
  out.text(message.name);
  out.text("Payload");
  out.bytes(message.payload);
  out.text("Port");
  out.uint(message.port);
  out.text("RelayFactor");
  out.uint(message.relay_factor);
  out.text("SourceNode");
  out.text(message.source_node);
  out.text("Timeout");
  out.integer(message.timeout_ns);
  return out.take();
}

std::string encode(const QueryResponse& message) {
  Writer out = start(SerfType::query_response);
  out.map(5);
  out.text("Flags");
  out.uint(message.flags);
  out.text("From");
  out.text(message.from);
  out.text("ID");
  out.uint(message.id);
  out.text("LTime");
  out.uint(message.ltime);
  out.text("Payload");
  out.bytes(message.payload);
  return out.take();
}

std::string encode(const ConflictResponse& message) {
  Writer out = start(SerfType::conflict_response);
  if (!message.member) {
    out.nil();
    return out.take();
  }
  const auto& member = *message.member;
  const auto number = [&out](std::string_view name, std::uint64_t value) {
    out.text(name);
    out.uint(value);
  };
  out.map(11);
  out.text("Addr");
  out.text(member.address);
  number("DelegateCur", member.delegate_cur);
  number("DelegateMax", member.delegate_max);
  number("DelegateMin", member.delegate_min);
  out.text("Name");
  out.text(member.name);
  number("Port", member.port);
  number("ProtocolCur", member.protocol_cur);
  number("ProtocolMax", member.protocol_max);
  number("ProtocolMin", member.protocol_min);
  out.text("Status");
  out.integer(member.status);
  out.text("Tags");
  out.map(member.tags.size());
  for (const auto& [key, value] : member.tags) {
    out.text(key);
    out.text(value);
  }
  return out.take();
}

std::string encode(const KeyRequest& message) {
  Writer out = start(SerfType::key_request);
  out.map(1);
  out.text("Key");
  out.text(message.key);
  return out.take();
}

std::string encode(const KeyResponse& message) {
  Writer out = start(SerfType::key_response);
  out.map(4);
  out.text("Keys");
  if (message.keys) {
    out.array(message.keys->size());
    for (const std::string& key : *message.keys) out.text(key);
  } else {
    out.nil();
  }
  out.text("Message");
  out.text(message.message);
  out.text("PrimaryKey");
  out.text(message.primary_key);
  out.text("Result");
  out.boolean(message.result);
  return out.take();
}

std::string encode(const Relay& message) {
  Writer out = start(SerfType::relay);
  out.map(2);
  out.text("DestAddr");
  out.map(3);
  out.text("IP");
  out.text(message.address);
  out.text("Port");
  out.integer(message.port);
  out.text("Zone");
  out.text(message.zone);
  out.text("DestName");
  out.text(message.destination);
  out.raw(message.message);
  return out.take();
}

Decoded<SerfMessage> decode_serf_message(std::string_view bytes) {
  if (bytes.empty()) return std::unexpected(DecodeError{DecodeError::Reason::truncated, 0});
  const std::string_view body = bytes.substr(1);
  switch (static_cast<SerfType>(bytes.front())) {
    case SerfType::leave:
      return decode_as<LeaveIntent>(body);
    case SerfType::join:
      return decode_as<JoinIntent>(body);
    case SerfType::push_pull:
      return decode_as<SerfState>(body);
    case SerfType::user_event:
      return decode_as<UserEvent>(body);
    case SerfType::query:
      return decode_as<Query>(body);
    case SerfType::query_response:
      return decode_as<QueryResponse>(body);
    case SerfType::conflict_response:
      return decode_as<ConflictResponse>(body);
    case SerfType::key_request:
      return decode_as<KeyRequest>(body);
    case SerfType::key_response:
      return decode_as<KeyResponse>(body);
    case SerfType::relay:
      return decode_as<Relay>(body);
  }
  return std::unexpected(DecodeError{DecodeError::Reason::unknown_type, 0});
}

std::string encode_tags(const Tags& tags) {
  Writer out{std::string(1, tag_marker)};
  out.map(tags.size());
  for (const auto& [key, value] : tags) {
    out.text(key);
    out.text(value);
  }
  return out.take();
}

Decoded<Tags> decode_tags(std::string_view meta) {
  if (meta.empty() || meta.front() != tag_marker) return Tags{{"role", std::string(meta)}};
  Reader in(meta.substr(1));
  Tags tags;
  std::vector<std::pair<std::string, std::string>> pairs;
  read_tags(in, pairs);
  if (in.error()) return std::unexpected(DecodeError{in.error()->reason, in.error()->offset + 1});
  for (auto& [key, value] : pairs) tags.insert_or_assign(std::move(key), std::move(value));
  return tags;
}

}  // namespace core::wire::serf
