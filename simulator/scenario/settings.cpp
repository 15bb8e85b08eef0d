#include "simulator/scenario/settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include "agent/config/load.hpp"
#include "agent/config/merge.hpp"
#include "agent/config/validate.hpp"
#include "core/describe/text.hpp"
#include "simulator/scenario/reading.hpp"
#include "simulator/scenario/yaml.hpp"

namespace simulator {
namespace {

namespace json = boost::json;
using agent::config::AgentConfig;
using core::describe::Field;
using core::describe::Kind;
using core::describe::Type;

// What the cluster itself says of each agent.
constexpr std::array<std::string_view, 13> taken{"name",      "region",      "datacenter", "data_dir",  "plugin_dir",
                                                 "bind_addr", "ports",       "addresses",  "advertise", "dev_mode",
                                                 "enabled",   "server_join", "servers"};
// Blocks whose keys may stand without them.
constexpr std::array<std::string_view, 2> blocks{"server", "client"};

bool is_taken(std::string_view key) { return std::find(taken.begin(), taken.end(), key) != taken.end(); }

std::string_view key_of(const Field& field) {
  std::string_view name = field.name;
  if (name.ends_with('_')) name.remove_suffix(1);
  return name;
}

const Field* field_of(const Type& type, std::string_view key) {
  for (const Field& field : type.fields)
    if (key_of(field) == key) return &field;
  return nullptr;
}

std::vector<std::string_view> keys_of(const Type& type) {
  std::vector<std::string_view> out;
  for (const Field& field : type.fields)
    if (!is_taken(key_of(field))) out.push_back(key_of(field));
  return out;
}

const Type& agent_type() { return core::describe::type_of<AgentConfig>(); }

// The block whose key this is, when one of them alone has it.
const Field* block_with(std::string_view key) {
  const Field* found = nullptr;
  for (const std::string_view name : blocks) {
    const Field* const block = field_of(agent_type(), name);
    if (field_of(block->type(), key) == nullptr) continue;
    if (found != nullptr) return nullptr;
    found = block;
  }
  return found;
}

std::optional<std::int64_t> integer(std::string_view text) {
  std::int64_t out = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, out);
  return error == std::errc{} && stopped == end ? std::optional(out) : std::nullopt;
}
std::optional<double> floating(std::string_view text) {
  double out = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, out, std::chars_format::fixed);
  return error == std::errc{} && stopped == end ? std::optional(out) : std::nullopt;
}

json::value free_form(const yaml::Value& value) {
  if (value.map() != nullptr) {
    json::object out;
    for (const auto& [key, part] : *value.map()) out[key.name] = free_form(part);
    return out;
  }
  if (value.list() != nullptr) {
    json::array out;
    for (const yaml::Value& item : *value.list()) out.push_back(free_form(item));
    return out;
  }
  const std::string& text = *value.scalar();
  if (text == "true" || text == "false") return text == "true";
  if (const auto number = integer(text)) return *number;
  return json::value(text);
}

class SettingsReader {
 public:
  explicit SettingsReader(Reading& reading) : reading_(reading) {}

  json::object read(const yaml::Value& value) {
    json::object out;
    for (const auto& [key, part] : *value.map()) {
      if (const Field* const field = field_of(agent_type(), key.name); field != nullptr && !is_taken(key.name)) {
        read_field(*field, part, out);
      } else if (const Field* const block = block_with(key.name); block != nullptr && !is_taken(key.name)) {
        json::object inside;
        read_field(*field_of(block->type(), key.name), part, inside);
        json::object whole;
        whole[block->json_name] = std::move(inside);
        agent::config::merge(out, whole);
      } else {
        refuse(key, agent_type());
      }
      if (reading_.failed()) return {};
    }
    return out;
  }

 private:
  void refuse(const yaml::Key& key, const Type& type) {
    if (is_taken(key.name))
      return reading_.fail(key.place, "\"" + key.name + "\"", "settings that the cluster does not decide itself");
    std::vector<std::string_view> known = keys_of(type);
    if (&type == &agent_type())
      for (const std::string_view block : blocks)
        for (const std::string_view name : keys_of(field_of(type, block)->type())) known.push_back(name);
    std::string wanted = "a setting of the agent, as its configuration file names it";
    if (&type != &agent_type()) wanted += ": " + one_of(keys_of(type));
    reading_.fail(key.place, "\"" + key.name + "\"", wanted, nearest(key.name, known));
  }

  void wrong(const yaml::Value& value, std::string wanted) {
    reading_.fail(value.place, value.describe(), std::move(wanted));
  }

  void read_field(const Field& field, const yaml::Value& value, json::object& into) {
    json::value out = read_value(field.type(), value);
    if (reading_.failed()) return;
    if (field.type().kind == Kind::structure) return static_cast<void>(into[field.json_name] = std::move(out));
    into[field.json_name] = std::move(out);
  }

  json::value read_value(const Type& type, const yaml::Value& value) {
    switch (type.kind) {
      case Kind::structure:
        return read_structure(type, value);
      case Kind::map:
        return read_map(type, value);
      case Kind::list:
        return read_list(type, value);
      case Kind::optional:
        return read_value(type.element(), value);
      case Kind::json:
        return free_form(value);
      default:
        return read_scalar(type, value);
    }
  }

  json::value read_scalar(const Type& type, const yaml::Value& value) {
    const std::string* const text = value.scalar();
    if (text == nullptr) {
      wrong(value, "one value");
      return {};
    }
    switch (type.kind) {
      case Kind::boolean:
        if (*text == "true" || *text == "false") return *text == "true";
        wrong(value, "true or false");
        return {};
      case Kind::integer:
      case Kind::natural:
        if (const auto number = integer(*text)) return *number;
        wrong(value, "a whole number");
        return {};
      case Kind::floating:
        if (const auto number = floating(*text)) return *number;
        wrong(value, "a number");
        return {};
      case Kind::duration:
        if (const auto duration = core::describe::parse_duration(*text)) return duration->count();
        wrong(value, "a duration such as 30s");
        return {};
      default:
        return json::value(*text);
    }
  }

  json::value read_structure(const Type& type, const yaml::Value& value) {
    if (value.map() == nullptr) {
      wrong(value, "a block: " + one_of(keys_of(type)));
      return {};
    }
    json::object out;
    for (const auto& [key, part] : *value.map()) {
      const Field* const field = field_of(type, key.name);
      if (field == nullptr || is_taken(key.name)) {
        refuse(key, type);
        return {};
      }
      read_field(*field, part, out);
      if (reading_.failed()) return {};
    }
    return out;
  }

  json::value read_map(const Type& type, const yaml::Value& value) {
    if (value.map() == nullptr) {
      wrong(value, "a mapping");
      return {};
    }
    json::object out;
    for (const auto& [key, part] : *value.map()) out[key.name] = read_value(type.element(), part);
    return out;
  }

  json::value read_list(const Type& type, const yaml::Value& value) {
    if (value.list() == nullptr) {
      wrong(value, "a list");
      return {};
    }
    json::array out;
    for (const yaml::Value& item : *value.list()) out.push_back(read_value(type.element(), item));
    return out;
  }

  Reading& reading_;
};

// An agent that is server and client, so that all of its rules are looked at.
AgentConfig base_config() {
  AgentConfig out;
  out.name = "node";
  out.data_dir = "/var/lib/nomad";
  out.server.enabled = true;
  out.client.enabled = true;
  return out;
}

// The agent's own rules.
void check(const json::object& said, Place place, Reading& reading) {
  const auto applied = agent::config::apply(base_config(), said);
  if (!applied) return reading.fail(place, fmt::format("a setting ({})", applied.error()), "one that the agent takes");
  const auto problems = agent::config::validate(*applied);
  if (!problems.ok())
    reading.fail(place, fmt::format("a setting that the agent refuses ({})", problems.errors.front()),
                 "one that it takes");
}

json::object schema_of(const Type& type);

json::object mapping_of(const Type& type, const std::vector<const Type*>& more) {
  json::object properties;
  for (const Field& field : type.fields)
    if (!is_taken(key_of(field))) properties[key_of(field)] = schema_of(field.type());
  for (const Type* other : more)
    for (const Field& field : other->fields)
      if (!is_taken(key_of(field)) && block_with(key_of(field)) != nullptr && !properties.contains(key_of(field)))
        properties[key_of(field)] = schema_of(field.type());
  return {{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
}

json::object schema_of(const Type& type) {
  switch (type.kind) {
    case Kind::boolean:
      return {{"type", "boolean"}};
    case Kind::integer:
    case Kind::natural:
      return {{"type", "integer"}};
    case Kind::floating:
      return {{"type", "number"}};
    case Kind::duration:
      return {{"type", "string"}, {"pattern", "^([0-9.]+(ns|us|ms|s|m|h))+$"}};
    case Kind::optional:
      return schema_of(type.element());
    case Kind::list:
      return {{"type", "array"}, {"items", schema_of(type.element())}};
    case Kind::map:
      return {{"type", "object"}, {"additionalProperties", schema_of(type.element())}};
    case Kind::structure:
      return mapping_of(type, {});
    case Kind::text:
      return {{"type", json::array{"string", "number"}}};
    default:
      return {};
  }
}

}  // namespace

void read_settings(const yaml::Value& value, Settings& into, Reading& reading) {
  json::object said;
  if (value.map() != nullptr) {
    // One at a time, so that the agent's refusal finds its place.
    for (const auto& [key, part] : *value.map()) {
      const json::object one = SettingsReader(reading).read({value.place, yaml::Map{{key, part}}});
      if (!reading.failed()) check(one, part.place, reading);
      if (reading.failed()) return;
      agent::config::merge(said, one);
    }
  } else if (value.scalar() != nullptr && !value.scalar()->empty()) {
    const std::string path = (reading.folder(value.place) / *value.scalar()).string();
    const auto text = reading.texts->read(path);
    if (!text)
      return reading.fail(
          value.place,
          fmt::format("{}, which is {}", value.describe(), reading.texts->why_not(path, "no file beside the scenario")),
          "a mapping of the agent's settings, or the name of a configuration file");
    auto fragment = agent::config::parse_config(path, *text);
    if (!fragment)
      return reading.fail(value.place, fmt::format("a configuration file that is wrong ({})", fragment.error().text()),
                          "one that the agent takes");
    said = std::move(*fragment);
  } else {
    return reading.fail(value.place, value.describe(), "a mapping of the agent's settings, or a configuration file");
  }
  agent::config::merge(into.said, said);
  check(into.said, value.place, reading);
}

AgentConfig effective_config(bool is_server, const std::vector<const Settings*>& parts) {
  AgentConfig base;
  base.data_dir = "/var/lib/nomad";
  base.leave_on_interrupt = true;  // the operators of scenarios interrupt agents to make them leave
  json::object said;
  for (const Settings* part : parts) agent::config::merge(said, part->said);
  if (!said.empty())
    // It was read with all of its parts; what is left to chance is none of it.
    if (auto applied = agent::config::apply(base, said)) base = std::move(*applied);
  base.server.enabled = is_server;
  base.client.enabled = !is_server;
  return base;
}

json::object settings_schema() {
  std::vector<const Type*> of_blocks;
  for (const std::string_view block : blocks) of_blocks.push_back(&field_of(agent_type(), block)->type());
  return {
      {"anyOf", json::array{mapping_of(agent_type(), of_blocks), json::object{{"type", "string"}, {"minLength", 1}}}}};
}

}  // namespace simulator
