// QUORUM: what a leader takes for committed is on the disks of a quorum of the configuration in force. Disks count,
// not processes: a server that is down still holds what it had.
#pragma once

#include <string>
#include <vector>

#include "simulator/checkers/checker.hpp"

namespace simulator::checkers {

class Quorum final : public Checker {
 public:
  explicit Quorum(std::size_t servers) : disks_(servers) {}
  std::string_view invariant() const override { return "QUORUM"; }
  std::optional<std::string> saw(const Sight& sight) override;

 private:
  struct Disk {
    std::string id;
    std::uint64_t base = 0;               // entries up to here are in a snapshot
    std::vector<core::raft::Term> terms;  // of the durable entries after it
  };
  void look_at_disk(const Sight& sight);
  bool holds(const core::raft::Configuration& configuration, core::raft::Index index, core::raft::Term term,
             std::size_t& copies) const;

  std::vector<Disk> disks_;
  core::raft::Index checked_;  // no leader has been asked about more
  core::raft::Configuration before_;
};

}  // namespace simulator::checkers
