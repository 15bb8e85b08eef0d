// "Describe once": a table of each type, made from its one BOOST_DESCRIBE, that everything generic walks.
//
// The tables are data, not templates: JSON, protobuf, equality, hashes, text, HCL decoding and generators
// are each one ordinary function over (Type, pointer). A new type costs the compiler one small table, and
// a new facility costs no type anything.
//
// Understood: bool, integers, double, std::string, Bytes, Duration, WallTime, base::Strong, described enums
// and structs, std::optional, std::vector and what is like one, std::map with text or integer keys, std::variant of
// structs, std::shared_ptr<const T> (an immutable value that may be absent), boost::json::value.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <boost/describe/bases.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>

#include "core/base/strong.hpp"
#include "core/base/time.hpp"

namespace core::describe {

/// Raw bytes: base64 in JSON, `bytes` in protobuf, where std::string is text.
struct Bytes {
  std::string data;
  friend auto operator<=>(const Bytes&, const Bytes&) = default;
};

enum class Kind : std::uint8_t {
  boolean,
  integer,      // signed, 1 to 8 bytes wide
  natural,      // unsigned, 1 to 8 bytes wide
  floating,     // double
  text,         // std::string
  bytes,        // Bytes
  duration,     // Duration
  wall_time,    // WallTime
  enumeration,  // a described enum
  structure,    // a described struct
  optional,     // std::optional
  shared,       // std::shared_ptr<const T>
  list,         // std::vector, and what is like one
  map,          // std::map
  variant,      // std::variant of structs
  json,         // boost::json::value: free-form data
};

struct Type;
/// A table by way of a function, so that types may be described in any order.
using TypeRef = const Type& (*)();

/// How a field differs from the rule in JSON. The rule: words split at '_', each with a capital, initialisms
/// whole (`job_id` is JobID); empty lists, maps and bytes, absent optionals and times not set are null.
struct JsonRule {
  std::string_view field;
  std::string_view name = {};   // empty: the rule's spelling
  bool omit_empty = false;      // left out when zero, empty or absent
  bool empty_not_null = false;  // an empty list is [], an empty map {}
};
/// Specialise with `static constexpr std::array<JsonRule, N> rules` for a struct with exceptions.
template <class T>
struct JsonRules {
  static constexpr std::array<JsonRule, 0> rules{};
};

struct Field {
  std::string_view name;  // as in C++: snake_case
  std::string json_name;
  TypeRef type;
  std::size_t offset;
  bool omit_empty = false;
  bool empty_not_null = false;

  const void* in(const void* object) const { return static_cast<const char*>(object) + offset; }
  void* in(void* object) const { return static_cast<char*>(object) + offset; }
};

struct Enumerator {
  std::string name;  // '_' written '-': Nomad's spelling
  std::int64_t value;
};

struct Type {
  Kind kind;
  std::string name;                          // of a structure or enumeration, without its namespace
  std::size_t size = 0;                      // sizeof
  std::vector<Field> fields = {};            // structure
  std::vector<Enumerator> enumerators = {};  // enumeration
  std::vector<TypeRef> alternatives = {};    // variant
  TypeRef element = nullptr;                 // optional, shared, list, map (its values)
  TypeRef key = nullptr;                     // map

  // list
  std::size_t (*list_size)(const void*) = nullptr;
  const void* (*list_at)(const void*, std::size_t) = nullptr;
  void* (*list_append)(void*) = nullptr;
  // map: `visit` is called with each key and value, in order; `map_at` makes the value if need be
  std::size_t (*map_size)(const void*) = nullptr;
  void (*map_each)(const void*, void* context,
                   void (*visit)(void* context, const void* key, const void* value)) = nullptr;
  void* (*map_at)(void*, const void* key) = nullptr;
  // optional and shared: null when absent
  const void* (*get)(const void*) = nullptr;
  void* (*emplace)(void*) = nullptr;
  // variant
  std::size_t (*index)(const void*) = nullptr;
  const void* (*alternative)(const void*) = nullptr;
  void* (*emplace_alternative)(void*, std::size_t) = nullptr;
  // any type: back to the value it is born with
  void (*reset)(void*) = nullptr;
  // a structure with a text() of its own, and one that is read back from it by a static parse()
  std::string (*own_text)(const void*) = nullptr;
  bool (*own_parse)(std::string_view, void*) = nullptr;

  const Field* field(std::string_view cpp_name) const;
};

/// The JSON spelling of a C++ field name by the rule.
std::string json_name(std::string_view cpp_name);
/// "register_node" for "RegisterNode".
std::string snake_case(std::string_view type_name);
/// The enumerator's spelling with '-' for '_'.
std::string hyphened(std::string_view name);

template <class T>
const Type& type_of();

namespace detail {

// std::vector, and what else holds its items side by side and is added to at its end.
template <class T>
concept List = requires(T& list, const T& held) {
  { list.emplace_back() } -> std::same_as<typename T::value_type&>;
  { held.data() } -> std::same_as<const typename T::value_type*>;
  { held.size() } -> std::same_as<std::size_t>;
};
template <class T>
inline constexpr bool is_map = false;
template <class K, class V>
inline constexpr bool is_map<std::map<K, V>> = true;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_shared = false;
template <class T>
inline constexpr bool is_shared<std::shared_ptr<const T>> = true;
template <class T>
inline constexpr bool is_variant = false;
template <class... T>
inline constexpr bool is_variant<std::variant<T...>> = true;

// "core::model::Job" out of what the compiler calls this function. The same text under GCC and Clang.
template <class T>
std::string short_name() {
  std::string_view all = __PRETTY_FUNCTION__;
  const auto from = all.find("T = ");
  all.remove_prefix(from + 4);
  const auto end = all.find_first_of(";]");
  all = all.substr(0, end);
  const auto colon = all.rfind(':');
  return std::string(colon == std::string_view::npos ? all : all.substr(colon + 1));
}

template <class T>
void fill_list(Type& type) {
  using Item = typename T::value_type;
  type.kind = Kind::list;
  type.element = &type_of<Item>;
  type.list_size = [](const void* at) { return static_cast<const T*>(at)->size(); };
  type.list_at = [](const void* at, std::size_t i) -> const void* { return static_cast<const T*>(at)->data() + i; };
  type.list_append = [](void* at) -> void* { return &static_cast<T*>(at)->emplace_back(); };
}

template <class T>
void fill_map(Type& type) {
  type.kind = Kind::map;
  type.element = &type_of<typename T::mapped_type>;
  type.key = &type_of<typename T::key_type>;
  type.map_size = [](const void* at) { return static_cast<const T*>(at)->size(); };
  type.map_each = [](const void* at, void* context, void (*visit)(void*, const void*, const void*)) {
    for (const auto& [key, value] : *static_cast<const T*>(at)) visit(context, &key, &value);
  };
  type.map_at = [](void* at, const void* key) -> void* {
    return &(*static_cast<T*>(at))[*static_cast<const typename T::key_type*>(key)];
  };
}

template <class T>
void fill_optional(Type& type) {
  type.kind = Kind::optional;
  type.element = &type_of<typename T::value_type>;
  type.get = [](const void* at) -> const void* {
    const auto& held = *static_cast<const T*>(at);
    return held ? &*held : nullptr;
  };
  type.emplace = [](void* at) -> void* { return &static_cast<T*>(at)->emplace(); };
}

template <class T>
void fill_shared(Type& type) {
  using Item = std::remove_const_t<typename T::element_type>;
  type.kind = Kind::shared;
  type.element = &type_of<Item>;
  type.get = [](const void* at) -> const void* { return static_cast<const T*>(at)->get(); };
  type.emplace = [](void* at) -> void* {
    auto made = std::make_shared<Item>();
    void* inside = made.get();
    *static_cast<T*>(at) = std::move(made);
    return inside;
  };
}

template <class... A>
void fill_variant(Type& type, const std::variant<A...>*) {
  using T = std::variant<A...>;
  type.kind = Kind::variant;
  type.alternatives = {&type_of<A>...};
  type.index = [](const void* at) { return static_cast<const T*>(at)->index(); };
  type.alternative = [](const void* at) -> const void* {
    return std::visit([](const auto& held) -> const void* { return &held; }, *static_cast<const T*>(at));
  };
  type.emplace_alternative = [](void* at, std::size_t index) -> void* {
    void* inside = nullptr;
    boost::mp11::mp_with_index<sizeof...(A)>(index,
                                             [&](auto i) { inside = &static_cast<T*>(at)->template emplace<i>(); });
    return inside;
  };
}

template <class T>
void fill_enumeration(Type& type) {
  type.kind = Kind::enumeration;
  type.name = short_name<T>();
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>(
      [&](auto d) { type.enumerators.push_back({hyphened(d.name), static_cast<std::int64_t>(d.value)}); });
}

template <class T>
void fill_structure(Type& type) {
  type.kind = Kind::structure;
  type.name = short_name<T>();
  static const T sample{};
  boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>([&](auto d) {
    using Member = std::remove_cvref_t<decltype(sample.*d.pointer)>;
    const auto offset = static_cast<std::size_t>(reinterpret_cast<const char*>(&(sample.*d.pointer)) -
                                                 reinterpret_cast<const char*>(&sample));
    Field field{d.name, json_name(d.name), &type_of<Member>, offset};
    for (const JsonRule& rule : JsonRules<T>::rules) {
      if (rule.field != field.name) continue;
      if (!rule.name.empty()) field.json_name = rule.name;
      field.omit_empty = rule.omit_empty;
      field.empty_not_null = rule.empty_not_null;
    }
    type.fields.push_back(std::move(field));
  });
  if constexpr (requires(const T& value) {
                  { value.text() } -> std::same_as<std::string>;
                })
    type.own_text = [](const void* at) { return static_cast<const T*>(at)->text(); };
  if constexpr (requires(std::string_view text) {
                  { T::parse(text) } -> std::same_as<std::optional<T>>;
                })
    type.own_parse = [](std::string_view text, void* at) {
      std::optional<T> parsed = T::parse(text);
      if (parsed) *static_cast<T*>(at) = std::move(*parsed);
      return parsed.has_value();
    };
}

template <class T>
Type make_type() {
  Type type{Kind::boolean, {}};
  type.size = sizeof(T);
  type.reset = [](void* at) { *static_cast<T*>(at) = T{}; };
  if constexpr (std::same_as<T, bool>) {
    type.kind = Kind::boolean;
  } else if constexpr (std::is_enum_v<T>) {
    fill_enumeration<T>(type);
  } else if constexpr (base::is_strong<T>) {
    static_assert(sizeof(T) == sizeof(typename T::Representation));
    type.kind = std::is_signed_v<typename T::Representation> ? Kind::integer : Kind::natural;
  } else if constexpr (std::is_integral_v<T>) {
    type.kind = std::is_signed_v<T> ? Kind::integer : Kind::natural;
  } else if constexpr (std::same_as<T, double>) {
    type.kind = Kind::floating;
  } else if constexpr (std::same_as<T, std::string>) {
    type.kind = Kind::text;
  } else if constexpr (std::same_as<T, Bytes>) {
    type.kind = Kind::bytes;
  } else if constexpr (std::same_as<T, Duration>) {
    type.kind = Kind::duration;
  } else if constexpr (std::same_as<T, WallTime>) {
    type.kind = Kind::wall_time;
  } else if constexpr (std::same_as<T, boost::json::value>) {
    type.kind = Kind::json;
  } else if constexpr (List<T>) {
    fill_list<T>(type);
  } else if constexpr (is_map<T>) {
    fill_map<T>(type);
  } else if constexpr (is_optional<T>) {
    fill_optional<T>(type);
  } else if constexpr (is_shared<T>) {
    fill_shared<T>(type);
  } else if constexpr (is_variant<T>) {
    fill_variant(type, static_cast<const T*>(nullptr));
  } else {
    fill_structure<T>(type);
  }
  return type;
}

}  // namespace detail

/// The table of `T`.
template <class T>
const Type& type_of() {
  static const Type type = detail::make_type<T>();
  return type;
}

}  // namespace core::describe

namespace core {
using describe::Bytes;
}  // namespace core
