#include "simulator/scenario/json_schema.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "simulator/scenario/language.hpp"

namespace simulator {
namespace {

namespace json = boost::json;

std::string pretty(const json::value& value, std::size_t indent) {
  const std::string inner(indent + 2, ' ');
  const std::string outer(indent, ' ');
  const auto lines = [&](char open, char close, const std::vector<std::string>& parts) {
    std::string out(1, open);
    for (std::size_t i = 0; i < parts.size(); ++i) out += fmt::format("{}\n{}{}", i == 0 ? "" : ",", inner, parts[i]);
    return out + "\n" + outer + close;
  };
  std::vector<std::string> parts;
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    for (const auto& [key, part] : *object)
      parts.push_back(fmt::format("{}: {}", json::serialize(json::value(key)), pretty(part, indent + 2)));
    return lines('{', '}', parts);
  }
  if (const auto* array = value.if_array(); array != nullptr && !array->empty() && array->front().is_object()) {
    for (const json::value& part : *array) parts.push_back(pretty(part, indent + 2));
    return lines('[', ']', parts);
  }
  return json::serialize(value);
}

}  // namespace

std::string json_schema() {
  Definitions definitions;
  const json::object root = language().schema(definitions);
  json::object out{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                   {"title", "A scenario of nomad-sim"},
                   {"$ref", root.at("$ref")}};
  json::object defs;
  for (auto& [name, definition] : definitions) defs[name] = std::move(definition);
  out["$defs"] = std::move(defs);
  return pretty(out, 0) + "\n";
}

}  // namespace simulator
