// Membership and failure detection as memberlist does it: SWIM with Lifeguard.
//
// swim.cpp has the rules by which a node's state changes (reference/gossip-wire.md, section 12), swim_probe.cpp
// the probes (13), swim_packet.cpp what goes out and when (16).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/gossip/awareness.hpp"
#include "core/gossip/broadcast_queue.hpp"
#include "core/gossip/config.hpp"
#include "core/gossip/forgotten.hpp"
#include "core/gossip/identity.hpp"
#include "core/gossip/merge_rule.hpp"
#include "core/gossip/node_table.hpp"
#include "core/gossip/outbox.hpp"
#include "core/gossip/prober.hpp"
#include "core/gossip/ticker.hpp"
#include "core/gossip/turn.hpp"
#include "core/wire/serf/message.hpp"

namespace core::gossip {

class Swim {
 public:
  /// What the layer above is to hear of, in order.
  struct Change {
    enum class Kind { joined, left, updated, refreshed, name_conflict } kind;
    std::string name;
  };
  /// A member answered a probe of ours directly.
  struct RoundTrip {
    std::string name;
    Duration time;
    std::string payload;
  };
  /// A ping over a stream that is to be tried beside the helpers, until `deadline`.
  struct TcpPing {
    SeqNo seq_no;
    std::string target;
    Address address;
    Instant deadline;
  };

  Swim(const Config& config, Outbox& outbox, Identities& identities);

  /// We are a member from here on, with incarnation 1.
  void start(Turn& turn);
  void on(Turn& turn, const Address& from, const wire::serf::Ping& ping);
  void on(Turn& turn, const Address& from, const wire::serf::IndirectPing& request);
  void on(Turn& turn, const Address& from, wire::serf::Ack&& ack);
  void on(Turn& turn, const Address& from, const wire::serf::Nack& nack);
  void on(Turn& turn, const Address& from, const wire::serf::Suspect& suspect);
  void on(Turn& turn, const Address& from, const wire::serf::Alive& alive);
  void on(Turn& turn, const Address& from, const wire::serf::Dead& dead);
  void tcp_contact(SeqNo seq_no) { prober_.tcp_contact(seq_no); }
  /// Takes in what another knows. Nothing that is gone comes back by it, and nobody is killed by it.
  void merge(Turn& turn, std::vector<wire::serf::NodeState> nodes);
  /// New metadata of our own, told to all.
  void set_meta(Turn& turn, std::string meta);
  /// Says that we leave. False if nobody is there to hear it.
  bool leave(Turn& turn);
  /// Forgets a node that is gone, all but what keeps old news of it from bringing it back.
  void forget(Turn& turn, const std::string& name);

  /// Does what is due.
  void tick(Turn& turn);
  /// Sets the alarms; called last in each turn.
  void arm(Instant now);
  Instant deadline() const;

  /// All nodes, as the rows of a push/pull.
  void append_states(std::string& to) const;
  std::vector<Change> take_changes() { return std::exchange(changes_, {}); }
  std::vector<TcpPing> take_tcp_pings() { return std::exchange(tcp_pings_, {}); }
  /// Those before, of one that is in the table.
  RoundTrips* round_trips_to(std::string_view name);
  std::optional<RoundTrip> take_round_trip() { return std::exchange(round_trip_, std::nullopt); }
  /// What our acks carry.
  void set_ack_payload(std::string payload) { ack_payload_ = std::move(payload); }
  const Node* find(std::string_view name) const { return table_.find(name); }
  /// Something is about to be said of it.
  void expect(std::string_view name) const { table_.expect(name); }
  const NodeTable& table() const { return table_; }
  /// A random living member other than ourselves.
  const Node* random_peer(Turn& turn);
  bool has_living_peers() const;
  int health() const { return awareness_.score(); }
  Broadcasts& broadcasts() { return broadcasts_; }
  const Broadcasts& broadcasts() const { return broadcasts_; }
  /// Members as Serf counts them, which sets how often its messages are told.
  void set_serf_members(std::size_t count) { serf_members_ = count; }

 private:
  struct RelayedPing {
    Address requester;
    SeqNo requested;
    bool nack = false;
    Instant expires;
  };

  // swim.cpp: the rules
  Node& self() { return *self_; }
  /// Members other than ourselves that have not left: whom to probe, or to tell.
  std::size_t others() const;
  void alive(Turn& turn, const wire::serf::Alive& alive);
  void accept(Turn& turn, Node& node, const std::shared_ptr<const Identity>& identity, Incarnation incarnation);
  /// True if the claim's address may stand for the node.
  bool may_have_address(Turn& turn, const Node& node, const Address& address) const;
  void suspect(Turn& turn, const wire::serf::Suspect& suspect);
  void dead(Turn& turn, const wire::serf::Dead& dead);
  void refute(Turn& turn, Incarnation accused, const std::string& what);
  void end_suspicion(Node& node);
  void expire_suspicions(Turn& turn);
  /// Tells a member why what it says of itself is not believed (memberlist#311); `last` is when we did so before.
  void accuse(Turn& turn, const wire::serf::Dead& accusation, const Address& address, Instant& last);
  int patience_with(Turn& turn, const Node& node) const;
  void announce(const Node& node, Awaited awaited = Awaited::nobody);

  // swim_probe.cpp
  void start_probe(Turn& turn);
  void ask_helpers(Turn& turn);
  void end_probe(Turn& turn);
  void expire_relayed_pings(Turn& turn);
  wire::serf::Ping ping_of_ours(SeqNo seq_no, std::string node) const;

  // swim_packet.cpp
  /// With as many broadcasts behind it as fit.
  void send(Turn& turn, const Address& to, std::string message);
  void gossip(Turn& turn);
  void take_broadcasts(std::size_t room, wire::serf::Compound& out);

  const Config& config_;  // of the Gossip that owns us
  Outbox& outbox_;
  Identities& identities_;
  NodeTable table_;
  Node* self_ = nullptr;  // in the table, where it stays; before the start null
  Awareness awareness_;
  Prober prober_;
  Broadcasts broadcasts_;
  Forgotten forgotten_;
  std::map<SeqNo, RelayedPing> relayed_;
  std::set<std::pair<Instant, std::string>> suspicion_ends_;
  SeqNo last_seq_no_;
  bool leaving_ = false;
  Instant objected_ = long_ago;  // when we last said directly that we have long since objected
  std::size_t serf_members_ = 1;
  Ticker probe_ticker_;
  Ticker gossip_ticker_;
  std::vector<Change> changes_;
  std::vector<TcpPing> tcp_pings_;
  std::optional<RoundTrip> round_trip_;  // one probe at a time
  std::optional<std::string> ack_payload_;
};

}  // namespace core::gossip
