#include "simulator/checkers/ending.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/describe/text.hpp"
#include "simulator/checkers/room.hpp"

namespace simulator::checkers {
namespace {

namespace state = core::state;
namespace model = core::model;
using Alloc = state::Ref<model::Allocation>;

class Ending {
 public:
  Ending(const Cluster& cluster, const Scenario& scenario) : cluster_(cluster), scenario_(scenario) {}

  std::vector<Unwell> look(const std::vector<bool>& written) {
    const bool alone = cluster_.regions().size() == 1;
    std::vector<NodeId> leaders;
    for (std::size_t region = 0; region < cluster_.regions().size(); ++region) {
      if (const auto leader = cluster_.established_leader(region))
        leaders.push_back(*leader);
      else
        say("HEAL", fmt::format("no server leads{}", alone ? "" : " in " + cluster_.regions()[region]));
    }
    if (!unwell_.empty() || !scenario_.converges) return std::move(unwell_);
    for (const NodeId leader : leaders) {
      region_ = cluster_.region_of(leader);
      if (!written[region_])
        say("HEAL", fmt::format("no write has gone through{} since the faults ended",
                                alone ? "" : " in " + cluster_.regions()[region_]));
      heal(leader, *cluster_.server(leader));
    }
    view();
    for (const NodeId leader : leaders) {
      region_ = cluster_.region_of(leader);
      count(cluster_.server(leader)->state());
      tasks(cluster_.server(leader)->state());
    }
    return std::move(unwell_);
  }

 private:
  void say(std::string invariant, std::string what) { unwell_.push_back({std::move(invariant), std::move(what)}); }

  core::WallTime wall() const { return {io_sim::world_began_unix_ns + cluster_.world().now().ns}; }
  bool counts(NodeId node) const { return cluster_.counts(node); }
  bool counts_here(NodeId node) const { return cluster_.region_of(node) == region_ && counts(node); }

  void heal(NodeId leader, const core::server::Server& leading) {
    const core::raft::Raft& raft = *leading.raft();
    for (NodeId node = 0; node < cluster_.servers(); ++node) {
      if (!counts_here(node)) continue;
      const core::server::Server* const server = cluster_.server(node);
      if (server->raft() == nullptr) {
        say("HEAL", fmt::format("{} has not read its disk yet", cluster_.name(node)));
      } else if (!raft.configuration().is_voter(server->id())) {
        say("HEAL",
            fmt::format("{} is not among the voters of its leader {}", cluster_.name(node), cluster_.name(leader)));
      } else if (server->raft()->leader() != leading.id()) {
        say("HEAL", fmt::format("{} does not follow {}", cluster_.name(node), cluster_.name(leader)));
      } else if (server->state().index() != leading.state().index()) {
        say("HEAL", fmt::format("{} has applied index {}, its leader {} index {}", cluster_.name(node),
                                server->state().index(), cluster_.name(leader), leading.state().index()));
      }
    }
  }

  void view() {
    for (NodeId node = 0; node < cluster_.servers(); ++node) {
      if (!counts(node)) continue;
      const core::server::Server* const server = cluster_.server(node);
      if (server->gossip() == nullptr) return say("VIEW", fmt::format("{} is not in the pool", cluster_.name(node)));
      std::map<std::string, std::string> mine;
      for (const core::gossip::Member& member : server->gossip()->members())
        mine.emplace(member.name(), core::gossip::to_string(member.status));
      for (NodeId other = 0; other < cluster_.servers(); ++other) {
        const auto found = mine.find(cluster_.name(other) + "." + cluster_.plan(other).region);
        const bool alive = found != mine.end() && found->second == "alive";
        if (!cluster_.in_core(other) || counts(other) == alive) continue;
        say("VIEW", fmt::format("{} holds {} for {}", cluster_.name(node), cluster_.name(other),
                                found == mine.end() ? "unknown" : found->second));
      }
    }
  }

  // Names are each there once; as many run as are wanted, unless an evaluation waits for room.
  void count(const state::State& now) {
    now.jobs("*", "", [&](const state::Ref<model::Job>& job) {
      if (job->type != "service" && job->type != "batch") return true;
      bool blocked = false;
      now.evals_of_job(job->namespace_, job->id, [&](const state::Ref<model::Evaluation>& eval) {
        if (eval->status == model::EvalStatus::blocked) {
          blocked = true;
          if (would_be_placed(now, *eval, wall()))
            say("EVALEND", fmt::format("evaluation {} of job {} waits for room, and there is room",
                                       eval->id.substr(0, 8), job->id));
        }
        // One that waits for its time has not been forgotten yet.
        if (eval->status == model::EvalStatus::pending && eval->wait_until <= wall())
          say("EVALEND", fmt::format("evaluation {} of job {} is pending ({})", eval->id.substr(0, 8), job->id,
                                     core::describe::text_of(eval->triggered_by)));
        return true;
      });
      for (const model::TaskGroup& group : job->task_groups) count_group(now, *job, group, blocked);
      return true;
    });
  }

  void count_group(const state::State& now, const model::Job& job, const model::TaskGroup& group, bool blocked) {
    std::size_t running = 0;
    std::set<std::string>
        ended_well;  // by name: what was given up with its node, and had ended well there, is done too
    std::set<std::string> names;
    now.allocs_of_job(job.namespace_, job.id, [&](const Alloc& alloc) {
      if (alloc->task_group != group.name) return true;
      const bool complete = job.type == "batch" && alloc->client_status == model::ClientStatus::complete;
      if (complete && (!alloc->server_terminal() || (!job.stop && alloc->job && alloc->job->version == job.version)))
        ended_well.insert(alloc->name);
      if (alloc->server_terminal() || alloc->client_terminal()) return true;
      if (!names.insert(alloc->name).second) say("COUNT", fmt::format("{} is there twice", alloc->name));
      if (alloc->client_status == model::ClientStatus::running) ++running;
      return true;
    });
    const std::size_t done = ended_well.size();
    const std::size_t wanted = job.stop ? 0 : static_cast<std::size_t>(group.count.value_or(1));
    const bool enough = blocked ? running + done <= wanted : running + done == wanted;
    const bool more = !job.stop && names.size() + done > wanted;
    if (!enough || more || (job.stop && !names.empty()))
      say("COUNT", fmt::format("job {} wants {} of {}: {} are live, {} of them running{}", job.id, wanted, group.name,
                               names.size(), running, done > 0 ? fmt::format(", {} complete", done) : ""));
  }

  // What runs on the hosts against what the servers believe.
  void tasks(const state::State& now) {
    for (NodeId node = static_cast<NodeId>(cluster_.servers()); node < cluster_.size(); ++node) {
      if (!counts_here(node)) continue;
      const core::client::Client* const client = cluster_.agent(node)->client();
      const auto& tasks = cluster_.world().host(node).tasks();
      for (const auto& [key, task] : tasks) {
        if (task.ended) continue;
        const auto alloc = now.alloc(key.alloc_id);
        if (!alloc || alloc->terminal() || alloc->node_id != client->node().id)
          say("ORPHAN", fmt::format("{} runs on {}, and its allocation {}", key.task, cluster_.name(node),
                                    alloc ? "has ended: " + alloc->name : "is not there"));
      }
      now.allocs_of_node(client->node().id, [&](const Alloc& alloc) {
        if (alloc->terminal() || alloc->client_status != model::ClientStatus::running) return true;
        const model::TaskGroup* const group = alloc->job ? alloc->job->find_group(alloc->task_group) : nullptr;
        if (group == nullptr) return true;
        const bool runs = std::any_of(group->tasks.begin(), group->tasks.end(), [&](const model::Task& task) {
          const auto found = tasks.find({alloc->id, task.name});
          return found != tasks.end() && !found->second.ended;
        });
        if (!runs) say("COUNT", fmt::format("{} is said to run on {}, and does not", alloc->name, cluster_.name(node)));
        return true;
      });
    }
  }

  const Cluster& cluster_;
  const Scenario& scenario_;
  std::size_t region_ = 0;  // that is looked at
  std::vector<Unwell> unwell_;
};

}  // namespace

std::vector<Unwell> not_yet_well(const Cluster& cluster, const Scenario& scenario, const std::vector<bool>& written) {
  return Ending(cluster, scenario).look(written);
}

}  // namespace simulator::checkers
