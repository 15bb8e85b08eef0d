// How long something takes: a distribution of durations, drawn by its quantiles.
//
// A draw is a place between 0 and 1, and the duration is the quantile there: the shortest for 0, never a shorter one
// for a larger place. So a choice sequence that is cut down to zeros has the quickest network and disks. A place is
// most often one choice of 256; the last step is divided twice more, so no draw lies beyond the 1 - 2^-24 quantile:
// heavy tails are long, not endless. All arithmetic is that of arithmetic.hpp.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.hpp"
#include "io-sim/choices.hpp"

namespace io_sim {

class Distribution {
 public:
  static constexpr std::uint64_t last_steps = 256;  // of the last of Stream::quantile's
  static constexpr std::size_t most_samples = 65'536;
  /// No duration is longer, whatever the numbers say.
  static constexpr core::Duration longest{24 * 3600 * 1'000'000'000LL};

  Distribution() = default;             // always nothing
  Distribution(const Latency& uniform)  // NOLINT: a Latency is one of these
      : low_(uniform.low),
        high_(uniform.high),
        kind_(Kind::uniform),
        tail_(uniform.tail),
        tail_high_(uniform.tail_high) {}
  Distribution(core::Duration low, core::Duration high, double tail, core::Duration tail_high)
      : Distribution(Latency{low, high, tail, tail_high}) {}

  static Distribution constant(core::Duration always);
  static Distribution uniform(core::Duration low, core::Duration high);
  /// Cut off below `least`.
  static Distribution normal(core::Duration mean, core::Duration deviation, core::Duration least = {});
  /// `sigma` is the deviation of the logarithm: 0.5 gives a 99th percentile of 3.2 medians, 1 of 10 medians.
  static Distribution log_normal(core::Duration median, double sigma);
  /// At least `least`; the share of those longer than x falls as (least / x)^alpha.
  static Distribution pareto(core::Duration least, double alpha);
  /// Measured durations, in any order, between which it is interpolated.
  static Distribution samples(std::vector<core::Duration> measured);
  /// The same from text: a duration ("350us", "1.5ms") a line; empty lines and those that begin with '#' are skipped.
  /// The error says which line is wrong, and how.
  static std::expected<Distribution, std::string> parse_samples(std::string_view text);

  /// This share of the draws is stretched, uniformly, up to `high`.
  Distribution with_tail(double share, core::Duration high) const;

  /// 0 <= p < 1. Without the tail.
  core::Duration quantile(double p) const;
  /// A constant draws nothing.
  core::Duration draw(Stream& chance) const;

 private:
  enum class Kind : std::uint8_t { uniform, normal, log_normal, pareto, samples };
  core::Duration low_{};   // least, or the median of log_normal
  core::Duration high_{};  // or the mean of normal
  Kind kind_ = Kind::uniform;
  double shape_ = 0;  // deviation in ns, sigma, alpha
  double tail_ = 0;
  core::Duration tail_high_{};
  std::shared_ptr<const std::vector<core::Duration>> samples_;  // sorted
};

/// "1.5ms", "250us", "2s", "90m": a number and one unit of ns, us, ms, s, m, h.
std::expected<core::Duration, std::string> parse_duration(std::string_view text);

}  // namespace io_sim
