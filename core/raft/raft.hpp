// One Raft server: elections with pre-vote, replication, commitment, membership, as a pure state machine.
//
//   Raft raft(config, restored, rng, now);
//   raft.handle(now, event, effects);      // carry the effects out, in order
//   ... and again with Woken when raft.deadline() has come.
//
// What is promised to others waits for the disk: messages that rest on a Persist effect are kept inside
// until Persisted says that it is durable. A leader sends entries while its own disk writes them, and
// counts itself when its disk has answered.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/rng.hpp"
#include "core/base/time.hpp"
#include "core/raft/configuration.hpp"
#include "core/raft/event.hpp"
#include "core/raft/log.hpp"
#include "core/raft/message.hpp"
#include "core/raft/progress.hpp"
#include "core/raft/snapshot.hpp"
#include "core/raft/types.hpp"

namespace core::raft {

/// What a restarted server finds on its disk.
struct Restored {
  HardState hard_state;
  std::vector<Entry> entries;  // from `base` on, without gaps
  LogBase base{};
  std::optional<SnapshotMeta> snapshot{};  // of which the state machine is restored already
};

/// What reports and checkers see of a follower.
struct PeerReport {
  ServerId id;
  bool voter = false;
  Index match;
  Index next;
  Instant heard;
};

class Raft {
 public:
  struct Config {
    ServerId self;
    std::string address;                       // for log lines
    Duration heartbeat_timeout = 1s;           // a follower waits at least that long for its leader
    Duration election_timeout = 1s;            // a candidate waits at least that long for votes
    std::optional<Duration> timeout_spread{};  // how much longer either may be drawn; a quarter of it when not set
    Duration leader_lease = 500ms;             // how long an answered heartbeat vouches for leadership
    Duration commit_timeout = 50ms;            // how long followers may not know of a commit in quiet
    std::size_t max_append_entries = 256;      // in one message
    std::size_t max_append_bytes = 1 << 20;
    std::size_t max_inflight_requests = 8;  // to one follower
    std::size_t max_inflight_bytes = 4 << 20;
    std::size_t max_uncommitted_bytes = 64 << 20;  // a leader refuses proposals past this
    std::size_t max_payload_bytes = 16 << 20;
    std::uint64_t max_commit_entries = 32;        // handed out to be applied in one step, and
    std::size_t max_commit_bytes = 1 << 20;       // of those no more than this, or one
    std::uint64_t trailing_logs = 10'240;         // entries kept before a snapshot, for followers a little behind
    std::size_t max_trailing_bytes = 16 << 20;    // but no more than this
    std::size_t max_held_log_bytes = 64 << 20;    // what may wait for a follower that is taking a snapshot in
    std::size_t max_snapshot_inflight = 1 << 20;  // bytes of chunks to one follower
    std::uint64_t snapshot_bytes_per_second = 64 << 20;  // of chunks to one follower; 0: as fast as it takes them
    Duration snapshot_burst = 100ms;                     // may be sent ahead of that rate
    std::size_t max_pending_reads = 16'384;              // that wait for a quorum
    std::size_t max_held_messages = 1'024;               // that wait for our disk; older ones are as good as lost
    std::uint64_t max_snapshot_bytes = std::uint64_t{8} << 30;  // that a follower takes in

    /// The four durations times `multiplier`, Nomad's raft_multiplier (1 to 10).
    Config scaled(int multiplier) const;
  };

  Raft(Config config, Restored restored, Rng rng, Instant now);

  /// Takes in what happened at `now`, which never goes back, and adds what is to be done to `out`.
  /// Messages may be late, repeated, out of order, or nonsense: the last are refused with a note.
  void handle(Instant now, const Event& event, Effects& out);
  /// When to send Woken at the latest.
  Instant deadline() const;

  const Config& config() const { return config_; }
  Role role() const;
  bool is_leader() const { return std::holds_alternative<Leader>(role_); }
  Term term() const { return hard_.term; }
  const std::optional<ServerId>& vote() const { return hard_.vote; }
  /// The leader of the current term, when known.
  const std::optional<ServerId>& leader() const { return leader_; }
  const Log& log() const { return log_; }
  Index last_index() const { return log_.last_index(); }
  /// The last entry that is committed and was handed out to be applied. May be less than what is known to be committed,
  /// for it moves in steps: a server with much to apply answers the others in between.
  Index commit_index() const { return commit_index_; }
  /// The last entry that is known to be committed.
  Index known_committed() const { return known_committed_; }
  bool has_more_to_commit() const { return commit_index_ < known_committed_; }
  /// How many entries are known to be committed and were not handed out yet.
  std::uint64_t commit_backlog() const { return known_committed_.value - commit_index_.value; }
  /// Whether the term and the vote are on this server's own disk as they are now.
  bool hard_state_durable() const { return persisted_ >= hard_state_sequence_; }
  /// The last entry that is on this server's own disk.
  Index durable_index() const { return durable_index_; }
  /// The latest configuration of the log, which is the one in force (thesis §4.1).
  const Configuration& configuration() const { return configurations_.back().configuration; }
  Index configuration_index() const { return configurations_.back().index; }
  /// The latest configuration that is known to be committed.
  const Configuration& committed_configuration() const;
  /// What a snapshot of the state machine stands for when everything committed so far is applied to it.
  SnapshotMeta snapshot_meta() const;
  /// When this server last heard its leader; nothing when it never did. A leader hears itself.
  std::optional<Instant> last_contact(Instant now) const;
  /// Leading, and a quorum vouched for it within the leader lease: a local read is as good as certain.
  /// Holds as long as no server's monotonic clock runs more than `heartbeat_timeout / leader_lease` times as fast as
  /// this one's. Not certain all the same: a follower whose connection to us broke may vote at once (README).
  bool lease_valid(Instant now) const;
  /// Whether this leader has committed an entry of its own term, without which reads may miss commits (§8).
  bool committed_in_term() const;
  std::vector<PeerReport> peers() const;
  /// All that decides what this server does next, its timers taken for free to fire whenever they like: equal bytes,
  /// equal futures. For search on the real code (simulator/explore); a new member belongs in it or in its comment.
  void append_fingerprint(Instant now, std::string& out) const;
  /// A leader's account of its followers; of anybody else nothing. Until the next event.
  std::span<const Progress> progress() const;

 private:
  struct Follower {};
  struct Candidate {
    bool pre = true;
    bool transfer = false;          // the leader asked for it
    std::vector<ServerId> granted;  // each once
    Instant began{};
  };
  struct Transfer {
    ServerId target;
    Instant gives_up;
    bool told = false;  // TimeoutNow was sent
  };
  struct PendingRead {
    ReadId id;
    Index index;          // committed when it was asked for
    std::uint64_t needs;  // a round of heartbeats that began after that
  };
  struct Leader {
    Index term_start;  // the noop of this term
    std::vector<Progress> peers;
    Instant elected;
    Instant next_heartbeat;
    Instant commit_notice = Instant::never();  // when followers are to hear of the latest commit
    Instant next_chunks = Instant::never();    // of a snapshot that is held back by its rate
    std::optional<Transfer> transfer;
    std::size_t uncommitted_bytes = 0;
    std::vector<PendingRead> reads{};        // in the order they were asked for
    std::uint64_t round = 0;                 // of heartbeats, the last that was sent
    bool lease_void = false;                 // a TimeoutNow went out: a successor may be elected at any time
    SnapshotRef snapshot{};                  // that followers are being brought up with
    std::optional<Index> snapshot_wanted{};  // is being made, and will end no earlier than that
  };
  struct Receiving {  // a snapshot of which not all chunks are here, or that is being stored
    ServerId from;
    std::uint64_t chunks;  // how many there will be
    std::uint64_t bytes;   // that are here
    std::shared_ptr<Snapshot> snapshot;
  };
  struct ConfigurationAt {
    Index index;
    Configuration configuration;
  };
  struct Outstanding {  // a Persist effect that the disk has not answered
    PersistSequence sequence;
    Index last;  // the log is durable up to here once it is
    Instant issued;
  };
  struct Held {
    PersistSequence needs;
    SharedId to;
    Message message;
  };
  struct Draft {  // what this step has to persist
    bool hard_state = false;
    std::optional<LogBase> base{};
    std::optional<Index> truncate_from{};
    std::optional<Index> append_from{};
    bool empty() const { return !hard_state && !base && !truncate_from && !append_from; }
  };
  struct Step {
    Instant now;
    Effects& out;
  };
  using Fields = std::initializer_list<std::pair<const char*, std::string>>;

  // raft.cpp: events, durability, what all roles share
  void on(Step& step, const Started&);
  void on(Step& step, const MessageReceived& event);
  void on(Step& step, const Persisted& event);
  void on(Step& step, const PeerUnreachable& event);
  int voters_before_this(const ServerId& gone) const;
  void on(Step& step, const Bootstrap& event);
  void on(Step&, const TrailingLogsChanged& event) { config_.trailing_logs = event.count; }
  void on(Step& step, const Woken&) { commit_more(step); }
  Instant timer() const;
  void on_deadline(Step& step);
  void announce(Step& step);
  void note(Step& step, NoteLevel level, std::string text, Fields fields = {});
  void send(Step& step, const SharedId& to, Message message);
  void send_when_durable(Step& step, PersistSequence needs, const SharedId& to, Message message);
  void release_held(Step& step);
  void flush_draft(Step& step);
  PersistSequence hard_state_sequence() const;
  PersistSequence sequence_holding(Index index) const;
  bool disk_stalled(Instant now) const;
  void append(Step& step, Entry entry);
  void truncate_from(Step& step, Index index);
  void commit_to(Step& step, Index index);
  void commit_more(Step& step);
  const ConfigurationAt& configuration_at_commit() const;
  void adopt_configuration(Step& step, Index index, Configuration configuration);

  // election.cpp
  void on(Step& step, const SharedId& from, const RequestPreVote& message);
  void on(Step& step, const SharedId& from, const RequestPreVoteReply& message);
  void on(Step& step, const SharedId& from, const RequestVote& message);
  void on(Step& step, const SharedId& from, const RequestVoteReply& message);
  void on(Step& step, const SharedId& from, const TimeoutNow& message);
  bool electable() const { return configuration().is_voter(config_.self); }
  bool needed_yet() const;
  bool alone() const { return electable() && configuration().voters() == 1; }
  bool hears_leader(Instant now) const;
  bool up_to_date(Index last_index, Term last_term) const;
  void arm_timer(Instant now, Duration timeout);
  void election_timer_fired(Step& step);
  void start_pre_vote(Step& step);
  void ask_for_pre_vote(Step& step, const SharedId& from);
  void start_election(Step& step, bool transfer);
  void record_vote(Step& step, const ServerId& from);
  void become_follower(Step& step, Term term, const ServerId* leader = nullptr);
  void overtaken(Step& step, Term term);
  void become_leader(Step& step);

  // follower.cpp
  void on(Step& step, const SharedId& from, const AppendEntries& message);
  void on(Step& step, const SharedId& from, const Heartbeat& message);
  bool follow(Step& step, const ServerId& from);
  std::string why_malformed(const AppendEntries& message) const;
  void append_past_base(Step& step, const SharedId& from, const AppendEntries& message);
  bool take_entries(Step& step, const ServerId& from, const AppendEntries& message);

  // replication.cpp: what a leader does
  void on(Step& step, const SharedId& from, const AppendEntriesReply& message);
  void on(Step& step, const SharedId& from, const HeartbeatReply& message);
  Progress* answered(Step& step, const ServerId& from, std::uint64_t sent_ns);
  Progress* find_peer(const ServerId& id);
  void confirm(Progress& peer, Index match);
  void replicate(Step& step);
  void replicate_to(Step& step, Progress& peer);
  void send_append(Step& step, Progress& peer);
  void send_heartbeat(Step& step, Progress& peer);
  void advance_commit(Step& step);
  void committed_as_leader(Step& step);
  Index quorum_match() const;
  void leader_deadline(Step& step);
  void heartbeat_round(Step& step);
  void step_down(Step& step, const char* why);
  void hand_over_at_once(Step& step);
  Progress* most_complete_voter();

  // snapshots.cpp: compaction, and snapshots from leader to follower
  void on(Step& step, const SnapshotTaken& event);
  void on(Step& step, const SnapshotBuilt& event);
  void on(Step& step, const SnapshotStored& event);
  void on(Step& step, const SharedId& from, const InstallSnapshot& message);
  void on(Step& step, const SharedId& from, const InstallSnapshotReply& message);
  std::string why_malformed(const InstallSnapshot& message) const;
  bool take_chunk(const ServerId& from, const InstallSnapshot& message);
  void install(Step& step, const SnapshotMeta& meta);
  void compact(Step& step);
  void begin_snapshot(Step& step, Progress& peer);
  void send_chunks(Step& step, Progress& peer);
  bool held_back(Step& step, const SnapshotStream& stream);
  void pay_for(Step& step, SnapshotStream& stream, std::uint64_t bytes) const;
  void send_held_chunks(Step& step);
  void tend_streams(Step& step);

  // reads.cpp
  void on(Step& step, const ReadRequested& event);
  void read_round(Step& step);
  void answer_reads(Step& step);
  void refuse_reads(Step& step);

  // proposal.cpp: what a leader is asked for
  void on(Step& step, const Proposed& event);
  void on(Step& step, const BatchProposed& event);
  void on(Step& step, const ConfigurationProposed& event);
  void on(Step& step, const TransferRequested& event);
  bool propose(Step& step, const Proposed& proposal);
  void refuse(Step& step, ProposalId id, Refusal why);
  bool risks_quorum(Instant now, const Configuration& next) const;
  void refresh_peers(Step& step);
  void drive_transfer(Step& step);
  void give_transfer_up(Step& step, const std::string& why);

  Config config_;
  Rng rng_;
  Instant last_now_;
  HardState hard_;
  Log log_;
  std::vector<ConfigurationAt> configurations_;  // [0] is committed or the base; the last is in force
  Index commit_index_;
  Index known_committed_;  // which commit_index_ follows
  std::variant<Follower, Candidate, Leader> role_;
  std::optional<ServerId> leader_;
  std::optional<Instant> contact_;  // with a leader
  bool contact_lost_ = false;       // its connection broke since
  SnapshotMeta snapshot_;           // the newest on our disk
  std::optional<Receiving> receiving_;
  Index confirmed_;  // the current leader confirmed the log up to here
  Instant timer_;    // of a follower or candidate

  Draft draft_;
  PersistSequence sequence_;             // of the last Persist effect
  PersistSequence persisted_;            // of the last that is durable
  PersistSequence hard_state_sequence_;  // of the last that held a hard state
  Index durable_index_;
  std::vector<Outstanding> outstanding_;
  std::vector<Held> held_;
  LeadershipChanged announced_;
};

/// The same of a message under way and of a write that the disk has not done.
void append_fingerprint(const Message& message, std::string& out);
void append_fingerprint(const Persist& persist, std::string& out);

}  // namespace core::raft
