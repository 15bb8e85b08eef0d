#include "agent/cli/job_format.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "agent/cli/eval_format.hpp"
#include "agent/cli/placement.hpp"

namespace agent::cli {
namespace {

constexpr std::size_t max_failed_groups = 5;  // shown by `job status`; `eval status` shows all

std::string job_type(const Json& job) {
  auto out = text(job, "Type");
  if (at(job, "ParameterizedJob").is_object() || truth(job, "ParameterizedJob")) {
    out += "/parameterized";
  } else if (at(job, "Periodic").is_object() || truth(job, "Periodic")) {
    out += "/periodic";
  }
  return out;
}

std::string job_state(const Json& job) { return text(job, "Status") + (truth(job, "Stop") ? " (stopped)" : ""); }

std::string format_summary(const Json& summary, const Style& style) {
  bool unknown = false;  // since Nomad 1.3
  for (const auto& [group, counts] : members(summary, "Summary")) unknown = unknown || has(*counts, "Unknown");
  std::vector<Row> rows{{"Task Group", "Queued", "Starting", "Running", "Failed", "Complete", "Lost"}};
  if (unknown) rows[0].push_back("Unknown");
  for (const auto& [group, counts] : members(summary, "Summary")) {
    Row row{group};
    for (std::size_t i = 1; i < rows[0].size(); ++i) row.push_back(std::to_string(number(*counts, rows[0][i])));
    rows.push_back(std::move(row));
  }
  return "\n" + style.paint.bold("Summary") + "\n" + format_table(rows) + "\n";
}

std::string format_children(const JobParts& parts, const Style& style) {
  const bool periodic = at(parts.job, "Periodic").is_object();
  const auto& counts = at(parts.summary, "Children");
  std::string out;
  if (counts.is_object()) {
    const std::vector<Row> rows{{"Pending", "Running", "Dead"},
                                {std::to_string(number(counts, "Pending")), std::to_string(number(counts, "Running")),
                                 std::to_string(number(counts, "Dead"))}};
    out += "\n" + style.paint.bold(periodic ? "Children Job Summary" : "Parameterized Job Summary") + "\n" +
           format_table(rows) + "\n";
  }
  const auto id = text(parts.job, "ID");
  std::vector<Row> rows{{"ID", "Status"}};
  for (const auto& child : items(parts.children)) {
    if (text(child, "ParentID") == id) rows.push_back({text(child, "ID"), job_state(child)});
  }
  if (rows.size() == 1) {
    return out + (periodic ? "\nNo instances of periodic job found\n"
                           : "\nNo dispatched instances of parameterized job found\n");
  }
  return out + "\n" + style.paint.bold(periodic ? "Previously Launched Jobs" : "Dispatched Jobs") + "\n" +
         format_table(rows) + "\n";
}

std::string format_failures(const Json& eval, const Style& style) {
  std::string out = "\n" + style.paint.bold("Placement Failure") + "\n";
  std::size_t shown = 0;
  const auto groups = members(eval, "FailedTGAllocs");
  for (const auto& [group, metrics] : groups) {
    if (shown == max_failed_groups) {
      return out + "\nPlacement failures truncated. To see remainder run:\nnomad eval status " + text(eval, "ID") +
             "\n";
    }
    if (shown++ > 0) out += "\n";
    out += fmt::format("Task Group {}:\n{}\n", quoted(group), format_metrics(*metrics, false, "  "));
  }
  return out;
}

/// Failed allocations that wait for an evaluation of their own.
std::string format_reschedules(const JobParts& parts, const Style& style) {
  std::vector<Row> rows{{"Task Group", "Eval ID", "Eval Time"}};
  std::set<std::string> told;
  for (const auto& alloc : items(parts.allocations)) {
    const auto followup = text(alloc, "FollowupEvalID");
    if (followup.empty() || told.contains(followup)) continue;
    for (const auto& eval : items(parts.evaluations)) {
      if (text(eval, "ID") != followup || text(eval, "Status") != "pending") continue;
      const auto wait = parse_time(text(eval, "WaitUntil"));
      if (!wait) continue;
      told.insert(followup);
      rows.push_back({text(alloc, "TaskGroup"), style.id(followup), ago(*wait, style.now)});
    }
  }
  if (rows.size() == 1) return {};
  return "\n" + style.paint.bold("Future Rescheduling Attempts") + "\n" + format_table(rows) + "\n";
}

std::string format_placed_groups(const Json& groups) {
  bool reverts = false, canaries = false, deadlines = false;
  for (const auto& [name, group] : members(groups)) {
    reverts = reverts || truth(*group, "AutoRevert");
    canaries = canaries || number(*group, "DesiredCanaries") > 0;
    deadlines = deadlines || number(*group, "ProgressDeadline") != 0;
  }
  std::vector<Row> rows{{"Task Group"}};
  if (reverts) rows[0].push_back("Auto Revert");
  if (canaries) rows[0].push_back("Promoted");
  rows[0].push_back("Desired");
  if (canaries) rows[0].push_back("Canaries");
  for (const auto* heading : {"Placed", "Healthy", "Unhealthy"}) rows[0].push_back(heading);
  if (deadlines) rows[0].push_back("Progress Deadline");
  for (const auto& [name, group] : members(groups)) {
    const auto wanted = number(*group, "DesiredCanaries");
    Row row{name};
    if (reverts) row.push_back(truth(*group, "AutoRevert") ? "true" : "false");
    if (canaries) row.push_back(wanted == 0 ? "N/A" : truth(*group, "Promoted") ? "true" : "false");
    row.push_back(std::to_string(number(*group, "DesiredTotal")));
    if (canaries) row.push_back(wanted == 0 ? "N/A" : std::to_string(wanted));
    for (const auto* key : {"PlacedAllocs", "HealthyAllocs", "UnhealthyAllocs"}) {
      row.push_back(std::to_string(number(*group, key)));
    }
    if (deadlines) {
      const auto until = parse_time(text(*group, "RequireProgressBy"));
      row.push_back(until ? format_time(*until) : "N/A");
    }
    rows.push_back(std::move(row));
  }
  return format_table(rows);
}

}  // namespace

std::string format_jobs(const Json& jobs, bool with_namespace) {
  std::vector<Row> rows{{"ID"}};
  if (with_namespace) rows[0].push_back("Namespace");
  for (const auto* heading : {"Type", "Priority", "Status", "Submit Date"}) rows[0].push_back(heading);
  std::vector<const Json*> sorted;
  for (const auto& job : items(jobs)) sorted.push_back(&job);
  std::ranges::stable_sort(sorted, {}, [](const Json* job) { return text(*job, "ID"); });
  for (const auto* job : sorted) {
    Row row{text(*job, "ID")};
    if (with_namespace)
      row.push_back(
          text(at(*job, "Namespace").is_string() ? at(*job, "Namespace") : at(*job, {"JobSummary", "Namespace"})));
    row.insert(row.end(), {job_type(*job), std::to_string(number(*job, "Priority")), job_state(*job),
                           format_time(number(*job, "SubmitTime"))});
    rows.push_back(std::move(row));
  }
  return format_table(rows);
}

std::string format_job_basics(const Json& job) {
  std::vector<std::string> datacenters;
  for (const auto& dc : items(job, "Datacenters")) datacenters.push_back(text(dc));
  const bool periodic = at(job, "Periodic").is_object();
  const bool parameterized = at(job, "ParameterizedJob").is_object() && !truth(job, "Dispatched");
  std::vector<Row> rows{{"ID", text(job, "ID")},
                        {"Name", text(job, "Name")},
                        {"Submit Date", format_time(number(job, "SubmitTime"))},
                        {"Type", text(job, "Type")},
                        {"Priority", std::to_string(number(job, "Priority"))},
                        {"Datacenters", join(datacenters, ",")},
                        {"Namespace", text(job, "Namespace")}};
  if (has(job, "NodePool")) rows.push_back({"Node Pool", text(job, "NodePool")});
  rows.push_back({"Status", job_state(job)});
  rows.push_back({"Periodic", periodic ? "true" : "false"});
  rows.push_back({"Parameterized", parameterized ? "true" : "false"});
  return format_pairs(rows);
}

std::string format_job_parts(const JobParts& parts, bool show_evaluations, const Style& style) {
  if (at(parts.job, "Periodic").is_object() || at(parts.job, "ParameterizedJob").is_object()) {
    if (text(parts.job, "ParentID").empty()) return format_children(parts, style);
  }
  std::string out;
  if (parts.summary.is_object()) out += format_summary(parts.summary, style);

  const auto evaluations = newest_first(parts.evaluations);
  const Json* failed = nullptr;
  bool blocked = false;
  for (const auto* eval : evaluations) {
    blocked = blocked || text(*eval, "Status") == "blocked";
    if (!failed && size(at(*eval, "FailedTGAllocs")) > 0) failed = eval;
  }
  if ((show_evaluations || style.verbose) && !evaluations.empty()) {
    out += "\n" + style.paint.bold("Evaluations") + "\n" + format_eval_table(parts.evaluations, style) + "\n";
  }
  if (blocked && failed) out += format_failures(*failed, style);
  out += format_reschedules(parts, style);
  if (parts.deployment.is_object()) {
    out += "\n" + style.paint.bold("Latest Deployment") + "\n" + format_deployment(parts.deployment, style) + "\n";
  }
  out += "\n" + style.paint.bold("Allocations") + "\n" + format_allocs(parts.allocations, true, style);
  return out;
}

std::string format_allocs(const Json& allocs, bool node_names, const Style& style) {
  const auto sorted = newest_first(allocs);
  if (sorted.empty()) return "No allocations placed";
  std::vector<Row> rows{{"ID"}};
  if (style.verbose) rows[0].push_back("Eval ID");
  rows[0].push_back("Node ID");
  if (style.verbose && node_names) rows[0].push_back("Node Name");
  for (const auto* heading : {"Task Group", "Version", "Desired", "Status", "Created", "Modified"}) {
    rows[0].push_back(heading);
  }
  for (const auto* alloc : sorted) {
    Row row{style.id(text(*alloc, "ID"))};
    if (style.verbose) row.push_back(style.id(text(*alloc, "EvalID")));
    row.push_back(style.id(text(*alloc, "NodeID")));
    if (style.verbose && node_names) row.push_back(text(*alloc, "NodeName"));
    const auto version =
        at(*alloc, "Job").is_object() ? number(at(*alloc, {"Job", "Version"})) : number(*alloc, "JobVersion");
    row.insert(row.end(), {text(*alloc, "TaskGroup"), std::to_string(version), text(*alloc, "DesiredStatus"),
                           text(*alloc, "ClientStatus"), style.when(number(*alloc, "CreateTime")),
                           style.when(number(*alloc, "ModifyTime"))});
    rows.push_back(std::move(row));
  }
  return format_table(rows);
}

std::string format_deployment(const Json& deployment, const Style& style) {
  auto out = format_pairs({{"ID", style.id(text(deployment, "ID"))},
                           {"Status", text(deployment, "Status")},
                           {"Description", text(deployment, "StatusDescription")}});
  if (size(at(deployment, "TaskGroups")) == 0) return out;
  return out + "\n\n" + style.paint.bold("Deployed") + "\n" + format_placed_groups(at(deployment, "TaskGroups"));
}

}  // namespace agent::cli
