// RapidCheck generators of any described type, from its table: no generator is written by hand.
#pragma once

#include <cstddef>
#include <memory>

#include <rapidcheck.h>

#include "core/base/rng.hpp"
#include "core/describe/type.hpp"

namespace tests {

/// How to make and copy values of a type that is only known at run time.
struct ValueType {
  const core::describe::Type* type;
  std::shared_ptr<void> (*make)();
  std::shared_ptr<void> (*copy)(const void*);
};

template <class T>
ValueType value_type() {
  return {&core::describe::type_of<T>(), []() -> std::shared_ptr<void> { return std::make_shared<T>(); },
          [](const void* from) -> std::shared_ptr<void> { return std::make_shared<T>(*static_cast<const T*>(from)); }};
}

/// A value and what it is. RapidCheck shows it by its canonical text.
struct Value {
  ValueType kind;
  std::shared_ptr<void> at;
};
void showValue(const Value& value, std::ostream& out);

/// Overwrites the value at `at` with a drawn one. `size` (RapidCheck's, 0 to 100) bounds texts, lists and depth.
/// Texts are valid UTF-8; JSON numbers are such that Boost.JSON reads back what it printed.
void draw(const core::describe::Type& type, void* at, core::Rng& rng, int size);

/// The k-th simpler value of the one at `at`, in place: something in it made zero, empty or absent.
/// False when there are not so many.
bool simplify(const core::describe::Type& type, void* at, std::size_t k);

/// Values of `kind`. Failing ones shrink field by field.
rc::Gen<Value> arbitrary_value(const ValueType& kind);

template <class T>
rc::Gen<T> arbitrary() {
  return rc::gen::map(arbitrary_value(value_type<T>()),
                      [](const Value& value) { return *static_cast<const T*>(value.at.get()); });
}

}  // namespace tests
