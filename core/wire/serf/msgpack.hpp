// MessagePack in the dialect of HashiCorp's go-msgpack ("old spec"): no bin, no ext, no str8 when
// writing; lenient when reading (reference/gossip-wire.md, section 4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "core/wire/serf/decode_error.hpp"

namespace core::wire::serf {

/// Appends values in the shortest form the dialect has.
class Writer {
 public:
  explicit Writer(std::string prefix = {}) : out_(std::move(prefix)) {}

  void map(std::size_t entries);
  void array(std::size_t entries);
  /// Text and byte strings are one family.
  void text(std::string_view value);
  /// Go's nil byte slice when empty.
  void bytes(const std::optional<std::string>& value);
  void uint(std::uint64_t value);
  /// What `uint` takes for it.
  static std::size_t uint_bytes(std::uint64_t value) {
    return value < 0x80 ? 1 : value <= 0xff ? 2 : value <= 0xffff ? 3 : value <= 0xffffffff ? 5 : 9;
  }
  void integer(std::int64_t value);
  void boolean(bool value);
  /// Always in full, also where it is whole.
  void real(double value);
  void nil();
  void raw(std::string_view bytes) { out_ += bytes; }

  std::string take() { return std::move(out_); }

 private:
  void byte(std::uint8_t value) { out_ += static_cast<char>(value); }
  void big_endian(std::uint64_t value, int width);

  std::string out_;
};

/// Reads values one after the other. The first failure sticks: every later read answers a zero value, and
/// `error()` tells what was wrong and where. Nil stands for the zero value of anything, as in Go.
/// Nothing is allocated that the input does not hold bytes for.
class Reader {
 public:
  explicit Reader(std::string_view data) : data_(data) {}

  struct Field;

  std::uint64_t read_uint(std::uint64_t max = std::numeric_limits<std::uint64_t>::max());
  std::int64_t read_int();
  bool read_bool();
  double read_real();
  /// A string. bin is refused, as the old agents do.
  std::string read_text() { return std::string(read_text_view()); }
  /// The same where it stands.
  std::string_view read_text_view();
  /// Past a string of the shortest form, which most are, if one stands here in full; else nothing has happened.
  std::optional<std::string_view> take_short_text();
  /// Bytes: a string, bin, or an array of small integers. Empty for nil.
  std::optional<std::string> read_bytes();
  /// The number of entries of a map or array, at most `max`; 0 for nil.
  std::size_t read_map(std::size_t max);
  std::size_t read_array(std::size_t max);
  /// True, and past it, if the next value is nil.
  bool take_nil();
  /// Passes over one value of any kind.
  void skip() { skip(0); }
  /// A Go struct: a map by field name, or an array in the order of `fields`. Unknown keys and surplus
  /// elements are skipped, missing ones leave their field alone.
  void read_struct(std::initializer_list<Field> fields);

  void fail(DecodeError::Reason reason);
  bool ok() const { return !error_; }
  const std::optional<DecodeError>& error() const { return error_; }
  std::size_t offset() const { return offset_; }
  std::string_view rest() const { return data_.substr(offset_); }

 private:
  void skip(int depth);
  std::size_t read_container(std::uint8_t fixed, std::uint8_t wide, std::size_t max);
  std::optional<std::size_t> string_length(std::uint8_t type);
  std::optional<std::size_t> bin_length(std::uint8_t type);
  std::uint8_t byte();
  std::uint64_t big_endian(int width);
  std::string_view take(std::size_t count);

  std::string_view data_;
  std::size_t offset_ = 0;
  std::size_t skipped_ = 0;
  std::optional<DecodeError> error_;
};

/// How a field is read, and where to. It refers to what it was made of, and is used up in the same expression.
struct Reader::Field {
  using Read = void (*)(Reader&, void*);
  Field(std::string_view its_name, void* target, Read how) : name(its_name), to(target), read(how) {}
  template <class Function>
  Field(std::string_view its_name, const Function& function)
      : name(its_name),
        to(const_cast<Function*>(&function)),
        read([](Reader& in, void* target) { (*static_cast<const Function*>(target))(in); }) {}

  std::string_view name;
  void* to;
  Read read;
};

/// What the fields of the messages are: one overload a kind, so that a struct's list reads like Go's.
Reader::Field field(std::string_view name, std::uint8_t& to);
Reader::Field field(std::string_view name, std::uint16_t& to);
Reader::Field field(std::string_view name, std::uint32_t& to);
Reader::Field field(std::string_view name, std::uint64_t& to);
Reader::Field field(std::string_view name, std::int64_t& to);
Reader::Field field(std::string_view name, bool& to);
Reader::Field field(std::string_view name, double& to);
Reader::Field text_field(std::string_view name, std::string& to);
Reader::Field bytes_field(std::string_view name, std::string& to);
Reader::Field bytes_field(std::string_view name, std::optional<std::string>& to);

}  // namespace core::wire::serf
