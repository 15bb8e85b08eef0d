// The subcommands of nomad-sim. Adding one: a file here with its function, and a line in the table of commands.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace simulator::commands {

/// What the program exits with.
enum Exit : int {
  exit_held = 0,               // every invariant held
  exit_fell = 1,               // an invariant fell
  exit_scenario = 2,           // the scenario, a file or the command line is wrong
  exit_not_deterministic = 3,  // two runs of the same choices differed
  exit_uncovered = 4,          // what a scenario requires to happen never did: the campaign proved nothing
  exit_time_over = 5,          // the time was over, or a signal came, before the work was done
};

struct Invocation {
  std::string program;                 // as it was called, for commands that are printed
  std::vector<std::string> arguments;  // after the command's name
};

struct Command {
  std::string_view name;
  std::string_view help;  // one line
  int (*carry_out)(const Invocation& invocation);
};
const std::vector<Command>& all();

/// Finds the command that the arguments name (`arguments[0]` is the program) and carries it out; what names none is
/// for `run`. The exit code.
int carry_out(const std::vector<std::string>& arguments);

/// Prints "nomad-sim NAME: ERROR" and where to look.
int refuse(std::string_view command, std::string_view error);

// One file each.
int run(const Invocation& invocation);
int replay(const Invocation& invocation);
int schema(const Invocation& invocation);
int shrink(const Invocation& invocation);
int debug(const Invocation& invocation);
int explore(const Invocation& invocation);
int gossip(const Invocation& invocation);
int mutants(const Invocation& invocation);

}  // namespace simulator::commands
