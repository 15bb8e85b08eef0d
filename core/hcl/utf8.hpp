// UTF-8: checking and writing it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::hcl {

/// Appends the code point; what is none (a surrogate, past U+10FFFF) becomes U+FFFD.
void append_utf8(std::string& out, std::uint32_t code);

/// The offset of the first byte that is not valid UTF-8, or nothing.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);

/// The code points, each as its bytes. `text` is valid UTF-8, or bytes that stand for themselves.
std::vector<std::string_view> code_points(std::string_view text);

}  // namespace core::hcl
