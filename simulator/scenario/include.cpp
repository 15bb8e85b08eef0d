#include "simulator/scenario/include.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "simulator/scenario/shape.hpp"

namespace simulator {
namespace {

void merge(yaml::Value& into, yaml::Value included) {
  if (auto* list = std::get_if<yaml::List>(&into.content)) {
    auto* const more = std::get_if<yaml::List>(&included.content);
    if (more == nullptr) return;
    more->insert(more->end(), std::make_move_iterator(list->begin()), std::make_move_iterator(list->end()));
    *list = std::move(*more);
    return;
  }
  auto* const map = std::get_if<yaml::Map>(&into.content);
  auto* const more = std::get_if<yaml::Map>(&included.content);
  if (map == nullptr || more == nullptr) return;
  for (yaml::Entry& entry : *more) {
    const auto mine =
        std::find_if(map->begin(), map->end(), [&](const auto& e) { return e.first.name == entry.first.name; });
    if (mine == map->end())
      map->push_back(std::move(entry));
    else
      merge(mine->second, std::move(entry.second));
  }
}

std::string whole_path(const std::filesystem::path& path) {
  std::error_code error;
  const auto out = std::filesystem::weakly_canonical(path, error);
  return error ? path.lexically_normal().string() : out.string();
}

class Resolver {
 public:
  explicit Resolver(Reading& reading) : reading_(reading) {}

  void resolve(yaml::Value& root, std::size_t file) {
    auto* const map = std::get_if<yaml::Map>(&root.content);
    if (map == nullptr) return;
    const auto at =
        std::find_if(map->begin(), map->end(), [](const auto& entry) { return entry.first.name == "include"; });
    if (at == map->end()) return;
    const yaml::Value wanted = at->second;
    map->erase(at);
    std::vector<yaml::Value> names;
    if (wanted.list() != nullptr)
      names = *wanted.list();
    else
      names.push_back(wanted);
    open_.push_back(whole_path(reading_.sources[file]));
    for (const yaml::Value& name : names) {
      if (reading_.failed()) break;
      take(root, name);
    }
    open_.pop_back();
  }

 private:
  void take(yaml::Value& root, const yaml::Value& name) {
    constexpr const char* wanted = "a scenario file beside this one";
    if (name.scalar() == nullptr || name.scalar()->empty()) return reading_.fail(name.place, name.describe(), wanted);
    const std::filesystem::path path = reading_.folder(name.place) / *name.scalar();
    if (std::find(open_.begin(), open_.end(), whole_path(path)) != open_.end())
      return reading_.fail(name.place, fmt::format("{}, which includes itself", name.describe()),
                           "files that do not include each other in a ring");
    if (open_.size() >= max_include_depth)
      return reading_.fail(name.place, fmt::format("files included more than {} deep", max_include_depth),
                           "a flatter order");
    if (reading_.sources.size() >= max_files)
      return reading_.fail(name.place, fmt::format("more than {} files", max_files), "fewer");
    const auto text = reading_.texts->read(path.string());
    if (!text)
      return reading_.fail(
          name.place, fmt::format("{}, which is {}", name.describe(), reading_.texts->why_not(path.string())), wanted);
    const std::size_t file = reading_.sources.size();
    reading_.sources.push_back(path.string());
    auto included = yaml::parse(*text, file);
    if (!included) return static_cast<void>(reading_.problem = included.error());
    if (included->map() == nullptr)
      return reading_.fail(included->place, included->describe(), "a mapping: a scenario, or parts of one");
    resolve(*included, file);
    merge(root, std::move(*included));
  }

  Reading& reading_;
  std::vector<std::string> open_;  // those that are being resolved, from the outermost on
};

}  // namespace

void resolve_includes(yaml::Value& root, Reading& reading) { Resolver(reading).resolve(root, 0); }

}  // namespace simulator
