// Who is turned away, and how that is told: what others can make happen as often as they like is counted each time, and
// logged once in a while.
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "core/agent/impl.hpp"

namespace core::agent {

// Requests of the API are handed on between regions; all else is a region's own matter, but for the question whether
// the other side lives.
bool Agent::Impl::refused_for_its_region(Now now, const Transport::Asked& asked, world::Effects& effects) {
  const std::string region = transport_.region_of(asked.connection);
  if (region.empty() || region == config_.region) return false;
  if (std::holds_alternative<wire::rpc::RaftPeersWanted>(asked.body)) return false;
  const std::string why =
      fmt::format("this agent is of region \"{}\", and the one that asks is of region \"{}\"", config_.region, region);
  if (asked.call != wire::rpc::CallId{})
    transport_.reply(asked.connection, asked.call, wire::rpc::Failure{"rpc error: " + why}, false, effects);
  tell_of(now, other_regions_, "nomad.rpc", "refusing what is asked", {{"error", why}}, effects);
  return true;
}

void Agent::Impl::connection_refused(Now now, const world::ConnectionRefused& what, world::Effects& effects) {
  static constexpr const char* modules[] = {"nomad.rpc", "nomad.serf", "http"};
  const auto listener = static_cast<std::size_t>(what.listener);
  std::vector<world::LogField> fields{{"error", what.reason}};
  if (what.peer.is_set()) fields.insert(fields.begin(), {"from", what.peer.ip_text()});
  tell_of(now, refused_connections_[listener], modules[listener], "cannot take a connection", std::move(fields),
          effects);
}

// What others make happen as often as they like is told of once in a while.
void Agent::Impl::tell_of(Now now, Often& what, std::string module, std::string message,
                          std::vector<world::LogField> fields, world::Effects& effects) {
  ++what.count;
  if (now.instant < what.tell_again) return;
  const std::uint64_t untold = what.count - std::exchange(what.told, what.count) - 1;
  if (untold != 0) fields.push_back({"and-more-since-the-last-line", std::to_string(untold)});
  what.tell_again = now.instant + tell_interval;
  log(effects, world::LogLevel::error, std::move(module), std::move(message), std::move(fields));
}

std::vector<base::Metric> Agent::Impl::metrics() const {
  std::vector<base::Metric> out = transport_.metrics();
  static constexpr const char* names[] = {"rpc", "serf", "http"};
  for (std::size_t listener = 0; listener < std::size(names); ++listener) {
    out.push_back(base::Metric::counter_of("nomad.refused_connections", refused_connections_[listener].count));
    out.back().labels["listener"] = names[listener];
  }
  out.push_back(base::Metric::counter_of("nomad.rpc.wrong_region", other_regions_.count));
  return out;
}

}  // namespace core::agent
