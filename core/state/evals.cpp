// Evaluations (server-internals §11).
#include <utility>

#include <fmt/format.h>

#include "core/state/apply.hpp"
#include "core/state/watch.hpp"

namespace core::state {

Apply::Error Apply::on(const UpdateEvals& command) {
  if (auto error = check_evals(command.evals); !error.empty()) return error;
  put_evals(command.evals);
  return {};
}

Apply::Error Apply::on(const DeleteEvals& command) {
  for (const auto& id : command.eval_ids) {
    const auto* row = tables_.evals().find(id);
    if (row == nullptr) continue;
    const Ref<model::Evaluation> eval = row->value;
    tables_.erase_eval(id);
    touch_table(Table::evals);
    touch(watch::eval(id));
    touch(watch::job_evals(eval->namespace_, eval->job_id));
    unsettled_jobs_[job_key(eval->namespace_, eval->job_id)].eval_deleted = true;
  }
  for (const auto& id : command.alloc_ids)
    if (const auto* row = tables_.allocs().find(id)) erase_alloc(Ref<model::Allocation>(row->value));
  return {};
}

void Apply::put_evals(const std::vector<model::Evaluation>& evals) {
  for (const auto& eval : evals) put_eval(eval);
}

void Apply::put_eval(model::Evaluation eval) {
  const auto* row = tables_.evals().find(eval.id);
  if (row != nullptr) {
    eval.create_index = row->value->create_index;
    eval.create_time = row->value->create_time;
  } else {
    eval.create_index = index_;
    if (eval.create_time == 0) eval.create_time = unix_ns();
  }
  count_queued(eval);
  const bool placed_all = eval.status == model::EvalStatus::complete && eval.failed_tg_allocs.empty();
  if (placed_all) cancel_blocked_evals(eval);
  store_eval(std::move(eval));
}

void Apply::store_eval(model::Evaluation eval) {
  eval.modify_index = index_;
  eval.modify_time = unix_ns();
  // One that changes its job leaves the old one's lists too.
  if (const auto* row = tables_.evals().find(eval.id)) {
    touch(watch::job_evals(row->value->namespace_, row->value->job_id));
    unsettled_jobs_[job_key(row->value->namespace_, row->value->job_id)];
  }
  touch(watch::eval(eval.id));
  touch(watch::job_evals(eval.namespace_, eval.job_id));
  unsettled_jobs_[job_key(eval.namespace_, eval.job_id)];
  tables_.put(std::make_shared<const model::Evaluation>(std::move(eval)));
  touch_table(Table::evals);
}

// An evaluation that placed all there was to place has done what those still wait for.
void Apply::cancel_blocked_evals(const model::Evaluation& successful) {
  const std::string key = job_key(successful.namespace_, successful.job_id);
  if (tables_.job_use(key).blocked_evals == 0) return;
  std::vector<Ref<model::Evaluation>> blocked;
  for_each_prefixed(tables_.evals_by_job(), pair_key(key, ""), [&](const Ref<model::Evaluation>& eval) {
    if (eval->status == model::EvalStatus::blocked && eval->id != successful.id) blocked.push_back(eval);
    return true;
  });
  for (const auto& eval : blocked) {
    model::Evaluation canceled = *eval;
    canceled.status = model::EvalStatus::canceled;
    canceled.status_description = fmt::format("evaluation \"{}\" successful", successful.id);
    store_eval(std::move(canceled));
  }
}

}  // namespace core::state
