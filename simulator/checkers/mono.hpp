// MONO: term, commit index and applied index never go back within a life, nor does what a leader knows its followers
// to match within its term, and a connection that closes tells it nothing of what they lack; a term and a vote that are
// on the disk are still there in the next life, and a vote once given in a term is not given to another.
#pragma once

#include <map>
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
    std::uint64_t life = 0;
    std::uint64_t disk = 0;
    core::raft::Term term;
    core::raft::Index commit;
    std::uint64_t applied = 0;
    core::raft::HardState durable;
    core::raft::Term led;  // the term that the followers are of
    struct Follower {
      core::raft::Index match;
      core::raft::Index next;
    };
    std::map<core::raft::ServerId, Follower> followers;
  };
  static std::optional<std::string> within_a_life(const Seen& seen, const Sight& sight);
  static std::optional<std::string> over_lives(const Seen& seen, const Sight& sight);
  static std::optional<std::string> of_followers(Seen& seen, const Sight& sight);

  std::vector<Seen> seen_;
};

}  // namespace simulator::checkers
