// Jobs that come in: parsed, checked, registered, planned.
#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "core/api/job_intake.hpp"
#include "core/api/routes.hpp"
#include "core/api/shapes.hpp"
#include "core/api/spec.hpp"
#include "core/describe/json.hpp"

namespace core::api {
namespace {

namespace json = boost::json;

constexpr std::string_view only_namespace = "default";
// The region that job files name when they name none: any region's own.
constexpr std::string_view any_region = "global";

struct Intake {
  model::Job job;
  std::string warnings;
};

// The body's Job, complete and for this region; an outcome where that is the end of it.
std::expected<model::Job, Outcome> job_in(const Call& call, const json::object& body) {
  const json::value* given = member(body, "Job");
  if (given == nullptr) return std::unexpected(failure(400, "Job must be specified"));
  auto job = job_of_json(*given);
  if (!job) return std::unexpected(failure(400, job.error()));
  if (job->id.empty()) return std::unexpected(failure(400, "Job ID hasn't been provided"));
  if (!call.id.empty() && call.id != job->id) return std::unexpected(failure(400, "Job ID does not match name"));
  if (!job->region.empty() && job->region != any_region && job->region != call.view.region() &&
      call.query.get("region").empty())
    return std::unexpected(ToRegion{job->region});
  if (job->region.empty() || job->region == any_region) job->region = call.view.region();
  if (job->namespace_.empty()) job->namespace_ = call.namespace_();
  complete_job(*job);
  return std::move(*job);
}

std::expected<Intake, Outcome> checked_job(const Call& call, const json::object& body) {
  auto job = job_in(call, body);
  if (!job) return std::unexpected(std::move(job.error()));
  const Verdict verdict = judge_job(*job);
  if (!verdict.errors.empty()) return std::unexpected(failure(500, errors_text(verdict.errors)));
  if (job->namespace_ != only_namespace)
    return std::unexpected(failure(500, fmt::format("nonexistent namespace \"{}\"", job->namespace_)));
  // Nothing here would ever launch them: better refused than kept and forgotten.
  if (job->is_periodic()) return std::unexpected(failure(400, "periodic jobs are not supported by this agent"));
  if (job->is_parameterized())
    return std::unexpected(failure(400, "parameterized jobs are not supported by this agent"));
  if (job->multiregion) return std::unexpected(failure(400, "multiregion jobs are not supported by this agent"));
  return Intake{std::move(*job), warnings_text(verdict.warnings)};
}

// "EnforceIndex" and "JobModifyIndex" together; an error names the member.
std::expected<std::optional<std::uint64_t>, Answer> enforced_index(const json::object& body) {
  const auto enforce = bool_member(body, "EnforceIndex");
  if (!enforce) return std::unexpected(enforce.error());
  if (!*enforce) return std::nullopt;
  const auto index = number_member(body, "JobModifyIndex");
  if (!index || *index < 0) return std::unexpected(failure(400, "JobModifyIndex: wanted a whole number"));
  return static_cast<std::uint64_t>(*index);
}

// Servers keep these; whoever registers does not set them.
void forget_server_fields(model::Job& job) {
  job.status = model::JobStatus::pending;
  job.status_description.clear();
  job.stable = false;
  job.stop = false;
  job.version = 0;
  job.create_index = job.modify_index = job.job_modify_index = 0;
}

json::value metrics_json(const std::map<std::string, model::AllocMetric>& metrics) {
  if (metrics.empty()) return nullptr;
  json::object out;
  for (const auto& [group, metric] : metrics) out[group] = describe::to_json(metric);
  return out;
}

}  // namespace

WriteAnswer registered(std::string eval_id, std::string warnings, bool pretty) {
  return [eval_id = std::move(eval_id), warnings = std::move(warnings), pretty](
             std::uint64_t index, const state::Applied& applied, const state::State& state) {
    if (!applied.error.empty()) return failure(500, applied.error);
    // As the evaluation was told: the job itself may have been registered once more by now.
    const auto eval = state.eval(eval_id);
    return written({{"EvalID", eval_id},
                    {"EvalCreateIndex", index},
                    {"JobModifyIndex", eval != nullptr ? eval->job_modify_index : index},
                    {"Warnings", warnings}},
                   index, pretty);
  };
}

Outcome job_register(Call& call) {
  const auto body = body_object(call.request);
  if (!body) return body.error();
  const auto enforced = enforced_index(*body);
  if (!enforced) return enforced.error();
  const auto priority = number_member(*body, "EvalPriority");
  if (!priority || *priority < 0 || *priority > 100)
    return failure(400, "EvalPriority: wanted a whole number between 1 and 100");
  auto intake = checked_job(call, *body);
  if (!intake) return std::move(intake.error());

  model::Job& job = intake->job;
  forget_server_fields(job);
  job.submit_time = call.now.wall.is_set() ? call.now.wall.unix_ns : 0;
  model::Evaluation eval = new_eval(call, job, model::EvalTrigger::job_register);
  if (*priority > 0) eval.priority = static_cast<std::int32_t>(*priority);
  auto answer = registered(eval.id, intake->warnings, call.query.pretty());
  return Write{state::RegisterJob{std::move(job), *enforced, std::move(eval), call.now.wall}, std::move(answer)};
}

Outcome jobs_register(Call& call) { return job_register(call); }

Outcome jobs_parse(Call& call) {
  const auto body = body_object(call.request);
  if (!body) return body.error();
  const auto text = text_member(*body, "JobHCL");
  if (!text) return text.error();
  if (text->empty()) return failure(400, "Job spec is empty");
  const auto variables = text_member(*body, "Variables");
  if (!variables) return variables.error();
  const auto canonicalize = bool_member(*body, "Canonicalize");
  if (!canonicalize) return canonicalize.error();
  auto job = job_of_text(*text, *variables);
  if (!job) return failure(400, job.error());
  if (*canonicalize) {
    if (job->region.empty()) job->region = any_region;
    if (job->namespace_.empty()) job->namespace_ = only_namespace;
    complete_job(*job);
  }
  json::value shown = job_json(*job);
  json::object& out = shown.as_object();
  // Not known before a server has the job.
  out["Status"] = "";
  out["SubmitTime"] = nullptr;
  // Of the whole job in the API's form; groups have them.
  out["Migrate"] = nullptr;
  out["Reschedule"] = nullptr;
  return json_answer(call, shown);
}

Outcome job_validate(Call& call) {
  const auto body = body_object(call.request);
  if (!body) return body.error();
  auto job = job_in(call, *body);
  if (!job) return std::move(job.error());
  const Verdict verdict = judge_job(*job);
  json::value errors = nullptr;
  if (!verdict.errors.empty()) {
    errors = json::array{};
    for (const std::string& error : verdict.errors) errors.get_array().push_back(json::string(error));
  }
  return json_answer(call, json::object{{"DriverConfigValidated", true},
                                        {"ValidationErrors", std::move(errors)},
                                        {"Error", errors_text(verdict.errors)},
                                        {"Warnings", warnings_text(verdict.warnings)},
                                        {"Index", 0},
                                        {"LastContact", 0},
                                        {"KnownLeader", false}});
}

Outcome job_plan(Call& call) {
  const auto body = body_object(call.request);
  if (!body) return body.error();
  const auto diff = bool_member(*body, "Diff");
  if (!diff) return diff.error();
  auto intake = checked_job(call, *body);
  if (!intake) return std::move(intake.error());
  model::Job& job = intake->job;
  forget_server_fields(job);
  const auto stored = call.state().job(job.namespace_, job.id);
  const std::uint64_t job_index = stored != nullptr ? stored->job_modify_index : 0;
  // Of the job where there is one: what a registration that enforces the plan's index gives back.
  const std::uint64_t index = stored != nullptr ? job_index : std::max<std::uint64_t>(1, call.state().index());
  const bool pretty = call.query.pretty();
  auto answer = [stored, wanted = *diff ? std::make_shared<const model::Job>(job) : nullptr, job_index, index,
                 warnings = intake->warnings, pretty](const model::Plan& plan, const model::Evaluation& eval) {
    json::object groups;
    for (const auto& [group, updates] : plan.annotations) groups[group] = describe::to_json(updates);
    json::value annotated = nullptr;
    if (!groups.empty()) annotated = std::move(groups);
    json::value difference = nullptr;
    if (wanted != nullptr) difference = diff_json(stored.get(), wanted.get(), plan.annotations);
    Answer out = json_answer(
        json::object{{"Annotations", json::object{{"DesiredTGUpdates", annotated}, {"PreemptedAllocs", nullptr}}},
                     {"FailedTGAllocs", metrics_json(eval.failed_tg_allocs)},
                     {"JobModifyIndex", job_index},
                     {"CreatedEvals", nullptr},
                     {"Diff", difference},
                     {"NextPeriodicLaunch", nullptr},
                     {"Warnings", warnings},
                     {"Index", index}},
        pretty);
    out.headers["X-Nomad-Index"] = std::to_string(index);
    return out;
  };
  return PlanJob{std::move(job), *diff, std::move(answer)};
}

}  // namespace core::api
