#include <cmath>

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "core/base/base64.hpp"
#include "core/describe/json.hpp"
#include "core/describe/scalar.hpp"
#include "core/describe/text.hpp"

namespace core::describe {
namespace {

namespace json = boost::json;
using Read = std::expected<void, JsonError>;

constexpr int depth_limit = 64;
constexpr std::size_t shown_characters = 40;

std::string shown(const json::value& value) {
  std::string out = json::serialize(value);
  if (out.size() > shown_characters) out = out.substr(0, shown_characters) + "...";
  return out;
}

Read refuse(const std::string& path, std::string_view wanted, const json::value& found) {
  return std::unexpected(JsonError{path, fmt::format("found {}, wanted {}", shown(found), wanted)});
}

bool same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

// One value being read: the walk carries the path for errors, and how deep it is.
class Reader {
 public:
  explicit Reader(const JsonOptions& options) : options_(options) {}

  Read read(const Type& type, const json::value& value, void* at, const std::string& path, int depth) {
    if (depth > depth_limit) return std::unexpected(JsonError{path, "nested too deeply"});
    if (value.is_null() && type.kind != Kind::json) {
      type.reset(at);
      return {};
    }
    switch (type.kind) {
      case Kind::boolean:
        if (!value.is_bool()) return refuse(path, "true or false", value);
        *static_cast<bool*>(at) = value.get_bool();
        return {};
      case Kind::integer:
      case Kind::natural:
        return read_number(type, value, at, path);
      case Kind::floating:
        if (!value.is_number()) return refuse(path, "a number", value);
        *static_cast<double*>(at) = value.to_number<double>();
        return {};
      case Kind::text:
        if (!value.is_string()) return refuse(path, "a string", value);
        *static_cast<std::string*>(at) = value.get_string();
        return {};
      case Kind::bytes: {
        const auto bytes = value.is_string() ? from_base64(value.get_string()) : std::nullopt;
        if (!bytes) return refuse(path, "base64 text", value);
        static_cast<Bytes*>(at)->data = *bytes;
        return {};
      }
      case Kind::duration:
        return read_duration(value, at, path);
      case Kind::wall_time: {
        const auto time = value.is_string() ? parse_wall_time(value.get_string()) : std::nullopt;
        if (!time) return refuse(path, "an RFC 3339 time", value);
        *static_cast<WallTime*>(at) = *time;
        return {};
      }
      case Kind::json:
        *static_cast<json::value*>(at) = value;
        return {};
      case Kind::enumeration:
        return read_enumeration(type, value, at, path);
      case Kind::optional:
      case Kind::shared:
        return read(type.element(), value, type.emplace(at), path, depth + 1);
      case Kind::list:
        return read_list(type, value, at, path, depth);
      case Kind::map:
        return read_map(type, value, at, path, depth);
      case Kind::variant:
        return read_variant(type, value, at, path, depth);
      case Kind::structure:
        if (type.own_parse == nullptr) return read_structure(type, value, at, path, depth);
        // The empty text is the value a type is born with.
        if (value.is_string() && value.get_string().empty())
          type.reset(at);
        else if (!value.is_string() || !type.own_parse(value.get_string(), at))
          return refuse(path, "the text of a " + type.name, value);
        return {};
    }
    return {};
  }

 private:
  Read read_number(const Type& type, const json::value& value, void* at, const std::string& path) {
    const char* const wanted = type.kind == Kind::integer ? "a whole number" : "a whole number, not negative";
    if (value.is_double()) {
      // 3.0 is 3; anything with a fraction is refused.
      const double number = value.get_double();
      if (number != std::floor(number) || std::fabs(number) > 9e15) return refuse(path, wanted, value);
      return read_number(type, static_cast<std::int64_t>(number), at, path);
    }
    bool fits = false;
    if (value.is_int64()) {
      const std::int64_t number = value.get_int64();
      if (type.kind == Kind::integer)
        fits = write_integer(type, at, number);
      else
        fits = number >= 0 && write_natural(type, at, static_cast<std::uint64_t>(number));
    } else if (value.is_uint64()) {
      fits = type.kind == Kind::natural && write_natural(type, at, value.get_uint64());
    }
    return fits ? Read{} : refuse(path, wanted, value);
  }

  Read read_duration(const json::value& value, void* at, const std::string& path) {
    if (value.is_string() && options_.durations_as_text) {
      const auto duration = parse_duration(value.get_string());
      if (!duration) return refuse(path, "a duration such as \"30s\"", value);
      *static_cast<Duration*>(at) = *duration;
      return {};
    }
    if (!value.is_int64()) return refuse(path, "a duration in nanoseconds or as \"30s\"", value);
    const Duration duration{value.get_int64()};
    // Sums of those that people write must not overflow.
    if (options_.durations_as_text && (duration > longest_duration || duration < -longest_duration))
      return refuse(path, "a duration of at most 100 years", value);
    *static_cast<Duration*>(at) = duration;
    return {};
  }

  Read read_enumeration(const Type& type, const json::value& value, void* at, const std::string& path) {
    std::string known;
    for (const Enumerator& enumerator : type.enumerators) {
      if (value.is_string() && value.get_string() == enumerator.name) {
        write_integer(type, at, enumerator.value);
        return {};
      }
      known += (known.empty() ? "" : ", ") + enumerator.name;
    }
    return refuse(path, "one of " + known, value);
  }

  Read read_list(const Type& type, const json::value& value, void* at, const std::string& path, int depth) {
    if (!value.is_array()) return refuse(path, "a list", value);
    type.reset(at);
    std::size_t i = 0;
    for (const json::value& item : value.get_array())
      if (auto r = read(type.element(), item, type.list_append(at), fmt::format("{}[{}]", path, i++), depth + 1); !r)
        return r;
    return {};
  }

  Read read_map(const Type& type, const json::value& value, void* at, const std::string& path, int depth) {
    if (!value.is_object()) return refuse(path, "an object", value);
    type.reset(at);
    for (const auto& [name, item] : value.get_object()) {
      void* slot = nullptr;
      if (type.key().kind == Kind::text) {
        const std::string key(name);
        slot = type.map_at(at, &key);
      } else {
        std::uint64_t key = 0;
        json::value number(std::strtoull(std::string(name).c_str(), nullptr, 10));
        if (auto r = read(type.key(), number, &key, path, depth + 1); !r) return r;
        slot = type.map_at(at, &key);
      }
      if (auto r = read(type.element(), item, slot, path + "[" + std::string(name) + "]", depth + 1); !r) return r;
    }
    return {};
  }

  Read read_variant(const Type& type, const json::value& value, void* at, const std::string& path, int depth) {
    if (!value.is_object() || value.get_object().size() != 1)
      return refuse(path, "an object with one key, the alternative's name", value);
    const auto& [name, inner] = *value.get_object().begin();
    for (std::size_t i = 0; i < type.alternatives.size(); ++i)
      if (type.alternatives[i]().name == name)
        return read(type.alternatives[i](), inner, type.emplace_alternative(at, i), path + "." + std::string(name),
                    depth + 1);
    return refuse(path, "a known alternative", value);
  }

  Read read_structure(const Type& type, const json::value& value, void* at, const std::string& path, int depth) {
    if (!value.is_object()) return refuse(path.empty() ? type.name : path, "an object", value);
    const std::string base = path.empty() ? type.name : path;
    for (const auto& [name, inner] : value.get_object()) {
      const Field* found = nullptr;
      for (const Field& field : type.fields) {
        if (field.json_name == name) {
          found = &field;
          break;
        }
        if (found == nullptr && same_word(field.json_name, name)) found = &field;
      }
      if (found == nullptr) {
        if (options_.refuse_unknown)
          return std::unexpected(JsonError{base, "unknown key \"" + std::string(name) + "\""});
        continue;
      }
      if (auto r = read(found->type(), inner, found->in(at), base + "." + found->json_name, depth + 1); !r) return r;
    }
    return {};
  }

  const JsonOptions& options_;
};

}  // namespace

Read from_json(const Type& type, const json::value& value, void* at, const JsonOptions& options) {
  return Reader(options).read(type, value, at, "", 0);
}

std::optional<std::string> from_base64(std::string_view text) { return base::from_base64(text); }

}  // namespace core::describe
