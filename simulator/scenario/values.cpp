#include "simulator/scenario/values.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

namespace simulator {
namespace {

constexpr double longest_ns = 1000.0 * 3600e9;

std::optional<double> decimal(std::string_view text) {
  double out = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, out, std::chars_format::fixed);
  if (error != std::errc{} || stopped != end || !std::isfinite(out)) return std::nullopt;
  return out;
}

struct Unit {
  std::string_view name;
  double worth;
};
// A number and one of the units; those that end like another stand before it.
template <std::size_t n>
std::optional<double> with_unit(std::string_view text, const std::array<Unit, n>& units) {
  for (const Unit& unit : units) {
    if (!text.ends_with(unit.name)) continue;
    const auto number = decimal(text.substr(0, text.size() - unit.name.size()));
    return number ? std::optional(*number * unit.worth) : std::nullopt;
  }
  return std::nullopt;
}

constexpr std::array<Unit, 6> times{{{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}}};

std::optional<Duration> signed_duration(std::string_view text) {
  const auto ns = text == "0" ? std::optional(0.0) : with_unit(text, times);
  if (!ns || std::fabs(*ns) > longest_ns) return std::nullopt;
  return Duration{std::llround(*ns)};
}

// In 0 to 1, or as 0% to 100%; of either sign when `most` says how far.
std::optional<double> fraction(std::string_view text) {
  const bool percent = text.ends_with('%');
  const auto number = decimal(percent ? text.substr(0, text.size() - 1) : text);
  return number ? std::optional(percent ? *number / 100 : *number) : std::nullopt;
}
std::optional<double> share_of(std::string_view text) {
  const auto share = fraction(text);
  return share && *share >= 0 && *share <= 1 ? share : std::nullopt;
}
std::optional<double> drift_of(std::string_view text) {
  const auto share = fraction(text);
  return share && std::fabs(*share) <= 0.5 ? share : std::nullopt;
}

std::optional<std::uint64_t> whole(std::string_view text, std::uint64_t most) {
  std::uint64_t out = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, out);
  if (error != std::errc{} || stopped != end || out > most) return std::nullopt;
  return out;
}
std::optional<std::uint64_t> counted_number(std::string_view text) { return whole(text, max_count); }

// "a" or "a..b", each read by `one`.
template <class Range, class One>
std::optional<Range> range(std::string_view text, One one) {
  const auto dots = text.find("..");
  const auto low = one(text.substr(0, dots));
  const auto high = dots == std::string_view::npos ? low : one(text.substr(dots + 2));
  if (!low || !high || *high < *low) return std::nullopt;
  return Range{*low, *high};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// "name(a, b)": the name and its arguments.
std::optional<std::pair<std::string_view, std::vector<std::string_view>>> called(std::string_view text) {
  const auto open = text.find('(');
  if (open == std::string_view::npos || !text.ends_with(')')) return std::nullopt;
  std::vector<std::string_view> arguments;
  std::string_view rest = text.substr(open + 1, text.size() - open - 2);
  for (;;) {
    const auto comma = rest.find(',');
    arguments.push_back(trimmed(rest.substr(0, comma)));
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  return std::pair{trimmed(text.substr(0, open)), std::move(arguments)};
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  const auto duration = signed_duration(text);
  return duration && *duration >= Duration{} ? duration : std::nullopt;
}
std::optional<Span> parse_span(std::string_view text) { return range<Span>(text, parse_duration); }
std::optional<Shift> parse_shift(std::string_view text) { return range<Shift>(text, signed_duration); }
std::optional<Share> parse_share(std::string_view text) { return range<Share>(text, share_of); }
std::optional<Drift> parse_drift(std::string_view text) { return range<Drift>(text, drift_of); }
std::optional<Count> parse_count(std::string_view text) { return range<Count>(text, counted_number); }

std::optional<Size> parse_size(std::string_view text) {
  static constexpr std::array<Unit, 3> units{{{"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}}};
  if (const auto bytes = whole(text, std::uint64_t{1} << 50)) return Size{*bytes};
  const auto bytes = with_unit(text, units);
  if (!bytes || *bytes < 0 || *bytes > 1e15) return std::nullopt;
  return Size{static_cast<std::uint64_t>(*bytes)};
}

std::optional<Bandwidth> parse_bandwidth(std::string_view text) {
  static constexpr std::array<Unit, 3> units{{{"kbit", 125.0}, {"Mbit", 125e3}, {"Gbit", 125e6}}};
  const auto bytes = with_unit(text, units);
  if (!bytes || *bytes < 1 || *bytes > 1e15) return std::nullopt;
  return Bandwidth{static_cast<std::uint64_t>(*bytes)};
}

std::optional<Rate> parse_rate(std::string_view text) {
  static constexpr std::array<Unit, 3> units{{{"/s", 1.0}, {"/m", 1.0 / 60}, {"/h", 1.0 / 3600}}};
  const auto rate = with_unit(text, units);
  if (!rate || *rate <= 0 || *rate > 1000) return std::nullopt;
  return Rate{*rate};
}

std::expected<io_sim::Distribution, std::string> parse_distribution(std::string_view text, const ReadFile& read) {
  if (const auto span = parse_span(text)) return io_sim::Distribution::uniform(span->low, span->high);
  const auto call = called(text);
  if (!call) return std::unexpected(distribution_wanted);
  const auto& [name, arguments] = *call;
  if (name == "file") {
    const auto samples = read(arguments[0]);
    if (!samples) return std::unexpected("a file beside the scenario, with a duration a line");
    auto parsed = io_sim::Distribution::parse_samples(*samples);
    if (!parsed) return std::unexpected("a file with a duration a line (" + parsed.error() + ")");
    return parsed;
  }
  const auto first = parse_duration(arguments[0]);
  if (!first || arguments.size() != 2) return std::unexpected(distribution_wanted);
  if (name == "normal") {
    const auto deviation = parse_duration(arguments[1]);
    if (!deviation) return std::unexpected("normal(MEAN, DEVIATION): two durations");
    return io_sim::Distribution::normal(*first, *deviation);
  }
  const auto number = decimal(arguments[1]);
  constexpr double most = 100;
  if (!number || *number <= 0 || *number > most) return std::unexpected("a duration and a number above 0, up to 100");
  if (name == "lognormal") return io_sim::Distribution::log_normal(*first, *number);
  if (name == "pareto") return io_sim::Distribution::pareto(*first, *number);
  return std::unexpected(distribution_wanted);
}

}  // namespace simulator
