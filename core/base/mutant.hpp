// Known bugs, put in on purpose to prove that the checkers bite: the mutant bench.
//
// A new one is a line of the table and an `if (base::mutant("K04"))` where it bites. K.. are those of
// reference/known-bugs.md under its numbers, M.. are our own. In a shipped build `mutant(...)` is a constant false,
// and neither the bug nor the table is in the binary. A build with -DNOMAD_MUTANTS reads one process-wide switch,
// which only the bench sets, before anything runs. Only sources may include this file, no headers: the build defines
// NOMAD_MUTANTS for the sources that do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

#ifdef NOMAD_MUTANTS
#include <atomic>
#endif

namespace core::base {

struct KnownMutant {
  std::string_view id;
  std::string_view what;   // is broken
  std::string_view falls;  // the invariants that count as finding it, by spaces
};

inline constexpr KnownMutant mutants[] = {
    // Raft: elections and terms
    {"K01", "a vote is answered before term and vote are durable", "ELECT MONO"},
    {"K02", "term and vote go to the disk in two steps, and the answer waits for the first", "ELECT MONO"},
    {"K03", "a vote is granted without looking at the one given in this term", "ELECT MONO"},
    {"K04", "no up-to-date check of the log when voting (Raft 5.4.1)", "COMPLETE SMSAFE"},
    {"K05", "the up-to-date check compares the last index only", "COMPLETE SMSAFE"},
    {"K06", "n/2 instead of n/2+1 decides for even-sized clusters", "ELECT QUORUM"},
    {"K07", "a higher term in a reply does not depose", "HEAL ELECT STEADY"},
    {"K08", "election timeouts are not randomised", "HEAL"},
    {"K09", "no pre-vote and no leader stickiness", "STEADY"},
    {"K10", "granting a pre-vote counts as hearing a leader", "HEAL STEADY"},
    {"K11", "a pre-vote from the remembered leader is refused", "HEAL"},
    {"K12", "no check-quorum", "HEAL LIN"},
    {"K13", "a server that is no voter any more stands for election, and is listened to", "STEADY"},
    // Raft: log, commit, reads
    {"K14", "an entry of an earlier term commits by counting replicas (Raft figure 8)",
     "QUORUM IMMUTABLE SMSAFE COMPLETE"},
    {"K15", "a follower commits up to its own last index", "SMSAFE"},
    {"K16", "a heartbeat's commit index is not clamped to what the follower matches", "SMSAFE"},
    {"K17", "an append always cuts what follows its last entry", "DURABLE QUORUM IMMUTABLE COMPLETE"},
    {"K18", "the match index is set from each reply", "MONO"},
    {"K19", "the next index may fall to the match index and below", "MONO RATE"},
    {"K20", "an entry too big for the message is skipped", "LOGMATCH SMSAFE"},
    {"K21", "a leader counts its own copy before its disk has it", "QUORUM DURABLE"},
    {"K22", "a follower acknowledges entries its disk has not got", "QUORUM DURABLE"},
    {"K23", "reads are served before the leader has committed in its own term", "LIN"},
    {"K24", "nobody is asked whether the leader still leads", "LIN"},
    {"K25", "a lease outlives the time after which followers elect another", "LIN"},
    {"K26", "after a restart entries are applied that the snapshot holds already", "STATEHASH LIN CHECK"},
    {"K27", "applying reads the local clock", "STATEHASH"},
    // Raft: snapshots, storage, membership
    {"K28", "the log is compacted before the snapshot is on disk", "DURABLE PREFIX HEAL"},
    {"K29", "an installed snapshot leaves conflicting entries after it", "LOGMATCH"},
    {"K30", "a snapshot older than the commit index is installed", "MONO SMSAFE STATEHASH"},
    {"K31", "a snapshot takes the latest membership, not the one at its index", "QUORUM ELECT"},
    {"K32", "recovery takes a torn last record for whole", "DURABLE IMMUTABLE LOGMATCH SMSAFE HEAL"},
    {"K34", "the configuration may be changed before the leader has committed in its term", "ELECT QUORUM"},
    {"K35", "a second change of the configuration while the first is not committed", "ELECT QUORUM"},
    {"K36", "leadership is handed to a server that does not vote", "ELECT STEADY"},
    // Gossip
    {"K37", "a refutation uses the accusation's incarnation", "NOFALSE VIEW"},
    {"K38", "an incarnation is never raised above what others remember", "NOFALSE VIEW HEAL"},
    {"K39", "no gossip to the failed, and no reconnecting", "VIEW HEAL"},
    {"K40", "suspicion does not wait for confirmations, and missed acks are always the others' fault", "NOFALSE VIEW"},
    {"K41", "a leave intent's time is not kept, so that it echoes", "RATE"},
    {"K42", "the Lamport clock does not move past a time that was seen", "LEFT VIEW HEAL"},
    // Scheduler, plans, clients
    {"K43", "the plan applier does not check again that the plan fits", "CAP"},
    {"K44", "room that came while an evaluation was being scheduled is not remembered", "EVALEND COUNT"},
    {"K45", "a server that does not lead takes heartbeats", "NODESTATE COUNT"},
    {"K47", "a lost allocation stays wanted beside its replacement", "COUNT ORPHAN"},
    {"K48", "a plan that was let through in part is never planned again", "EVALEND HEAL COUNT"},
    // Ours: not of the list, to see whether the search is general
    {"M01", "a step down within the term forgets the vote", "ELECT MONO"},
    {"M02", "a cut log still counts as durable up to where it was", "QUORUM DURABLE"},
    {"M03", "the disk's answer vouches for what was written after it was asked", "QUORUM DURABLE MONO"},
    {"M04", "a proposal counts as done when another's entry commits at its index", "LIN DURABLE"},
    {"M05", "the check-and-set index is looked at by nobody when the command is applied", "LIN"},
    {"M06", "a new log segment's name is not synced", "DURABLE MONO IMMUTABLE QUORUM"},
    {"M07", "a write of term and vote alone is not synced", "DURABLE MONO ELECT"},
    {"M08", "an evaluation that waits behind another of its job is not woken", "EVALEND COUNT"},
    {"M09", "a new leader does not watch the nodes it inherits", "NODESTATE COUNT EXPECT"},
    {"M10", "an allocation that ended frees its room without waking who waits for it", "EVALEND COUNT"},
    {"M11", "lost allocations are replaced however many there are already", "COUNT"},
    {"M12", "the plan applier lets allocations onto nodes that are not ready", "COUNT ORPHAN EVALEND CAP"},
    {"M13", "a broadcast is taken for told after one telling, and not kept", "VIEW HEAL NOFALSE LEFT"},
    {"M14", "after a conflict a follower is probed one entry too far", "HEAL"},
    {"M15", "a configuration that was cut with the log stays in force", "ELECT QUORUM HEAL"},
    {"M16", "a restarted client does not look for its tasks", "ORPHAN COUNT"},
    {"M17", "an evaluation that blocks again while it is out for delivery is forgotten", "EVALEND COUNT"},
    {"M18", "a plan of a run whose time was over is applied", "COUNT"},
    {"M25", "who would begin a cluster with others than we is believed to have no peers", "QUORUM LOGMATCH ELECT"},
    {"M24", "the name of the server's folder is not synced", "HEAL DURABLE LOGMATCH EXPECT"},
    {"M23", "a broken connection sets the guess of what a follower lacks back to the whole log", "MONO"},
    {"M22", "clients wait at a server that knows no leader", "COUNT ORPHAN"},
    {"M21", "a late report of a client is taken for news", "COUNT"},
    {"M20", "a leaving server that leads again waits for others to remove it", "HEAL"},
    {"M19", "who a server with a new disk was is still thought alive", "HEAL RATE"},
};

/// The place in the table of an id that is in it; other ids do not compile.
class MutantId {
 public:
  consteval MutantId(const char* id) : place_(find(id)) {}
  constexpr std::size_t place() const { return place_; }

 private:
  static consteval std::size_t find(std::string_view id) {
    for (std::size_t place = 0; place < std::size(mutants); ++place)
      if (mutants[place].id == id) return place;
    throw "no such mutant in the table";
  }
  std::size_t place_;
};

// Two namespaces, so that no linker takes the one for the other.
#ifdef NOMAD_MUTANTS
inline namespace bench {
inline constexpr std::size_t no_mutant = ~std::size_t{0};
inline std::size_t active_mutant = no_mutant;  // its place in the table
/// How often the code came by the active one: a mutant that nobody came by cannot be found.
inline std::atomic<std::uint64_t> mutant_reached{0};

inline bool mutant(MutantId which) {
  if (active_mutant != which.place()) return false;
  mutant_reached.fetch_add(1, std::memory_order_relaxed);
  return true;
}
}  // namespace bench
#else
inline namespace shipped {
constexpr bool mutant(MutantId) { return false; }
}  // namespace shipped
#endif

}  // namespace core::base
