#include "simulator/expect/happenings.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace simulator {

namespace state = core::state;
namespace model = core::model;

namespace {

std::optional<io_sim::Edge> edge_of(Happening::Kind kind) {
  using Kind = Happening::Kind;
  switch (kind) {
    case Kind::sync_asked:
      return io_sim::Edge::persist_asked;
    case Kind::sync_written:
      return io_sim::Edge::persist_written;
    case Kind::sync_done:
      return io_sim::Edge::persist_synced;
    case Kind::sync_heard:
      return io_sim::Edge::persist_heard;
    case Kind::message_sent:
      return io_sim::Edge::sent;
    case Kind::message_early:
      return io_sim::Edge::sent_unsynced;
    case Kind::promise_sent:
      return io_sim::Edge::sent_on_sync;
    case Kind::message_received:
      return io_sim::Edge::received;
    case Kind::message_read:
      return io_sim::Edge::taken_in;
    default:
      return std::nullopt;
  }
}

}  // namespace

bool is_promise(const Happening& happening) { return edge_of(happening.kind).has_value(); }

void Happenings::listen(const Happening& happening, Told told) {
  if (const auto edge = edge_of(happening.kind)) {
    io_sim::Trap trap;
    trap.edge = *edge;
    for (NodeId node = 0; node < cluster_.servers(); ++node) trap.nodes.push_back(node);
    trap.times = std::numeric_limits<std::uint64_t>::max();
    trap.strike = [told = std::move(told)](NodeId node) { told(node); };
    cluster_.world().fault_points().arm(std::move(trap));
    return;
  }
  kinds_.insert(happening.kind);
  listeners_.push_back({happening, std::move(told)});
}

bool Happenings::any_heard(std::initializer_list<Kind> kinds) const {
  for (const Kind kind : kinds)
    if (heard(kind)) return true;
  return false;
}

void Happenings::tell(Kind kind, const std::string& name, std::optional<NodeId> node) {
  for (const Listener& listener : listeners_)
    if (listener.happening.kind == kind && (listener.happening.name.empty() || listener.happening.name == name))
      listener.told(node);
}

void Happenings::handled(NodeId node, TrueTime, const core::world::Event&, const core::world::Effects&) {
  if (kinds_.empty()) return;
  if (any_heard({Kind::process_started, Kind::process_ended, Kind::leader_lost})) look_at_processes();
  if (!cluster_.is_server(node)) return;
  look_at_server(node);
  const std::size_t region = cluster_.region_of(node);
  if (cluster_.established_leader(region) == node) look_at_state(cluster_.server(node)->state(), regions_[region]);
}

// Processes end without an event of theirs: seen at the next event of anybody.
void Happenings::look_at_processes() {
  up_.resize(cluster_.size());
  for (NodeId node = 0; node < cluster_.size(); ++node) {
    const std::uint64_t life = cluster_.world().life(node);
    if (life == lives_[node]) continue;
    lives_[node] = life;
    const bool was_up = up_[node];
    up_[node] = cluster_.world().is_up(node);
    if (was_up) {
      if (cluster_.is_server(node) && servers_[node].leads) {
        servers_[node].leads = false;
        tell(Kind::leader_lost, cluster_.name(node), node);
      }
      tell(Kind::process_ended, cluster_.name(node), node);
    }
    if (up_[node]) tell(Kind::process_started, cluster_.name(node), node);
  }
}

void Happenings::look_at_server(NodeId node) {
  const core::server::Server* const server = cluster_.server(node);
  if (server == nullptr || server->raft() == nullptr) return;
  const core::raft::Raft& raft = *server->raft();
  Brief& before = servers_[node];
  Brief now{true,
            cluster_.world().life(node),
            raft.term(),
            raft.is_leader(),
            raft.vote().has_value(),
            raft.hard_state_durable(),
            raft.log().first_index(),
            raft.last_index(),
            raft.durable_index(),
            raft.commit_index()};
  const std::string& name = cluster_.name(node);
  const bool same_life = before.known && before.life == now.life;
  const bool led = same_life && before.leads;
  const bool leads_anew = now.leads && (!led || before.term != now.term);
  const Brief old = std::exchange(before, now);
  if (led && !now.leads) tell(Kind::leader_lost, name, node);
  if (leads_anew) tell(Kind::leader_elected, name, node);
  if (!same_life) return;
  const bool new_vote = now.voted && (!old.voted || old.term != now.term);
  if (new_vote && !now.vote_durable) tell(Kind::vote_cast, name, node);
  if (now.voted && now.vote_durable && (!old.vote_durable || new_vote)) tell(Kind::vote_durable, name, node);
  if (now.last < old.last) tell(Kind::log_cut, name, node);
  if (now.last > old.last) tell(Kind::entries_appended, name, node);
  if (now.durable > old.durable) tell(Kind::entries_durable, name, node);
  if (now.commit > old.commit) tell(Kind::commit_advanced, name, node);
  if (now.first > old.first) tell(Kind::snapshot_taken, name, node);
}

void Happenings::look_at_state(const state::State& now, Region& region) {
  if (any_heard({Kind::node_ready, Kind::node_down}) && now.table_index(state::Table::nodes) != region.nodes_index)
    look_at_nodes(now, region);
  const std::uint64_t jobs = std::max(now.table_index(state::Table::jobs), now.table_index(state::Table::allocs));
  if (any_heard({Kind::job_registered, Kind::job_running, Kind::job_complete}) && jobs != region.jobs_index) {
    region.jobs_index = jobs;
    look_at_jobs(now, region);
  }
  if (any_heard({Kind::allocation_placed, Kind::allocation_running, Kind::allocation_failed, Kind::allocation_lost}) &&
      now.table_index(state::Table::allocs) != region.allocs_index)
    look_at_allocs(now, region);
}

void Happenings::look_at_nodes(const state::State& now, Region& region) {
  region.nodes_index = now.table_index(state::Table::nodes);
  std::vector<std::pair<Kind, std::string>> seen;
  now.nodes("", [&](const state::Ref<model::Node>& node) {
    const auto [at, is_new] = region.nodes.emplace(node->id, model::NodeStatus::initializing);
    if (at->second == node->status) return true;
    at->second = node->status;
    if (node->status == model::NodeStatus::ready) seen.emplace_back(Kind::node_ready, node->name);
    if (node->status == model::NodeStatus::down) seen.emplace_back(Kind::node_down, node->name);
    return true;
  });
  for (const auto& [kind, name] : seen) tell(kind, name, cluster_.find(name));
}

void Happenings::look_at_jobs(const state::State& now, Region& region) {
  std::vector<std::pair<Kind, std::string>> seen;
  now.jobs("*", "", [&](const state::Ref<model::Job>& job) {
    const auto [at, is_new] = region.jobs.emplace(job->id, JobSeen{});
    JobSeen& known = at->second;
    if (is_new || known.version != job->version) seen.emplace_back(Kind::job_registered, job->id);
    known.version = job->version;
    std::uint64_t wanted = 0;
    for (const model::TaskGroup& group : job->task_groups)
      wanted += static_cast<std::uint64_t>(group.count.value_or(1));
    std::uint64_t running = 0;
    std::uint64_t complete = 0;
    now.allocs_of_job(job->namespace_, job->id, [&](const state::Ref<model::Allocation>& alloc) {
      if (alloc->server_terminal()) return true;
      running += alloc->client_status == model::ClientStatus::running ? 1 : 0;
      complete += alloc->client_status == model::ClientStatus::complete ? 1 : 0;
      return true;
    });
    const bool runs = !job->stop && wanted > 0 && running == wanted;
    const bool done = wanted > 0 && complete == wanted;
    if (runs && !known.running) seen.emplace_back(Kind::job_running, job->id);
    if (done && !known.complete) seen.emplace_back(Kind::job_complete, job->id);
    known.running = runs;
    known.complete = done;
    return true;
  });
  for (const auto& [kind, name] : seen) tell(kind, name, std::nullopt);
}

void Happenings::look_at_allocs(const state::State& now, Region& region) {
  region.allocs_index = now.table_index(state::Table::allocs);
  std::vector<std::pair<Kind, std::string>> seen;
  now.allocs("", [&](const state::Ref<model::Allocation>& alloc) {
    const auto [at, is_new] = region.allocs.emplace(alloc->id, model::ClientStatus::pending);
    if (is_new) seen.emplace_back(Kind::allocation_placed, alloc->node_name);
    if (at->second == alloc->client_status) return true;
    at->second = alloc->client_status;
    if (alloc->client_status == model::ClientStatus::running)
      seen.emplace_back(Kind::allocation_running, alloc->node_name);
    if (alloc->client_status == model::ClientStatus::failed)
      seen.emplace_back(Kind::allocation_failed, alloc->node_name);
    if (alloc->client_status == model::ClientStatus::lost) seen.emplace_back(Kind::allocation_lost, alloc->node_name);
    return true;
  });
  for (const auto& [kind, name] : seen) tell(kind, name, cluster_.find(name));
}

}  // namespace simulator
