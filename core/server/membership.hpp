// Who the servers are: gossip, and what its members' tags say of them (server-internals.md §3).
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <set>
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
  std::string build;  // its version

  bool alive() const { return status == gossip::MemberStatus::alive; }
  bool gone() const { return status == gossip::MemberStatus::left; }
};

/// Nothing when the tags are not those of a sound Nomad server.
std::optional<ServerMember> server_of(const gossip::Member& member);

/// What an earlier life of the pool's member left on the disk.
struct GossipFiles {
  std::optional<std::string> keyring;
  std::string snapshot;
};

class Membership {
 public:
  /// The keys in `files` have been read before, by `read_keyring`.
  Membership(const Config& config, const std::string& server_id, const GossipFiles& files, Rng rng);

  static constexpr const char* keyring_file = "serf.keyring";
  static constexpr const char* snapshot_file = "snapshot";
  static std::string snapshot_directory(const Config& config) { return config.directory + "/serf"; }
  /// The raw keys of a keyring file, or why it is none.
  static std::expected<std::vector<std::string>, std::string> read_keyring(const std::string& text);
  static std::string keyring_text(const std::vector<std::string>& keys);

  /// What gossip said to our parts rather than to the network.
  struct News {
    bool members_changed = false;
    std::vector<std::string> reaped_ids;  // servers forgotten for good
    std::vector<gossip::JoinFinished> joins;
    bool left = false;
    std::vector<gossip::KeysFinished> keys;
    /// To be carried out in order. What becomes of a keyring is told by KeyringWritten.
    struct Write {
      enum class Of { snapshot, first_keyring, keyring } of = Of::snapshot;
      std::vector<world::DiskOp> ops;
    };
    std::vector<Write> writes;
  };
  /// What a first start has to write down before it begins.
  std::optional<News::Write> first_write() const;
  void handle(Now now, const gossip::Event& event, world::Effects& effects, News& news);
  Instant deadline() const { return gossip_.deadline(); }

  const gossip::Gossip& gossip() const { return gossip_; }
  /// The servers of our own region, by Raft id; whatever their status.
  const std::map<std::string, ServerMember>& region_servers() const { return region_; }
  const ServerMember* find(const std::string& server_id) const;
  const ServerMember* find_by_rpc(const Address& rpc) const;
  /// How often a living server was met under the id of another living one.
  std::uint64_t duplicate_ids() const { return duplicate_ids_; }

 private:
  void update(const gossip::Member& member, world::Effects& effects);
  void bears(const std::string& name, const std::string& id);
  void bears_none(const std::string& name);
  News::Write keyring_write(News::Write::Of of, const std::vector<std::string>& keys) const;
  News::Write snapshot_write(gossip::SnapshotAppended& appended);
  News::Write snapshot_write(gossip::SnapshotReplaced& replaced);

  bool keeps_files_ = true;
  std::string directory_;
  std::string snapshot_directory_;
  std::uint64_t snapshot_bytes_ = 0;
  std::vector<std::string> first_keys_;  // given, and not yet on the disk
  std::string region_name_;
  std::map<std::string, ServerMember> region_;
  // Of the members that say they are servers of this region, by name what id they bear, and by id who does: mostly one.
  std::map<std::string, std::string> id_of_;
  std::map<std::string, std::set<std::string>> bearers_;
  std::uint64_t duplicate_ids_ = 0;
  gossip::Gossip gossip_;
};

}  // namespace core::server
