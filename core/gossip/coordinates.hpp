// Where the members are in the network: Vivaldi, with height, adjustment and gravity as Serf has them
// (Dabek et al., SIGCOMM 2004; reference/gossip-wire.md, section 28).
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "core/base/rng.hpp"
#include "core/base/time.hpp"
#include "core/wire/serf/coordinate.hpp"

namespace core::gossip {

using wire::serf::Coordinate;

/// The last round trips to one member, of which the median counts.
class RoundTrips {
 public:
  /// The median with this one among them.
  Duration median_with(Duration time);

 private:
  static constexpr std::size_t most = 3;
  static constexpr Duration none{-1};
  std::array<Duration, most> times_{none, none, none};  // the newest last
};

/// Our own place, from the round trips to others and what they say of theirs.
class Coordinates {
 public:
  /// One who is at `theirs` answered after `round_trip`, besides those it took `before`. What cannot be is ignored.
  void update(Rng& rng, RoundTrips& before, const Coordinate& theirs, Duration round_trip);

  const Coordinate& own() const { return own_; }
  /// How often our place had become nonsense and was started anew.
  std::size_t resets() const { return resets_; }

  static double distance(const Coordinate& a, const Coordinate& b);

 private:
  void move(Rng& rng, const Coordinate& other, double seconds);
  void adjust(const Coordinate& other, double seconds);
  void apply_force(Rng& rng, double force, const Coordinate& other);
  void apply_gravity(Rng& rng);

  Coordinate own_;
  std::vector<double> adjustments_;  // the last ones, in a ring
  std::size_t next_adjustment_ = 0;
  std::size_t resets_ = 0;
};

}  // namespace core::gossip
