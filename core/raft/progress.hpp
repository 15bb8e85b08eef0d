// What a leader knows of one follower: where it stands and what is under way to it (Raft §5.3, §7; the
// modes are those of etcd's raft).
//
// Invariant: match < next, and match never falls while the leader leads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.hpp"
#include "core/raft/snapshot.hpp"
#include "core/raft/types.hpp"

namespace core::raft {

class Progress {
 public:
  enum class Mode : std::uint8_t {
    probe,      // next is a guess: one request at a time, until one is confirmed
    replicate,  // next is known: requests follow each other without waiting
    snapshot,   // what it lacks is no longer in the log: a snapshot goes out instead of requests
  };

  Progress(SharedId server, bool votes, Index next, Instant now)
      : id(std::move(server)), voter(votes), heard(now), next_(next) {}

  SharedId id;
  bool voter;
  bool warned = false;      // its silence was noted
  Instant heard;            // when it last answered; at first, when the leader was elected
  Instant lease;            // the send time of the latest of our messages that it answered
  std::uint64_t round = 0;  // the latest round of heartbeats that it answered
  Index told_commit;        // the commit index it was last told
  Index leaves_at;          // not zero: removed by the configuration at this index
  Instant leaves_by = Instant::never();

  Index match() const { return match_; }
  Index next() const { return next_; }
  Mode mode() const { return mode_; }
  bool leaving() const { return leaves_at != Index{}; }
  std::size_t bytes_in_flight() const { return bytes_in_flight_; }

  /// Whether a request with entries may go out now.
  bool may_send(std::size_t max_requests, std::size_t max_bytes) const;
  /// A request went out that ends with `last` (next - 1 when it was empty).
  void sent(Index last, std::size_t bytes);
  /// The follower has everything up to `match`, durably. Late and repeated news change nothing.
  void confirmed(Index match);
  /// The follower refused the request after `previous`; go on at `hint`. False when the news is stale.
  bool rejected(Index previous, Index hint);
  /// Requests got lost after `last_index`, which is all the follower has in its log.
  void lost_after(Index last_index);
  /// The connection broke: guess again, and wait for a sign of life before sending entries.
  void unreachable();
  /// A sign of life: the next probe or chunk may go out.
  void resume();
  /// See Raft::append_fingerprint. Nothing asks whether it was heard longer than `patience` ago.
  void append_fingerprint(Instant now, Duration patience, std::string& out) const;
  /// The log no longer has what it lacks: no more requests until a snapshot is installed.
  void need_snapshot();
  /// It has all the entries before the leader's log begins, so requests go on after `match`.
  void caught_up_by_snapshot();

  /// Of mode `snapshot`: what is under way; nothing while the snapshot is being made.
  std::optional<SnapshotStream> stream;
  bool paused() const { return paused_; }

 private:
  struct Request {
    Index last;
    std::size_t bytes;
  };
  void start_probe(Index next);

  Index match_;
  Index next_;
  Mode mode_ = Mode::probe;
  bool probe_sent_ = false;
  bool paused_ = false;  // its connection broke: no chunks until it shows a sign of life
  std::size_t bytes_in_flight_ = 0;
  std::vector<Request> in_flight_;  // in the order of `last`
};

}  // namespace core::raft
