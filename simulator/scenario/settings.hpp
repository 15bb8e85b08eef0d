// The agent's real settings in a scenario: the keys of its configuration file, read by the types the daemon reads them
// by, refused where the daemon would refuse them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "agent/config/config.hpp"
#include "simulator/scenario/problem.hpp"

namespace simulator {

namespace yaml {
struct Value;
}
struct Reading;

/// What some part of the scenario says of the agents' configuration, and only that.
struct Settings {
  boost::json::object said;  // as agent::config::merge takes it
};

/// `config:` as a mapping of keys, nested as in the agent's configuration file; those of its `server` and `client`
/// blocks may stand without their block where one of them alone has such a key. Or the name of such a file.
void read_settings(const yaml::Value& value, Settings& into, Reading& reading);

/// The defaults with all parts laid over them, in order. `is_server`: else a client.
agent::config::AgentConfig effective_config(bool is_server, const std::vector<const Settings*>& parts);

/// The JSON Schema of what read_settings takes.
boost::json::object settings_schema();

}  // namespace simulator
