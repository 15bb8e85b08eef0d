// HEAL, of leaders: one that reaches no majority of the voters both ways does not go on leading, or nobody else can
// (Raft thesis §6.2): its followers may hear it for ever, and nothing is ever committed.
#pragma once

#include <vector>

#include "simulator/checkers/checker.hpp"
#include "simulator/checkers/health.hpp"

namespace simulator::checkers {

class Reach final : public Checker {
 public:
  explicit Reach(std::size_t servers) : alone_(servers) {}
  std::string_view invariant() const override { return "HEAL"; }
  std::optional<std::string> at_intervals(const Round& round) override;

  /// How long it may take a leader to notice: some election timeouts, at a multiplier of 1.
  static constexpr core::Duration patience{8'000'000'000};

 private:
  struct Alone {
    std::uint64_t life = 0;
    core::raft::Term term;
    TrueTime since = TrueTime::never();  // while it reaches a majority
  };
  std::vector<Alone> alone_;
};

}  // namespace simulator::checkers
