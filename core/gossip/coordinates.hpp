// Where the members are in the network: Vivaldi, with height, adjustment and gravity as Serf has them
// (Dabek et al., SIGCOMM 2004; reference/gossip-wire.md, section 28).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/base/rng.hpp"
#include "core/base/time.hpp"
#include "core/wire/serf/coordinate.hpp"

namespace core::gossip {

using wire::serf::Coordinate;

/// Our own place, from the round trips to others and what they say of theirs.
class Coordinates {
 public:
  explicit Coordinates(std::string self) : self_(std::move(self)) {}

  /// `name` is at `theirs`, and answered after `round_trip`. What cannot be is ignored.
  void update(Rng& rng, const std::string& name, const Coordinate& theirs, Duration round_trip);
  void forget(const std::string& name);

  const Coordinate& own() const { return own_; }
  /// The last word of another's.
  const Coordinate* find(const std::string& name) const;
  /// How often our place had become nonsense and was started anew.
  std::size_t resets() const { return resets_; }

  static double distance(const Coordinate& a, const Coordinate& b);

 private:
  struct Peer {
    Coordinate coordinate;
    std::vector<double> samples;  // seconds; the newest last
  };

  double median_with(Peer& peer, double seconds);
  void move(Rng& rng, const Coordinate& other, double seconds);
  void adjust(const Coordinate& other, double seconds);
  void apply_force(Rng& rng, double force, const Coordinate& other);
  void apply_gravity(Rng& rng);

  std::string self_;
  Coordinate own_;
  std::map<std::string, Peer> peers_;
  std::vector<double> adjustments_;  // the last ones, in a ring
  std::size_t next_adjustment_ = 0;
  std::size_t resets_ = 0;
};

}  // namespace core::gossip
