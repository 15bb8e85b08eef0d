// Values of `variable`, `variables` and `locals` blocks.
#pragma once

#include <span>
#include <string>

#include "core/hcl/hcl.hpp"

namespace core::jobspec {

/// A value for a variable from outside the job file.
struct VariableInput {
  enum class From {
    environment,  // NOMAD_VAR_name: unknown names are ignored
    flag,         // -var name=value
    file,         // -var-file: `text` is a file of attributes or a JSON object, `name` its path
  };
  From from = From::flag;
  std::string name;
  std::string text;
};

/// Declares and sets the variables of a job file in `root` (as `var` and `local`). Inputs are taken in their order,
/// the last wins, but the environment counts less than all others. With `strict`, an input nothing declares is an
/// error (jobspec.md §1, "Variables").
void set_variables(const hcl::Body& file, std::span<const VariableInput> inputs, bool strict, hcl::EvalContext& root,
                   hcl::Diagnostics& out);

/// Sets `local` in `root`. Locals may refer to each other, but not in a circle.
void set_locals(const hcl::Body& file, hcl::EvalContext& root, hcl::Diagnostics& out);

}  // namespace core::jobspec
