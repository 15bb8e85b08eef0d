// Whole numbers that do not mix: a Term is not an Index.
#pragma once

#include <compare>
#include <cstdint>

namespace core::base {

/// A number that only compares and counts with its own kind. `Tag` tells the kinds apart.
template <class Tag, class Rep = std::uint64_t>
struct Strong {
  using Representation = Rep;
  Rep value{};

  friend constexpr auto operator<=>(Strong, Strong) = default;
  constexpr Strong next() const { return {static_cast<Rep>(value + 1)}; }
  constexpr Strong& operator++() {
    ++value;
    return *this;
  }
};

template <class T>
inline constexpr bool is_strong = false;
template <class Tag, class Rep>
inline constexpr bool is_strong<Strong<Tag, Rep>> = true;

}  // namespace core::base
