// Does a new version of a job ask for new allocations, or can the old ones be told of it (in-place update)?
#pragma once

#include <string_view>

#include "core/model/job.hpp"

namespace core::scheduler {

/// True when something that a running task sees has changed: server-internals.md §14, "Destructive when any
/// differs". Counts, constraints, services and policies are not among it.
bool needs_replacement(const model::Job& before, const model::Job& after, std::string_view group);

}  // namespace core::scheduler
