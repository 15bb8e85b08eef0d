#include "core/wire/serf/msgpack.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace core::wire::serf {
namespace {

constexpr int max_depth = 16;  // of values that are passed over
// Bytes one reader passes over in unknown fields: no sender has any, so more than this is mischief.
constexpr std::size_t max_skipped_bytes = 64 << 10;

using Reason = DecodeError::Reason;

}  // namespace

std::string describe(const DecodeError& error) {
  const char* reason = "";
  switch (error.reason) {
    case Reason::truncated:
      reason = "truncated";
      break;
    case Reason::wrong_type:
      reason = "value of the wrong type";
      break;
    case Reason::out_of_range:
      reason = "value out of range";
      break;
    case Reason::too_deep:
      reason = "nested too deep";
      break;
    case Reason::too_large:
      reason = "too large";
      break;
    case Reason::unknown_type:
      reason = "unsupported message type";
      break;
    case Reason::bad_checksum:
      reason = "invalid checksum";
      break;
    case Reason::bad_compression:
      reason = "failed to decompress";
      break;
    case Reason::unknown_algorithm:
      reason = "unknown compression algorithm";
      break;
    case Reason::labelled:
      reason = "discarding packet with unacceptable label";
      break;
    case Reason::encrypted:
      reason = "encrypted, and encryption is not configured";
      break;
    case Reason::not_opened:
      reason = "No installed keys could decrypt the message";
      break;
    case Reason::not_encrypted:
      reason = "Encryption is configured but remote state is not encrypted";
      break;
  }
  return std::string(reason) + " at byte " + std::to_string(error.offset);
}

void Writer::big_endian(std::uint64_t value, int width) {
  std::array<char, sizeof value> bytes;
  for (int i = 0; i < width; ++i) bytes[static_cast<std::size_t>(i)] = static_cast<char>(value >> 8 * (width - 1 - i));
  out_.append(bytes.data(), static_cast<std::size_t>(width));
}

void Writer::map(std::size_t entries) {
  if (entries < 16) return byte(static_cast<std::uint8_t>(0x80 | entries));
  byte(entries <= 0xffff ? 0xde : 0xdf);
  big_endian(entries, entries <= 0xffff ? 2 : 4);
}

void Writer::array(std::size_t entries) {
  if (entries < 16) return byte(static_cast<std::uint8_t>(0x90 | entries));
  byte(entries <= 0xffff ? 0xdc : 0xdd);
  big_endian(entries, entries <= 0xffff ? 2 : 4);
}

void Writer::text(std::string_view value) {
  if (value.size() < 32) {
    byte(static_cast<std::uint8_t>(0xa0 | value.size()));
  } else {
    byte(value.size() <= 0xffff ? 0xda : 0xdb);
    big_endian(value.size(), value.size() <= 0xffff ? 2 : 4);
  }
  out_ += value;
}

void Writer::bytes(const std::optional<std::string>& value) {
  if (value)
    text(*value);
  else
    nil();
}

void Writer::uint(std::uint64_t value) {
  if (value < 0x80) return byte(static_cast<std::uint8_t>(value));
  const int width = value <= 0xff ? 1 : value <= 0xffff ? 2 : value <= 0xffffffff ? 4 : 8;
  byte(width == 1 ? 0xcc : width == 2 ? 0xcd : width == 4 ? 0xce : 0xcf);
  big_endian(value, width);
}

void Writer::integer(std::int64_t value) {
  if (value >= 0) return uint(static_cast<std::uint64_t>(value));
  const auto bits = static_cast<std::uint64_t>(value);
  if (value >= -32) return byte(static_cast<std::uint8_t>(bits));
  const int width = value >= -0x80 ? 1 : value >= -0x8000 ? 2 : value >= -0x80000000LL ? 4 : 8;
  byte(width == 1 ? 0xd0 : width == 2 ? 0xd1 : width == 4 ? 0xd2 : 0xd3);
  big_endian(bits, width);
}

void Writer::boolean(bool value) { byte(value ? 0xc3 : 0xc2); }
void Writer::real(double value) {
  byte(0xcb);
  big_endian(std::bit_cast<std::uint64_t>(value), sizeof value);
}
void Writer::nil() { byte(0xc0); }

void Reader::fail(Reason reason) {
  if (!error_) error_ = DecodeError{reason, offset_};
}

std::uint8_t Reader::byte() {
  if (error_) return 0;
  if (offset_ == data_.size()) {
    fail(Reason::truncated);
    return 0;
  }
  return static_cast<std::uint8_t>(data_[offset_++]);
}

std::string_view Reader::take(std::size_t count) {
  if (error_) return {};
  if (count > data_.size() - offset_) {
    fail(Reason::truncated);
    return {};
  }
  const auto taken = data_.substr(offset_, count);
  offset_ += count;
  return taken;
}

std::uint64_t Reader::big_endian(int width) {
  std::uint64_t value = 0;
  for (const char c : take(static_cast<std::size_t>(width))) value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}

bool Reader::take_nil() {
  if (error_ || offset_ == data_.size() || static_cast<std::uint8_t>(data_[offset_]) != 0xc0) return false;
  ++offset_;
  return true;
}

std::int64_t Reader::read_int() {
  const std::size_t start = offset_;
  const std::uint8_t type = byte();
  std::int64_t value = 0;
  if (type >= 0xe0) return static_cast<std::int8_t>(type);
  switch (type) {
    case 0xd0:
      return static_cast<std::int8_t>(big_endian(1));
    case 0xd1:
      return static_cast<std::int16_t>(big_endian(2));
    case 0xd2:
      return static_cast<std::int32_t>(big_endian(4));
    case 0xd3:
      return static_cast<std::int64_t>(big_endian(8));
    default:
      break;
  }
  if (error_) return 0;
  offset_ = start;
  value = static_cast<std::int64_t>(read_uint(std::numeric_limits<std::int64_t>::max()));
  return value;
}

std::uint64_t Reader::read_uint(std::uint64_t max) {
  const std::size_t start = offset_;
  const std::uint8_t type = byte();
  std::uint64_t value = 0;
  std::int64_t as_signed = 0;
  if (type < 0x80) {
    value = type;
  } else {
    switch (type) {
      case 0xc0:
        break;
      case 0xcc:
        value = big_endian(1);
        break;
      case 0xcd:
        value = big_endian(2);
        break;
      case 0xce:
        value = big_endian(4);
        break;
      case 0xcf:
        value = big_endian(8);
        break;
      case 0xd0:
        as_signed = static_cast<std::int8_t>(big_endian(1));
        break;
      case 0xd1:
        as_signed = static_cast<std::int16_t>(big_endian(2));
        break;
      case 0xd2:
        as_signed = static_cast<std::int32_t>(big_endian(4));
        break;
      case 0xd3:
        as_signed = static_cast<std::int64_t>(big_endian(8));
        break;
      default:
        offset_ = start;
        fail(type >= 0xe0 ? Reason::out_of_range : Reason::wrong_type);
        return 0;
    }
    if (type >= 0xd0) value = static_cast<std::uint64_t>(as_signed);
  }
  if (as_signed < 0 || value > max) {
    offset_ = start;
    fail(Reason::out_of_range);
  }
  return error_ ? 0 : value;
}

bool Reader::read_bool() {
  const std::size_t start = offset_;
  const std::uint8_t type = byte();
  if (type == 0xc2 || type == 0xc3 || type == 0xc0) return type == 0xc3;
  if (!error_) offset_ = start;
  fail(Reason::wrong_type);
  return false;
}

double Reader::read_real() {
  if (take_nil()) return 0;
  const std::size_t start = offset_;
  const std::uint8_t type = byte();
  if (type == 0xcb) return std::bit_cast<double>(big_endian(8));
  if (type == 0xca) return std::bit_cast<float>(static_cast<std::uint32_t>(big_endian(4)));
  if (!error_) offset_ = start;
  fail(Reason::wrong_type);
  return 0;
}

std::optional<std::size_t> Reader::string_length(std::uint8_t type) {
  if ((type & 0xe0) == 0xa0) return type & 0x1fu;
  if (type == 0xd9) return big_endian(1);
  if (type == 0xda) return big_endian(2);
  if (type == 0xdb) return big_endian(4);
  return std::nullopt;
}

std::optional<std::size_t> Reader::bin_length(std::uint8_t type) {
  if (type == 0xc4) return big_endian(1);
  if (type == 0xc5) return big_endian(2);
  if (type == 0xc6) return big_endian(4);
  return std::nullopt;
}

std::string_view Reader::read_text_view() {
  if (const auto text = take_short_text()) return *text;
  if (take_nil()) return {};
  const std::size_t start = offset_;
  const auto length = string_length(byte());
  if (!length) {
    if (!error_) offset_ = start;
    fail(Reason::wrong_type);
    return {};
  }
  return take(*length);
}

std::optional<std::string_view> Reader::take_short_text() {
  if (error_ || offset_ == data_.size()) return std::nullopt;
  const auto type = static_cast<std::uint8_t>(data_[offset_]);
  const std::size_t length = type & 0x1fu;
  if ((type & 0xe0) != 0xa0 || length >= data_.size() - offset_) return std::nullopt;
  const std::string_view text = data_.substr(offset_ + 1, length);
  offset_ += 1 + length;
  return text;
}

std::optional<std::string> Reader::read_bytes() {
  if (const auto text = take_short_text()) return std::string(*text);
  if (take_nil()) return std::nullopt;
  const std::size_t start = offset_;
  const std::uint8_t type = byte();
  auto length = string_length(type);
  if (!length) length = bin_length(type);
  if (length) return std::string(take(*length));
  if (error_) return std::nullopt;
  offset_ = start;
  const std::size_t count = read_array(std::numeric_limits<std::size_t>::max());
  std::string bytes;
  for (std::size_t i = 0; i < count && ok(); ++i) bytes += static_cast<char>(read_uint(0xff));
  return bytes;
}

std::size_t Reader::read_container(std::uint8_t fixed, std::uint8_t wide, std::size_t max) {
  if (take_nil()) return 0;
  const std::size_t start = offset_;
  const std::uint8_t type = byte();
  if (error_) return 0;
  std::size_t count = 0;
  if ((type & 0xf0) == fixed) {
    count = type & 0x0f;
  } else if (type == wide) {
    count = big_endian(2);
  } else if (type == wide + 1) {
    count = big_endian(4);
  } else {
    offset_ = start;
    fail(Reason::wrong_type);
    return 0;
  }
  if (count > max) fail(Reason::out_of_range);
  // Every entry takes at least a byte: what the input cannot hold is not believed.
  if (count > data_.size() - offset_) fail(Reason::truncated);
  return error_ ? 0 : count;
}

std::size_t Reader::read_map(std::size_t max) { return read_container(0x80, 0xde, max); }
std::size_t Reader::read_array(std::size_t max) { return read_container(0x90, 0xdc, max); }

void Reader::skip(int depth) {
  if (depth > max_depth) return fail(Reason::too_deep);
  const std::size_t start = offset_;
  const std::uint8_t type = byte();
  if (error_) return;
  if (type < 0x80 || type >= 0xe0 || type == 0xc0 || type == 0xc2 || type == 0xc3) {
    // One byte is all of it.
  } else if (type >= 0xcc && type <= 0xd3) {
    big_endian(1 << ((type - 0xcc) % 4));
  } else if (type == 0xca || type == 0xcb) {
    big_endian(type == 0xca ? 4 : 8);
  } else if ((type & 0xf0) == 0x80 || type == 0xde || type == 0xdf) {
    offset_ = start;
    const std::size_t count = read_map(max_skipped_bytes);
    for (std::size_t i = 0; i < 2 * count && ok(); ++i) skip(depth + 1);
    return;
  } else if ((type & 0xf0) == 0x90 || type == 0xdc || type == 0xdd) {
    offset_ = start;
    const std::size_t count = read_array(max_skipped_bytes);
    for (std::size_t i = 0; i < count && ok(); ++i) skip(depth + 1);
    return;
  } else {
    auto length = string_length(type);
    if (!length) length = bin_length(type);
    if (!length) {
      offset_ = start;
      return fail(Reason::wrong_type);
    }
    take(*length);
  }
  skipped_ += offset_ - start;
  if (skipped_ > max_skipped_bytes) fail(Reason::too_large);
}

void Reader::read_struct(std::initializer_list<Field> fields) {
  if (take_nil()) return;
  if (offset_ == data_.size()) return fail(Reason::truncated);
  const auto type = static_cast<std::uint8_t>(data_[offset_]);
  if ((type & 0xf0) == 0x90 || type == 0xdc || type == 0xdd) {
    const std::size_t count = read_array(max_skipped_bytes);
    for (std::size_t i = 0; i < count && ok(); ++i) {
      if (i < fields.size())
        fields.begin()[i].read(*this, fields.begin()[i].to);
      else
        skip();
    }
    return;
  }
  const std::size_t count = read_map(max_skipped_bytes);
  for (std::size_t i = 0; i < count && ok(); ++i) {
    const std::string_view key = read_text_view();
    const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& f) {
      // Most are told apart by these, which need no call.
      return f.name.size() == key.size() && (key.empty() || f.name.front() == key.front()) && f.name == key;
    });
    if (!ok()) return;
    if (found != fields.end())
      found->read(*this, found->to);
    else
      skip();
  }
}

namespace {
template <class Number>
Reader::Field number_field(std::string_view name, Number& to) {
  return {name, &to, [](Reader& in, void* target) {
            *static_cast<Number*>(target) = static_cast<Number>(in.read_uint(std::numeric_limits<Number>::max()));
          }};
}
}  // namespace

Reader::Field field(std::string_view name, std::uint8_t& to) { return number_field(name, to); }
Reader::Field field(std::string_view name, std::uint16_t& to) { return number_field(name, to); }
Reader::Field field(std::string_view name, std::uint32_t& to) { return number_field(name, to); }
Reader::Field field(std::string_view name, std::uint64_t& to) { return number_field(name, to); }
Reader::Field field(std::string_view name, std::int64_t& to) {
  return {name, &to,
          [](Reader& in, void* target) { *static_cast<std::int64_t*>(target) = in.take_nil() ? 0 : in.read_int(); }};
}
Reader::Field field(std::string_view name, bool& to) {
  return {name, &to, [](Reader& in, void* target) { *static_cast<bool*>(target) = in.read_bool(); }};
}
Reader::Field field(std::string_view name, double& to) {
  return {name, &to, [](Reader& in, void* target) { *static_cast<double*>(target) = in.read_real(); }};
}
Reader::Field text_field(std::string_view name, std::string& to) {
  return {name, &to, [](Reader& in, void* target) { *static_cast<std::string*>(target) = in.read_text_view(); }};
}
Reader::Field bytes_field(std::string_view name, std::string& to) {
  return {name, &to, [](Reader& in, void* target) {
            auto& bytes = *static_cast<std::string*>(target);
            if (const auto text = in.take_short_text())
              bytes = *text;
            else
              bytes = in.read_bytes().value_or("");
          }};
}
Reader::Field bytes_field(std::string_view name, std::optional<std::string>& to) {
  return {name, &to,
          [](Reader& in, void* target) { *static_cast<std::optional<std::string>*>(target) = in.read_bytes(); }};
}

}  // namespace core::wire::serf
