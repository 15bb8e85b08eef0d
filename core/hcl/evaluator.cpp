#include "core/hcl/evaluator.hpp"

#include <fmt/core.h>

#include <cmath>

#include "core/hcl/limits.hpp"

namespace core::hcl {
namespace {

constexpr std::uint64_t steps_a_node = 16;

Value from_double(double number, bool& fits) {
  fits = std::isfinite(number);
  return fits ? Value(number) : Value();
}

std::optional<std::int64_t> whole_result(BinaryOperator op, std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  switch (op) {
    case BinaryOperator::add:
      return __builtin_add_overflow(a, b, &out) ? std::nullopt : std::optional(out);
    case BinaryOperator::subtract:
      return __builtin_sub_overflow(a, b, &out) ? std::nullopt : std::optional(out);
    case BinaryOperator::multiply:
      return __builtin_mul_overflow(a, b, &out) ? std::nullopt : std::optional(out);
    default:
      break;
  }
  if (b == -1) return std::nullopt;  // the least number over -1 does not fit; doubles do the rest
  if (op == BinaryOperator::modulo) return a % b;
  return a % b == 0 ? std::optional(a / b) : std::nullopt;
}

double real_result(BinaryOperator op, double a, double b) {
  switch (op) {
    case BinaryOperator::add:
      return a + b;
    case BinaryOperator::subtract:
      return a - b;
    case BinaryOperator::multiply:
      return a * b;
    case BinaryOperator::divide:
      return a / b;
    default:
      return std::fmod(a, b);
  }
}

bool compare(BinaryOperator op, const Value& a, const Value& b) {
  switch (op) {
    case BinaryOperator::less:
      return a < b;
    case BinaryOperator::less_equal:
      return !(b < a);
    case BinaryOperator::greater:
      return b < a;
    default:
      return !(a < b);
  }
}

}  // namespace

std::nullopt_t Evaluator::fail(const Range& range, std::string summary, std::string detail) {
  if (!quiet_) report_error(out_, range, std::move(summary), std::move(detail));
  return std::nullopt;
}

std::nullopt_t Evaluator::too_costly(const Range& range) {
  return fail(range, "Evaluation too costly",
              "Evaluating the configuration takes more work than is allowed; it was stopped here.");
}

std::nullopt_t Evaluator::too_large(const Range& range) {
  return fail(range, "Value too large", "The value of this expression is larger than is allowed.");
}

Evaluator::Result Evaluator::evaluate(const Expression& expression) {
  if (!budget_.spend(steps_a_node)) return too_costly(expression.range);
  auto value = std::visit([&](const auto& node) { return on(node, expression.range); }, expression.node);
  // Strings are copied wherever they are named; copying is cheap, but not free.
  if (value && value->is_string() && !budget_.spend(value->weight() / 8)) return too_costly(expression.range);
  return value;
}

// A value that was just made, when it is within the limits and the budget.
Evaluator::Result Evaluator::sized(Value value, const Range& range) {
  if (value.weight() > max_value_weight || value.depth() > max_value_depth || !budget_.spend(value.weight()))
    return too_large(range);
  return value;
}

Evaluator::Result Evaluator::on(const Literal& node, const Range&) { return node.value; }

bool Evaluator::append_text(std::string& out, const Expression& part) {
  const auto value = evaluate(part);
  if (!value) return false;
  if (value->is_null()) {
    fail(part.range, "Invalid template interpolation value",
         "The expression result is null. Cannot include a null value in a string template.");
    return false;
  }
  const auto text = to_string(*value);
  if (!text) {
    fail(part.range, "Invalid template interpolation value",
         fmt::format("Cannot include the given value in a string template: string required, but this is {}.",
                     value->is_list() ? "a list" : "an object"));
    return false;
  }
  if (out.size() + text->size() > max_value_weight || !budget_.spend(text->size())) {
    too_large(part.range);
    return false;
  }
  out += *text;
  return true;
}

Evaluator::Result Evaluator::on(const Template& node, const Range& range) {
  std::string out;
  for (const auto& part : node.parts)
    if (!append_text(out, *part)) return std::nullopt;
  return sized(Value(std::move(out)), range);
}

Evaluator::Result Evaluator::on(const TemplateWrap& node, const Range&) { return evaluate(*node.inner); }

Evaluator::Result Evaluator::on(const TemplateJoin& node, const Range& range) {
  const auto items = evaluate(*node.items);
  if (!items) return std::nullopt;
  std::string out;
  for (const Value& item : items->as_list()) {  // a tuple `for` made it, of template results
    const auto text = to_string(item);
    if (!text) return fail(range, "Invalid template interpolation value", "An iteration result is no string.");
    out += *text;
  }
  return sized(Value(std::move(out)), range);
}

const Value* Evaluator::find_variable(std::string_view name) const {
  for (const auto* at = context_; at; at = at->parent)
    if (const auto found = at->variables.find(name); found != at->variables.end()) return &found->second;
  return nullptr;
}

bool Evaluator::is_runtime_root(std::string_view name) const {
  for (const auto* at = context_; at; at = at->parent)
    for (const auto& root : at->runtime_roots) {
      const bool matches =
          root.ends_with('*') ? name.starts_with(std::string_view(root).substr(0, root.size() - 1)) : name == root;
      if (matches) return true;
    }
  return false;
}

// The value steps start from; `steps_taken` says how many are used up already, by a runtime reference's text.
Evaluator::Result Evaluator::root_value(const Traversal& node, const Range& range, std::size_t& steps_taken) {
  if (node.base) return evaluate(*node.base);
  if (const Value* found = find_variable(node.root)) return *found;
  if (!is_runtime_root(node.root)) {
    if (unheard()) return std::nullopt;
    std::vector<std::string> names;
    for (const auto* at = context_; at; at = at->parent)
      for (const auto& [name, value] : at->variables) names.push_back(name);
    return fail(range, "Unknown variable",
                fmt::format("There is no variable named \"{}\".{}", node.root, did_you_mean(node.root, names)));
  }
  Range text = range;
  while (steps_taken < node.steps.size()) {
    const Step& step = node.steps[steps_taken];
    if (step.key && !std::holds_alternative<Literal>(step.key->node)) break;
    ++steps_taken;
  }
  if (steps_taken < node.steps.size()) {
    text.end = steps_taken > 0 ? node.steps[steps_taken - 1].range.end : node.steps[0].range.start;
  }
  return sized(Value(fmt::format("${{{}}}", text.text())), range);
}

Evaluator::Result Evaluator::on(const Traversal& node, const Range& range) {
  std::size_t taken = 0;
  auto value = root_value(node, range, taken);
  for (; value && taken < node.steps.size(); ++taken) value = follow(*value, node.steps[taken]);
  return value;
}

Evaluator::Result Evaluator::on(const Unary& node, const Range& range) {
  const auto operand = evaluate(*node.operand);
  if (!operand) return std::nullopt;
  if (node.op == UnaryOperator::logical_not) {
    const auto boolean = to_bool(*operand);
    if (!boolean)
      return fail(node.operand->range, "Invalid operand", "Unsuitable value for unary operand: a bool is required.");
    return Value(!*boolean);
  }
  const auto number = to_number(*operand);
  if (!number)
    return fail(node.operand->range, "Invalid operand", "Unsuitable value for unary operand: a number is required.");
  return arithmetic(BinaryOperator::subtract, Value(0), *number, range);
}

Evaluator::Result Evaluator::on(const Binary& node, const Range& range) {
  const auto left = evaluate(*node.left);
  const auto right = evaluate(*node.right);
  if (!left || !right) return std::nullopt;
  switch (node.op) {
    case BinaryOperator::equal:
    case BinaryOperator::not_equal:
      if (!budget_.spend(std::min(left->weight(), right->weight()))) return too_costly(range);
      return Value((*left == *right) == (node.op == BinaryOperator::equal));
    case BinaryOperator::logical_and:
    case BinaryOperator::logical_or:
      return logic(node, *left, *right, range);
    default:
      break;
  }
  const auto a = to_number(*left);
  if (!a) return fail(node.left->range, "Invalid operand", "Unsuitable value for left operand: a number is required.");
  const auto b = to_number(*right);
  if (!b)
    return fail(node.right->range, "Invalid operand", "Unsuitable value for right operand: a number is required.");
  if (node.op >= BinaryOperator::less && node.op <= BinaryOperator::greater_equal)
    return Value(compare(node.op, *a, *b));
  return arithmetic(node.op, *a, *b, range);
}

Evaluator::Result Evaluator::logic(const Binary& node, const Value& left, const Value& right, const Range&) {
  const auto a = to_bool(left);
  if (!a) return fail(node.left->range, "Invalid operand", "Unsuitable value for left operand: a bool is required.");
  const auto b = to_bool(right);
  if (!b) return fail(node.right->range, "Invalid operand", "Unsuitable value for right operand: a bool is required.");
  return Value(node.op == BinaryOperator::logical_and ? *a && *b : *a || *b);
}

Evaluator::Result Evaluator::arithmetic(BinaryOperator op, const Value& left, const Value& right, const Range& range) {
  const bool divides = op == BinaryOperator::divide || op == BinaryOperator::modulo;
  if (divides && right.as_double() == 0) return fail(range, "Division by zero", "Cannot divide by zero.");
  const auto a = left.as_int();
  const auto b = right.as_int();
  if (a && b)
    if (const auto whole = whole_result(op, *a, *b)) return Value(*whole);
  bool fits = false;
  auto result = from_double(real_result(op, left.as_double(), right.as_double()), fits);
  if (!fits) return fail(range, "Operation failed", "The result is too large a number.");
  return result;
}

std::optional<bool> Evaluator::condition(const Expression& expression) {
  const auto value = evaluate(expression);
  if (!value) return std::nullopt;
  if (value->is_null())
    return fail(expression.range, "Null condition",
                "The condition value is null. Conditions must either be true or false.");
  const auto boolean = to_bool(*value);
  if (!boolean)
    return fail(expression.range, "Incorrect condition type", "The condition expression must be of type bool.");
  return boolean;
}

// Evaluates what may fail without a word: the branch not taken, the attempts of try().
Evaluator::Result Evaluator::try_quietly(const Expression& expression) {
  Diagnostics unheard;
  Evaluator quiet(*context_, budget_, unheard);
  quiet.splat_item_ = splat_item_;
  quiet.quiet_ = true;
  return quiet.evaluate(expression);
}

// Both branches have one type, as HCL demands: a string beside a number makes the number a string too.
Evaluator::Result Evaluator::unify(Value chosen, const Value& other, const Range& range) {
  if (chosen.is_null() || other.is_null() || chosen.kind() == other.kind()) return chosen;
  const auto simple = [](const Value& value) { return !value.is_list() && !value.is_object(); };
  if (simple(chosen) && simple(other)) {
    if (chosen.is_string()) return chosen;
    if (other.is_string()) return Value(*to_string(chosen));
  }
  return fail(range, "Inconsistent conditional result types",
              "The true and false result expressions must have consistent types.");
}

Evaluator::Result Evaluator::on(const Conditional& node, const Range& range) {
  const auto holds = condition(*node.condition);
  if (!holds) return std::nullopt;
  auto chosen = evaluate(*holds ? *node.if_true : *node.if_false);
  if (!chosen) return std::nullopt;
  const auto other = try_quietly(*holds ? *node.if_false : *node.if_true);
  return other ? unify(std::move(*chosen), *other, range) : chosen;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates) {
  const auto near = suggest(name, candidates);
  return near.empty() ? std::string{} : fmt::format(" Did you mean \"{}\"?", near);
}

std::set<std::string, std::less<>> nomad_runtime_roots() { return {"attr", "meta", "node", "env", "NOMAD_*"}; }

std::optional<Value> evaluate(const Expression& expression, const EvalContext& context, Diagnostics& out) {
  Budget own;
  Budget* budget = &own;
  for (const auto* at = &context; at; at = at->parent) {
    if (!at->budget) continue;
    budget = at->budget;
    break;
  }
  return Evaluator(context, *budget, out).evaluate(expression);
}

}  // namespace core::hcl
