// The rows themselves: one persistent map a table, the secondary indexes beside them, and the hash of it all.
// Putting or erasing a row keeps all three in step. What a command means is decided above (apply.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/enum.hpp>

#include "core/model/autopilot.hpp"
#include "core/model/deployment.hpp"
#include "core/model/evaluation.hpp"
#include "core/model/node.hpp"
#include "core/state/persistent_map.hpp"
#include "core/state/record.hpp"

namespace core::state {

enum class Table { nodes, jobs, job_versions, job_summaries, evals, allocs, deployments, cluster_meta, autopilot };
BOOST_DESCRIBE_ENUM(Table, nodes, jobs, job_versions, job_summaries, evals, allocs, deployments, cluster_meta,
                    autopilot)
inline constexpr std::size_t table_count = 9;

/// A row that a command changed: what watchers of that key, or of a prefix of it, wake on (watch.hpp).
struct Touched {
  Table table;
  std::string key;
  friend auto operator<=>(const Touched&, const Touched&) = default;
};

template <class T>
using Ref = std::shared_ptr<const T>;

/// Two parts as one key that sorts by the first part first. Ids hold no NUL (apply.hpp refuses them).
std::string pair_key(std::string_view first, std::string_view second);
/// (namespace, job id) as one key that sorts by namespace first.
std::string job_key(std::string_view namespace_, std::string_view job_id);
/// The key of one version of a job: newest first.
std::string version_key(std::string_view job_key, std::uint64_t version);

/// What hangs on a job; kept so that its status is known without walking its allocations.
struct JobUse {
  std::uint64_t allocs = 0;
  std::uint64_t live_allocs = 0;  // not terminal
  std::uint64_t evals = 0;
  std::uint64_t live_evals = 0;
  std::uint64_t blocked_evals = 0;
  friend bool operator==(const JobUse&, const JobUse&) = default;
};

/// What is to take the place of all tables once the rest of it is here (RestoreSnapshot).
struct RestorePart {
  std::string restore_id;
  std::vector<SnapshotEntry> entries;
};

class Tables {
 public:
  template <class T>
  struct Row {
    Ref<T> value;
    std::uint64_t hash = 0;  // of table, key and value
    friend bool operator==(const Row&, const Row&) = default;
  };
  struct AllocRow {
    Ref<model::Allocation> value;
    std::uint64_t hash = 0;
    std::uint64_t job_hash = 0;  // of the embedded job, which many rows share
    friend bool operator==(const AllocRow&, const AllocRow&) = default;
  };
  template <class T>
  using Rows = PersistentMap<std::string, Row<T>>;
  template <class T>
  using Index = PersistentMap<std::string, Ref<T>>;

  const Rows<model::Node>& nodes() const { return nodes_; }
  const Rows<model::Job>& jobs() const { return jobs_; }
  const Rows<model::Job>& job_versions() const { return job_versions_; }
  const Rows<model::JobSummary>& job_summaries() const { return job_summaries_; }
  const Rows<model::Evaluation>& evals() const { return evals_; }
  const PersistentMap<std::string, AllocRow>& allocs() const { return allocs_; }
  const Rows<model::Deployment>& deployments() const { return deployments_; }
  const std::string& cluster_id() const { return cluster_id_; }
  /// Null until a leader has set one.
  const Ref<model::AutopilotConfig>& autopilot() const { return autopilot_; }
  const std::vector<Ref<RestorePart>>& restore_parts() const { return restore_parts_; }

  /// Keys: pair_key of what it is by and the id; by job: pair_key(job_key, id).
  const Index<model::Allocation>& allocs_by_node() const { return allocs_by_node_; }
  const Index<model::Allocation>& allocs_by_job() const { return allocs_by_job_; }
  const Index<model::Allocation>& allocs_by_eval() const { return allocs_by_eval_; }
  const Index<model::Evaluation>& evals_by_job() const { return evals_by_job_; }
  JobUse job_use(std::string_view job_key) const;

  void put(Ref<model::Node> node);
  void put(Ref<model::Job> job);
  void put_version(Ref<model::Job> job);
  void put(Ref<model::JobSummary> summary);
  void put(Ref<model::Evaluation> eval);
  void put(Ref<model::Allocation> alloc);
  void put(Ref<model::Deployment> deployment);
  void put_cluster_id(std::string cluster_id) { cluster_id_ = std::move(cluster_id); }
  void put(Ref<model::AutopilotConfig> config);
  void add_restore_part(Ref<RestorePart> part);
  void drop_restore_parts();

  void erase_node(std::string_view id);
  void erase_job(std::string_view job_key);
  void erase_version(std::string_view version_key);
  void erase_summary(std::string_view job_key);
  void erase_eval(std::string_view id);
  void erase_alloc(std::string_view id);

  std::uint64_t index_of(Table table) const { return indexes_[static_cast<std::size_t>(table)]; }
  void set_index(Table table, std::uint64_t index) { indexes_[static_cast<std::size_t>(table)] = index; }

  std::uint64_t hash() const { return hash_with(sum_, autopilot_hash_, restore_hash_); }
  std::uint64_t recomputed_hash() const;

 private:
  enum class Direction { add, remove };
  void index(const Ref<model::Evaluation>& eval);
  void unindex(const model::Evaluation& eval);
  void index(const Ref<model::Allocation>& alloc);
  void index_rows(const Ref<model::Allocation>& alloc);
  void unindex(const model::Allocation& alloc);
  void count(const model::Evaluation& eval, Direction direction);
  void count(const model::Allocation& alloc, Direction direction);
  void put_use(std::string key, const JobUse& use);
  std::uint64_t hash_with(std::uint64_t sum, std::uint64_t autopilot, std::uint64_t restore) const;
  std::uint64_t job_hash(const Ref<model::Job>& job);
  template <class Map, class RowType>
  void replace(Map& map, std::string key, RowType row);
  template <class Map>
  void remove(Map& map, std::string_view key);

  Rows<model::Node> nodes_;
  Rows<model::Job> jobs_;
  Rows<model::Job> job_versions_;
  Rows<model::JobSummary> job_summaries_;
  Rows<model::Evaluation> evals_;
  PersistentMap<std::string, AllocRow> allocs_;
  Rows<model::Deployment> deployments_;
  std::string cluster_id_;
  Ref<model::AutopilotConfig> autopilot_;
  std::uint64_t autopilot_hash_ = 0;
  std::vector<Ref<RestorePart>> restore_parts_;
  std::uint64_t restore_hash_ = 0;

  Index<model::Allocation> allocs_by_node_;
  Index<model::Allocation> allocs_by_job_;
  Index<model::Allocation> allocs_by_eval_;
  Index<model::Evaluation> evals_by_job_;
  PersistentMap<std::string, JobUse> job_use_;

  std::array<std::uint64_t, table_count> indexes_{};
  std::uint64_t sum_ = 0;  // of all rows' hashes, wrapping: independent of the order they came in

  // The job hashed last: a plan's placements share theirs.
  Ref<model::Job> hashed_job_;
  std::uint64_t hashed_job_hash_ = 0;
};

/// Calls visit(value of the map) for all keys with a prefix, in order, until it returns false.
template <class Map, class Visit>
void for_each_prefixed(const Map& map, std::string_view prefix, Visit&& visit) {
  map.for_each_from(prefix, [&](const std::string& key, const auto& value) {
    return std::string_view(key).starts_with(prefix) && visit(value);
  });
}

}  // namespace core::state
