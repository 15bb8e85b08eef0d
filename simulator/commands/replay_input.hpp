// A replay file from the disk, with its scenario read and its known bug switched on: ready to run.
#pragma once

#include <expected>
#include <string>

#include "simulator/search/replay_file.hpp"

namespace simulator::commands {

struct ReplayInput {
  search::ReplayFile file;
  Scenario scenario;
};

/// The error is the whole line to print.
std::expected<ReplayInput, std::string> read_replay_input(const std::string& path);

/// Tells of choices that the run did not come to, which is what a slip of the pen looks like.
void warn_of_unasked(const std::string& path, const search::ReplayFile& file, const RunResult& result);

/// Prints the line; the exit code for a file that is wrong.
int refuse_file(const std::string& error);

}  // namespace simulator::commands
