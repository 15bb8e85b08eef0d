// Known bugs, put in on purpose to prove that the checkers bite (the mutant bench, K01 and onwards).
//
// In a shipped build `mutant(...)` is a constant false and the bug is not in the binary. A build with
// -DNOMAD_MUTANTS reads one process-wide switch, which only the bench sets, before anything runs.
#pragma once

namespace core::base {

enum class Mutant {
  none,
  K03_vote_twice,                       // grant a vote without looking at the one given in this term
  K04_vote_for_stale_log,               // no up-to-date check when voting (Raft §5.4.1)
  K06_half_is_a_majority,               // n/2 instead of n/2+1 decides for even-sized clusters
  K16_unclamped_commit,                 // a heartbeat's commit index is not clamped to what the follower matches
  K22_ack_before_sync,                  // a follower acknowledges entries its disk has not got
  K23_read_before_own_commit,           // reads are served before the leader has committed in its own term
  K24_read_without_quorum,              // nobody is asked whether the leader still leads
  K25_lease_too_long,                   // a lease outlives the time after which followers elect another
  K28_compact_before_durable,           // the log is compacted before the snapshot is on disk
  K29_snapshot_keeps_conflict,          // an installed snapshot leaves conflicting entries after it
  K30_older_snapshot_accepted,          // a snapshot older than the commit index is installed
  K31_snapshot_with_latest_membership,  // a snapshot takes the latest membership, not the one at its index
  K34_change_before_own_commit,         // a leader changes the membership before it has committed in its term
  K35_overlapping_changes,              // a second membership change while the first is not committed
  K36_nonvoter_may_lead,                // leadership is handed to a server that does not vote
  K43_trusting_plan_applier,            // the plan applier does not check that the plan still fits
};

#ifdef NOMAD_MUTANTS
inline Mutant active_mutant = Mutant::none;
inline bool mutant(Mutant which) { return active_mutant == which; }
#else
constexpr bool mutant(Mutant) { return false; }
#endif

}  // namespace core::base
