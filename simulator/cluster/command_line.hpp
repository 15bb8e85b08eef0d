// Operators at the real command line: the commands of `nomad`, run as they are, with a simulated network and clock
// beneath them.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io-sim/world.hpp"
#include "simulator/cluster/fiber.hpp"
#include "simulator/scenario/files.hpp"

namespace simulator {

class CommandLine {
 public:
  struct Ended {
    int exit = 0;
    std::string output;
    std::string errors;
  };

  /// Files are read from `files`, and from what commands have written.
  CommandLine(io_sim::World& world, const Files::Texts& files);
  ~CommandLine();

  /// Types `words` at a terminal that asks `node`; `done` hears how it ended.
  void run(const std::string& words, const std::filesystem::path& folder, io_sim::NodeId node,
           std::function<void(const Ended&)> done);

  /// A call that is not answered in this time is given up, as a user would.
  static constexpr core::Duration patience{60'000'000'000};

 private:
  struct Session;
  void go_on(std::size_t session);

  io_sim::World& world_;
  const Files::Texts& files_;
  Files::Texts written_;
  std::vector<std::unique_ptr<Session>> sessions_;  // in the order they began; null: over
};

}  // namespace simulator
