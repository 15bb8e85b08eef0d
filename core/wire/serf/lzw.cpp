#include "core/wire/serf/lzw.hpp"

#include <array>
#include <cstdint>
#include <optional>

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

}  // namespace core::wire::serf
