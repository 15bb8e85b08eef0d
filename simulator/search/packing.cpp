#include "simulator/search/packing.hpp"

#include <array>
#include <charconv>

#include <fmt/format.h>
#include <zlib.h>

namespace simulator::search {
namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string base64(std::string_view bytes) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t here = std::min<std::size_t>(bytes.size() - at, 3);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (i < here ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i) out += i <= here ? digits[group >> (18 - 6 * i) & 63] : '=';
  }
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string out;
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_padding = i >= text.size() - padding;
    const auto value = is_padding ? 0 : digits.find(text[i]);
    if (value == std::string_view::npos) return std::nullopt;
    group = group << 6 | static_cast<std::uint32_t>(value);
    if (i % 4 != 3) continue;
    for (const int shift : {16, 8, 0}) out += static_cast<char>(group >> shift & 0xff);
    group = 0;
  }
  out.resize(out.size() - padding);
  return out;
}

void put_number(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

// Takes a number off the front; nothing when there is none.
std::optional<std::uint64_t> take_number(std::string_view& from) {
  std::uint64_t out = 0;
  for (unsigned shift = 0; shift < 64 && !from.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(from.front());
    from.remove_prefix(1);
    out |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return out;
  }
  return std::nullopt;
}

template <class T>
bool parse_whole(std::string_view text, T& into) {
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return !text.empty() && error == std::errc{} && stopped == text.data() + text.size();
}

}  // namespace

std::string plain_text(const io_sim::Values& values) {
  std::string out;
  for (std::size_t at = 0; at < values.size();) {
    std::size_t end = at + 1;
    while (end < values.size() && values[end] == values[at]) ++end;
    if (!out.empty()) out += ' ';
    const std::size_t times = end - at;
    out += times < 3 ? fmt::format("{}", values[at]) : fmt::format("{}*{}", values[at], times);
    at = times < 3 ? at + 1 : end;
  }
  return out;
}

std::optional<io_sim::Values> parse_values(std::string_view text) {
  io_sim::Values out;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    const auto star = word.find('*');
    std::uint32_t value = 0;
    std::size_t times = 1;
    if (!parse_whole(word.substr(0, star), value)) return std::nullopt;
    if (star != std::string_view::npos && !parse_whole(word.substr(star + 1), times)) return std::nullopt;
    if (times > max_values - out.size()) return std::nullopt;
    out.insert(out.end(), times, value);
  }
  return out;
}

std::string pack(std::string_view bytes) {
  uLongf size = compressBound(bytes.size());
  std::string deflated(size, '\0');
  core::check(compress2(reinterpret_cast<Bytef*>(deflated.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
                        bytes.size(), Z_BEST_COMPRESSION) == Z_OK,
              "bytes in memory can be deflated into a buffer of compressBound()");
  deflated.resize(size);
  return base64(deflated);
}

std::optional<std::string> unpack(std::string_view text, std::size_t most) {
  const auto deflated = from_base64(text);
  if (!deflated) return std::nullopt;
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return std::nullopt;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(deflated->data()));
  stream.avail_in = static_cast<uInt>(deflated->size());
  std::string out;
  std::array<char, 16 << 10> piece{};
  int result = Z_OK;
  while (result == Z_OK && out.size() <= most) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = piece.size();
    result = inflate(&stream, Z_NO_FLUSH);
    out.append(piece.data(), piece.size() - stream.avail_out);
  }
  const bool whole = result == Z_STREAM_END && stream.avail_in == 0 && out.size() <= most;
  inflateEnd(&stream);
  return whole ? std::optional(std::move(out)) : std::nullopt;
}

std::string bytes_of(const io_sim::Script& script) {
  std::string out;
  for (const auto& [name, values] : script) {
    put_number(out, name.size());
    out += name;
    put_number(out, values.size());
    for (const std::uint32_t value : values) put_number(out, value);
  }
  return out;
}

std::optional<io_sim::Script> parse_script(std::string_view bytes) {
  io_sim::Script out;
  std::size_t left = max_values;
  while (!bytes.empty()) {
    const auto length = take_number(bytes);
    if (!length || *length > bytes.size()) return std::nullopt;
    std::string name(bytes.substr(0, *length));
    bytes.remove_prefix(*length);
    const auto count = take_number(bytes);
    if (!count || *count > left || *count > bytes.size()) return std::nullopt;
    left -= *count;
    io_sim::Values values;
    values.reserve(*count);
    for (std::uint64_t i = 0; i < *count; ++i) {
      const auto value = take_number(bytes);
      if (!value || *value > ~std::uint32_t{}) return std::nullopt;
      values.push_back(static_cast<std::uint32_t>(*value));
    }
    if (!out.emplace(std::move(name), std::move(values)).second) return std::nullopt;
  }
  return out;
}

}  // namespace simulator::search
