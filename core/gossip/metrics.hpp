// What a member counts of its own doings, and the names under which memberlist and Serf tell it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/metric.hpp"

namespace core::gossip {

using base::Metric;
using base::Tally;

/// How often, by a name that others choose: the first `most` different ones, and all together.
class NamedTallies {
 public:
  static constexpr std::size_t most = 64;

  void add(const std::string& name);
  const std::map<std::string, Tally>& by_name() const { return by_name_; }
  const Tally& all() const { return all_; }

 private:
  std::map<std::string, Tally> by_name_;
  Tally all_;
};

/// Since we are a member. Bytes, times in milliseconds, or just how often.
struct Counts {
  Tally udp_sent, udp_received, tcp_sent, tcp_opened, tcp_accepted;
  Tally became_alive, became_suspect, became_dead;  // in our eyes
  Tally probed, synced;                             // the time that it took
  Tally states_sent, states_received;               // of push/pulls, ours and the others'
  Tally moved;                                      // by one answered probe, in our coordinates: milliseconds
  Tally slow_probes;                                // because our health is poor
  Tally lone_verdicts;                              // with fewer confirmations than were hoped for
  Tally joined, left, failed, updated, flapped;
  Tally messages_received, messages_sent;
  NamedTallies events, queries;
};

/// All but the gauges, which are of what there is now.
std::vector<Metric> metrics_of(const Counts& counts);

}  // namespace core::gossip
