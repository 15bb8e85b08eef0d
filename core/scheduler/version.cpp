#include "core/scheduler/version.hpp"

#include <algorithm>
#include <charconv>

namespace core::scheduler {
namespace {

constexpr std::size_t least_segments = 3;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_identifier(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '~';
}
/// Identifiers divided by dots, none of them empty.
bool is_dotted(std::string_view text) {
  bool fresh = true;
  for (const char c : text) {
    if (c == '.' ? fresh : !is_identifier(c)) return false;
    fresh = c == '.';
  }
  return !fresh;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n\f\v";
  const auto from = text.find_first_not_of(blanks);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(blanks) - from + 1);
}

/// The whole number that a part of a pre-release is, if it is one.
std::optional<std::int64_t> as_number(std::string_view part) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
  if (part.empty() || error != std::errc{} || end != part.data() + part.size()) return std::nullopt;
  return value;
}

int compare_parts(std::string_view a, std::string_view b) {
  if (a == b) return 0;
  const auto number_a = as_number(a);
  const auto number_b = as_number(b);
  // go-version's rule for a missing part: shorter comes first before a number, last before a word's absence.
  if (a.empty()) return number_b ? -1 : 1;
  if (b.empty()) return number_a ? 1 : -1;
  if (number_a && !number_b) return -1;
  if (!number_a && number_b) return 1;
  if (number_a) return *number_a > *number_b ? 1 : -1;
  return a > b ? 1 : -1;
}

int compare_prereleases(std::string_view a, std::string_view b) {
  const auto next_part = [](std::string_view& rest) {
    const auto dot = rest.find('.');
    const std::string_view part = rest.substr(0, dot);
    rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
    return part;
  };
  while (!a.empty() || !b.empty()) {
    const std::string_view part_a = next_part(a);
    const std::string_view part_b = next_part(b);
    if (const int order = compare_parts(part_a, part_b)) return order;
  }
  return 0;
}

/// May a pre-release stand against this constraint at all? (go-version's prereleaseCheck)
bool prerelease_admitted(const Version& version, const Version& wanted) {
  if (version.prerelease.empty()) return true;
  return !wanted.prerelease.empty() && version.segments == wanted.segments;
}

bool pessimistic(const Version& version, const Version& wanted) {
  if (!prerelease_admitted(version, wanted)) return false;
  if (!wanted.prerelease.empty() && version.prerelease.empty()) return false;
  if (compare_versions(version, wanted) < 0) return false;
  const std::size_t size = wanted.segments.size();
  if (size > version.segments.size()) return false;
  for (std::size_t i = 0; i + 1 < wanted.given; ++i)
    if (version.segments[i] != wanted.segments[i]) return false;
  return wanted.segments[size - 1] <= version.segments[size - 1];
}

bool satisfies_one(const Version& version, const VersionConstraint& constraint, VersionRules rules) {
  using enum VersionConstraint::Operator;
  const int order = compare_versions(version, constraint.version);
  const bool admitted = rules == VersionRules::semver || prerelease_admitted(version, constraint.version);
  switch (constraint.op) {
    case equal:
      return order == 0;
    case not_equal:
      return order != 0;
    case less:
      return admitted && order < 0;
    case less_equal:
      return admitted && order <= 0;
    case greater:
      return admitted && order > 0;
    case greater_equal:
      return admitted && order >= 0;
    case pessimistic:
      return scheduler::pessimistic(version, constraint.version);
  }
  return false;
}

std::optional<VersionConstraint> parse_one(std::string_view text, VersionRules rules) {
  using enum VersionConstraint::Operator;
  struct Spelling {
    std::string_view text;
    VersionConstraint::Operator op;
  };
  constexpr Spelling spellings[] = {{"!=", not_equal}, {">=", greater_equal}, {"<=", less_equal}, {"~>", pessimistic},
                                    {"=", equal},      {">", greater},        {"<", less},        {"", equal}};
  text = trimmed(text);
  for (const Spelling& spelling : spellings) {
    if (!text.starts_with(spelling.text)) continue;
    if (spelling.op == pessimistic && rules == VersionRules::semver) return std::nullopt;
    auto version = parse_version(trimmed(text.substr(spelling.text.size())), rules);
    if (!version) return std::nullopt;
    return VersionConstraint{spelling.op, std::move(*version)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Version> parse_version(std::string_view text, VersionRules rules) {
  if (text.size() > max_version_length) return std::nullopt;
  if (text.starts_with('v')) text.remove_prefix(1);
  if (const auto plus = text.find('+'); plus != std::string_view::npos) {
    if (!is_dotted(text.substr(plus + 1))) return std::nullopt;
    text = text.substr(0, plus);
  }
  Version version;
  for (;;) {
    std::int64_t segment = 0;
    if (text.empty() || !is_digit(text.front())) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), segment);
    if (error != std::errc{}) return std::nullopt;
    version.segments.push_back(segment);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.starts_with('.')) break;
    text.remove_prefix(1);
  }
  version.given = version.segments.size();
  version.segments.resize(std::max(version.segments.size(), least_segments));
  if (text.empty()) return version;
  if (text.starts_with('-'))
    text.remove_prefix(1);
  else if (rules == VersionRules::semver)
    return std::nullopt;
  if (!is_dotted(text)) return std::nullopt;
  version.prerelease = text;
  return version;
}

int compare_versions(const Version& a, const Version& b) {
  if (a.segments == b.segments) {
    if (a.prerelease == b.prerelease) return 0;
    if (a.prerelease.empty()) return 1;
    if (b.prerelease.empty()) return -1;
    return compare_prereleases(a.prerelease, b.prerelease);
  }
  // What is not written is zero. Between texts of different length go-version leaves pre-releases out.
  const std::size_t longest = std::max(a.segments.size(), b.segments.size());
  for (std::size_t i = 0; i < longest; ++i) {
    const std::int64_t left = i < a.segments.size() ? a.segments[i] : 0;
    const std::int64_t right = i < b.segments.size() ? b.segments[i] : 0;
    if (left != right) return left < right ? -1 : 1;
  }
  return 0;
}

std::optional<VersionConstraints> parse_version_constraints(std::string_view text, VersionRules rules) {
  VersionConstraints constraints;
  for (;;) {
    const auto comma = text.find(',');
    auto constraint = parse_one(text.substr(0, comma), rules);
    if (!constraint || constraints.size() == max_version_constraints) return std::nullopt;
    constraints.push_back(std::move(*constraint));
    if (comma == std::string_view::npos) return constraints;
    text = text.substr(comma + 1);
  }
}

bool satisfies(const Version& version, const VersionConstraints& constraints, VersionRules rules) {
  return std::ranges::all_of(constraints, [&](const auto& one) { return satisfies_one(version, one, rules); });
}

}  // namespace core::scheduler
