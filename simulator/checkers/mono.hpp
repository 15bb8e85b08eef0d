// MONO: term, commit index and applied index never go back within a life; a term and a vote that are on the disk
// are still there in the next life, and a vote once given in a term is not given to another.
#pragma once

#include <string>
#include <vector>

#include "simulator/checkers/checker.hpp"

namespace simulator::checkers {

class Mono final : public Checker {
 public:
  explicit Mono(std::size_t servers) : seen_(servers) {}
  std::string_view invariant() const override { return "MONO"; }
  std::optional<std::string> saw(const Sight& sight) override;

 private:
  struct Seen {
    std::string id;  // of the server
    std::uint64_t life = 0;
    core::raft::Term term;
    core::raft::Index commit;
    std::uint64_t applied = 0;
    core::raft::HardState durable;
  };
  std::vector<Seen> seen_;
};

}  // namespace simulator::checkers
