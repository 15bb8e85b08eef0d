#include "agent/cli/state_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "core/describe/json.hpp"
#include "core/describe/text.hpp"
#include "core/raft/configuration.hpp"
#include "core/wire/protobuf/protobuf.hpp"

namespace agent::cli {
namespace {

namespace json = boost::json;
using core::describe::to_json;

// Whoever reads a backup or a log need not thereby be able to speak for a node: a secret is blanked wherever it stands.
Json without_secrets(Json value) {
  if (auto* list = value.if_array())
    for (Json& one : *list) one = without_secrets(std::move(one));
  if (auto* object = value.if_object())
    for (auto& [key, one] : *object) one = key == "SecretID" ? Json("") : without_secrets(std::move(one));
  return value;
}

}  // namespace

Json state_json(const core::state::State& state) {
  json::array nodes, jobs, versions, evals, allocs, deployments;
  state.nodes("", [&](const auto& node) { return nodes.push_back(without_secrets(to_json(*node))), true; });
  state.jobs("*", "", [&](const auto& job) {
    jobs.push_back(to_json(*job));
    state.job_versions(job->namespace_, job->id,
                       [&](const auto& version) { return versions.push_back(to_json(*version)), true; });
    return true;
  });
  state.evals("", [&](const auto& eval) { return evals.push_back(to_json(*eval)), true; });
  state.allocs("", [&](const auto& alloc) {
    core::model::Allocation copy = *alloc;
    copy.job = nullptr;  // JobVersions has it
    allocs.push_back(to_json(copy));
    return true;
  });
  state.deployments("", [&](const auto& deployment) { return deployments.push_back(to_json(*deployment)), true; });
  const auto autopilot = state.autopilot();
  return json::object{{"Index", state.index()},
                      {"ClusterID", state.cluster_id()},
                      {"Autopilot", autopilot != nullptr ? to_json(*autopilot) : Json(nullptr)},
                      {"Nodes", std::move(nodes)},
                      {"Jobs", std::move(jobs)},
                      {"JobVersions", std::move(versions)},
                      {"Evals", std::move(evals)},
                      {"Deployments", std::move(deployments)},
                      {"Allocs", std::move(allocs)}};
}

Json entry_json(const core::raft::Entry& entry) {
  json::object out{{"Index", entry.index.value}, {"Term", entry.term.value}};
  switch (entry.kind) {
    case core::raft::EntryKind::noop:
      out["Type"] = "LogNoop";
      break;
    case core::raft::EntryKind::configuration: {
      out["Type"] = "LogConfiguration";
      const auto configuration = core::raft::decode_configuration(entry.bytes());
      if (configuration)
        out["Configuration"] = to_json(*configuration);
      else
        out["DecodeError"] = configuration.error();
      break;
    }
    case core::raft::EntryKind::command: {
      out["Type"] = "LogCommand";
      const auto decoded = core::wire::protobuf::decode<core::state::LogEntry>(entry.bytes());
      if (!decoded) {
        out["DecodeError"] = decoded.error().text();
        break;
      }
      std::visit(
          [&]<class T>(const T& command) {
            out["MsgType"] = core::describe::type_of<T>().name;
            out["Body"] = without_secrets(to_json(command));
          },
          decoded->command);
      break;
    }
  }
  return out;
}

}  // namespace agent::cli
