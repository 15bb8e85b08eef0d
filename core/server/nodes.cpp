// What clients ask of servers: registration, heartbeats, allocations, reports (server-internals.md §9, §10).
#include <algorithm>

#include <fmt/format.h>

#include "core/base/mutant.hpp"
#include "core/describe/compare.hpp"
#include "core/server/impl.hpp"

namespace core::server {

using wire::rpc::Failure;

namespace {

constexpr Duration max_wait_allowed = 10min;
constexpr std::size_t max_allocs_a_report = 4096;
constexpr std::size_t max_updates_an_entry = 1024;  // then one is written at once; with a report's more it fits the log
constexpr std::size_t max_allocs_a_request = 4096;
constexpr std::size_t max_waiting_nodes = 200'000;
constexpr std::size_t max_waits_of_a_node = 8;  // it has one; those of connections that died are over soon

// Reads that any server may answer from its own state; all else is the leader's.
bool any_server_may_answer(const wire::rpc::Body& body) {
  return std::holds_alternative<wire::rpc::NodeAllocsWanted>(body) ||
         std::holds_alternative<wire::rpc::AllocsWanted>(body) ||
         std::holds_alternative<wire::rpc::RaftPeersWanted>(body) || std::holds_alternative<wire::rpc::Cancel>(body) ||
         std::holds_alternative<wire::rpc::RaftCarried>(body);
}

std::optional<std::string> why_invalid(const std::shared_ptr<const model::Node>& registered) {
  if (registered == nullptr) return "missing node for client registration";
  const model::Node& node = *registered;
  if (node.id.empty()) return "missing node ID for client registration";
  if (node.datacenter.empty()) return "missing datacenter for client registration";
  if (node.name.empty()) return "missing node name for client registration";
  if (node.attributes.empty()) return "missing attributes for client registration";
  if (node.secret_id.empty()) return "missing node secret ID for client registration";
  constexpr std::int64_t most = std::int64_t{1} << 40;  // of MHz and of MiB
  const auto& has = node.node_resources;
  const auto& keeps = node.reserved_resources;
  for (const std::int64_t amount :
       {std::int64_t{has.cpu.cpu_shares}, std::int64_t{has.memory.memory_mb}, std::int64_t{has.disk.disk_mb},
        std::int64_t{keeps.cpu.cpu_shares}, std::int64_t{keeps.memory.memory_mb}, std::int64_t{keeps.disk.disk_mb}})
    if (amount < 0 || amount > most)
      return fmt::format("invalid resources for client registration: found {}, wanted 0 to {}", amount, most);
  if (node.node_pool == "all") return "node is not allowed to register in node pool \"all\"";
  return std::nullopt;
}

model::NodeEvent node_event(std::string message, std::string subsystem, Now now) {
  return {std::move(message), std::move(subsystem), {}, now.wall, 0};
}

}  // namespace

void Server::Impl::reply(const Asked& asked, wire::rpc::Body body, Effects& effects) {
  effects.outputs.push_back(Reply{asked.connection, asked.call, std::move(body)});
}

void Server::Impl::fail(const Asked& asked, std::string message, Effects& effects) {
  reply(asked, Failure{std::move(message)}, effects);
}

void Server::Impl::asked(Now now, Asked asked, Effects& effects) {
  if (base::mutant("K45"))
    if (const auto* beat = std::get_if<wire::rpc::NodeHeartbeat>(&asked.body); beat != nullptr && !established_)
      return on(now, asked, *beat, effects);
  if (any_server_may_answer(asked.body) || established_) return serve(now, asked, effects);
  ask_leader(now, std::move(asked), Duration{}, effects);
}

void Server::Impl::ask_leader(Now now, Asked asked, Duration wait, Effects& effects) {
  const auto leader = leader_address();
  if (!leader || consensus_->is_leader()) return hold(now, std::move(asked), effects);
  const wire::rpc::CallId call{++last_call_};
  effects.outputs.push_back(Call{call, *leader, asked.body, wait});
  calls_.emplace(call, Forwarded{std::move(asked), *leader});
}

// Another leads, and the one that was asked may be frozen. What clients ask bears being heard twice: they ask again
// themselves when they get no answer.
void Server::Impl::ask_new_leader(Now now, Effects& effects) {
  const auto leader = leader_address();
  if (!leader) return;
  std::vector<Asked> again;
  std::erase_if(calls_, [&](auto& call) {
    auto* forwarded = std::get_if<Forwarded>(&call.second);
    if (forwarded == nullptr || forwarded->to == *leader) return false;
    again.push_back(std::move(forwarded->asked));
    return true;
  });
  for (Asked& one : again) asked(now, std::move(one), effects);
}

// True when the client has seen a newer state than this server's, which then must not answer by it: it has not caught
// up. A leader that is sure of its office was given an older state by an operator, and answers by that.
bool Server::Impl::lags(Now now, const Asked& asked, std::uint64_t min_index, Duration wait, Effects& effects) {
  if (min_index <= consensus_->state().index()) return false;
  if (established_ && consensus_->raft()->lease_valid(now.instant)) return false;
  if (established_)
    fail(asked, "No cluster leader", effects);
  else
    ask_leader(now, asked, wait, effects);
  return true;
}

void Server::Impl::hold(Now now, Asked asked, Effects& effects) {
  if (held_.size() >= max_held_requests) return fail(asked, "No cluster leader", effects);
  held_.push_back({std::move(asked), now.instant + hold_timeout});
}

void Server::Impl::release_held(Now now, Effects& effects) {
  const bool can_go = established_ || (leader_address() && !consensus_->is_leader());
  while (!held_.empty() && (can_go || held_.front().until <= now.instant)) {
    Asked next = std::move(held_.front().asked);
    held_.pop_front();
    if (can_go)
      asked(now, std::move(next), effects);
    else
      fail(next, consensus_->is_leader() ? "Not ready to serve consistent reads" : "No cluster leader", effects);
  }
}

void Server::Impl::serve(Now now, const Asked& asked, Effects& effects) {
  std::visit(
      [&]<class T>(const T& body) {
        if constexpr (requires { on(now, asked, body, effects); }) {
          on(now, asked, body, effects);
        } else if constexpr (std::same_as<T, wire::rpc::RaftPeersWanted>) {
          wire::rpc::RaftPeers peers;
          for (const raft::Server& server : consensus_->raft()->configuration().servers)
            peers.server_ids.push_back(server.id);
          peers.candidates = candidates_;
          reply(asked, std::move(peers), effects);
        } else if constexpr (std::same_as<T, wire::rpc::Cancel>) {
          // Whoever waited has gone; the wait runs out by itself.
        } else {
          fail(asked, "rpc error: not a request", effects);
        }
      },
      asked.body);
}

void Server::Impl::on(Now now, const Asked& asked, const wire::rpc::NodeRegister& body, Effects& effects) {
  if (const auto why = why_invalid(body.node)) return fail(asked, *why, effects);
  const model::Node& node = *body.node;
  const auto known = consensus_->state().node(node.id);
  if (known && known->secret_id != node.secret_id) return fail(asked, "node secret ID does not match", effects);
  state::RegisterNode command{node, {}, now.wall};
  command.node.status = known ? known->status : model::NodeStatus::initializing;
  if (!known) command.node.events = {node_event("Node registered", "Cluster", now)};
  if (known && needs_evaluation(*known, node))
    command.evals = evaluations_of_node(consensus_->state(), *known, model::EvalTrigger::node_update, now, rng_);
  propose(now, std::move(command), ForHeartbeat{asked.connection, asked.call, node.id}, effects);
}

void Server::Impl::on(Now now, const Asked& asked, const wire::rpc::NodeHeartbeat& body, Effects& effects) {
  const auto node = consensus_->state().node(body.node_id);
  if (!node) return fail(asked, "node not found", effects);
  if (node->secret_id != body.secret_id) return fail(asked, "node secret ID does not match", effects);
  if (body.status != model::NodeStatus::ready && body.status != model::NodeStatus::down &&
      body.status != model::NodeStatus::initializing)
    return fail(asked, "invalid status for node", effects);
  if (node->status == body.status) {
    reply_heard(now, asked.connection, asked.call, body.node_id, effects);
    return;
  }
  state::UpdateNodeStatus command{body.node_id, body.status, std::nullopt, {}, now.wall};
  if (node->status == model::NodeStatus::down && body.status == model::NodeStatus::ready)
    command.event = node_event("Node reregistered by heartbeat", "Cluster", now);
  command.evals = evaluations_of_node(consensus_->state(), *node, model::EvalTrigger::node_update, now, rng_);
  propose(now, std::move(command), ForHeartbeat{asked.connection, asked.call, body.node_id}, effects);
}

void Server::Impl::reply_heard(Now now, world::StreamId connection, wire::rpc::CallId call, const std::string& node_id,
                               Effects& effects) {
  const auto node = consensus_->state().node(node_id);
  wire::rpc::NodeHeard heard;
  // A node that is down has no time to run out.
  if (node && node->status == model::NodeStatus::down)
    heartbeats_.forget(node_id);
  else
    heard.heartbeat_ttl = heartbeats_.heard(now, node_id);
  for (const auto& [id, server] : membership_->region_servers())
    if (server.alive()) heard.servers.push_back(server.rpc.text());
  heard.index = consensus_->state().index();
  effects.outputs.push_back(Reply{connection, call, std::move(heard)});
}

void Server::Impl::node_expired(Now now, const std::string& node_id, Effects& effects) {
  const auto node = consensus_->state().node(node_id);
  if (!node || node->status == model::NodeStatus::down) return;
  log(effects, world::LogLevel::warn, "nomad.heartbeat", "node TTL expired", {{"node_id", node_id}});
  state::UpdateNodeStatus command{
      node_id, model::NodeStatus::down, node_event("Node heartbeat missed", "Cluster", now), {}, now.wall};
  command.evals = evaluations_of_node(consensus_->state(), *node, model::EvalTrigger::node_update, now, rng_);
  propose(now, std::move(command), ForNode{node_id}, effects);
}

void Server::Impl::on(Now now, const Asked& asked, const wire::rpc::NodeLeave& body, Effects& effects) {
  const auto node = consensus_->state().node(body.node_id);
  if (!node) return fail(asked, "node not found", effects);
  if (node->secret_id != body.secret_id) return fail(asked, "node secret ID does not match", effects);
  log(effects, world::LogLevel::info, "nomad", "node is leaving: migrating its allocations",
      {{"node_id", body.node_id}});
  propose(now,
          state::UpdateNodeEligibility{
              body.node_id, model::Eligibility::ineligible, node_event("Node is leaving", "Drain", now), {}, now.wall},
          ForNothing{}, effects);
  state::UpdateDesiredTransition command;
  command.time = now.wall;
  consensus_->state().allocs_of_node(body.node_id, [&](const state::Ref<model::Allocation>& alloc) {
    if (!alloc->terminal()) command.transitions[alloc->id].migrate = true;
    return true;
  });
  if (command.transitions.empty()) return reply(asked, wire::rpc::Done{consensus_->state().index()}, effects);
  command.evals = evaluations_of_node(consensus_->state(), *node, model::EvalTrigger::node_drain, now, rng_);
  propose(now, std::move(command), ForCall{asked.connection, asked.call}, effects);
}

bool Server::Impl::answer_allocs(Now, const Asked& asked, const wire::rpc::NodeAllocsWanted& body, bool timed_out,
                                 Effects& effects) {
  wire::rpc::NodeAllocs out;
  std::uint64_t newest = 0;
  consensus_->state().allocs_of_node(body.node_id, [&](const state::Ref<model::Allocation>& alloc) {
    out.alloc_modify_indexes.emplace(alloc->id, alloc->alloc_modify_index);
    newest = std::max(newest, alloc->alloc_modify_index);
    return true;
  });
  // What the client saw last is not in this state's future, unless the servers were given an older one: then all is
  // news.
  const bool knows = body.min_index <= consensus_->state().index();
  if (newest <= body.min_index && body.min_index != 0 && knows && !timed_out) return false;
  out.index = std::max({newest, knows ? body.min_index : 0, std::uint64_t{1}});
  out.state_index = consensus_->state().index();
  reply(asked, std::move(out), effects);
  return true;
}

void Server::Impl::on(Now now, const Asked& asked, const wire::rpc::NodeAllocsWanted& body, Effects& effects) {
  const auto node = consensus_->state().node(body.node_id);
  if (node && node->secret_id != body.secret_id) return fail(asked, "node secret ID does not match", effects);
  if (send_away_at_ <= now.instant) return fail(asked, "No cluster leader", effects);
  if (lags(now, asked, body.min_index, body.max_wait, effects)) return;
  if (answer_allocs(now, asked, body, body.max_wait <= Duration{}, effects)) return;
  const Instant until = now.instant + std::min<Duration>(body.max_wait, max_wait_allowed);
  if (waiting_nodes_.size() >= max_waiting_nodes) return fail(asked, "too many nodes wait for allocations", effects);
  auto& waiting = waiting_nodes_[body.node_id];
  if (waiting.size() >= max_waits_of_a_node) return fail(asked, "too many calls of this node wait", effects);
  waiting.push_back({asked, until});
  waiting_until_.emplace(until, body.node_id);
}

// A server that nobody leads has nothing new, and the others may have: a client that stays here would never hear of it.
void Server::Impl::send_waiting_away(Effects& effects) {
  for (const auto& [node_id, waiting] : std::exchange(waiting_nodes_, {}))
    for (const WaitingNode& one : waiting) fail(one.asked, "No cluster leader", effects);
  waiting_until_.clear();
}

// Something about the node's allocations changed, or somebody's time to wait is over.
void Server::Impl::answer_waiting(Now now, const std::string& node_id, Effects& effects) {
  const auto found = waiting_nodes_.find(node_id);
  if (found == waiting_nodes_.end()) return;
  std::erase_if(found->second, [&](const WaitingNode& one) {
    const auto& body = std::get<wire::rpc::NodeAllocsWanted>(one.asked.body);
    if (!answer_allocs(now, one.asked, body, one.until <= now.instant, effects)) return false;
    waiting_until_.erase({one.until, node_id});
    return true;
  });
  for (const WaitingNode& one : found->second) waiting_until_.emplace(one.until, node_id);
  if (found->second.empty()) waiting_nodes_.erase(found);
}

void Server::Impl::on(Now now, const Asked& asked, const wire::rpc::AllocsWanted& body, Effects& effects) {
  if (body.ids.size() > max_allocs_a_request) return fail(asked, "too many allocations asked for", effects);
  if (lags(now, asked, body.min_index, Duration{}, effects)) return;
  wire::rpc::Allocs out;
  for (const std::string& id : body.ids)
    if (const auto alloc = consensus_->state().alloc(id)) out.allocs.push_back(*alloc);
  reply(asked, std::move(out), effects);
}

void Server::Impl::on(Now now, const Asked& asked, const wire::rpc::AllocsUpdate& body, Effects& effects) {
  const auto node = consensus_->state().node(body.node_id);
  if (!node) return fail(asked, "node not found", effects);
  if (node->secret_id != body.secret_id) return fail(asked, "node secret ID does not match", effects);
  if (node->status == model::NodeStatus::down || node->status == model::NodeStatus::disconnected)
    return fail(asked,
                fmt::format("node {} is not allowed to update allocs while in status {}", body.node_id,
                            node->status == model::NodeStatus::down ? "down" : "disconnected"),
                effects);
  if (body.allocs.size() > max_allocs_a_report) return fail(asked, "too many allocations in one update", effects);
  const std::pair stamp{body.life, body.number};
  std::pair newest{node->report_life, node->report_number};
  if (const auto gathered = update_stamps_.find(body.node_id); gathered != update_stamps_.end())
    newest = std::max(newest, gathered->second);
  // The client has given this call up long ago, and said more since.
  if (stamp <= newest && !base::mutant("M21")) return fail(asked, "a later report came before this one", effects);
  update_stamps_[body.node_id] = stamp;
  for (const model::Allocation& alloc : body.allocs) {
    // A client speaks for its own allocations only.
    const auto known = consensus_->state().alloc(alloc.id);
    if (known && known->node_id == body.node_id) updates_.insert_or_assign(alloc.id, alloc);
  }
  update_calls_.push_back({asked.connection, asked.call});
  if (updates_.size() >= max_updates_an_entry) return flush_updates(now, effects);
  if (flush_updates_at_ == Instant::never()) flush_updates_at_ = now.instant + update_batch_window;
}

void Server::Impl::flush_updates(Now now, Effects& effects) {
  flush_updates_at_ = Instant::never();
  state::UpdateAllocsFromClient command;
  command.time = now.wall;
  for (auto& [id, alloc] : updates_) command.allocs.push_back(std::move(alloc));
  updates_.clear();
  for (const auto& [node_id, stamp] : std::exchange(update_stamps_, {}))
    command.reports.push_back({node_id, stamp.first, stamp.second});
  command.evals = evaluations_of_updates(consensus_->state(), command.allocs, now, rng_);
  propose(now, std::move(command), ForCalls{std::exchange(update_calls_, {})}, effects);
}

}  // namespace core::server
