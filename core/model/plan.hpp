// A plan: what one evaluation wants changed, checked once more before it is committed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "core/model/allocation.hpp"
#include "core/model/evaluation.hpp"

namespace core::model {

/// What `job plan` says will happen to a group.
struct DesiredUpdates {
  std::uint64_t ignore = 0;
  std::uint64_t place = 0;
  std::uint64_t migrate = 0;
  std::uint64_t stop = 0;
  std::uint64_t in_place_update = 0;
  std::uint64_t destructive_update = 0;
  std::uint64_t canary = 0;
  std::uint64_t preemptions = 0;
};
BOOST_DESCRIBE_STRUCT(DesiredUpdates, (),
                      (ignore, place, migrate, stop, in_place_update, destructive_update, canary, preemptions))

/// An allocation that is to stop: only what changes of it.
struct AllocStop {
  std::string alloc_id;
  std::string node_id;
  std::string desired_description;
  ClientStatus client_status = ClientStatus::pending;  // `lost` when its node is down; pending: leave as it is
  std::string followup_eval_id;
};
BOOST_DESCRIBE_STRUCT(AllocStop, (), (alloc_id, node_id, desired_description, client_status, followup_eval_id))

struct Plan {
  std::string eval_id;
  std::int32_t priority = 50;
  bool all_at_once = false;
  std::uint64_t snapshot_index = 0;    // the state it was made from
  std::shared_ptr<const Job> job;      // of all allocations placed here
  std::vector<AllocStop> stops;        // carried out first
  std::vector<Allocation> placements;  // new ones, and in-place updates of old ones; `job` left empty
  std::map<std::string, DesiredUpdates> annotations;

  bool empty() const { return stops.empty() && placements.empty(); }
};
BOOST_DESCRIBE_STRUCT(Plan, (), (eval_id, priority, all_at_once, snapshot_index, job, stops, placements, annotations))

/// What was committed of it. A `refresh_index` other than 0 says that nodes were refused: plan again from
/// a state at least that new.
struct PlanResult {
  std::vector<AllocStop> stops;
  std::vector<Allocation> placements;
  std::vector<std::string> rejected_nodes;
  std::uint64_t refresh_index = 0;
  std::uint64_t alloc_index = 0;  // the Raft index of the commit
};
BOOST_DESCRIBE_STRUCT(PlanResult, (), (stops, placements, rejected_nodes, refresh_index, alloc_index))

}  // namespace core::model

// Their tables are made once, in tables.cpp: a big one costs the compiler seconds.
namespace core::describe {
extern template const Type& type_of<model::Plan>();
extern template const Type& type_of<model::PlanResult>();
}  // namespace core::describe
