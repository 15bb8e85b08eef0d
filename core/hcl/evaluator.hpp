// The walk over an expression's tree: evaluator.cpp, collections.cpp for `for`, splats and constructors, calls.cpp.
// The folder's own.
//
// A function that returns nothing has reported why.
#pragma once

#include "core/hcl/evaluate.hpp"
#include "core/hcl/limits.hpp"

namespace core::hcl {

class Evaluator {
 public:
  Evaluator(const EvalContext& context, Budget& budget, Diagnostics& out)
      : context_(&context), budget_(budget), out_(out) {}

  using Result = std::optional<Value>;
  Result evaluate(const Expression& expression);

 private:
  Result on(const Literal& node, const Range& range);
  Result on(const Template& node, const Range& range);
  Result on(const TemplateWrap& node, const Range& range);
  Result on(const TemplateJoin& node, const Range& range);
  Result on(const Traversal& node, const Range& range);
  Result on(const Splat& node, const Range& range);
  Result on(const SplatItem& node, const Range& range);
  Result on(const Unary& node, const Range& range);
  Result on(const Binary& node, const Range& range);
  Result on(const Conditional& node, const Range& range);
  Result on(const TupleCons& node, const Range& range);
  Result on(const ObjectCons& node, const Range& range);
  Result on(const For& node, const Range& range);
  Result on(const Call& node, const Range& range);

  /// True when a failure would not be told, so that its text is not worth making.
  bool unheard() const { return quiet_ || out_.size() >= max_diagnostics; }
  std::nullopt_t too_costly(const Range& range);
  std::nullopt_t too_large(const Range& range);
  std::nullopt_t fail(const Range& range, std::string summary, std::string detail);
  Result sized(Value value, const Range& range);
  bool append_text(std::string& out, const Expression& part);
  const Value* find_variable(std::string_view name) const;
  bool is_runtime_root(std::string_view name) const;
  Result root_value(const Traversal& node, const Range& range, std::size_t& steps_taken);
  Result follow(const Value& value, const Step& step);
  Result attribute_of(const Value& value, const std::string& name, const Range& range);
  Result element_of(const Value& value, const Value& key, const Range& range);
  Result arithmetic(BinaryOperator op, const Value& left, const Value& right, const Range& range);
  Result logic(const Binary& node, const Value& left, const Value& right, const Range& range);
  std::optional<bool> condition(const Expression& expression);
  Result unify(Value chosen, const Value& other, const Range& range);
  Result try_quietly(const Expression& expression);
  std::optional<std::string> key_text(const Expression& key, std::string_view what);
  struct Loop;
  bool loop_item(Loop& loop, const Value& key, const Value& value);
  Result call_special(const Call& node, const Range& range, bool& special);
  std::optional<Value::List> call_arguments(const Call& node);
  bool fit_arguments(const Call& node, const Function& function, Value::List& arguments);
  const Function* find_function(const Call& node);
  const Range& argument_range(const Call& node, std::size_t argument) const;

  const EvalContext* context_;
  Budget& budget_;
  Diagnostics& out_;
  const Value* splat_item_ = nullptr;
  bool quiet_ = false;
};

/// A sentence for the end of a message, ` Did you mean "x"?`, or "".
std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace core::hcl
