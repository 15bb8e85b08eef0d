#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "core/base/base64.hpp"
#include "core/describe/json.hpp"
#include "core/describe/scalar.hpp"
#include "core/describe/text.hpp"

namespace core::describe {
namespace {

namespace json = boost::json;

json::value write_list(const Type& type, const void* at) {
  json::array out;
  const std::size_t size = type.list_size(at);
  out.reserve(size);
  for (std::size_t i = 0; i < size; ++i) out.push_back(to_json(type.element(), type.list_at(at, i)));
  return out;
}

json::value write_map(const Type& type, const void* at) {
  struct Context {
    json::object out;
    const Type& type;
  } context{{}, type};
  type.map_each(at, &context, [](void* raw, const void* key, const void* value) {
    auto& [out, map] = *static_cast<Context*>(raw);
    std::string name;
    if (map.key().kind == Kind::text)
      name = *static_cast<const std::string*>(key);
    else
      append_text(name, map.key(), key);
    out.emplace(name, to_json(map.element(), value));
  });
  return std::move(context.out);
}

json::value write_structure(const Type& type, const void* at) {
  json::object out;
  out.reserve(type.fields.size());
  for (const Field& field : type.fields) {
    const Type& inner = field.type();
    const void* value = field.in(at);
    const bool collection = inner.kind == Kind::list || inner.kind == Kind::map;
    if (field.omit_empty && is_zero(inner, value)) continue;
    // As Go's nil: what a user reads as "none", where an empty text or a time in year 1 would be something.
    const bool null_when_zero = collection || inner.kind == Kind::bytes || inner.kind == Kind::wall_time;
    if (null_when_zero && !field.empty_not_null && is_zero(inner, value))
      out.emplace(field.json_name, nullptr);
    else
      out.emplace(field.json_name, to_json(inner, value));
  }
  return out;
}

}  // namespace

json::value to_json(const Type& type, const void* at) {
  switch (type.kind) {
    case Kind::boolean:
      return *static_cast<const bool*>(at);
    case Kind::integer:
      return read_integer(type, at);
    case Kind::natural:
      return read_natural(type, at);
    case Kind::floating:
      return *static_cast<const double*>(at);
    case Kind::text:
      return json::string(*static_cast<const std::string*>(at));
    case Kind::bytes:
      return json::string(to_base64(static_cast<const Bytes*>(at)->data));
    case Kind::duration:
      return static_cast<const Duration*>(at)->count();
    case Kind::wall_time:
      return json::string(wall_time_text(*static_cast<const WallTime*>(at)));
    case Kind::json:
      return *static_cast<const json::value*>(at);
    case Kind::enumeration: {
      std::string name;
      append_text(name, type, at);
      return json::string(name);
    }
    case Kind::optional:
    case Kind::shared:
      if (const void* held = type.get(at)) return to_json(type.element(), held);
      return nullptr;
    case Kind::list:
      return write_list(type, at);
    case Kind::map:
      return write_map(type, at);
    case Kind::variant: {
      const Type& held = type.alternatives[type.index(at)]();
      return json::object{{held.name, to_json(held, type.alternative(at))}};
    }
    case Kind::structure:
      if (type.own_parse != nullptr) return json::string(type.own_text(at));
      return write_structure(type, at);
  }
  return nullptr;
}

std::string to_base64(std::string_view bytes) { return base::to_base64(bytes); }

}  // namespace core::describe
