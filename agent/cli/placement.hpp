// Why allocations could not be placed, as bullets; and the scores of those that were.
#pragma once

#include <string>
#include <vector>

#include "agent/cli/json.hpp"

namespace agent::cli {

/// An AllocationMetric, each line behind `indent`. With `scores`, the table of node scores follows.
std::string format_metrics(const Json& metrics, bool scores, std::string_view indent);

/// `Task Group "g" (failed to place 2 allocations):` and its bullets, for each group of FailedTGAllocs.
std::vector<std::string> format_failed_groups(const Json& failed, bool scores, std::string_view indent);

}  // namespace agent::cli
