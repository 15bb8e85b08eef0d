// IMMUTABLE: a committed entry that is on a server's disk stays in its log, over all its lives.
#pragma once

#include <vector>

#include "simulator/checkers/history.hpp"

namespace simulator::checkers {

class Immutable final : public Checker {
 public:
  Immutable(std::size_t servers, const History& history) : history_(history), kept_(servers) {}
  std::string_view invariant() const override { return "IMMUTABLE"; }
  std::optional<std::string> saw(const Sight& sight) override;

 private:
  struct Kept {
    std::uint64_t disk = 0;   // another number is another disk
    core::raft::Index index;  // the last one that is committed, and was durable here
  };
  const History& history_;
  std::vector<Kept> kept_;
};

}  // namespace simulator::checkers
