// Choices as text: a line a stream that can be read and written by hand, or all of them packed, when they are many.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "io-sim/choices.hpp"

namespace simulator::search {

/// "3 0*17 255 1": repeated numbers are counted.
std::string plain_text(const io_sim::Values& values);
/// Nothing when that is no list of numbers below 2^32, or more than `max_values`.
std::optional<io_sim::Values> parse_values(std::string_view text);

/// Bytes, deflated and in base64, in one line.
std::string pack(std::string_view bytes);
/// Nothing when it was not made by pack(), or would unpack to more than `most` bytes.
std::optional<std::string> unpack(std::string_view text, std::size_t most);

/// All streams in bytes, and back.
std::string bytes_of(const io_sim::Script& script);
std::optional<io_sim::Script> parse_script(std::string_view bytes);

inline constexpr std::size_t max_values = 16'000'000;  // in all streams of a replay file

}  // namespace simulator::search
