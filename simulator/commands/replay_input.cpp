#include "simulator/commands/replay_input.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "simulator/commands/commands.hpp"
#include "simulator/commands/mutant_option.hpp"
#include "simulator/scenario/swarm.hpp"
#include "simulator/search/purposes.hpp"

namespace simulator::commands {

namespace {

// Where the stream stands: "line 7".
std::string place_of(const search::ReplayFile& file, const std::string& stream) {
  const auto line = file.lines.streams.find(stream);
  return fmt::format("line {}", line == file.lines.streams.end() ? file.lines.packed : line->second);
}

std::string names_what_nobody_draws(const search::ReplayFile& file) {
  for (const auto& [name, values] : file.played.choices) {
    const std::string_view purpose = std::string_view(name).substr(0, name.find('/'));
    if (std::find(search::purposes.begin(), search::purposes.end(), purpose) == search::purposes.end())
      return fmt::format("{}: found the stream {}, wanted one that runs draw from: {}", place_of(file, name), name,
                         one_of({search::purposes.begin(), search::purposes.end()}));
  }
  return "";
}

// Empty, or which operation or how many nodes the scenario does not have.
std::string names_what_is_not_there(const search::ReplayFile& file, const Scenario& scenario) {
  const std::size_t entries = scenario.timeline.size() + scenario.nemeses.size();
  for (const Operation& operation : file.played.only.value_or(Operations{}))
    if (operation.entry >= entries)
      return fmt::format("line {}: found the operation {}, wanted one of the {} entries of its scenario, from 0",
                         file.lines.operations, text_of(operation), entries);
  const std::size_t servers = scenario.cluster.most_servers();
  const std::size_t clients = scenario.cluster.most_clients();
  if (file.played.limit.servers.value_or(1) < 1 || file.played.limit.servers.value_or(1) > servers ||
      file.played.limit.clients.value_or(0) > clients)
    return fmt::format("line {}: found nodes {} {}, wanted 1 to {} servers and up to {} clients, as its scenario has",
                       file.lines.nodes, *file.played.limit.servers, *file.played.limit.clients, servers, clients);
  return names_what_nobody_draws(file);
}

// With the dials of its swarm as the file's choices turn them.
std::string names_what_is_not_there(const ReplayInput& input) {
  io_sim::Choices choices(input.file.played.choices);
  const auto turned = drawn(input.scenario, choices);
  return names_what_is_not_there(input.file, turned ? *turned : input.scenario);
}

}  // namespace

std::expected<ReplayInput, std::string> read_replay_input(const std::string& path) {
  std::error_code ignored;
  const bool is_file = std::filesystem::is_regular_file(path, ignored);
  std::ifstream in;
  if (is_file) in.open(path, std::ios::binary | std::ios::ate);
  if (!is_file || !in || in.tellg() < 0)
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
  ReplayInput out{std::move(*file), std::move(*scenario)};
  if (const std::string wrong = names_what_is_not_there(out); !wrong.empty())
    return std::unexpected(fmt::format("{}: {}", path, wrong));
  if (!out.file.mutant.empty() && !switch_mutant_on(out.file.mutant))
    return std::unexpected(
        fmt::format("{}: found a run with the known bug {}, wanted the build that has it: cmake --preset mutants", path,
                    out.file.mutant));
  return out;
}

void warn_of_unasked(const std::string& path, const search::ReplayFile& file, const RunResult& result) {
  constexpr std::size_t most = 5;
  std::fflush(stdout);
  for (std::size_t i = 0; i < std::min(most, result.unasked.size()); ++i)
    fmt::print(stderr, "{}: {}: warning: this run did not come to the stream {}\n", path,
               place_of(file, result.unasked[i]), result.unasked[i]);
  if (result.unasked.size() > most)
    fmt::print(stderr, "{}: warning: nor to {} more\n", path, result.unasked.size() - most);
}

int refuse_file(const std::string& error) {
  std::fflush(stdout);
  fmt::print(stderr, "{}\n", error);
  return exit_scenario;
}

}  // namespace simulator::commands
