// The laws of a gossip pool, seen from outside: LEFT and NOFALSE all the time; VIEW and RATE are asked for by the pool,
// once it has had its quiet (GossipPool::settle).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/gossip/events.hpp"
#include "simulator/property/raft_invariants.hpp"

namespace simulator::property {

class GossipInvariants {
 public:
  /// How long a member must have been up and reachable to be safe from suspicion.
  explicit GossipInvariants(core::Duration grace) : grace_(grace) {}

  /// `observer` tells of a member: `effect` is one of the Member... effects.
  void observe(const std::string& observer, core::Instant now, const core::gossip::Effect& effect);
  /// Something was done to the member, so that others may well take it for failed for a while.
  void disturbed(const std::string& member, core::Instant now) { disturbed_[member] = now; }
  /// While datagrams are lost, by chance all that would have saved somebody are among them now and then.
  void losing(double share) { lossy_ = share > 0; }
  /// The member hears nobody for a while that is too short to condemn others in, in a pool that is well and large
  /// enough for it to wait for a second opinion (Lifeguard): `disturbed` for others, but no excuse for itself.
  void stalled(const std::string& member, core::Instant now);
  /// The member begins anew, with nothing remembered.
  void started(const std::string& member);
  /// The member has left in good order, or was killed: until it starts it is gone.
  void ended(const std::string& member) { gone_.insert(member); }

  /// The first that fell.
  const std::optional<Broken>& broken() const { return broken_; }
  void fell(std::string invariant, std::string how);

 private:
  using Pair = std::pair<std::string, std::string>;  // observer and member

  bool quiet(const std::map<std::string, core::Instant>& last, const std::string& member, core::Instant now) const;

  core::Duration grace_;
  bool lossy_ = false;
  std::map<Pair, core::gossip::Incarnation> left_;  // whom the observer knows to have left, at which incarnation
  std::set<std::string> gone_;                      // in truth
  std::map<std::string, core::Instant> disturbed_;
  std::map<std::string, core::Instant> stalled_;
  std::optional<Broken> broken_;
};

}  // namespace simulator::property
