// Job summaries: how many allocations of each group are in which state, and how a parent's children do.
//
// Complete, failed and lost count on when the allocation itself is collected. Queued is what the job's
// latest evaluation said is still to be placed.
#include <algorithm>
#include <utility>

#include "core/describe/compare.hpp"
#include "core/state/apply.hpp"
#include "core/state/watch.hpp"

namespace core::state {
namespace {

std::int32_t& bin(model::TaskGroupSummary& group, model::ClientStatus status) {
  switch (status) {
    case model::ClientStatus::running:
      return group.running;
    case model::ClientStatus::complete:
      return group.complete;
    case model::ClientStatus::failed:
      return group.failed;
    case model::ClientStatus::lost:
      return group.lost;
    case model::ClientStatus::unknown:
      return group.unknown;
    case model::ClientStatus::pending:
      break;
  }
  return group.starting;
}

std::int64_t& bin(model::JobChildrenSummary& children, model::JobStatus status) {
  switch (status) {
    case model::JobStatus::running:
      return children.running;
    case model::JobStatus::dead:
      return children.dead;
    case model::JobStatus::pending:
      break;
  }
  return children.pending;
}

}  // namespace

model::JobSummary* Apply::summary_of(const std::string& key) {
  auto [place, fresh] = summaries_.try_emplace(key);
  if (fresh)
    if (const auto* row = tables_.job_summaries().find(key)) place->second = *row->value;
  return place->second ? &*place->second : nullptr;
}

void Apply::create_summary(const model::Job& job) {
  const std::string key = job_key(job.namespace_, job.id);
  model::JobSummary* summary = summary_of(key);
  const bool fresh = summary == nullptr;
  if (fresh) {
    summary = &summaries_[key].emplace();
    summary->job_id = job.id;
    summary->namespace_ = job.namespace_;
    summary->create_index = job.create_index;
  }
  if (!summary->children && (job.is_periodic() || job.is_parameterized())) summary->children.emplace();
  for (const auto& group : job.task_groups) summary->summary[group.name];
  if (!fresh) return;
  for_each_prefixed(tables_.allocs_by_job(), pair_key(key, ""), [&](const Ref<model::Allocation>& alloc) {
    count_alloc(*alloc, 1);
    return true;
  });
}

void Apply::drop_summary(const std::string& key) {
  summaries_.erase(key);
  const auto* row = tables_.job_summaries().find(key);
  if (row == nullptr) return;
  touch(watch::job_summary(row->value->namespace_, row->value->job_id));
  tables_.erase_summary(key);
  touch_table(Table::job_summaries);
}

void Apply::count_alloc(const model::Allocation& alloc, std::int32_t by) {
  if (alloc.job == nullptr) return;
  model::JobSummary* summary = summary_of(job_key(alloc.namespace_, alloc.job_id));
  // An allocation of a job that was purged, and registered anew under the same id, is none of this one's.
  if (summary == nullptr || summary->create_index != alloc.job->create_index) return;
  bin(summary->summary[alloc.task_group], alloc.client_status) += by;
}

void Apply::count_placed(const model::Allocation& alloc) {
  model::JobSummary* summary = summary_of(job_key(alloc.namespace_, alloc.job_id));
  if (summary == nullptr || summary->create_index != alloc.job->create_index) return;
  auto& queued = summary->summary[alloc.task_group].queued;
  queued = std::max(0, queued - 1);
}

void Apply::count_queued(const model::Evaluation& eval) {
  if (eval.queued_allocations.empty()) return;
  model::JobSummary* summary = summary_of(job_key(eval.namespace_, eval.job_id));
  if (summary == nullptr) return;
  for (const auto& [group, queued] : eval.queued_allocations)
    if (auto found = summary->summary.find(group); found != summary->summary.end()) found->second.queued = queued;
}

void Apply::count_child(const model::Job& child, std::optional<model::JobStatus> from,
                        std::optional<model::JobStatus> to) {
  if (child.parent_id.empty()) return;
  model::JobSummary* parent = summary_of(job_key(child.namespace_, child.parent_id));
  if (parent == nullptr) return;
  if (!parent->children) parent->children.emplace();
  if (from) {
    auto& left = bin(*parent->children, *from);
    // A child registered before its parent was never counted.
    if (left > 0) --left;
  }
  if (to) ++bin(*parent->children, *to);
}

void Apply::flush_summaries() {
  for (auto& [key, summary] : summaries_) {
    if (!summary) continue;
    const auto* row = tables_.job_summaries().find(key);
    if (row != nullptr && describe::equal(*row->value, *summary)) continue;
    summary->modify_index = index_;
    touch(watch::job_summary(summary->namespace_, summary->job_id));
    tables_.put(std::make_shared<const model::JobSummary>(std::move(*summary)));
    touch_table(Table::job_summaries);
  }
}

}  // namespace core::state
