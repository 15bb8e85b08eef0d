// nomad: the agent and the operator's commands in one program.
#include <cstring>
#include <string>
#include <vector>

#include "agent/cli/cli.hpp"
#include "agent/daemon/daemon.hpp"
#include "io-real/host/supervise.hpp"

int main(int argc, char** argv) {
  // A task's supervisor is this program under another name: it must stay small, so it goes first.
  if (argc > 1 && std::strcmp(argv[1], io_real::host::supervise_argument) == 0)
    return io_real::host::supervise_main(argc, argv);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments[0] == "agent") return agent::daemon::run(std::span(arguments).subspan(1));
  agent::cli::Streams streams = agent::cli::real_streams();
  return agent::cli::run(arguments, streams);
}
