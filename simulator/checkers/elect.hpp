// ELECT: at most one leader a term, over all lives of all servers; and each was elected by votes that are on the disks
// of a majority of the voters, where no crash can take them back.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "simulator/checkers/checker.hpp"

namespace simulator::checkers {

class Elect final : public Checker {
 public:
  /// Of no servers: votes are not looked at, for want of knowing all servers at every moment.
  explicit Elect(std::size_t servers = 0) : disks_(servers) {}
  std::string_view invariant() const override { return "ELECT"; }
  std::optional<std::string> saw(const Sight& sight) override;

 private:
  struct Disk {
    std::string id;
    core::raft::HardState hard_state;  // as it last was, durably
  };
  std::size_t votes_on_disks(const Sight& sight) const;

  std::map<core::raft::Term, std::string> leaders_;  // by the server's name
  std::vector<Disk> disks_;
};

}  // namespace simulator::checkers
