// What a member counts of its own doings, and the names under which memberlist and Serf tell it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/time.hpp"

namespace core::gossip {

/// How often something happened, and what it came to.
struct Tally {
  std::uint64_t count = 0;
  double sum = 0;
  double least = 0;
  double most = 0;
  double squares = 0;  // their sum

  void add(double value = 1) {
    least = count == 0 ? value : std::min(least, value);
    most = count == 0 ? value : std::max(most, value);
    sum += value;
    squares += value * value;
    ++count;
  }
  void add(Duration time) { add(std::chrono::duration<double, std::milli>(time).count()); }
};

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
  Tally slow_probes;                                // because our health is poor
  Tally lone_verdicts;                              // with fewer confirmations than were hoped for
  Tally joined, left, failed, updated, flapped;
  Tally messages_received, messages_sent;
  NamedTallies events, queries;
};

struct Metric {
  enum class Kind { gauge, counter, sample } kind = Kind::gauge;
  std::string name;  // "memberlist.udp.sent"
  std::map<std::string, std::string> labels;
  Tally value;
};

/// All but the gauges, which are of what there is now.
std::vector<Metric> metrics_of(const Counts& counts);

}  // namespace core::gossip
