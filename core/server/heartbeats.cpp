#include "core/server/heartbeats.hpp"

#include <algorithm>
#include <utility>

namespace core::server {

Duration Heartbeats::heard(Now now, const std::string& node_id) {
  // Many nodes beat more slowly, so that the leader hears at most so many a second.
  const Duration by_rate{
      static_cast<std::int64_t>(static_cast<double>(by_node_.size()) / config_.max_per_second * 1e9)};
  const Duration base = std::max(config_.min_ttl, by_rate);
  const Duration ttl = base + rng_.between(Duration{}, base);
  set(node_id, now.instant + ttl + config_.grace);
  return ttl;
}

void Heartbeats::inherit(Now now, const std::string& node_id) { set(node_id, now.instant + config_.failover_ttl); }

void Heartbeats::look_again(Now now, const std::string& node_id) { set(node_id, now.instant + 1s); }

void Heartbeats::set(const std::string& node_id, Instant expires) {
  const auto found = by_node_.find(node_id);
  if (found == by_node_.end()) {
    by_node_.emplace(node_id, by_time_.emplace(expires, node_id).first);
    return;
  }
  auto moved = by_time_.extract(found->second);
  moved.value().first = expires;
  found->second = by_time_.insert(std::move(moved)).position;
}

void Heartbeats::forget(const std::string& node_id) {
  const auto found = by_node_.find(node_id);
  if (found == by_node_.end()) return;
  by_time_.erase(found->second);
  by_node_.erase(found);
}

void Heartbeats::flush() {
  by_node_.clear();
  by_time_.clear();
}

std::vector<std::string> Heartbeats::expired(Now now) {
  std::vector<std::string> out;
  while (!by_time_.empty() && by_time_.begin()->first <= now.instant) {
    out.push_back(by_time_.begin()->second);
    forget(out.back());
  }
  return out;
}

}  // namespace core::server
