// What a value of a scenario may be. The language is described once, in language.cpp, as shapes; from them come how it
// is read, what problems say was wanted, the suggestions, and the JSON Schema for editors.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "simulator/scenario/reading.hpp"
#include "simulator/scenario/yaml.hpp"

namespace simulator {

/// Parts of a JSON Schema that are written once, under "$defs".
using Definitions = std::map<std::string, boost::json::object>;

class Mapping;

class Shape {
 public:
  virtual ~Shape() = default;
  /// Reads into the object at `into`, which is of the shape's type.
  virtual void read(const yaml::Value& value, void* into, Reading& reading) const = 0;
  /// What problems say was wanted.
  virtual std::string wanted() const = 0;
  /// The kind of value in a word or two, for the tables of the README: "duration".
  virtual std::string kind() const = 0;
  virtual boost::json::object schema(Definitions& definitions) const = 0;
  /// The mappings that values of this shape are made of.
  virtual std::vector<const Mapping*> mappings() const { return {}; }
};

/// A mapping: its keys, and perhaps one of several kinds with keys of their own ("crash: leader" among the actions).
class Mapping : public Shape {
 public:
  struct Key {
    std::string_view name;
    const Shape& (*shape)();
    std::function<void*(void*)> part;  // where in the object; makes it when need be
    std::string_view about;
    bool required = false;
  };
  /// Rules among the keys; looked at when all has been read.
  using Check = std::function<void(void* object, const yaml::Value& value, Reading& reading)>;

  explicit Mapping(std::string what) : what_(std::move(what)) {}

  void read(const yaml::Value& value, void* into, Reading& reading) const override;
  std::string wanted() const override { return "a mapping: " + what_; }
  std::string kind() const override { return what_; }
  boost::json::object schema(Definitions& definitions) const override;

  std::vector<const Mapping*> mappings() const override { return {this}; }
  const Key* find(std::string_view name) const;
  const std::vector<Key>& keys() const { return keys_; }
  const std::vector<const Mapping*>& kinds() const { return kinds_; }
  const std::string& what() const { return what_; }

 protected:
  std::string what_;  // "the cluster"
  std::vector<Key> keys_;
  Check check_;
  std::function<Place*(void*)> place_;  // where the object remembers whence it came
  // Of a mapping with kinds: the first key of each names it.
  std::string kind_word_;  // "action"
  std::vector<const Mapping*> kinds_;
  std::function<void*(void*, std::size_t)> choose_kind_;
  boost::json::object rules_;  // of the schema, beside what the keys say

 private:
  const Mapping* kind_of(const yaml::Map& map, const yaml::Value& value, std::size_t& index, Reading& reading) const;
  std::vector<std::string_view> known_keys(const Mapping* kind) const;
  void refuse(const yaml::Key& key, const Mapping* kind, Reading& reading) const;
  void require_all(const yaml::Map& map, const yaml::Value& value, Reading& reading) const;
};

/// The value of a key, or null.
const yaml::Value* value_of(const yaml::Value& mapping, std::string_view key);
/// The place of a key, or of the mapping when it does not have it.
Place place_of(const yaml::Value& mapping, std::string_view key);

/// {"$ref": "#/$defs/NAME"} after putting what `make` makes under that name.
boost::json::object defined(Definitions& definitions, const std::string& name,
                            const std::function<boost::json::object()>& make);

}  // namespace simulator
