#include "simulator/scenario/swarm.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "simulator/scenario/language.hpp"
#include "simulator/scenario/rules.hpp"

namespace simulator {
namespace {

std::vector<std::string> steps_of(std::string_view path) {
  std::vector<std::string> out;
  std::size_t from = 0;
  for (;;) {
    const auto dot = path.find('.', from);
    out.emplace_back(path.substr(from, dot - from));
    if (dot == std::string_view::npos) return out;
    from = dot + 1;
  }
}

// {a: {b: value}} of "a.b".
yaml::Value nested(const Dial& dial, const std::vector<std::string>& steps, std::size_t from, yaml::Value value) {
  for (std::size_t i = steps.size(); i > from; --i) {
    yaml::Map map;
    map.push_back({yaml::Key{dial.place, steps[i - 1]}, std::move(value)});
    value = yaml::Value{dial.place, std::move(map)};
  }
  return value;
}

// What a swarm may not turn: it would change what the other draws are about.
bool fixed(std::string_view key) {
  return key == "include" || key == "swarm" || key == "timeline" || key == "nemeses" || key == "expect" ||
         key == "require" || key == "name" || key == "about" || key == "sets";
}

}  // namespace

void turn(Scenario& scenario, const Dial& dial, std::size_t which, Reading& reading) {
  const std::vector<std::string> steps = steps_of(dial.path);
  const Mapping* mapping = &language();
  void* object = &scenario;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Mapping::Key* const key = mapping->find(steps[i]);
    if (key == nullptr || (i == 0 && fixed(steps[i]))) {
      std::vector<std::string_view> known;
      for (const Mapping::Key& one : mapping->keys())
        if (i > 0 || !fixed(one.name)) known.push_back(one.name);
      return reading.fail(dial.place, fmt::format("\"{}\" in \"{}\"", steps[i], dial.path),
                          fmt::format("a key of {} that a seed may draw: {}", mapping->what(), one_of(known)),
                          nearest(steps[i], known));
    }
    object = key->part(object);
    const Shape& shape = key->shape();
    mapping = dynamic_cast<const Mapping*>(&shape);
    if (mapping != nullptr && i + 1 < steps.size()) continue;
    return shape.read(nested(dial, steps, i + 1, dial.values[which]), object, reading);
  }
}

std::optional<Scenario> drawn(const Scenario& scenario, io_sim::Choices& choices) {
  if (!scenario.swarm || scenario.swarm->draw.empty()) return std::nullopt;
  Scenario out = scenario;
  Files files(scenario.files);
  Reading reading{&files, {scenario.file}, {}};
  for (const Dial& dial : scenario.swarm->draw) {
    io_sim::Stream chance = choices.stream("swarm", dial.path);
    // Every value was laid over it when the scenario was read: none is refused.
    turn(out, dial, chance.below(dial.values.size()), reading);
  }
  return out;
}

void check_dials(const Scenario& scenario, Reading& reading) {
  for (const Dial& dial : scenario.swarm->draw)
    for (std::size_t which = 0; which < dial.values.size() && !reading.failed(); ++which) {
      Scenario turned = scenario;
      turn(turned, dial, which, reading);
      if (reading.failed()) return;
      const yaml::Value& value = dial.values[which];
      check_until(turned, value, reading);
      check_cluster(turned.cluster, value, reading);
      check_disks(turned.disks, value, reading);
      check_clocks(turned.clocks, value, reading);
      if (turned.registers) check_registers(*turned.registers, value, reading);
    }
}

}  // namespace simulator
