// A snapshot of the state as a stream of records, each small enough to be framed on its own. What a follower
// restores from them has the same hash as what was dumped.
//
// The alternatives' names and fields are the snapshot's format: numbers are never reused.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <boost/describe/class.hpp>

#include "core/describe/type.hpp"
#include "core/model/autopilot.hpp"
#include "core/model/deployment.hpp"
#include "core/model/evaluation.hpp"
#include "core/model/node.hpp"

namespace core::state {

/// Comes first. `table_indexes` are in the order of enum Table.
struct SnapshotHead {
  std::uint64_t index = 0;
  std::vector<std::uint64_t> table_indexes;
  std::string cluster_id;
  std::uint64_t ahead = 0;  // of the Raft log, `index` is
};
struct NodeRecord {
  std::shared_ptr<const model::Node> node;
};
struct JobRecord {
  std::shared_ptr<const model::Job> job;
};
struct JobVersionRecord {
  std::shared_ptr<const model::Job> job;
};
struct JobSummaryRecord {
  std::shared_ptr<const model::JobSummary> summary;
};
struct EvalRecord {
  std::shared_ptr<const model::Evaluation> eval;
};
struct DeploymentRecord {
  std::shared_ptr<const model::Deployment> deployment;
};
/// A job as allocations hold it. They are numbered from 1, each written once, before the first that holds it.
struct EmbeddedJob {
  std::shared_ptr<const model::Job> job;
};
/// `alloc` has its job left out; `job` is the number of its EmbeddedJob, 0 for none.
struct AllocRecord {
  std::shared_ptr<const model::Allocation> alloc;
  std::uint64_t job = 0;
};
struct AutopilotRecord {
  std::shared_ptr<const model::AutopilotConfig> config;
};
/// A part of a restore that was under way (RestoreSnapshot): the next `entries` records are its, and not the state's.
struct RestorePartRecord {
  std::string restore_id;
  std::uint64_t entries = 0;
};
BOOST_DESCRIBE_STRUCT(SnapshotHead, (), (index, table_indexes, cluster_id, ahead))
BOOST_DESCRIBE_STRUCT(NodeRecord, (), (node))
BOOST_DESCRIBE_STRUCT(JobRecord, (), (job))
BOOST_DESCRIBE_STRUCT(JobVersionRecord, (), (job))
BOOST_DESCRIBE_STRUCT(JobSummaryRecord, (), (summary))
BOOST_DESCRIBE_STRUCT(EvalRecord, (), (eval))
BOOST_DESCRIBE_STRUCT(DeploymentRecord, (), (deployment))
BOOST_DESCRIBE_STRUCT(EmbeddedJob, (), (job))
BOOST_DESCRIBE_STRUCT(AllocRecord, (), (alloc, job))
BOOST_DESCRIBE_STRUCT(AutopilotRecord, (), (config))
BOOST_DESCRIBE_STRUCT(RestorePartRecord, (), (restore_id, entries))

using Record = std::variant<SnapshotHead, NodeRecord, JobRecord, JobVersionRecord, JobSummaryRecord, EvalRecord,
                            DeploymentRecord, EmbeddedJob, AllocRecord, AutopilotRecord, RestorePartRecord>;

/// A record as it is encoded.
struct SnapshotEntry {
  Record record;
};
BOOST_DESCRIBE_STRUCT(SnapshotEntry, (), (record))

}  // namespace core::state

// Its table is made once, in command_tables.cpp: a big one costs the compiler seconds.
namespace core::describe {
extern template const Type& type_of<state::SnapshotEntry>();
}  // namespace core::describe
