// formatdate and timeadd, over times given as RFC 3339 text.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include "core/hcl/function.hpp"

namespace core::hcl {
namespace {

using std::chrono::days;
using std::chrono::nanoseconds;
using std::chrono::seconds;

struct Timestamp {
  std::chrono::sys_seconds local;  // the wall clock's reading, offset included
  nanoseconds fraction{};
  int offset_minutes = 0;
  bool utc = false;  // written with Z
};

std::optional<int> digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int number = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return number;
}

bool skip(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::chrono::sys_seconds> read_clock(std::string_view& text) {
  const auto year = digits(text, 4);
  if (!year || !skip(text, "-")) return std::nullopt;
  const auto month = digits(text, 2);
  if (!month || !skip(text, "-")) return std::nullopt;
  const auto day = digits(text, 2);
  if (!day || !skip(text, "Tt")) return std::nullopt;
  const auto hour = digits(text, 2);
  if (!hour || *hour > 23 || !skip(text, ":")) return std::nullopt;
  const auto minute = digits(text, 2);
  if (!minute || *minute > 59 || !skip(text, ":")) return std::nullopt;
  const auto second = digits(text, 2);
  if (!second || *second > 59) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) + seconds(*second);
}

std::optional<Timestamp> read_timestamp(std::string_view text) {
  Timestamp out;
  const auto local = read_clock(text);
  if (!local) return std::nullopt;
  out.local = *local;
  if (skip(text, ".")) {
    std::int64_t unit = 100'000'000;
    if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
    for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), unit /= 10)
      out.fraction += nanoseconds((text[0] - '0') * unit);
  }
  if (text == "Z" || text == "z") {
    out.utc = true;
    return out;
  }
  const int sign = text.starts_with('-') ? -1 : 1;
  if (!skip(text, "+-")) return std::nullopt;
  const auto hours = digits(text, 2);
  if (!hours || *hours > 23 || !skip(text, ":")) return std::nullopt;
  const auto minutes = digits(text, 2);
  if (!minutes || *minutes > 59 || !text.empty()) return std::nullopt;
  out.offset_minutes = sign * (*hours * 60 + *minutes);
  return out;
}

std::string zone(const Timestamp& time, bool colon) {
  const int minutes = std::abs(time.offset_minutes);
  return fmt::format("{}{:02}{}{:02}", time.offset_minutes < 0 ? '-' : '+', minutes / 60, colon ? ":" : "",
                     minutes % 60);
}

constexpr std::array<std::string_view, 7> weekdays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months{"January",   "February", "March",    "April",
                                                  "May",       "June",     "July",     "August",
                                                  "September", "October",  "November", "December"};

// One run of a letter in a date format; nothing when it means nothing (cty's formatdate).
std::optional<std::string> field(std::string_view run, const Timestamp& time) {
  const auto day_start = std::chrono::floor<days>(time.local);
  const std::chrono::year_month_day date(day_start);
  const std::chrono::hh_mm_ss clock(time.local - day_start);
  const auto hour = static_cast<int>(clock.hours().count());
  const int half_day = (hour + 11) % 12 + 1;
  const auto weekday = weekdays[std::chrono::weekday(day_start).c_encoding()];
  const auto month = static_cast<unsigned>(date.month());
  const auto day = static_cast<unsigned>(date.day());
  const auto number = [&](auto value) { return run.size() == 1 ? std::to_string(value) : fmt::format("{:02}", value); };
  if (run == "YYYY") return fmt::format("{:04}", static_cast<int>(date.year()));
  if (run == "YY") return fmt::format("{:02}", static_cast<int>(date.year()) % 100);
  if (run == "MMMM") return std::string(months[month - 1]);
  if (run == "MMM") return std::string(months[month - 1].substr(0, 3));
  if (run == "M" || run == "MM") return number(month);
  if (run == "EEEE") return std::string(weekday);
  if (run == "EEE") return std::string(weekday.substr(0, 3));
  if (run == "D" || run == "DD") return number(day);
  if (run == "h" || run == "hh") return number(hour);
  if (run == "H" || run == "HH") return number(half_day);
  if (run == "AA") return hour < 12 ? "AM" : "PM";
  if (run == "aa") return hour < 12 ? "am" : "pm";
  if (run == "m" || run == "mm") return number(clock.minutes().count());
  if (run == "s" || run == "ss") return number(clock.seconds().count());
  const bool is_utc = time.utc || time.offset_minutes == 0;
  if (run == "Z") return is_utc ? "Z" : zone(time, true);
  if (run == "ZZZ") return is_utc ? "UTC" : zone(time, false);
  if (run == "ZZZZ") return zone(time, false);
  if (run == "ZZZZZ") return zone(time, true);
  return std::nullopt;
}

// A quoted stretch of a date format, '' in it being a quote; nothing when it is not closed.
std::optional<std::string> quoted_text(std::string_view& format) {
  std::string out;
  format.remove_prefix(1);
  while (true) {
    const auto end = format.find('\'');
    if (end == std::string_view::npos) return std::nullopt;
    out += format.substr(0, end);
    format.remove_prefix(end + 1);
    if (!format.starts_with('\'')) return out;
    out += '\'';
    format.remove_prefix(1);
  }
}

CallResult format_date(Arguments arguments, Budget& budget) {
  std::string_view format = arguments[0].as_string();
  const auto time = read_timestamp(arguments[1].as_string());
  if (!time) return call_error("not a valid RFC3339 timestamp", 1);
  if (!budget.spend(format.size() * 64)) return too_much();
  std::string out;
  while (!format.empty()) {
    const char c = format[0];
    if (c == '\'') {
      const auto text = quoted_text(format);
      if (!text) return call_error("unterminated literal '", 0);
      out += *text;
      continue;
    }
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const auto run = format.substr(0, letter ? std::min(format.size(), format.find_first_not_of(c)) : 1);
    format.remove_prefix(run.size());
    const auto text = letter ? field(run, *time) : std::string(run);
    if (!text) return call_error(fmt::format("invalid date format verb \"{}\"", run.substr(0, 20)), 0);
    out += *text;
  }
  return Value(std::move(out));
}

// A Go duration, such as -1h30m or 2.5s.
std::optional<nanoseconds> read_duration(std::string_view text) {
  if (text == "0") return nanoseconds{};
  const int sign = text.starts_with('-') ? -1 : 1;
  skip(text, "+-");
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const auto length = std::min(text.size(), text.find_first_not_of("0123456789."));
    const auto number = parse_number(text.substr(0, length));
    text.remove_prefix(length);
    const auto unit = text.substr(0, std::min(text.size(), text.find_first_of("0123456789.")));
    static constexpr std::array<std::pair<std::string_view, double>, 7> units{
        {{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 6e10}, {"h", 3.6e12}}};
    const auto* found =
        std::find_if(units.begin(), units.end(), [&](const auto& known) { return known.first == unit; });
    if (!number || found == units.end()) return std::nullopt;
    total += number->as_double() * found->second;
    text.remove_prefix(unit.size());
  }
  if (total > 9.2e18) return std::nullopt;
  return nanoseconds(sign * std::llround(total));
}

CallResult time_add(Arguments arguments, Budget&) {
  auto time = read_timestamp(arguments[0].as_string());
  if (!time) return call_error("not a valid RFC3339 timestamp", 0);
  const auto added = read_duration(arguments[1].as_string());
  if (!added) return call_error("not a valid duration", 1);
  const auto total = time->fraction + *added % seconds(1);
  const auto carry = std::chrono::floor<seconds>(total);
  time->local += std::chrono::duration_cast<seconds>(*added) + carry;
  time->fraction = total - carry;
  std::string fraction;
  if (time->fraction.count() != 0) {
    fraction = fmt::format(".{:09}", time->fraction.count());
    fraction.erase(fraction.find_last_not_of('0') + 1);
  }
  const auto day = std::chrono::floor<days>(time->local);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time->local - day);
  return Value(fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{}", static_cast<int>(date.year()),
                           static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                           clock.hours().count(), clock.minutes().count(), clock.seconds().count(), fraction,
                           time->utc ? "Z" : zone(*time, true)));
}

}  // namespace

void add_date_functions(Functions& out) {
  out["formatdate"] = {{{"format", ParameterKind::string}, {"time", ParameterKind::string}}, {}, format_date};
  out["timeadd"] = {{{"timestamp", ParameterKind::string}, {"duration", ParameterKind::string}}, {}, time_add};
}

}  // namespace core::hcl
