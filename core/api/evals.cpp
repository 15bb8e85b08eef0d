// Evaluations and deployments, read.
#include <deque>
#include <set>

#include <boost/json/array.hpp>

#include "core/api/routes.hpp"
#include "core/api/shapes.hpp"
#include "core/describe/json.hpp"
#include "core/describe/text.hpp"
#include "core/state/watch.hpp"

namespace core::api {
namespace {

namespace json = boost::json;
namespace watch = state::watch;
using state::Table;

constexpr std::size_t max_related_evals = 100;

// Those that the evaluation follows from, is followed by or waits for, and theirs in turn.
json::array related_evals(const state::State& state, const model::Evaluation& of) {
  json::array out;
  std::set<std::string> seen{of.id};
  std::deque<std::string> open{of.next_eval, of.previous_eval, of.blocked_eval};
  while (!open.empty() && out.size() < max_related_evals) {
    const std::string id = std::move(open.front());
    open.pop_front();
    if (id.empty() || !seen.insert(id).second) continue;
    const auto eval = state.eval(id);
    if (eval == nullptr) continue;
    out.push_back(eval_stub(*eval));
    for (const auto& next : {eval->next_eval, eval->previous_eval, eval->blocked_eval}) open.push_back(next);
  }
  return out;
}

// The evaluations that a list's parameters ask for.
void for_each_eval(const Call& call, const std::function<void(const state::Ref<model::Evaluation>&)>& visit) {
  const std::string namespace_ = call.namespace_();
  const std::string job = call.query.get("job");
  const std::string status = call.query.get("status");
  call.state().evals(call.query.get("prefix"), [&](const auto& eval) {
    if (namespace_ != "*" && eval->namespace_ != namespace_) return true;
    if (!job.empty() && eval->job_id != job) return true;
    if (!status.empty() && describe::text_of(eval->status) != status) return true;
    visit(eval);
    return true;
  });
}

}  // namespace

Outcome evaluations_list(Call& call) {
  auto page = Page::of(call);
  if (!page) return page.error();
  return read(call, call.state().table_index(Table::evals), {prefix(watch::eval(call.query.get("prefix")))}, [&] {
    for_each_eval(
        call, [&](const auto& eval) { page->add(eval->id, eval->create_index, [eval] { return eval_json(*eval); }); });
    return page->answer(call);
  });
}

Outcome evaluations_count(Call& call) {
  if (call.query.has("filter")) return failure(400, "filtering is not supported");
  return read(call, call.state().table_index(Table::evals), {everything(Table::evals)}, [&] {
    std::uint64_t count = 0;
    for_each_eval(call, [&](const auto&) { ++count; });
    return json_answer(call, json::object{{"Count", count}});
  });
}

Outcome evaluation_read(Call& call) {
  const state::State& state = call.state();
  const auto eval = state.eval(call.id);
  if (eval == nullptr)
    if (auto bad = bad_uuid("eval", call.id)) return *bad;
  const std::uint64_t index = eval != nullptr ? eval->modify_index : state.table_index(Table::evals);
  return read(call, index, {watch::eval(call.id)}, [&] {
    if (eval == nullptr) return failure(404, "eval not found");
    json::value shown = eval_json(*eval);
    if (call.query.flag("related")) shown.as_object()["RelatedEvals"] = related_evals(state, *eval);
    return json_answer(call, shown);
  });
}

Outcome evaluation_allocations(Call& call) {
  return read(call, call.state().table_index(Table::allocs), {watch::eval_allocs(call.id)}, [&] {
    json::array out;
    call.state().allocs_of_eval(call.id, [&](const auto& alloc) {
      out.push_back(alloc_stub(*alloc, false, true));
      return true;
    });
    return json_answer(call, out);
  });
}

Outcome deployments_list(Call& call) {
  auto page = Page::of(call);
  if (!page) return page.error();
  const std::string namespace_ = call.namespace_();
  const std::string id_prefix = call.query.get("prefix");
  return read(call, call.state().table_index(Table::deployments), {prefix(watch::deployment(id_prefix))}, [&] {
    call.state().deployments(id_prefix, [&](const auto& deployment) {
      if (namespace_ == "*" || deployment->namespace_ == namespace_)
        page->add(deployment->id, deployment->create_index, [deployment] { return describe::to_json(*deployment); });
      return true;
    });
    return page->answer(call);
  });
}

Outcome deployment_read(Call& call) {
  const auto deployment = call.state().deployment(call.id);
  if (deployment == nullptr)
    if (auto bad = bad_uuid("deployment", call.id)) return *bad;
  const std::uint64_t index =
      deployment != nullptr ? deployment->modify_index : call.state().table_index(Table::deployments);
  return read(call, index, {watch::deployment(call.id)}, [&] {
    return deployment != nullptr ? json_answer(call, describe::to_json(*deployment))
                                 : failure(404, "deployment not found");
  });
}

Outcome deployment_allocations(Call& call) {
  return read(call, call.state().table_index(Table::allocs), {everything(Table::allocs)}, [&] {
    json::array out;
    const auto deployment = call.state().deployment(call.id);
    if (deployment == nullptr) return json_answer(call, out);
    call.state().allocs_of_job(deployment->namespace_, deployment->job_id, [&](const auto& alloc) {
      if (alloc->deployment_id == call.id) out.push_back(alloc_stub(*alloc, false, true));
      return true;
    });
    return json_answer(call, out);
  });
}

}  // namespace core::api
