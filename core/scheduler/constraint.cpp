#include "core/scheduler/constraint.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <re2/re2.h>

namespace core::scheduler {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <class T>
bool ordered(const T& left, const T& right, std::string_view op) {
  if (op == "<") return left < right;
  if (op == "<=") return left <= right;
  if (op == ">") return left > right;
  return left >= right;
}

/// As whole numbers if both are, else as numbers if both are, else as text.
bool in_order(std::string_view left, std::string_view right, std::string_view op) {
  const auto left_int = number_of<std::int64_t>(left);
  const auto right_int = number_of<std::int64_t>(right);
  if (left_int && right_int) return ordered(*left_int, *right_int, op);
  const auto left_float = number_of<double>(left);
  const auto right_float = number_of<double>(right);
  if (left_float && right_float) return ordered(*left_float, *right_float, op);
  return ordered(left, right, op);
}

/// Calls `visit` with each item of a comma list until it returns false; says whether it got to the end.
template <class Visit>
bool each_item(std::string_view list, Visit visit) {
  for (;;) {
    const auto comma = list.find(',');
    if (!visit(trimmed(list.substr(0, comma)))) return false;
    if (comma == std::string_view::npos) return true;
    list = list.substr(comma + 1);
  }
}
bool contains(std::string_view list, std::string_view item) {
  return !each_item(list, [&](std::string_view candidate) { return candidate != item; });
}
bool contains_all(std::string_view list, std::string_view items) {
  return each_item(items, [&](std::string_view item) { return contains(list, item); });
}
bool contains_any(std::string_view list, std::string_view items) {
  return !each_item(items, [&](std::string_view item) { return !contains(list, item); });
}

std::unique_ptr<re2::RE2> compile(std::string_view pattern) {
  if (pattern.size() > max_pattern_length) return nullptr;
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  return compiled->ok() ? std::move(compiled) : nullptr;
}

std::optional<std::string_view> found_in(const std::map<std::string, std::string>& map, const std::string& key) {
  const auto at = map.find(key);
  if (at == map.end()) return std::nullopt;
  return at->second;
}

}  // namespace

Target::Target(std::string_view text) : key_(text) {
  if (!text.starts_with("${")) return;
  const auto inside = [&](std::string_view prefix) {
    std::string_view rest = text.substr(prefix.size());
    if (rest.ends_with('}')) rest.remove_suffix(1);
    return std::string(rest);
  };
  unique_ =
      text.starts_with("${node.unique.") || text.starts_with("${attr.unique.") || text.starts_with("${meta.unique.");
  if (text == "${node.unique.id}") {
    kind_ = Kind::node_id;
  } else if (text == "${node.unique.name}") {
    kind_ = Kind::node_name;
  } else if (text == "${node.datacenter}") {
    kind_ = Kind::datacenter;
  } else if (text == "${node.class}") {
    kind_ = Kind::node_class;
  } else if (text == "${node.pool}") {
    kind_ = Kind::node_pool;
  } else if (text.starts_with("${attr.")) {
    kind_ = Kind::attribute;
    key_ = inside("${attr.");
  } else if (text.starts_with("${meta.")) {
    kind_ = Kind::meta;
    key_ = inside("${meta.");
  } else {
    kind_ = Kind::unknown;
  }
}

std::optional<std::string_view> Target::resolve(const model::Node& node) const {
  switch (kind_) {
    case Kind::literal:
      return key_;
    case Kind::node_id:
      return node.id;
    case Kind::node_name:
      return node.name;
    case Kind::datacenter:
      return node.datacenter;
    case Kind::node_class:
      return node.node_class;
    case Kind::node_pool:
      return node.node_pool;
    case Kind::attribute:
      return found_in(node.attributes, key_);
    case Kind::meta:
      return found_in(node.meta, key_);
    case Kind::unknown:
      break;
  }
  return std::nullopt;
}

CompiledConstraint::CompiledConstraint(std::string_view l_target, std::string_view operand, std::string_view r_target)
    : left_(l_target),
      right_(r_target),
      operand_(operand),
      text_(fmt::format("{} {} {}", l_target, operand, r_target)) {
  if (!right_.is_literal()) return;
  if (operand == "regexp") pattern_ = compile(r_target);
  if (operand == "version") versions_ = parse_version_constraints(r_target, VersionRules::version);
  if (operand == "semver") versions_ = parse_version_constraints(r_target, VersionRules::semver);
}
CompiledConstraint::~CompiledConstraint() = default;
CompiledConstraint::CompiledConstraint(CompiledConstraint&&) noexcept = default;
CompiledConstraint& CompiledConstraint::operator=(CompiledConstraint&&) noexcept = default;

bool CompiledConstraint::met_by(const model::Node& node) const {
  return compare(left_.resolve(node), right_.resolve(node));
}

bool CompiledConstraint::compare(std::optional<std::string_view> left, std::optional<std::string_view> right) const {
  const std::string_view op = operand_;
  if (op == "is_set") return left.has_value();
  if (op == "is_not_set") return !left.has_value();
  if (op == "!=" || op == "not") return left != right;  // what a node has not differs from all it could have
  if (!left || !right) return false;
  if (op == "=" || op == "==" || op == "is") return *left == *right;
  if (op == "<" || op == "<=" || op == ">" || op == ">=") return in_order(*left, *right, op);
  if (op == "version") return matches_version(*left, *right, VersionRules::version);
  if (op == "semver") return matches_version(*left, *right, VersionRules::semver);
  if (op == "regexp") return matches_pattern(*left, *right);
  if (op == "set_contains" || op == "set_contains_all") return contains_all(*left, *right);
  if (op == "set_contains_any") return contains_any(*left, *right);
  return false;  // an operator that registration should not have let in
}

bool CompiledConstraint::matches_pattern(std::string_view text, std::string_view pattern) const {
  const std::unique_ptr<re2::RE2> fresh = right_.is_literal() ? nullptr : compile(pattern);
  const re2::RE2* const compiled = right_.is_literal() ? pattern_.get() : fresh.get();
  return compiled != nullptr && re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *compiled);
}

bool CompiledConstraint::matches_version(std::string_view text, std::string_view constraints,
                                         VersionRules rules) const {
  const auto version = parse_version(text, rules);
  if (!version) return false;
  if (right_.is_literal()) return versions_ && satisfies(*version, *versions_, rules);
  const auto fresh = parse_version_constraints(constraints, rules);
  return fresh && satisfies(*version, *fresh, rules);
}

bool looks_at_allocations(const model::Constraint& constraint) {
  return constraint.operand == "distinct_hosts" || constraint.operand == "distinct_property";
}

bool matches_glob(std::string_view pattern, std::string_view name) {
  std::size_t at = 0;
  std::size_t in_name = 0;
  std::size_t star = std::string_view::npos;
  std::size_t tried = 0;
  while (in_name < name.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      tried = in_name;
    } else if (at < pattern.size() && pattern[at] == name[in_name]) {
      ++at;
      ++in_name;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      in_name = ++tried;  // let the star take one more
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

}  // namespace core::scheduler
