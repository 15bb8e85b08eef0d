#include "agent/cli/monitor.hpp"

#include <fmt/format.h>

#include "agent/cli/placement.hpp"

namespace agent::cli {
namespace {

constexpr std::int64_t poll_interval = 1'000'000'000;
constexpr int max_evaluations = 1000;  // followed from one to the next

std::string heading(const std::string& words) { return "==> " + words; }
std::string detail(const std::string& words) { return "    " + words; }

}  // namespace

std::vector<std::string> EvalMonitor::update(const Json& eval, const Json& allocs) {
  std::vector<std::string> out;
  const auto tell_once = [&](std::string& told, std::string value, const char* words, bool is_id) {
    if (told.empty() && !value.empty()) {
      out.push_back(detail(fmt::format("{} {}", words, quoted(is_id ? style_.id(value) : value))));
    }
    told = std::move(value);
  };
  tell_once(told_.node, text(eval, "NodeID"), "Evaluation triggered by node", true);
  tell_once(told_.job, text(eval, "JobID"), "Evaluation triggered by job", false);
  tell_once(told_.deployment, text(eval, "DeploymentID"), "Evaluation within deployment:", true);
  for (auto& line : update_allocs(allocs, number(eval, "CreateIndex"))) out.push_back(std::move(line));
  const auto status = text(eval, "Status");
  if (status != "pending" && status != told_.status) {
    out.push_back(detail(fmt::format("Evaluation status changed: {} -> {}", quoted(told_.status), quoted(status))));
  }
  told_.status = status;
  return out;
}

std::vector<std::string> EvalMonitor::update_allocs(const Json& allocs, std::int64_t eval_index) {
  std::vector<std::string> out;
  for (const auto& alloc : items(allocs)) {
    const auto id = text(alloc, "ID");
    const auto status = text(alloc, "ClientStatus");
    const auto known = told_.allocs.find(id);
    const auto where =
        fmt::format("node {}, group {}", quoted(style_.id(text(alloc, "NodeID"))), quoted(text(alloc, "TaskGroup")));
    if (known == told_.allocs.end()) {
      // One that is older than the evaluation was there before and has been changed by it.
      if (number(alloc, "CreateIndex") < eval_index) {
        out.push_back(detail(fmt::format("Allocation {} modified: {}", quoted(style_.id(id)), where)));
      } else if (text(alloc, "DesiredStatus") == "run") {
        out.push_back(detail(fmt::format("Allocation {} created: {}", quoted(style_.id(id)), where)));
      }
    } else if (known->second != status) {
      const auto why = text(alloc, "ClientDescription");
      out.push_back(detail(fmt::format("Allocation {} status changed: {} -> {}{}", quoted(style_.id(id)),
                                       quoted(known->second), quoted(status), why.empty() ? "" : " (" + why + ")")));
    }
    told_.allocs[id] = status;
  }
  return out;
}

bool EvalMonitor::ended(const Json& eval) {
  const auto status = text(eval, "Status");
  return status == "complete" || status == "failed" || status == "canceled" || status == "cancelled";
}

std::vector<std::string> EvalMonitor::conclude(const Json& eval) const {
  auto end = fmt::format("Evaluation {} finished with status {}", quoted(style_.id(text(eval, "ID"))),
                         quoted(text(eval, "Status")));
  const auto& failed = at(eval, "FailedTGAllocs");
  if (size(failed) == 0) return {heading(end)};
  std::vector<std::string> out{heading(end + " but failed to place all allocations:")};
  for (const auto& group : format_failed_groups(failed, false, "  ")) {
    for (const auto& line : lines_of(group)) out.push_back(detail(line));
  }
  if (const auto blocked = text(eval, "BlockedEval"); !blocked.empty()) {
    out.push_back(detail(
        fmt::format("Evaluation {} waiting for additional capacity to place remainder", quoted(style_.id(blocked)))));
  }
  return out;
}

int monitor_evaluation(Call& call, std::string id, bool verbose) {
  const auto style = call.style(verbose);
  bool unplaced = false;
  for (int followed = 0; followed < max_evaluations; ++followed) {
    EvalMonitor monitor(verbose);
    call.output(heading("Monitoring evaluation " + quoted(style.id(id))));
    Json eval;
    while (true) {
      auto answer = call.api().get("/v1/evaluation/" + url_escaped(id));
      if (!answer && answer.error().status == 404) {
        return call.fail(heading("No evaluation with id " + quoted(id) + " found"));
      }
      if (!answer) return call.fail(heading("Error reading evaluation: " + answer.error().text));
      eval = std::move(*answer);
      auto allocs = call.api().get("/v1/evaluation/" + url_escaped(id) + "/allocations");
      if (!allocs) return call.fail(heading("Error reading allocations: " + allocs.error().text));
      for (const auto& line : monitor.update(eval, *allocs)) call.output(line);
      if (EvalMonitor::ended(eval)) break;
      if (!eval.is_object()) return call.fail(heading("Error reading evaluation: the answer is no evaluation"));
      call.io().sleep(poll_interval);
    }
    for (const auto& line : monitor.conclude(eval)) call.output(line);
    unplaced = unplaced || size(at(eval, "FailedTGAllocs")) > 0;
    id = text(eval, "NextEval");
    if (id.empty()) break;
    if (const auto wait = number(eval, "Wait"); wait > 0) {
      call.output(heading(fmt::format("Monitoring next evaluation {} in {}", quoted(style.id(id)), go_duration(wait))));
      call.io().sleep(wait);
    }
  }
  return unplaced ? 2 : 0;
}

}  // namespace agent::cli
