// Equality and a total order of any two described values of one type.
#pragma once

#include <compare>

#include "core/describe/type.hpp"

namespace core::describe {

/// Field by field in the order of description; absent before present; doubles by their IEEE order.
std::strong_ordering compare(const Type& type, const void* a, const void* b);

template <class T>
bool equal(const T& a, const T& b) {
  return compare(type_of<T>(), &a, &b) == 0;
}

}  // namespace core::describe
