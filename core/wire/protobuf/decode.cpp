#include <bit>
#include <cstring>
#include <optional>
#include <utility>

#include <boost/json/parse.hpp>

#include "core/describe/scalar.hpp"
#include "core/wire/protobuf/plan.hpp"
#include "core/wire/protobuf/protobuf.hpp"
#include "core/wire/protobuf/varint.hpp"

namespace core::wire::protobuf {
namespace {

using Reason = DecodeError::Reason;

// proto3 does not write zeros, so what is read starts as zero, whatever value its type is born with.
void zero(const MessagePlan& plan, void* at);

void zero_item(const FieldPlan& f, void* at) {
  switch (f.code) {
    case Code::message:
      return zero(*f.message, at);
    case Code::text:
      return static_cast<std::string*>(at)->clear();
    case Code::bytes:
      return static_cast<Bytes*>(at)->data.clear();
    case Code::json:
      *static_cast<boost::json::value*>(at) = nullptr;
      return;
    case Code::wall_time:
      *static_cast<WallTime*>(at) = WallTime{};
      return;
    case Code::int64:
    case Code::uint64:
    case Code::floating:
      std::memset(at, 0, sizeof(std::uint64_t));  // a size known here is one instruction
      return;
    default:
      std::memset(at, 0, f.item->size);
  }
}

void zero_alternative(const FieldPlan& f, void* at, std::size_t alternative) {
  zero_item(f.message->fields[alternative], f.type->emplace_alternative(at, alternative));
}

bool is_empty(const FieldPlan& f, const void* at) {
  if (f.shape == Shape::list) return f.type->list_size(at) == 0;
  if (f.shape == Shape::map) return f.type->map_size(at) == 0;
  return f.type->get(at) == nullptr;
}

void zero(const MessagePlan& plan, void* at) {
  for (const FieldPlan& f : plan.fields) {
    void* field = static_cast<char*>(at) + f.offset;
    if (f.shape == Shape::plain)
      zero_item(f, field);
    else if (f.shape != Shape::variant && !is_empty(f, field))  // a variant is made anew when it is read, and must be
      f.type->reset(field);
  }
}

// Optional, shared and variant tables give what they hold as const. All of it was made by this decode().
void* mutable_held(const void* held) { return const_cast<void*>(held); }

struct Slice {
  const char* at;
  const char* end;
  bool empty() const { return at >= end; }
  std::size_t size() const { return static_cast<std::size_t>(end - at); }
};

// A map's key on its way into the map.
struct Key {
  std::string text;
  alignas(std::uint64_t) char number[sizeof(std::uint64_t)] = {};
  void* at(Code code) { return code == Code::text ? static_cast<void*>(&text) : static_cast<void*>(number); }
};

class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : begin_(bytes.data()) {}

  // `fresh`: nothing was read into it before. A field that comes a second time is merged into what is there.
  bool message(const MessagePlan& plan, Slice in, void* at, std::size_t depth, bool fresh) {
    if (depth > max_depth) return fail(Reason::too_deep, in.at);
    std::uint64_t seen = 0;
    while (!in.empty()) {
      const char* start = in.at;
      std::uint64_t tag = 0;
      if (!read_tag(in, tag)) return false;
      const auto number = static_cast<std::size_t>(tag >> tag_bits);
      const auto wire = static_cast<WireType>(tag & 7);
      if (number >= plan.slots.size() || plan.slots[number].field == MessagePlan::none) {
        if (!skip(in, tag, depth)) return false;
        continue;
      }
      const MessagePlan::Slot slot = plan.slots[number];
      const FieldPlan& f = plan.fields[slot.field];
      const std::uint64_t bit = std::uint64_t{1} << slot.field;
      const bool first = fresh && (seen & bit) == 0;
      seen |= bit;
      void* field_at = static_cast<char*>(at) + f.offset;
      if (wire != expected_wire(f, slot) && !(f.packed && wire == item_wire(f)))
        return fail(Reason::wrong_wire_type, start), below(f.name);
      if (!field(f, slot.alternative, wire, in, field_at, depth, first)) return below(f.name);
    }
    // A message without its oneof is from a version that knows more alternatives, or from nobody we know.
    return (seen & plan.required) == plan.required || fail(Reason::missing, in.at);
  }

  DecodeError take_error() { return std::move(error_); }

 private:
  bool fail(Reason reason, const char* at) {
    error_ = {reason, static_cast<std::size_t>(at - begin_), {}};
    return false;
  }

  // Paths are only put together when something was wrong, from the inside out.
  bool below(std::string_view name) {
    std::string path(name);
    if (!error_.path.empty() && error_.path.front() != '[') path += '.';
    error_.path = path + error_.path;
    return false;
  }
  bool below(std::size_t index) {
    error_.path = "[" + std::to_string(index) + "]" + (error_.path.empty() ? "" : "." + error_.path);
    return false;
  }

  static WireType item_wire(const FieldPlan& f) {
    return f.code == Code::floating ? WireType::fixed64 : WireType::varint;
  }
  static WireType expected_wire(const FieldPlan& f, const MessagePlan::Slot& slot) {
    const std::uint32_t tag = f.shape == Shape::variant ? f.message->fields[slot.alternative].tag : f.tag;
    return static_cast<WireType>(tag & 7);
  }

  // What the items of lists, maps and shared values will take of our memory.
  bool charge(std::size_t size, const char* at) {
    ++elements_;
    memory_ += size;
    if (elements_ <= max_elements && memory_ <= max_memory) return true;
    return fail(Reason::too_large, at);
  }

  bool read_varint(Slice& in, std::uint64_t& value) {
    if (protobuf::read_varint(in.at, in.end, value)) [[likely]]
      return true;
    return fail(in.size() < max_varint_length ? Reason::truncated : Reason::malformed, in.at);
  }

  bool read_tag(Slice& in, std::uint64_t& tag) {
    const char* start = in.at;
    if (!read_varint(in, tag)) return false;
    const bool good = tag >> tag_bits != 0 && tag <= 0xffffffff && (tag & 7) <= 5;
    return good || fail(Reason::malformed, start);
  }

  bool read_slice(Slice& in, Slice& held) {
    const char* start = in.at;
    std::uint64_t size = 0;
    if (!read_varint(in, size)) return false;
    if (size > in.size()) return fail(Reason::truncated, start);
    held = {in.at, in.at + size};
    in.at = held.end;
    return true;
  }

  bool skip(Slice& in, std::uint64_t tag, std::size_t depth) {
    std::uint64_t number = 0;
    Slice held{};
    switch (static_cast<WireType>(tag & 7)) {
      case WireType::varint:
        return read_varint(in, number);
      case WireType::fixed64:
        return skip_bytes(in, sizeof(std::uint64_t));
      case WireType::fixed32:
        return skip_bytes(in, sizeof(std::uint32_t));
      case WireType::length:
        return read_slice(in, held);
      case WireType::group:
        return skip_group(in, tag, depth);
      case WireType::end_group:
        break;
    }
    return fail(Reason::malformed, in.at);
  }
  bool skip_bytes(Slice& in, std::size_t size) {
    if (in.size() < size) return fail(Reason::truncated, in.at);
    in.at += size;
    return true;
  }
  bool skip_group(Slice& in, std::uint64_t start_tag, std::size_t depth) {
    if (depth >= max_depth) return fail(Reason::too_deep, in.at);
    const std::uint64_t end_tag =
        start_tag - static_cast<unsigned>(WireType::group) + static_cast<unsigned>(WireType::end_group);
    for (;;) {
      std::uint64_t tag = 0;
      if (in.empty()) return fail(Reason::truncated, in.at);
      if (!read_tag(in, tag)) return false;
      if (tag == end_tag) return true;
      if (!skip(in, tag, depth + 1)) return false;
    }
  }

  bool field(const FieldPlan& f, std::size_t alternative, WireType wire, Slice& in, void* at, std::size_t depth,
             bool first) {
    switch (f.shape) {
      case Shape::plain:
        return item(f, in, at, depth, first);
      case Shape::optional:
      case Shape::shared:
        return held(f, in, at, depth);
      case Shape::list:
        return f.packed && wire == WireType::length ? packed(f, in, at, depth) : append(f, in, at, depth);
      case Shape::map:
        return entry(f, in, at, depth);
      case Shape::variant: {
        // A second time the same one: its fields are merged, as protobuf does.
        const bool anew = first || f.type->index(at) != alternative;
        if (anew) zero_alternative(f, at, alternative);
        if (item(f.message->fields[alternative], in, mutable_held(f.type->alternative(at)), depth, anew)) return true;
        return below(f.message->fields[alternative].name);
      }
    }
    return false;
  }

  bool held(const FieldPlan& f, Slice& in, void* at, std::size_t depth) {
    void* inside = mutable_held(f.type->get(at));
    const bool fresh = inside == nullptr;
    if (fresh) {
      if (f.shape == Shape::shared && !charge(f.item->size, in.at)) return false;
      inside = f.type->emplace(at);
      zero_item(f, inside);
    }
    return item(f, in, inside, depth, fresh);
  }

  bool append(const FieldPlan& f, Slice& in, void* at, std::size_t depth) {
    if (!charge(f.item->size, in.at)) return false;
    void* inside = f.type->list_append(at);
    zero_item(f, inside);
    return item(f, in, inside, depth, true) || below(f.type->list_size(at) - 1);
  }

  bool packed(const FieldPlan& f, Slice& in, void* at, std::size_t depth) {
    Slice items{};
    if (!read_slice(in, items)) return false;
    while (!items.empty())
      if (!append(f, items, at, depth)) return false;
    return true;
  }

  // Key and value come in any order, or not at all; the last of each counts.
  bool entry(const FieldPlan& f, Slice& in, void* at, std::size_t depth) {
    const FieldPlan& key_plan = f.message->fields[0];
    const FieldPlan& value_plan = f.message->fields[1];
    Slice parts{};
    if (!read_slice(in, parts)) return false;
    if (!charge(f.type->element().size + sizeof(std::string), parts.at)) return false;
    Key key;
    std::optional<Slice> value;
    while (!parts.empty()) {
      const char* start = parts.at;
      std::uint64_t tag = 0;
      if (!read_tag(parts, tag)) return false;
      if (tag == key_plan.tag) {
        if (!item(key_plan, parts, key.at(key_plan.code), depth, true)) return below(key_plan.name);
        continue;
      }
      if (tag == value_plan.tag) value = parts;
      if (tag != value_plan.tag && tag >> tag_bits <= 2) return fail(Reason::wrong_wire_type, start);
      if (!skip(parts, tag, depth)) return false;
    }
    void* inside = f.type->map_at(at, key.at(key_plan.code));
    zero_item(value_plan, inside);
    if (value) return item(value_plan, *value, inside, depth, true) || below(value_plan.name);
    return value_plan.message == nullptr || value_plan.message->required == 0 || fail(Reason::missing, parts.at);
  }

  bool item(const FieldPlan& f, Slice& in, void* at, std::size_t depth, bool fresh) {
    switch (f.code) {
      case Code::message: {
        Slice body{};
        return read_slice(in, body) && message(*f.message, body, at, depth + 1, fresh);
      }
      case Code::text:
        return text(in, *static_cast<std::string*>(at));
      case Code::bytes:
        return text(in, static_cast<Bytes*>(at)->data);
      case Code::json:
        return json(in, *static_cast<boost::json::value*>(at));
      case Code::floating: {
        std::uint64_t bits = 0;
        if (in.size() < sizeof bits) return fail(Reason::truncated, in.at);
        std::memcpy(&bits, in.at, sizeof bits);
        bits = little_endian(bits);
        std::memcpy(at, &bits, sizeof bits);
        in.at += sizeof bits;
        return true;
      }
      default:
        return number(f, in, at);
    }
  }

  bool text(Slice& in, std::string& out) {
    Slice held{};
    if (!read_slice(in, held)) return false;
    out.assign(held.at, held.size());
    return true;
  }

  bool json(Slice& in, boost::json::value& out) {
    Slice held{};
    if (!read_slice(in, held)) return false;
    if (held.empty()) {
      out = nullptr;
      return true;
    }
    boost::json::parse_options options;
    options.max_depth = max_json_depth;
    boost::json::error_code error;
    boost::json::value parsed = boost::json::parse({held.at, held.size()}, error, {}, options);
    if (error) return fail(Reason::bad_json, held.at);
    out = std::move(parsed);
    return true;
  }

  bool number(const FieldPlan& f, Slice& in, void* at) {
    const char* start = in.at;
    std::uint64_t value = 0;
    if (!read_varint(in, value)) return false;
    return store(f, value, at) || fail(Reason::out_of_range, start);
  }

  static bool store(const FieldPlan& f, std::uint64_t value, void* at) {
    const auto as_signed = static_cast<std::int64_t>(value);
    switch (f.code) {
      case Code::boolean:
        *static_cast<bool*>(at) = value != 0;
        return true;
      case Code::int64:
      case Code::uint64:
      case Code::wall_time:
        std::memcpy(at, &value, sizeof value);
        return true;
      case Code::uint8:
      case Code::uint16:
      case Code::uint32:
        return describe::write_natural(*f.item, at, value);
      case Code::enumeration:
        // A word that we do not know is nothing we could act on.
        for (const describe::Enumerator& known : f.item->enumerators)
          if (known.value == as_signed) return describe::write_integer(*f.item, at, as_signed);
        return false;
      default:
        return describe::write_integer(*f.item, at, as_signed);
    }
  }

  const char* begin_;
  std::size_t elements_ = 0;
  std::size_t memory_ = 0;
  DecodeError error_{};
};

}  // namespace

std::expected<void, DecodeError> Codec::decode(std::string_view bytes, void* at) const {
  if (bytes.size() > max_bytes) return std::unexpected(DecodeError{Reason::too_large, max_bytes, {}});
  zero(*plans_->root, at);
  Decoder decoder(bytes);
  if (!decoder.message(*plans_->root, {bytes.data(), bytes.data() + bytes.size()}, at, 0, true))
    return std::unexpected(decoder.take_error());
  return {};
}

}  // namespace core::wire::protobuf
