// Any bytes: parsed in every dialect and form, evaluated, told about. The first byte chooses.
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/hcl/hcl.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  using namespace core::hcl;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const ParseOptions options{data[0] & 1 ? Dialect::hcl1 : Dialect::hcl2};
  ParseResult result = data[0] & 2 ? parse_json("fuzz", text, options) : parse("fuzz", text, options);
  static const Functions functions = standard_functions();
  Budget budget(1 << 20);
  const EvalContext context{.functions = &functions, .runtime_roots = nomad_runtime_roots(), .budget = &budget};
  Diagnostics diagnostics = result.diagnostics;
  if (const auto value = evaluate_body(*result.file.body, context, diagnostics)) (void)to_hcl(*value);
  for (const auto& attribute : result.file.body->attributes()) {
    (void)references(*attribute.value);
    (void)find_blocks(*result.file.body, attribute.name, 1, diagnostics);
  }
  report_unknown(*result.file.body, {{"job"}, {"group"}}, diagnostics);
  (void)render(diagnostics);
  return 0;
}
