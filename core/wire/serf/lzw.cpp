#include "core/wire/serf/lzw.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace core::wire::serf {
namespace {

constexpr unsigned clear_code = 256;
constexpr unsigned end_code = 257;
constexpr unsigned table_size = 4096;
constexpr unsigned first_width = 9;
constexpr unsigned last_width = 12;

/// Codes of a width that grows, from bytes, lowest bit first.
class CodeReader {
 public:
  explicit CodeReader(std::string_view bytes) : bytes_(bytes) {}

  std::optional<unsigned> next(unsigned width) {
    while (bits_ < width) {
      if (offset_ == bytes_.size()) return std::nullopt;
      pending_ |= std::uint32_t{static_cast<std::uint8_t>(bytes_[offset_++])} << bits_;
      bits_ += 8;
    }
    const unsigned code = pending_ & ((1u << width) - 1);
    pending_ >>= width;
    bits_ -= width;
    return code;
  }
  std::size_t offset() const { return offset_; }

 private:
  std::string_view bytes_;
  std::size_t offset_ = 0;
  std::uint32_t pending_ = 0;
  unsigned bits_ = 0;
};

class CodeWriter {
 public:
  void put(unsigned code, unsigned width) {
    pending_ |= code << bits_;
    bits_ += width;
    for (; bits_ >= 8; bits_ -= 8, pending_ >>= 8) out_ += static_cast<char>(pending_);
  }
  std::string take() {
    if (bits_ > 0) out_ += static_cast<char>(pending_);
    return std::move(out_);
  }

 private:
  std::string out_;
  std::uint32_t pending_ = 0;
  unsigned bits_ = 0;
};

/// The strings the encoder knows, as a tree: each is another string and one byte more.
class Strings {
 public:
  /// The code of "string `code`, then `byte`", or nothing.
  std::optional<unsigned> longer(unsigned code, std::uint8_t byte) const {
    for (unsigned at = first_[code]; at != 0; at = next_[at])
      if (byte_[at] == byte) return at;
    return std::nullopt;
  }
  void define(unsigned code, unsigned prefix, std::uint8_t byte) {
    byte_[code] = byte;
    first_[code] = 0;
    next_[code] = first_[prefix];
    first_[prefix] = static_cast<std::uint16_t>(code);
  }
  void clear() { std::fill_n(first_.begin(), clear_code, std::uint16_t{0}); }

 private:
  // No string's code is 0 but that of the zero byte, which continues none. What is above the literals is written
  // when it is defined.
  std::array<std::uint16_t, table_size> first_;
  std::array<std::uint16_t, table_size> next_;
  std::array<std::uint8_t, table_size> byte_;
};

/// Every entry is a stretch of the output: where it starts, and how long it is.
struct Entry {
  std::size_t start = 0;
  std::size_t length = 0;
};

}  // namespace

Decoded<std::string> lzw_decompress(std::string_view packed, std::size_t max_bytes) {
  using Reason = DecodeError::Reason;
  CodeReader codes(packed);
  std::array<Entry, table_size> table;
  std::string out;
  Entry previous;       // what the last code stood for; length 0 after a clear
  unsigned high = 257;  // the last code in use
  unsigned width = first_width;
  const auto refuse = [&](Reason reason) { return std::unexpected(DecodeError{reason, codes.offset()}); };
  while (true) {
    const auto code = codes.next(width);
    if (!code) return refuse(Reason::truncated);
    if (*code == end_code) return out;
    if (*code == clear_code) {
      previous = {};
      high = 257;
      width = first_width;
      continue;
    }
    const Entry current{out.size(), 0};
    if (*code < clear_code) {
      out += static_cast<char>(*code);
    } else {
      // The one code not yet known is the one being defined: the last string and its own first byte.
      const bool unfinished = *code == high && previous.length > 0;
      if (*code > high) return refuse(Reason::bad_compression);
      const Entry known = unfinished ? Entry{previous.start, previous.length + 1} : table[*code];
      if (known.length == 0) return refuse(Reason::bad_compression);
      if (known.length > max_bytes - out.size()) return refuse(Reason::too_large);
      // Byte by byte: an unfinished entry reads what this loop writes.
      for (std::size_t i = 0; i < known.length; ++i) out += out[known.start + i];
    }
    if (out.size() > max_bytes) return refuse(Reason::too_large);
    if (previous.length > 0) table[high] = Entry{previous.start, previous.length + 1};
    previous = Entry{current.start, out.size() - current.start};
    if (high < table_size - 1) {
      ++high;
      if (high == (1u << width) && width < last_width) ++width;
    } else {
      // With a full table nothing more is defined until the sender clears it.
      previous = {};
    }
  }
}

std::string lzw_compress(std::string_view plain) {
  CodeWriter out;
  Strings strings;
  strings.clear();
  unsigned high = end_code;
  unsigned width = first_width;
  out.put(clear_code, width);
  // False when the table was full, and has been started anew.
  const auto sent = [&](unsigned code) {
    out.put(code, width);
    ++high;
    if (high == (1u << width)) ++width;
    if (high < table_size - 1) return true;
    out.put(clear_code, last_width);
    strings.clear();
    high = end_code;
    width = first_width;
    return false;
  };
  if (!plain.empty()) {
    unsigned code = static_cast<std::uint8_t>(plain.front());
    for (const char c : plain.substr(1)) {
      const auto byte = static_cast<std::uint8_t>(c);
      if (const auto longer = strings.longer(code, byte)) {
        code = *longer;
        continue;
      }
      if (sent(code)) strings.define(high, code, byte);
      code = byte;
    }
    sent(code);
  }
  out.put(end_code, width);
  return out.take();
}

}  // namespace core::wire::serf
