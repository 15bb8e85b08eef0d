#include "simulator/coverage/command_points.hpp"
#include "simulator/workload/own_jobs.hpp"

namespace simulator::coverage {

namespace model = core::model;
namespace state = core::state;

void CommandPoints::committed(const checkers::Commit& commit) {
  if (commit.command == nullptr) return;
  std::visit(
      [&](const auto& command) {
        if constexpr (requires { on(command, commit.sight.state); }) on(command, commit.sight.state);
      },
      *commit.command);
}

void CommandPoints::on(const state::RegisterNode&, const state::State&) { coverage_.reached("a node registered"); }

void CommandPoints::on(const state::UpdateNodeStatus& command, const state::State&) {
  if (command.status == model::NodeStatus::down) {
    coverage_.reached("a node was marked down");
    down_.insert(command.node_id);
  } else if (command.status == model::NodeStatus::ready && down_.erase(command.node_id) > 0) {
    coverage_.reached("a node came back up after it was marked down");
  }
}

void CommandPoints::on(const state::RegisterJob& command, const state::State& now) {
  const auto job = now.job(command.job.namespace_, command.job.id);
  if (command.job.id == heal_job) return;
  coverage_.reached("a job was registered");
  if (job && job->version > 0) coverage_.reached("a job was changed");
}

void CommandPoints::on(const state::DeregisterJob&, const state::State&) { coverage_.reached("a job was stopped"); }

void CommandPoints::on(const state::RestoreSnapshot& command, const state::State&) {
  if (command.last) coverage_.reached("a saved state was restored");
  if (command.restore_id.empty()) coverage_.reached("a restore was given up");
}

void CommandPoints::on(const state::UpdateEvals& command, const state::State&) {
  for (const model::Evaluation& eval : command.evals) {
    if (eval.status == model::EvalStatus::blocked) {
      if (blocked_.insert(eval.id).second) coverage_.reached("an evaluation was blocked");
    } else if (eval.status == model::EvalStatus::canceled) {
      coverage_.reached("an evaluation was canceled");
      blocked_.erase(eval.id);
    } else if (eval.status == model::EvalStatus::failed) {
      coverage_.reached("an evaluation failed");
      blocked_.erase(eval.id);
    } else if (eval.status == model::EvalStatus::complete && blocked_.erase(eval.id) > 0) {
      coverage_.reached("a blocked evaluation was woken");
    }
  }
}

void CommandPoints::on(const state::ApplyPlanResult& command, const state::State& now) {
  for (const model::AllocStop& stop : command.stops)
    if (stop.client_status == model::ClientStatus::lost)
      coverage_.reached("an allocation was lost");
    else
      coverage_.reached("an allocation was stopped");
  for (const model::Allocation& placed : command.placements) {
    if (placed.create_index != 0) continue;  // an update in place
    coverage_.reached("an allocation was placed");
    if (placed.previous_allocation.empty()) continue;
    const auto previous = now.alloc(placed.previous_allocation);
    if (previous && previous->client_status == model::ClientStatus::lost)
      coverage_.reached("a lost allocation was replaced");
  }
}

void CommandPoints::on(const state::UpdateAllocsFromClient& command, const state::State& now) {
  for (const model::Allocation& reported : command.allocs) {
    const auto alloc = now.alloc(reported.id);
    if (!alloc) continue;
    if (alloc->server_terminal() && reported.client_status == model::ClientStatus::running)
      coverage_.reached("a client reported on an allocation that was to stop");
    if (reported.client_status == model::ClientStatus::complete) coverage_.reached("an allocation completed");
    if (reported.client_status == model::ClientStatus::failed) coverage_.reached("an allocation failed");
  }
}

}  // namespace simulator::coverage
