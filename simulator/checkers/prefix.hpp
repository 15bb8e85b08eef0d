// PREFIX: what a snapshot has taken the place of <= applied <= committed <= in the log, after every step.
#pragma once

#include "simulator/checkers/checker.hpp"

namespace simulator::checkers {

class Prefix final : public Checker {
 public:
  std::string_view invariant() const override { return "PREFIX"; }
  std::optional<std::string> saw(const Sight& sight) override;
};

}  // namespace simulator::checkers
