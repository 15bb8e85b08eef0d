#include "agent/config/agent_flags.hpp"

#include <charconv>

#include <boost/json/array.hpp>

#include "core/describe/text.hpp"

namespace agent::config {
namespace {

namespace json = boost::json;
using Result = std::expected<void, std::string>;

// The place of a key such as Server.ServerJoin.StartJoin, made on the way.
json::value& slot_at(Fragment& fragment, std::string_view path) {
  Fragment* at = &fragment;
  for (;;) {
    const auto dot = path.find('.');
    json::value& slot = (*at)[path.substr(0, dot)];
    if (dot == std::string_view::npos) return slot;
    if (!slot.is_object()) slot.emplace_object();
    at = &slot.get_object();
    path.remove_prefix(dot + 1);
  }
}

enum class Form { text, boolean, integer, duration, repeated, comma_list, pairs };

struct FlagKey {
  const char* name;
  const char* path;
  Form form;
  const char* value_name;
  const char* help;
};

constexpr FlagKey keys[] = {
    {"bind", "BindAddr", Form::text, "addr", "The address the agent binds all of its listeners to."},
    {"data-dir", "DataDir", Form::text, "path", "The directory for the agent's state; an absolute path."},
    {"plugin-dir", "PluginDir", Form::text, "path", "The directory plugins are found in."},
    {"dc", "Datacenter", Form::text, "datacenter", "The datacenter of the agent. Default \"dc1\"."},
    {"region", "Region", Form::text, "region", "The region of the agent. Default \"global\"."},
    {"node", "Name", Form::text, "name", "The name of the agent. Default: the host's name."},
    {"log-level", "LogLevel", Form::text, "level", "TRACE, DEBUG, INFO, WARN, ERROR or OFF. Default INFO."},
    {"log-json", "LogJson", Form::boolean, "", "Write log lines as JSON."},
    {"log-include-location", "LogIncludeLocation", Form::boolean, "", "Add file and line to log lines."},
    {"server", "Server.Enabled", Form::boolean, "", "Run as a server."},
    {"client", "Client.Enabled", Form::boolean, "", "Run as a client."},
    {"bootstrap-expect", "Server.BootstrapExpect", Form::integer, "number",
     "How many servers to wait for before the first leader is elected. 0 joins a cluster that is there."},
    {"encrypt", "Server.Encrypt", Form::text, "key", "The gossip encryption key, in base64."},
    {"raft-protocol", "Server.RaftProtocol", Form::integer, "number", "The Raft protocol version; only 3."},
    {"rejoin", "Server.RejoinAfterLeave", Form::boolean, "", "Rejoin the cluster after having left it."},
    {"join", "Server.ServerJoin.StartJoin", Form::repeated, "address",
     "A server to join at start; may be repeated. Failing to join any is fatal."},
    {"retry-join", "Server.ServerJoin.RetryJoin", Form::repeated, "address",
     "As -join, but tried again until it works."},
    {"retry-max", "Server.ServerJoin.RetryMax", Form::integer, "number", "Tries of -retry-join; 0: no limit."},
    {"retry-interval", "Server.ServerJoin.RetryInterval", Form::duration, "duration",
     "Time between tries of -retry-join. Default 30s."},
    {"state-dir", "Client.StateDir", Form::text, "path", "Where the client keeps its state."},
    {"alloc-dir", "Client.AllocDir", Form::text, "path", "Where allocations have their directories."},
    {"node-class", "Client.NodeClass", Form::text, "class", "The class of the node, for constraints."},
    {"node-pool", "Client.NodePool", Form::text, "pool", "The pool the node belongs to. Default \"default\"."},
    {"servers", "Client.Servers", Form::comma_list, "addresses", "Servers to register with, separated by commas."},
    {"meta", "Client.Meta", Form::pairs, "key=value", "Metadata of the node; may be repeated."},
    {"network-interface", "Client.NetworkInterface", Form::text, "name", "The interface tasks' ports are on."},
    {"network-speed", "Client.NetworkSpeed", Form::integer, "mbits", "Its speed, where it cannot be found."},
    {"acl-enabled", "Acl.Enabled", Form::boolean, "", "Require tokens."},
    {"acl-replication-token", "Acl.ReplicationToken", Form::text, "token", "Token to replicate ACLs with."},
    {"consul-address", "Consul.address", Form::text, "addr", "Address of the Consul agent."},
    {"vault-enabled", "Vault.enabled", Form::boolean, "", "Use Vault."},
    {"vault-address", "Vault.address", Form::text, "addr", "Address of the Vault server."},
};

// One flag's value under its key.
Result take(const FlagKey& key, Fragment& fragment, std::string_view value) {
  json::value& slot = slot_at(fragment, key.path);
  switch (key.form) {
    case Form::text:
      slot = value;
      return {};
    case Form::boolean: {
      const auto read = parse_bool(value);
      if (!read) return std::unexpected("parse error");
      slot = *read;
      return {};
    }
    case Form::integer: {
      std::int32_t number = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (error == std::errc::result_out_of_range) return std::unexpected("value out of range");
      if (error != std::errc{} || end != value.data() + value.size()) return std::unexpected("parse error");
      slot = number;
      return {};
    }
    case Form::duration: {
      const auto read = core::describe::parse_duration(value);
      if (!read) return std::unexpected("parse error");
      slot = read->count();
      return {};
    }
    case Form::repeated:
    case Form::comma_list:
      if (!slot.is_array()) slot.emplace_array();
      while (!value.empty()) {
        const auto end = key.form == Form::comma_list ? std::min(value.find(','), value.size()) : value.size();
        if (end > 0) slot.get_array().emplace_back(value.substr(0, end));
        value.remove_prefix(std::min(end + 1, value.size()));
      }
      return {};
    case Form::pairs: {
      const auto equals = value.find('=');
      if (equals == std::string_view::npos || equals == 0) return std::unexpected("wanted key=value");
      if (!slot.is_object()) slot.emplace_object();
      slot.get_object()[value.substr(0, equals)] = value.substr(equals + 1);
      return {};
    }
  }
  return {};
}

}  // namespace

Flags agent_flags(AgentFlags& into) {
  Flags flags;
  flags.add("config", into.config_paths,
            "A configuration file, or a directory of .hcl and .json files; may be repeated. Later ones count more.",
            "path");
  flags.add("dev", into.dev, "A server and client in one for development: on loopback, nothing is kept.");
  flags.add("record", into.record.file, "Journal everything that happens to the agent, for `nomad-sim replay`.",
            "file");
  const auto number = [&into](std::int32_t& slot, std::int32_t most) {
    return [&into, &slot, most](std::string_view value) -> Result {
      into.bounds_record = true;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), slot);
      if (error != std::errc{} || end != value.data() + value.size() || slot < 1 || slot > most)
        return std::unexpected("wanted a number from 1 to " + std::to_string(most));
      return {};
    };
  };
  flags.add("record-size", "MiB",
            "The most that -record keeps. Default 1024. Beyond it the oldest eighth goes; what is left cannot be run "
            "again, but its state be followed. The newest two parts stay, whatever a state in them takes.",
            number(into.record.most_mb, 1 << 20));
  flags.add("record-minutes", "number", "Keep about so many minutes of -record. Default: as many as there is room for.",
            number(into.record.minutes, 1 << 20));
  for (const FlagKey& key : keys)
    flags.add(key.name, key.value_name, key.help,
              [&key, &into](std::string_view value) { return take(key, into.fragment, value); });
  return flags;
}

std::expected<AgentFlags, FlagError> parse_agent_flags(std::span<const std::string> arguments) {
  AgentFlags out;
  const auto rest = agent_flags(out).parse(arguments);
  if (!rest) return std::unexpected(rest.error());
  if (!rest->empty())
    return std::unexpected(FlagError{"This command takes no arguments, but got \"" + rest->front() + "\""});
  if (out.bounds_record && out.record.file.empty())
    return std::unexpected(
        FlagError{"-record-size and -record-minutes bound what -record FILE writes, and it is not given"});
  return out;
}

std::expected<AgentSetup, ConfigError> load_agent(const AgentFlags& flags) {
  auto loaded = load_paths(flags.config_paths);
  if (!loaded) return std::unexpected(loaded.error());
  Fragment whole = std::move(loaded->fragment);
  merge(whole, flags.fragment);
  auto config = apply(flags.dev ? dev_config() : AgentConfig{}, whole);
  if (!config) return std::unexpected(ConfigError{{config.error()}});
  return AgentSetup{std::move(*config), std::move(loaded->files), std::move(loaded->warnings), flags.record};
}

}  // namespace agent::config
