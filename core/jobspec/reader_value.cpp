#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "core/describe/scalar.hpp"
#include "core/describe/text.hpp"
#include "core/jobspec/reader.hpp"

namespace core::jobspec {
namespace {

namespace json = boost::json;
using describe::Kind;
using describe::Type;

std::optional<json::value> whole_number(const Type& type, const hcl::Value& value, std::string& wanted) {
  wanted = type.kind == Kind::integer ? "a whole number" : "a whole number, not negative,";
  const auto number = hcl::to_number(value);
  const auto whole = number ? number->as_int() : std::nullopt;
  if (!whole) return std::nullopt;
  std::uint64_t scratch = 0;  // as wide as the widest
  const bool fits = type.kind == Kind::integer
                        ? describe::write_integer(type, &scratch, *whole)
                        : *whole >= 0 && describe::write_natural(type, &scratch, static_cast<std::uint64_t>(*whole));
  if (!fits) {
    wanted += " that is not so large";
    return std::nullopt;
  }
  return json::value(*whole);
}

std::optional<json::value> duration(const hcl::Value& value, std::string& wanted) {
  wanted = "a duration such as \"30s\"";
  if (value.is_number()) {
    const auto ns = value.as_int();
    return ns ? std::optional<json::value>(*ns) : std::nullopt;
  }
  const auto text = value.is_string() ? describe::parse_duration(value.as_string()) : std::nullopt;
  if (!text) return std::nullopt;
  return json::value(text->count());
}

std::optional<json::value> list(const Type& type, const hcl::Value& value, std::string& wanted) {
  if (!value.is_list()) {
    wanted = "a list";
    return std::nullopt;
  }
  json::array out;
  for (const hcl::Value& item : value.as_list()) {
    auto read = item.is_null() ? std::nullopt : to_field_json(type.element(), item, wanted);
    if (!read) {
      wanted = fmt::format("a list, each item {}", wanted.empty() ? "not null" : wanted);
      return std::nullopt;
    }
    out.push_back(std::move(*read));
  }
  return json::value(std::move(out));
}

std::optional<json::value> map(const Type& type, const hcl::Value& value, std::string& wanted) {
  if (!value.is_object()) {
    wanted = "an object";
    return std::nullopt;
  }
  json::object out;
  for (const auto& [name, item] : value.as_object()) {
    if (item.is_null()) continue;
    auto read = to_field_json(type.element(), item, wanted);
    if (!read) {
      wanted = fmt::format("an object where \"{}\" is {}", name, wanted);
      return std::nullopt;
    }
    out[name] = std::move(*read);
  }
  return json::value(std::move(out));
}

std::optional<json::value> floating(const hcl::Value& value, std::string& wanted) {
  wanted = "a number";
  const auto number = hcl::to_number(value);
  if (!number) return std::nullopt;
  return json::value(number->as_double());
}

}  // namespace

std::optional<json::value> to_field_json(const Type& type, const hcl::Value& value, std::string& wanted) {
  switch (type.kind) {
    case Kind::boolean: {
      wanted = "a bool";
      const auto read = hcl::to_bool(value);
      return read ? std::optional<json::value>(*read) : std::nullopt;
    }
    case Kind::integer:
    case Kind::natural:
      return whole_number(type, value, wanted);
    case Kind::floating:
      return floating(value, wanted);
    case Kind::text: {
      wanted = "a string";
      const auto read = hcl::to_string(value);
      return read ? std::optional<json::value>(*read) : std::nullopt;
    }
    case Kind::duration:
      return duration(value, wanted);
    case Kind::list:
      return list(type, value, wanted);
    case Kind::map:
      return map(type, value, wanted);
    case Kind::optional:
      return to_field_json(type.element(), value, wanted);
    case Kind::json:
      return to_json(value);
    default:
      wanted = "a value that files can hold";
      return std::nullopt;
  }
}

json::value to_json(const hcl::Value& value) {
  switch (value.kind()) {
    case hcl::Value::Kind::null:
      return nullptr;
    case hcl::Value::Kind::boolean:
      return value.as_bool();
    case hcl::Value::Kind::number:
      if (const auto whole = value.as_int()) return *whole;
      return value.as_double();
    case hcl::Value::Kind::string:
      return json::value(value.as_string());
    case hcl::Value::Kind::list: {
      json::array out;
      for (const hcl::Value& item : value.as_list()) out.push_back(to_json(item));
      return out;
    }
    case hcl::Value::Kind::object: {
      json::object out;
      for (const auto& [name, item] : value.as_object()) out[name] = to_json(item);
      return out;
    }
  }
  return nullptr;
}

}  // namespace core::jobspec
