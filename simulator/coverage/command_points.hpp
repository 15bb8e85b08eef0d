// Coverage points about nodes, jobs, evaluations and allocations, told from each command when it is first committed.
#pragma once

#include <map>
#include <set>
#include <string>

#include "simulator/checkers/checker.hpp"
#include "simulator/coverage/coverage.hpp"

namespace simulator::coverage {

class CommandPoints {
 public:
  explicit CommandPoints(Coverage& coverage) : coverage_(coverage) {}
  void committed(const checkers::Commit& commit);

 private:
  void on(const core::state::RegisterNode& command, const core::state::State& state);
  void on(const core::state::UpdateNodeStatus& command, const core::state::State& state);
  void on(const core::state::RegisterJob& command, const core::state::State& state);
  void on(const core::state::DeregisterJob& command, const core::state::State& state);
  void on(const core::state::RestoreSnapshot& command, const core::state::State& state);
  void on(const core::state::UpdateEvals& command, const core::state::State& state);
  void on(const core::state::ApplyPlanResult& command, const core::state::State& state);
  void on(const core::state::UpdateAllocsFromClient& command, const core::state::State& state);

  Coverage& coverage_;
  std::set<std::string> down_;     // nodes
  std::set<std::string> blocked_;  // evaluations
};

}  // namespace simulator::coverage
