// nomad-sim shrink: cuts a kept run down further.
#include <cstdio>

#include <fmt/format.h>

#include "simulator/commands/commands.hpp"
#include "simulator/commands/replay_input.hpp"
#include "simulator/options.hpp"
#include "simulator/search/keep.hpp"

namespace simulator::commands {

int shrink(const Invocation& invocation) {
  core::Duration time{60'000'000'000};
  std::string out;
  Options options("shrink FILE [options]",
                  "Cuts the run of a replay file down: fewer operations, nodes and choices, as long as the same "
                  "invariant falls.");
  options.duration("--time", time, "T", "stop after this long (60s)", core::Duration{1});
  options.text("--out", out, "FILE", "write the smaller run to FILE, not to where it came from");
  const auto files = options.parse(invocation.arguments);
  if (!files) return refuse("shrink", files.error());
  if (options.help_asked()) {
    fmt::print("{}", options.help());
    return exit_held;
  }
  if (files->size() != 1) return refuse("shrink", "wants one replay file");
  const auto input = read_replay_input(files->at(0));
  if (!input) return refuse_file(input.error());
  const auto kept = search::keep_smaller(input->file, input->scenario, out.empty() ? files->at(0) : out, time);
  if (!kept) return refuse_file(fmt::format("{}: {}", files->at(0), kept.error()));
  fmt::print("{}: {}\n  replay: {} replay {}\n", kept->path, kept->summary, invocation.program, kept->path);
  return exit_held;
}

}  // namespace simulator::commands
