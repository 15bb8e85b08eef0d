// nomad-sim schema: the JSON Schema of scenarios, for editors.
#include <cstdio>

#include <fmt/format.h>

#include "simulator/commands/commands.hpp"
#include "simulator/options.hpp"
#include "simulator/scenario/json_schema.hpp"
#include "simulator/scenario/reference.hpp"

namespace simulator::commands {

int schema(const Invocation& invocation) {
  Options options(
      "schema [options]",
      "Prints the JSON Schema (draft 2020-12) of scenarios: what an editor needs to complete and check them.");
  bool tables = false;
  options.flag("--tables", tables, "print the language as tables of Markdown instead: what the README has");
  const auto rest = options.parse(invocation.arguments);
  if (!rest) return refuse("schema", rest.error());
  if (options.help_asked()) {
    fmt::print("{}", options.help());
    return exit_held;
  }
  if (!rest->empty()) return refuse("schema", "wants no arguments");
  fmt::print("{}", tables ? language_reference() : json_schema());
  return exit_held;
}

}  // namespace simulator::commands
