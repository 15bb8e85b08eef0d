#include "core/wire/serf/coordinate.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/wire/serf/msgpack.hpp"

namespace core::wire::serf {
namespace {

constexpr char ping_version = 1;
constexpr std::size_t usual_bytes = 144;  // what an encoded one takes: once a second, and not kept

}  // namespace

bool Coordinate::is_valid() const {
  return std::all_of(vec.begin(), vec.end(), [](double x) { return std::isfinite(x); }) && std::isfinite(error) &&
         std::isfinite(adjustment) && std::isfinite(height);
}

std::string encode_coordinate(const Coordinate& coordinate) {
  std::string start;
  start.reserve(usual_bytes);
  start += ping_version;
  Writer out(std::move(start));
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
  in.read_struct({{"Vec",
                   [&](Reader& list) {
                     dimensions = list.read_array(coordinate.vec.size());
                     for (std::size_t i = 0; i < dimensions && list.ok(); ++i) coordinate.vec[i] = list.read_real();
                   }},
                  field("Error", coordinate.error),
                  field("Adjustment", coordinate.adjustment),
                  field("Height", coordinate.height)});
  if (!in.ok() || dimensions != coordinate.vec.size() || !coordinate.is_valid()) return std::nullopt;
  return coordinate;
}

}  // namespace core::wire::serf
