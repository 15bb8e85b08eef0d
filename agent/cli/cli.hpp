// The command line: everything but `nomad agent` itself.
#pragma once

#include <span>
#include <string>

#include "agent/cli/streams.hpp"

namespace agent::cli {

/// Carries out `nomad ARGS...` (without the program's name) and returns the exit code: that of the command; 0 after
/// help that was asked for; 127 when there is no such command, or none was named.
int run(std::span<const std::string> args, Streams& io);

}  // namespace agent::cli
