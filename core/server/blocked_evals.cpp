#include "core/server/blocked_evals.hpp"

#include <algorithm>

#include "core/base/mutant.hpp"

namespace core::server {

bool BlockedEvals::may_use(const model::Evaluation& eval, const std::string& computed_class) {
  if (eval.escaped_computed_class) return true;
  const auto known = eval.class_eligibility.find(computed_class);
  // A class the scheduler never saw may well do.
  return known == eval.class_eligibility.end() || known->second;
}

bool BlockedEvals::missed(const model::Evaluation& eval) const {
  if (base::mutant("K44")) return false;
  return std::any_of(changed_at_.begin(), changed_at_.end(), [&](const auto& change) {
    return change.second > eval.snapshot_index && may_use(eval, change.first);
  });
}

BlockedEvals::Blocked BlockedEvals::block(const Eval& eval) {
  Blocked out;
  const JobKey job{eval->namespace_, eval->job_id};
  const auto age = [](const model::Evaluation& e) { return std::max(e.create_index, e.snapshot_index); };
  if (const auto found = by_job_.find(job); found != by_job_.end() && found->second->id != eval->id) {
    if (age(*found->second) > age(*eval)) {
      out.duplicate = eval;
      return out;
    }
    out.duplicate = found->second;
    by_job_.erase(found);
  }
  if (missed(*eval))
    out.run_now = eval;
  else
    by_job_.insert_or_assign(job, eval);
  return out;
}

std::vector<BlockedEvals::Eval> BlockedEvals::unblock(const std::string& computed_class, std::uint64_t index) {
  std::uint64_t& changed = changed_at_[computed_class];
  changed = std::max(changed, index);
  std::vector<Eval> out;
  std::erase_if(by_job_, [&](const auto& entry) {
    if (!may_use(*entry.second, computed_class)) return false;
    out.push_back(entry.second);
    return true;
  });
  return out;
}

std::vector<BlockedEvals::Eval> BlockedEvals::unblock_failed() {
  std::vector<Eval> out;
  std::erase_if(by_job_, [&](const auto& entry) {
    if (entry.second->triggered_by != model::EvalTrigger::max_plan_attempts) return false;
    out.push_back(entry.second);
    return true;
  });
  return out;
}

BlockedEvals::Eval BlockedEvals::untrack(const std::string& namespace_, const std::string& job_id) {
  const auto found = by_job_.find({namespace_, job_id});
  if (found == by_job_.end()) return nullptr;
  Eval eval = std::move(found->second);
  by_job_.erase(found);
  return eval;
}

void BlockedEvals::flush() {
  by_job_.clear();
  changed_at_.clear();
}

}  // namespace core::server
