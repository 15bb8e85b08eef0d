// Versions and version constraints, as hashicorp/go-version reads and orders them: the `version` and `semver`
// operators of constraints (server-internals.md §13).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::scheduler {

/// The `version` operator takes "1.2beta" and does not let a pre-release satisfy a constraint that names none.
/// `semver` wants the dash, and orders pre-releases like any other version. It has no pessimistic operator.
enum class VersionRules { version, semver };

struct Version {
  std::vector<std::int64_t> segments;  // three at least
  std::size_t given = 0;               // how many of them were written
  std::string prerelease;              // without its dash; build metadata is not kept: it never counts
};

/// Empty when the text is not a version, or longer than `max_version_length`.
std::optional<Version> parse_version(std::string_view text, VersionRules rules);

/// -1, 0 or 1. A version with pre-release comes before the same without.
int compare_versions(const Version& a, const Version& b);

/// "~> 1.2, != 1.2.7": all must hold.
struct VersionConstraint {
  enum class Operator { equal, not_equal, less, less_equal, greater, greater_equal, pessimistic };
  Operator op = Operator::equal;
  Version version;
};
using VersionConstraints = std::vector<VersionConstraint>;

std::optional<VersionConstraints> parse_version_constraints(std::string_view text, VersionRules rules);
bool satisfies(const Version& version, const VersionConstraints& constraints, VersionRules rules);

inline constexpr std::size_t max_version_length = 512;
inline constexpr std::size_t max_version_constraints = 64;

}  // namespace core::scheduler
