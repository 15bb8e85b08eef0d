// SIGINT and SIGTERM while a campaign goes on: the first one asks it to end with what it has, a second one kills.
#pragma once

#include <atomic>

namespace simulator::commands {

/// The signals set the flag for as long as this lives. One at a time: signals belong to the process.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  const std::atomic<bool>& flag() const;
};

}  // namespace simulator::commands
