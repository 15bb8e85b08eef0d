// What Raft does, under hashicorp/raft's names: it looks on, at each event that Raft is told of and each effect that it
// answers with. Times are of the events' own clock, in milliseconds, so that what is done within one event takes none.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/metric.hpp"
#include "core/raft/raft.hpp"

namespace core::server {

class RaftMetrics {
 public:
  static constexpr std::size_t max_waiting = 64;    // messages that are not answered yet
  static constexpr std::size_t max_marks = 4096;    // of the log's age
  static constexpr std::uint64_t mark_every = 256;  // entries

  /// A server starts, with that log.
  void begin(Instant now, const raft::Raft& raft);
  /// Raft is about to be told of this.
  void told(Instant now, const raft::Event& event, const raft::Raft& raft);
  /// Raft said this.
  void said(Instant now, const raft::Effect& effect, const raft::Raft& raft);
  /// All that it said is done.
  void look(Instant now, const raft::Raft& raft);
  /// Another command is in the state.
  void applied() { fsm_apply_.add(Duration{}); }
  /// A new leader has all of the log applied.
  void caught_up() { ++barrier_; }

  std::vector<base::Metric> metrics(Instant now, const raft::Raft& raft) const;

 private:
  enum class Kind : std::uint8_t { append_entries, heartbeat, request_vote };
  struct Waiting {
    Kind kind;
    raft::SharedId from;
    std::uint64_t key;  // comes back with the answer
    Instant since;
  };
  struct Arriving {  // the message that Raft is being told of; most are answered at once
    Kind kind;
    const raft::SharedId* from;
    std::uint64_t key;
  };
  struct Write {
    raft::PersistSequence sequence;
    Instant since;
    bool entries;
    bool as_leader;
  };
  struct Appended {  // by this leader, and not committed
    raft::Index first, last;
    Instant at;
  };
  struct Mark {  // this entry and those after it are no older
    raft::Index index;
    Instant at;
  };
  struct Peer {
    base::Tally appends, entries, heartbeats, snapshots;
    std::optional<Instant> sending;  // a snapshot, since then
  };

  void on_message(Instant now, const raft::MessageReceived& event, const raft::Raft& raft);
  void on_send(Instant now, const raft::Send& send);
  void keep_waiting(Instant now);
  void answered(Kind kind, const raft::ServerId& to, std::uint64_t key, Instant now, base::Tally& tally);
  void on_persist(Instant now, const raft::Persist& persist, const raft::Raft& raft);
  void on_persisted(Instant now, raft::PersistSequence sequence);
  void on_committed(Instant now, const raft::Committed& committed, bool leads);
  void on_leadership(const raft::LeadershipChanged& change);
  void on_note(const raft::Note& note);
  void mark(Instant now, const raft::Persist& persist);
  double oldest_log_age(Instant now, const raft::Raft& raft) const;
  void add_peers(std::vector<base::Metric>& out) const;

  raft::Role role_ = raft::Role::follower;
  std::uint64_t apply_ = 0, barrier_ = 0, verify_leader_ = 0;
  std::uint64_t state_leader_ = 0, state_candidate_ = 0, state_follower_ = 0;
  std::uint64_t heartbeat_timeout_ = 0, leader_lease_timeout_ = 0;
  std::uint64_t refused_messages_ = 0, disk_stalls_ = 0;
  std::size_t dispatched_ = 0;  // entries, by the last write
  base::Tally commit_time_, commit_entries_, dispatch_, last_contact_, fsm_apply_;
  base::Tally elect_self_;
  std::optional<Instant> electing_since_;  // our vote for ourselves is on its way to the disk
  base::Tally rpc_append_, rpc_store_, rpc_heartbeat_, rpc_vote_, rpc_install_;
  std::optional<Arriving> arriving_;
  std::vector<Waiting> waiting_;
  std::deque<Write> writes_;
  std::deque<Appended> appended_;
  std::deque<Mark> marks_;
  std::optional<Instant> receiving_;  // a snapshot, since then
  std::map<raft::ServerId, Peer> peers_;
  Instant next_look_{};
};

}  // namespace core::server
