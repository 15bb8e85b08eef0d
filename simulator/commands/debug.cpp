// nomad-sim debug: time travel in one run, by hand or by script.
#include <cstdio>
#include <iostream>

#include <fmt/format.h>
#include <unistd.h>

#include "simulator/commands/commands.hpp"
#include "simulator/commands/mutant_option.hpp"
#include "simulator/commands/replay_input.hpp"
#include "simulator/debug/inspector.hpp"
#include "simulator/debug/session.hpp"
#include "simulator/options.hpp"
#include "simulator/search/keep.hpp"

namespace simulator::commands {
namespace {

// The run that is looked at: of a replay file, or of a scenario and a seed.
struct Subject {
  std::optional<ReplayInput> replayed;
  std::optional<Scenario> scenario;
  std::uint64_t seed = 1;
  std::string mutant;  // that is switched on

  void play(debug::Channel channel) const {
    const Scenario& played = replayed ? replayed->scenario : *scenario;
    debug::Inspector inspector(std::move(channel), [&](const RunResult& result) {
      return search::replay_text(played, result, replayed ? replayed->file.mutant : mutant);
    });
    RunOptions options = replayed ? search::options_for(replayed->file.played) : RunOptions{.seed = seed};
    options.visitor = &inspector;
    options.record = true;
    run_once(played, options);
  }
};

// The error is the whole line to print.
std::expected<Subject, std::string> read_subject(const std::string& path, std::uint64_t seed,
                                                 const std::string& mutant) {
  Subject out;
  out.seed = seed;
  out.mutant = mutant;
  if (path.ends_with(".yaml") || path.ends_with(".yml")) {
    auto scenario = load_scenario(path);
    if (!scenario) return std::unexpected(scenario.error());
    out.scenario.emplace(std::move(*scenario));
  } else {
    auto input = read_replay_input(path);
    if (!input) return std::unexpected(input.error());
    out.replayed.emplace(std::move(*input));
  }
  return out;
}

// Whether there is to be another command.
bool carry_out(debug::Session& session, const std::string& line, int& exit) {
  const debug::Session::Outcome outcome = session.carry_out(line);
  if (outcome.wrong) {
    fmt::print("{}\n", outcome.text);
    exit = exit_scenario;
  } else {
    fmt::print("{}", outcome.text);
  }
  std::fflush(stdout);
  return !outcome.quit;
}

int converse(debug::Session& session) {
  const bool terminal = ::isatty(STDIN_FILENO) != 0;
  int exit = exit_held;
  if (terminal) fmt::print("{}\n", debug::Session::help());
  for (std::string line;;) {
    if (terminal) fmt::print("{}> ", session.where());
    std::fflush(stdout);
    if (!std::getline(std::cin, line)) break;
    if (!terminal) fmt::print("> {}\n", line);
    // By hand a slip is put right at once; only a script fails of it.
    int wrong = exit_held;
    const bool goes_on = carry_out(session, line, wrong);
    if (!terminal) exit = std::max(exit, wrong);
    if (!goes_on) break;
  }
  return exit;
}

}  // namespace

int debug(const Invocation& invocation) {
  std::uint64_t seed = 1;
  std::string mutant;
  std::vector<std::string> commands;
  Options options(
      "debug FILE [options]",
      "Time travel in the run of a replay file, or of a scenario (.yaml) and a seed: forth and back to any\n"
      "event, every node's state, what brought an event about, and other futures. Reads commands from the\n"
      "terminal, from its input, or from --command; `help` lists them.");
  options.number("--seed", seed, "N", "of a scenario (1)");
  options.custom("--command", "TEXT", "carry this out, and no more is read; may be given again",
                 [&](const std::string& text) {
                   commands.push_back(text);
                   return std::string();
                 });
  add_mutant_option(options, mutant);
  const auto files = options.parse(invocation.arguments);
  if (!files) return refuse("debug", files.error());
  if (options.help_asked()) {
    fmt::print("{}\nCommands\n{}", options.help(), debug::Session::help());
    return exit_held;
  }
  if (files->size() != 1) return refuse("debug", "wants one replay file or scenario");
  const auto subject = read_subject(files->at(0), seed, mutant);
  if (!subject) return refuse_file(subject.error());
  if (subject->replayed && options.given("--seed"))
    return refuse("debug", "--seed is for scenarios: a replay file has its choices");
  debug::Session session([&](debug::Channel channel) { subject->play(std::move(channel)); });
  if (commands.empty()) return converse(session);
  int exit = exit_held;
  for (const std::string& command : commands) {
    fmt::print("> {}\n", command);
    if (!carry_out(session, command, exit)) break;
  }
  return exit;
}

}  // namespace simulator::commands
