// Times, spans and sizes as Nomad prints them. Points in time are nanoseconds since 1970.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace agent::cli {

/// "2026-11-22T12:16:28Z" in the zone of this machine; empty for nothing and for times before 1970.
std::string format_time(std::int64_t nanos);
/// The two largest units of the distance: "9s ago", "3m12s ago", "5s from now"; empty for no time.
std::string ago(std::int64_t then, std::int64_t now);
/// Go's Duration.String: "1h17m58s", "13.69µs", "0s".
std::string go_duration(std::int64_t nanos);
/// RFC 3339 with any fraction and offset. Nothing for other text and for Go's zero time (year 1).
std::optional<std::int64_t> parse_time(std::string_view text);
/// "28 MiB", "4.0 KiB".
std::string binary_bytes(double bytes);

}  // namespace agent::cli
