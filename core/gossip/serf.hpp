// The members as Serf shows them: what SWIM tells of their life, joined with what they intended
// (reference/gossip-wire.md, sections 21 to 24).
//
// serf.cpp has the members and their intents, serf_sync.cpp what arrives as bytes and goes into a push/pull.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/gossip/broadcast_queue.hpp"
#include "core/gossip/config.hpp"
#include "core/gossip/event_ring.hpp"
#include "core/gossip/lamport.hpp"
#include "core/gossip/member_table.hpp"
#include "core/gossip/node_table.hpp"
#include "core/gossip/queries.hpp"
#include "core/gossip/snapshot.hpp"
#include "core/gossip/ticker.hpp"
#include "core/gossip/turn.hpp"
#include "core/wire/serf/serf_message.hpp"

namespace core::gossip {

class Serf {
 public:
  Serf(const Config& config, Outbox& outbox, Broadcasts& broadcasts)
      : config_(config), outbox_(outbox), broadcasts_(broadcasts), queries_(config, outbox, broadcasts, members_) {}

  void start(Turn& turn);
  /// What an earlier life of ours had seen: its times are not used again, and its events are no news.
  void recover(const Recovered& recovered);

  // What SWIM tells.
  void node_joined(Turn& turn, const Node& node);
  void node_left(Turn& turn, const Node& node);
  void node_updated(Turn& turn, const Node& node);
  void node_refreshed(const Node& node);
  /// Another address claims the name of `node`.
  void name_conflict(Turn& turn, const Node& node);

  /// Tells everybody of something.
  void user_event(Turn& turn, const UserEventRequested& request);
  Queries& queries() { return queries_; }
  const Queries& queries() const { return queries_; }

  /// A user message of memberlist's.
  void user_message(Turn& turn, std::string_view bytes);
  /// Our part of a push/pull.
  std::string state() const;
  /// The other's part. An unreadable one changes nothing.
  void merge(Turn& turn, std::string_view bytes);

  /// We joined somebody: say so.
  void joined(Turn& turn);
  /// Begins a graceful departure: our leave intent, told to the others.
  void leave(Turn& turn);
  void force_leave(Turn& turn, const std::string& name, bool prune);

  /// Reaps, forgets old intents, also those to leave of members that stayed, and prunes. Answers whom to try to reach
  /// again, if anybody.
  std::optional<Member> tick(Turn& turn);
  void arm(Instant now);
  Instant deadline() const;
  /// Names that were forgotten since the last call.
  std::vector<std::string> take_forgotten() { return std::exchange(forgotten_, {}); }

  const MemberTable& members() const { return members_; }
  std::size_t count(MemberStatus status) const { return counts_[static_cast<std::size_t>(status)]; }
  LamportTime member_time() const { return clock_.time(); }
  LamportTime event_time() const { return events_.time(); }
  LamportTime query_time() const { return queries_.ring().time(); }

 private:
  /// An intent that arrived before its member.
  struct BufferedIntent {
    LamportTime time;
    bool leave = false;
    Instant since;
  };

  // Each answers whether the others should hear of it from us.
  bool heed_join(Turn& turn, const std::string& name, LamportTime time);
  bool heed_leave(Turn& turn, const std::string& name, LamportTime time, bool prune);
  bool buffer_intent(Turn& turn, const std::string& name, LamportTime time, bool leave);

  void on(Turn& turn, const wire::serf::JoinIntent& intent);
  void on(Turn& turn, const wire::serf::LeaveIntent& intent);
  void on(Turn& turn, const wire::serf::UserEvent& event);
  void on(Turn& turn, const wire::serf::Query& query) { queries_.on(turn, query); }
  void on(Turn& turn, const wire::serf::QueryResponse& response) { queries_.on(turn, response); }
  void on(Turn& turn, const wire::serf::Relay& relay) { queries_.on(turn, relay); }
  void take_in(Turn& turn, LamportTime time, const wire::serf::EventSlot::Entry& event, bool coalesce, bool tell);

  void tell_leave(Turn& turn);
  void prune(Turn& turn, Member& member);
  void forget(Turn& turn, const std::string& name);
  void reap(Turn& turn);
  std::optional<Member> pick_reconnect(Turn& turn);
  void set_status(Member& member, MemberStatus status);
  void set_leaving(Turn& turn, Member& member);
  void set_back(Member& member);
  void stays(Turn& turn, Member& member);
  void set_gone(Turn& turn, Member& member, MemberStatus status);
  void broadcast(Turn& turn, BroadcastQueue& queue, std::string bytes, Awaited awaited = Awaited::nobody);
  void broadcast_join(Turn& turn, const std::string& name, LamportTime time);

  const Config& config_;    // of the Gossip that owns us
  Outbox& outbox_;          // of Pool
  Broadcasts& broadcasts_;  // of SWIM, below us
  MemberTable members_;
  std::array<std::size_t, 5> counts_{};  // of members, by status
  std::map<std::string, BufferedIntent> intents_;
  std::map<std::string, Instant> prunes_;  // leaving members that are forgotten at that time; never: when they are gone
  std::vector<std::string> forgotten_;
  LamportClock clock_;
  EventRing events_;
  Queries queries_;
  Ticker reap_ticker_;
  Ticker reconnect_ticker_;
  bool leaving_ = false;
};

}  // namespace core::gossip
