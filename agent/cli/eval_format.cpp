#include "agent/cli/eval_format.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "agent/cli/placement.hpp"

namespace agent::cli {
namespace {

std::string placement_failures(const Json& eval) {
  if (text(eval, "Status") == "blocked") return "N/A - In Progress";
  return size(at(eval, "FailedTGAllocs")) > 0 ? "true" : "false";
}

/// What the evaluation is about, as far as its trigger tells.
std::pair<std::string, std::string> trigger(const Json& eval, const Style& style) {
  const auto by = text(eval, "TriggeredBy");
  for (const auto* cause : {"job-register", "job-deregister", "periodic-job", "rolling-update", "deployment-watcher"}) {
    if (by == cause) return {"Job ID", text(eval, "JobID")};
  }
  if (by == "node-update") return {"Node ID", style.id(text(eval, "NodeID"))};
  if (by == "max-plan-attempts") return {"Previous Eval", style.id(text(eval, "PreviousEval"))};
  return {};
}

}  // namespace

std::vector<const Json*> newest_first(const Json& list) {
  std::vector<const Json*> out;
  for (const auto& element : items(list)) out.push_back(&element);
  std::ranges::stable_sort(out, std::greater{}, [](const Json* element) { return number(*element, "CreateIndex"); });
  return out;
}

std::string format_eval_table(const Json& evals, const Style& style) {
  std::vector<Row> rows{{"ID", "Priority", "Triggered By", "Status", "Placement Failures"}};
  for (const auto* eval : newest_first(evals)) {
    rows.push_back({style.id(text(*eval, "ID")), std::to_string(number(*eval, "Priority")), text(*eval, "TriggeredBy"),
                    text(*eval, "Status"), placement_failures(*eval)});
  }
  return format_table(rows);
}

std::string format_eval_list(const Json& evals, const Style& style) {
  std::vector<Row> rows{
      {"ID", "Priority", "Triggered By", "Job ID", "Namespace", "Node ID", "Status", "Placement Failures"}};
  for (const auto& eval : items(evals)) {
    rows.push_back({style.id(text(eval, "ID")), std::to_string(number(eval, "Priority")), text(eval, "TriggeredBy"),
                    text(eval, "JobID"), text(eval, "Namespace"), style.id(text(eval, "NodeID")), text(eval, "Status"),
                    placement_failures(eval)});
  }
  return format_table(rows);
}

std::string format_eval(const Json& eval, const Style& style) {
  const auto description = text(eval, "StatusDescription");
  std::vector<Row> rows{{"ID", style.id(text(eval, "ID"))},
                        {"Create Time", style.when(number(eval, "CreateTime"))},
                        {"Modify Time", style.when(number(eval, "ModifyTime"))},
                        {"Status", text(eval, "Status")},
                        {"Status Description", description.empty() ? text(eval, "Status") : description},
                        {"Type", text(eval, "Type")},
                        {"TriggeredBy", text(eval, "TriggeredBy")}};
  if (const auto [noun, subject] = trigger(eval, style); !noun.empty()) rows.push_back({noun, subject});
  rows.push_back({"Priority", std::to_string(number(eval, "Priority"))});
  rows.push_back({"Placement Failures", placement_failures(eval)});
  if (const auto until = parse_time(text(eval, "WaitUntil"))) rows.push_back({"Wait Until", format_time(*until)});
  if (style.verbose) {
    rows.push_back({"Previous Eval", text(eval, "PreviousEval")});
    rows.push_back({"Next Eval", text(eval, "NextEval")});
    rows.push_back({"Blocked Eval", text(eval, "BlockedEval")});
  }
  auto out = format_pairs(rows);
  const auto& failed = at(eval, "FailedTGAllocs");
  if (size(failed) == 0) return out;
  out += "\n\n" + style.paint.bold("Failed Placements");
  for (const auto& group : format_failed_groups(failed, style.verbose, "  ")) out += "\n" + group + "\n";
  if (const auto blocked = text(eval, "BlockedEval"); !blocked.empty()) {
    out += fmt::format("\nEvaluation {} waiting for additional capacity to place remainder", quoted(style.id(blocked)));
  }
  return out;
}

}  // namespace agent::cli
