// LOGMATCH: two logs that have the same term at an index are equal up to there. Each entry is hashed together with
// all before it; equal (index, term) must have equal hashes, over all servers and all of the run.
#pragma once

#include <vector>

#include "simulator/checkers/checker.hpp"

namespace simulator::checkers {

class LogMatch final : public Checker {
 public:
  explicit LogMatch(std::size_t servers) : logs_(servers) {}
  std::string_view invariant() const override { return "LOGMATCH"; }
  std::optional<std::string> saw(const Sight& sight) override;

 private:
  struct Mine {
    core::raft::Term term;
    core::raft::Payload payload;  // held, so that its address stays its own
    std::uint64_t chain = 0;
  };
  struct Known {
    core::raft::Term term;
    std::uint64_t chain = 0;
    std::size_t server = 0;
  };
  struct Server {
    std::uint64_t life = 0;
    std::uint64_t base = 0;        // the last index that a snapshot has taken the place of
    std::uint64_t base_chain = 0;  // the hash up to there
    std::vector<Mine> entries;     // [0] is index base + 1
    std::string name;
  };
  /// The log begins later now. False when nobody ever had what it says to begin after.
  bool move_base(Server& mine, const core::raft::Log& log) const;
  const Known* find(std::uint64_t index, core::raft::Term term) const;

  std::vector<Server> logs_;
  std::vector<std::vector<Known>> known_;  // by index - 1: one for each term seen there
};

}  // namespace simulator::checkers
