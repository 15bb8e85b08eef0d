// One allocation as text.
#pragma once

#include <string>
#include <vector>

#include "agent/cli/json.hpp"
#include "agent/cli/style.hpp"

namespace agent::cli {

struct AllocView {
  bool brief = false;  // -short
  bool stats = false;  // -stats: detailed resource use
};

/// All of `alloc status`, from /v1/allocation/ID and, where it runs, /v1/client/allocation/ID/stats (or null).
std::string format_alloc(const Json& alloc, const Json& stats, const AllocView& view, const Style& style);

/// The names of the tasks it has, sorted.
std::vector<std::string> task_names(const Json& alloc);

}  // namespace agent::cli
