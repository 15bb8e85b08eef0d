// A member's place in Vivaldi's space, as acks carry it (reference/gossip-wire.md, section 28).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace core::wire::serf {

/// Distances are round-trip times in seconds.
struct Coordinate {
  std::array<double, 8> vec{};
  double error = 1.5;
  double adjustment = 0;
  double height = 1e-5;

  bool is_valid() const;
  friend bool operator==(const Coordinate&, const Coordinate&) = default;
};

/// With the ping version in front.
std::string encode_coordinate(const Coordinate& coordinate);
/// Nothing for another version, another number of dimensions, or values that are no numbers.
std::optional<Coordinate> decode_coordinate(std::string_view payload);

}  // namespace core::wire::serf
