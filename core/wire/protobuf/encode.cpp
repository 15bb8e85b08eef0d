#include <algorithm>
#include <cstring>

#include <boost/json/serialize.hpp>

#include "core/describe/scalar.hpp"
#include "core/wire/protobuf/plan.hpp"
#include "core/wire/protobuf/protobuf.hpp"
#include "core/wire/protobuf/varint.hpp"

namespace core::wire::protobuf {
namespace {

constexpr std::size_t first_room = 256;
constexpr std::size_t outer_bytes = 128;
constexpr std::size_t head_room = 2 * max_varint_length;  // a tag, and a number or a length

// Text grows in place: a string is kept larger than what is written, and cut at the end.
class Writer {
 public:
  Writer(std::string& out, std::size_t expected) : out_(out), used_(out.size()) {
    grow(std::max(first_room, expected));
  }
  ~Writer() { out_.resize(used()); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void need(std::size_t room) {
    if (static_cast<std::size_t>(end_ - at_) < room) [[unlikely]]
      grow(room);
  }
  // The caller has asked for room.
  void varint(std::uint64_t value) { at_ = write_varint(at_, value); }
  void fixed64(std::uint64_t bits) {
    bits = little_endian(bits);
    std::memcpy(at_, &bits, sizeof bits);
    at_ += sizeof bits;
  }
  void raw(const char* bytes, std::size_t size) {
    if (size != 0) std::memcpy(at_, bytes, size);
    at_ += size;
  }

  std::size_t used() const { return static_cast<std::size_t>(at_ - out_.data()); }
  void cut(std::size_t used) { at_ = out_.data() + used; }

  // So many bytes are left for the length; when it takes another number of them, the body moves.
  std::size_t begin_length(std::size_t width) {
    at_ += width;
    return used();
  }
  // Gives how many bytes the length took.
  std::size_t end_length(std::size_t body, std::size_t width) {
    const std::size_t size = used() - body;
    const std::size_t taken = varint_length(size);
    if (taken > width) need(taken - width);
    const std::size_t length_at = body - width;
    if (taken != width) {
      std::memmove(out_.data() + length_at + taken, out_.data() + body, size);
      cut(length_at + taken + size);
    }
    write_varint(out_.data() + length_at, size);
    return taken;
  }

 private:
  void grow(std::size_t room) {
    if (at_ != nullptr) used_ = used();
    const std::size_t wanted = std::max(used_ + room + head_room, 2 * out_.size());
    out_.resize_and_overwrite(wanted, [](char*, std::size_t size) { return size; });
    at_ = out_.data() + used_;
    end_ = out_.data() + out_.size();
  }

  std::string& out_;
  std::size_t used_;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

template <class Number>
Number load(const void* at) {
  Number number;
  std::memcpy(&number, at, sizeof number);
  return number;
}

template <class Number>
std::uint64_t widened(const void* at) {
  if constexpr (std::is_signed_v<Number>)
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(load<Number>(at)));
  else
    return load<Number>(at);
}

// The value of anything that travels as a varint. Negative numbers take all ten bytes, as protoc's int32 and int64.
std::uint64_t varint_of(const FieldPlan& f, const void* at) {
  switch (f.code) {
    case Code::enumeration:
      return static_cast<std::uint64_t>(describe::read_integer(*f.item, at));
    case Code::int8:
      return widened<std::int8_t>(at);
    case Code::int16:
      return widened<std::int16_t>(at);
    case Code::int32:
      return widened<std::int32_t>(at);
    case Code::boolean:
    case Code::uint8:
      return widened<std::uint8_t>(at);
    case Code::uint16:
      return widened<std::uint16_t>(at);
    case Code::uint32:
      return widened<std::uint32_t>(at);
    default:
      return widened<std::uint64_t>(at);
  }
}

class Encoder {
 public:
  Encoder(std::string& out, std::size_t expected)
      : out_(out, expected), outer_(out_.used() + outer_bytes), outer_width_(varint_length(expected)) {}

  void message(const MessagePlan& plan, const void* at) {
    for (const FieldPlan& f : plan.fields) field(f, static_cast<const char*>(at) + f.offset);
  }

 private:
  void field(const FieldPlan& f, const void* at) {
    switch (f.shape) {
      case Shape::plain:
        return item(f, at);
      case Shape::optional:
      case Shape::shared:
        if (const void* held = f.type->get(at)) item(f, held);
        return;
      case Shape::list:
        return list(f, at);
      case Shape::map:
        return map(f, at);
      case Shape::variant:
        return item(f.message->fields[f.type->index(at)], f.type->alternative(at));
    }
  }

  void item(const FieldPlan& f, const void* at) {
    switch (f.code) {
      case Code::message:
        return nested(f, at);
      case Code::text:
        return text(f, *static_cast<const std::string*>(at));
      case Code::bytes:
        return text(f, static_cast<const Bytes*>(at)->data);
      case Code::json: {
        const auto& value = *static_cast<const boost::json::value*>(at);
        if (!value.is_null() || f.always) text(f, value.is_null() ? std::string() : boost::json::serialize(value));
        return;
      }
      case Code::floating: {
        const auto bits = load<std::uint64_t>(at);
        if (bits == 0 && !f.always) return;
        out_.need(head_room);
        out_.varint(f.tag);
        out_.fixed64(bits);
        return;
      }
      case Code::wall_time:
        // Presence stands for "set", so that unset costs nothing and 1970 is not taken for it.
        if (f.always || static_cast<const WallTime*>(at)->is_set()) number(f, load<std::uint64_t>(at));
        return;
      default:
        if (const std::uint64_t value = varint_of(f, at); value != 0 || f.always) number(f, value);
        return;
    }
  }

  void number(const FieldPlan& f, std::uint64_t value) {
    out_.need(head_room);
    out_.varint(f.tag);
    out_.varint(value);
  }

  void text(const FieldPlan& f, const std::string& bytes) {
    if (bytes.empty() && !f.always) return;
    out_.need(head_room + bytes.size());
    out_.varint(f.tag);
    out_.varint(bytes.size());
    out_.raw(bytes.data(), bytes.size());
  }

  // Most nested messages are shorter than 128 bytes, but for those that hold nearly all there is.
  void nested(const FieldPlan& f, const void* at) { nested(f, at, out_.used() < outer_ ? outer_width_ : 1); }
  // Gives how many bytes its length took.
  std::size_t nested(const FieldPlan& f, const void* at, std::size_t width) {
    const std::size_t before = out_.used();
    out_.need(head_room);
    out_.varint(f.tag);
    const std::size_t body = out_.begin_length(width);
    message(*f.message, at);
    if (out_.used() == body && !f.always) return out_.cut(before), width;
    return out_.end_length(body, width);
  }

  // The items of a list lie side by side.
  void list(const FieldPlan& f, const void* at) {
    const std::size_t size = f.type->list_size(at);
    if (size == 0) return;
    const char* first = static_cast<const char*>(f.type->list_at(at, 0));
    const std::size_t stride = f.item->size;
    if (f.code == Code::message) {  // each is likely to be about as long as the one before
      std::size_t width = 1;
      for (std::size_t i = 0; i < size; ++i) width = nested(f, first + i * stride, width);
      return;
    }
    if (!f.packed) {
      for (std::size_t i = 0; i < size; ++i) item(f, first + i * stride);
      return;
    }
    out_.need(head_room);
    out_.varint(f.tag);
    const std::size_t body = out_.begin_length(1);
    for (std::size_t i = 0; i < size; ++i) {
      out_.need(max_varint_length);
      if (f.code == Code::floating)
        out_.fixed64(load<std::uint64_t>(first + i * stride));
      else
        out_.varint(varint_of(f, first + i * stride));
    }
    out_.end_length(body, 1);
  }

  void map(const FieldPlan& f, const void* at) {
    struct Context {
      Encoder* encoder;
      const FieldPlan* field;
    } context{this, &f};
    f.type->map_each(at, &context, [](void* raw, const void* key, const void* value) {
      auto& [encoder, map] = *static_cast<Context*>(raw);
      encoder->entry(*map, key, value);
    });
  }

  void entry(const FieldPlan& f, const void* key, const void* value) {
    out_.need(head_room);
    out_.varint(f.tag);
    const std::size_t body = out_.begin_length(1);
    item(f.message->fields[0], key);
    item(f.message->fields[1], value);
    out_.end_length(body, 1);
  }

  Writer out_;
  std::size_t outer_;        // where what holds nearly all there is begins before
  std::size_t outer_width_;  // and what its length takes
};

}  // namespace

void Codec::append(std::string& out, const void* at, std::size_t expected) const {
  Encoder(out, expected).message(*plans_->root, at);
}

}  // namespace core::wire::protobuf
