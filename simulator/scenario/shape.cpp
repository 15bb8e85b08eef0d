#include "simulator/scenario/shape.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <boost/json/array.hpp>

namespace simulator {
namespace {

namespace json = boost::json;

const yaml::Entry* entry_of(const yaml::Map& map, std::string_view key) {
  const auto found = std::find_if(map.begin(), map.end(), [&](const auto& entry) { return entry.first.name == key; });
  return found == map.end() ? nullptr : &*found;
}

std::string slug(std::string_view what) {
  std::string out;
  for (const char c : what) out += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
  return out;
}

json::array names_of(const std::vector<std::string_view>& names) {
  json::array out;
  for (const std::string_view name : names) out.emplace_back(name);
  return out;
}

json::array required_of(const std::vector<Mapping::Key>& keys) {
  json::array out;
  for (const Mapping::Key& key : keys)
    if (key.required) out.emplace_back(key.name);
  return out;
}

void add_property(json::object& properties, const Mapping::Key& key, Definitions& definitions) {
  if (properties.contains(key.name)) return;
  json::object property = key.shape().schema(definitions);
  property["description"] = key.about;
  properties[key.name] = std::move(property);
}

}  // namespace

const yaml::Value* value_of(const yaml::Value& mapping, std::string_view key) {
  const yaml::Entry* const entry = mapping.map() == nullptr ? nullptr : entry_of(*mapping.map(), key);
  return entry == nullptr ? nullptr : &entry->second;
}

Place place_of(const yaml::Value& mapping, std::string_view key) {
  const yaml::Entry* const entry = mapping.map() == nullptr ? nullptr : entry_of(*mapping.map(), key);
  return entry == nullptr ? mapping.place : entry->second.place;
}

json::object defined(Definitions& definitions, const std::string& name, const std::function<json::object()>& make) {
  if (!definitions.contains(name)) {
    definitions.emplace(name, json::object{});  // what refers to itself finds its name taken
    definitions[name] = make();
  }
  return {{"$ref", "#/$defs/" + name}};
}

const Mapping::Key* Mapping::find(std::string_view name) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) { return key.name == name; });
  return found == keys_.end() ? nullptr : &*found;
}

std::vector<std::string_view> Mapping::known_keys(const Mapping* kind) const {
  std::vector<std::string_view> out;
  for (const Key& key : keys_) out.push_back(key.name);
  for (const Mapping* one : kinds_)
    for (const Key& key : one->keys_)
      if (kind == nullptr || kind == one) out.push_back(key.name);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

void Mapping::refuse(const yaml::Key& key, const Mapping* kind, Reading& reading) const {
  std::vector<std::string_view> of;  // the kinds that do have it
  for (const Mapping* one : kinds_)
    if (one != kind && one->find(key.name) != nullptr) of.push_back(one->keys_.front().name);
  if (kind != nullptr && !of.empty())
    return reading.fail(key.place, fmt::format("\"{}\" beside \"{}\"", key.name, kind->keys_.front().name),
                        fmt::format("it only beside {}", one_of(of)));
  const auto known = known_keys(kind);
  reading.fail(key.place, "\"" + key.name + "\"", fmt::format("a key of {}: {}", what_, one_of(known)),
               nearest(key.name, known));
}

const Mapping* Mapping::kind_of(const yaml::Map& map, const yaml::Value& value, std::size_t& index,
                                Reading& reading) const {
  const Mapping* found = nullptr;
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    const std::string_view word = kinds_[i]->keys_.front().name;
    if (entry_of(map, word) == nullptr) continue;
    if (found != nullptr) {
      reading.fail(value.place, fmt::format("two {}s, {} and {}", kind_word_, found->keys_.front().name, word),
                   fmt::format("one {}", kind_word_));
      return nullptr;
    }
    found = kinds_[i];
    index = i;
  }
  if (found != nullptr) return found;
  // A misspelt one is named, with the words that would do.
  const auto known = known_keys(nullptr);
  for (const auto& [key, ignored] : map)
    if (std::find(known.begin(), known.end(), key.name) == known.end()) {
      refuse(key, nullptr, reading);
      return nullptr;
    }
  std::vector<std::string_view> words;
  for (const Mapping* kind : kinds_) words.push_back(kind->keys_.front().name);
  reading.fail(value.place, fmt::format("no {}", kind_word_), one_of(words));
  return nullptr;
}

void Mapping::require_all(const yaml::Map& map, const yaml::Value& value, Reading& reading) const {
  for (const Key& key : keys_)
    if (key.required && entry_of(map, key.name) == nullptr)
      return reading.fail(value.place, fmt::format("{} without \"{}\"", what_, key.name),
                          fmt::format("\"{}:\" with {}", key.name, key.shape().wanted()));
}

void Mapping::read(const yaml::Value& value, void* into, Reading& reading) const {
  const yaml::Map* const map = value.map();
  if (map == nullptr) return reading.fail(value.place, value.describe(), wanted());
  if (place_) *place_(into) = value.place;
  const Mapping* kind = nullptr;
  void* of_kind = nullptr;
  if (!kinds_.empty()) {
    std::size_t index = 0;
    kind = kind_of(*map, value, index, reading);
    if (kind == nullptr) return;
    of_kind = choose_kind_(into, index);
    if (kind->place_) *kind->place_(of_kind) = place_of(value, kind->keys_.front().name);
  }
  for (const auto& [key, part] : *map) {
    void* object = into;
    const Key* known = find(key.name);
    if (known == nullptr && kind != nullptr) {
      known = kind->find(key.name);
      object = of_kind;
    }
    if (known == nullptr) return refuse(key, kind, reading);
    known->shape().read(part, known->part(object), reading);
    if (reading.failed()) return;
  }
  require_all(*map, value, reading);
  if (kind != nullptr && !reading.failed()) kind->require_all(*map, value, reading);
  if (check_ && !reading.failed()) check_(into, value, reading);
  if (kind != nullptr && kind->check_ && !reading.failed()) kind->check_(of_kind, value, reading);
}

json::object Mapping::schema(Definitions& definitions) const {
  return defined(definitions, slug(what_), [&] {
    json::object properties;
    for (const Key& key : keys_) add_property(properties, key, definitions);
    json::object out{{"type", "object"}, {"additionalProperties", false}};
    if (json::array required = required_of(keys_); !required.empty()) out["required"] = std::move(required);
    json::array kinds;
    for (const Mapping* kind : kinds_) {
      json::object own;
      for (const Key& key : kind->keys_) {
        add_property(properties, key, definitions);
        own[key.name] = key.shape().schema(definitions);
      }
      kinds.push_back(json::object{{"required", required_of(kind->keys_)},
                                   {"properties", std::move(own)},
                                   {"propertyNames", json::object{{"enum", names_of(known_keys(kind))}}}});
    }
    if (!kinds.empty()) out["oneOf"] = std::move(kinds);
    out["properties"] = std::move(properties);
    for (const auto& [name, rule] : rules_) out[name] = rule;
    return out;
  });
}

}  // namespace simulator
