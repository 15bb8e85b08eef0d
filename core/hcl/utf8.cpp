#include "core/hcl/utf8.hpp"

namespace core::hcl {
namespace {

bool continues(unsigned char c) { return (c & 0xc0) == 0x80; }

// Bytes of the valid code point at the start of `text`; 0 when there is none.
std::size_t valid_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return continues(byte(1)) ? 2 : 0;
  if (lead >= 0xe0 && lead < 0xf0) {
    if (!continues(byte(1)) || !continues(byte(2))) return 0;
    const bool overlong = lead == 0xe0 && byte(1) < 0xa0;
    const bool surrogate = lead == 0xed && byte(1) >= 0xa0;
    return overlong || surrogate ? 0 : 3;
  }
  if (lead < 0xf0 || lead > 0xf4 || !continues(byte(1)) || !continues(byte(2)) || !continues(byte(3))) return 0;
  const bool overlong = lead == 0xf0 && byte(1) < 0x90;
  const bool too_large = lead == 0xf4 && byte(1) >= 0x90;
  return overlong || too_large ? 0 : 4;
}

}  // namespace

void append_utf8(std::string& out, std::uint32_t code) {
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) code = 0xfffd;
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | (code >> 6));
  } else {
    if (code < 0x10000) {
      put(0xe0 | (code >> 12));
    } else {
      put(0xf0 | (code >> 18));
      put(0x80 | ((code >> 12) & 0x3f));
    }
    put(0x80 | ((code >> 6) & 0x3f));
  }
  put(0x80 | (code & 0x3f));
}

std::optional<std::size_t> find_invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto length = valid_length(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

std::vector<std::string_view> code_points(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto length = valid_length(text);
    out.push_back(text.substr(0, length == 0 ? 1 : length));
    text.remove_prefix(out.back().size());
  }
  return out;
}

}  // namespace core::hcl
