// Jobs and what belongs to them, read.
#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "core/api/routes.hpp"
#include "core/api/shapes.hpp"
#include "core/api/spec.hpp"
#include "core/describe/json.hpp"
#include "core/state/watch.hpp"

namespace core::api {
namespace {

namespace json = boost::json;
namespace watch = state::watch;
using state::Table;

Answer job_not_found() { return failure(404, "job not found"); }

std::vector<state::Ref<model::Deployment>> deployments_of(const Call& call) {
  // All deployments of the job as it is; of earlier jobs by that name only where asked for.
  const auto job = call.state().job(call.namespace_(), call.id);
  const bool all = call.query.flag("all");
  std::vector<state::Ref<model::Deployment>> out;
  call.state().deployments("", [&](const auto& deployment) {
    if (deployment->namespace_ != call.namespace_() || deployment->job_id != call.id) return true;
    if (all || job == nullptr || deployment->job_create_index == job->create_index) out.push_back(deployment);
    return true;
  });
  return out;
}

}  // namespace

Outcome jobs_list(Call& call) {
  auto page = Page::of(call);
  if (!page) return page.error();
  const state::State& state = call.state();
  const std::string namespace_ = call.namespace_();
  const std::uint64_t index = std::max(state.table_index(Table::jobs), state.table_index(Table::job_summaries));
  const bool meta = call.query.flag("meta");
  auto jobs = namespace_ == "*" ? everything(Table::jobs) : prefix(watch::jobs_of(namespace_));
  return read(call, index, {std::move(jobs), everything(Table::job_summaries)}, [&] {
    state.jobs(namespace_, call.query.get("prefix"), [&](const auto& job) {
      const std::string key = namespace_ == "*" ? job->namespace_ + "." + job->id : job->id;
      page->add(key, job->create_index, [&state, job, meta] {
        return job_stub(*job, state.job_summary(job->namespace_, job->id).get(), meta);
      });
      return true;
    });
    return page->answer(call);
  });
}

Outcome job_read(Call& call) {
  const auto job = call.state().job(call.namespace_(), call.id);
  const std::uint64_t index = job != nullptr ? job->modify_index : call.state().table_index(Table::jobs);
  return read(call, index, {watch::job(call.namespace_(), call.id)},
              [&] { return job != nullptr ? json_answer(call, job_json(*job)) : job_not_found(); });
}

Outcome job_versions(Call& call) {
  std::vector<state::Ref<model::Job>> versions;
  call.state().job_versions(call.namespace_(), call.id, [&](const auto& job) {
    versions.push_back(job);
    return true;
  });
  const std::uint64_t index =
      !versions.empty() ? versions.front()->modify_index : call.state().table_index(Table::job_versions);
  return read(call, index, {watch::job_versions(call.namespace_(), call.id)}, [&] {
    if (versions.empty()) return failure(404, "job versions not found");
    json::array shown;
    for (const auto& job : versions) shown.push_back(job_json(*job));
    json::value diffs = nullptr;
    if (call.query.flag("diffs") && versions.size() > 1) {
      diffs = json::array{};
      for (std::size_t i = 0; i + 1 < versions.size(); ++i)
        diffs.get_array().push_back(diff_json(versions[i + 1].get(), versions[i].get()));
    }
    return json_answer(call, json::object{{"Versions", std::move(shown)},
                                          {"Diffs", std::move(diffs)},
                                          {"Index", std::max<std::uint64_t>(1, index)},
                                          {"LastContact", last_contact_ms(call.view)},
                                          {"KnownLeader", knows_leader(call.view)}});
  });
}

Outcome job_allocations(Call& call) {
  auto page = Page::of(call);
  if (!page) return page.error();
  const state::State& state = call.state();
  const auto job = state.job(call.namespace_(), call.id);
  const bool all = call.query.flag("all");
  return read(call, state.table_index(Table::allocs), {watch::job_allocs(call.namespace_(), call.id)}, [&] {
    state.allocs_of_job(call.namespace_(), call.id, [&](const auto& alloc) {
      const bool of_this_job = job == nullptr || alloc->job == nullptr || alloc->job->create_index == job->create_index;
      if (all || of_this_job)
        page->add(alloc->id, alloc->create_index, [alloc] { return alloc_stub(*alloc, false, true); });
      return true;
    });
    return page->answer(call);
  });
}

Outcome job_evaluations(Call& call) {
  auto page = Page::of(call);
  if (!page) return page.error();
  const state::State& state = call.state();
  return read(call, state.table_index(Table::evals), {watch::job_evals(call.namespace_(), call.id)}, [&] {
    state.evals_of_job(call.namespace_(), call.id, [&](const auto& eval) {
      page->add(eval->id, eval->create_index, [eval] { return eval_json(*eval); });
      return true;
    });
    return page->answer(call);
  });
}

Outcome job_deployments(Call& call) {
  return read(call, call.state().table_index(Table::deployments), {everything(Table::deployments)}, [&] {
    json::array out;
    for (const auto& deployment : deployments_of(call)) out.push_back(describe::to_json(*deployment));
    return json_answer(call, out);
  });
}

Outcome job_latest_deployment(Call& call) {
  return read(call, call.state().table_index(Table::deployments), {everything(Table::deployments)}, [&] {
    const auto all = deployments_of(call);
    const auto latest = std::max_element(
        all.begin(), all.end(), [](const auto& a, const auto& b) { return a->create_index < b->create_index; });
    return json_answer(call, latest == all.end() ? json::value(nullptr) : describe::to_json(**latest));
  });
}

Outcome job_summary(Call& call) {
  const auto summary = call.state().job_summary(call.namespace_(), call.id);
  const std::uint64_t index =
      summary != nullptr ? summary->modify_index : call.state().table_index(Table::job_summaries);
  return read(call, index, {watch::job_summary(call.namespace_(), call.id)}, [&] {
    return summary != nullptr ? json_answer(call, summary_json(summary.get())) : failure(404, "job not found");
  });
}

Outcome job_scale_status(Call& call) {
  const state::State& state = call.state();
  const auto job = state.job(call.namespace_(), call.id);
  const std::uint64_t index = std::max(job != nullptr ? job->modify_index : state.table_index(Table::jobs),
                                       job != nullptr ? state.table_index(Table::allocs) : 0);
  return read(call, index, {watch::job(call.namespace_(), call.id), watch::job_allocs(call.namespace_(), call.id)},
              [&] {
                if (job == nullptr) return job_not_found();
                struct Count {
                  std::int64_t placed = 0, running = 0, healthy = 0, unhealthy = 0;
                };
                std::map<std::string, Count> counts;
                state.allocs_of_job(call.namespace_(), call.id, [&](const auto& alloc) {
                  if (alloc->terminal()) return true;
                  Count& count = counts[alloc->task_group];
                  ++count.placed;
                  if (alloc->client_status == model::ClientStatus::running) ++count.running;
                  if (alloc->deployment_status && alloc->deployment_status->healthy)
                    ++(*alloc->deployment_status->healthy ? count.healthy : count.unhealthy);
                  return true;
                });
                json::object groups;
                for (const auto& group : job->task_groups) {
                  const Count& count = counts[group.name];
                  groups[group.name] = json::object{{"Desired", group.count.value_or(1)}, {"Placed", count.placed},
                                                    {"Running", count.running},           {"Healthy", count.healthy},
                                                    {"Unhealthy", count.unhealthy},       {"Events", nullptr}};
                }
                return json_answer(call, json::object{{"JobID", job->id},
                                                      {"Namespace", job->namespace_},
                                                      {"JobCreateIndex", job->create_index},
                                                      {"JobModifyIndex", job->modify_index},
                                                      {"JobStopped", job->stop},
                                                      {"TaskGroups", std::move(groups)}});
              });
}

}  // namespace core::api
