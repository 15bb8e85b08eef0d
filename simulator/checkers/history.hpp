// SMSAFE: an index once committed has its entry for ever: no server, in any of its lives, commits another there.
// It also reads each command once, when it is first committed, for those that follow what the cluster does.
#pragma once

#include <functional>
#include <vector>

#include "simulator/checkers/checker.hpp"

namespace simulator::checkers {

class History final : public Checker {
 public:
  explicit History(std::size_t servers) : checked_(servers) {}
  std::string_view invariant() const override { return "SMSAFE"; }
  std::optional<std::string> saw(const Sight& sight) override;

  /// Called for each entry that is committed for the first time, in order.
  std::function<void(const Commit&)> on_commit;
  std::uint64_t length() const { return entries_.size(); }

 private:
  struct Checked {
    std::uint64_t life = 0;
    std::uint64_t up_to = 0;
  };
  struct Kept {
    core::raft::Entry entry;
    std::string server;
  };
  std::vector<Checked> checked_;
  std::vector<Kept> entries_;  // [0] is index 1
};

}  // namespace simulator::checkers
