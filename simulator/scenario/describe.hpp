// Shapes made from types: describe(Keys<T>&) tells a struct's keys, and members' types tell the rest.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include "simulator/scenario/shape.hpp"
#include "simulator/scenario/words.hpp"

namespace simulator {

inline constexpr std::size_t max_list = 1000;

template <class T>
class Keys;

template <class T>
struct Described;  // has `static const Shape& shape()`

template <class T>
const Shape& shape_of() {
  return Described<T>::shape();
}

/// Builds the mapping of a struct.
template <class T>
class Keys final : public Mapping {
 public:
  Keys() : Mapping("") { describe(*this); }

  Keys& named(std::string what) {
    what_ = std::move(what);
    return *this;
  }
  template <class M, class Base>
  Keys& key(std::string_view name, M Base::* member, std::string_view about) {
    keys_.push_back(
        {name, &shape_of<M>, [member](void* object) { return &(static_cast<T*>(object)->*member); }, about});
    return *this;
  }
  /// A member's member.
  template <class Outer, class M>
  Keys& key(std::string_view name, Outer T::* outer, M Outer::* member, std::string_view about) {
    keys_.push_back({name, &shape_of<M>,
                     [outer, member](void* object) { return &((static_cast<T*>(object)->*outer).*member); }, about});
    return *this;
  }
  /// The key told last must be there.
  Keys& required() {
    keys_.back().required = true;
    return *this;
  }
  Keys& check(void (*rules)(T&, const yaml::Value&, Reading&)) {
    check_ = [rules](void* object, const yaml::Value& value, Reading& reading) {
      rules(*static_cast<T*>(object), value, reading);
    };
    return *this;
  }
  Keys& place(Place T::* member) {
    place_ = [member](void* object) { return &(static_cast<T*>(object)->*member); };
    return *this;
  }
  /// Exactly one of the alternatives of a variant, named by the first key of its own.
  template <class... A>
  Keys& one_of_kinds(std::string word, std::variant<A...> T::* member) {
    kind_word_ = std::move(word);
    kinds_ = {static_cast<const Mapping*>(&shape_of<A>())...};
    choose_kind_ = [member](void* object, std::size_t index) {
      void* chosen = nullptr;
      std::size_t i = 0;
      auto& variant = static_cast<T*>(object)->*member;
      ((i++ == index ? static_cast<void>(chosen = &variant.template emplace<A>()) : void()), ...);
      return chosen;
    };
    return *this;
  }
  /// More for the JSON Schema.
  Keys& rule(std::string_view name, boost::json::value value) {
    rules_[name] = std::move(value);
    return *this;
  }
};

template <class T>
struct Described {
  static const Shape& shape() {
    static const Keys<T> keys;
    return keys;
  }
};

template <class T>
class ListOf final : public Shape {
 public:
  void read(const yaml::Value& value, void* into, Reading& reading) const override {
    if (value.list() == nullptr) return reading.fail(value.place, value.describe(), wanted());
    if (value.list()->size() > max_list)
      return reading.fail(value.place, fmt::format("a list of more than {}", max_list), "fewer entries");
    for (const yaml::Value& item : *value.list()) {
      shape_of<T>().read(item, &static_cast<std::vector<T>*>(into)->emplace_back(), reading);
      if (reading.failed()) return;
    }
  }
  std::string wanted() const override { return "a list, each of it " + shape_of<T>().wanted(); }
  std::string kind() const override { return "list: " + shape_of<T>().kind(); }
  std::vector<const Mapping*> mappings() const override { return shape_of<T>().mappings(); }
  boost::json::object schema(Definitions& definitions) const override {
    return {{"type", "array"}, {"maxItems", max_list}, {"items", shape_of<T>().schema(definitions)}};
  }
};
template <class T>
struct Described<std::vector<T>> {
  static const Shape& shape() {
    static const ListOf<T> list;
    return list;
  }
};

template <class T>
class MapOf final : public Shape {
 public:
  void read(const yaml::Value& value, void* into, Reading& reading) const override {
    if (value.map() == nullptr) return reading.fail(value.place, value.describe(), wanted());
    for (const auto& [key, part] : *value.map()) {
      shape_of<T>().read(part, &(*static_cast<std::map<std::string, T>*>(into))[key.name], reading);
      if (reading.failed()) return;
    }
  }
  std::string wanted() const override { return "a mapping of names to " + shape_of<T>().wanted(); }
  std::string kind() const override { return "by name: " + shape_of<T>().kind(); }
  std::vector<const Mapping*> mappings() const override { return shape_of<T>().mappings(); }
  boost::json::object schema(Definitions& definitions) const override {
    return {{"type", "object"}, {"additionalProperties", shape_of<T>().schema(definitions)}};
  }
};
template <class T>
struct Described<std::map<std::string, T>> {
  static const Shape& shape() {
    static const MapOf<T> map;
    return map;
  }
};

/// A list of selectors is one text.
template <>
struct Described<Selectors> {
  static const Shape& shape() { return word_shape(static_cast<Selectors*>(nullptr)); }
};

template <class T>
class Optional final : public Shape {
 public:
  void read(const yaml::Value& value, void* into, Reading& reading) const override {
    shape_of<T>().read(value, &static_cast<std::optional<T>*>(into)->emplace(), reading);
  }
  std::string wanted() const override { return shape_of<T>().wanted(); }
  std::string kind() const override { return shape_of<T>().kind(); }
  std::vector<const Mapping*> mappings() const override { return shape_of<T>().mappings(); }
  boost::json::object schema(Definitions& definitions) const override { return shape_of<T>().schema(definitions); }
};
template <class T>
struct Described<std::optional<T>> {
  static const Shape& shape() {
    static const Optional<T> optional;
    return optional;
  }
};

/// A type whose value is one word or text: words.hpp has its shape.
template <class T>
  requires requires(T* type) { word_shape(type); }
struct Described<T> {
  static const Shape& shape() { return word_shape(static_cast<T*>(nullptr)); }
};

}  // namespace simulator
