// Where a small world's chance comes from: a seed, or a list of numbers.
//
// A list is what RapidCheck can shrink: any list of any length is a valid run, and past its end each draw is the
// simplest there is: zero, no, the shortest. A seed cannot be made smaller.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/rng.hpp"
#include "core/base/time.hpp"

namespace simulator::property {

class Draws {
 public:
  explicit Draws(std::uint64_t seed) : rng_(seed) {}
  explicit Draws(std::vector<std::uint64_t> numbers) : listed_(true), numbers_(std::move(numbers)) {}

  std::uint64_t next() {
    if (!listed_) return rng_.next();
    return at_ < numbers_.size() ? numbers_[at_++] : 0;
  }
  /// In [0, bound).
  std::uint64_t below(std::uint64_t bound) { return listed_ ? next() % bound : rng_.below(bound); }
  /// In [low, high).
  core::Duration between(core::Duration low, core::Duration high) {
    if (!listed_) return rng_.between(low, high);
    const std::uint64_t drawn = next();
    return high <= low ? low : low + core::Duration(drawn % static_cast<std::uint64_t>((high - low).count()));
  }
  /// A generator for part number `part`. No two parts draw alike, even when all that is drawn is the simplest.
  core::Rng generator(std::uint8_t part) { return core::Rng(listed_ ? (next() << 8) + part : next()); }
  bool chance(double p) {
    if (!listed_) return rng_.chance(p);
    constexpr std::uint64_t steps = 1000;
    return static_cast<double>(next() % steps) >= (1 - p) * steps;
  }

 private:
  bool listed_ = false;
  core::Rng rng_;
  std::vector<std::uint64_t> numbers_;
  std::size_t at_ = 0;
};

}  // namespace simulator::property
