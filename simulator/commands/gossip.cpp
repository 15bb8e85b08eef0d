// nomad-sim gossip: drawn histories of small pools of the real gossip, nothing else around them.
#include <cstdio>

#include <fmt/format.h>

#include "simulator/commands/commands.hpp"
#include "simulator/commands/mutant_option.hpp"
#include "simulator/options.hpp"
#include "simulator/property/gossip_hunt.hpp"

namespace simulator::commands {

int gossip(const Invocation& invocation) {
  std::uint64_t first = 1;
  std::uint64_t seeds = 200;
  std::uint64_t operations = 12;
  std::string mutant;
  Options options(
      "gossip [options]",
      "Pools of 3 to 8 members, to each of which a drawn history happens: starts, kills, leaves, forced\n"
      "leaves, partitions, loss, members that stand still. LEFT and NOFALSE are checked all the time, VIEW,\n"
      "RATE and LEFT once more when the faults are over. A history in which a law falls is cut down.");
  options.number("--seed", first, "N", "the first seed (1)");
  options.number("--seeds", seeds, "N", "so many histories (200)", 1);
  options.number("--operations", operations, "N", "operations in a history, at most (12)", 1, 1000);
  add_mutant_option(options, mutant);
  const auto others = options.parse(invocation.arguments);
  if (!others) return refuse("gossip", others.error());
  if (options.help_asked()) {
    fmt::print("{}", options.help());
    return exit_held;
  }
  if (!others->empty()) return refuse("gossip", fmt::format("wants options only, found \"{}\"", others->front()));
  for (std::uint64_t seed = first; seed - first < seeds; ++seed) {
    const auto history = property::GossipHistory::drawn(seed, operations);
    if (property::run(history).empty()) continue;
    const auto small = property::cut_down(history);
    fmt::print("gossip: {}\n\nseed {}, {} members, {} of {} operations:\n{}", property::run(small), seed, small.members,
               small.operations.size(), history.operations.size(), property::story(small));
    return exit_fell;
  }
  fmt::print("gossip: HELD in {} histories\n", seeds);
  return exit_held;
}

}  // namespace simulator::commands
