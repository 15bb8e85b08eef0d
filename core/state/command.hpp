// What the Raft log carries: every change of a cluster's state is one of these, applied in log order on
// every server. Time comes with the command; nothing in here asks a clock or draws chance.
//
// The alternatives' names and fields are the log's format (proto/command.proto): numbers are never reused.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <boost/describe/class.hpp>

#include "core/model/autopilot.hpp"
#include "core/model/deployment.hpp"
#include "core/model/evaluation.hpp"
#include "core/model/node.hpp"
#include "core/model/plan.hpp"
#include "core/state/record.hpp"

namespace core::state {

/// A client registers, or registers again with other properties. Keeps the creation index and, for a node
/// that was there, its eligibility and drain.
struct RegisterNode {
  model::Node node;
  std::vector<model::Evaluation> evals;
  WallTime time;
};
struct DeregisterNodes {
  std::vector<std::string> node_ids;
  std::vector<model::Evaluation> evals;
  WallTime time;
};
struct UpdateNodeStatus {
  std::string node_id;
  model::NodeStatus status = model::NodeStatus::ready;
  std::optional<model::NodeEvent> event;
  std::vector<model::Evaluation> evals;
  WallTime time;
};
struct UpdateNodeEligibility {
  std::string node_id;
  model::Eligibility eligibility = model::Eligibility::eligible;
  std::optional<model::NodeEvent> event;
  std::vector<model::Evaluation> evals;
  WallTime time;
};
/// `enforce_index`: refuse unless the stored job's job_modify_index is this (0: unless there is none).
struct RegisterJob {
  model::Job job;
  std::optional<std::uint64_t> enforce_index;
  std::optional<model::Evaluation> eval;
  WallTime time;
};
struct DeregisterJob {
  std::string namespace_;
  std::string job_id;
  bool purge = false;
  std::optional<model::Evaluation> eval;
  WallTime time;
};
/// Stores evaluations, new or changed.
struct UpdateEvals {
  std::vector<model::Evaluation> evals;
  WallTime time;
};
/// Removes evaluations and allocations that nobody needs any more.
struct DeleteEvals {
  std::vector<std::string> eval_ids;
  std::vector<std::string> alloc_ids;
};
/// What the plan applier let through. `eval_id` is marked with the index; `job` goes into each placement.
struct ApplyPlanResult {
  std::string eval_id;
  std::shared_ptr<const model::Job> job;
  std::vector<model::AllocStop> stops;
  std::vector<model::Allocation> placements;
  std::vector<model::Evaluation> preemption_evals;
  WallTime time;
};
/// What a client reports of its allocations: client status, description, task states, deployment health.
/// Which of a client's reports a command holds: the newest. One that is no newer than what was applied changes nothing.
struct ClientReport {
  std::string node_id;
  std::uint64_t life = 0;
  std::uint64_t number = 0;
};
struct UpdateAllocsFromClient {
  std::vector<model::Allocation> allocs;  // only the client's fields count
  std::vector<model::Evaluation> evals;
  WallTime time;
  std::vector<ClientReport> reports{};
};
/// Wishes of operators and drainers, by allocation id.
struct UpdateDesiredTransition {
  std::map<std::string, model::DesiredTransition> transitions;
  std::vector<model::Evaluation> evals;
  WallTime time;
};
/// The cluster's name for itself, written once by its first leader.
struct SetClusterMetadata {
  std::string cluster_id;
  WallTime time;
};
/// How the leader is to keep the set of servers. `enforce_index`: refuse unless the stored one's modify_index is this.
struct SetAutopilotConfig {
  model::AutopilotConfig config;  // its indexes do not count
  std::optional<std::uint64_t> enforce_index;
  WallTime time;
};
/// The next part of a saved state that is to take the place of this one: its records, in the order of State::dump.
/// Parts count from 0 and are kept aside; with the last one all of them take the place of the whole state, at once.
/// Part 0 begins anew, and so gives up what an earlier restore had come to; with an empty id it does only that.
struct RestoreSnapshot {
  std::string restore_id;
  std::uint64_t part = 0;
  bool last = false;
  std::vector<SnapshotEntry> entries;
  WallTime time;
};
BOOST_DESCRIBE_STRUCT(RegisterNode, (), (node, evals, time))
BOOST_DESCRIBE_STRUCT(DeregisterNodes, (), (node_ids, evals, time))
BOOST_DESCRIBE_STRUCT(UpdateNodeStatus, (), (node_id, status, event, evals, time))
BOOST_DESCRIBE_STRUCT(UpdateNodeEligibility, (), (node_id, eligibility, event, evals, time))
BOOST_DESCRIBE_STRUCT(RegisterJob, (), (job, enforce_index, eval, time))
BOOST_DESCRIBE_STRUCT(DeregisterJob, (), (namespace_, job_id, purge, eval, time))
BOOST_DESCRIBE_STRUCT(UpdateEvals, (), (evals, time))
BOOST_DESCRIBE_STRUCT(DeleteEvals, (), (eval_ids, alloc_ids))
BOOST_DESCRIBE_STRUCT(ApplyPlanResult, (), (eval_id, job, stops, placements, preemption_evals, time))
BOOST_DESCRIBE_STRUCT(ClientReport, (), (node_id, life, number))
BOOST_DESCRIBE_STRUCT(UpdateAllocsFromClient, (), (allocs, evals, time, reports))
BOOST_DESCRIBE_STRUCT(UpdateDesiredTransition, (), (transitions, evals, time))
BOOST_DESCRIBE_STRUCT(SetClusterMetadata, (), (cluster_id, time))
BOOST_DESCRIBE_STRUCT(SetAutopilotConfig, (), (config, enforce_index, time))
BOOST_DESCRIBE_STRUCT(RestoreSnapshot, (), (restore_id, part, last, entries, time))

using Command = std::variant<RegisterNode, DeregisterNodes, UpdateNodeStatus, UpdateNodeEligibility, RegisterJob,
                             DeregisterJob, UpdateEvals, DeleteEvals, ApplyPlanResult, UpdateAllocsFromClient,
                             UpdateDesiredTransition, SetClusterMetadata, SetAutopilotConfig, RestoreSnapshot>;

/// One entry of the log, as it is encoded.
struct LogEntry {
  Command command;
};
BOOST_DESCRIBE_STRUCT(LogEntry, (), (command))

}  // namespace core::state

// Their tables are made once, in tables.cpp: a big one costs the compiler seconds.
namespace core::describe {
extern template const Type& type_of<state::Command>();
extern template const Type& type_of<state::LogEntry>();
}  // namespace core::describe
