// COMPLETE: a leader's log holds every entry that was ever committed in a term before its own (Raft §5.4).
#pragma once

#include <vector>

#include "simulator/checkers/history.hpp"

namespace simulator::checkers {

class Complete final : public Checker {
 public:
  Complete(std::size_t servers, const History& history) : history_(history), checked_(servers) {}
  std::string_view invariant() const override { return "COMPLETE"; }
  std::optional<std::string> saw(const Sight& sight) override;

 private:
  struct Checked {
    std::uint64_t life = 0;
    core::raft::Term term;
    std::uint64_t length = 0;  // of the history, when it was last asked
  };
  const History& history_;
  std::vector<Checked> checked_;
};

}  // namespace simulator::checkers
