// ELECT: at most one leader a term, over all lives of all servers.
#pragma once

#include <map>

#include "simulator/checkers/checker.hpp"

namespace simulator::checkers {

class Elect final : public Checker {
 public:
  std::string_view invariant() const override { return "ELECT"; }
  std::optional<std::string> saw(const Sight& sight) override;

 private:
  std::map<core::raft::Term, std::string> leaders_;  // by the server's name
};

}  // namespace simulator::checkers
