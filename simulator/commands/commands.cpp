#include "simulator/commands/commands.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include "simulator/scenario/problem.hpp"
#include "simulator/search/build_id.hpp"

namespace simulator::commands {
namespace {

void print_help() {
  fmt::print(
      "nomad-sim: whole clusters of real agents in one process, from one seed\n\n"
      "Usage: nomad-sim [run] SCENARIO... [options]\n"
      "       nomad-sim COMMAND [options]\n\n"
      "Commands\n");
  for (const Command& command : all()) fmt::print("  {:<10}{}\n", command.name, command.help);
  fmt::print(
      "\nnomad-sim COMMAND --help tells more of each; --version names the build.\n\n"
      "Exit codes\n"
      "  0  every invariant held                         3  two runs of the same choices differed\n"
      "  1  an invariant fell                            4  no run of a campaign met what is required\n"
      "  2  a scenario, file or command line is wrong    5  ended by the time or a signal before the work was done\n");
}

const Command* find(std::string_view name) {
  const auto found = std::find_if(all().begin(), all().end(), [&](const Command& c) { return c.name == name; });
  return found == all().end() ? nullptr : &*found;
}

// A word that is no file was most likely to be a command.
bool is_misspelt_command(const std::string& word, std::string& near) {
  std::error_code ignored;
  if (word.starts_with('-') || word.find_first_of("./") != std::string::npos) return false;
  if (std::filesystem::exists(word, ignored)) return false;
  std::vector<std::string_view> names;
  for (const Command& command : all()) names.push_back(command.name);
  near = nearest(word, names);
  return true;
}

// The command that an option stands before, unless a file is called so.
const Command* named_late(const std::vector<std::string>& arguments) {
  if (!arguments[1].starts_with('-')) return nullptr;
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    std::error_code ignored;
    const Command* const command = find(arguments[i]);
    if (command != nullptr && !std::filesystem::exists(arguments[i], ignored)) return command;
  }
  return nullptr;
}

}  // namespace

const std::vector<Command>& all() {
  static const std::vector<Command> table{
      {"run", "runs scenarios from seeds, and checks every invariant throughout", run},
      {"replay", "runs again what a failing run left, or what `nomad agent -record` recorded", replay},
      {"schema", "prints the JSON Schema of scenarios, for editors", schema},
      {"shrink", "cuts a replay file down further", shrink},
      {"debug", "goes forth and back in a run, shows what is where, and tries other futures", debug},
      {"explore", "tries every order of events of a few Raft servers, up to so many choices", explore},
      {"gossip", "draws histories of small gossip pools, and checks their laws", gossip},
      {"mutants", "looks for known bugs that are put in on purpose (preset mutants)", mutants},
  };
  return table;
}

int refuse(std::string_view command, std::string_view error) {
  std::fflush(stdout);
  fmt::print(stderr, "nomad-sim {}: {}\nTry nomad-sim {} --help.\n", command, error, command);
  return exit_scenario;
}

int carry_out(const std::vector<std::string>& arguments) {
  Invocation invocation{arguments.empty() ? "nomad-sim" : arguments[0], {}};
  if (arguments.size() < 2) {
    fmt::print(stderr, "nomad-sim: no scenario is named\nTry nomad-sim --help.\n");
    return exit_scenario;
  }
  const std::string& first = arguments[1];
  if (first == "--help" || first == "-help" || first == "-h" || first == "help") {
    print_help();
    return exit_held;
  }
  if (first == "--version" || first == "-version") {
    fmt::print("nomad-sim v{} (build {})\n", NOMAD_VERSION, search::build_id());
    return exit_held;
  }
  if (const Command* const late = named_late(arguments)) {
    fmt::print(stderr, "nomad-sim: found the command {0} after an option, wanted it first: nomad-sim {0} ...\n",
               late->name);
    return exit_scenario;
  }
  const Command* const command = find(first);
  invocation.arguments.assign(arguments.begin() + (command == nullptr ? 1 : 2), arguments.end());
  if (command != nullptr) return command->carry_out(invocation);
  if (std::string near; is_misspelt_command(first, near)) {
    fmt::print(stderr, "nomad-sim: no command and no scenario \"{}\"{}\nTry nomad-sim --help.\n", first,
               near.empty() ? "" : fmt::format(" (did you mean {}?)", near));
    return exit_scenario;
  }
  return run(invocation);
}

}  // namespace simulator::commands
