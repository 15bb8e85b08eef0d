#include "core/server/evaluations.hpp"

#include <set>
#include <utility>

#include "core/describe/compare.hpp"

namespace core::server {
namespace {

bool is_system(const model::Job& job) { return job.type == "system" || job.type == "sysbatch"; }

}  // namespace

model::Evaluation evaluation_of(const model::Job& job, model::EvalTrigger trigger, Now now, Rng& rng) {
  model::Evaluation eval;
  eval.id = rng.uuid();
  eval.namespace_ = job.namespace_;
  eval.priority = job.priority;
  eval.type = job.type;
  eval.triggered_by = trigger;
  eval.job_id = job.id;
  eval.job_modify_index = job.job_modify_index;
  eval.status = model::EvalStatus::pending;
  eval.create_time = now.wall.unix_ns;
  eval.modify_time = now.wall.unix_ns;
  return eval;
}

std::vector<model::Evaluation> evaluations_of_node(const state::State& state, const model::Node& node,
                                                   model::EvalTrigger trigger, Now now, Rng& rng) {
  std::vector<model::Evaluation> out;
  std::set<std::pair<std::string, std::string>> seen;
  const auto add = [&](const model::Job& job) {
    if (!seen.emplace(job.namespace_, job.id).second) return;
    out.push_back(evaluation_of(job, trigger, now, rng));
    out.back().node_id = node.id;
    out.back().node_modify_index = node.modify_index;
  };
  state.allocs_of_node(node.id, [&](const state::Ref<model::Allocation>& alloc) {
    if (alloc->terminal()) return true;
    const auto current = state.job(alloc->namespace_, alloc->job_id);
    if (current)
      add(*current);
    else if (alloc->job)
      add(*alloc->job);
    return true;
  });
  state.jobs("*", "", [&](const state::Ref<model::Job>& job) {
    if (is_system(*job) && !job->stop) add(*job);
    return true;
  });
  return out;
}

std::vector<model::Evaluation> evaluations_of_updates(const state::State& state,
                                                      const std::vector<model::Allocation>& updates, Now now,
                                                      Rng& rng) {
  std::vector<model::Evaluation> out;
  std::set<std::pair<std::string, std::string>> seen;
  for (const model::Allocation& update : updates) {
    const auto alloc = state.alloc(update.id);
    if (!alloc || alloc->terminal()) continue;
    const auto job = state.job(alloc->namespace_, alloc->job_id);
    const bool failed = update.client_status == model::ClientStatus::failed && update.followup_eval_id.empty();
    const bool gone = !job || job->stop;
    // Services do not end by themselves: it was stopped in a state that a restore has made unheard of.
    const bool ended = update.client_status == model::ClientStatus::complete && job && job->type == "service";
    if (!failed && !ended && !(gone && update.client_terminal())) continue;
    const model::Job* of = job ? job.get() : alloc->job.get();
    if (of == nullptr || !seen.emplace(of->namespace_, of->id).second) continue;
    out.push_back(evaluation_of(
        *of, gone && !failed ? model::EvalTrigger::job_deregister : model::EvalTrigger::alloc_failure, now, rng));
  }
  return out;
}

bool needs_evaluation(const model::Node& before, const model::Node& after) {
  return before.datacenter != after.datacenter || before.name != after.name || before.node_class != after.node_class ||
         before.node_pool != after.node_pool || before.attributes != after.attributes || before.meta != after.meta ||
         !describe::equal(before.drivers, after.drivers) || !describe::equal(before.host_volumes, after.host_volumes) ||
         !describe::equal(before.node_resources, after.node_resources);
}

}  // namespace core::server
