// Servers, Raft peers and the agent's own figures as text.
#pragma once

#include <map>
#include <string>

#include "agent/cli/json.hpp"

namespace agent::cli {

/// Server members by region, datacenter and name. `leaders`: the RPC address of each region's leader.
std::string format_members(const Json& members, const std::map<std::string, std::string>& leaders);
/// `server members -verbose` and `-detailed`: with their tags.
std::string format_members_detailed(const Json& members);
std::string format_raft_peers(const Json& configuration);
/// agent-info, from the "stats" of /v1/agent/self.
std::string format_agent_info(const Json& stats);

/// The settings of autopilot, a line each, and what it makes of the servers.
std::string format_autopilot_config(const Json& config);
std::string format_autopilot_health(const Json& health);

}  // namespace agent::cli
