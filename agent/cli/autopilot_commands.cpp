// operator autopilot get-config, set-config, health.
#include <algorithm>

#include <fmt/format.h>
#include <boost/json/object.hpp>

#include "agent/cli/commands.hpp"
#include "agent/cli/server_format.hpp"
#include "core/describe/text.hpp"

namespace agent::cli {
namespace {

constexpr const char* configuration_path = "/v1/operator/autopilot/configuration";

void set_if(boost::json::object& body, const char* name, const std::optional<bool>& value) {
  if (value) body[name] = *value;
}
void set_if(boost::json::object& body, const char* name, const std::optional<std::int64_t>& value) {
  if (value) body[name] = *value;
}
void set_if(boost::json::object& body, const char* name, const std::optional<std::string>& value) {
  if (value) body[name] = *value;
}

}  // namespace

int autopilot_get_config(Call& call) {
  call.formats();
  if (!call.parse()) return call.exit();
  if (!call.args.empty()) return call.usage("This command takes no arguments");
  auto config = call.api().get(configuration_path);
  if (!config) return call.fail("Error querying Autopilot configuration: " + config.error().text);
  if (call.wants_format()) return call.print_formatted(*config);
  call.output(format_autopilot_config(*config));
  return 0;
}

int autopilot_set_config(Call& call) {
  std::optional<bool> cleanup, zones, no_migration, upgrades;
  std::optional<std::string> contact, stabilization;
  std::optional<std::int64_t> trailing, quorum;
  call.flags.add("cleanup-dead-servers", cleanup, "Remove servers that have failed.");
  call.flags.add("last-contact-threshold", contact, "How long a healthy server may be out of contact with the leader.",
                 "duration");
  call.flags.add("max-trailing-logs", trailing, "How many log entries a healthy server may lack.");
  call.flags.add("min-quorum", quorum, "How many voters stay, whatever becomes of them.");
  call.flags.add("server-stabilization-time", stabilization, "How long a new server has to be healthy before it votes.",
                 "duration");
  call.flags.add("enable-redundancy-zones", zones, "Kept, and without effect.");
  call.flags.add("disable-upgrade-migration", no_migration, "Kept, and without effect.");
  call.flags.add("enable-custom-upgrades", upgrades, "Kept, and without effect.");
  if (!call.parse()) return call.exit();
  if (!call.args.empty()) return call.usage("This command takes no arguments");
  for (const auto& [name, text] :
       {std::pair{"last-contact-threshold", contact}, std::pair{"server-stabilization-time", stabilization}})
    if (text && !core::describe::parse_duration(*text))
      return call.fail(
          fmt::format("invalid value {} for flag -{}: wanted a duration such as \"200ms\"", quoted(*text), name));
  auto config = call.api().get(configuration_path);
  if (!config) return call.fail("Error querying for Autopilot configuration: " + config.error().text);
  if (!config->is_object()) return call.fail("Error querying for Autopilot configuration: no object came");
  boost::json::object& body = config->get_object();
  set_if(body, "CleanupDeadServers", cleanup);
  set_if(body, "LastContactThreshold", contact);
  set_if(body, "MaxTrailingLogs", trailing);
  set_if(body, "MinQuorum", quorum);
  set_if(body, "ServerStabilizationTime", stabilization);
  set_if(body, "EnableRedundancyZones", zones);
  set_if(body, "DisableUpgradeMigration", no_migration);
  set_if(body, "EnableCustomUpgrades", upgrades);
  // Nobody else's change since it was read is undone.
  const Query query{{"cas", std::to_string(number(*config, "ModifyIndex"))}};
  auto done = call.api().put(configuration_path, query, &*config);
  if (!done) return call.fail("Error setting Autopilot configuration: " + done.error().text);
  const bool updated = truth(*done);
  // On standard output either way, as Nomad tells it.
  call.output(updated ? "Configuration updated!" : "Configuration could not be atomically updated, please try again");
  return updated ? 0 : 1;
}

int autopilot_health(Call& call) {
  call.formats();
  if (!call.parse()) return call.exit();
  if (!call.args.empty()) return call.usage("This command takes no arguments");
  auto health = call.api().get_any("/v1/operator/autopilot/health", {429});
  if (!health) return call.fail("Error querying Autopilot health: " + health.error().text);
  // Scripts look at the exit code alone.
  const int exit = truth(*health, "Healthy") ? 0 : 1;
  if (call.wants_format()) return std::max(exit, call.print_formatted(*health));
  call.output(format_autopilot_health(*health));
  return exit;
}

}  // namespace agent::cli
