// nomad-sim explore: small exhaustive search on the real Raft.
#include <cstdio>

#include <fmt/format.h>

#include "simulator/commands/commands.hpp"
#include "simulator/commands/mutant_option.hpp"
#include "simulator/explore/explorer.hpp"
#include "simulator/options.hpp"

namespace simulator::commands {
namespace {

struct Asked {
  std::uint64_t servers = 3;
  std::uint64_t depth = 5;
  std::uint64_t kills = 1;
  std::uint64_t power_losses = 1;
  std::uint64_t proposals = 1;
  std::uint64_t losses = 1;
  std::uint64_t duplicates = 0;
  std::uint64_t delays = 1;
  std::uint64_t batch = 1;
  std::uint64_t states = 50'000'000;
  core::Duration time{};  // none: as long as it takes
  std::string mutant;
};

void declare(Options& options, Asked& asked) {
  options.number("--servers", asked.servers, "N", "so many servers (3)", 1, explore::max_servers);
  options.number("--depth", asked.depth, "N", "at most so many choices on a path (5)", 0, 100);
  options.number("--kills", asked.kills, "N", "of them, processes that end: their connections close (1)", 0, 100);
  options.number("--power-losses", asked.power_losses, "N", "machines that lose power: nobody hears of it (1)", 0, 100);
  options.number("--proposals", asked.proposals, "N", "commands given to a leader (1)", 0, 100);
  options.number("--losses", asked.losses, "N", "messages lost (1)", 0, 100);
  options.number("--duplicates", asked.duplicates, "N", "messages that arrive twice (0)", 0, 100);
  options.number("--delays", asked.delays, "N",
                 "messages held up, disks that become slow, timers that fire before all is quiet (1)", 0, 100);
  options.number("--batch", asked.batch, "N", "entries in one message (1)", 1, 64);
  options.number("--states", asked.states, "N", "give up after so many different states (50000000)", 1);
  options.duration("--time", asked.time, "T", "give up after so long");
  add_mutant_option(options, asked.mutant);
}

explore::ExploreOptions options_of(const Asked& asked) {
  const auto small = [](std::uint64_t number) { return static_cast<std::uint8_t>(number); };
  explore::ExploreOptions out;
  out.model.servers = asked.servers;
  out.model.budget = {small(asked.kills),  small(asked.power_losses), small(asked.proposals),
                      small(asked.losses), small(asked.duplicates),   small(asked.delays)};
  out.model.max_append_entries = asked.batch;
  out.depth = static_cast<unsigned>(asked.depth);
  out.max_states = asked.states;
  if (asked.time > core::Duration{}) out.deadline = std::chrono::steady_clock::now() + asked.time;
  return out;
}

void print_sum(const explore::Explored& explored) {
  fmt::print(
      "  {} states, {} transitions in {:.2f} s: {:.0f} transitions a second\n"
      "  cut: {} paths at equal states, {} choices that commute with what was done first; the longest path: {} steps\n",
      explored.states, explored.transitions, explored.seconds,
      static_cast<double>(explored.transitions) / explored.seconds, explored.equal_states, explored.commuting,
      explored.longest);
}

}  // namespace

int explore(const Invocation& invocation) {
  Asked asked;
  Options options(
      "explore [options]",
      "Tries every order of events of a few real Raft servers. The usual course (disks first, then messages,\n"
      "oldest first) costs nothing; everything else is a choice: a timer, a command, a crash, a start, a\n"
      "message lost, repeated or held up, a slow disk. All paths of at most --depth choices are tried, fewest\n"
      "first; after each event ELECT, LOGMATCH, COMPLETE, SMSAFE, QUORUM and MONO are checked.");
  declare(options, asked);
  const auto others = options.parse(invocation.arguments);
  if (!others) return refuse("explore", others.error());
  if (options.help_asked()) {
    fmt::print("{}", options.help());
    return exit_held;
  }
  if (!others->empty()) return refuse("explore", fmt::format("wants options only, found \"{}\"", others->front()));
  const explore::ExploreOptions search = options_of(asked);
  const explore::Explored explored = explore::explore(search, [](const explore::Explored& round) {
    fmt::print("  {} choices: {} states\n", round.depth, round.states);
    std::fflush(stdout);
  });
  switch (explored.end) {
    case explore::Explored::End::complete:
      fmt::print("explore: HELD on every path of at most {} choices\n", explored.depth);
      print_sum(explored);
      return exit_held;
    case explore::Explored::End::fell:
      fmt::print("explore: {} fell after {} choices: {}\n\n{}\n", explored.broken->invariant, explored.depth,
                 explored.broken->how, explore::story(search.model, explored.path));
      print_sum(explored);
      return exit_fell;
    case explore::Explored::End::time_over:
    case explore::Explored::End::too_many_states:
      fmt::print("explore: held on every path of at most {} choices; the {} for more\n", explored.depth,
                 explored.end == explore::Explored::End::time_over ? "time was over" : "states were too many");
      print_sum(explored);
      return exit_time_over;
  }
  return exit_held;
}

}  // namespace simulator::commands
