#include "core/gossip/metrics.hpp"

namespace core::gossip {
namespace {

using Kind = Metric::Kind;

// As a part of a metric's name, in any system that reads it: two names that such a system would take for one are one,
// and no byte is left that is none of its letters.
std::string clean(std::string name) {
  for (char& c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter) c = '_';
  }
  return name;
}

void add_by_name(std::vector<Metric>& out, const std::string& family, const NamedTallies& tallies) {
  for (const auto& [name, tally] : tallies.by_name()) out.push_back({Kind::counter, family + "." + name, {}, tally});
  out.push_back({Kind::counter, family, {}, tallies.all()});
}

}  // namespace

void NamedTallies::add(const std::string& name) {
  all_.add();
  const std::string cleaned = clean(name);
  if (by_name_.size() < most || by_name_.contains(cleaned)) by_name_[cleaned].add();
}

std::vector<Metric> metrics_of(const Counts& counts) {
  std::vector<Metric> out{
      {Kind::counter, "memberlist.udp.sent", {}, counts.udp_sent},
      {Kind::counter, "memberlist.udp.received", {}, counts.udp_received},
      {Kind::counter, "memberlist.tcp.sent", {}, counts.tcp_sent},
      {Kind::counter, "memberlist.tcp.connect", {}, counts.tcp_opened},
      {Kind::counter, "memberlist.tcp.accept", {}, counts.tcp_accepted},
      {Kind::counter, "memberlist.msg.alive", {}, counts.became_alive},
      {Kind::counter, "memberlist.msg.suspect", {}, counts.became_suspect},
      {Kind::counter, "memberlist.msg.dead", {}, counts.became_dead},
      {Kind::counter, "memberlist.degraded.probe", {}, counts.slow_probes},
      {Kind::counter, "memberlist.degraded.timeout", {}, counts.lone_verdicts},
      {Kind::sample, "memberlist.probeNode", {}, counts.probed},
      {Kind::sample, "memberlist.pushPullNode", {}, counts.synced},
      {Kind::sample, "memberlist.size.local", {}, counts.states_sent},
      {Kind::sample, "memberlist.size.remote", {}, counts.states_received},
      {Kind::counter, "serf.member.join", {}, counts.joined},
      {Kind::counter, "serf.member.left", {}, counts.left},
      {Kind::counter, "serf.member.failed", {}, counts.failed},
      {Kind::counter, "serf.member.update", {}, counts.updated},
      {Kind::counter, "serf.member.flap", {}, counts.flapped},
      {Kind::sample, "serf.coordinate.adjustment-ms", {}, counts.moved},
      {Kind::sample, "serf.msgs.received", {}, counts.messages_received},
      {Kind::sample, "serf.msgs.sent", {}, counts.messages_sent},
  };
  add_by_name(out, "serf.events", counts.events);
  add_by_name(out, "serf.queries", counts.queries);
  return out;
}

}  // namespace core::gossip
