// From the configuration to what the pure agent is made of. The daemon and the simulator start their agents from the
// same, so that a setting means the same to both.
#pragma once

#include <optional>
#include <string>

#include "agent/config/addresses.hpp"
#include "agent/config/config.hpp"
#include "core/agent/agent.hpp"

namespace agent::config {

/// "INFO" in any case, and "err" for "error".
std::optional<core::world::LogLevel> log_level(std::string text);

/// `config` has been validated and has a name. `alloc_dir`: where the host keeps what allocations write.
core::agent::Config core_config(const AgentConfig& config, const Addresses& addresses, const std::string& alloc_dir);
/// What a running agent takes up of it after SIGHUP.
core::world::Reloaded reloaded(const AgentConfig& config, core::world::LogLevel level);
/// Its `shown`: what /v1/agent/self tells of the configuration. Apart, for it is most of the memory.
boost::json::value shown_config(const AgentConfig& config, const Addresses& addresses);

}  // namespace agent::config
