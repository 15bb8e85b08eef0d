// DURABLE: what a server's disk has confirmed is in its log when it starts again, whatever ended it. (That whole
// acknowledged writes are there is LIN's.)
#pragma once

#include <vector>

#include "simulator/checkers/checker.hpp"

namespace simulator::checkers {

class Durable final : public Checker {
 public:
  explicit Durable(std::size_t servers) : confirmed_(servers) {}
  std::string_view invariant() const override { return "DURABLE"; }
  std::optional<std::string> saw(const Sight& sight) override;

 private:
  struct Confirmed {
    std::uint64_t disk = 0;
    std::uint64_t life = 0;
    core::raft::Index index;
    core::raft::Term term;     // of the entry there
    core::raft::Term current;  // the server's
  };
  std::vector<Confirmed> confirmed_;
};

}  // namespace simulator::checkers
