// Configuration in parts: each file and the flags say some things, later parts over earlier (agent-config.md §2).
#pragma once

#include <expected>
#include <string>

#include <boost/json/object.hpp>

#include "agent/config/config.hpp"

namespace agent::config {

/// What one source says, and only that, under the keys of the JSON form ("DataDir", "Server").
using Fragment = boost::json::object;

/// Lays `later` over `into`: a value wins unless it is zero, true wins over false, maps and named blocks merge by key,
/// lists of addresses and schedulers grow, other lists are replaced. A boolean whose default is true may be set either
/// way.
void merge(Fragment& into, const Fragment& later);

/// The configuration `base` with the fragment laid over it. The error is our own: readers check all they let in.
std::expected<AgentConfig, std::string> apply(const AgentConfig& base, const Fragment& fragment);

}  // namespace agent::config
