// eval status, eval list, status.
#include <fmt/format.h>

#include "agent/cli/commands.hpp"
#include "agent/cli/eval_format.hpp"
#include "agent/cli/job_format.hpp"
#include "agent/cli/lookup.hpp"
#include "agent/cli/monitor.hpp"

namespace agent::cli {
namespace {

int show(Call& call, const std::string& id, bool verbose) {
  auto eval = call.api().get("/v1/evaluation/" + url_escaped(id));
  if (!eval) return call.fail("Error querying evaluation: " + eval.error().text);
  if (call.wants_format()) return call.print_formatted(*eval);
  call.output(format_eval(*eval, call.style(verbose)));
  return 0;
}

/// Kind and id of all that begins so.
std::vector<std::pair<std::string, std::string>> matches_of(const Json& answer) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [kind, ids] : members(answer, "Matches")) {
    for (const auto& id : items(*ids)) out.emplace_back(kind, text(id));
  }
  return out;
}

}  // namespace

int show_eval(Call& call, const std::string& id, bool verbose) {
  const auto found = find_eval(call, id, verbose);
  return found ? show(call, *found, verbose) : found.error();
}

int show_deployment(Call& call, const std::string& id, bool verbose) {
  auto deployment = call.api().get("/v1/deployment/" + url_escaped(id));
  if (!deployment) return call.fail("Error retrieving deployment: " + deployment.error().text);
  call.output(format_deployment(*deployment, call.style(verbose)));
  return 0;
}

int eval_status(Call& call) {
  bool monitor = false, verbose = false;
  call.flags.add("monitor", monitor, "Follow the evaluation until it has ended.");
  call.flags.add("verbose", verbose, "Show whole ids and more detail.");
  call.formats();
  if (!call.parse()) return call.exit();
  if (call.args.empty() && call.wants_format()) {
    auto evals = call.api().get("/v1/evaluations");
    if (!evals) return call.fail("Error querying evaluations: " + evals.error().text);
    return call.print_formatted(*evals);
  }
  if (call.args.size() != 1) return call.usage("This command takes one argument: <evaluation>");
  const auto found = find_eval(call, call.args[0], verbose);
  if (!found) return found.error();
  return monitor ? monitor_evaluation(call, *found, verbose) : show(call, *found, verbose);
}

int eval_list(Call& call) {
  bool verbose = false;
  std::string job, state, filter, token;
  std::int64_t per_page = 0;
  call.flags.add("verbose", verbose, "Show whole ids and more detail.");
  call.flags.add("job", job, "List those of this job only.");
  call.flags.add("status", state, "List those in this state only.");
  call.flags.add("filter", filter, "An expression that what is listed must meet.");
  call.flags.add("per-page", per_page, "How many to list at most.");
  call.flags.add("page-token", token, "Where to go on, as the page before has said.");
  call.formats();
  if (!call.parse()) return call.exit();
  if (!call.args.empty()) return call.usage("This command takes no arguments");
  Query query;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) query[name] = value;
  };
  add("job", job);
  add("status", state);
  add("filter", filter);
  add("next_token", token);
  if (per_page > 0) query["per_page"] = std::to_string(per_page);
  auto evals = call.api().get("/v1/evaluations", query);
  if (!evals) return call.fail("Error querying evaluations: " + evals.error().text);
  if (call.wants_format()) return call.print_formatted(*evals);
  call.output(items(*evals).empty() ? "No evals found" : format_eval_list(*evals, call.style(verbose)));
  return 0;
}

int status(Call& call) {
  bool verbose = false;
  call.flags.add("verbose", verbose, "Show whole ids and more detail.");
  call.formats();
  if (!call.parse()) return call.exit();
  if (call.args.size() > 1) return call.usage("This command takes either no arguments or one: <id>");
  if (call.args.empty()) return list_jobs(call);
  const auto wanted = trimmed(call.args[0]);
  boost::json::object question;
  question["Prefix"] = wanted;
  question["Context"] = "all";
  const Json body = question;
  auto answer = call.api().put("/v1/search", {}, &body);
  if (!answer)
    return call.fail(fmt::format("Error querying search with id: {}: {}", quoted(wanted), answer.error().text));
  auto matches = matches_of(*answer);
  // A whole id wins over others that only begin so.
  for (const auto& match : matches) {
    if (match.second != wanted) continue;
    matches = {std::pair(match)};
    break;
  }
  if (matches.empty()) return call.fail(fmt::format("No matches found for id {}", quoted(wanted)));
  if (matches.size() > 1) {
    auto words = fmt::format("Multiple matches found for id {}", quoted(wanted));
    std::string kind;
    for (const auto& match : matches) {
      if (match.first != kind) words += fmt::format("\n\n{}:", kind = match.first);
      words += "\n  " + match.second;
    }
    return call.fail(words);
  }
  const auto& [kind, id] = matches[0];
  if (kind == "jobs") return show_job(call, id, verbose);
  if (kind == "nodes") return show_node(call, id, verbose);
  if (kind == "allocs") return show_alloc(call, id, verbose);
  if (kind == "evals") return show_eval(call, id, verbose);
  if (kind == "deployment") return show_deployment(call, id, verbose);
  return call.fail(fmt::format("Unable to resolve ID {}: it belongs to {}", quoted(wanted), kind));
}

}  // namespace agent::cli
