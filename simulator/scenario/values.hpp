// The words of a scenario that mean a number: durations, shares, counts, sizes, rates, and how long things take.
//
// Where a value may be drawn, "low..high" stands for the whole range.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.hpp"
#include "io-sim/distribution.hpp"

namespace simulator {

using core::Duration;

/// A time that may be drawn: [low, high].
struct Span {
  Duration low{};
  Duration high{};
};
/// The same, which may also go back: "-5s..5s".
struct Shift {
  Duration low{};
  Duration high{};
};
/// A share that may be drawn: [low, high] within 0 and 1.
struct Share {
  double low = 0;
  double high = 0;
};
/// A share of either sign: how much a clock gains or loses.
struct Drift {
  double low = 0;
  double high = 0;
};
/// A count that may be drawn: [low, high].
struct Count {
  std::uint64_t low = 1;
  std::uint64_t high = 1;
};
struct Size {
  std::uint64_t bytes = 0;
};
struct Bandwidth {
  std::uint64_t bytes_per_second = 0;
};
/// How often something happens on average.
struct Rate {
  double per_second = 0;
};

inline constexpr std::uint64_t max_count = 100'000;

/// "250ms", "1.5s", "2m", "1h": at most 1000 hours.
std::optional<Duration> parse_duration(std::string_view text);
std::optional<Span> parse_span(std::string_view text);
std::optional<Shift> parse_shift(std::string_view text);
/// "5%", "0.05", "1%..5%".
std::optional<Share> parse_share(std::string_view text);
/// "0.1%", "-1%..1%".
std::optional<Drift> parse_drift(std::string_view text);
/// "7" or "2..5".
std::optional<Count> parse_count(std::string_view text);
/// "512", "4KiB", "64MiB", "1GiB".
std::optional<Size> parse_size(std::string_view text);
/// "100Mbit", "1Gbit", "56kbit": a second.
std::optional<Bandwidth> parse_bandwidth(std::string_view text);
/// "6/m", "0.5/s", "2/h".
std::optional<Rate> parse_rate(std::string_view text);
/// "1ms", "200us..2ms", "normal(2ms, 500us)", "lognormal(2ms, 0.5)", "pareto(1ms, 2.5)", "file(rtt.txt)": that file,
/// as `read` has it, holds a duration a line. The error is what was wanted in place of `text`.
using ReadFile = std::function<std::optional<std::string>(std::string_view name)>;
std::expected<io_sim::Distribution, std::string> parse_distribution(std::string_view text, const ReadFile& read);

inline constexpr const char* duration_wanted = "a duration such as 250ms, 30s or 1.5m, up to 1000h";
inline constexpr const char* span_wanted =
    "a duration such as 30s, or a range such as 1s..5s, the lower first, up to 1000h";
inline constexpr const char* shift_wanted =
    "a duration such as 5s or -5s, or a range such as -5s..5s, the lower first, up to 1000h";
inline constexpr const char* share_wanted =
    "a share such as 5% or 0.05, or a range of them, the lower first, up to 100%";
inline constexpr const char* drift_wanted = "a share such as 0.1% or -0.1%, or a range of them, at most 50%";
inline constexpr const char* count_wanted = "a whole number up to 100000, or a range such as 2..5, the lower first";
inline constexpr const char* size_wanted = "a size such as 512, 4KiB or 64MiB, up to 900000GiB";
inline constexpr const char* bandwidth_wanted = "a bandwidth such as 56kbit, 100Mbit or 1Gbit (a second)";
inline constexpr const char* rate_wanted = "a rate such as 0.5/s, 6/m or 2/h, above 0 and up to 1000/s";
inline constexpr const char* distribution_wanted =
    "a duration, a range such as 1ms..5ms, normal(MEAN, DEVIATION), lognormal(MEDIAN, SIGMA), pareto(LEAST, ALPHA) or "
    "file(NAME)";

}  // namespace simulator
