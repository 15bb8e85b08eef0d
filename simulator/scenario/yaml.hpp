// YAML as plain values with places. Duplicate keys, aliases and whatever is too big or too deep are refused.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "simulator/scenario/problem.hpp"

namespace simulator::yaml {

/// libfyaml compares each key with all others: a big mapping is slow.
inline constexpr std::size_t max_bytes = 128 << 10;
inline constexpr std::size_t max_values = 20'000;
inline constexpr int max_depth = 16;

struct Value;
struct Key {
  Place place;
  std::string name;
};
using List = std::vector<Value>;
struct Entry;
using Map = std::vector<Entry>;  // in the order of the text

struct Value {
  Place place;
  std::variant<std::string, List, Map> content;

  const std::string* scalar() const { return std::get_if<std::string>(&content); }
  const List* list() const { return std::get_if<List>(&content); }
  const Map* map() const { return std::get_if<Map>(&content); }
  /// "\"text\"", "a list", "a mapping": for problems.
  std::string describe() const;
};

/// Of a mapping. A struct, not a pair: Clang wants a pair's halves complete where Value is declared.
struct Entry {
  Key first;
  Value second;
};

/// `file` goes into every place.
std::expected<Value, Problem> parse(std::string_view text, std::size_t file = 0);

}  // namespace simulator::yaml
