// Shapes of values that may be written in two ways: a number of nodes or groups of them, a file or files to include.
#pragma once

#include "simulator/scenario/describe.hpp"
#include "simulator/scenario/scenario.hpp"

namespace simulator {

void describe(Keys<NodeGroup>& keys);

/// "servers: 5", or a list of groups.
template <>
struct Described<std::vector<NodeGroup>> {
  static const Shape& shape();
};
/// A file or a list of files.
template <>
struct Described<Includes> {
  static const Shape& shape();
};
/// Paths of keys, each with the values to draw from.
template <>
struct Described<Dials> {
  static const Shape& shape();
};

}  // namespace simulator
