// The safety of a Raft cluster, seen from outside: ELECT, LOGMATCH, COMPLETE, SMSAFE, QUORUM, MONO, PREFIX, DURABLE and
// LIN of reads (Raft Figure 3 and reference/known-bugs.md). It looks at each server after each event that the server
// has handled, and remembers what no server may go back on. A value: whoever explores copies it with the rest of the
// state.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/raft/raft.hpp"
#include "simulator/property/raft_disk.hpp"

namespace simulator::property {

/// An invariant that fell, and how, in a sentence.
struct Broken {
  std::string invariant;
  std::string how;
  std::string text() const { return invariant + ": " + how; }
};

class RaftInvariants {
 public:
  explicit RaftInvariants(std::vector<core::raft::ServerId> servers);

  /// `server` begins a life with what is on its disk.
  void restarted(std::size_t server, const RaftDisk& disk);
  /// `server` has handled an event and answered with `effects`, none of which is carried out yet. `disks` are those
  /// of all servers, of those that are down too. Whether append_memory() would now write something else.
  bool observe(std::size_t server, const core::raft::Raft& raft, const core::raft::Effects& effects,
               std::span<const RaftDisk* const> disks);

  /// `server` is about to be asked for a read: what is committed anywhere by now, the answer must know.
  void read_asked(core::raft::ReadId id) { reads_[id] = core::raft::Index{committed_.size()}; }
  /// `server` has taken a snapshot, or is about to.
  void check_snapshot(std::size_t server, const core::raft::SnapshotMeta& meta);
  /// `server`'s disk has written.
  void check_disk(std::size_t server, const RaftDisk& disk);
  /// What a snapshot's chunk number `number` of `chunks` says, so that one that is mixed up shows.
  static std::string chunk_text(core::raft::Index snapshot, std::size_t number, std::size_t chunks);

  /// The first that fell.
  const std::optional<Broken>& broken() const { return broken_; }
  void fell(std::string invariant, std::string how);
  /// How many entries have been committed anywhere.
  std::size_t committed() const { return committed_.size(); }
  /// All that is remembered beyond what the servers are now, as bytes: equal bytes, equal verdicts on equal futures.
  void append_memory(std::string& out) const;

 private:
  struct Committed {
    core::raft::Entry entry;
    core::raft::Term in_term;  // of the first server that knew
  };
  struct Leader {
    core::raft::Term term;
    std::size_t server = 0;
  };
  struct Vote {
    std::size_t server = 0;
    core::raft::Term term;
    core::raft::ServerId candidate;
  };
  struct Written {  // LOGMATCH by induction: one term at one index means one payload and one entry before it
    core::raft::Term term;
    core::raft::Term before;
    core::raft::Payload payload;
  };
  struct Seen {
    core::raft::Term term;
    std::optional<core::raft::ServerId> vote;
    core::raft::Index commit;   // of this life
    core::raft::Index applied;  // of this life, or by the snapshot it began with
  };

  void check_monotonic(std::size_t server, const core::raft::Raft& raft);
  void check_leader(std::size_t server, const core::raft::Raft& raft);
  void check_vote(std::size_t server, const core::raft::Send& send);
  void check_entries(const core::raft::Persist& persist, const core::raft::Raft& raft);
  void check_commit(std::size_t server, const core::raft::Raft& raft, const core::raft::Committed& range,
                    std::span<const RaftDisk* const> disks);

  void check_received(std::size_t server, const core::raft::Snapshot& snapshot);
  void check_installed(std::size_t server, const core::raft::SnapshotMeta& meta);
  void check_read(std::size_t server, const core::raft::ReadReady& read);

  std::vector<core::raft::ServerId> servers_;
  std::optional<Broken> broken_;
  std::vector<Seen> seen_;                     // by server
  std::vector<Leader> leaders_;                // by term, rising
  std::vector<Vote> votes_;                    // as they were told to candidates
  std::vector<Committed> committed_;           // [0] is index 1
  std::vector<std::vector<Written>> written_;  // [0] is index 1
  std::map<core::raft::ReadId, core::raft::Index> reads_;
  bool remembered_ = false;  // something new, in this observation
};

}  // namespace simulator::property
