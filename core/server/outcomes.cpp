// What comes of Raft's outputs: commands that were applied or refused, for those who wait for them and for the leader's
// own work.
#include <set>
#include <utility>

#include "core/base/mutant.hpp"
#include "core/server/impl.hpp"
#include "core/state/watch.hpp"

namespace core::server {
namespace {

constexpr std::string_view node_allocs_key = "node:";  // core/state/watch.hpp

}  // namespace

void Server::Impl::digest(Now now, std::vector<Consensus::Output> outputs, Effects& effects) {
  last_now_ = now;
  // What is done about one output may add others; they come after those that are here already.
  for (auto& output : outputs) inbox_.push_back(std::move(output));
  if (digesting_) return;
  digesting_ = true;
  while (!inbox_.empty()) {
    Consensus::Output output = std::move(inbox_.front());
    inbox_.pop_front();
    digest_one(now, output, effects);
  }
  digesting_ = false;
  if (established_) schedule(now, effects);
}

void Server::Impl::digest_one(Now now, Consensus::Output& output, Effects& effects) {
  std::visit(
      [&]<class T>(T& what) {
        if constexpr (std::same_as<T, Consensus::Applied>) {
          applied(now, what, effects);
        } else if constexpr (std::same_as<T, Consensus::ConfigurationCommitted>) {
          if (what.proposal && changing_peers_ == what.proposal) changing_peers_.reset();
          if (what.proposal) {
            const auto found = purposes_.find(*what.proposal);
            const Purpose purpose = found == purposes_.end() ? ForNothing{} : std::move(found->second);
            if (found != purposes_.end()) purposes_.erase(found);
            finish(now, purpose, consensus_->state().index(), {}, effects);
          }
          reconcile(now, effects);
          continue_leave(now, effects);
        } else if constexpr (std::same_as<T, Consensus::ProposalFailed>) {
          if (changing_peers_ == what.proposal) {
            changing_peers_.reset();
            log(effects, world::LogLevel::warn, "nomad", "failed to change the raft peers", {{"error", what.error}});
          }
          const auto found = purposes_.find(what.proposal);
          if (found == purposes_.end()) return;
          const Purpose purpose = std::move(found->second);
          purposes_.erase(found);
          refuse(now, purpose, what.error, effects);
        } else if constexpr (std::same_as<T, Consensus::ReadReady>) {
          if (const auto read = reads_.extract(what.read); !read.empty())
            effects.outputs.push_back(ReadReady{read.mapped()});
        } else if constexpr (std::same_as<T, Consensus::ReadRefused>) {
          if (const auto read = reads_.extract(what.read); !read.empty())
            effects.outputs.push_back(Refused{read.mapped(), what.error});
        } else if constexpr (std::same_as<T, Consensus::Send>) {
          std::optional<Address> to;
          if (const auto* member = membership_->find(what.to))
            to = member->rpc;
          else if (const auto* peer = consensus_->raft()->configuration().find(what.to))
            to = Address::parse(peer->address);
          if (to) effects.outputs.push_back(Tell{*to, wire::rpc::RaftCarried{id_, what.to, std::move(what.message)}});
        } else if constexpr (std::same_as<T, Consensus::LeadershipChanged>) {
          leadership_changed(now, effects);
          continue_leave(now, effects);
        } else if constexpr (std::same_as<T, Consensus::TransferEnded>) {
          transfer_ended(now, what.error, effects);
        } else if constexpr (std::same_as<T, Consensus::ConfigurationChanged>) {
          continue_leave(now, effects);
        } else if constexpr (std::same_as<T, Consensus::TermReached>) {
          establish(now, effects);
        } else if constexpr (std::same_as<T, Consensus::StateReplaced>) {
          state_replaced(now, effects);
        } else if constexpr (std::same_as<T, Consensus::Broken>) {
          broken_ = true;
          effects.outputs.push_back(Broken{what.reason});
        }
      },
      output);
}

// Whoever waits for a row cannot be told which have changed: all look again.
void Server::Impl::state_replaced(Now now, Effects& effects) {
  for (std::size_t table = 0; table < state::table_count; ++table)
    effects.touched.push_back(state::watch::any_row(static_cast<state::Table>(table)));
  std::vector<std::string> waiting;
  for (const auto& [node_id, asked] : waiting_nodes_) waiting.push_back(node_id);
  for (const std::string& node_id : waiting) answer_waiting(now, node_id, effects);
}

void Server::Impl::applied(Now now, Consensus::Applied& applied, Effects& effects) {
  Purpose purpose = ForNothing{};
  if (applied.proposal) {
    if (const auto found = purposes_.find(*applied.proposal); found != purposes_.end()) {
      purpose = std::move(found->second);
      purposes_.erase(found);
    }
  }
  for (state::Touched& row : applied.result.touched) {
    if (row.table == state::Table::allocs && row.key.starts_with(node_allocs_key))
      answer_waiting(now, row.key.substr(node_allocs_key.size()), effects);
    effects.touched.push_back(row);
  }
  if (established_) react(now, *applied.command, effects);
  finish(now, purpose, applied.index, applied.result, effects);
  if (!applied.result.replaced) return;
  state_replaced(now, effects);
  if (established_) start_over(now, effects);
}

// What a leader does about a command, whoever proposed it.
void Server::Impl::react(Now now, const state::Command& command, Effects& effects) {
  const auto evals = [&](const std::vector<model::Evaluation>& all) {
    for (const model::Evaluation& eval : all)
      if (const auto stored = consensus_->state().eval(eval.id)) eval_applied(now, stored, effects);
  };
  std::visit(
      [&]<class T>(const T& what) {
        if constexpr (std::same_as<T, state::RegisterNode>) {
          evals(what.evals);
          capacity_changed(now, what.node.id, effects);
        } else if constexpr (std::same_as<T, state::UpdateNodeStatus> ||
                             std::same_as<T, state::UpdateNodeEligibility>) {
          evals(what.evals);
          evaluate_stranded(now, {what.node_id}, what.evals, effects);
          capacity_changed(now, what.node_id, effects);
        } else if constexpr (std::same_as<T, state::DeregisterNodes>) {
          evals(what.evals);
          for (const std::string& id : what.node_ids) heartbeats_.forget(id);
        } else if constexpr (std::same_as<T, state::RegisterJob> || std::same_as<T, state::DeregisterJob>) {
          if (what.eval) {
            if (auto waiting = blocked_.untrack(what.eval->namespace_, what.eval->job_id))
              cancel_evals(now, {*waiting}, "canceled because the job was changed", effects);
            evals({*what.eval});
          }
        } else if constexpr (std::same_as<T, state::UpdateEvals> || std::same_as<T, state::UpdateDesiredTransition>) {
          evals(what.evals);
        } else if constexpr (std::same_as<T, state::ApplyPlanResult>) {
          evals(what.preemption_evals);
          std::set<std::string> nodes;
          for (const model::Allocation& placed : what.placements) nodes.insert(placed.node_id);
          evaluate_stranded(now, nodes, {}, effects);
          for (const model::AllocStop& stop : what.stops) capacity_changed(now, stop.node_id, effects);
        } else if constexpr (std::same_as<T, state::UpdateAllocsFromClient>) {
          evals(what.evals);
          for (const model::Allocation& alloc : what.allocs)
            if (const auto stored = consensus_->state().alloc(alloc.id);
                stored && stored->client_terminal() && !base::mutant("M10"))
              capacity_changed(now, stored->node_id, effects);
        }
      },
      command);
}

// A plan and the end of a node may both be under way at once, and neither then knows of the other: the evaluations
// that the end of a node calls for were chosen before the plan was applied. Whoever is applied second finds the
// allocations that were placed on a node that is down.
void Server::Impl::evaluate_stranded(Now now, const std::set<std::string>& node_ids,
                                     const std::vector<model::Evaluation>& chosen, Effects& effects) {
  std::set<std::pair<std::string, std::string>> jobs;
  for (const model::Evaluation& eval : chosen) jobs.emplace(eval.namespace_, eval.job_id);
  state::UpdateEvals command{{}, now.wall};
  for (const std::string& id : node_ids) {
    const auto node = consensus_->state().node(id);
    if (!node || node->status != model::NodeStatus::down) continue;
    for (model::Evaluation& eval :
         evaluations_of_node(consensus_->state(), *node, model::EvalTrigger::node_update, now, rng_))
      if (jobs.emplace(eval.namespace_, eval.job_id).second) command.evals.push_back(std::move(eval));
  }
  if (!command.evals.empty()) propose(now, std::move(command), ForNothing{}, effects);
}

void Server::Impl::finish(Now now, const Purpose& purpose, std::uint64_t index, const state::Applied& result,
                          Effects& effects) {
  // Whoever asked by a tag makes the answer of it himself.
  if (!result.error.empty() && !std::holds_alternative<ForTag>(purpose)) {
    log(effects, world::LogLevel::warn, "nomad.fsm", "a command was refused", {{"error", result.error}});
    return refuse(now, purpose, result.error, effects);
  }
  std::visit(
      [&]<class T>(const T& what) {
        if constexpr (std::same_as<T, ForTag>) {
          effects.outputs.push_back(Committed{what.tag, index, result});
        } else if constexpr (std::same_as<T, ForHeartbeat>) {
          reply_heard(now, what.connection, what.call, what.node_id, effects);
        } else if constexpr (std::same_as<T, ForCall>) {
          effects.outputs.push_back(Reply{what.connection, what.call, wire::rpc::Done{index}});
        } else if constexpr (std::same_as<T, ForCalls>) {
          for (const ForCall& call : what.calls)
            effects.outputs.push_back(Reply{call.connection, call.call, wire::rpc::Done{index}});
        } else if constexpr (std::same_as<T, ForRestore>) {
          restore_applied(now, index, effects);
        } else if constexpr (std::same_as<T, ForEval>) {
          eval_finished(now, what.run, effects);
        } else if constexpr (std::same_as<T, ForPlan>) {
          model::PlanResult done = what.result;
          done.alloc_index = index;
          plan_done(now, what.run, done, effects);
        }
      },
      purpose);
}

void Server::Impl::refuse(Now now, const Purpose& purpose, const std::string& error, Effects& effects) {
  std::visit(
      [&]<class T>(const T& what) {
        if constexpr (std::same_as<T, ForTag>) {
          effects.outputs.push_back(Refused{what.tag, error});
        } else if constexpr (std::same_as<T, ForHeartbeat> || std::same_as<T, ForCall>) {
          effects.outputs.push_back(Reply{what.connection, what.call, wire::rpc::Failure{error}});
        } else if constexpr (std::same_as<T, ForCalls>) {
          for (const ForCall& call : what.calls)
            effects.outputs.push_back(Reply{call.connection, call.call, wire::rpc::Failure{error}});
        } else if constexpr (std::same_as<T, ForRestore>) {
          restore_refused(now, error, effects);
        } else if constexpr (std::same_as<T, ForEval> || std::same_as<T, ForPlan>) {
          abandon(now, what.run, effects);
          if constexpr (std::same_as<T, ForPlan>) {
            applying_plan_ = false;
            apply_next_plan(now, effects);
          }
        } else if constexpr (std::same_as<T, ForNode>) {
          if (established_) heartbeats_.look_again(now, what.node_id);
        } else if constexpr (std::same_as<T, ForFailed>) {
          if (established_) broker_.enqueue(now, what.eval);
        }
      },
      purpose);
}

}  // namespace core::server
