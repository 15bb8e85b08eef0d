// Features of Nomad that this version does not have: their keys are known, switching them on is an error.
#pragma once

#include <string>
#include <vector>

#include "agent/config/config.hpp"

namespace agent::config {

/// "acl.enabled is not supported by this version" for each key that asks for a feature that is not there. Keys at their
/// defaults, empty or false ask for nothing.
std::vector<std::string> unsupported(const AgentConfig& config);

}  // namespace agent::config
