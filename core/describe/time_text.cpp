#include <charconv>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "core/describe/text.hpp"

namespace core::describe {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

// `ns` as a decimal fraction of `unit_ns`, without trailing zeros: 1500 of 1000 is "1.5".
std::string fraction(std::uint64_t ns, std::uint64_t unit_ns) {
  std::string out = std::to_string(ns / unit_ns);
  std::uint64_t rest = ns % unit_ns;
  if (rest == 0) return out;
  out += '.';
  for (std::uint64_t place = unit_ns / 10; rest > 0; place /= 10) {
    out += static_cast<char>('0' + rest / place);
    rest %= place;
  }
  return out;
}

std::optional<std::int64_t> unit_of(std::string_view& text) {
  struct Unit {
    std::string_view name;
    std::int64_t ns;
  };
  static constexpr Unit units[] = {{"ns", 1},        {"us", 1000},          {"\xc2\xb5s", 1000},    {"ms", 1'000'000},
                                   {"s", second_ns}, {"m", 60 * second_ns}, {"h", 3600 * second_ns}};
  for (const Unit& unit : units) {
    if (!text.starts_with(unit.name)) continue;
    // "m" must not take the front of "ms".
    if (unit.name == "m" && text.starts_with("ms")) continue;
    text.remove_prefix(unit.name.size());
    return unit.ns;
  }
  return std::nullopt;
}

// `count` digits at `at`, as a number.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return std::nullopt;
  int number = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    number = number * 10 + (text[i] - '0');
  }
  return number;
}

}  // namespace

std::string duration_text(Duration duration) {
  const std::int64_t ns = duration.count();
  if (ns == 0) return "0s";
  const std::uint64_t size = ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  std::string out = ns < 0 ? "-" : "";
  if (size < 1000) return out + std::to_string(size) + "ns";
  if (size < 1'000'000) return out + fraction(size, 1000) + "\xc2\xb5s";
  if (size < second_ns) return out + fraction(size, 1'000'000) + "ms";
  constexpr std::uint64_t minute = 60 * second_ns;
  constexpr std::uint64_t hour = 60 * minute;
  if (size >= hour) out += std::to_string(size / hour) + "h";
  if (size >= minute) out += std::to_string(size % hour / minute) + "m";
  return out + fraction(size % minute, second_ns) + "s";
}

std::optional<Duration> parse_duration(std::string_view text) {
  bool negative = false;
  if (text.starts_with('-') || text.starts_with('+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text == "0") return Duration{0};
  if (text.empty()) return std::nullopt;
  long double total = 0;
  while (!text.empty()) {
    std::size_t end = 0;
    while (end < text.size() && ((text[end] >= '0' && text[end] <= '9') || text[end] == '.')) ++end;
    double number = 0;
    const auto [used, error] = std::from_chars(text.data(), text.data() + end, number, std::chars_format::fixed);
    if (end == 0 || error != std::errc{} || used != text.data() + end) return std::nullopt;
    text.remove_prefix(end);
    const auto unit = unit_of(text);
    if (!unit) return std::nullopt;
    total += static_cast<long double>(number) * static_cast<long double>(*unit);
  }
  if (total > static_cast<long double>(longest_duration.count())) return std::nullopt;
  const auto ns = static_cast<std::int64_t>(std::llround(total));
  return Duration{negative ? -ns : ns};
}

std::string wall_time_text(WallTime time) {
  if (!time.is_set()) return "0001-01-01T00:00:00Z";
  using namespace std::chrono;
  const sys_time<nanoseconds> moment{nanoseconds{time.unix_ns}};
  const auto day = floor<days>(moment);
  const year_month_day date{day};
  const hh_mm_ss clock{moment - day};
  std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  std::int64_t rest = clock.subseconds().count();
  if (rest > 0) {
    std::string places = fmt::format("{:09}", rest);
    while (places.back() == '0') places.pop_back();
    out += "." + places;
  }
  return out + "Z";
}

std::optional<WallTime> parse_wall_time(std::string_view text) {
  using namespace std::chrono;
  const auto y = digits(text, 0, 4);
  const auto mo = digits(text, 5, 2);
  const auto d = digits(text, 8, 2);
  const auto h = digits(text, 11, 2);
  const auto mi = digits(text, 14, 2);
  const auto s = digits(text, 17, 2);
  if (!y || !mo || !d || !h || !mi || !s || text.size() < 20) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':')
    return std::nullopt;
  const year_month_day date{year{*y}, month{static_cast<unsigned>(*mo)}, day{static_cast<unsigned>(*d)}};
  if (!date.ok() || *h > 23 || *mi > 59 || *s > 59) return std::nullopt;
  std::size_t at = 19;
  std::int64_t subseconds = 0;
  if (text[at] == '.') {
    std::int64_t place = second_ns / 10;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, place /= 10)
      subseconds += (text[at] - '0') * place;
  }
  std::int64_t offset_s = 0;
  const std::string_view zone = text.substr(std::min(at, text.size()));
  if (zone != "Z" && zone != "z") {
    const auto oh = digits(zone, 1, 2);
    const auto om = digits(zone, 4, 2);
    if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':' || !oh || !om) return std::nullopt;
    offset_s = (*oh * 3600 + *om * 60) * (zone[0] == '-' ? -1 : 1);
  }
  if (*y == 1 && *mo == 1 && *d == 1) return WallTime{};
  // Years that 64 bits of nanoseconds hold.
  if (*y < 1678 || *y > 2261) return std::nullopt;
  const std::int64_t seconds =
      sys_days{date}.time_since_epoch().count() * std::int64_t{86400} + *h * 3600 + *mi * 60 + *s - offset_s;
  return WallTime{seconds * second_ns + subseconds};
}

}  // namespace core::describe
