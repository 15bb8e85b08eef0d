#include "simulator/debug/node_state.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "core/client/client.hpp"
#include "core/describe/json.hpp"
#include "core/describe/text.hpp"
#include "core/gossip/gossip.hpp"
#include "core/server/server.hpp"
#include "simulator/report/story.hpp"

namespace simulator::debug {
namespace {

namespace json = boost::json;
namespace model = core::model;

constexpr std::uint64_t log_tail = 8;  // entries

json::value raft_state(const core::raft::Raft& raft, LogShown shown) {
  json::object out;
  out["role"] = core::raft::name(raft.role());
  out["term"] = raft.term().value;
  out["vote"] = raft.vote().value_or("");
  out["leader"] = raft.leader().value_or("");
  out["last_index"] = raft.last_index().value;
  out["durable_index"] = raft.durable_index().value;
  out["commit_index"] = raft.commit_index().value;
  out["configuration"] = raft.configuration().text();
  if (const auto base = raft.log().base_index(); base.value > 0) out["log_begins_after"] = base.value;
  json::object tail;
  const std::uint64_t first = raft.log().first_index().value;
  const std::uint64_t last = raft.last_index().value;
  const bool cut = shown == LogShown::tail && last >= first + log_tail;
  for (std::uint64_t index = cut ? last - log_tail + 1 : first; index <= last; ++index) {
    const core::raft::Entry& entry = raft.log().at({index});
    tail[std::to_string(index)] = fmt::format("term {}, {}, {} bytes", entry.term.value,
                                              core::describe::text_of(entry.kind), entry.bytes().size());
  }
  out[cut ? fmt::format("log, the last {} of {}", log_tail, last - first + 1) : "log"] = std::move(tail);
  json::object peers;
  for (const auto& peer : raft.peers())
    peers[peer.id] = fmt::format("match {}, next {}", peer.match.value, peer.next.value);
  if (!peers.empty()) out["peers"] = std::move(peers);
  return out;
}

json::value tables_in_brief(const core::state::State& state) {
  json::object out;
  out["index"] = state.index();
  json::object nodes;
  state.nodes("", [&](const core::state::Ref<model::Node>& node) {
    nodes[node->name] = core::describe::text_of(node->status);
    return true;
  });
  out["nodes"] = std::move(nodes);
  json::object jobs;
  state.jobs("*", "", [&](const core::state::Ref<model::Job>& job) {
    const auto summary = state.job_summary(job->namespace_, job->id);
    std::string text = fmt::format("version {}{}", job->version, job->stop ? ", stopped" : "");
    if (summary)
      for (const auto& [group, count] : summary->summary)
        text += fmt::format(", {}: {} queued {} starting {} running {} failed {} lost {} complete", group, count.queued,
                            count.starting, count.running, count.failed, count.lost, count.complete);
    jobs[job->id] = text;
    return true;
  });
  out["jobs"] = std::move(jobs);
  json::object evals;
  state.evals("", [&](const core::state::Ref<model::Evaluation>& eval) {
    evals[eval->id] = fmt::format("{} {} by {}", eval->job_id, core::describe::text_of(eval->status),
                                  core::describe::text_of(eval->triggered_by));
    return true;
  });
  out["evals"] = std::move(evals);
  json::object allocs;
  state.allocs("", [&](const core::state::Ref<model::Allocation>& alloc) {
    allocs[alloc->id] =
        fmt::format("{} on {}: {}, {}", alloc->name, alloc->node_name, core::describe::text_of(alloc->desired_status),
                    core::describe::text_of(alloc->client_status));
    return true;
  });
  out["allocs"] = std::move(allocs);
  return out;
}

json::value members(const core::gossip::Gossip& gossip) {
  json::object out;
  for (const core::gossip::Member& member : gossip.members())
    out[member.name()] =
        fmt::format("{}, incarnation {}, by an intent of time {}", core::gossip::to_string(member.status),
                    member.incarnation.value, member.status_ltime.value);
  return out;
}

json::value client_state(const core::client::Client& client) {
  json::object out;
  const model::Node& node = client.node();
  out["id"] = node.id;
  out["status"] = core::describe::text_of(node.status);
  json::object allocs;
  for (const model::Allocation* alloc : client.allocs())
    allocs[alloc->id] = fmt::format("{}: {}, {}", alloc->name, core::describe::text_of(alloc->desired_status),
                                    core::describe::text_of(alloc->client_status));
  out["allocs"] = std::move(allocs);
  return out;
}

template <class Row, class Walk>
json::value rows(Walk walk) {
  json::object out;
  walk([&](const core::state::Ref<Row>& row) {
    out[row->id] = core::describe::to_json(*row);
    return true;
  });
  return out;
}

bool is_leaf(const json::value& value) { return !value.is_object() && !value.is_array(); }

std::string leaf_text(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

void append_text(std::string& out, const json::value& value, std::size_t depth) {
  const auto line = [&](std::string_view key, const json::value& item) {
    if (is_leaf(item)) {
      out += fmt::format("{:{}}{}: {}\n", "", 2 * depth, key, leaf_text(item));
    } else {
      out += fmt::format("{:{}}{}:\n", "", 2 * depth, key);
      append_text(out, item, depth + 1);
    }
  };
  if (const auto* object = value.if_object()) {
    for (const auto& [key, item] : *object) line(key, item);
  } else if (const auto* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) line(std::to_string(i), (*array)[i]);
  }
}

void append_difference(std::string& out, const std::string& path, const json::value& before, const json::value& after) {
  if (before == after) return;
  const auto* old_object = before.if_object();
  const auto* new_object = after.if_object();
  const std::string dot = path.empty() ? "" : path + ".";
  if (old_object == nullptr || new_object == nullptr) {
    out += fmt::format("{}: {} -> {}\n", path, leaf_text(before), leaf_text(after));
    return;
  }
  for (const auto& [key, item] : *old_object) {
    const auto* now = new_object->if_contains(key);
    if (now == nullptr)
      out += fmt::format("- {}{}: {}\n", dot, std::string_view(key), leaf_text(item));
    else
      append_difference(out, dot + std::string(key), item, *now);
  }
  for (const auto& [key, item] : *new_object)
    if (!old_object->contains(key)) out += fmt::format("+ {}{}: {}\n", dot, std::string_view(key), leaf_text(item));
}

}  // namespace

json::value node_state(Cluster& cluster, NodeId node, LogShown shown) {
  json::object out;
  io_sim::World& world = cluster.world();
  out["name"] = cluster.name(node);
  out["process"] = !world.is_up(node) ? "down" : world.is_paused(node) ? "paused" : "up";
  if (const auto* server = cluster.server(node)) {
    out["id"] = server->id();
    if (server->raft() != nullptr) out["raft"] = raft_state(*server->raft(), shown);
    out["state"] = tables_in_brief(server->state());
    if (server->gossip() != nullptr) out["members"] = members(*server->gossip());
  } else if (const auto* agent = cluster.agent(node); agent != nullptr && agent->client() != nullptr) {
    out["client"] = client_state(*agent->client());
  }
  if (!world.is_up(node)) {
    if (const auto& exited = world.exited(node))
      out["exited"] = fmt::format("with code {}: {}", exited->code, exited->reason);
    json::object files;
    for (const auto& [path, bytes] : world.disk(node).sizes()) files[path] = counted(bytes, "byte");
    out["disk"] = std::move(files);
  }
  json::object tasks;
  for (const auto& [key, task] : world.host(node).tasks())
    tasks[key.alloc_id + "/" + key.task] = task.ended ? fmt::format("ended with {}", task.ended->exit_code) : "runs";
  if (!tasks.empty()) out["tasks"] = std::move(tasks);
  return out;
}

json::value table(Cluster& cluster, NodeId node, std::string_view name, const std::string& id_prefix) {
  const auto* server = cluster.server(node);
  if (server == nullptr) return nullptr;
  const core::state::State& state = server->state();
  if (name == "nodes") return rows<model::Node>([&](const auto& visit) { state.nodes(id_prefix, visit); });
  if (name == "jobs") return rows<model::Job>([&](const auto& visit) { state.jobs("*", id_prefix, visit); });
  if (name == "evals") return rows<model::Evaluation>([&](const auto& visit) { state.evals(id_prefix, visit); });
  if (name == "allocs") return rows<model::Allocation>([&](const auto& visit) { state.allocs(id_prefix, visit); });
  if (name == "deployments")
    return rows<model::Deployment>([&](const auto& visit) { state.deployments(id_prefix, visit); });
  return nullptr;
}

std::string brief(Cluster& cluster, NodeId node) {
  io_sim::World& world = cluster.world();
  const std::string name = fmt::format("{:<10} ", cluster.name(node));
  if (!world.is_up(node)) return name + "down";
  const std::string paused = world.is_paused(node) ? ", paused" : "";
  if (const auto* server = cluster.server(node)) {
    if (server->raft() == nullptr) return name + "starting" + paused;
    const core::raft::Raft& raft = *server->raft();
    return fmt::format("{}{} of term {}, log {}, commit {}, applied {}{}", name, core::raft::name(raft.role()),
                       raft.term().value, raft.last_index().value, raft.commit_index().value, server->state().index(),
                       paused);
  }
  const auto* agent = cluster.agent(node);
  if (agent == nullptr || agent->client() == nullptr) return name + "starting" + paused;
  return fmt::format("{}client, {}, {} tasks{}", name, counted(agent->client()->allocs().size(), "allocation"),
                     world.host(node).running(), paused);
}

std::string text_of(const json::value& value) {
  std::string out;
  append_text(out, value, 0);
  return out;
}

std::string difference(const json::value& before, const json::value& after) {
  std::string out;
  append_difference(out, "", before, after);
  return out;
}

}  // namespace simulator::debug
