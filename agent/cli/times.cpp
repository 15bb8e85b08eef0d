#include "agent/cli/times.hpp"

#include <charconv>
#include <chrono>
#include <cmath>
#include <ctime>
#include <vector>

#include <fmt/format.h>

namespace agent::cli {
namespace {

constexpr std::int64_t second = 1'000'000'000;

std::int64_t rounded_seconds(std::int64_t nanos) {
  const auto whole = nanos / second;
  return nanos % second >= second / 2 ? whole + 1 : whole;
}

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return std::nullopt;
  int value = 0;
  const auto* end = text.data() + at + count;
  const auto [stop, error] = std::from_chars(text.data() + at, end, value);
  if (error != std::errc{} || stop != end || value < 0) return std::nullopt;
  return value;
}

/// Seconds east of UTC: "Z", "+02:00".
std::optional<std::int64_t> offset(std::string_view zone) {
  if (zone == "Z" || zone == "z") return 0;
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return std::nullopt;
  const auto hours = digits(zone, 1, 2);
  const auto minutes = digits(zone, 4, 2);
  if (!hours || !minutes) return std::nullopt;
  const std::int64_t seconds = *hours * 3600 + *minutes * 60;
  return zone[0] == '-' ? -seconds : seconds;
}

}  // namespace

std::string format_time(std::int64_t nanos) {
  if (nanos < second) return {};
  const std::time_t at = static_cast<std::time_t>(nanos / second);
  std::tm local{};
  if (!localtime_r(&at, &local)) return {};
  const auto date = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", local.tm_year + 1900, local.tm_mon + 1,
                                local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec);
  if (local.tm_gmtoff == 0) return date + "Z";
  const auto east = std::abs(local.tm_gmtoff);
  return fmt::format("{}{}{:02}:{:02}", date, local.tm_gmtoff < 0 ? '-' : '+', east / 3600, east / 60 % 60);
}

std::string ago(std::int64_t then, std::int64_t now) {
  if (then <= 0) return {};
  const auto from = rounded_seconds(then);
  const auto to = rounded_seconds(now);
  auto left = static_cast<std::uint64_t>(from <= to ? to - from : from - to);
  const char* direction = from <= to ? "ago" : "from now";
  struct Unit {
    std::uint64_t size;
    const char* name;
  };
  // A month is thirty days and a year twelve of those, as in Nomad.
  constexpr Unit units[] = {
      {12ULL * 30 * 86400, "y"}, {30ULL * 86400, "mo"}, {86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}};
  std::string out;
  int shown = 0;
  for (const auto& unit : units) {
    const auto count = left / unit.size;
    left %= unit.size;
    if (count == 0 || shown == 2) continue;
    out += fmt::format("{}{}", count, unit.name);
    ++shown;
  }
  return fmt::format("{} {}", out.empty() ? "0s" : out, direction);
}

std::string go_duration(std::int64_t nanos) {
  if (nanos == 0) return "0s";
  const bool negative = nanos < 0;
  // Negated as unsigned: the smallest number has no positive counterpart.
  const auto size = negative ? 0 - static_cast<std::uint64_t>(nanos) : static_cast<std::uint64_t>(nanos);
  const auto with_fraction = [](std::uint64_t value, std::uint64_t unit) {
    auto out = fmt::format("{}", value / unit);
    if (const auto rest = value % unit; rest != 0) {
      auto fraction = fmt::format("{:0{}}", rest, fmt::format("{}", unit).size() - 1);
      fraction.erase(fraction.find_last_not_of('0') + 1);
      out += "." + fraction;
    }
    return out;
  };
  std::string out = negative ? "-" : "";
  if (size < 1000) return out + fmt::format("{}ns", size);
  if (size < 1'000'000) return out + with_fraction(size, 1000) + "µs";
  if (size < second) return out + with_fraction(size, 1'000'000) + "ms";
  const auto seconds = size / second;
  if (seconds >= 3600) out += fmt::format("{}h", seconds / 3600);
  if (seconds >= 60) out += fmt::format("{}m", seconds / 60 % 60);
  return out + with_fraction(size % (60ULL * second), second) + "s";
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), sec = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !sec || *year < 1970 || *year > 2261) return std::nullopt;
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                            std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *sec > 60) return std::nullopt;
  std::string_view rest = text.substr(19);
  std::int64_t fraction = 0;
  if (rest.starts_with('.')) {
    std::int64_t unit = second / 10;
    for (rest.remove_prefix(1); !rest.empty() && rest[0] >= '0' && rest[0] <= '9'; rest.remove_prefix(1)) {
      fraction += (rest[0] - '0') * unit;
      unit /= 10;
    }
  }
  const auto east = offset(rest);
  if (!east) return std::nullopt;
  const std::int64_t days = sys_days(date).time_since_epoch().count();
  return (days * 86400 + *hour * 3600 + *minute * 60 + *sec - *east) * second + fraction;
}

std::string binary_bytes(double bytes) {
  if (!(bytes > 0)) return "0 B";
  if (bytes < 10) return fmt::format("{:.0f} B", bytes);
  constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  double value = bytes;
  while (value >= 1024 && unit + 1 < std::size(units)) {
    value /= 1024;
    ++unit;
  }
  value = std::floor(value * 10 + 0.5) / 10;
  return value < 10 ? fmt::format("{:.1f} {}", value, units[unit]) : fmt::format("{:.0f} {}", value, units[unit]);
}

}  // namespace agent::cli
