// Who the servers are: gossip, and what its members' tags say of them (server-internals.md §3).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/gossip/gossip.hpp"
#include "core/server/server.hpp"

namespace core::server {

/// A gossip member that is a Nomad server.
struct ServerMember {
  std::string id;    // its Raft id
  std::string name;  // "node-1.global"
  std::string region;
  std::string datacenter;
  Address rpc;
  gossip::MemberStatus status = gossip::MemberStatus::none;
  std::uint32_t expect = 0;

  bool alive() const { return status == gossip::MemberStatus::alive; }
  bool gone() const { return status == gossip::MemberStatus::left; }
};

/// Nothing when the tags are not those of a sound Nomad server.
std::optional<ServerMember> server_of(const gossip::Member& member);

class Membership {
 public:
  Membership(const Config& config, const std::string& server_id, Rng rng);

  /// What gossip said to our parts rather than to the network.
  struct News {
    bool members_changed = false;
    std::vector<std::string> reaped_ids;  // servers forgotten for good
    std::vector<gossip::JoinFinished> joins;
    bool left = false;
  };
  void handle(Now now, const gossip::Event& event, world::Effects& effects, News& news);
  Instant deadline() const { return gossip_.deadline(); }

  const gossip::Gossip& gossip() const { return gossip_; }
  /// The servers of our own region, by Raft id; whatever their status.
  const std::map<std::string, ServerMember>& region_servers() const { return region_; }
  const ServerMember* find(const std::string& server_id) const;
  const ServerMember* find_by_rpc(const Address& rpc) const;

 private:
  void update(const gossip::Member& member);

  std::string region_name_;
  std::map<std::string, ServerMember> region_;
  gossip::Gossip gossip_;
};

}  // namespace core::server
