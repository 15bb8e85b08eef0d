// Evaluations as text.
#pragma once

#include <string>
#include <vector>

#include "agent/cli/json.hpp"
#include "agent/cli/style.hpp"

namespace agent::cli {

/// The elements by falling CreateIndex; equal ones keep their order.
std::vector<const Json*> newest_first(const Json& list);

/// `ID | Priority | Triggered By | Status | Placement Failures`, newest first.
std::string format_eval_table(const Json& evals, const Style& style);
/// The table of `eval list`, in the server's order.
std::string format_eval_list(const Json& evals, const Style& style);
/// All of `eval status`.
std::string format_eval(const Json& eval, const Style& style);

}  // namespace agent::cli
