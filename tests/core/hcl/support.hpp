// Short ways to parse and evaluate in tests.
#pragma once

#include <string>

#include "core/hcl/functions/json.hpp"
#include "core/hcl/hcl.hpp"

namespace core::hcl {

inline EvalContext test_context() {
  static const Functions functions = standard_functions();
  EvalContext context;
  context.functions = &functions;
  context.runtime_roots = nomad_runtime_roots();
  context.variables.emplace("var", Value::Object{{"n", 3}, {"name", "web"}, {"flag", true}, {"none", Value()}});
  context.variables.emplace("list", Value::List{Value::Object{{"id", 1}, {"tags", Value::List{"a", "b"}}},
                                                Value::Object{{"id", 2}, {"tags", Value::List{"c"}}}});
  context.variables.emplace("map", Value::Object{{"a", 1}, {"b", 2}});
  return context;
}

/// The value of one expression as JSON, or its first diagnostic in one line.
inline std::string eval(const std::string& expression, const EvalContext& context = test_context()) {
  const ParseResult parsed = parse("t.hcl", "v = " + expression + "\n");
  if (!parsed.ok()) return one_line(parsed.diagnostics);
  Diagnostics diagnostics;
  const auto value = evaluate(*parsed.file.body->find("v")->value, context, diagnostics);
  return value ? to_json(*value) : one_line(diagnostics);
}

/// A whole file evaluated as one object, in JSON, or its diagnostics in one line.
inline std::string eval_file(const std::string& text, ParseOptions options = {}) {
  const ParseResult parsed = parse_any("t.hcl", text, options);
  if (!parsed.ok()) return one_line(parsed.diagnostics);
  Diagnostics diagnostics;
  const auto value = evaluate_body(*parsed.file.body, test_context(), diagnostics);
  return value ? to_json(*value) : one_line(diagnostics);
}

struct Case {
  const char* expression;
  const char* expected;
};

}  // namespace core::hcl
