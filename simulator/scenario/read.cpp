// From YAML to Scenario.
#include <filesystem>

#include <fmt/format.h>

#include "simulator/scenario/include.hpp"
#include "simulator/scenario/language.hpp"
#include "simulator/scenario/scenario.hpp"

namespace simulator {

std::expected<Scenario, std::string> load_scenario(const std::string& file, Files& files) {
  const auto text = files.read(file);
  if (!text && !files.exists(file)) {
    const std::string near = files.nearest_beside(file);
    return std::unexpected(
        fmt::format("{}: there is no such file{}", file, near.empty() ? "" : fmt::format(" (did you mean {}?)", near)));
  }
  if (text && text->starts_with("nomad-sim replay file"))
    return std::unexpected(
        fmt::format("{}:1:1: found a replay file, wanted a scenario: nomad-sim replay {}", file, file));
  if (!text)
    return std::unexpected(fmt::format("{}:1:1: found {}, wanted a scenario of at most {} KiB", file,
                                       files.why_not(file), yaml::max_bytes >> 10));
  auto root = yaml::parse(*text, 0);
  if (!root) return std::unexpected(root.error().text(file));
  Reading reading{&files, {file}, {}};
  resolve_includes(*root, reading);
  Scenario scenario;
  scenario.file = file;
  scenario.name = std::filesystem::path(file).stem().string();
  if (!reading.failed()) language().read(*root, &scenario, reading);
  if (reading.failed()) return std::unexpected(reading.problem->text(reading.sources[reading.problem->place.file]));
  scenario.files = files.texts();
  scenario.sources = std::move(reading.sources);
  return scenario;
}

std::string Scenario::line_of(const Place& place) const {
  return fmt::format("{}:{}", place.file < sources.size() ? sources[place.file] : file, place.line);
}

std::expected<Scenario, std::string> read_scenario(const std::string& file, std::string_view text) {
  Files files;
  files.set(file, std::string(text));
  return load_scenario(file, files);
}

std::expected<Scenario, std::string> load_scenario(const std::string& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error))
    return std::unexpected(file + ":1:1: found a folder, wanted a scenario file");
  Files files;
  return load_scenario(file, files);
}

}  // namespace simulator
