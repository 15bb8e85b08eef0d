// Jobs: registration, versions, status (server-internals §16).
#include <utility>

#include <fmt/format.h>

#include "core/base/mutant.hpp"
#include "core/describe/compare.hpp"
#include "core/state/apply.hpp"
#include "core/state/watch.hpp"

namespace core::state {
namespace {

constexpr std::size_t tracked_versions = 6;

/// Does `job` ask for something else than `before`? What the servers themselves keep on a job does not count.
bool spec_changed(const model::Job& before, model::Job job) {
  job.status = before.status;
  job.status_description = before.status_description;
  job.stable = before.stable;
  job.version = before.version;
  job.submit_time = before.submit_time;
  job.create_index = before.create_index;
  job.modify_index = before.modify_index;
  job.job_modify_index = before.job_modify_index;
  return !describe::equal(before, job);
}

std::string check_enforced(const RegisterJob& command, const Ref<model::Job>& before) {
  if (!command.enforce_index || base::mutant("M05")) return {};
  const std::uint64_t wanted = *command.enforce_index;
  if (before == nullptr)
    return wanted == 0 ? "" : fmt::format("Enforcing job modify index {}: job does not exist", wanted);
  if (wanted == 0) return "Enforcing job modify index 0: job already exists";
  if (wanted != before->job_modify_index)
    return fmt::format("Enforcing job modify index {}: job exists with conflicting job modify index: {}", wanted,
                       before->job_modify_index);
  return {};
}

model::JobStatus status_of(const model::Job& job, const JobUse& use, bool eval_deleted) {
  using model::JobStatus;
  if (job.type == "system" || job.is_periodic() || job.is_parameterized())
    return job.stop ? JobStatus::dead : JobStatus::running;
  if (use.live_allocs > 0) return JobStatus::running;
  if (use.live_evals > 0) return JobStatus::pending;
  return use.allocs > 0 || use.evals > 0 || eval_deleted ? JobStatus::dead : JobStatus::pending;
}

}  // namespace

Apply::Error Apply::on(const RegisterJob& command) {
  const model::Job& job = command.job;
  if (auto error = check_id("job namespace", job.namespace_); !error.empty()) return error;
  if (auto error = check_id("job", job.id); !error.empty()) return error;
  std::vector<model::Evaluation> evals;
  if (command.eval) evals.push_back(*command.eval);
  if (auto error = check_evals(evals); !error.empty()) return error;
  const auto* row = tables_.jobs().find(job_key(job.namespace_, job.id));
  const Ref<model::Job> before = row != nullptr ? row->value : nullptr;
  if (auto error = check_enforced(command, before); !error.empty()) return error;

  std::uint64_t job_modify_index = index_;
  if (before != nullptr && !spec_changed(*before, job))
    job_modify_index = before->job_modify_index;
  else
    put_job_version(job, before);
  for (auto& eval : evals) eval.job_modify_index = job_modify_index;
  put_evals(evals);
  return {};
}

Apply::Error Apply::on(const DeregisterJob& command) {
  const auto* row = tables_.jobs().find(job_key(command.namespace_, command.job_id));
  if (row == nullptr)
    return fmt::format("job \"{}\" in namespace \"{}\" doesn't exist to be deregistered", command.job_id,
                       command.namespace_);
  std::vector<model::Evaluation> evals;
  if (command.eval) evals.push_back(*command.eval);
  if (auto error = check_evals(evals); !error.empty()) return error;

  const Ref<model::Job> before = row->value;
  std::uint64_t job_modify_index = index_;
  if (command.purge) {
    purge_job(*before);
  } else if (before->stop) {
    job_modify_index = before->job_modify_index;
  } else {
    model::Job stopped = *before;
    stopped.stop = true;
    stopped.stable = false;
    put_job_version(std::move(stopped), before);
  }
  for (auto& eval : evals) eval.job_modify_index = job_modify_index;
  put_evals(evals);
  return {};
}

void Apply::put_job_version(model::Job job, const Ref<model::Job>& before) {
  const std::string key = job_key(job.namespace_, job.id);
  job.create_index = before != nullptr ? before->create_index : index_;
  job.modify_index = index_;
  job.job_modify_index = index_;
  job.version = before != nullptr ? before->version + 1 : 0;
  // A new job's first status is what it comes to without evaluations; settle_job_status has the last word.
  job.status = before != nullptr ? before->status : status_of(job, JobUse{}, false);
  const auto stored = std::make_shared<const model::Job>(std::move(job));
  put_job(stored);
  tables_.put_version(stored);
  touch_table(Table::job_versions);
  touch(watch::job_versions(stored->namespace_, stored->id));
  drop_oldest_version(key);
  create_summary(*stored);
  if (before == nullptr) count_child(*stored, std::nullopt, stored->status);
  unsettled_jobs_[key];
}

// When the newest stable version would be the one to go, its neighbour goes in its place: a revert needs it.
void Apply::drop_oldest_version(const std::string& key) {
  std::vector<Ref<model::Job>> newest_first;
  for_each_prefixed(tables_.job_versions(), pair_key(key, ""), [&](const auto& row) {
    newest_first.push_back(row.value);
    return true;
  });
  if (newest_first.size() <= tracked_versions) return;
  std::size_t newest_stable = 0;
  while (newest_stable < newest_first.size() && !newest_first[newest_stable]->stable) ++newest_stable;
  const std::size_t gone = newest_stable == tracked_versions ? tracked_versions - 1 : tracked_versions;
  tables_.erase_version(version_key(key, newest_first[gone]->version));
}

// Its allocations and evaluations stay: an evaluation stops the ones, garbage collection takes both.
void Apply::purge_job(const model::Job& job) {
  const std::string key = job_key(job.namespace_, job.id);
  std::vector<std::string> versions;
  for_each_prefixed(tables_.job_versions(), pair_key(key, ""), [&](const auto& row) {
    versions.push_back(version_key(key, row.value->version));
    return true;
  });
  for (const auto& version : versions) tables_.erase_version(version);
  // To its parent a child that is gone has died.
  if (job.status != model::JobStatus::dead) count_child(job, job.status, model::JobStatus::dead);
  tables_.erase_job(key);
  drop_summary(key);
  touch_table(Table::jobs);
  touch_table(Table::job_versions);
  touch(watch::job(job.namespace_, job.id));
  touch(watch::job_versions(job.namespace_, job.id));
}

void Apply::put_job(Ref<model::Job> job) {
  touch(watch::job(job->namespace_, job->id));
  tables_.put(std::move(job));
  touch_table(Table::jobs);
}

void Apply::settle_job_status(const std::string& key, bool eval_deleted) {
  const auto* row = tables_.jobs().find(key);
  if (row == nullptr) return;
  const Ref<model::Job> before = row->value;
  const auto status = status_of(*before, tables_.job_use(key), eval_deleted);
  if (status == before->status) return;
  model::Job job = *before;
  job.status = status;
  job.modify_index = index_;
  count_child(job, before->status, status);
  put_job(std::make_shared<const model::Job>(std::move(job)));
}

}  // namespace core::state
