// STATEHASH: servers that have applied the same index have the same state.
#pragma once

#include <vector>

#include "simulator/checkers/checker.hpp"

namespace simulator::checkers {

class StateHash final : public Checker {
 public:
  std::string_view invariant() const override { return "STATEHASH"; }
  std::optional<std::string> saw(const Sight& sight) override;

 private:
  struct At {
    bool known = false;
    std::uint64_t hash = 0;
    std::string server;
  };
  std::vector<At> by_index_;
};

}  // namespace simulator::checkers
