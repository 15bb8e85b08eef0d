// Constraints and affinities over a node's properties: `${attr.kernel.name} = linux`
// (server-internals.md §13, "Constraint operators").
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/node.hpp"
#include "core/model/resources.hpp"
#include "core/scheduler/version.hpp"

namespace re2 {
class RE2;
}

namespace core::scheduler {

/// One side of a constraint, taken apart once: a literal, or a property that is looked up in each node.
class Target {
 public:
  explicit Target(std::string_view text);
  /// What it stands for on this node; empty when the node has no such property. The view lives as long as both.
  std::optional<std::string_view> resolve(const model::Node& node) const;
  bool is_literal() const { return kind_ == Kind::literal; }
  /// Does it name something that differs between nodes of one computed class (`${node.unique.name}`)?
  bool is_unique() const { return unique_; }

 private:
  enum class Kind { literal, node_id, node_name, datacenter, node_class, node_pool, attribute, meta, unknown };
  Kind kind_ = Kind::literal;
  bool unique_ = false;
  std::string key_;  // of attribute and meta; the text of a literal
};

/// A constraint made ready to be tried on many nodes: patterns and versions are compiled once.
class CompiledConstraint {
 public:
  CompiledConstraint(std::string_view l_target, std::string_view operand, std::string_view r_target);
  ~CompiledConstraint();
  CompiledConstraint(CompiledConstraint&&) noexcept;
  CompiledConstraint& operator=(CompiledConstraint&&) noexcept;

  bool met_by(const model::Node& node) const;
  /// As users read it: "${attr.kernel.name} = linux".
  const std::string& text() const { return text_; }
  /// Must each node be looked at, whatever its class?
  bool escapes_class() const { return left_.is_unique() || right_.is_unique(); }

 private:
  bool compare(std::optional<std::string_view> left, std::optional<std::string_view> right) const;
  bool matches_pattern(std::string_view text, std::string_view pattern) const;
  bool matches_version(std::string_view text, std::string_view constraints, VersionRules rules) const;

  Target left_;
  Target right_;
  std::string operand_;
  std::string text_;
  std::unique_ptr<re2::RE2> pattern_;           // of a literal right side
  std::optional<VersionConstraints> versions_;  // of a literal right side
};

/// `distinct_hosts` and `distinct_property` look at allocations, not at properties.
bool looks_at_allocations(const model::Constraint& constraint);

/// Does `name` match a datacenter of a job file: text with `*` for any run of characters?
bool matches_glob(std::string_view pattern, std::string_view name);

inline constexpr std::size_t max_pattern_length = 4096;

}  // namespace core::scheduler
