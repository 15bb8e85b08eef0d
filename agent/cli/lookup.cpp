#include "agent/cli/lookup.hpp"

#include <functional>

#include <fmt/format.h>

#include "agent/cli/eval_format.hpp"
#include "agent/cli/job_format.hpp"
#include "agent/cli/node_format.hpp"

namespace agent::cli {
namespace {

struct Kind {
  const char* route;  // "/v1/nodes"
  const char* many;   // "nodes"
  std::string none;   // "No node(s) with prefix \"x\" found"
  std::string failed;
  std::function<std::string(const Json&)> table;
};

/// What is named by a UUID, of which at least two characters are needed.
std::expected<std::string, int> find(Call& call, const std::string& prefix, const Kind& kind) {
  if (prefix.size() == 1) return std::unexpected(call.fail("Identifier must contain at least two characters."));
  auto list = call.api().get(kind.route, {{"prefix", even_prefix(prefix)}});
  if (!list) return std::unexpected(call.fail(kind.failed + list.error().text));
  const auto found = items(*list);
  if (found.empty()) return std::unexpected(call.fail(kind.none));
  if (found.size() > 1) {
    return std::unexpected(call.fail(fmt::format("Prefix matched multiple {}\n\n{}", kind.many, kind.table(*list))));
  }
  return text(found[0], "ID");
}

}  // namespace

std::expected<std::string, int> find_job(Call& call, const std::string& prefix, const std::string& doing) {
  auto jobs = call.api().get("/v1/jobs", {{"prefix", prefix}});
  if (!jobs) return std::unexpected(call.fail(fmt::format("Error {}: {}", doing, jobs.error().text)));
  const auto found = items(*jobs);
  for (const auto& job : found) {
    if (text(job, "ID") == prefix) return prefix;
  }
  if (found.empty()) {
    return std::unexpected(call.fail(fmt::format("No job(s) with prefix or id {} found", quoted(prefix))));
  }
  if (found.size() > 1) {
    const bool everywhere = call.api().options().name_space == "*";
    return std::unexpected(call.fail("Prefix matched multiple jobs\n\n" + format_jobs(*jobs, everywhere)));
  }
  return text(found[0], "ID");
}

std::expected<std::string, int> find_node(Call& call, const std::string& prefix) {
  return find(call, prefix,
              {"/v1/nodes", "nodes", fmt::format("No node(s) with prefix {} found", quoted(prefix)),
               "Error querying node info: ", [](const Json& list) { return format_nodes(list, {}); }});
}

std::expected<std::string, int> find_alloc(Call& call, const std::string& prefix) {
  return find(
      call, prefix,
      {"/v1/allocations", "allocations", fmt::format("No allocation(s) with prefix or id {} found", quoted(prefix)),
       "Error querying allocation: ", [&](const Json& list) { return format_allocs(list, false, call.style()); }});
}

std::expected<std::string, int> find_eval(Call& call, const std::string& prefix, bool verbose) {
  return find(
      call, prefix,
      {"/v1/evaluations", "evaluations", fmt::format("No evaluation(s) with prefix or id {} found", quoted(prefix)),
       "Error querying evaluation: ", [&](const Json& list) { return format_eval_table(list, call.style(verbose)); }});
}

}  // namespace agent::cli
