#include "simulator/checkers/watch.hpp"

#include <fmt/format.h>

#include "simulator/checkers/cap.hpp"
#include "simulator/checkers/elect.hpp"
#include "simulator/checkers/log_match.hpp"
#include "simulator/checkers/mono.hpp"
#include "simulator/checkers/quorum.hpp"
#include "simulator/checkers/state_hash.hpp"

namespace simulator::checkers {

namespace state = core::state;
namespace model = core::model;

Watch::Watch(Cluster& cluster, Story& story) : cluster_(cluster), story_(story), briefs_(cluster.servers()) {
  const std::size_t servers = cluster.servers();
  checkers_.push_back(std::make_unique<Elect>());
  checkers_.push_back(std::make_unique<LogMatch>(servers));
  auto history = std::make_unique<History>(servers);
  history->on_commit = [this](const Commit& commit) { committed(commit); };
  checkers_.push_back(std::move(history));
  checkers_.push_back(std::make_unique<Mono>(servers));
  checkers_.push_back(std::make_unique<StateHash>());
  checkers_.push_back(std::make_unique<Quorum>(servers));
  checkers_.push_back(std::make_unique<Cap>());
}

Watch::~Watch() = default;

void Watch::handled(NodeId node, TrueTime at, const core::world::Event&, const core::world::Effects& effects) {
  for (const core::world::Effect& effect : effects)
    if (const auto* exited = std::get_if<core::world::Exited>(&effect))
      story_.tell(at, fmt::format("the agent of {} exits with code {}{}{}", cluster_.name(node), exited->code,
                                  exited->reason.empty() ? "" : ": ", exited->reason));
  if (!cluster_.is_server(node)) return;
  const core::server::Server* const server = cluster_.server(node);
  if (server == nullptr || server->raft() == nullptr) return;
  const core::raft::Raft& raft = *server->raft();
  const Brief now{cluster_.world().life(node),
                  raft.term(),
                  raft.is_leader(),
                  raft.vote().has_value(),
                  raft.hard_state_durable(),
                  raft.last_index(),
                  raft.log().last_term(),
                  raft.commit_index(),
                  raft.durable_index(),
                  server->state().index()};
  Brief& before = briefs_[node];
  if (now == before) return;
  if (now.life == before.life && now.last < before.last) ++coverage_.truncations;
  if (now.life != before.life && before.life != 0) ++coverage_.restarts;
  if (now.leads && (!before.leads || before.term != now.term || before.life != now.life)) {
    ++coverage_.elections;
    story_.tell(at, fmt::format("{} is elected leader of term {}", cluster_.name(node), now.term.value));
  }
  if (before.leads && !now.leads && before.life == now.life) {
    ++coverage_.leaders_deposed;
    story_.tell(at, fmt::format("{} leads no more", cluster_.name(node)));
  }
  before = now;
  const Sight sight{node, node, cluster_.name(node), now.life, at, server->id(), raft, server->state()};
  for (const auto& checker : checkers_)
    if (auto wrong = checker->saw(sight)) fell(checker->invariant(), at, std::move(*wrong));
}

void Watch::fell(std::string_view invariant, TrueTime at, std::string what) {
  if (!violation_) violation_ = Violation{std::string(invariant), at, std::move(what)};
}

void Watch::committed(const Commit& commit) {
  ++coverage_.committed;
  for (const auto& checker : checkers_)
    if (auto wrong = checker->committed(commit)) fell(checker->invariant(), commit.sight.at, std::move(*wrong));
  if (commit.command != nullptr) tell_command(commit);
}

void Watch::tell_command(const Commit& commit) {
  const TrueTime at = commit.sight.at;
  const state::State& now = commit.sight.state;
  const auto name_of = [&](const std::string& id) {
    const auto node = now.node(id);
    return node ? node->name : id;
  };
  if (const auto* node = std::get_if<state::RegisterNode>(commit.command)) {
    const bool is_new = now.node_count() > registered_;
    registered_ = std::max(registered_, now.node_count());
    if (is_new && registered_ == cluster_.clients())
      story_.tell(at, fmt::format("{} registered", registered_ == 1 ? "the client has"
                                                                    : fmt::format("all {} clients have", registered_)));
    static_cast<void>(node);
  } else if (const auto* status = std::get_if<state::UpdateNodeStatus>(commit.command)) {
    if (status->status != model::NodeStatus::down) return;
    ++coverage_.nodes_down;
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
    all_running_[job->job.id] = false;
    story_.tell(at, fmt::format("job {} is registered: {} wanted", job->job.id,
                                counted(static_cast<std::uint64_t>(wanted), "allocation")));
  } else if (const auto* gone = std::get_if<state::DeregisterJob>(commit.command)) {
    story_.tell(at, fmt::format("job {} is to stop", gone->job_id));
  } else if (const auto* plan = std::get_if<state::ApplyPlanResult>(commit.command)) {
    coverage_.placements += plan->placements.size();
    if (plan->placements.empty() && plan->stops.empty()) return;
    std::size_t replaced = 0;
    for (const model::Allocation& alloc : plan->placements) replaced += alloc.previous_allocation.empty() ? 0 : 1;
    std::string text;
    if (!plan->placements.empty()) text = fmt::format("{} placed", counted(plan->placements.size(), "allocation"));
    if (replaced > 0) text += fmt::format(" ({} in another's stead)", replaced);
    if (!plan->stops.empty())
      text += fmt::format("{}{} told to stop", text.empty() ? "" : ", ", counted(plan->stops.size(), "allocation"));
    story_.tell(at, plan->job ? fmt::format("job {}: {}", plan->job->id, text) : text);
    if (plan->job && !plan->placements.empty()) all_running_[plan->job->id] = false;
  } else if (const auto* update = std::get_if<state::UpdateAllocsFromClient>(commit.command)) {
    tell_allocs(commit, *update);
  }
}

void Watch::tell_allocs(const Commit& commit, const state::UpdateAllocsFromClient& update) {
  if (!story_.is_told()) return;
  std::map<std::string, std::string> jobs;  // id to namespace
  for (const model::Allocation& reported : update.allocs)
    if (const auto alloc = commit.sight.state.alloc(reported.id)) jobs.emplace(alloc->job_id, alloc->namespace_);
  for (const auto& [id, namespace_] : jobs) {
    const auto job = commit.sight.state.job(namespace_, id);
    const auto summary = commit.sight.state.job_summary(namespace_, id);
    if (!job || !summary || job->stop || all_running_[id]) continue;
    std::int64_t wanted = 0;
    std::int64_t running = 0;
    for (const model::TaskGroup& group : job->task_groups) wanted += group.count.value_or(1);
    for (const auto& [name, group] : summary->summary) running += group.running;
    if (running != wanted || wanted == 0) continue;
    all_running_[id] = true;
    story_.tell(commit.sight.at, fmt::format("job {}: {} of {} running", id, running, wanted));
  }
}

}  // namespace simulator::checkers
