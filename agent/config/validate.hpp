// What an agent refuses to start with (agent-config.md §12).
#pragma once

#include <string>
#include <vector>

#include "agent/config/config.hpp"

namespace agent::config {

struct Problems {
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
  bool ok() const { return errors.empty(); }
};

/// Everything that is wrong, not only the first.
Problems validate(const AgentConfig& config);

}  // namespace agent::config
