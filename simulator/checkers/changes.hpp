// QUORUM, of the configuration's own changes: at most one is under way, and a leader begins none before it has
// committed an entry of its own term (Raft thesis §4.1, and Ongaro's correction of July 2015): else two quorums need
// not overlap.
#pragma once

#include <vector>

#include "simulator/checkers/checker.hpp"

namespace simulator::checkers {

class Changes final : public Checker {
 public:
  explicit Changes(std::size_t servers) : seen_(servers) {}
  std::string_view invariant() const override { return "QUORUM"; }
  std::optional<std::string> saw(const Sight& sight) override;

 private:
  struct Seen {
    std::uint64_t life = 0;
    core::raft::Index index;  // of the configuration in force
  };
  std::vector<Seen> seen_;
};

}  // namespace simulator::checkers
