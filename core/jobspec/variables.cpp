#include "core/jobspec/variables.hpp"

#include <map>
#include <optional>
#include <vector>

#include <fmt/format.h>

namespace core::jobspec {
namespace {

struct Variable {
  hcl::Block block;
  hcl::Type type;
  std::optional<hcl::Value> value;
};
using Variables = std::map<std::string, Variable>;

class Declarations {
 public:
  Declarations(bool strict, hcl::EvalContext& root, hcl::Diagnostics& out) : strict_(strict), root_(root), out_(out) {}

  void declare(const hcl::Body& file) {
    for (const hcl::Block& block : hcl::find_blocks(file, "variable", 1, out_)) declare(block);
    for (const hcl::Block& block : hcl::find_blocks(file, "variables", 0, out_))
      for (const hcl::Attribute& attribute : block.body->attributes()) {
        auto value = hcl::evaluate(*attribute.value, root_, out_);
        if (value) add(attribute.name, {block, {}, std::move(*value)}, attribute.name_range);
      }
  }

  void take(const VariableInput& input) {
    if (input.from == VariableInput::From::file) return take_file(input);
    const auto found = variables_.find(input.name);
    if (found == variables_.end()) {
      if (input.from == VariableInput::From::flag) undeclared(input.name);
      return;
    }
    set(found->second, input);
  }

  void finish() {
    hcl::Value::Object values;
    for (const auto& [name, variable] : variables_) {
      if (!variable.value) {
        report_error(out_, variable.block.header, fmt::format("Unset variable \"{}\"", name),
                     "A used variable must be set or have a default value; give it one with -var, -var-file or "
                     "NOMAD_VAR_" +
                         name + ".");
        continue;
      }
      values.emplace(name, *variable.value);
    }
    root_.variables["var"] = hcl::Value(std::move(values));
    for (const auto& [name, variable] : variables_)
      if (variable.value) validate(name, variable);
  }

 private:
  void declare(const hcl::Block& block) {
    static const hcl::Schema schema{{"type", "default", "description", "sensitive"}, {"validation"}};
    hcl::report_unknown(*block.body, schema, out_);
    Variable variable{block, {}, std::nullopt};
    if (const hcl::Attribute* type = block.body->find("type"))
      if (auto read = hcl::read_type(*type->value, out_)) variable.type = std::move(*read);
    if (const hcl::Attribute* given = block.body->find("default"))
      if (auto value = hcl::evaluate(*given->value, root_, out_)) {
        auto converted = hcl::convert(*value, variable.type);
        if (converted)
          variable.value = std::move(*converted);
        else
          report_error(out_, given->value->range, "Invalid default value for variable",
                       fmt::format("This default value is not compatible with the variable's type constraint: {}.",
                                   converted.error()));
      }
    add(std::string(block.label()), std::move(variable), block.header);
  }

  void add(const std::string& name, Variable variable, const hcl::Range& range) {
    if (!variables_.emplace(name, std::move(variable)).second)
      report_error(out_, range, "Duplicate variable", fmt::format("Variable {} is declared twice.", hcl::quote(name)));
  }

  void undeclared(const std::string& name) {
    if (!strict_) return;
    std::vector<std::string> names;
    for (const auto& [known, variable] : variables_) names.push_back(known);
    const std::string near = hcl::suggest(name, names);
    report_error(out_, {}, "Undefined -var variable",
                 fmt::format("A {0} variable was passed in the command line but was not found in known variables. To "
                             "declare variable {0}, place a variable definition block in the job file.{1}",
                             hcl::quote(name), near.empty() ? "" : fmt::format(" Did you mean {}?", hcl::quote(near))));
  }

  void set(Variable& variable, const VariableInput& input) {
    // Only for other types than text is the argument an expression; `-var name=dc1` needs no quotes.
    using Kind = hcl::Type::Kind;
    const std::string where = fmt::format("<value for var.{}>", input.name);
    if (variable.type.kind == Kind::string || variable.type.kind == Kind::any)
      return set(variable, hcl::Value(input.text), where);
    const hcl::ParseResult parsed = hcl::parse_expression(where, input.text);
    out_.insert(out_.end(), parsed.diagnostics.begin(), parsed.diagnostics.end());
    if (!parsed.ok()) return;
    const hcl::EvalContext nothing{.budget = root_.budget};
    if (auto value = hcl::evaluate(*parsed.file.body->find("value")->value, nothing, out_))
      set(variable, *value, where);
  }

  void set(Variable& variable, const hcl::Value& value, const std::string& where) {
    auto converted = hcl::convert(value, variable.type);
    if (converted) {
      variable.value = std::move(*converted);
      return;
    }
    report_error(out_, variable.block.header, "Invalid value for input variable",
                 fmt::format("The value of {} is not compatible with the variable's type constraint: {}.", where,
                             converted.error()));
  }

  void take_file(const VariableInput& input) {
    const hcl::ParseResult parsed = hcl::parse_any(input.name, input.text);
    out_.insert(out_.end(), parsed.diagnostics.begin(), parsed.diagnostics.end());
    if (!parsed.ok()) return;
    for (const hcl::Block& block : parsed.file.body->blocks())
      report_error(out_, block.header, "Unsupported block type", "Variable files hold only attributes.");
    const hcl::EvalContext nothing{.budget = root_.budget};
    for (const hcl::Attribute& attribute : parsed.file.body->attributes()) {
      const auto found = variables_.find(attribute.name);
      if (found == variables_.end()) {
        undeclared(attribute.name);
        continue;
      }
      if (auto value = hcl::evaluate(*attribute.value, nothing, out_))
        set(found->second, *value, attribute.range.describe());
    }
  }

  void validate(const std::string& name, const Variable& variable) {
    if (variable.block.type != "variable") return;
    for (const hcl::Block& rule : hcl::find_blocks(*variable.block.body, "validation", 0, out_)) {
      hcl::report_unknown(*rule.body, {{"condition", "error_message"}, {}}, out_);
      const hcl::Attribute* condition = rule.body->find("condition");
      const hcl::Attribute* message = rule.body->find("error_message");
      if (!condition) {
        hcl::report_missing(*rule.body, "condition", out_);
        continue;
      }
      if (!message) {
        hcl::report_missing(*rule.body, "error_message", out_);
        continue;
      }
      const auto holds = hcl::evaluate(*condition->value, root_, out_);
      const auto text = hcl::evaluate(*message->value, root_, out_);
      if (!holds || !text) continue;
      const auto boolean = hcl::to_bool(*holds);
      if (!boolean)
        report_error(out_, condition->value->range, "Invalid variable validation result",
                     "Validation condition must be true or false.");
      else if (!*boolean)
        report_error(out_, variable.block.header, fmt::format("Invalid value for variable {}", hcl::quote(name)),
                     hcl::to_string(*text).value_or("The validation rule does not hold."));
    }
  }

  bool strict_;
  hcl::EvalContext& root_;
  hcl::Diagnostics& out_;
  Variables variables_;
};

// Locals in the order they need each other: each is evaluated once, after those it names.
class Locals {
 public:
  Locals(hcl::EvalContext& root, hcl::Diagnostics& out) : root_(root), out_(out) {}

  void add(const hcl::Attribute& attribute) {
    if (!pending_.emplace(attribute.name, &attribute).second)
      report_error(out_, attribute.name_range, "Duplicate value in locals",
                   fmt::format("Duplicate {} definition found.", hcl::quote(attribute.name)));
  }

  void evaluate_all() {
    publish();
    // Each pass evaluates what has all it needs; a pass without progress leaves a circle.
    for (bool progress = true; progress && !pending_.empty();) {
      progress = false;
      for (auto at = pending_.begin(); at != pending_.end();) {
        if (waits(*at->second)) {
          ++at;
          continue;
        }
        progress = true;
        if (auto value = hcl::evaluate(*at->second->value, root_, out_)) values_.emplace(at->first, std::move(*value));
        at = pending_.erase(at);
        publish();
      }
    }
    for (const auto& [name, attribute] : pending_)
      report_error(out_, attribute->name_range, "Circular reference in locals",
                   fmt::format("The local {} depends on itself.", hcl::quote(name)));
  }

 private:
  bool waits(const hcl::Attribute& attribute) const {
    for (const hcl::Reference& reference : hcl::references(*attribute.value)) {
      if (reference.root != "local") continue;
      if (reference.attributes.empty() ? pending_.size() > 1 || pending_.contains(attribute.name)
                                       : pending_.contains(reference.attributes.front()))
        return true;
    }
    return false;
  }
  void publish() { root_.variables["local"] = hcl::Value(values_); }

  hcl::EvalContext& root_;
  hcl::Diagnostics& out_;
  std::map<std::string, const hcl::Attribute*> pending_;
  hcl::Value::Object values_;
};

}  // namespace

void set_variables(const hcl::Body& file, std::span<const VariableInput> inputs, bool strict, hcl::EvalContext& root,
                   hcl::Diagnostics& out) {
  Declarations declarations(strict, root, out);
  declarations.declare(file);
  for (const bool environment : {true, false})
    for (const VariableInput& input : inputs)
      if ((input.from == VariableInput::From::environment) == environment) declarations.take(input);
  declarations.finish();
}

void set_locals(const hcl::Body& file, hcl::EvalContext& root, hcl::Diagnostics& out) {
  Locals locals(root, out);
  const auto blocks = hcl::find_blocks(file, "locals", 0, out);
  for (const hcl::Block& block : blocks) {
    for (const hcl::Block& inner : block.body->blocks())
      report_error(out, inner.header, "Unsupported block type", "Blocks are not allowed in locals.");
    for (const hcl::Attribute& attribute : block.body->attributes()) locals.add(attribute);
  }
  locals.evaluate_all();
}

}  // namespace core::jobspec
