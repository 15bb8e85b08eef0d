// Evaluations to plans to allocations: the leader's workers, its plan queue and its plan applier
// (server-internals.md §11, §12).
#include <fmt/format.h>

#include "core/base/mutant.hpp"
#include "core/scheduler/applier.hpp"
#include "core/server/impl.hpp"

namespace core::server {
namespace {

constexpr std::size_t cancel_batch = 728;              // evaluations in one log entry
constexpr std::size_t max_placements_an_entry = 4096;  // a few megabytes
constexpr Duration follow_up_wait = 1min;
constexpr Duration follow_up_spread = 5min;

// One pass of the scheduler, to be run on any thread.
class Planning final : public world::Work {
 public:
  Planning(state::State snapshot, model::Evaluation eval, Rng rng, WallTime now)
      : snapshot_(std::move(snapshot)), eval_(std::move(eval)), rng_(rng), now_(now) {}
  void run() override { scheduled_ = scheduler::plan(snapshot_, eval_, rng_, now_, {}); }
  scheduler::Scheduled take() { return std::move(scheduled_); }

 private:
  state::State snapshot_;
  model::Evaluation eval_;
  Rng rng_;
  WallTime now_;
  scheduler::Scheduled scheduled_;
};

}  // namespace

// An evaluation came into the state, or was there when this server began to lead.
void Server::Impl::eval_applied(Now now, const state::Ref<model::Evaluation>& eval, Effects& effects) {
  if (eval->status == model::EvalStatus::pending) return broker_.enqueue(now, *eval);
  if (eval->status != model::EvalStatus::blocked) return;
  BlockedEvals::Blocked blocked = blocked_.block(eval);
  if (blocked.run_now) broker_.enqueue(now, *blocked.run_now);
  if (blocked.duplicate)
    cancel_evals(now, {*blocked.duplicate},
                 fmt::format("existing blocked evaluation exists for job \"{}\"", blocked.duplicate->job_id), effects);
}

void Server::Impl::schedule(Now now, Effects& effects) {
  while (established_ && runs_.size() < config_.num_schedulers) {
    auto delivery = broker_.dequeue(now);
    if (!delivery) return;
    const std::uint64_t run = ++last_run_;
    scheduler::Attempt attempt(delivery->eval);
    runs_.emplace(run, Run{std::move(*delivery), std::move(attempt), {}});
    compute_plan(now, run, effects);
  }
}

void Server::Impl::compute_plan(Now now, std::uint64_t run, Effects& effects) {
  const scheduler::Attempt& attempt = *runs_.at(run).attempt;
  const world::ComputeToken token{2 * ++last_compute_};
  auto work = std::make_shared<Planning>(consensus_->state(), attempt.eval(), rng_.fork(), now.wall);
  effects.world.push_back(world::Compute{token, "schedule " + attempt.eval().type, work});
  computing_.emplace(token, std::pair{run, std::move(work)});
}

void Server::Impl::computed(Now now, const world::Computed& computed, Effects& effects) {
  if (archive_computed(now, computed.token, effects)) return;
  if (const auto plan = planning_.find(computed.token); plan != planning_.end()) {
    scheduler::Scheduled scheduled = std::static_pointer_cast<Planning>(plan->second.second)->take();
    effects.outputs.push_back(Planned{plan->second.first,
                                      std::make_shared<const model::Plan>(std::move(scheduled.plan)),
                                      std::make_shared<const model::Evaluation>(std::move(scheduled.eval))});
    planning_.erase(plan);
    return;
  }
  const auto found = computing_.find(computed.token);
  if (found == computing_.end()) return;  // leadership was lost meanwhile
  const std::uint64_t run = found->second.first;
  scheduler::Scheduled scheduled = std::static_pointer_cast<Planning>(found->second.second)->take();
  computing_.erase(found);
  const auto at = runs_.find(run);
  if (at == runs_.end()) return;
  take_step(now, run, at->second.attempt->planned(std::move(scheduled)), effects);
}

// A run whose time is over has a successor, which would place the same once more.
bool Server::Impl::is_overdue(std::uint64_t run) {
  if (broker_.is_out(runs_.at(run).delivery) || base::mutant("M18")) return false;
  runs_.erase(run);
  return true;
}

void Server::Impl::take_step(Now now, std::uint64_t run, scheduler::Step step, Effects& effects) {
  if (is_overdue(run)) return schedule(now, effects);
  Run& at = runs_.at(run);
  if (auto* submit = std::get_if<scheduler::Submit>(&step)) {
    if (plan_queue_.size() >= max_plan_queue) return abandon(now, run, effects);
    // Follow-ups are stored before the plan that names them; the log keeps the order.
    if (!submit->first.empty())
      propose(now, state::UpdateEvals{std::move(submit->first), now.wall}, ForNothing{}, effects);
    if (!runs_.contains(run)) return;
    at.plan = std::move(submit->plan);
    plan_queue_.emplace(-at.plan.priority, ++plan_order_, run);
    return apply_next_plan(now, effects);
  }
  // This server applies before it answers, so its own state is always new enough to plan again.
  if (base::mutant("K48") && std::holds_alternative<scheduler::Replan>(step)) return;
  if (std::holds_alternative<scheduler::Replan>(step)) return compute_plan(now, run, effects);
  auto& finish = std::get<scheduler::Finish>(step);
  propose(now, state::UpdateEvals{std::move(finish.evals), now.wall}, ForEval{run}, effects);
}

// One plan at a time is checked against the state with all earlier ones applied.
void Server::Impl::apply_next_plan(Now now, Effects& effects) {
  while (!applying_plan_ && established_ && !plan_queue_.empty()) {
    const std::uint64_t run = std::get<2>(*plan_queue_.begin());
    plan_queue_.erase(plan_queue_.begin());
    const auto found = runs_.find(run);
    if (found == runs_.end() || is_overdue(run)) continue;
    const model::Plan plan = std::move(found->second.plan);
    std::vector<scheduler::Rejection> rejections;
    model::PlanResult result = scheduler::evaluate_plan(consensus_->state(), plan, &rejections);
    node_rejected_ += rejections.size();
    for (const scheduler::Rejection& one : rejections)
      log(effects, world::LogLevel::info, "nomad", "plan for node rejected",
          {{"node_id", one.node_id},
           {"reason", one.reason},
           {"eval_id", plan.eval_id},
           {"namespace", plan.job ? plan.job->namespace_ : ""}});
    // One log entry holds so many; the scheduler looks again for the rest.
    if (result.placements.size() > max_placements_an_entry && !plan.all_at_once) {
      result.placements.resize(max_placements_an_entry);
      result.refresh_index = consensus_->state().index();
    }
    if (result.stops.empty() && result.placements.empty()) {
      plan_done(now, run, result, effects);
      continue;
    }
    applying_plan_ = true;
    state::ApplyPlanResult command{plan.eval_id, plan.job, result.stops, result.placements, {}, now.wall};
    propose(now, std::move(command), ForPlan{run, std::move(result)}, effects);
  }
}

void Server::Impl::plan_done(Now now, std::uint64_t run, const model::PlanResult& result, Effects& effects) {
  applying_plan_ = false;
  if (const auto found = runs_.find(run); found != runs_.end())
    take_step(now, run, found->second.attempt->answered(result, rng_, now.wall), effects);
  apply_next_plan(now, effects);
}

void Server::Impl::eval_finished(Now now, std::uint64_t run, Effects& effects) {
  const auto found = runs_.find(run);
  if (found == runs_.end()) return;
  const EvalBroker::Delivery delivery = std::move(found->second.delivery);
  runs_.erase(found);
  cancel_evals(now, broker_.ack(now, delivery.eval.id, delivery.token), "canceled after more recent eval was processed",
               effects);
  schedule(now, effects);
}

void Server::Impl::abandon(Now now, std::uint64_t run, Effects& effects) {
  const auto found = runs_.find(run);
  if (found == runs_.end()) return;
  const EvalBroker::Delivery delivery = std::move(found->second.delivery);
  runs_.erase(found);
  if (broker_.nack(now, delivery.eval.id, delivery.token)) evals_failed(now, {delivery.eval}, effects);
}

void Server::Impl::evals_failed(Now now, const std::vector<model::Evaluation>& evals, Effects& effects) {
  for (model::Evaluation eval : evals) {
    std::erase_if(runs_, [&](const auto& run) { return run.second.delivery.eval.id == eval.id; });
    log(effects, world::LogLevel::warn, "nomad", "eval reached delivery limit, marking as failed", {{"eval", eval.id}});
    model::Evaluation next = eval;
    next.id = rng_.uuid();
    next.status = model::EvalStatus::pending;
    next.status_description.clear();
    next.triggered_by = model::EvalTrigger::failed_follow_up;
    next.previous_eval = eval.id;
    next.wait_until = now.wall + follow_up_wait + rng_.between(Duration{}, follow_up_spread);
    next.create_time = next.modify_time = now.wall.unix_ns;
    next.create_index = next.modify_index = 0;
    eval.status = model::EvalStatus::failed;
    eval.status_description = "evaluation reached delivery limit (3)";
    eval.next_eval = next.id;
    propose(now, state::UpdateEvals{{eval, next}, now.wall}, ForFailed{eval}, effects);
  }
}

void Server::Impl::cancel_evals(Now now, std::vector<model::Evaluation> evals, const std::string& why,
                                Effects& effects) {
  while (!evals.empty() && consensus_->is_leader()) {
    state::UpdateEvals command;
    command.time = now.wall;
    while (!evals.empty() && command.evals.size() < cancel_batch) {
      model::Evaluation eval = std::move(evals.back());
      evals.pop_back();
      eval.status = model::EvalStatus::canceled;
      eval.status_description = why;
      command.evals.push_back(std::move(eval));
    }
    propose(now, std::move(command), ForNothing{}, effects);
  }
}

void Server::Impl::capacity_changed(Now now, const std::string& node_id, Effects&) {
  const auto node = consensus_->state().node(node_id);
  if (!node || !node->ready()) return;
  run_again(now, blocked_.unblock(node->computed_class, consensus_->state().index()));
}

// Those that are still blocked: the state cancels some by itself, when a later one of their job was dealt with.
void Server::Impl::run_again(Now now, const std::vector<state::Ref<model::Evaluation>>& woken) {
  for (const state::Ref<model::Evaluation>& eval : woken)
    if (const auto stored = consensus_->state().eval(eval->id);
        stored != nullptr && stored->status == model::EvalStatus::blocked)
      broker_.enqueue(now, *stored);
}

// A dry run: the job goes into a copy of the state, and the scheduler looks at that.
void Server::Impl::on(Now now, const PlanRequested& request, Effects& effects) {
  if (!established_) return effects.outputs.push_back(Refused{request.tag, "No cluster leader"});
  state::State copy = consensus_->state();
  const state::Applied applied = copy.apply(copy.log_index() + 1, state::RegisterJob{*request.job, {}, {}, now.wall});
  if (!applied.error.empty()) return effects.outputs.push_back(Refused{request.tag, applied.error});
  const auto job = copy.job(request.job->namespace_, request.job->id);
  model::Evaluation eval = evaluation_of(*job, model::EvalTrigger::job_register, now, rng_);
  eval.annotate_plan = true;
  const world::ComputeToken token{2 * ++last_compute_};
  auto work = std::make_shared<Planning>(std::move(copy), std::move(eval), rng_.fork(), now.wall);
  effects.world.push_back(world::Compute{token, "plan " + request.job->type, work});
  planning_.emplace(token, std::pair{request.tag, std::move(work)});
}

}  // namespace core::server
