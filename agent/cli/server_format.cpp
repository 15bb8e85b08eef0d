#include "agent/cli/server_format.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "agent/cli/columns.hpp"

namespace agent::cli {
namespace {

std::string tag(const Json& member, std::string_view name) { return text(at(member, {"Tags", name})); }

std::vector<const Json*> sorted_members(const Json& members) {
  std::vector<const Json*> out;
  for (const auto& member : items(members)) out.push_back(&member);
  std::ranges::stable_sort(out, {}, [](const Json* member) {
    return std::tuple(tag(*member, "region"), tag(*member, "dc"), text(*member, "Name"));
  });
  return out;
}

std::string host_port(const std::string& host, const std::string& port) {
  return host.find(':') == std::string::npos ? host + ":" + port : "[" + host + "]:" + port;
}

}  // namespace

std::string format_members(const Json& members, const std::map<std::string, std::string>& leaders) {
  std::vector<Row> rows{{"Name", "Address", "Port", "Status", "Leader", "Protocol", "Build", "Datacenter", "Region"}};
  for (const auto* member : sorted_members(members)) {
    const auto region = tag(*member, "region");
    const auto leader = leaders.find(region);
    const auto port = tag(*member, "port");
    // A server is known to Raft by the address it gives for RPC, which may differ from that of its gossip.
    const bool leads = leader != leaders.end() && (leader->second == host_port(text(*member, "Addr"), port) ||
                                                   leader->second == host_port(tag(*member, "rpc_addr"), port));
    rows.push_back({text(*member, "Name"), text(*member, "Addr"), std::to_string(number(*member, "Port")),
                    text(*member, "Status"), leads ? "true" : "false", std::to_string(number(*member, "ProtocolCur")),
                    tag(*member, "build"), tag(*member, "dc"), region});
  }
  return format_table(rows);
}

std::string format_members_detailed(const Json& members) {
  std::vector<Row> rows{{"Name", "Address", "Port", "Tags"}};
  for (const auto* member : sorted_members(members)) {
    std::vector<std::string> tags;
    for (const auto& [name, value] : agent::cli::members(*member, "Tags")) tags.push_back(name + "=" + text(*value));
    rows.push_back(
        {text(*member, "Name"), text(*member, "Addr"), std::to_string(number(*member, "Port")), join(tags, ",")});
  }
  return format_table(rows);
}

std::string format_raft_peers(const Json& configuration) {
  std::vector<Row> rows{{"Node", "ID", "Address", "State", "Voter", "RaftProtocol"}};
  for (const auto& server : items(configuration, "Servers")) {
    const auto& protocol = at(server, "RaftProtocol");
    rows.push_back({text(server, "Node"), text(server, "ID"), text(server, "Address"),
                    truth(server, "Leader") ? "leader" : "follower", truth(server, "Voter") ? "true" : "false",
                    protocol.is_string() ? text(protocol) : std::to_string(number(protocol))});
  }
  return format_table(rows);
}

std::string format_autopilot_config(const Json& config) {
  const auto flag = [&](const char* name) { return truth(config, name) ? "true" : "false"; };
  std::string out;
  out += fmt::format("CleanupDeadServers = {}\n", flag("CleanupDeadServers"));
  out += fmt::format("LastContactThreshold = {}\n", text(config, "LastContactThreshold"));
  out += fmt::format("MaxTrailingLogs = {}\n", number(config, "MaxTrailingLogs"));
  out += fmt::format("MinQuorum = {}\n", number(config, "MinQuorum"));
  out += fmt::format("ServerStabilizationTime = {}\n", text(config, "ServerStabilizationTime"));
  out += fmt::format("EnableRedundancyZones = {}\n", flag("EnableRedundancyZones"));
  out += fmt::format("DisableUpgradeMigration = {}\n", flag("DisableUpgradeMigration"));
  out += fmt::format("EnableCustomUpgrades = {}", flag("EnableCustomUpgrades"));
  return out;
}

std::string format_autopilot_health(const Json& health) {
  std::vector<Row> rows{{"ID", "Name", "Address", "SerfStatus", "Version", "Leader", "Voter", "Healthy", "LastContact",
                         "LastTerm", "LastIndex", "StableSince"}};
  const auto flag = [](const Json& server, const char* name) { return truth(server, name) ? "true" : "false"; };
  for (const auto& server : items(health, "Servers")) {
    rows.push_back({text(server, "ID"), text(server, "Name"), text(server, "Address"), text(server, "SerfStatus"),
                    text(server, "Version"), flag(server, "Leader"), flag(server, "Voter"), flag(server, "Healthy"),
                    text(server, "LastContact"), std::to_string(number(server, "LastTerm")),
                    std::to_string(number(server, "LastIndex")), text(server, "StableSince")});
  }
  std::string out = fmt::format("Healthy: {}\nFailureTolerance: {}\nLeader: {}\nVoters:\n", truth(health, "Healthy"),
                                number(health, "FailureTolerance"), text(health, "Leader"));
  for (const auto& voter : items(health, "Voters")) out += fmt::format("\t{}\n", text(voter));
  return out + "Servers:\n" + format_table(rows);
}

std::string format_agent_info(const Json& stats) {
  std::string out;
  for (const auto& [section, values] : members(stats)) {
    if (!out.empty()) out += '\n';
    out += section;
    for (const auto& [key, value] : members(*values)) out += fmt::format("\n  {} = {}", key, text(*value));
  }
  return out;
}

}  // namespace agent::cli
