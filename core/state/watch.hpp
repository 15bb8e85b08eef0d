// What a blocking query waits for: it wakes when a Touched it names (or, for a list by prefix, one whose key
// begins so) comes out of apply(). Each command touches, beside the row itself, the views the row is part of.
//
//   the query reads                    it watches
//   one node; nodes by prefix          node(id); prefix nodes
//   one job; all jobs (of a namespace) job(ns, id); prefix jobs; prefix jobs_of(ns)
//   the versions of a job              job_versions(ns, id)
//   the summary of a job; all          job_summary(ns, id); prefix job_summaries
//   one eval; evals by prefix          eval(id); prefix evals
//   the evals of a job                 job_evals(ns, id)
//   one alloc; allocs by prefix        alloc(id); prefix allocs
//   the allocs of a node, job, eval    node_allocs(id), job_allocs(ns, id), eval_allocs(id)
//   one deployment; by prefix          deployment(id); prefix deployments
//
// A list of jobs shows summaries too, so it watches jobs and job_summaries. The empty prefix wakes on every
// change of a table.
#pragma once

#include <string>
#include <string_view>

#include "core/state/tables.hpp"

namespace core::state::watch {

inline Touched node(std::string_view id) { return {Table::nodes, std::string(id)}; }
inline Touched job(std::string_view namespace_, std::string_view id) { return {Table::jobs, job_key(namespace_, id)}; }
inline Touched jobs_of(std::string_view namespace_) { return {Table::jobs, job_key(namespace_, "")}; }
inline Touched job_versions(std::string_view namespace_, std::string_view id) {
  return {Table::job_versions, job_key(namespace_, id)};
}
inline Touched job_summary(std::string_view namespace_, std::string_view id) {
  return {Table::job_summaries, job_key(namespace_, id)};
}
inline Touched eval(std::string_view id) { return {Table::evals, std::string(id)}; }
inline Touched job_evals(std::string_view namespace_, std::string_view job_id) {
  return {Table::evals, "job:" + job_key(namespace_, job_id)};
}
inline Touched alloc(std::string_view id) { return {Table::allocs, std::string(id)}; }
inline Touched node_allocs(std::string_view node_id) { return {Table::allocs, "node:" + std::string(node_id)}; }
inline Touched job_allocs(std::string_view namespace_, std::string_view job_id) {
  return {Table::allocs, "job:" + job_key(namespace_, job_id)};
}
inline Touched eval_allocs(std::string_view eval_id) { return {Table::allocs, "eval:" + std::string(eval_id)}; }
inline Touched deployment(std::string_view id) { return {Table::deployments, std::string(id)}; }
inline Touched autopilot() { return {Table::autopilot, ""}; }
inline Touched cluster_id() { return {Table::cluster_meta, ""}; }
/// Every row of a table may have changed: the state was replaced by a snapshot. Wakes all who watch the table.
inline Touched any_row(Table table) { return {table, "*"}; }
/// Everything in a table (as a prefix).
inline Touched all(Table table) { return {table, ""}; }

/// Does a change wake one who watches `key` exactly, or as a prefix?
inline bool wakes(const Touched& changed, const Touched& watched, bool as_prefix) {
  if (changed.table != watched.table) return false;
  if (changed == any_row(changed.table)) return true;
  return as_prefix ? changed.key.starts_with(watched.key) : changed.key == watched.key;
}

}  // namespace core::state::watch
