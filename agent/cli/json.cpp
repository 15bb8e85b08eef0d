#include "agent/cli/json.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <boost/json/serialize.hpp>

namespace agent::cli {
namespace {

const Json null_value;

std::int64_t clamped(double value) {
  if (std::isnan(value)) return 0;
  if (value >= 9.2e18) return std::numeric_limits<std::int64_t>::max();
  if (value <= -9.2e18) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(value);
}

void write(const Json& value, std::size_t depth, std::string& out) {
  const std::string inner((depth + 1) * 4, ' ');
  const std::string outer(depth * 4, ' ');
  if (const auto* object = value.if_object()) {
    if (object->empty()) {
      out += "{}";
      return;
    }
    out += "{\n";
    bool first = true;
    for (const auto& member : *object) {
      if (!first) out += ",\n";
      first = false;
      out += inner + boost::json::serialize(member.key()) + ": ";
      write(member.value(), depth + 1, out);
    }
    out += "\n" + outer + "}";
  } else if (const auto* array = value.if_array()) {
    if (array->empty()) {
      out += "[]";
      return;
    }
    out += "[\n";
    bool first = true;
    for (const auto& element : *array) {
      if (!first) out += ",\n";
      first = false;
      out += inner;
      write(element, depth + 1, out);
    }
    out += "\n" + outer + "]";
  } else if (value.is_double()) {
    out += go_number(value.get_double());
  } else {
    out += boost::json::serialize(value);
  }
}

}  // namespace

const Json& at(const Json& value, std::initializer_list<std::string_view> path) {
  const Json* here = &value;
  for (const auto key : path) {
    const auto* object = here->if_object();
    here = object ? object->if_contains(key) : nullptr;
    if (!here) return null_value;
  }
  return *here;
}

bool has(const Json& value, std::string_view key) {
  const auto* object = value.if_object();
  return object && object->contains(key);
}

std::string text(const Json& value) {
  const auto* string = value.if_string();
  return string ? std::string(*string) : std::string();
}
std::string text(const Json& value, std::string_view key) { return text(at(value, key)); }

std::int64_t number(const Json& value) {
  if (const auto* whole = value.if_int64()) return *whole;
  if (const auto* natural = value.if_uint64()) {
    return static_cast<std::int64_t>(std::min<std::uint64_t>(*natural, std::numeric_limits<std::int64_t>::max()));
  }
  if (const auto* fraction = value.if_double()) return clamped(*fraction);
  return 0;
}
std::int64_t number(const Json& value, std::string_view key) { return number(at(value, key)); }

double real(const Json& value) {
  if (const auto* fraction = value.if_double()) return *fraction;
  return static_cast<double>(number(value));
}

bool truth(const Json& value) { return value.is_bool() && value.get_bool(); }
bool truth(const Json& value, std::string_view key) { return truth(at(value, key)); }

std::span<const Json> items(const Json& value) {
  const auto* array = value.if_array();
  return array ? std::span<const Json>(array->data(), array->size()) : std::span<const Json>();
}

std::vector<std::pair<std::string, const Json*>> members(const Json& value) {
  std::vector<std::pair<std::string, const Json*>> out;
  const auto* object = value.if_object();
  if (!object) return out;
  for (const auto& member : *object) out.emplace_back(std::string(member.key()), &member.value());
  std::ranges::sort(out, {}, [](const auto& member) { return member.first; });
  return out;
}

std::size_t size(const Json& value) {
  if (const auto* array = value.if_array()) return array->size();
  if (const auto* object = value.if_object()) return object->size();
  return 0;
}

std::string pretty(const Json& value) {
  std::string out;
  write(value, 0, out);
  return out;
}

std::string go_number(double value) {
  const double magnitude = std::abs(value);
  if (magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21)) return fmt::format("{:e}", value);
  auto out = fmt::format("{}", value);
  if (out.find('e') != std::string::npos) out = fmt::format("{:.0f}", value);
  if (out.ends_with(".0")) out.resize(out.size() - 2);
  return out;
}

}  // namespace agent::cli
