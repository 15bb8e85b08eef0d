// The agent itself, its gossip pool, and who leads (http-api.md §6).
#include <algorithm>

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "core/api/routes.hpp"
#include "core/describe/json.hpp"

namespace core::api {
namespace {

namespace json = boost::json;

constexpr std::size_t max_join_addresses = 256;
constexpr std::uint64_t max_relay_factor = 5;

json::object member_json(const Member& member) {
  json::value tags = nullptr;
  if (!member.tags.empty()) {
    tags = json::object{};
    for (const auto& [name, value] : member.tags) tags.get_object()[name] = value;
  }
  return {{"Name", member.name},
          {"Addr", member.address},
          {"Port", member.port},
          {"Tags", std::move(tags)},
          {"Status", member.status},
          {"ProtocolMin", member.protocol_min},
          {"ProtocolMax", member.protocol_max},
          {"ProtocolCur", member.protocol_cur},
          {"DelegateMin", member.delegate_min},
          {"DelegateMax", member.delegate_max},
          {"DelegateCur", member.delegate_cur}};
}

// This agent as a member; a client is none, and shows as one of nothing.
Member own_member(const View& view) {
  const std::string name = view.node_name() + "." + view.region();
  if (view.is_server())
    for (const Member& member : view.members())
      if (member.name == name) return member;
  return {
      .protocol_min = 0, .protocol_max = 0, .protocol_cur = 0, .delegate_min = 0, .delegate_max = 0, .delegate_cur = 0};
}

json::array texts_json(const std::vector<std::string>& texts) {
  json::array out;
  for (const std::string& text : texts) out.push_back(json::string(text));
  return out;
}

struct Health {
  bool ok;
  std::string message;
  json::object shown() const { return {{"ok", ok}, {"message", message}}; }
};

}  // namespace

Outcome agent_self(Call& call) {
  json::object stats;
  for (const auto& [section, values] : call.view.stats()) {
    json::object shown;
    for (const auto& [name, value] : values) shown[name] = value;
    stats[section] = std::move(shown);
  }
  return json_answer(call, json::object{{"config", call.view.config()},
                                        {"member", member_json(own_member(call.view))},
                                        {"stats", std::move(stats)}});
}

Outcome agent_members(Call& call) {
  json::array members;
  for (const Member& member : call.view.members()) members.push_back(member_json(member));
  return json_answer(call, json::object{{"ServerName", call.view.node_name()},
                                        {"ServerRegion", call.view.region()},
                                        {"ServerDC", call.view.datacenter()},
                                        {"Members", std::move(members)}});
}

Outcome agent_join(Call& call) {
  if (!call.view.is_server()) return failure(501, "Invalid method");
  auto addresses = call.query.all("address");
  if (addresses.empty()) return failure(400, "missing address to join");
  if (addresses.size() > max_join_addresses)
    return failure(400, fmt::format("more than {} addresses to join", max_join_addresses));
  const bool pretty = call.query.pretty();
  return JoinServers{std::move(addresses), [pretty](int joined, const std::string& error) {
                       return json_answer(json::object{{"num_joined", joined}, {"error", error}}, pretty);
                     }};
}

Outcome agent_force_leave(Call& call) {
  if (!call.view.is_server()) return failure(501, "Invalid method");
  const std::string node = call.query.get("node");
  if (node.empty()) return failure(400, "missing node to force leave");
  return ForceLeave{node, call.query.flag("prune")};
}

Outcome agent_keyring(Call& call) {
  if (!call.view.is_server()) return failure(501, "Invalid method");
  GossipKeys wanted;
  using Operation = GossipKeys::Operation;
  if (call.id == "list")
    wanted.operation = Operation::list;
  else if (call.id == "install")
    wanted.operation = Operation::install;
  else if (call.id == "use")
    wanted.operation = Operation::use;
  else if (call.id == "remove")
    wanted.operation = Operation::remove;
  else
    return failure(404, "resource not found");
  if (wanted.operation != Operation::list) {
    boost::system::error_code error;
    const json::value body = json::parse(call.request.body, error);
    if (error || !body.is_object()) return failure(500, "failed to decode request body");
    const auto* key = body.get_object().if_contains("Key");
    const auto raw = key != nullptr && key->is_string() ? describe::from_base64(key->get_string()) : std::nullopt;
    if (!raw) return failure(500, "illegal base64 data");
    if (raw->size() != 16 && raw->size() != 24 && raw->size() != 32)
      return failure(500, "key size must be 16, 24 or 32 bytes");
    wanted.key = *raw;
  }
  const auto relay = call.query.number("relay-factor", 0);
  if (!relay || *relay > max_relay_factor) return failure(400, "Relay factor must be in range: [0, 5]");
  wanted.relay_factor = static_cast<std::uint8_t>(*relay);
  wanted.answer = [pretty = call.query.pretty()](const GossipKeys::Tally& tally, const std::string& error) {
    if (!error.empty()) {
      std::string text = error;
      for (const auto& [member, message] : tally.messages) text += fmt::format("\n{}: {}", member, message);
      return failure(500, text);
    }
    json::object messages, keys;
    for (const auto& [member, message] : tally.messages) messages[member] = message;
    for (const auto& [key, count] : tally.keys) keys[key] = count;
    return json_answer(
        json::object{{"Messages", std::move(messages)}, {"Keys", std::move(keys)}, {"NumNodes", tally.nodes}}, pretty);
  };
  return wanted;
}

Outcome agent_servers(Call& call) {
  if (!call.view.is_client()) return failure(501, "Invalid method");
  auto servers = call.view.known_servers();
  std::sort(servers.begin(), servers.end());
  return json_answer(call, texts_json(servers));
}

Outcome agent_health(Call& call) {
  const std::string type = call.query.get("type");
  bool all_ok = true;
  json::object out;
  const auto add = [&](const char* name, const Health& health) {
    out[name] = health.shown();
    all_ok = all_ok && health.ok;
  };
  if (type != "server") {
    if (!call.view.is_client()) {
      if (type == "client") add("client", {false, "client not enabled"});
    } else if (call.view.known_servers().empty() && !call.view.is_server()) {
      add("client", {false, "no known servers"});
    } else {
      add("client", {true, "ok"});
    }
  }
  if (type != "client") {
    if (!call.view.is_server()) {
      if (type == "server") add("server", {false, "server not enabled"});
    } else if (!knows_leader(call.view)) {
      add("server", {false, "no leader"});
    } else {
      add("server", {true, "ok"});
    }
  }
  return json_answer(call, out, all_ok ? 200 : 500);
}

Outcome agent_monitor(Call& call) {
  const std::string level = call.query.get("log_level").empty() ? "info" : call.query.get("log_level");
  constexpr std::array names{"trace", "debug", "info", "warn", "error"};
  const auto is_level = [&](std::string_view name) {
    return std::equal(name.begin(), name.end(), level.begin(), level.end(), [](char a, char b) {
      return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
    });
  };
  const auto* found = std::find_if(names.begin(), names.end(), is_level);
  if (found == names.end()) return failure(400, fmt::format("Unknown log level: {}", level));
  const auto as_json = call.query.boolean("log_json", false);
  if (!as_json) return failure(400, fmt::format("Unable to parse log_json: \"{}\"", as_json.error()));
  const auto plain = call.query.boolean("plain", false);
  if (!plain) return failure(400, fmt::format("Unable to parse plain: \"{}\"", plain.error()));

  const std::string node_id = call.query.get("node_id");
  const std::string server_id = call.query.get("server_id");
  if (!node_id.empty() && !server_id.empty()) return failure(400, "Cannot target node and server simultaneously");
  if (!node_id.empty() && (call.view.node() == nullptr || call.view.node()->id != node_id)) return ToNode{node_id};
  if (server_id == "leader" && !call.view.is_leader()) return ToLeader{};
  const bool here = server_id.empty() || server_id == "leader" || server_id == call.view.node_name() ||
                    server_id == call.view.node_name() + "." + call.view.region();
  if (!here) return failure(501, "monitoring another server than the leader: not supported, ask it directly");
  return MonitorLogs{static_cast<world::LogLevel>(found - names.begin()), *as_json, *plain};
}

Outcome status_leader(Call& call) { return json_answer(call, json::value(json::string(call.view.leader_address()))); }

Outcome status_peers(Call& call) {
  json::array out;
  for (const RaftPeer& peer : call.view.raft_peers()) out.push_back(json::string(peer.address));
  return json_answer(call, out);
}

Outcome regions(Call& call) {
  auto names = call.view.regions();
  std::sort(names.begin(), names.end());
  return json_answer(call, texts_json(names));
}

}  // namespace core::api
