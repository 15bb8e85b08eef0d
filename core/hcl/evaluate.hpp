// Expressions to values.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/hcl/body.hpp"
#include "core/hcl/function.hpp"
#include "core/hcl/type.hpp"
#include "core/hcl/value.hpp"

namespace core::hcl {

/// What names mean. A context adds to its parent's; pointers are the caller's and outlive it.
struct EvalContext {
  const EvalContext* parent = nullptr;
  /// Variables by their root name: `var` is an object of the variables.
  Value::Object variables;
  /// Looked for up the parents; null: none here.
  const Functions* functions = nullptr;
  /// Roots that are resolved on the client when the task runs. A reference to one that is no variable evaluates to
  /// its own text, `${attr.kernel.name}`. A trailing `*` matches any rest; "*" alone passes every unknown root, as
  /// Nomad does.
  std::set<std::string, std::less<>> runtime_roots;
  /// Shared by all evaluations that count together. Looked for up the parents; null: one for each evaluation.
  Budget* budget = nullptr;
};

/// attr, meta, node, env, NOMAD_*: what Nomad documents as runtime interpolation.
std::set<std::string, std::less<>> nomad_runtime_roots();

/// The expression's value, or nothing, with the reasons in `out`. Never throws; bounded by limits.hpp.
std::optional<Value> evaluate(const Expression& expression, const EvalContext& context, Diagnostics& out);

/// A whole body as one object, for opaque parts (`config`, `meta`, `env`): attributes by name, blocks as in HCL1:
/// a list of objects under the type, each wrapped in an object for each label.
std::optional<Value> evaluate_body(const Body& body, const EvalContext& context, Diagnostics& out);

/// A type constraint as `variable` blocks write it: string, number, bool, any, list(T), set(T), map(T),
/// object({a = T, b = optional(T)}), tuple([T...]).
std::optional<Type> read_type(const Expression& expression, Diagnostics& out);

}  // namespace core::hcl
