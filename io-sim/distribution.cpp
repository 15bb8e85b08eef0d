#include "io-sim/distribution.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/base/check.hpp"
#include "io-sim/arithmetic.hpp"

namespace io_sim {
namespace {

core::Duration whole(double ns) {
  if (!(ns > 0)) return {};
  if (ns >= static_cast<double>(Distribution::longest.count())) return Distribution::longest;
  return core::Duration{static_cast<std::int64_t>(ns)};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

Distribution Distribution::constant(core::Duration always) { return uniform(always, always); }
Distribution Distribution::uniform(core::Duration low, core::Duration high) { return Latency::uniform(low, high); }

Distribution Distribution::normal(core::Duration mean, core::Duration deviation, core::Duration least) {
  Distribution out;
  out.kind_ = Kind::normal;
  out.low_ = least;
  out.high_ = mean;
  out.shape_ = static_cast<double>(deviation.count());
  return out;
}

Distribution Distribution::log_normal(core::Duration median, double sigma) {
  Distribution out;
  out.kind_ = Kind::log_normal;
  out.low_ = median;
  out.shape_ = sigma;
  return out;
}

Distribution Distribution::pareto(core::Duration least, double alpha) {
  core::check(alpha > 0, "the exponent of a Pareto distribution is positive");
  Distribution out;
  out.kind_ = Kind::pareto;
  out.low_ = least;
  out.shape_ = alpha;
  return out;
}

Distribution Distribution::samples(std::vector<core::Duration> measured) {
  core::check(!measured.empty() && measured.size() <= most_samples,
              "samples are at least one and at most most_samples");
  std::sort(measured.begin(), measured.end());
  Distribution out;
  out.kind_ = Kind::samples;
  out.samples_ = std::make_shared<const std::vector<core::Duration>>(std::move(measured));
  return out;
}

std::expected<Distribution, std::string> Distribution::parse_samples(std::string_view text) {
  std::vector<core::Duration> measured;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view one = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (one.empty() || one.front() == '#') continue;
    const auto duration = parse_duration(one);
    if (!duration) return std::unexpected("line " + std::to_string(line) + ": " + duration.error());
    if (measured.size() == most_samples)
      return std::unexpected("line " + std::to_string(line) + ": found more than " + std::to_string(most_samples) +
                             " durations, wanted at most so many");
    measured.push_back(*duration);
  }
  if (measured.empty()) return std::unexpected("found no duration, wanted one a line, as 350us");
  return samples(std::move(measured));
}

Distribution Distribution::with_tail(double share, core::Duration high) const {
  Distribution out = *this;
  out.tail_ = share;
  out.tail_high_ = high;
  return out;
}

core::Duration Distribution::quantile(double p) const {
  switch (kind_) {
    case Kind::uniform:
      return low_ + whole(static_cast<double>((high_ - low_).count()) * p);
    case Kind::normal:
      return p <= 0 ? low_ : std::max(low_, whole(static_cast<double>(high_.count()) + shape_ * normal_quantile(p)));
    case Kind::log_normal:
      return p <= 0 ? core::Duration{}
                    : whole(static_cast<double>(low_.count()) * exponential(shape_ * normal_quantile(p)));
    case Kind::pareto:
      return whole(static_cast<double>(low_.count()) * exponential(-natural_log(1 - p) / shape_));
    case Kind::samples: {
      const double place = p * static_cast<double>(samples_->size() - 1);
      const auto below = static_cast<std::size_t>(place);
      const core::Duration from = (*samples_)[below];
      const core::Duration to = (*samples_)[std::min(below + 1, samples_->size() - 1)];
      return from + whole(static_cast<double>((to - from).count()) * (place - static_cast<double>(below)));
    }
  }
  return {};
}

core::Duration Distribution::draw(Stream& chance) const {
  const bool spread = kind_ != Kind::uniform || low_ < high_;
  core::Duration usual = low_;
  if (spread) {
    const std::uint64_t place = chance.quantile();
    double p = static_cast<double>(place) / Stream::steps;
    if (place + 1 == Stream::steps) p += static_cast<double>(chance.below(last_steps)) / last_steps / Stream::steps;
    usual = quantile(p);
  }
  return chance.chance(tail_) ? chance.between(usual, std::max(usual, tail_high_)) : usual;
}

std::expected<core::Duration, std::string> parse_duration(std::string_view text) {
  const auto wrong = [&] {
    return std::unexpected("found \"" + std::string(text.substr(0, 40)) + "\", wanted a duration, as 350us or 1.5ms");
  };
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !(number >= 0)) return wrong();
  static constexpr std::pair<std::string_view, double> units[] = {{"ns", 1},  {"us", 1e3}, {"ms", 1e6},
                                                                  {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const auto& [name, ns] : units)
    if (unit == name) return whole(number * ns);
  return wrong();
}

}  // namespace io_sim
