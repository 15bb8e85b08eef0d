// The canonical text of a described value: what traces, scripts and failing checks print.
#pragma once

#include <string>

#include "core/describe/type.hpp"

namespace core::describe {

/// "send-datagram to=127.0.0.1:4648 bytes=#15:00ff..": the name of a struct in hyphens, then its fields that
/// are not zero. Lists in [], maps in {}, nested structs in (). Raw bytes by length and first bytes in hex.
void append_text(std::string& out, const Type& type, const void* at);

template <class T>
std::string text_of(const T& value) {
  std::string out;
  append_text(out, type_of<T>(), &value);
  return out;
}

/// "1h2m3.5s", as Go's time.Duration prints.
std::string duration_text(Duration duration);

/// The other way: "1h30m", "-1.5s", "250ms", "0". Nothing for anything else.
inline constexpr Duration longest_duration = std::chrono::hours(100 * 365 * 24);  // of those that people write
std::optional<Duration> parse_duration(std::string_view text);

/// "2026-11-22T21:00:00.123456789Z", as Go's RFC 3339 with nanoseconds prints in UTC.
std::string wall_time_text(WallTime time);

/// The other way, with 'Z' or an offset. Nothing for anything else.
std::optional<WallTime> parse_wall_time(std::string_view text);

}  // namespace core::describe
