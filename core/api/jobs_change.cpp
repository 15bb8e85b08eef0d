// Jobs that are there, changed: stopped, looked at again, scaled.
#include <fmt/format.h>

#include "core/api/job_intake.hpp"
#include "core/api/routes.hpp"

namespace core::api {
namespace {

namespace json = boost::json;

constexpr std::int64_t max_priority = 100;

}  // namespace

Outcome job_deregister(Call& call) {
  const auto priority = call.query.number("eval_priority", 0);
  if (!priority || static_cast<std::int64_t>(*priority) > max_priority)
    return failure(400, "eval_priority must be a whole number between 1 and 100");
  const auto job = call.state().job(call.namespace_(), call.id);
  state::DeregisterJob command{.namespace_ = call.namespace_(),
                               .job_id = call.id,
                               .purge = call.query.flag("purge"),
                               .eval = std::nullopt,
                               .time = call.now.wall};
  if (job != nullptr && !job->is_periodic() && !job->is_parameterized()) {
    command.eval = new_eval(call, *job, model::EvalTrigger::job_deregister);
    if (*priority > 0) command.eval->priority = static_cast<std::int32_t>(*priority);
  }
  const std::string eval_id = command.eval ? command.eval->id : "";
  const bool pretty = call.query.pretty();
  return Write{std::move(command),
               [eval_id, pretty](std::uint64_t index, const state::Applied& applied, const state::State&) {
                 if (!applied.error.empty()) return failure(500, applied.error);
                 return written({{"EvalID", eval_id},
                                 {"EvalCreateIndex", eval_id.empty() ? 0 : index},
                                 {"JobModifyIndex", index},
                                 {"VolumeEvalID", ""},
                                 {"VolumeEvalIndex", 0}},
                                index, pretty);
               }};
}

Outcome job_evaluate(Call& call) {
  const auto body = body_object(call.request, true);
  if (!body) return body.error();
  const auto named = text_member(*body, "JobID");
  if (!named) return named.error();
  if (!named->empty() && *named != call.id) return failure(400, "JobID not same as job name");
  bool force = false;
  if (const auto* options = member(*body, "EvalOptions"); options != nullptr && options->is_object()) {
    const auto wanted = bool_member(options->get_object(), "ForceReschedule");
    if (!wanted) return wanted.error();
    force = *wanted;
  }
  const auto job = call.state().job(call.namespace_(), call.id);
  if (job == nullptr) return failure(404, "job not found");
  if (job->is_periodic()) return failure(500, "can't evaluate periodic job");
  if (job->is_parameterized()) return failure(500, "can't evaluate parameterized job");
  const model::Evaluation eval = new_eval(call, *job, model::EvalTrigger::job_register);
  auto answer = registered(eval.id, "", call.query.pretty());
  if (!force) return Write{state::UpdateEvals{{eval}, call.now.wall}, std::move(answer)};
  // Failed allocations that nothing has replaced are placed again at once, whatever their policy says.
  state::UpdateDesiredTransition command{{}, {eval}, call.now.wall};
  call.state().allocs_of_job(job->namespace_, job->id, [&](const auto& alloc) {
    if (alloc->client_status == model::ClientStatus::failed && !alloc->server_terminal() &&
        alloc->next_allocation.empty()) {
      model::DesiredTransition transition = alloc->desired_transition;
      transition.force_reschedule = true;
      command.transitions.emplace(alloc->id, transition);
    }
    return true;
  });
  return Write{std::move(command), std::move(answer)};
}

Outcome job_scale(Call& call) {
  const auto body = body_object(call.request);
  if (!body) return body.error();
  const auto count = number_member(*body, "Count");
  if (!count) return count.error();
  std::string group;
  if (const auto* target = member(*body, "Target"); target != nullptr && target->is_object()) {
    const auto named = text_member(target->get_object(), "Group");
    if (!named) return named.error();
    group = *named;
  }
  if (group.empty()) return failure(400, "missing task group name for scaling action");
  if (member(*body, "Count") == nullptr) return failure(400, "scaling action without a count: not supported");
  if (*count < 0) return failure(400, "scaling action count can't be negative");
  const auto stored = call.state().job(call.namespace_(), call.id);
  if (stored == nullptr) return failure(404, fmt::format("job \"{}\" not found", call.id));
  model::Job job = *stored;
  for (model::TaskGroup& candidate : job.task_groups) {
    if (candidate.name != group) continue;
    if (*count > max_group_count) return failure(400, fmt::format("group count must be at most {}", max_group_count));
    if (candidate.scaling && candidate.scaling->min && *count < *candidate.scaling->min)
      return failure(400, fmt::format("group count was less than scaling policy minimum: {} < {}", *count,
                                      *candidate.scaling->min));
    if (candidate.scaling && *count > candidate.scaling->max)
      return failure(400, fmt::format("group count was greater than scaling policy maximum: {} > {}", *count,
                                      candidate.scaling->max));
    candidate.count = static_cast<std::int32_t>(*count);
    job.submit_time = call.now.wall.is_set() ? call.now.wall.unix_ns : 0;
    const model::Evaluation eval = new_eval(call, job, model::EvalTrigger::job_scaling);
    auto answer = registered(eval.id, "", call.query.pretty());
    // Refused when somebody else has registered it in between: their change would be lost.
    return Write{state::RegisterJob{std::move(job), stored->job_modify_index, eval, call.now.wall}, std::move(answer)};
  }
  return failure(400, fmt::format("task group \"{}\" specified for scaling does not exist in job", group));
}

}  // namespace core::api
