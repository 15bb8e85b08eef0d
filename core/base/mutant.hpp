// Known bugs, put in on purpose to prove that the checkers bite (the mutant bench, K01 and onwards).
//
// In a shipped build `mutant(...)` is a constant false and the bug is not in the binary. A build with
// -DNOMAD_MUTANTS reads one process-wide switch, which only the bench sets, before anything runs.
#pragma once

namespace core::base {

enum class Mutant {
  none,
  K03_vote_twice,             // grant a vote without looking at the one given in this term
  K04_vote_for_stale_log,     // no up-to-date check when voting (Raft §5.4.1)
  K06_half_is_a_majority,     // n/2 instead of n/2+1 decides for even-sized clusters
  K16_unclamped_commit,       // a heartbeat's commit index is not clamped to what the follower matches
  K22_ack_before_sync,        // a follower acknowledges entries its disk has not got
  K43_trusting_plan_applier,  // the plan applier does not check that the plan still fits
};

#ifdef NOMAD_MUTANTS
inline Mutant active_mutant = Mutant::none;
inline bool mutant(Mutant which) { return active_mutant == which; }
#else
constexpr bool mutant(Mutant) { return false; }
#endif

}  // namespace core::base
