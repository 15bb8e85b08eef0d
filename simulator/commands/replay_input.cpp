#include "simulator/commands/replay_input.hpp"

#include <cstdio>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "simulator/commands/commands.hpp"
#include "simulator/commands/mutant_option.hpp"

namespace simulator::commands {

std::expected<ReplayInput, std::string> read_replay_input(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in || in.tellg() < 0)
    return std::unexpected(fmt::format("{}: found no readable file, wanted a replay file", path));
  if (static_cast<std::uint64_t>(in.tellg()) > search::max_replay_bytes)
    return std::unexpected(
        fmt::format("{}: found more than {} MiB, wanted a replay file", path, search::max_replay_bytes >> 20));
  in.seekg(0);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  auto file = search::parse_replay_file(text);
  if (!file) return std::unexpected(fmt::format("{}: {}", path, file.error()));
  Files files(file->files);
  auto scenario = load_scenario(file->scenario, files);
  if (!scenario)
    return std::unexpected(fmt::format("{}: its scenario is refused by this build, it was saved by {}: {}", path,
                                       file->build, scenario.error()));
  if (!file->mutant.empty() && !switch_mutant_on(file->mutant))
    return std::unexpected(
        fmt::format("{}: found a run with the known bug {}, wanted the build that has it: cmake --preset mutants", path,
                    file->mutant));
  return ReplayInput{std::move(*file), std::move(*scenario)};
}

int refuse_file(const std::string& error) {
  std::fflush(stdout);
  fmt::print(stderr, "{}\n", error);
  return exit_scenario;
}

}  // namespace simulator::commands
