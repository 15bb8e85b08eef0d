// Search by prefix: what commands resolve shortened ids with (http-api.md §7).
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "core/api/routes.hpp"

namespace core::api {
namespace {

namespace json = boost::json;
using state::Table;

constexpr std::size_t max_matches = 20;

struct Context {
  std::string_view name;
  std::optional<Table> table;  // nothing: never changes
  void (*each)(const Call& call, const std::string& prefix, const std::function<bool(const std::string&)>& visit);
};

bool in_namespace(const Call& call, const std::string& namespace_) {
  const std::string wanted = call.namespace_();
  return wanted == "*" || wanted == namespace_;
}

// A context's rows in this namespace, by id.
template <auto visit_rows>
void each_row(const Call& call, const std::string& prefix, const std::function<bool(const std::string&)>& visit) {
  (call.state().*visit_rows)(prefix, [&](const auto& row) {
    if constexpr (requires { row->namespace_; })
      if (!in_namespace(call, row->namespace_)) return true;
    return visit(row->id);
  });
}

void each_job(const Call& call, const std::string& prefix, const std::function<bool(const std::string&)>& visit) {
  call.state().jobs(call.namespace_(), prefix, [&](const auto& job) { return visit(job->id); });
}

void each_namespace(const Call&, const std::string& prefix, const std::function<bool(const std::string&)>& visit) {
  if (std::string_view("default").starts_with(prefix)) visit("default");
}

constexpr std::array contexts{
    Context{"allocs", Table::allocs, each_row<&state::State::allocs>},
    Context{"deployment", Table::deployments, each_row<&state::State::deployments>},
    Context{"evals", Table::evals, each_row<&state::State::evals>},
    Context{"jobs", Table::jobs, each_job},
    Context{"namespaces", std::nullopt, each_namespace},
    Context{"nodes", Table::nodes, each_row<&state::State::nodes>},
};

}  // namespace

Outcome search(Call& call) {
  const auto body = body_object(call.request);
  if (!body) return body.error();
  const auto prefix = text_member(*body, "Prefix");
  if (!prefix) return prefix.error();
  const auto wanted = text_member(*body, "Context");
  if (!wanted) return wanted.error();
  const bool all = wanted->empty() || *wanted == "all";
  const auto is_wanted = [&](const Context& context) { return all || context.name == *wanted; };
  if (std::none_of(contexts.begin(), contexts.end(), is_wanted))
    return failure(400, fmt::format("context must be one of [all allocs deployment evals jobs namespaces nodes]; "
                                    "got \"{}\"",
                                    *wanted));
  json::object matches;
  json::object truncations;
  std::uint64_t index = 1;
  for (const Context& context : contexts) {
    if (!is_wanted(context)) continue;
    if (context.table) index = std::max(index, call.state().table_index(*context.table));
    json::array found;
    bool truncated = false;
    context.each(call, *prefix, [&](const std::string& id) {
      truncated = found.size() == max_matches;
      if (!truncated) found.push_back(json::string(id));
      return !truncated;
    });
    matches[context.name] = std::move(found);
    truncations[context.name] = truncated;
  }
  Answer out = json_answer(call, json::object{{"Matches", std::move(matches)},
                                              {"Truncations", std::move(truncations)},
                                              {"Index", index},
                                              {"LastContact", last_contact_ms(call.view)},
                                              {"KnownLeader", knows_leader(call.view)}});
  add_query_headers(call, index, out);
  return out;
}

}  // namespace core::api
