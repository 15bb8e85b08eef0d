// Standard base64 with padding (RFC 4648), and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace core::base {

std::string to_base64(std::string_view bytes);
/// Nothing for text that is none: another alphabet, or a length that is no multiple of four.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace core::base
