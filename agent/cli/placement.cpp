#include "agent/cli/placement.hpp"

#include <set>

#include <fmt/format.h>
#include <fmt/printf.h>

#include "agent/cli/columns.hpp"

namespace agent::cli {
namespace {

std::string score_table(const Json& metrics) {
  std::set<std::string> scorers;
  for (const auto& node : items(metrics, "ScoreMetaData")) {
    for (const auto& [name, score] : members(node, "Scores")) scorers.insert(name);
  }
  std::vector<Row> rows{{"Node"}};
  rows[0].insert(rows[0].end(), scorers.begin(), scorers.end());
  rows[0].push_back("final score");
  for (const auto& node : items(metrics, "ScoreMetaData")) {
    Row row{text(node, "NodeID")};
    for (const auto& name : scorers) row.push_back(fmt::sprintf("%.3g", real(at(node, {"Scores", name}))));
    row.push_back(fmt::sprintf("%.3g", real(at(node, "NormScore"))));
    rows.push_back(std::move(row));
  }
  return format_table(rows);
}

}  // namespace

std::string format_metrics(const Json& metrics, bool scores, std::string_view indent) {
  std::vector<std::string> out;
  const auto bullet = [&](std::string words) { out.push_back(fmt::format("{}* {}", indent, words)); };
  if (number(metrics, "NodesEvaluated") == 0) bullet("No nodes were eligible for evaluation");
  for (const auto& [dc, available] : members(metrics, "NodesAvailable")) {
    if (number(*available) == 0) bullet(fmt::format("No nodes are available in datacenter {}", quoted(dc)));
  }
  for (const auto& [name, count] : members(metrics, "ClassFiltered")) {
    bullet(fmt::format("Class {}: {} nodes excluded by filter", quoted(name), number(*count)));
  }
  for (const auto& [name, count] : members(metrics, "ConstraintFiltered")) {
    bullet(fmt::format("Constraint {}: {} nodes excluded by filter", quoted(name), number(*count)));
  }
  if (const auto exhausted = number(metrics, "NodesExhausted"); exhausted > 0) {
    bullet(fmt::format("Resources exhausted on {} nodes", exhausted));
  }
  for (const auto& [name, count] : members(metrics, "ClassExhausted")) {
    bullet(fmt::format("Class {} exhausted on {} nodes", quoted(name), number(*count)));
  }
  for (const auto& [name, count] : members(metrics, "DimensionExhausted")) {
    bullet(fmt::format("Dimension {} exhausted on {} nodes", quoted(name), number(*count)));
  }
  for (const auto& quota : items(metrics, "QuotaExhausted")) {
    bullet("Quota limit hit " + quoted(text(quota)));
  }
  if (scores && size(at(metrics, "ScoreMetaData")) > 0) out.push_back(score_table(metrics));
  return join(out, "\n");
}

std::vector<std::string> format_failed_groups(const Json& failed, bool scores, std::string_view indent) {
  std::vector<std::string> out;
  for (const auto& [group, metrics] : members(failed)) {
    const auto more = number(*metrics, "CoalescedFailures");
    const auto head = fmt::format("Task Group {} (failed to place {} {}):", quoted(group), more + 1,
                                  more > 0 ? "allocations" : "allocation");
    out.push_back(head + "\n" + format_metrics(*metrics, scores, indent));
  }
  return out;
}

}  // namespace agent::cli
