// Clients of registers: each register is a job that places nothing and carries one value, written, set on a condition
// and read over and over, through whatever server a client happens to ask. What they are told must be linearizable
// (LIN, checkers/linear.hpp).
//
// A client has one wish at a time. A wish without an answer in time is given up: a write may have happened all the
// same, or happen yet, and its value is never written again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "simulator/checkers/linear.hpp"
#include "simulator/cluster/cluster.hpp"
#include "simulator/coverage/coverage.hpp"
#include "simulator/scenario/scenario.hpp"

namespace simulator {

class Registers {
 public:
  Registers(Cluster& cluster, const RegisterPlan& plan, io_sim::Choices& choices);

  /// Puts the clients' first wishes into the world's queue.
  void begin();
  /// From now on each register is read once more, and that is all.
  void end() { ended_ = true; }
  /// A register that has not been read since the end; nothing when all were.
  std::optional<std::string> unread() const;
  /// What was not linearizable, in a sentence.
  const std::optional<std::string>& fallen() const { return fallen_; }
  const coverage::Coverage& coverage() const { return coverage_; }
  std::uint64_t operations() const { return linear_.operations(); }

 private:
  enum class Wish { read, read_stale, write, set };
  struct Asked {
    Wish wish = Wish::read;
    std::string key;
    std::string value;                              // to be written
    std::optional<checkers::Linear::Version> held;  // a set: the version it is to take the place of
    checkers::Linear::Began began;
    bool last = false;  // of its register
  };
  struct Client {
    std::string name;
    io_sim::Stream chance;
    std::uint64_t wishes = 0;
    bool waits = false;                           // for the answer to the last of them
    std::vector<checkers::Linear::Version> seen;  // by register: the newest it was told of
  };

  void next(std::size_t number);
  void pause(std::size_t number);
  static std::string key(std::size_t which);
  Asked wish(Client& client, std::size_t which);
  std::optional<NodeId> some_server(Client& client) const;
  void answered(Client& client, std::size_t which, const Asked& asked, const core::world::ApiAnswered& answer);
  std::optional<std::string> judge_read(Client& client, std::size_t which, const Asked& asked,
                                        const core::world::ApiAnswered& answer);
  std::optional<std::string> judge_write(Client& client, std::size_t which, const Asked& asked,
                                         const core::world::ApiAnswered& answer);

  Cluster& cluster_;
  const RegisterPlan& plan_;
  std::vector<bool> read_last_;  // by register
  double reads_ = 0, stale_ = 0, conditional_ = 0;
  std::vector<Client> clients_;
  checkers::Linear linear_;
  coverage::Coverage coverage_;
  std::optional<std::string> fallen_;
  bool ended_ = false;
};

}  // namespace simulator
