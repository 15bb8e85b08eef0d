// Which nodes can run a group at all, whatever is on them: constraints, drivers, networks. Remembered for each
// computed class, unless a constraint looks at what is unique to a node, as networks are (server-internals.md §13).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/job.hpp"
#include "core/model/node.hpp"
#include "core/scheduler/cluster.hpp"
#include "core/scheduler/constraint.hpp"

namespace core::scheduler {

/// What is known of a computed class.
enum class ClassVerdict : std::uint8_t { unknown, eligible, ineligible };

/// The constraints of the job itself, shared by its groups.
class JobRules {
 public:
  explicit JobRules(const model::Job& job);
  /// The constraint that the node does not meet; empty when it meets all. The view lives as long as this.
  std::string_view refuses(const model::Node& node) const;
  bool escaped() const { return escaped_; }

 private:
  std::vector<CompiledConstraint> constraints_;
  bool escaped_ = false;
};

/// The constraints of a group and its tasks, their drivers and the networks they need.
class GroupRules {
 public:
  explicit GroupRules(const model::TaskGroup& group);
  /// What nodes of one computed class have in common, unless `escaped`.
  std::string_view refuses(const model::Node& node) const;
  /// What is each node's own: its class says nothing of its networks.
  std::string_view misses(const model::Node& node) const;
  bool escaped() const { return escaped_; }

 private:
  bool lacks_network(const model::Node& node) const;

  std::vector<CompiledConstraint> constraints_;
  std::set<std::string> drivers_;
  std::string network_mode_;                                        // empty: no network is asked for
  std::vector<std::pair<std::string, std::string>> host_networks_;  // name and what is said when it is missing
  bool escaped_ = false;
};

/// The verdicts of one evaluation.
class Feasibility {
 public:
  Feasibility(const Cluster& cluster, const model::Job& job);

  /// Why the node cannot run the group; empty when it can.
  std::string_view refuses(const model::TaskGroup& group, SlotIndex slot);

  /// For blocked evaluations: by computed class, can any group run there? Classes not looked at are absent.
  std::map<std::string, bool> class_eligibility() const;
  /// Must the evaluation wake on any change of capacity, whatever the class?
  bool escaped() const;

 private:
  struct Group {
    const model::TaskGroup* group;
    GroupRules rules;
    std::vector<ClassVerdict> classes;
  };
  Group& group_of(const model::TaskGroup& group);

  const Cluster* cluster_;
  JobRules job_;
  std::vector<ClassVerdict> job_classes_;
  std::vector<Group> groups_;  // in the order in which they were asked for
};

}  // namespace core::scheduler
