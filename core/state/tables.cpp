#include "core/state/tables.hpp"

#include <utility>

#include <fmt/format.h>

#include "core/describe/hash.hpp"

namespace core::state {
namespace {

constexpr char separator = '\0';

std::uint64_t row_hash(Table table, std::string_view key, std::uint64_t value_hash) {
  describe::Hasher hasher;
  hasher.add(static_cast<std::uint64_t>(table));
  hasher.add(key);
  hasher.add(value_hash);
  return hasher.value();
}

template <class T>
std::uint64_t hash_row(Table table, std::string_view key, const T& value) {
  return row_hash(table, key, describe::hash_of(value));
}

// The embedded job comes in as its hash: it is large, and many allocations share it.
std::uint64_t hash_alloc(const model::Allocation& alloc, std::uint64_t job_hash) {
  describe::Hasher hasher;
  for (const auto& field : describe::type_of<model::Allocation>().fields) {
    if (field.name == "job")
      hasher.add(job_hash);
    else
      describe::hash(hasher, field.type(), field.in(&alloc));
  }
  return row_hash(Table::allocs, alloc.id, hasher.value());
}

bool same_lists(const model::Allocation& a, const model::Allocation& b) {
  return a.node_id == b.node_id && a.eval_id == b.eval_id && a.job_id == b.job_id && a.namespace_ == b.namespace_;
}

std::uint64_t part_hash(std::uint64_t before, const RestorePart& part) {
  describe::Hasher hasher;
  hasher.add(before);
  hasher.add(part.restore_id);
  for (const SnapshotEntry& entry : part.entries) hasher.add(describe::hash_of(entry));
  return hasher.value();
}

std::string key_of(const model::Job& job) { return job_key(job.namespace_, job.id); }

}  // namespace

std::string pair_key(std::string_view first, std::string_view second) {
  std::string key;
  key.reserve(first.size() + 1 + second.size());
  key.append(first);
  key.push_back(separator);
  key.append(second);
  return key;
}

std::string job_key(std::string_view namespace_, std::string_view job_id) { return pair_key(namespace_, job_id); }

std::string version_key(std::string_view job_key, std::uint64_t version) {
  return pair_key(job_key, fmt::format("{:016x}", ~version));
}

JobUse Tables::job_use(std::string_view job_key) const {
  const JobUse* use = job_use_.find(job_key);
  return use != nullptr ? *use : JobUse{};
}

template <class Map, class RowType>
void Tables::replace(Map& map, std::string key, RowType row) {
  if (const auto* old = map.find(key)) sum_ -= old->hash;
  sum_ += row.hash;
  map.insert_or_assign(std::move(key), std::move(row));
}

template <class Map>
void Tables::remove(Map& map, std::string_view key) {
  const auto* old = map.find(key);
  if (old == nullptr) return;
  sum_ -= old->hash;
  map.erase(key);
}

void Tables::put(Ref<model::Node> node) {
  const std::uint64_t hash = hash_row(Table::nodes, node->id, *node);
  std::string key = node->id;
  replace(nodes_, std::move(key), Row<model::Node>{std::move(node), hash});
}

void Tables::put(Ref<model::Job> job) {
  std::string key = key_of(*job);
  const std::uint64_t hash = hash_row(Table::jobs, key, *job);
  replace(jobs_, std::move(key), Row<model::Job>{std::move(job), hash});
}

void Tables::put_version(Ref<model::Job> job) {
  std::string key = version_key(key_of(*job), job->version);
  const std::uint64_t hash = hash_row(Table::job_versions, key, *job);
  replace(job_versions_, std::move(key), Row<model::Job>{std::move(job), hash});
}

void Tables::put(Ref<model::JobSummary> summary) {
  std::string key = job_key(summary->namespace_, summary->job_id);
  const std::uint64_t hash = hash_row(Table::job_summaries, key, *summary);
  replace(job_summaries_, std::move(key), Row<model::JobSummary>{std::move(summary), hash});
}

void Tables::put(Ref<model::Deployment> deployment) {
  const std::uint64_t hash = hash_row(Table::deployments, deployment->id, *deployment);
  std::string key = deployment->id;
  replace(deployments_, std::move(key), Row<model::Deployment>{std::move(deployment), hash});
}

void Tables::put(Ref<model::Evaluation> eval) {
  if (const auto* old = evals_.find(eval->id)) unindex(*old->value);
  index(eval);
  const std::uint64_t hash = hash_row(Table::evals, eval->id, *eval);
  std::string key = eval->id;
  replace(evals_, std::move(key), Row<model::Evaluation>{std::move(eval), hash});
}

void Tables::put(Ref<model::Allocation> alloc) {
  AllocRow row{alloc, 0, 0};
  const auto* old = allocs_.find(alloc->id);
  const bool same_job = old != nullptr && old->value->job == alloc->job;
  row.job_hash = same_job ? old->job_hash : job_hash(alloc->job);
  row.hash = hash_alloc(*alloc, row.job_hash);
  if (old == nullptr) {
    index(alloc);
  } else if (!same_lists(*old->value, *alloc)) {
    unindex(*old->value);
    index(alloc);
  } else {
    // The common case, a status: every key stays, and so do the counts unless it has ended.
    index_rows(alloc);
    if (old->value->terminal() != alloc->terminal()) {
      count(*old->value, Direction::remove);
      count(*alloc, Direction::add);
    }
  }
  replace(allocs_, alloc->id, std::move(row));
}

void Tables::erase_node(std::string_view id) { remove(nodes_, id); }
void Tables::erase_job(std::string_view job_key) { remove(jobs_, job_key); }
void Tables::erase_version(std::string_view version_key) { remove(job_versions_, version_key); }
void Tables::erase_summary(std::string_view job_key) { remove(job_summaries_, job_key); }

void Tables::erase_eval(std::string_view id) {
  if (const auto* old = evals_.find(id)) unindex(*old->value);
  remove(evals_, id);
}

void Tables::erase_alloc(std::string_view id) {
  if (const auto* old = allocs_.find(id)) unindex(*old->value);
  remove(allocs_, id);
}

void Tables::index(const Ref<model::Evaluation>& eval) {
  evals_by_job_.insert_or_assign(pair_key(job_key(eval->namespace_, eval->job_id), eval->id), eval);
  count(*eval, Direction::add);
}

void Tables::unindex(const model::Evaluation& eval) {
  evals_by_job_.erase(pair_key(job_key(eval.namespace_, eval.job_id), eval.id));
  count(eval, Direction::remove);
}

void Tables::index(const Ref<model::Allocation>& alloc) {
  index_rows(alloc);
  count(*alloc, Direction::add);
}

void Tables::index_rows(const Ref<model::Allocation>& alloc) {
  allocs_by_node_.insert_or_assign(pair_key(alloc->node_id, alloc->id), alloc);
  allocs_by_job_.insert_or_assign(pair_key(job_key(alloc->namespace_, alloc->job_id), alloc->id), alloc);
  allocs_by_eval_.insert_or_assign(pair_key(alloc->eval_id, alloc->id), alloc);
}

void Tables::unindex(const model::Allocation& alloc) {
  allocs_by_node_.erase(pair_key(alloc.node_id, alloc.id));
  allocs_by_job_.erase(pair_key(job_key(alloc.namespace_, alloc.job_id), alloc.id));
  allocs_by_eval_.erase(pair_key(alloc.eval_id, alloc.id));
  count(alloc, Direction::remove);
}

void Tables::count(const model::Evaluation& eval, Direction direction) {
  std::string key = job_key(eval.namespace_, eval.job_id);
  JobUse use = job_use(key);
  const std::uint64_t one = direction == Direction::add ? 1 : ~std::uint64_t{0};
  use.evals += one;
  if (!eval.terminal()) use.live_evals += one;
  if (eval.status == model::EvalStatus::blocked) use.blocked_evals += one;
  put_use(std::move(key), use);
}

void Tables::count(const model::Allocation& alloc, Direction direction) {
  std::string key = job_key(alloc.namespace_, alloc.job_id);
  JobUse use = job_use(key);
  const std::uint64_t one = direction == Direction::add ? 1 : ~std::uint64_t{0};
  use.allocs += one;
  if (!alloc.terminal()) use.live_allocs += one;
  put_use(std::move(key), use);
}

void Tables::put_use(std::string key, const JobUse& use) {
  if (use == JobUse{})
    job_use_.erase(key);
  else
    job_use_.insert_or_assign(std::move(key), use);
}

std::uint64_t Tables::job_hash(const Ref<model::Job>& job) {
  if (job == nullptr) return 0;
  if (job != hashed_job_) {
    hashed_job_ = job;
    hashed_job_hash_ = describe::hash_of(*job);
  }
  return hashed_job_hash_;
}

void Tables::put(Ref<model::AutopilotConfig> config) {
  autopilot_hash_ = describe::hash_of(*config);
  autopilot_ = std::move(config);
}

void Tables::add_restore_part(Ref<RestorePart> part) {
  restore_hash_ = part_hash(restore_hash_, *part);
  restore_parts_.push_back(std::move(part));
}

void Tables::drop_restore_parts() {
  restore_parts_.clear();
  restore_hash_ = 0;
}

std::uint64_t Tables::hash_with(std::uint64_t sum, std::uint64_t autopilot, std::uint64_t restore) const {
  describe::Hasher hasher;
  hasher.add(sum);
  hasher.add(autopilot);
  hasher.add(restore);
  for (const std::uint64_t index : indexes_) hasher.add(index);
  hasher.add(std::string_view(cluster_id_));
  return hasher.value();
}

std::uint64_t Tables::recomputed_hash() const {
  std::uint64_t sum = 0;
  const auto add_all = [&](Table table, const auto& rows) {
    for (auto it = rows.begin(); !it.at_end(); ++it) sum += hash_row(table, it->key, *it->value.value);
  };
  add_all(Table::nodes, nodes_);
  add_all(Table::jobs, jobs_);
  add_all(Table::job_versions, job_versions_);
  add_all(Table::job_summaries, job_summaries_);
  add_all(Table::evals, evals_);
  add_all(Table::deployments, deployments_);
  for (auto it = allocs_.begin(); !it.at_end(); ++it) {
    const auto& alloc = *it->value.value;
    sum += hash_alloc(alloc, alloc.job ? describe::hash_of(*alloc.job) : 0);
  }
  std::uint64_t restore = 0;
  for (const Ref<RestorePart>& part : restore_parts_) restore = part_hash(restore, *part);
  return hash_with(sum, autopilot_ != nullptr ? describe::hash_of(*autopilot_) : 0, restore);
}

}  // namespace core::state
