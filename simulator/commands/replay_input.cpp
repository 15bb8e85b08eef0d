#include "simulator/commands/replay_input.hpp"

#include <cstdio>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "simulator/commands/commands.hpp"
#include "simulator/commands/mutant_option.hpp"

namespace simulator::commands {

namespace {

// Empty, or which operation or how many nodes the scenario does not have.
std::string names_what_is_not_there(const search::ReplayFile& file, const Scenario& scenario) {
  const std::size_t entries = scenario.timeline.size() + scenario.nemeses.size();
  for (const Operation& operation : file.played.only.value_or(Operations{}))
    if (operation.entry >= entries)
      return fmt::format("found the operation {}, wanted one of the {} entries of its scenario, from 0",
                         text_of(operation), entries);
  if (scenario.swarm) return "";  // it may draw another cluster
  const std::size_t servers = scenario.cluster.most_servers();
  const std::size_t clients = scenario.cluster.most_clients();
  if (file.played.limit.servers.value_or(1) < 1 || file.played.limit.servers.value_or(1) > servers ||
      file.played.limit.clients.value_or(0) > clients)
    return fmt::format("found nodes {} {}, wanted 1 to {} servers and up to {} clients, as its scenario has",
                       *file.played.limit.servers, *file.played.limit.clients, servers, clients);
  return "";
}

}  // namespace

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
    return std::unexpected(fmt::format("{}: its scenario is refused by this build{}: {}", path,
                                       file->build.empty() ? "" : ", it was saved by " + file->build,
                                       scenario.error()));
  if (const std::string wrong = names_what_is_not_there(*file, *scenario); !wrong.empty())
    return std::unexpected(fmt::format("{}: {}", path, wrong));
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
