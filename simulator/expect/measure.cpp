#include "simulator/expect/measure.hpp"

#include "core/gossip/gossip.hpp"

namespace simulator {
namespace {

namespace state = core::state;
namespace model = core::model;
using Kind = Quantity::Kind;

std::uint64_t allocs_of(const state::State& now, const std::string& job, Kind kind) {
  std::uint64_t out = 0;
  now.allocs_of_job("default", job, [&](const state::Ref<model::Allocation>& alloc) {
    const model::ClientStatus status = alloc->client_status;
    const bool wanted = !alloc->server_terminal();
    const bool counts = kind == Kind::job_running    ? wanted && status == model::ClientStatus::running
                        : kind == Kind::job_pending  ? wanted && status == model::ClientStatus::pending
                        : kind == Kind::job_complete ? wanted && status == model::ClientStatus::complete
                        : kind == Kind::job_failed   ? status == model::ClientStatus::failed
                        : kind == Kind::job_lost     ? status == model::ClientStatus::lost
                                                     : wanted && !alloc->client_terminal();
    out += counts ? 1 : 0;
    return true;
  });
  return out;
}

std::uint64_t nodes_of(const state::State& now, Kind kind) {
  std::uint64_t out = 0;
  now.nodes("", [&](const state::Ref<model::Node>& node) {
    const bool counts = kind == Kind::nodes_ready  ? node->status == model::NodeStatus::ready
                        : kind == Kind::nodes_down ? node->status == model::NodeStatus::down
                                                   : true;
    out += counts ? 1 : 0;
    return true;
  });
  return out;
}

std::uint64_t evals_of(const state::State& now, model::EvalStatus status) {
  std::uint64_t out = 0;
  now.evals("", [&](const state::Ref<model::Evaluation>& eval) {
    out += eval->status == status ? 1 : 0;
    return true;
  });
  return out;
}

std::uint64_t alive_of(const core::server::Server& server) {
  if (server.gossip() == nullptr) return 0;
  std::uint64_t out = 0;
  for (const core::gossip::Member& member : server.gossip()->members())
    out += member.status == core::gossip::MemberStatus::alive ? 1 : 0;
  return out;
}

// What needs no leader.
std::optional<std::uint64_t> by_looking(const Quantity& quantity, const Cluster& cluster) {
  const Kind kind = quantity.kind;
  const std::size_t region = cluster.region(quantity.region);
  const auto is_meant = [&](NodeId node) { return cluster.region_of(node) == region; };
  std::uint64_t out = 0;
  if (kind == Kind::servers_up) {
    for (NodeId node = 0; node < cluster.servers(); ++node)
      out += is_meant(node) && cluster.world().is_up(node) ? 1 : 0;
    return out;
  }
  if (kind == Kind::leaders) {
    for (NodeId node = 0; node < cluster.servers(); ++node) {
      const core::server::Server* const server = cluster.server(node);
      out += is_meant(node) && server != nullptr && server->raft() != nullptr && server->is_leader() ? 1 : 0;
    }
    return out;
  }
  if (kind == Kind::tasks_running) {
    for (NodeId node = 0; node < cluster.size(); ++node)
      if (is_meant(node)) out += cluster.world().host(node).running();
    return out;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> measure(const Quantity& quantity, const Cluster& cluster) {
  if (const auto seen = by_looking(quantity, cluster)) return seen;
  const auto leader = cluster.established_leader(cluster.region(quantity.region));
  if (!leader) return std::nullopt;
  const core::server::Server& server = *cluster.server(*leader);
  const state::State& now = server.state();
  switch (quantity.kind) {
    case Kind::nodes_ready:
    case Kind::nodes_down:
    case Kind::nodes_known:
      return nodes_of(now, quantity.kind);
    case Kind::servers_alive:
      return alive_of(server);
    case Kind::voters:
      return server.raft()->configuration().voters();
    case Kind::evaluations_pending:
      return evals_of(now, model::EvalStatus::pending);
    case Kind::evaluations_blocked:
      return evals_of(now, model::EvalStatus::blocked);
    default:
      return allocs_of(now, quantity.job, quantity.kind);
  }
}

}  // namespace simulator
