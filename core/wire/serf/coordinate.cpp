#include "core/wire/serf/coordinate.hpp"

#include <algorithm>
#include <cmath>

#include "core/wire/serf/msgpack.hpp"

namespace core::wire::serf {
namespace {

constexpr char ping_version = 1;

}  // namespace

bool Coordinate::is_valid() const {
  return std::all_of(vec.begin(), vec.end(), [](double x) { return std::isfinite(x); }) && std::isfinite(error) &&
         std::isfinite(adjustment) && std::isfinite(height);
}

std::string encode_coordinate(const Coordinate& coordinate) {
  Writer out(std::string(1, ping_version));
  out.map(4);
  out.text("Adjustment");
  out.real(coordinate.adjustment);
  out.text("Error");
  out.real(coordinate.error);
  out.text("Height");
  out.real(coordinate.height);
  out.text("Vec");
  out.array(coordinate.vec.size());
  for (const double x : coordinate.vec) out.real(x);
  return out.take();
}

std::optional<Coordinate> decode_coordinate(std::string_view payload) {
  if (payload.empty() || payload.front() != ping_version) return std::nullopt;
  Reader in(payload.substr(1));
  Coordinate coordinate;
  std::size_t dimensions = 0;
  const auto real_field = [](std::string_view name, double& to) {
    return Reader::Field{name, [&to](Reader& value) { to = value.read_real(); }};
  };
  in.read_struct({{"Vec",
                   [&](Reader& list) {
                     dimensions = list.read_array(coordinate.vec.size());
                     for (std::size_t i = 0; i < dimensions && list.ok(); ++i) coordinate.vec[i] = list.read_real();
                   }},
                  real_field("Error", coordinate.error),
                  real_field("Adjustment", coordinate.adjustment),
                  real_field("Height", coordinate.height)});
  if (!in.ok() || dimensions != coordinate.vec.size() || !coordinate.is_valid()) return std::nullopt;
  return coordinate;
}

}  // namespace core::wire::serf
