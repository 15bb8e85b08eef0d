#include "simulator/checkers/watch.hpp"

#include <fmt/format.h>

#include "simulator/checkers/cap.hpp"
#include "simulator/checkers/changes.hpp"
#include "simulator/checkers/complete.hpp"
#include "simulator/checkers/durable.hpp"
#include "simulator/checkers/elect.hpp"
#include "simulator/checkers/electable.hpp"
#include "simulator/checkers/immutable.hpp"
#include "simulator/checkers/log_match.hpp"
#include "simulator/checkers/mono.hpp"
#include "simulator/checkers/no_false.hpp"
#include "simulator/checkers/node_state.hpp"
#include "simulator/checkers/prefix.hpp"
#include "simulator/checkers/quorum.hpp"
#include "simulator/checkers/reach.hpp"
#include "simulator/checkers/state_hash.hpp"
#include "simulator/checkers/steady.hpp"
#include "simulator/checkers/woken.hpp"
#include "simulator/workload/own_jobs.hpp"

namespace simulator::checkers {

namespace {

constexpr core::Duration round_interval{1'000'000'000};
constexpr core::Duration hand_over_takes{10'000'000'000};

core::server::HeartbeatConfig heartbeats_of(const Scenario& scenario) {
  core::server::HeartbeatConfig out;
  const auto config = effective_config(true, {&scenario.cluster.config});
  out.min_ttl = config.server.min_heartbeat_ttl;
  out.grace = config.server.heartbeat_grace;
  out.failover_ttl = config.server.failover_heartbeat_ttl;
  out.max_per_second = config.server.max_heartbeats_per_second;
  return out;
}

}  // namespace

namespace state = core::state;
namespace model = core::model;

Watch::Watch(Cluster& cluster, const Scenario& scenario, Story& story)
    : cluster_(cluster),
      story_(story),
      health_(cluster.servers()),
      handed_over_(cluster.servers(), TrueTime::never()),
      disks_(cluster.servers()),
      briefs_(cluster.servers()),
      server_points_(cluster, coverage_),
      command_points_(coverage_),
      event_points_(coverage_) {
  told_.resize(cluster.regions().size());
  for (NodeId node = 0; node < cluster.size(); ++node)
    if (!cluster.is_server(node)) ++told_[cluster.region_of(node)].clients;
  for (std::size_t region = 0; region < cluster.regions().size(); ++region)
    of_regions_.push_back(of_region(region, scenario));
  const std::size_t servers = cluster.servers();
  of_all_.push_back(std::make_unique<Reach>(servers));
  of_all_.push_back(std::make_unique<NoFalse>(servers));
  of_all_.push_back(std::make_unique<Left>(servers));
  auto rate = std::make_unique<Rate>(servers);
  rate_ = rate.get();
  of_all_.push_back(std::move(rate));
}

Watch::Checkers Watch::of_region(std::size_t region, const Scenario& scenario) {
  // Of all servers, so that a server's number is the same everywhere; those of other regions they never see.
  const std::size_t servers = cluster_.servers();
  Checkers out;
  out.push_back(std::make_unique<Elect>(servers));
  out.push_back(std::make_unique<LogMatch>(servers));
  auto history = std::make_unique<History>(servers);
  history->on_commit = [this](const Commit& commit) { committed(commit); };
  const History& committed = *history;
  out.push_back(std::move(history));
  out.push_back(std::make_unique<Complete>(servers, committed));
  out.push_back(std::make_unique<Immutable>(servers, committed));
  out.push_back(std::make_unique<Durable>(servers));
  out.push_back(std::make_unique<Prefix>());
  out.push_back(std::make_unique<Mono>(servers));
  out.push_back(std::make_unique<StateHash>());
  out.push_back(std::make_unique<Quorum>(servers));
  out.push_back(std::make_unique<Cap>());
  out.push_back(std::make_unique<Changes>(servers));
  out.push_back(std::make_unique<Steady>(servers, health_));
  out.push_back(std::make_unique<Electable>(region, health_));
  out.push_back(std::make_unique<Woken>(region));
  out.push_back(std::make_unique<NodeState>(cluster_, region, heartbeats_of(scenario)));
  return out;
}

Watch::~Watch() = default;

Watch::Brief Watch::brief(NodeId node, const core::server::Server& server) const {
  const core::raft::Raft& raft = *server.raft();
  Brief out{.life = cluster_.world().life(node),
            .term = raft.term(),
            .leads = raft.is_leader(),
            .role = raft.role(),
            .voted = raft.vote().has_value(),
            .hard_state_durable = raft.hard_state_durable(),
            .last = raft.last_index(),
            .last_term = raft.log().last_term(),
            .commit = raft.commit_index(),
            .durable = raft.durable_index(),
            .applied = server.state().index()};
  for (const core::raft::Progress& peer : raft.progress()) {
    out.matches += peer.match().value;
    out.next_fits = out.next_fits && peer.next() > peer.match();
    if (peer.match() == core::raft::Index{}) out.guesses += peer.next().value;
  }
  return out;
}

void Watch::handled(NodeId node, TrueTime at, const core::world::Event& event, const core::world::Effects& effects) {
  event_points_.handled(node, cluster_.is_server(node), event, effects);
  for (const core::world::Effect& effect : effects)
    if (const auto* exited = std::get_if<core::world::Exited>(&effect))
      story_.tell(at, fmt::format("the agent of {} exits with code {}{}{}", cluster_.name(node), exited->code,
                                  exited->reason.empty() ? "" : ": ", exited->reason));
  if (!cluster_.is_server(node)) return;
  rate_->sent(node, effects);
  note_hand_over(node, at, effects);
  look_around(at);
  const core::server::Server* const server = cluster_.server(node);
  if (server == nullptr || server->raft() == nullptr) return;
  const core::raft::Raft& raft = *server->raft();
  const Brief now = brief(node, *server);
  Brief& before = briefs_[node];
  if (now == before) return;
  if (now.leads && (!before.leads || before.term != now.term || before.life != now.life))
    story_.tell(at, fmt::format("{} is elected leader of term {}", cluster_.name(node), now.term.value));
  if (before.leads && !now.leads && before.life == now.life)
    story_.tell(at, fmt::format("{} leads no more", cluster_.name(node)));
  before = now;
  // A server makes up its id when it finds an empty disk: another id is another disk.
  Disk& disk = disks_[node];
  if (disk.id != server->id()) disk = {server->id(), disk.number + 1};
  const bool hands_over = handed_over_[node] <= at && at <= handed_over_[node] + hand_over_takes;
  const bool closed = std::holds_alternative<core::world::StreamClosed>(event);
  const Sight sight{node,         node, cluster_.name(node), now.life,   disk.number, at,
                    server->id(), raft, server->state(),     hands_over, closed};
  server_points_.saw(sight);
  ask(of_regions_[cluster_.region_of(node)], at, node, [&](Checker& checker) { return checker.saw(sight); });
  ask(of_all_, at, node, [&](Checker& checker) { return checker.saw(sight); });
}

template <class Ask>
void Watch::ask(const Checkers& checkers, TrueTime at, std::optional<NodeId> node, Ask ask) {
  for (const auto& checker : checkers)
    if (auto wrong = ask(*checker)) fell(checker->invariant(), at, std::move(*wrong), node);
}

void Watch::look_around(TrueTime at) {
  health_.look(cluster_);
  if (at < next_round_) return;
  next_round_ = at + round_interval;
  const Round round{at, cluster_, health_};
  for (const Checkers& checkers : of_regions_)
    ask(checkers, at, std::nullopt, [&](Checker& checker) { return checker.at_intervals(round); });
  ask(of_all_, at, std::nullopt, [&](Checker& checker) { return checker.at_intervals(round); });
}

void Watch::note_hand_over(NodeId node, TrueTime at, const core::world::Effects& effects) {
  for (const core::world::Effect& effect : effects)
    if (const auto* logged = std::get_if<core::world::Logged>(&effect))
      if (logged->message == "starting leadership transfer") handed_over_[node] = at;
}

void Watch::fell(std::string_view invariant, TrueTime at, std::string what, std::optional<NodeId> node) {
  if (!violation_) violation_ = Violation{std::string(invariant), at, std::move(what), node};
}

void Watch::committed(const Commit& commit) {
  command_points_.committed(commit);
  ask(of_regions_[cluster_.region_of(commit.sight.node)], commit.sight.at, commit.sight.node,
      [&](Checker& checker) { return checker.committed(commit); });
  if (commit.command == nullptr) return;
  tell_command(commit);
  if (on_command) on_command(commit);
}

void Watch::tell_command(const Commit& commit) {
  const TrueTime at = commit.sight.at;
  const state::State& now = commit.sight.state;
  Told& told = told_[cluster_.region_of(commit.sight.node)];
  const auto name_of = [&](const std::string& id) {
    const auto node = now.node(id);
    return node ? node->name : id;
  };
  if (std::holds_alternative<state::RegisterNode>(*commit.command)) {
    const bool is_new = now.node_count() > told.registered;
    told.registered = std::max(told.registered, now.node_count());
    if (is_new && told.registered == told.clients)
      story_.tell(at,
                  fmt::format("{}{} {} registered",
                              told.clients == 1 ? "the client" : fmt::format("all {} clients", told.clients),
                              cluster_.regions().size() == 1 ? "" : " of " + cluster_.plan(commit.sight.node).region,
                              told.clients == 1 ? "has" : "have"));
  } else if (const auto* status = std::get_if<state::UpdateNodeStatus>(commit.command)) {
    if (status->status != model::NodeStatus::down) return;
    std::size_t live = 0;
    now.allocs_of_node(status->node_id, [&](const state::Ref<model::Allocation>& alloc) {
      live += alloc->server_terminal() || alloc->client_terminal() ? 0 : 1;
      return true;
    });
    story_.tell(at, fmt::format("{} is down{}", name_of(status->node_id),
                                live == 0 ? "" : fmt::format(", with {}", counted(live, "allocation"))));
  } else if (const auto* job = std::get_if<state::RegisterJob>(commit.command)) {
    std::int64_t wanted = 0;
    for (const model::TaskGroup& group : job->job.task_groups) wanted += group.count.value_or(1);
    told.all_running[job->job.id] = false;
    // Hundreds of writes, of which the workload's checker tells what matters.
    if (job->job.id.starts_with(register_prefix) && wanted == 0) return;
    story_.tell(at, fmt::format("job {} is registered: {} wanted", job->job.id,
                                counted(static_cast<std::uint64_t>(wanted), "allocation")));
  } else if (const auto* gone = std::get_if<state::DeregisterJob>(commit.command)) {
    story_.tell(at, fmt::format("job {} is to stop", gone->job_id));
  } else if (const auto* plan = std::get_if<state::ApplyPlanResult>(commit.command)) {
    if (plan->placements.empty() && plan->stops.empty()) return;
    std::size_t replaced = 0;
    for (const model::Allocation& alloc : plan->placements) replaced += alloc.previous_allocation.empty() ? 0 : 1;
    std::string text;
    if (!plan->placements.empty()) text = fmt::format("{} placed", counted(plan->placements.size(), "allocation"));
    if (replaced > 0) text += fmt::format(" ({} in another's stead)", replaced);
    if (!plan->stops.empty())
      text += fmt::format("{}{} told to stop", text.empty() ? "" : ", ", counted(plan->stops.size(), "allocation"));
    story_.tell(at, plan->job ? fmt::format("job {}: {}", plan->job->id, text) : text);
    if (plan->job && !plan->placements.empty()) told.all_running[plan->job->id] = false;
  } else if (const auto* update = std::get_if<state::UpdateAllocsFromClient>(commit.command)) {
    tell_allocs(commit, *update);
  }
}

void Watch::tell_allocs(const Commit& commit, const state::UpdateAllocsFromClient& update) {
  if (!story_.is_told()) return;
  Told& told = told_[cluster_.region_of(commit.sight.node)];
  std::map<std::string, std::string> jobs;  // id to namespace
  for (const model::Allocation& reported : update.allocs)
    if (const auto alloc = commit.sight.state.alloc(reported.id)) jobs.emplace(alloc->job_id, alloc->namespace_);
  for (const auto& [id, namespace_] : jobs) {
    const auto job = commit.sight.state.job(namespace_, id);
    const auto summary = commit.sight.state.job_summary(namespace_, id);
    if (!job || !summary || job->stop || told.all_running[id]) continue;
    std::int64_t wanted = 0;
    std::int64_t running = 0;
    for (const model::TaskGroup& group : job->task_groups) wanted += group.count.value_or(1);
    for (const auto& [name, group] : summary->summary) running += group.running;
    if (running != wanted || wanted == 0) continue;
    told.all_running[id] = true;
    story_.tell(commit.sight.at, fmt::format("job {}: {} of {} running", id, running, wanted));
  }
}

}  // namespace simulator::checkers
