// The leader's watch over its nodes: who has not been heard of in time (server-internals.md §9).
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/describe/class.hpp>

#include "core/base/rng.hpp"
#include "core/base/time.hpp"

namespace core::server {

/// Nomad's min_heartbeat_ttl, heartbeat_grace, failover_heartbeat_ttl and max_heartbeats_per_second.
struct HeartbeatConfig {
  Duration min_ttl = 10s;
  Duration grace = 10s;
  Duration failover_ttl = 5min;
  double max_per_second = 50;
};
BOOST_DESCRIBE_STRUCT(HeartbeatConfig, (), (min_ttl, grace, failover_ttl, max_per_second))

class Heartbeats {
 public:
  using Config = HeartbeatConfig;
  Heartbeats(Config config, Rng rng) : config_(config), rng_(rng) {}

  /// The node was heard of. Returns how long it may be silent; the leader waits that and the grace longer.
  Duration heard(Now now, const std::string& node_id);
  /// A new leader knows of the node only from the state: it gets the long failover time.
  void inherit(Now now, const std::string& node_id);
  /// It could not be marked down: its time is over again in a moment.
  void look_again(Now now, const std::string& node_id);
  void forget(const std::string& node_id);
  void flush();
  /// Nodes whose time is over; they are forgotten here.
  std::vector<std::string> expired(Now now);
  Instant deadline() const { return by_time_.empty() ? Instant::never() : by_time_.begin()->first; }
  std::size_t size() const { return by_node_.size(); }

 private:
  void set(const std::string& node_id, Instant expires);

  Config config_;
  Rng rng_;
  // Each node once, in either; what one knows points into the other.
  using ByTime = std::set<std::pair<Instant, std::string>>;
  std::map<std::string, ByTime::iterator> by_node_;
  ByTime by_time_;
};

}  // namespace core::server
