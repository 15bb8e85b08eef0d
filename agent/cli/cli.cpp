#include "agent/cli/cli.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "agent/cli/commands.hpp"

namespace agent::cli {
namespace {

constexpr int no_such_command = 127;

/// The commands under `family` ("" for all), one line each.
std::string list_under(std::string_view family) {
  std::vector<Row> rows;
  for (const auto& command : commands()) {
    auto name = command.name;
    if (!family.empty()) {
      if (!name.starts_with(family) || name.size() <= family.size() || name[family.size()] != ' ') continue;
      name.remove_prefix(family.size() + 1);
    }
    if (!command.listed || name.find(' ') != std::string_view::npos) continue;
    rows.push_back({std::string(name), std::string(command.synopsis)});
  }
  std::string out;
  for (const auto& line : lines_of(format_table(rows))) out += "    " + line + "\n";
  return out;
}

std::string general_help() {
  return "Usage: nomad [-version] [-help] <command> [args]\n\nCommands:\n" + list_under("") +
         "\nTry 'nomad <command> -help' for what a command does and takes.\n";
}

std::string family_help(const Command& family) {
  return fmt::format("Usage: nomad {} {}\n\n{}.\n\nSubcommands:\n{}\nTry 'nomad {} <subcommand> -help' for more.\n",
                     family.name, family.arguments, family.synopsis, list_under(family.name), family.name);
}

bool is_help(std::string_view arg) { return arg == "-h" || arg == "-help" || arg == "--help"; }
bool is_version(std::string_view arg) { return arg == "-v" || arg == "-version" || arg == "--version"; }

struct Named {
  const Command* command;
  std::size_t words;  // of its name
};

/// The command with the longest name that the arguments begin with.
std::optional<Named> find(std::span<const std::string> args) {
  constexpr std::size_t most_words = 4;
  std::string name;
  std::optional<Named> found;
  for (std::size_t i = 0; i < std::min(args.size(), most_words); ++i) {
    name += (i == 0 ? "" : " ") + args[i];
    if (const auto* command = find_command(name)) found = Named{command, i + 1};
  }
  return found;
}

}  // namespace

int run(std::span<const std::string> args, Streams& io) {
  const auto end_of_flags = std::ranges::find(args, "--");
  const bool wants_help = std::any_of(args.begin(), end_of_flags, is_help);
  while (!args.empty() && args[0].starts_with('-')) {
    if (is_version(args[0])) {
      Call call(*find_command("version"), {}, io);
      return version(call);
    }
    if (!is_help(args[0])) break;
    args = args.subspan(1);
  }
  const auto named = find(args);
  if (!named) {
    if (wants_help && args.empty()) {
      io.out(general_help());
      return 0;
    }
    io.err(general_help());
    return no_such_command;
  }
  const Command& command = *named->command;
  if (!command.run) {
    (wants_help ? io.out : io.err)(family_help(command));
    return wants_help ? 0 : 1;
  }
  static const std::string help = "-help";
  Call call(command, wants_help ? std::span(&help, 1) : args.subspan(named->words), io);
  return command.run(call);
}

}  // namespace agent::cli
