// Evaluation of function calls; the calls that take expressions rather than values; type constraints; whole bodies.
#include <fmt/core.h>

#include "core/hcl/evaluator.hpp"
#include "core/hcl/limits.hpp"

namespace core::hcl {
namespace {

std::optional<Value> fit(const Value& value, ParameterKind kind) {
  switch (kind) {
    case ParameterKind::any:
      return value;
    case ParameterKind::not_null:
      return value.is_null() ? std::nullopt : std::optional(value);
    case ParameterKind::string:
      if (auto text = to_string(value)) return Value(std::move(*text));
      return std::nullopt;
    case ParameterKind::number:
      return to_number(value);
    case ParameterKind::boolean:
      if (const auto boolean = to_bool(value)) return Value(*boolean);
      return std::nullopt;
    case ParameterKind::list:
      return value.is_list() ? std::optional(value) : std::nullopt;
    case ParameterKind::object:
      return value.is_object() ? std::optional(value) : std::nullopt;
  }
  return std::nullopt;
}

std::string_view required_words(ParameterKind kind) {
  switch (kind) {
    case ParameterKind::string:
      return "string required";
    case ParameterKind::number:
      return "a number is required";
    case ParameterKind::boolean:
      return "a bool is required";
    case ParameterKind::list:
      return "list required";
    case ParameterKind::object:
      return "object required";
    default:
      return "a value is required";
  }
}

std::optional<Type> unknown_type(const Expression& expression, Diagnostics& out) {
  report_error(out, expression.range, "Invalid type specification",
               "A type is one of string, number, bool, any, list(T), set(T), map(T), object({...}), tuple([...]).");
  return std::nullopt;
}

std::optional<Type> object_type(const Call& call, const Expression& expression, Diagnostics& out) {
  const auto* fields = call.arguments.size() == 1 ? std::get_if<ObjectCons>(&call.arguments[0]->node) : nullptr;
  if (!fields) return unknown_type(expression, out);
  Type made{.kind = Type::Kind::object};
  for (const auto& field : fields->items) {
    const std::string* name = constant_string(*field.key);
    if (!name) return unknown_type(*field.key, out);
    const auto* wrapped = std::get_if<Call>(&field.value->node);
    const bool optional = wrapped && wrapped->name == "optional" && !wrapped->arguments.empty();
    auto type = read_type(optional ? *wrapped->arguments[0] : *field.value, out);
    if (!type) return std::nullopt;
    if (optional) made.optional.insert(*name);
    made.attributes.insert_or_assign(*name, std::move(*type));
  }
  return made;
}

std::optional<Type> tuple_type(const Call& call, const Expression& expression, Diagnostics& out) {
  const auto* items = call.arguments.size() == 1 ? std::get_if<TupleCons>(&call.arguments[0]->node) : nullptr;
  if (!items) return unknown_type(expression, out);
  Type made{.kind = Type::Kind::tuple};
  for (const auto& item : items->items) {
    auto type = read_type(*item, out);
    if (!type) return std::nullopt;
    made.elements.push_back(std::move(*type));
  }
  return made;
}

}  // namespace

std::optional<Type> read_type(const Expression& expression, Diagnostics& out) {
  if (const auto* name = std::get_if<Traversal>(&expression.node); name && !name->base && name->steps.empty()) {
    if (name->root == "string") return Type{.kind = Type::Kind::string};
    if (name->root == "number") return Type{.kind = Type::Kind::number};
    if (name->root == "bool") return Type{.kind = Type::Kind::boolean};
    if (name->root == "any") return Type{};
    // HCL1's short forms.
    if (name->root == "list") return Type{.kind = Type::Kind::list, .elements = {Type{}}};
    if (name->root == "map") return Type{.kind = Type::Kind::map, .elements = {Type{}}};
    return unknown_type(expression, out);
  }
  const auto* call = std::get_if<Call>(&expression.node);
  if (!call) return unknown_type(expression, out);
  if (call->name == "object") return object_type(*call, expression, out);
  if (call->name == "tuple") return tuple_type(*call, expression, out);
  const auto kind = call->name == "list"  ? Type::Kind::list
                    : call->name == "set" ? Type::Kind::set
                    : call->name == "map" ? Type::Kind::map
                                          : Type::Kind::any;
  if (kind == Type::Kind::any || call->arguments.size() != 1) return unknown_type(expression, out);
  auto element = read_type(*call->arguments[0], out);
  if (!element) return std::nullopt;
  return Type{.kind = kind, .elements = {std::move(*element)}};
}

const Range& Evaluator::argument_range(const Call& node, std::size_t argument) const {
  return node.arguments[std::min(argument, node.arguments.size() - 1)]->range;
}

// try(), can() and convert() see expressions, so that a failure may be caught and a type be written.
Evaluator::Result Evaluator::call_special(const Call& node, const Range& range, bool& special) {
  special = node.name == "try" || node.name == "can" || node.name == "convert";
  if (!special) return std::nullopt;
  if (node.arguments.empty() || (node.name == "can" && node.arguments.size() != 1) ||
      (node.name == "convert" && node.arguments.size() != 2))
    return fail(range, "Error in function call",
                fmt::format("Call to function \"{}\" failed: it takes {}.", node.name,
                            node.name == "try"   ? "at least one argument"
                            : node.name == "can" ? "one argument"
                                                 : "a value and a type"));
  if (node.name == "can") return Value(try_quietly(*node.arguments[0]).has_value());
  if (node.name == "try") {
    for (const auto& argument : node.arguments) {
      if (auto value = try_quietly(*argument)) return value;
      if (budget_.spent()) break;
    }
    return fail(
        range, "Error in function call",
        "Call to function \"try\" failed: no expression succeeded. At least one expression must produce a successful "
        "result.");
  }
  auto type = read_type(*node.arguments[1], out_);
  auto value = type ? evaluate(*node.arguments[0]) : std::nullopt;
  if (!value) return std::nullopt;
  if (!budget_.spend(value->weight())) return too_costly(range);
  auto converted = convert(*value, *type);
  if (!converted)
    return fail(node.arguments[0]->range, "Invalid function argument",
                fmt::format("Invalid value for \"value\" parameter: {}.", converted.error()));
  return sized(std::move(*converted), range);
}

const Function* Evaluator::find_function(const Call& node) {
  std::vector<std::string> names;
  for (const auto* at = context_; at; at = at->parent) {
    if (!at->functions) continue;
    if (const auto found = at->functions->find(node.name); found != at->functions->end()) return &found->second;
    if (unheard()) continue;
    for (const auto& [name, function] : *at->functions) names.push_back(name);
  }
  fail(node.name_range, "Call to unknown function",
       fmt::format("There is no function named \"{}\".{}", node.name, did_you_mean(node.name, names)));
  return nullptr;
}

std::optional<Value::List> Evaluator::call_arguments(const Call& node) {
  Value::List out;
  for (const auto& argument : node.arguments) {
    auto value = evaluate(*argument);
    if (!value) return std::nullopt;
    out.push_back(std::move(*value));
  }
  if (!node.expand_last) return out;
  const Value last = out.back();
  out.pop_back();
  if (!last.is_list())
    return fail(node.arguments.back()->range, "Invalid expanding argument value",
                "The expanding argument (indicated by ...) must be of a tuple, list, or set type.");
  if (!budget_.spend(last.weight())) return too_costly(node.name_range);
  out.insert(out.end(), last.as_list().begin(), last.as_list().end());
  return out;
}

// Checks the count and converts each argument to its parameter's kind.
bool Evaluator::fit_arguments(const Call& node, const Function& function, Value::List& arguments) {
  const auto& parameters = function.parameters;
  if (arguments.size() < parameters.size()) {
    fail(node.name_range, "Not enough function arguments",
         fmt::format("Function \"{}\" expects {}{} argument(s). Missing value for \"{}\".", node.name,
                     function.rest ? "at least " : "", parameters.size(), parameters[arguments.size()].name));
    return false;
  }
  if (arguments.size() > parameters.size() && !function.rest) {
    fail(node.arguments.empty() ? node.name_range : argument_range(node, parameters.size()),
         "Too many function arguments",
         fmt::format("Function \"{}\" expects only {} argument(s).", node.name, parameters.size()));
    return false;
  }
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Parameter& parameter = i < parameters.size() ? parameters[i] : *function.rest;
    auto fitted = fit(arguments[i], parameter.kind);
    if (!fitted) {
      fail(argument_range(node, i), "Invalid function argument",
           fmt::format("Invalid value for \"{}\" parameter: {}.", parameter.name,
                       arguments[i].is_null() ? "argument must not be null" : required_words(parameter.kind)));
      return false;
    }
    arguments[i] = std::move(*fitted);
  }
  return true;
}

Evaluator::Result Evaluator::on(const Call& node, const Range& range) {
  bool special = false;
  auto result = call_special(node, range, special);
  if (special) return result;
  const Function* function = find_function(node);
  if (!function) return std::nullopt;
  if (!function->unavailable.empty())
    return fail(node.name_range, "Function not available",
                fmt::format("The function \"{}\" cannot be called here: {}.", node.name, function->unavailable));
  auto arguments = call_arguments(node);
  if (!arguments || !fit_arguments(node, *function, *arguments)) return std::nullopt;
  std::size_t weight = 0;
  for (const Value& argument : *arguments) weight += argument.weight();
  if (!budget_.spend(weight)) return too_costly(range);
  auto called = function->call(*arguments, budget_);
  if (called) return sized(std::move(*called), range);
  const CallError& error = called.error();
  if (!error.argument || node.arguments.empty())
    return fail(range, "Error in function call",
                fmt::format("Call to function \"{}\" failed: {}.", node.name, error.message));
  const auto& parameters = function->parameters;
  const Parameter& parameter = *error.argument < parameters.size() ? parameters[*error.argument] : *function->rest;
  return fail(argument_range(node, *error.argument), "Invalid function argument",
              fmt::format("Invalid value for \"{}\" parameter: {}.", parameter.name, error.message));
}

std::optional<Value> evaluate_body(const Body& body, const EvalContext& context, Diagnostics& out) {
  Value::Object object;
  bool complete = true;
  for (const Attribute& attribute : body.attributes()) {
    auto value = evaluate(*attribute.value, context, out);
    complete = complete && value;
    if (value) object.insert_or_assign(attribute.name, std::move(*value));
  }
  std::map<std::string, Value::List> by_type;
  for (const Block& block : body.blocks()) {
    auto inner = evaluate_body(*block.body, context, out);
    complete = complete && inner;
    if (!inner) continue;
    for (auto label = block.labels.rbegin(); label != block.labels.rend(); ++label)
      inner = Value(Value::Object{{label->text, Value(Value::List{std::move(*inner)})}});
    by_type[block.type].push_back(std::move(*inner));
  }
  for (auto& [type, items] : by_type) {
    if (object.contains(type)) {
      report_error(out, body.find(type)->name_range, "Attribute redefined",
                   fmt::format("\"{}\" is given both as an argument and as a block.", type));
      complete = false;
    }
    object.insert_or_assign(type, Value(std::move(items)));
  }
  if (!complete) return std::nullopt;
  return Value(std::move(object));
}

}  // namespace core::hcl
