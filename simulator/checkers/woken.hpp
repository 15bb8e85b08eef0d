// EVALEND, while the run goes on: an evaluation that waits for room is woken when there is some. Where a leader has
// nothing left to do, and an evaluation is blocked that the scheduler would find room for, nobody will look at it again
// before something else happens.
#pragma once

#include <map>
#include <string>

#include "simulator/checkers/checker.hpp"

namespace simulator::checkers {

class Woken final : public Checker {
 public:
  /// Of one region.
  explicit Woken(std::size_t region) : region_(region) {}
  std::string_view invariant() const override { return "EVALEND"; }
  std::optional<std::string> at_intervals(const Round& round) override;

  /// How long a leader may be idle beside an evaluation that would be placed.
  static constexpr core::Duration patience{1'500'000'000};
  /// The same for those whose plans were refused too often: they are looked at again once a minute.
  static constexpr core::Duration refused_patience{150'000'000'000};
  static constexpr std::size_t max_looked_at = 16;  // each look asks the scheduler

 private:
  std::size_t region_;
  std::optional<NodeId> leader_;
  core::raft::Term term_;
  std::uint64_t index_ = 0;                // of the state that was looked at last
  std::map<std::string, TrueTime> since_;  // evaluations: the leader idle, and room for them, at each look since then
};

}  // namespace simulator::checkers
