// Type constraints, and conversion of values to them.
#pragma once

#include <expected>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/hcl/value.hpp"

namespace core::hcl {

/// A type as `variable` blocks name it.
struct Type {
  enum class Kind { any, string, number, boolean, list, set, map, object, tuple };
  Kind kind = Kind::any;
  std::vector<Type> elements;              // the element type of list, set and map; each item's of a tuple
  std::map<std::string, Type> attributes;  // of an object
  std::set<std::string> optional;          // the attributes that may be missing
};

/// The type as it is written: `list(string)`.
std::string describe(const Type& type);

/// The value converted as cty converts; the error says what is required and where inside the value. Null converts to
/// every type. A set's items come out sorted and once each; attributes an object type does not name are dropped.
std::expected<Value, std::string> convert(const Value& value, const Type& type);

}  // namespace core::hcl
