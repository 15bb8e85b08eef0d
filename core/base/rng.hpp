// Chance as an input: the same seed draws the same numbers on every compiler.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.hpp"
#include "core/base/time.hpp"

namespace core::base {

/// xoshiro256**, seeded by splitmix64 (Blackman and Vigna, 2018). Not for secrets.
/// Draw one number a line: compilers order the arguments of a call differently.
class Rng {
 public:
  explicit Rng(std::uint64_t seed = 0);

  std::uint64_t next();
  /// Uniform in [0, bound). `bound` > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [low, high], both included.
  std::int64_t between(std::int64_t low, std::int64_t high);
  /// Uniform in [0, 1).
  double unit();
  /// True with probability `p`.
  bool chance(double p) { return unit() < p; }
  /// Uniform in [low, high).
  Duration between(Duration low, Duration high);
  /// A version 4 UUID, as Nomad writes ids: 8-4-4-4-12 hex digits.
  std::string uuid();
  /// A generator of its own, whose draws do not depend on later draws from this one.
  Rng fork() { return Rng(next()); }

  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t left = items.size(); left > 1; --left) std::swap(items[left - 1], items[below(left)]);
  }

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace core::base

namespace core {
using base::Rng;
}  // namespace core
