// `nomad agent`: the configuration, the shell around the pure agent, and what the operator sees of it.
#pragma once

#include <span>
#include <string>

namespace agent::daemon {

/// Runs until the agent exits, and returns the process's exit code. `arguments` are those after `agent`.
int run(std::span<const std::string> arguments);

}  // namespace agent::daemon
