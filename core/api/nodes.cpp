// Nodes: read, and what operators do to them.
#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "core/api/routes.hpp"
#include "core/api/shapes.hpp"
#include "core/server/evaluations.hpp"
#include "core/state/watch.hpp"

namespace core::api {
namespace {

namespace json = boost::json;
namespace watch = state::watch;
using state::Table;

Answer node_not_found() { return failure(404, "node not found"); }

// What a change of a node answers: its evaluations and indexes.
std::function<Answer(std::uint64_t, const state::Applied&, const state::State&)> node_written(
    const std::vector<model::Evaluation>& evals, std::string node_id, bool pretty) {
  json::value ids = nullptr;
  if (!evals.empty()) {
    ids = json::array{};
    for (const auto& eval : evals) ids.get_array().push_back(json::string(eval.id));
  }
  return [ids = std::move(ids), node_id = std::move(node_id), pretty](
             std::uint64_t index, const state::Applied& applied, const state::State& state) {
    if (!applied.error.empty()) return failure(500, applied.error);
    const auto node = state.node(node_id);
    return written({{"EvalIDs", ids},
                    {"EvalCreateIndex", ids.is_null() ? 0 : index},
                    {"NodeModifyIndex", node != nullptr ? node->modify_index : index}},
                   index, pretty);
  };
}

Answer no_such_node(const std::string& id) {
  if (auto bad = bad_uuid("node", id)) return *bad;
  return node_not_found();
}

}  // namespace

Outcome nodes_list(Call& call) {
  auto page = Page::of(call);
  if (!page) return page.error();
  const bool resources = call.query.flag("resources");
  const bool os = call.query.flag("os");
  const std::string id_prefix = call.query.get("prefix");
  return read(call, call.state().table_index(Table::nodes), {prefix(watch::node(id_prefix))}, [&] {
    call.state().nodes(id_prefix, [&](const auto& node) {
      page->add(node->id, node->create_index, [node, resources, os] { return node_stub(*node, resources, os); });
      return true;
    });
    return page->answer(call);
  });
}

Outcome node_read(Call& call) {
  const auto node = call.state().node(call.id);
  if (node == nullptr)
    if (auto bad = bad_uuid("node", call.id)) return *bad;
  const std::uint64_t index = node != nullptr ? node->modify_index : call.state().table_index(Table::nodes);
  return read(call, index, {watch::node(call.id)},
              [&] { return node != nullptr ? json_answer(call, node_json(*node)) : node_not_found(); });
}

Outcome node_allocations(Call& call) {
  return read(call, call.state().table_index(Table::allocs), {watch::node_allocs(call.id)}, [&] {
    const std::string namespace_ = call.query.get("namespace");
    json::array out;
    call.state().allocs_of_node(call.id, [&](const auto& alloc) {
      if (namespace_.empty() || namespace_ == "*" || alloc->namespace_ == namespace_) out.push_back(alloc_json(*alloc));
      return true;
    });
    return json_answer(call, out);
  });
}

Outcome node_evaluate(Call& call) {
  const auto node = call.state().node(call.id);
  if (node == nullptr) return no_such_node(call.id);
  auto evals = server::evaluations_of_node(call.state(), *node, model::EvalTrigger::node_update, call.now, call.rng);
  auto answer = node_written(evals, node->id, call.query.pretty());
  return Write{state::UpdateEvals{std::move(evals), call.now.wall}, std::move(answer)};
}

Outcome node_eligibility(Call& call) {
  const auto body = body_object(call.request);
  if (!body) return body.error();
  const auto named = text_member(*body, "NodeID");
  if (!named) return named.error();
  if (!named->empty() && *named != call.id) return failure(400, "Node ID does not match");
  const auto wanted = text_member(*body, "Eligibility");
  if (!wanted) return wanted.error();
  if (*wanted != "eligible" && *wanted != "ineligible")
    return failure(500, fmt::format("invalid scheduling eligibility \"{}\"", *wanted));
  const auto node = call.state().node(call.id);
  if (node == nullptr) return no_such_node(call.id);
  const bool eligible = *wanted == "eligible";
  if (eligible && node->drain_strategy)
    return failure(500, "can not set node's scheduling eligibility to eligible while it is draining");
  const auto eligibility = eligible ? model::Eligibility::eligible : model::Eligibility::ineligible;
  state::UpdateNodeEligibility command{
      .node_id = node->id, .eligibility = eligibility, .event = std::nullopt, .evals = {}, .time = call.now.wall};
  if (node->scheduling_eligibility != eligibility) {
    command.event =
        model::NodeEvent{fmt::format("Node marked as {} for scheduling", *wanted), "Cluster", {}, call.now.wall, 0};
    // There is room now for what had none.
    if (eligible)
      command.evals =
          server::evaluations_of_node(call.state(), *node, model::EvalTrigger::node_update, call.now, call.rng);
  }
  auto answer = node_written(command.evals, node->id, call.query.pretty());
  return Write{std::move(command), std::move(answer)};
}

Outcome node_purge(Call& call) {
  const auto node = call.state().node(call.id);
  if (node == nullptr) return no_such_node(call.id);
  auto evals = server::evaluations_of_node(call.state(), *node, model::EvalTrigger::node_update, call.now, call.rng);
  auto answer = node_written(evals, node->id, call.query.pretty());
  return Write{state::DeregisterNodes{{node->id}, std::move(evals), call.now.wall}, std::move(answer)};
}

}  // namespace core::api
