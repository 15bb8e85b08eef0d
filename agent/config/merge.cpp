#include "agent/config/merge.hpp"

#include <algorithm>
#include <array>

#include <boost/json/array.hpp>

#include "core/describe/json.hpp"

namespace agent::config {
namespace {

namespace json = boost::json;
using core::describe::Field;
using core::describe::Kind;
using core::describe::Type;

constexpr std::array growing_lists{"start_join", "retry_join", "enabled_schedulers", "servers"};

bool is_zero(const json::value& value) {
  if (value.is_string()) return value.get_string().empty();
  if (value.is_number()) return value.to_number<double>() == 0;
  if (value.is_bool()) return !value.get_bool();
  if (value.is_array()) return value.get_array().empty();
  return value.is_null();
}

const Field* field_for(const Type& type, std::string_view json_name) {
  const auto found = std::ranges::find(type.fields, json_name, &Field::json_name);
  return found == type.fields.end() ? nullptr : &*found;
}

// Opaque blocks and string maps: key by key, the later value wins.
void merge_free(json::value& into, const json::value& later) {
  if (!into.is_object() || !later.is_object()) {
    into = later;
    return;
  }
  for (const auto& [name, value] : later.get_object()) merge_free(into.get_object()[name], value);
}

class Merger {
 public:
  void merge_struct(const Type& type, const void* defaults, json::object& into, const json::object& later) {
    for (const auto& [name, value] : later)
      if (const Field* field = field_for(type, name))
        merge_field(*field, defaults ? field->in(defaults) : nullptr, into, value, type.name != "ServerJoin");
  }

 private:
  // Of `server_join` a later list takes the place of the earlier; the older keys of `server` grow.
  void merge_field(const Field& field, const void* fallback, json::object& into, const json::value& later, bool grow) {
    json::value& slot = into[field.json_name];
    const Type& type = field.type();
    switch (type.kind) {
      case Kind::structure:
        if (!slot.is_object()) slot.emplace_object();
        if (later.is_object()) merge_struct(type, fallback, slot.get_object(), later.get_object());
        return;
      case Kind::map:
        return merge_map(type, slot, later);
      case Kind::json:
        return merge_free(slot, later);
      case Kind::list:
        if (grow && slot.is_array() && std::ranges::find(growing_lists, field.name) != growing_lists.end()) {
          for (const json::value& item : later.get_array()) slot.get_array().push_back(item);
        } else if (!is_zero(later)) {
          slot = later;
        }
        break;
      case Kind::optional:
        slot = later;
        break;
      case Kind::boolean:
        if (!is_zero(later) || (fallback && *static_cast<const bool*>(fallback))) slot = later;
        break;
      default:
        if (!is_zero(later)) slot = later;
    }
    if (slot.is_null()) into.erase(field.json_name);
  }

  void merge_map(const Type& type, json::value& slot, const json::value& later) {
    const Type& element = type.element();
    if (element.kind != Kind::structure) return merge_free(slot, later);
    if (!slot.is_object()) slot.emplace_object();
    for (const auto& [name, value] : later.as_object()) {
      json::value& named = slot.get_object()[name];
      if (!named.is_object()) named.emplace_object();
      if (value.is_object()) merge_struct(element, nullptr, named.get_object(), value.get_object());
    }
  }
};

}  // namespace

void merge(Fragment& into, const Fragment& later) {
  static const AgentConfig defaults;
  Merger().merge_struct(core::describe::type_of<AgentConfig>(), &defaults, into, later);
}

std::expected<AgentConfig, std::string> apply(const AgentConfig& base, const Fragment& fragment) {
  Fragment whole = core::describe::to_json(base).as_object();
  merge(whole, fragment);
  AgentConfig config = base;
  const auto read =
      core::describe::from_json(core::describe::type_of<AgentConfig>(), whole, &config, {.refuse_unknown = true});
  if (!read) return std::unexpected(read.error().text());
  return config;
}

}  // namespace agent::config
