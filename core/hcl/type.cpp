#include "core/hcl/type.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace core::hcl {
namespace {

using Converted = std::expected<Value, std::string>;

std::string at_item(std::string_view where, const std::string& error) { return fmt::format("{}: {}", where, error); }

template <class T>
Converted simple(const std::optional<T>& converted, std::string_view word) {
  if (converted) return Value(*converted);
  return std::unexpected(fmt::format("{} required", word));
}

Converted convert_items(const Value& value, const Type& type) {
  if (!value.is_list()) return std::unexpected(fmt::format("{} required", describe(type)));
  const auto& items = value.as_list();
  const bool tuple = type.kind == Type::Kind::tuple;
  if (tuple && items.size() != type.elements.size())
    return std::unexpected(fmt::format("tuple of {} element(s) required", type.elements.size()));
  Value::List out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto item = convert(items[i], tuple ? type.elements[i] : type.elements.at(0));
    if (!item) return std::unexpected(at_item(fmt::format("element {}", i), item.error()));
    out.push_back(std::move(*item));
  }
  if (type.kind == Type::Kind::set) {
    std::ranges::sort(out, [](const Value& a, const Value& b) { return a < b; });
    out.erase(std::unique(out.begin(), out.end()), out.end());
  }
  return Value(std::move(out));
}

Converted convert_map(const Value& value, const Type& type) {
  if (!value.is_object()) return std::unexpected(fmt::format("{} required", describe(type)));
  Value::Object out;
  for (const auto& [key, item] : value.as_object()) {
    auto converted = convert(item, type.elements.at(0));
    if (!converted) return std::unexpected(at_item(fmt::format("element \"{}\"", key), converted.error()));
    out.emplace(key, std::move(*converted));
  }
  return Value(std::move(out));
}

Converted convert_object(const Value& value, const Type& type) {
  if (!value.is_object()) return std::unexpected(std::string("object required"));
  Value::Object out;
  for (const auto& [name, wanted] : type.attributes) {
    const auto found = value.as_object().find(name);
    if (found == value.as_object().end()) {
      if (!type.optional.contains(name)) return std::unexpected(fmt::format("attribute \"{}\" is required", name));
      out.emplace(name, Value());
      continue;
    }
    auto converted = convert(found->second, wanted);
    if (!converted) return std::unexpected(at_item(fmt::format("attribute \"{}\"", name), converted.error()));
    out.emplace(name, std::move(*converted));
  }
  return Value(std::move(out));
}

}  // namespace

std::string describe(const Type& type) {
  const auto of_element = [&](std::string_view word) {
    return fmt::format("{}({})", word, describe(type.elements.at(0)));
  };
  switch (type.kind) {
    case Type::Kind::any:
      return "any";
    case Type::Kind::string:
      return "string";
    case Type::Kind::number:
      return "number";
    case Type::Kind::boolean:
      return "bool";
    case Type::Kind::list:
      return of_element("list");
    case Type::Kind::set:
      return of_element("set");
    case Type::Kind::map:
      return of_element("map");
    case Type::Kind::object:
      return "object";
    case Type::Kind::tuple:
      return "tuple";
  }
  return "any";
}

Converted convert(const Value& value, const Type& type) {
  if (value.is_null() || type.kind == Type::Kind::any) return value;
  switch (type.kind) {
    case Type::Kind::string:
      return simple(to_string(value), "string");
    case Type::Kind::number:
      return simple(to_number(value), "a number is");
    case Type::Kind::boolean:
      return simple(to_bool(value), "a bool is");
    case Type::Kind::map:
      return convert_map(value, type);
    case Type::Kind::object:
      return convert_object(value, type);
    default:
      return convert_items(value, type);
  }
}

}  // namespace core::hcl
