// What a leader sets up when it has caught up with its own term, and tears down when it leads no more
// (server-internals.md §7).
#include <set>
#include <string>

#include <fmt/format.h>

#include "core/base/mutant.hpp"
#include "core/server/impl.hpp"

namespace core::server {

void Server::Impl::leadership_changed(Now now, Effects& effects) {
  const bool leads = consensus_->is_leader();
  if (was_leader_ && !leads) revoke(now, effects);
  if (!was_leader_ && leads) log(effects, world::LogLevel::info, "nomad", "cluster leadership acquired");
  was_leader_ = leads;
  office_lost_in_transfer(now, effects);
  send_away_at_ = leader_address() || base::mutant("M22") ? Instant::never() : now.instant + leaderless_patience;
  ask_new_leader(now, effects);
  release_held(now, effects);
}

void Server::Impl::establish(Now now, Effects& effects) {
  if (established_ || !consensus_->is_leader()) return;
  established_ = true;
  established_at_ = now.instant;
  if (consensus_->state().cluster_id().empty())
    propose(now, state::SetClusterMetadata{rng_.uuid(), now.wall}, ForNothing{}, effects);
  drop_restored_parts(now, effects);
  if (consensus_->state().autopilot() == nullptr)
    propose(now, state::SetAutopilotConfig{config_.autopilot, {}, now.wall}, ForNothing{}, effects);
  consensus_->state().nodes("", [&](const state::Ref<model::Node>& node) {
    if (node->status != model::NodeStatus::down && !base::mutant("M09")) heartbeats_.inherit(now, node->id);
    return true;
  });
  std::vector<state::Ref<model::Evaluation>> restored;
  consensus_->state().evals("", [&](const state::Ref<model::Evaluation>& eval) {
    if (!eval->terminal()) restored.push_back(eval);
    return true;
  });
  for (const state::Ref<model::Evaluation>& eval : restored) eval_applied(now, eval, effects);
  look_again_at_blocked(now);
  reconcile_at_ = now.instant + reconcile_interval;
  unblock_failed_at_ = now.instant + unblock_failed_interval;
  reconcile(now, effects);
  look_at_servers(now, effects);
  release_held(now, effects);
  schedule(now, effects);
}

// Room that appeared under the leader before woke evaluations in its memory alone. Those it did not come to are still
// blocked in the state, and nothing would wake them again: each that may use a node that is there is looked at once
// more.
void Server::Impl::look_again_at_blocked(Now now) {
  std::set<std::string> classes;
  consensus_->state().nodes("", [&](const state::Ref<model::Node>& node) {
    if (node->ready()) classes.insert(node->computed_class);
    return true;
  });
  for (const std::string& computed_class : classes)
    run_again(now, blocked_.unblock(computed_class, consensus_->state().index()));
}

void Server::Impl::revoke(Now now, Effects& effects) {
  log(effects, world::LogLevel::info, "nomad", "cluster leadership lost");
  established_ = false;
  restore_refused(now, "No cluster leader", effects);
  let_go("No cluster leader", effects);
}

// The state is another one: what was made of the old is let go of, and made anew.
void Server::Impl::start_over(Now now, Effects& effects) {
  let_go("a snapshot was restored meanwhile", effects);
  establish(now, effects);
}

// Whoever still waits hears the reason.
void Server::Impl::let_go(const std::string& reason, Effects& effects) {
  established_ = false;
  heartbeats_.flush();
  broker_.flush();
  blocked_.flush();
  runs_.clear();
  computing_.clear();
  plan_queue_.clear();
  applying_plan_ = false;
  changing_peers_.reset();
  reconcile_at_ = Instant::never();
  look_at_servers_ = Instant::never();
  autopilot_.forget();
  removed_by_hand_.clear();
  unblock_failed_at_ = Instant::never();
  flush_updates_at_ = Instant::never();
  updates_.clear();
  update_stamps_.clear();
  for (const ForCall& call : std::exchange(update_calls_, {}))
    effects.outputs.push_back(Reply{call.connection, call.call, wire::rpc::Failure{reason}});
  for (const auto& [token, plan] : std::exchange(planning_, {})) effects.outputs.push_back(Refused{plan.first, reason});
}

void Server::Impl::leader_wake(Now now, Effects& effects) {
  for (const std::string& node_id : heartbeats_.expired(now)) node_expired(now, node_id, effects);
  evals_failed(now, broker_.wake(now), effects);
  if (flush_updates_at_ <= now.instant) flush_updates(now, effects);
  if (reconcile_at_ <= now.instant) {
    reconcile_at_ = now.instant + reconcile_interval;
    drop_restored_parts(now, effects);
    reconcile(now, effects);
  }
  if (look_at_servers_ <= now.instant) look_at_servers(now, effects);
  if (unblock_failed_at_ <= now.instant) {
    unblock_failed_at_ = now.instant + unblock_failed_interval;
    run_again(now, blocked_.unblock_failed());
  }
  schedule(now, effects);
}

}  // namespace core::server
