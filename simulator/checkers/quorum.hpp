// QUORUM: what a leader takes for committed is on the disks of a quorum of the configuration in force. Disks count,
// not processes: a server that is down still holds what it had. What it decides itself is of its own term (Raft
// §5.4.2).
#pragma once

#include <string>
#include <vector>

#include "simulator/checkers/checker.hpp"

namespace simulator::checkers {

class Quorum final : public Checker {
 public:
  explicit Quorum(std::size_t servers) : disks_(servers), leading_(servers) {}
  std::string_view invariant() const override { return "QUORUM"; }
  std::optional<std::string> saw(const Sight& sight) override;

 private:
  struct Disk {
    std::uint64_t disk = 0;  // another number is another disk
    std::string id;
    std::uint64_t base = 0;               // the last index that a snapshot has taken the place of
    std::vector<core::raft::Term> terms;  // of the durable entries; [0] is index base + 1
  };
  // A server when it last did not lead.
  struct Leading {
    std::uint64_t life = 0;
    core::raft::Term term;
    core::raft::Index commit;
  };
  void look_at_disk(const Sight& sight);
  core::raft::Index commit_when_elected(const Sight& sight) const;
  bool holds(const core::raft::Configuration& configuration, core::raft::Index index, core::raft::Term term,
             std::size_t& copies) const;

  std::vector<Disk> disks_;
  std::vector<Leading> leading_;
  core::raft::Index checked_;  // no leader has been asked about more
  core::raft::Configuration before_;
};

}  // namespace simulator::checkers
