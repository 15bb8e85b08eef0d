// Registration: the servers get to know the node (client-internals.md §3).
#include "core/client/impl.hpp"

namespace core::client {
namespace {

constexpr Duration call_patience = 30s;
constexpr Duration register_retry = 15s;
constexpr Duration first_heartbeat_within = 10s;

}  // namespace

void Client::Impl::register_node(Now now, Effects& effects) {
  register_at_ = Instant::never();
  if (is_open(Matter::registration) || !can_call()) return;
  call(now, Matter::registration, wire::rpc::NodeRegister{std::make_shared<const model::Node>(node_)}, call_patience,
       effects);
}

void Client::Impl::registered(Now now, const wire::rpc::NodeHeard& told, Effects& effects) {
  servers_.set(told.servers, rng_);
  if (told.heartbeat_ttl > Duration{}) heartbeat_ttl_ = told.heartbeat_ttl;
  registered_ = true;
  if (told.index > report_life_) {
    report_life_ = told.index;
    report_number_ = 0;
  }
  log(effects, world::LogLevel::info, "node registration complete");
  ever_registered_ = true;
  // It registers as `initializing`; from now on it says `ready`.
  node_.status = model::NodeStatus::ready;
  // No time to live: the servers had given this node up. They take nothing from it until it says `ready` again, and its
  // work is being moved, so that comes at once; otherwise the first heartbeats of many nodes are spread.
  const bool was_down = told.heartbeat_ttl <= Duration{};
  heartbeat_at_ =
      now.instant + (config_.dev || was_down ? Duration{} : rng_.between(Duration{}, first_heartbeat_within));
  if (!is_open(Matter::watch) && !is_open(Matter::pull)) watch_at_ = now.instant;
  if (!unreported_.empty() && report_at_ == Instant::never()) report_at_ = now.instant;
}

void Client::Impl::registration_failed(Now now, const std::string& error, std::optional<Duration> soon,
                                       Effects& effects) {
  log(effects, world::LogLevel::error, "error registering", {{"error", error}});
  register_at_ = now.instant + (soon ? *soon : retry(register_retry));
}

void Client::Impl::register_again(Now now) {
  registered_ = false;
  heartbeat_at_ = watch_at_ = Instant::never();
  if (!is_open(Matter::registration) && register_at_ == Instant::never()) register_at_ = now.instant;
}

}  // namespace core::client
