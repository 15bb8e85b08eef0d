// Autopilot: its settings, and how the servers do (http-api.md §7).
#include <algorithm>
#include <initializer_list>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include "core/api/routes.hpp"
#include "core/describe/text.hpp"

namespace core::api {
namespace {

namespace json = boost::json;

json::object shown(const model::AutopilotConfig& config) {
  return {{"LastContactThreshold", describe::duration_text(config.last_contact_threshold)},
          {"ServerStabilizationTime", describe::duration_text(config.server_stabilization_time)},
          {"CleanupDeadServers", config.cleanup_dead_servers},
          {"MaxTrailingLogs", config.max_trailing_logs},
          {"MinQuorum", config.min_quorum},
          {"EnableRedundancyZones", config.enable_redundancy_zones},
          {"DisableUpgradeMigration", config.disable_upgrade_migration},
          {"EnableCustomUpgrades", config.enable_custom_upgrades},
          {"CreateIndex", config.create_index},
          {"ModifyIndex", config.modify_index}};
}

// To the nearest second, as Nomad tells it.
WallTime rounded(WallTime time) {
  constexpr std::int64_t second = 1'000'000'000;
  if (time.is_set()) time.unix_ns = (time.unix_ns + second / 2) / second * second;
  return time;
}

Answer unreadable(std::string_view name, const json::value& found, std::string_view wanted) {
  return failure(400, fmt::format("Error parsing autopilot config: {}: found {}, wanted {}", name,
                                  json_text(found, false), wanted));
}

/// Reads the members of a body into a configuration; the first that is wrong is told.
class Reader {
 public:
  explicit Reader(const json::object& body) : body_(body) {}

  void flag(std::string_view name, bool& into) {
    const json::value* value = next(name);
    if (value == nullptr) return;
    if (!value->is_bool()) return refuse(name, *value, "true or false");
    into = value->get_bool();
  }
  void count(std::string_view name, std::uint64_t& into) {
    const json::value* value = next(name);
    if (value == nullptr) return;
    if (!value->is_int64() || value->get_int64() < 0) return refuse(name, *value, "a whole number, 0 or more");
    into = static_cast<std::uint64_t>(value->get_int64());
  }
  // "200ms"; or nanoseconds, as Go's own encoder writes them.
  void duration(std::string_view name, Duration& into) {
    const json::value* value = next(name);
    if (value == nullptr) return;
    std::optional<Duration> read;
    if (value->is_string()) read = describe::parse_duration(value->get_string());
    if (value->is_int64()) read = Duration{value->get_int64()};
    if (!read || *read < Duration{}) return refuse(name, *value, "a duration such as \"200ms\", not negative");
    into = *read;
  }
  /// After all members that there may be.
  std::optional<Answer> wrong(std::initializer_list<std::string_view> ignored) {
    for (const std::string_view name : ignored) next(name);
    if (wrong_) return wrong_;
    if (known_ == body_.size()) return std::nullopt;
    for (const auto& [name, value] : body_)
      if (std::find(read_.begin(), read_.end(), &value) == read_.end())
        return failure(400, fmt::format("Error parsing autopilot config: unknown key \"{}\"",
                                        std::string_view(name.data(), name.size())));
    return std::nullopt;
  }

 private:
  const json::value* next(std::string_view name) {
    const json::value* value = member(body_, name);
    if (value == nullptr) return nullptr;
    ++known_;
    read_.push_back(value);
    return value->is_null() ? nullptr : value;
  }
  void refuse(std::string_view name, const json::value& found, std::string_view wanted) {
    if (!wrong_) wrong_ = unreadable(name, found, wanted);
  }

  const json::object& body_;
  std::size_t known_ = 0;
  std::vector<const json::value*> read_;
  std::optional<Answer> wrong_;
};

}  // namespace

Outcome autopilot_configuration(Call& call) { return json_answer(call, shown(call.view.autopilot_config())); }

// What the body leaves out stays as it is.
Outcome autopilot_configure(Call& call) {
  const auto body = body_object(call.request);
  if (!body) return body.error();
  model::AutopilotConfig config = call.view.autopilot_config();
  Reader reader(*body);
  reader.flag("CleanupDeadServers", config.cleanup_dead_servers);
  reader.duration("LastContactThreshold", config.last_contact_threshold);
  reader.count("MaxTrailingLogs", config.max_trailing_logs);
  reader.count("MinQuorum", config.min_quorum);
  reader.duration("ServerStabilizationTime", config.server_stabilization_time);
  reader.flag("EnableRedundancyZones", config.enable_redundancy_zones);
  reader.flag("DisableUpgradeMigration", config.disable_upgrade_migration);
  reader.flag("EnableCustomUpgrades", config.enable_custom_upgrades);
  if (auto wrong = reader.wrong({"CreateIndex", "ModifyIndex"})) return *wrong;
  std::optional<std::uint64_t> cas;
  if (call.query.has("cas")) {
    const auto index = call.query.number("cas", 0);
    if (!index || call.query.get("cas").empty())
      return failure(400, fmt::format("Error parsing cas value: found \"{}\", wanted an index", call.query.get("cas")));
    cas = *index;
  }
  const bool pretty = call.query.pretty();
  // What is left out must be as it was read, or another's change would be undone.
  const bool again = !cas;
  return Write{state::SetAutopilotConfig{config, cas.value_or(config.modify_index), call.now.wall},
               [pretty](std::uint64_t, const state::Applied& applied, const state::State&) {
                 return json_answer(json::value(applied.error.empty()), pretty);
               },
               again};
}

Outcome autopilot_health(Call& call) {
  const AutopilotHealth health = call.view.autopilot_health();
  json::array servers, voters;
  std::string leader;
  for (const AutopilotServer& server : health.servers) {
    if (server.leader) leader = server.id;
    if (server.voter) voters.emplace_back(server.id);
    servers.push_back(json::object{{"ID", server.id},
                                   {"Name", server.name},
                                   {"Address", server.address},
                                   {"SerfStatus", server.serf_status},
                                   {"Version", server.version},
                                   {"Leader", server.leader},
                                   {"LastContact", describe::duration_text(server.last_contact)},
                                   {"LastTerm", server.last_term},
                                   {"LastIndex", server.last_index},
                                   {"Healthy", server.healthy},
                                   {"Voter", server.voter},
                                   {"StableSince", describe::wall_time_text(rounded(server.stable_since))}});
  }
  // Tools that look at the status alone are told as well.
  return json_answer(call,
                     json::object{{"Healthy", health.healthy},
                                  {"FailureTolerance", health.failure_tolerance},
                                  {"Servers", std::move(servers)},
                                  {"Leader", std::move(leader)},
                                  {"Voters", std::move(voters)}},
                     health.healthy ? 200 : 429);
}

}  // namespace core::api
