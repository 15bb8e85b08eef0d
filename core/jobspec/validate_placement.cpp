// Constraints, affinities and spreads.
#include <algorithm>
#include <cstdint>

#include <fmt/format.h>
#include <re2/re2.h>

#include "core/jobspec/checks.hpp"

namespace core::jobspec::checks {
namespace {

constexpr std::string_view comparisons[] = {"=",
                                            "==",
                                            "is",
                                            "!=",
                                            "not",
                                            "<",
                                            "<=",
                                            ">",
                                            ">=",
                                            "version",
                                            "semver",
                                            "regexp",
                                            "set_contains",
                                            "set_contains_all",
                                            "set_contains_any",
                                            "is_set",
                                            "is_not_set"};

bool is_regexp(const std::string& text) { return RE2(text, RE2::Quiet).ok(); }

// "~> 1.2, != 1.3.1-beta": comparisons of versions; the scheduler's own parser gives them their meaning.
bool is_version_list(const std::string& text, bool strict) {
  static constexpr const char* loose =
      R"(\s*(=|!=|>|<|>=|<=|~>)?\s*v?\d+(\.\d+)*(-[0-9A-Za-z.~-]+)?(\+[0-9A-Za-z.~-]+)?\s*)";
  // SemVer 2.0: no pessimistic operator.
  static constexpr const char* exact =
      R"(\s*(=|!=|>|<|>=|<=)?\s*v?\d+(\.\d+){0,2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?\s*)";
  const std::string one = strict ? exact : loose;
  return RE2::FullMatch(text, RE2(one + "(," + one + ")*", RE2::Quiet));
}

void check_pattern(const std::string& operand, const std::string& value, Errors& out) {
  if (operand == "regexp" && !is_regexp(value))
    out.push_back(fmt::format("Regular expression failed to compile: {}", value));
  if (operand == "version" && !is_version_list(value, false))
    out.push_back(fmt::format("Version constraint is invalid: Malformed constraint: {}", value));
  if (operand == "semver" && !is_version_list(value, true))
    out.push_back(fmt::format("Semver constraint is invalid: Malformed constraint: {}", value));
}

void check_distinct_property(const model::Constraint& constraint, Errors& out) {
  if (constraint.r_target.empty()) return;
  std::uint64_t count = 0;
  if (!RE2::FullMatch(constraint.r_target, R"((\d+))", &count) || count == 0)
    out.push_back(fmt::format("Failed to convert RTarget \"{}\" to uint64", constraint.r_target));
}

void check_constraint(const model::Constraint& constraint, bool in_task, Errors& out) {
  const std::string& operand = constraint.operand;
  if (operand.empty()) {
    out.emplace_back("Missing constraint operand");
    return;
  }
  const bool distinct = operand == "distinct_hosts" || operand == "distinct_property";
  if (distinct && in_task) {
    out.push_back(fmt::format("disallowed constraint: {}", operand));
    return;
  }
  if (operand == "distinct_hosts") return;
  if (operand == "distinct_property") {
    check_distinct_property(constraint, out);
  } else if (std::ranges::find(comparisons, operand) == std::end(comparisons)) {
    out.push_back(fmt::format("Unknown constraint type \"{}\"", operand));
  } else if (operand != "is_set" && operand != "is_not_set") {
    if (constraint.r_target.empty())
      out.push_back(fmt::format("Operator \"{}\" requires an RTarget", operand));
    else
      check_pattern(operand, constraint.r_target, out);
  }
  if (constraint.l_target.empty()) out.emplace_back("No LTarget provided but is required by constraint");
}

}  // namespace

void constraints(const std::vector<model::Constraint>& all, bool in_task, Errors& out) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    Errors inner;
    check_constraint(all[i], in_task, inner);
    nest(out, fmt::format("Constraint {}", i + 1), inner);
  }
}

void affinities(const std::vector<model::Affinity>& all, Errors& out) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    const model::Affinity& affinity = all[i];
    Errors inner;
    if (affinity.operand.empty())
      inner.emplace_back("Missing affinity operand");
    else if (std::ranges::find(comparisons, affinity.operand) == std::end(comparisons))
      inner.push_back(fmt::format("Unknown affinity operator \"{}\"", affinity.operand));
    else if (affinity.r_target.empty() && !affinity.operand.starts_with("is_"))
      inner.push_back(fmt::format("Operator \"{}\" requires an RTarget", affinity.operand));
    else
      check_pattern(affinity.operand, affinity.r_target, inner);
    if (affinity.l_target.empty()) inner.emplace_back("No LTarget provided but is required");
    if (affinity.weight > 100 || affinity.weight < -100)
      inner.emplace_back("Affinity weight must be within the range [-100,100]");
    if (affinity.weight == 0) inner.emplace_back("Affinity weight cannot be zero");
    nest(out, fmt::format("Affinity {}", i + 1), inner);
  }
}

void spreads(const std::vector<model::Spread>& all, Errors& out) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    const model::Spread& spread = all[i];
    Errors inner;
    if (spread.attribute.empty()) inner.emplace_back("Missing spread attribute");
    if (spread.weight <= 0 || spread.weight > 100)
      inner.emplace_back("Spread block must have a positive weight from 0 to 100");
    std::vector<std::string> seen;
    std::uint64_t sum = 0;
    for (const model::SpreadTarget& target : spread.spread_target) {
      if (std::ranges::find(seen, target.value) != seen.end())
        inner.push_back(fmt::format("Spread target value \"{}\" already defined", target.value));
      seen.push_back(target.value);
      if (target.percent > 100)
        inner.push_back(
            fmt::format("Spread target percentage for value \"{}\" must be between 0 and 100", target.value));
      sum += target.percent;
    }
    if (sum > 100)
      inner.push_back(fmt::format("Sum of spread target percentages must not be greater than 100%; got {}%", sum));
    nest(out, fmt::format("Spread {}", i + 1), inner);
  }
}

}  // namespace core::jobspec::checks
