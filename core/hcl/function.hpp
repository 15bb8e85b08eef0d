// Functions that expressions may call: plain functions over values.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/hcl/limits.hpp"
#include "core/hcl/value.hpp"

namespace core::hcl {

/// What evaluation may still cost. One for all expressions of a file, so that many small ones count too. A step is
/// about the handling of one byte; an expression node costs 16.
class Budget {
 public:
  explicit Budget(std::uint64_t steps = max_evaluation_steps) : left_(steps) {}
  /// False when it is used up; it stays so.
  bool spend(std::uint64_t steps) {
    left_ = steps > left_ ? 0 : left_ - steps;
    return left_ > 0;
  }
  bool spent() const { return left_ == 0; }

 private:
  std::uint64_t left_;
};

/// Why a call failed; `argument` is the one to blame, counted from 0, or none.
struct CallError {
  std::string message;
  std::optional<std::size_t> argument;
};
using CallResult = std::expected<Value, CallError>;

using Arguments = std::span<const Value>;

/// What a parameter takes. Simple kinds convert to each other as in cty; null is refused but by `any`.
enum class ParameterKind { any, not_null, string, number, boolean, list, object };
struct Parameter {
  std::string name;
  ParameterKind kind = ParameterKind::any;
};

struct Function {
  std::vector<Parameter> parameters;
  std::optional<Parameter> rest;  // any number of further arguments
  /// Gets arguments of the declared kinds. Spends from the budget before making more than its arguments' size.
  CallResult (*call)(Arguments arguments, Budget& budget) = nullptr;
  /// Set instead of `call` for a known function that cannot be called here: why.
  std::string unavailable;
};

using Functions = std::map<std::string, Function, std::less<>>;

/// All functions of Nomad's job language that are pure, and under `unavailable` those that are not.
Functions standard_functions();

inline std::unexpected<CallError> call_error(std::string message, std::optional<std::size_t> argument = std::nullopt) {
  return std::unexpected(CallError{std::move(message), argument});
}
/// The failure of a function that would make more than the budget or the limits allow.
inline std::unexpected<CallError> too_much() { return call_error("the result would be too large"); }

// The kinds of functions, each in its file of functions/.
void add_collection_functions(Functions& out);
void add_set_functions(Functions& out);
void add_date_functions(Functions& out);
void add_encoding_functions(Functions& out);
void add_format_functions(Functions& out);
void add_hash_functions(Functions& out);
void add_network_functions(Functions& out);
void add_number_functions(Functions& out);
void add_string_functions(Functions& out);

}  // namespace core::hcl
