// What a gossip agent is told at its start: who it is, and the numbers of memberlist and Serf
// (reference/gossip-wire.md, sections 19 and 29).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "core/base/address.hpp"
#include "core/base/time.hpp"

namespace core::gossip {

/// memberlist's settings.
struct Profile {
  Duration tcp_timeout;  ///< for a whole exchange over a stream
  int indirect_checks = 3;
  int retransmit_mult = 4;
  int suspicion_mult = 4;
  int suspicion_max_timeout_mult = 6;
  Duration push_pull_interval;
  Duration probe_interval;
  Duration probe_timeout;
  int awareness_max = 8;  ///< the health score stays below it
  Duration gossip_interval;
  int gossip_nodes = 3;
  Duration gossip_to_the_dead;  ///< for how long the dead are still told
  std::size_t packet_bytes = 1400;
  /// After which a dead member's name may come from another address; 0: when it is no longer told of its death.
  Duration dead_node_reclaim{};
  bool tell_suspects_first = true;  ///< Lifeguard's buddy system
  bool damp_flapping = true;        ///< more patience with members that keep coming back from the dead

  static Profile lan();
  static Profile wan();  ///< Nomad's
  static Profile local();
};
BOOST_DESCRIBE_STRUCT(Profile, (),
                      (tcp_timeout, indirect_checks, retransmit_mult, suspicion_mult, suspicion_max_timeout_mult,
                       push_pull_interval, probe_interval, probe_timeout, awareness_max, gossip_interval, gossip_nodes,
                       gossip_to_the_dead, packet_bytes, dead_node_reclaim, tell_suspects_first, damp_flapping))

/// Serf's settings. The defaults are the library's; `nomad()` has Nomad's.
struct SerfTiming {
  Duration reap_interval = std::chrono::seconds(15);
  Duration reconnect_interval = std::chrono::seconds(30);
  Duration reconnect_timeout = std::chrono::hours(24);  ///< a failed member is forgotten after it
  Duration tombstone_timeout = std::chrono::hours(24);  ///< one that left
  Duration broadcast_timeout = std::chrono::seconds(5);
  Duration leave_propagate_delay = std::chrono::seconds(1);
  Duration recent_intent_timeout = std::chrono::minutes(5);
  int query_timeout_mult = 16;
  Duration flap_timeout = std::chrono::seconds(60);  ///< a return within it counts as a flap

  static SerfTiming nomad();
};
BOOST_DESCRIBE_STRUCT(SerfTiming, (),
                      (reap_interval, reconnect_interval, reconnect_timeout, tombstone_timeout, broadcast_timeout,
                       leave_propagate_delay, recent_intent_timeout, query_timeout_mult, flap_timeout))

/// Who may be in the pool.
enum class MergeRule {
  any,
  nomad_servers_only,  ///< Nomad's merge delegate: tags of a sound Nomad server, or the join is refused
};
BOOST_DESCRIBE_ENUM(MergeRule, any, nomad_servers_only)

struct Config {
  std::string name;
  Address advertise;
  std::map<std::string, std::string> tags;
  Profile profile = Profile::wan();
  SerfTiming serf = SerfTiming::nomad();
  MergeRule merge_rule = MergeRule::nomad_servers_only;
  std::uint8_t serf_protocol = 4;  ///< Serf's library default, and Nomad's
  bool compress = true;            ///< what we send; each packet says whether it is
  bool coordinates = true;         ///< Vivaldi's, exchanged with probes
  /// Whether to ask the pool who owns our name when another claims it; Nomad does not.
  bool resolve_name_conflicts = false;

  // Encryption (reference/gossip-wire.md, section 10).
  std::vector<std::string> keys;  ///< raw, the primary first; none: the pool is in clear
  bool keyring_file = false;      ///< a changed keyring is to be written down before it is confirmed
  std::string label;              ///< of the pool, on each packet
  bool skip_label_check = false;
  bool verify_incoming = true;
  bool verify_outgoing = true;

  // What an earlier life wrote down (section 27).
  bool keep_snapshot = false;
  std::string snapshot;  ///< the file's text
  bool rejoin_after_leave = false;
};
BOOST_DESCRIBE_STRUCT(Config, (),
                      (name, advertise, tags, profile, serf, merge_rule, serf_protocol, compress, coordinates,
                       resolve_name_conflicts, keys, keyring_file, label, skip_label_check, verify_incoming,
                       verify_outgoing, keep_snapshot, snapshot, rejoin_after_leave))

inline constexpr std::uint8_t crc_since = 5;  ///< memberlist protocol that knows the CRC header

// Limits on what others make us keep.
inline constexpr std::size_t max_members = 1 << 16;
inline constexpr std::size_t max_name_bytes = 255;
inline constexpr std::size_t max_buffered_intents = 4096;
inline constexpr std::size_t max_inbound_streams = 128;     // memberlist's limit of concurrent push/pulls
inline constexpr std::size_t max_inbound_bytes = 64 << 20;  // held for all streams together
inline constexpr std::size_t max_relayed_pings = 1024;
inline constexpr std::size_t max_queued_broadcasts = 4096;  // of each of Serf's queues
inline constexpr std::size_t max_events_per_slot = 64;      // different events or queries of one Lamport time
inline constexpr std::size_t max_user_message_bytes = 9216;
inline constexpr std::size_t max_join_addresses = 256;
inline constexpr std::size_t max_forgotten = 4096;     // members remembered as gone after they were forgotten
inline constexpr std::size_t max_open_queries = 256;   // of others, which the application may still answer
inline constexpr std::size_t max_asked_queries = 256;  // of ours
inline constexpr std::size_t max_user_event_bytes = 512;
inline constexpr std::size_t max_query_bytes = 1024;
inline constexpr std::size_t max_query_response_bytes = 1024;
inline constexpr std::size_t max_filter_expression_bytes = 512;
inline constexpr std::size_t max_snapshot_bytes = 64 << 20;

}  // namespace core::gossip
