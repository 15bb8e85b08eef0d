// nomad-sim gossip: drawn histories of small pools of the real gossip, nothing else around them.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "simulator/commands/commands.hpp"
#include "simulator/commands/mutant_option.hpp"
#include "simulator/commands/replay_input.hpp"
#include "simulator/options.hpp"
#include "simulator/property/gossip_hunt.hpp"

namespace simulator::commands {
namespace {

constexpr std::size_t most_told = 40;
constexpr std::size_t most_file_bytes = 1 << 20;

struct Settings {
  std::uint64_t first = 1;
  std::uint64_t seeds = 200;
  std::uint64_t operations = 12;
  core::Duration shrink_time{20'000'000'000};
  std::string history;
  std::string mutant;
};

void declare(Options& options, Settings& settings) {
  options.number("--seed", settings.first, "N", "the first seed (1)");
  options.number("--seeds", settings.seeds, "N", "so many histories (200)", 1);
  options.number("--operations", settings.operations, "N", "operations in a history, at most (12)", 1, 1000);
  options.duration("--shrink-time", settings.shrink_time, "T", "cut what fell down for so long (20s; 0: do not)");
  options.text("--history", settings.history, "FILE", "run this history, as it was printed, and no other");
  add_mutant_option(options, settings.mutant);
}

property::GossipHistory cut_down(const property::GossipHistory& history, core::Duration time) {
  const auto end = std::chrono::steady_clock::now() + time;
  const std::string law = property::law_of(property::run(history));
  return property::cut_down(history, [&](const property::GossipHistory& smaller) {
    return std::chrono::steady_clock::now() < end && property::law_of(property::run(smaller)) == law;
  });
}

int run_again(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return refuse_file(fmt::format("{}: cannot be read", path));
  const std::string text(std::istreambuf_iterator<char>(file), {});
  if (text.size() > most_file_bytes) return refuse_file(fmt::format("{}: is too large for a history", path));
  const auto history = property::GossipHistory::parse(text);
  if (!history) return refuse_file(fmt::format("{}: {}", path, history.error()));
  const std::string fallen = property::run(*history);
  fmt::print("gossip: {}\n\nwhat happened:\n{}", fallen.empty() ? "HELD in this history" : fallen,
             property::story(*history, most_told));
  return fallen.empty() ? exit_held : exit_fell;
}

int hunt(const Settings& settings) {
  for (std::uint64_t seed = settings.first; seed - settings.first < settings.seeds; ++seed) {
    const auto history = property::GossipHistory::drawn(seed, settings.operations);
    if (property::run(history).empty()) continue;
    const auto small = cut_down(history, settings.shrink_time);
    fmt::print("gossip: {}\n\nwhat happened:\n{}\n", property::run(small), property::story(small, most_told));
    fmt::print("the history, cut down from {} operations to {}; gossip --history FILE runs it again:\n\n{}",
               history.operations.size(), small.operations.size(), property::text(small));
    return exit_fell;
  }
  fmt::print("gossip: HELD in {} histories\n", settings.seeds);
  return exit_held;
}

}  // namespace

int gossip(const Invocation& invocation) {
  Settings settings;
  Options options(
      "gossip [options]",
      "Pools of 3 to 8 members, to each of which a drawn history happens: starts, kills, leaves, forced\n"
      "leaves, partitions, loss, members that stand still. LEFT and NOFALSE are checked all the time, VIEW,\n"
      "RATE and LEFT once more when the faults are over. A history in which a law falls is cut down.");
  declare(options, settings);
  const auto others = options.parse(invocation.arguments);
  if (!others) return refuse("gossip", others.error());
  if (options.help_asked()) {
    fmt::print("{}", options.help());
    return exit_held;
  }
  if (!others->empty()) return refuse("gossip", fmt::format("wants options only, found \"{}\"", others->front()));
  return settings.history.empty() ? hunt(settings) : run_again(settings.history);
}

}  // namespace simulator::commands
