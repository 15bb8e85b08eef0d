#include "simulator/scenario/groups.hpp"

namespace simulator {
namespace {

namespace json = boost::json;

class Groups final : public Shape {
 public:
  void read(const yaml::Value& value, void* into, Reading& reading) const override {
    auto& groups = *static_cast<std::vector<NodeGroup>*>(into);
    groups.clear();
    if (value.scalar() == nullptr) return ListOf<NodeGroup>().read(value, into, reading);
    NodeGroup all;
    all.place = value.place;
    shape_of<Count>().read(value, &all.count, reading);
    groups.push_back(std::move(all));
  }
  std::string wanted() const override { return std::string(count_wanted) + ", or a list of groups of nodes"; }
  std::string kind() const override { return "count, or list: the group of nodes"; }
  std::vector<const Mapping*> mappings() const override { return shape_of<NodeGroup>().mappings(); }
  json::object schema(Definitions& definitions) const override {
    return {{"anyOf", json::array{shape_of<Count>().schema(definitions), ListOf<NodeGroup>().schema(definitions)}}};
  }
};

class IncludesShape final : public Shape {
 public:
  void read(const yaml::Value& value, void* into, Reading& reading) const override {
    auto& files = static_cast<Includes*>(into)->files;
    if (value.scalar() == nullptr) return shape_of<std::vector<std::string>>().read(value, &files, reading);
    shape_of<std::string>().read(value, &files.emplace_back(), reading);
  }
  std::string wanted() const override { return "a scenario file beside this one, or a list of them"; }
  std::string kind() const override { return "file, or list: file"; }
  json::object schema(Definitions& definitions) const override {
    return {{"anyOf", json::array{shape_of<std::string>().schema(definitions),
                                  shape_of<std::vector<std::string>>().schema(definitions)}}};
  }
};

class DialsShape final : public Shape {
 public:
  void read(const yaml::Value& value, void* into, Reading& reading) const override {
    if (value.map() == nullptr) return reading.fail(value.place, value.describe(), wanted());
    for (const auto& [key, values] : *value.map()) {
      if (values.list() == nullptr || values.list()->empty())
        return reading.fail(values.place, values.describe(), "a list of values, one of which each seed draws");
      static_cast<Dials*>(into)->push_back({key.place, key.name, *values.list()});
    }
  }
  std::string wanted() const override { return "a mapping of paths such as cluster.servers to lists of values"; }
  std::string kind() const override { return "by path: list: value"; }
  json::object schema(Definitions&) const override {
    return {{"type", "object"}, {"additionalProperties", json::object{{"type", "array"}, {"minItems", 1}}}};
  }
};

}  // namespace

const Shape& Described<std::vector<NodeGroup>>::shape() {
  static const Groups groups;
  return groups;
}
const Shape& Described<Includes>::shape() {
  static const IncludesShape includes;
  return includes;
}
const Shape& Described<Dials>::shape() {
  static const DialsShape dials;
  return dials;
}

}  // namespace simulator
