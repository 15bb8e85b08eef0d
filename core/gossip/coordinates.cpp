#include "core/gossip/coordinates.hpp"

#include <algorithm>
#include <cmath>

namespace core::gossip {
namespace {

using Vector = std::array<double, 8>;

// Serf's numbers.
constexpr double error_max = 1.5;
constexpr double error_gain = 0.25;     // ce
constexpr double position_gain = 0.25;  // cc
constexpr std::size_t adjustment_window = 20;
constexpr double height_min = 1e-5;
constexpr double gravity_rho = 150;
constexpr double zero = 1e-6;
constexpr Duration longest_round_trip = std::chrono::seconds(10);

double magnitude(const Vector& v) {
  double sum = 0;
  for (const double x : v) sum += x * x;
  return std::sqrt(sum);
}

Vector difference(const Vector& a, const Vector& b) {
  Vector out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = a[i] - b[i];
  return out;
}

double raw_distance(const Coordinate& a, const Coordinate& b) {
  return magnitude(difference(a.vec, b.vec)) + a.height + b.height;
}

}  // namespace

double Coordinates::distance(const Coordinate& a, const Coordinate& b) {
  const double raw = raw_distance(a, b);
  const double adjusted = raw + a.adjustment + b.adjustment;
  return adjusted > 0 ? adjusted : raw;
}

Duration RoundTrips::median_with(Duration time) {
  if (times_.back() != none) {
    std::shift_left(times_.begin(), times_.end(), 1);
    times_.back() = time;
  } else {
    *std::find(times_.begin(), times_.end(), none) = time;
  }
  const auto end = std::find(times_.begin(), times_.end(), none);
  std::array<Duration, most> sorted = times_;
  const auto count = static_cast<std::size_t>(end - times_.begin());
  std::sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(count));
  return sorted[count / 2];
}

void Coordinates::update(Rng& rng, RoundTrips& before, const Coordinate& theirs, Duration round_trip) {
  if (!theirs.is_valid() || round_trip < Duration{} || round_trip > longest_round_trip) return;
  const double seconds = std::chrono::duration<double>(before.median_with(round_trip)).count();
  move(rng, theirs, seconds);
  adjust(theirs, seconds);
  apply_gravity(rng);
  if (own_.is_valid()) return;
  own_ = {};
  ++resets_;
}

void Coordinates::move(Rng& rng, const Coordinate& other, double seconds) {
  const double measured = std::max(seconds, zero);
  const double estimate = distance(own_, other);
  const double wrong = std::abs(estimate - measured) / measured;
  const double weight = own_.error / std::max(own_.error + other.error, zero);
  own_.error = std::min(error_max, error_gain * weight * wrong + own_.error * (1 - error_gain * weight));
  apply_force(rng, position_gain * weight * (measured - estimate), other);
}

void Coordinates::apply_force(Rng& rng, double force, const Coordinate& other) {
  Vector direction = difference(own_.vec, other.vec);
  double length = magnitude(direction);
  const bool apart = length > zero;
  if (!apart) {
    // On top of each other: any direction will do, so long as it is not the same for all.
    for (double& x : direction) x = rng.unit() - 0.5;
    length = magnitude(direction);
    if (length <= zero) return;
  }
  for (std::size_t i = 0; i < direction.size(); ++i) own_.vec[i] += direction[i] / length * force;
  if (apart) own_.height = std::max(height_min, (own_.height + other.height) * force / length + own_.height);
}

void Coordinates::adjust(const Coordinate& other, double seconds) {
  if (adjustments_.empty()) adjustments_.resize(adjustment_window);
  adjustments_[next_adjustment_] = seconds - raw_distance(own_, other);
  next_adjustment_ = (next_adjustment_ + 1) % adjustment_window;
  double sum = 0;
  for (const double x : adjustments_) sum += x;
  own_.adjustment = sum / (2.0 * adjustment_window);
}

void Coordinates::apply_gravity(Rng& rng) {
  const Coordinate origin;
  const double share = distance(own_, origin) / gravity_rho;
  apply_force(rng, -(share * share), origin);
}

}  // namespace core::gossip
