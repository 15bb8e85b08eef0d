// server members, join, force-leave; operator raft; agent-info, monitor, version.
#include <fmt/format.h>

#include "agent/cli/commands.hpp"
#include "agent/cli/server_format.hpp"

namespace agent::cli {
namespace {

bool any_lives(const Json& members, const std::string& region) {
  for (const auto& member : items(members))
    if (text(member, "Status") == "alive" && text(at(member, "Tags"), "region") == region) return true;
  return false;
}

constexpr core::Duration patience_with_a_region = std::chrono::seconds(2);  // that may hang, unnoticed as yet

/// The leader's RPC address of each region, and what failed. A region of which nobody lives is not asked: the list must
/// not wait for what is gone (nomad#3600).
std::map<std::string, std::string> leaders(Call& call, const Json& members, std::string& failure) {
  std::map<std::string, std::string> out;
  auto regions = call.api().get("/v1/regions");
  if (!regions) {
    failure = regions.error().text;
    return out;
  }
  call.api().options().patience = patience_with_a_region;
  for (const auto& region : items(*regions)) {
    const auto failed = [&](const std::string& why) {
      failure += fmt::format("{}Region {}: {}", failure.empty() ? "" : "\n", quoted(text(region)), why);
    };
    if (!any_lives(members, text(region))) {
      failed("none of its servers is alive");
      continue;
    }
    auto leader = call.api().get("/v1/status/leader", {{"region", text(region)}});
    if (leader)
      out[text(region)] = text(*leader);
    else
      failed(leader.error().text);
  }
  return out;
}

}  // namespace

int server_members(Call& call) {
  bool detailed = false, verbose = false;
  call.flags.add("detailed", detailed, "Show every tag of the servers.");
  call.flags.add("verbose", verbose, "Show whole ids and more detail.");
  call.formats();
  if (!call.parse()) return call.exit();
  if (!call.args.empty()) return call.usage("This command takes no arguments");
  auto answer = call.api().get("/v1/agent/members");
  if (!answer) return call.fail("Error querying servers: " + answer.error().text);
  const auto& members = at(*answer, "Members");
  if (!members.is_array()) return call.fail("Agent doesn't know about server members");
  if (call.wants_format()) return call.print_formatted(members);
  if (detailed || verbose) {
    call.output(format_members_detailed(members));
    return 0;
  }
  std::string failure;
  const auto known = leaders(call, members, failure);
  call.output(format_members(members, known));
  if (!failure.empty()) {
    call.output("");
    return call.fail("Error determining leaders: " + failure);
  }
  return 0;
}

int server_join(Call& call) {
  if (!call.parse()) return call.exit();
  if (call.args.empty()) return call.usage("One or more node addresses must be given as arguments");
  std::string path = "/v1/agent/join";
  char separator = '?';
  for (const auto& address : call.args) {
    path += separator + std::string("address=") + url_escaped(address);
    separator = '&';
  }
  auto answer = call.api().put(path);
  if (!answer) return call.fail("Error joining: " + answer.error().text);
  if (const auto error = text(*answer, "error"); !error.empty()) {
    return call.fail("Error joining: failed joining: " + error);
  }
  call.output(fmt::format("Joined {} servers successfully", number(*answer, "num_joined")));
  return 0;
}

int server_force_leave(Call& call) {
  bool prune = false;
  call.flags.add("prune", prune, "Remove the member from the list at once.");
  if (!call.parse()) return call.exit();
  if (call.args.size() != 1) return call.usage("This command takes one argument: <node>");
  Query query{{"node", call.args[0]}};
  if (prune) query["prune"] = "1";
  auto answer = call.api().put("/v1/agent/force-leave", query);
  if (!answer) return call.fail(fmt::format("Error force-leaving server {}: {}", call.args[0], answer.error().text));
  return 0;
}

int raft_list_peers(Call& call) {
  bool stale = false;
  call.flags.add("stale", stale, "Let any server answer, not only the leader.");
  if (!call.parse()) return call.exit();
  if (!call.args.empty()) return call.usage("This command takes no arguments");
  auto answer = call.api().get("/v1/operator/raft/configuration", stale ? Query{{"stale", "true"}} : Query{});
  if (!answer) return call.fail("Error getting peers: Failed to retrieve raft configuration: " + answer.error().text);
  call.output(format_raft_peers(*answer));
  return 0;
}

int raft_remove_peer(Call& call) {
  std::string address, id;
  call.flags.add("peer-address", address, "The ip:port of the peer to remove.");
  call.flags.add("peer-id", id, "The id of the peer to remove.");
  if (!call.parse()) return call.exit();
  if (!call.args.empty()) return call.usage("This command takes no arguments");
  if (address.empty() && id.empty()) return call.fail("Missing peer id required");
  if (!address.empty() && !id.empty()) return call.fail("Only one of peer-address and peer-id may be given");
  auto answer =
      call.api().remove("/v1/operator/raft/peer", address.empty() ? Query{{"id", id}} : Query{{"address", address}});
  if (!answer) return call.fail("Error removing peer: " + answer.error().text);
  call.output(address.empty() ? fmt::format("Removed peer with id {}", quoted(id))
                              : fmt::format("Removed peer with address {}", quoted(address)));
  return 0;
}

int raft_transfer_leadership(Call& call) {
  std::string address, id;
  call.flags.add("peer-address", address, "The ip:port of the peer that is to lead.");
  call.flags.add("peer-id", id, "The id of the peer that is to lead.");
  if (!call.parse()) return call.exit();
  if (!call.args.empty()) return call.usage("This command takes no arguments");
  const auto failed = [&](const std::string& why) {
    return call.fail("Error transferring leadership to peer: " + why);
  };
  if (address.empty() && id.empty()) return failed("an address or id is required for the destination peer");
  if (!address.empty() && !id.empty()) return failed("cannot give both an address and id");
  auto answer = call.api().put("/v1/operator/raft/transfer-leadership",
                               address.empty() ? Query{{"id", id}} : Query{{"address", address}});
  if (!answer) return failed(answer.error().text);
  call.output(address.empty() ? fmt::format("Transferred leadership to peer with id {}", quoted(id))
                              : fmt::format("Transferred leadership to peer with address {}", quoted(address)));
  return 0;
}

int agent_info(Call& call) {
  call.formats();
  if (!call.parse()) return call.exit();
  if (!call.args.empty()) return call.usage("This command takes no arguments");
  auto self = call.api().get("/v1/agent/self");
  if (!self) return call.fail("Error querying agent info: " + self.error().text);
  if (call.wants_format()) return call.print_formatted(*self);
  call.output(format_agent_info(at(*self, "stats")));
  return 0;
}

int monitor_logs(Call& call) {
  std::string level, node, server;
  bool json = false, location = false;
  call.flags.add("log-level", level, "The least level to show: TRACE, DEBUG, INFO, WARN or ERROR.");
  call.flags.add("node-id", node, "Show the log of this client.");
  call.flags.add("server-id", server, "Show the log of this server, or of \"leader\".");
  call.flags.add("json", json, "Show the lines as JSON.");
  call.flags.add("log-include-location", location, "Name the place in the source of each line.");
  if (!call.parse()) return call.exit();
  if (!call.args.empty()) return call.usage("This command takes no arguments");
  Query query{{"log_json", json ? "true" : "false"}, {"plain", "true"}};
  if (!level.empty()) query["log_level"] = level;
  if (!node.empty()) query["node_id"] = node;
  if (!server.empty()) query["server_id"] = server;
  if (location) query["log_include_location"] = "true";
  auto done = call.api().stream("/v1/agent/monitor", query, [&](std::string_view bytes) {
    call.io().out(bytes);
    return true;
  });
  if (!done) return call.fail("Error starting monitor: " + done.error().text);
  return 0;
}

int version(Call& call) {
  if (!call.parse()) return call.exit();
  call.output(fmt::format("Nomad v{}", NOMAD_COMPATIBLE_VERSION));
  call.output("A Nomad agent in C++; not made by HashiCorp");
  return 0;
}

}  // namespace agent::cli
