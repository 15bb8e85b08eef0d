// Which handler answers a path and a method, and what must be so before it is asked.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "core/api/archive_route.hpp"
#include "core/api/routes.hpp"
#include "core/describe/text.hpp"

namespace core::api {
namespace {

/// Who may answer.
enum class By {
  agent,     // this one, whatever it is
  server,    // any server
  follower,  // the leader, with `stale` any server, with `consistent` one of which a quorum says that it leads
  leader,    // the leader alone
};

using Handler = Outcome (*)(Call& call);

/// A path is `before`, or `before` + an id + `after` where `has_id`. The first that fits counts, so paths with
/// something after the id stand before those without.
struct Route {
  std::string_view before;
  bool has_id;
  std::string_view after;
  By by;
  Handler get = nullptr;
  Handler put = nullptr;  // PUT and POST
  Handler del = nullptr;
};

constexpr Route exact(std::string_view path, By by, Handler get, Handler put = nullptr, Handler del = nullptr) {
  return {path, false, "", by, get, put, del};
}
constexpr Route with_id(std::string_view before, std::string_view after, By by, Handler get, Handler put = nullptr,
                        Handler del = nullptr) {
  return {before, true, after, by, get, put, del};
}

constexpr std::array table{
    exact("/v1/jobs", By::follower, jobs_list, jobs_register),
    exact("/v1/jobs/parse", By::agent, nullptr, jobs_parse),
    exact("/v1/validate/job", By::agent, nullptr, job_validate),
    with_id("/v1/job/", "/versions", By::follower, job_versions),
    with_id("/v1/job/", "/allocations", By::follower, job_allocations),
    with_id("/v1/job/", "/evaluations", By::follower, job_evaluations),
    with_id("/v1/job/", "/deployments", By::follower, job_deployments),
    with_id("/v1/job/", "/deployment", By::follower, job_latest_deployment),
    with_id("/v1/job/", "/summary", By::follower, job_summary),
    with_id("/v1/job/", "/evaluate", By::leader, nullptr, job_evaluate),
    with_id("/v1/job/", "/plan", By::leader, nullptr, job_plan),
    with_id("/v1/job/", "/scale", By::follower, job_scale_status, job_scale),
    with_id("/v1/job/", "", By::follower, job_read, job_register, job_deregister),
    exact("/v1/nodes", By::follower, nodes_list),
    with_id("/v1/node/", "/allocations", By::follower, node_allocations),
    with_id("/v1/node/", "/evaluate", By::leader, nullptr, node_evaluate),
    with_id("/v1/node/", "/eligibility", By::leader, nullptr, node_eligibility),
    with_id("/v1/node/", "/purge", By::leader, nullptr, node_purge),
    with_id("/v1/node/", "", By::follower, node_read),
    exact("/v1/allocations", By::follower, allocations_list),
    with_id("/v1/allocation/", "/stop", By::leader, nullptr, allocation_stop),
    with_id("/v1/allocation/", "", By::follower, allocation_read),
    exact("/v1/evaluations", By::follower, evaluations_list),
    exact("/v1/evaluations/count", By::follower, evaluations_count),
    with_id("/v1/evaluation/", "/allocations", By::follower, evaluation_allocations),
    with_id("/v1/evaluation/", "", By::follower, evaluation_read),
    exact("/v1/deployments", By::follower, deployments_list),
    with_id("/v1/deployment/allocations/", "", By::follower, deployment_allocations),
    with_id("/v1/deployment/", "", By::follower, deployment_read),
    with_id("/v1/client/fs/logs/", "", By::agent, fs_logs),
    with_id("/v1/client/fs/cat/", "", By::agent, fs_cat),
    with_id("/v1/client/fs/readat/", "", By::agent, fs_read_at),
    with_id("/v1/client/fs/ls/", "", By::agent, fs_list),
    with_id("/v1/client/fs/stat/", "", By::agent, fs_stat),
    exact("/v1/agent/self", By::agent, agent_self),
    exact("/v1/agent/members", By::server, agent_members),
    exact("/v1/agent/join", By::agent, nullptr, agent_join),
    with_id("/v1/agent/keyring/", "", By::agent, agent_keyring, agent_keyring),
    exact("/v1/agent/force-leave", By::agent, nullptr, agent_force_leave),
    exact("/v1/agent/servers", By::agent, agent_servers),
    exact("/v1/agent/health", By::agent, agent_health),
    exact("/v1/agent/monitor", By::agent, agent_monitor),
    exact("/v1/metrics", By::agent, metrics),
    exact("/v1/status/leader", By::server, status_leader),
    exact("/v1/status/peers", By::server, status_peers),
    exact("/v1/regions", By::server, regions),
    exact("/v1/operator/raft/configuration", By::follower, raft_configuration),
    exact("/v1/operator/raft/peer", By::leader, nullptr, nullptr, raft_remove_peer),
    exact("/v1/operator/raft/transfer-leadership", By::leader, nullptr, raft_transfer_leadership),
    exact(archive_route, By::follower, snapshot_save, snapshot_restore),
    exact("/v1/operator/autopilot/configuration", By::follower, autopilot_configuration, autopilot_configure),
    exact("/v1/operator/autopilot/health", By::leader, autopilot_health),
    exact("/v1/operator/scheduler/configuration", By::follower, scheduler_configuration),
    exact("/v1/search", By::follower, nullptr, search),
    exact("/v1/namespaces", By::follower, namespaces_list),
    with_id("/v1/namespace/", "", By::follower, namespace_read),
};

/// What Nomad has and this agent has not: told as such rather than as a path that does not exist. Tried
/// before the table, so that what hangs on an id ("/v1/job/x/dispatch") is not taken for part of it.
struct Missing {
  std::string_view before;
  std::string_view after;
  std::string_view what;
};
constexpr std::array not_here{
    Missing{"/v1/job/", "/dispatch", "dispatching jobs"},
    Missing{"/v1/job/", "/periodic/force", "periodic jobs"},
    Missing{"/v1/job/", "/revert", "reverting jobs"},
    Missing{"/v1/job/", "/stable", "marking job versions stable"},
    Missing{"/v1/job/", "/submission", "job submissions"},
    Missing{"/v1/job/", "/services", "native services"},
    Missing{"/v1/node/", "/drain", "draining nodes"},
    Missing{"/v1/node/pool", "", "node pools"},
    Missing{"/v1/allocation/", "/services", "native services"},
    Missing{"/v1/deployment/fail/", "", "changing deployments"},
    Missing{"/v1/deployment/pause/", "", "changing deployments"},
    Missing{"/v1/deployment/promote/", "", "changing deployments"},
    Missing{"/v1/deployment/unblock/", "", "changing deployments"},
    Missing{"/v1/deployment/allocation-health/", "", "changing deployments"},
    Missing{"/v1/client/fs/stream/", "", "streaming files other than logs"},
    Missing{"/v1/client/allocation/", "/stats", "resource usage of allocations"},
    Missing{"/v1/client/allocation/", "/checks", "checks of native services"},
    Missing{"/v1/client/allocation/", "/gc", "garbage collection of allocations on request"},
    Missing{"/v1/client/allocation/", "/restart", "restarting tasks on request"},
    Missing{"/v1/client/allocation/", "/signal", "signalling tasks"},
    Missing{"/v1/client/allocation/", "/exec", "executing commands in tasks"},
    Missing{"/v1/client/stats", "", "host statistics"},
    Missing{"/v1/client/gc", "", "garbage collection on request"},
    Missing{"/v1/client/metadata", "", "dynamic node metadata"},
    Missing{"/v1/agent/host", "", "host reports"},
    Missing{"/v1/agent/schedulers", "", "scheduler workers"},
    Missing{"/v1/agent/pprof/", "", "profiles"},
    Missing{"/v1/operator/keyring/", "", "keyrings"},
    Missing{"/v1/operator/license", "", "licenses"},
    Missing{"/v1/system/gc", "", "garbage collection on request"},
    Missing{"/v1/system/reconcile/summaries", "", "reconciling summaries"},
    Missing{"/v1/search/fuzzy", "", "fuzzy search"},
    Missing{"/v1/event/stream", "", "the event stream"},
    Missing{"/v1/scaling/", "", "scaling policies"},
    Missing{"/v1/service", "", "native services"},
    Missing{"/v1/var", "", "variables"},
    Missing{"/v1/acl/", "", "ACLs"},
    Missing{"/v1/volume", "", "volumes"},
    Missing{"/v1/plugin", "", "CSI plugins"},
};

// The id of a path that fits; nothing for one that does not.
std::optional<std::string_view> id_in(const Route& route, std::string_view path) {
  if (!route.has_id) return path == route.before ? std::optional<std::string_view>("") : std::nullopt;
  if (path.size() <= route.before.size() + route.after.size()) return std::nullopt;
  if (!path.starts_with(route.before) || !path.ends_with(route.after)) return std::nullopt;
  return path.substr(route.before.size(), path.size() - route.before.size() - route.after.size());
}

const Missing* missing_at(std::string_view path) {
  const auto fits = [&](const Missing& one) {
    if (!path.starts_with(one.before)) return false;
    return one.after.empty() || (path.ends_with(one.after) && path.size() > one.before.size() + one.after.size());
  };
  const auto* found = std::find_if(not_here.begin(), not_here.end(), fits);
  return found == not_here.end() ? nullptr : &*found;
}

Handler handler_of(const Route& route, std::string_view method) {
  if (method == "GET") return route.get;
  if (method == "PUT" || method == "POST") return route.put;
  if (method == "DELETE") return route.del;
  return nullptr;
}

// What a blocking query asks for (http-api.md §1). Nothing: it is as it should be.
std::optional<Answer> read_blocking(Call& call) {
  if (const std::string wait = call.query.get("wait"); !wait.empty()) {
    const auto duration = describe::parse_duration(wait);
    if (!duration || *duration < Duration{}) return failure(400, "Invalid wait time");
    call.wait = *duration == Duration{} ? default_wait : std::min(*duration, longest_wait);
  }
  const auto index = call.query.number("index", 0);
  if (!index) return failure(400, "Invalid index");
  call.min_index = *index;
  return std::nullopt;
}

// Where the request has to go before it can be answered; nothing: here.
std::optional<Outcome> elsewhere(const Call& call, By by, bool writes) {
  if (by == By::agent) return std::nullopt;
  if (const std::string region = call.query.get("region"); !region.empty() && region != call.view.region())
    return ToRegion{region};
  if (!call.view.is_server() || call.view.state() == nullptr) return ToLeader{};
  if (by == By::follower && !writes && call.query.flag("consistent")) {
    if (call.request.verified) return std::nullopt;
    return call.view.holds_office() ? Outcome{VerifyLeader{}} : Outcome{ToLeader{}};
  }
  if (by == By::server) return std::nullopt;
  if (by == By::follower && !writes && call.query.flag("stale")) return std::nullopt;
  // A leader that was cut off does not know yet that another was elected: by its lease alone it answers by itself.
  if (call.view.is_leader() && by == By::follower && !writes && !call.request.verified && !call.view.holds_lease())
    return VerifyLeader{};
  if (call.view.is_leader()) return std::nullopt;
  return ToLeader{};
}

}  // namespace

Outcome route(const View& view, const Request& request, Now now, Instant first_asked, bool timed_out, Rng& rng) {
  const auto query = Query::parse(request.target);
  if (!query) return failure(400, "invalid request target");
  const std::string& path = query->path();
  if (const Missing* missing = missing_at(path))
    return failure(501, std::string(missing->what) + ": not supported by this agent");
  for (const Route& candidate : table) {
    const auto id = id_in(candidate, path);
    if (!id) continue;
    const Handler handler = handler_of(candidate, request.method);
    if (handler == nullptr) return failure(405, "Invalid method");
    Call call{view, request, *query, std::string(*id), now, first_asked, timed_out, rng};
    // A search is a read, for all that it comes with a body.
    const bool writes = handler != candidate.get && handler != search;
    if (auto refused = read_blocking(call)) return *refused;
    if (auto there = elsewhere(call, candidate.by, writes)) return std::move(*there);
    return handler(call);
  }
  return Answer{404, {}, ""};
}

}  // namespace core::api
