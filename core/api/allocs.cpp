// Allocations: read and stopped.
#include <fmt/format.h>

#include "core/api/routes.hpp"
#include "core/api/shapes.hpp"
#include "core/state/watch.hpp"

namespace core::api {
namespace {

namespace watch = state::watch;
using state::Table;

Answer alloc_not_found() { return failure(404, "alloc not found"); }

}  // namespace

Outcome allocations_list(Call& call) {
  auto page = Page::of(call);
  if (!page) return page.error();
  const auto task_states = call.query.boolean("task_states", true);
  if (!task_states)
    return failure(400,
                   fmt::format("Failed to parse value of \"task_states\" (\"{}\") as a bool", task_states.error()));
  const bool resources = call.query.flag("resources");
  const std::string id_prefix = call.query.get("prefix");
  const std::string namespace_ = call.namespace_();
  return read(call, call.state().table_index(Table::allocs), {prefix(watch::alloc(id_prefix))}, [&] {
    call.state().allocs(id_prefix, [&](const auto& alloc) {
      if (namespace_ == "*" || alloc->namespace_ == namespace_)
        page->add(alloc->id, alloc->create_index,
                  [alloc, resources, with = *task_states] { return alloc_stub(*alloc, resources, with); });
      return true;
    });
    return page->answer(call);
  });
}

Outcome allocation_read(Call& call) {
  if (call.id.find('/') != std::string::npos) return failure(404, "resource not found");
  const auto alloc = call.state().alloc(call.id);
  if (alloc == nullptr)
    if (auto bad = bad_uuid("alloc", call.id)) return *bad;
  const std::uint64_t index = alloc != nullptr ? alloc->modify_index : call.state().table_index(Table::allocs);
  return read(call, index, {watch::alloc(call.id)},
              [&] { return alloc != nullptr ? json_answer(call, alloc_json(*alloc)) : alloc_not_found(); });
}

Outcome allocation_stop(Call& call) {
  const auto alloc = call.state().alloc(call.id);
  if (alloc == nullptr) {
    if (auto bad = bad_uuid("alloc", call.id)) return *bad;
    return alloc_not_found();
  }
  auto job = call.state().job(alloc->namespace_, alloc->job_id);
  if (job == nullptr) job = alloc->job;
  if (job == nullptr) return failure(404, "job not found");
  const model::Evaluation eval = new_eval(call, *job, model::EvalTrigger::alloc_stop);
  model::DesiredTransition transition = alloc->desired_transition;
  transition.migrate = true;
  if (call.query.flag("no_shutdown_delay")) transition.no_shutdown_delay = true;
  const bool pretty = call.query.pretty();
  return Write{state::UpdateDesiredTransition{{{alloc->id, transition}}, {eval}, call.now.wall},
               [eval_id = eval.id, pretty](std::uint64_t index, const state::Applied& applied, const state::State&) {
                 if (!applied.error.empty()) return failure(500, applied.error);
                 return written({{"EvalID", eval_id}}, index, pretty);
               }};
}

}  // namespace core::api
