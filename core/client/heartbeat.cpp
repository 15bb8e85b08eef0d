// Heartbeats, at the pace the servers ask for (client-internals.md §3).
#include <algorithm>

#include "core/client/impl.hpp"
#include "core/describe/text.hpp"

namespace core::client {
namespace {

// The servers wait servers_grace beyond the TTL, in which a server that does not answer must leave time for two others
// (nomad#17974: a leader that could not be reached for half a minute cost every client its allocations).
constexpr Duration call_patience = 3s;
constexpr Duration register_retry = 15s;
constexpr Duration default_ttl = 10s;    // when a server names none
constexpr Duration servers_grace = 10s;  // by which servers wait beyond the TTL

}  // namespace

void Client::Impl::heartbeat(Now now, Effects& effects) {
  heartbeat_at_ = Instant::never();
  if (!registered_ || is_open(Matter::heartbeat) || leaving_ == Leaving::saying_down || !can_call()) return;
  call(now, Matter::heartbeat, wire::rpc::NodeHeartbeat{node_.id, node_.secret_id, model::NodeStatus::ready},
       call_patience, effects);
}

void Client::Impl::heard(Now now, const wire::rpc::NodeHeard& told, Effects& effects) {
  servers_.set(told.servers, rng_);
  const Duration old_ttl = heartbeat_ttl_;
  heartbeat_ttl_ = told.heartbeat_ttl > Duration{} ? told.heartbeat_ttl : default_ttl;
  if (last_heartbeat_ && now.instant - *last_heartbeat_ > old_ttl + servers_grace)
    log(effects, world::LogLevel::warn, "missed heartbeat",
        {{"heartbeat_ttl", describe::duration_text(old_ttl)},
         {"since_last_heartbeat", describe::duration_text(now.instant - *last_heartbeat_)}});
  last_heartbeat_ = now.instant;
  heartbeat_at_ = now.instant + heartbeat_ttl_;
  // A server answers again: what waits because none did need not wait on.
  if (watch_at_ != Instant::never() && watch_at_ > now.instant) watch_at_ = now.instant;
  if (report_at_ != Instant::never() && report_at_ > now.instant && !unreported_.empty()) report_at_ = now.instant;
}

void Client::Impl::heartbeat_failed(Now now, const std::string& error, std::optional<Duration> soon, Effects& effects) {
  if (error.find("node not found") != std::string::npos) {
    log(effects, world::LogLevel::info, "re-registering node");
    return register_again(now);
  }
  const Duration wait = soon ? *soon : heartbeat_retry(now, error);
  log(effects, world::LogLevel::error, "error heartbeating. retrying",
      {{"error", error}, {"period", describe::duration_text(wait)}});
  heartbeat_at_ = now.instant + wait;
}

Duration Client::Impl::heartbeat_retry(Now now, const std::string& error) {
  if (config_.dev) return 1s;
  // After a change of leader the servers wait much longer for everybody: no need to press the new one.
  if (!last_heartbeat_ || error.find("No cluster leader") != std::string::npos) return retry(register_retry);
  Duration left = *last_heartbeat_ + heartbeat_ttl_ - now.instant;
  if (left < -30s)
    left = -left;  // the longer it lasts, the less often
  else if (left < Duration{})
    return 1s + rng_.between(Duration{}, 1s);
  const Duration wait = left > Duration{} ? rng_.between(Duration{}, left) : Duration{};
  if (wait < 1s) return 1s + rng_.between(Duration{}, 1s);
  if (wait > 30s) return 25s + rng_.between(Duration{}, 5s);
  return wait;
}

}  // namespace core::client
