#include "simulator/checkers/woken.hpp"

#include <utility>

#include <fmt/format.h>

#include "simulator/checkers/room.hpp"
#include "simulator/cluster/cluster.hpp"

namespace simulator::checkers {
namespace {

// All that was written is committed, and no evaluation or plan is under way.
bool is_idle(const core::server::Server& server) {
  const auto stats = server.stats();
  return stats.broker_ready + stats.broker_waiting + stats.broker_unacked + stats.plan_queue == 0 &&
         server.raft()->last_index() == server.raft()->commit_index();
}

}  // namespace

std::optional<std::string> Woken::at_intervals(const Round& round) {
  const auto leader = round.cluster.established_leader(region_);
  const core::server::Server* const server = leader ? round.cluster.server(*leader) : nullptr;
  const core::raft::Term term = server == nullptr ? core::raft::Term{} : server->raft()->term();
  const bool same = leader == std::exchange(leader_, leader) && term == std::exchange(term_, term);
  if (server == nullptr || !same || !is_idle(*server)) {
    since_.clear();
    return std::nullopt;
  }
  // Nothing has changed, and nobody waited beside room.
  if (std::exchange(index_, server->state().index()) == server->state().index() && since_.empty()) return std::nullopt;
  const core::WallTime wall{io_sim::world_began_unix_ns + round.at.ns};
  std::map<std::string, TrueTime> since;
  std::optional<std::string> wrong;
  std::size_t looked_at = 0;
  server->state().evals("", [&](const core::state::Ref<core::model::Evaluation>& eval) {
    if (eval->status != core::model::EvalStatus::blocked) return true;
    if (++looked_at > max_looked_at) return false;
    if (!would_be_placed(server->state(), *eval, wall)) return true;
    const auto before = since_.find(eval->id);
    const TrueTime first = before == since_.end() ? round.at : before->second;
    since.emplace(eval->id, first);
    const bool refused = eval->triggered_by == core::model::EvalTrigger::max_plan_attempts;
    if (round.at - first > (refused ? refused_patience : patience))
      wrong = fmt::format(
          "evaluation {} of job {} waits for room, there has been some for {} s, and {} has nothing else to do",
          eval->id.substr(0, 8), eval->job_id, (round.at - first).count() / 1'000'000'000, round.cluster.name(*leader));
    return !wrong;
  });
  since_ = std::move(since);
  return wrong;
}

}  // namespace simulator::checkers
