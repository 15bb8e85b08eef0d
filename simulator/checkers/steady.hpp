// STEADY: a leader that is together with a majority of the voters is not deposed: nobody outside of that core, however
// often it comes and goes, begins a term that costs the core its leader (Raft thesis §9.6).
#pragma once

#include <vector>

#include "simulator/checkers/checker.hpp"
#include "simulator/checkers/health.hpp"

namespace simulator::checkers {

class Steady final : public Checker {
 public:
  Steady(std::size_t servers, const Health& health) : health_(health), led_(servers), ids_(servers) {}
  std::string_view invariant() const override { return "STEADY"; }
  std::optional<std::string> saw(const Sight& sight) override;

  /// How long a core must have been whole: longer than it takes to notice what went wrong before.
  static constexpr core::Duration calm{20'000'000'000};

 private:
  struct Led {
    std::uint64_t life = 0;
    core::raft::Term term;  // zero: it did not lead
    TrueTime since;
  };
  const Health& health_;
  std::vector<Led> led_;
  std::vector<std::string> ids_;
};

}  // namespace simulator::checkers
