#include "core/gossip/config.hpp"

#include "core/gossip/member.hpp"

namespace core::gossip {

Profile Profile::lan() {
  return {.tcp_timeout = 10s,
          .push_pull_interval = 30s,
          .probe_interval = 1s,
          .probe_timeout = 500ms,
          .gossip_interval = 200ms,
          .gossip_to_the_dead = 30s};
}

Profile Profile::wan() {
  Profile profile = lan();
  profile.tcp_timeout = 30s;
  profile.suspicion_mult = 6;
  profile.push_pull_interval = 60s;
  profile.probe_interval = 5s;
  profile.probe_timeout = 3s;
  profile.gossip_interval = 500ms;
  profile.gossip_nodes = 4;
  profile.gossip_to_the_dead = 60s;
  return profile;
}

Profile Profile::local() {
  Profile profile = lan();
  profile.tcp_timeout = 1s;
  profile.indirect_checks = 1;
  profile.retransmit_mult = 2;
  profile.suspicion_mult = 3;
  profile.push_pull_interval = 15s;
  profile.probe_timeout = 200ms;
  profile.gossip_interval = 100ms;
  profile.gossip_to_the_dead = 15s;
  return profile;
}

SerfTiming SerfTiming::nomad() {
  SerfTiming timing;
  timing.reconnect_timeout = std::chrono::hours(72);
  return timing;
}

const char* to_string(MemberStatus status) {
  switch (status) {
    case MemberStatus::alive:
      return "alive";
    case MemberStatus::leaving:
      return "leaving";
    case MemberStatus::left:
      return "left";
    case MemberStatus::failed:
      return "failed";
    case MemberStatus::none:
      break;
  }
  return "none";
}

}  // namespace core::gossip
