// Raft, the disk under it and the state above it, as one: propose a command, and hear when it is applied.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/rng.hpp"
#include "core/raft/configuration.hpp"
#include "core/raft/event.hpp"
#include "core/raft/raft.hpp"
#include "core/server/peers_file.hpp"
#include "core/server/raft_metrics.hpp"
#include "core/server/snapshotting.hpp"
#include "core/state/state.hpp"
#include "core/storage/wal.hpp"
#include "core/world/world.hpp"

namespace core::server {

class Consensus {
 public:
  struct Config {
    raft::ServerId self;
    std::string address;    // for log lines
    std::string directory;  // of the log, in the data directory
    std::string marker{};   // a file that tells that there was a log (storage::Wal)
    int raft_multiplier = 1;
    std::uint64_t segment_bytes = 16 << 20;  // of the write-ahead log
    std::uint64_t trailing_logs = 10'240;    // entries kept in the log before a snapshot
    std::uint64_t append_entries = 256;      // in one message, and
    std::uint64_t append_bytes = 1 << 20;
    std::uint64_t snapshot_bytes_per_second = 64 << 20;  // to one follower
    Snapshotting::Config snapshots;
  };

  /// A committed command was applied. `proposal` is set on the server that proposed it.
  struct Applied {
    std::uint64_t index = 0;
    std::optional<raft::ProposalId> proposal;
    std::shared_ptr<const state::Command> command;  // large, as are few outputs
    state::Applied result;
  };
  /// A change of the peer set is committed.
  struct ConfigurationCommitted {
    std::optional<raft::ProposalId> proposal;
  };
  /// A proposal will not be carried out, or nobody knows (`unknown`): leadership was lost meanwhile.
  struct ProposalFailed {
    raft::ProposalId proposal;
    std::string error;
  };
  /// The state here is no older than what was committed when the read was asked for.
  struct ReadReady {
    raft::ReadId read;
  };
  struct ReadRefused {
    raft::ReadId read;
    std::string error;
  };
  struct Send {
    raft::ServerId to;
    raft::Message message;
  };
  struct LeadershipChanged {};
  /// A transfer of leadership came about, or did not.
  struct TransferEnded {
    std::string error;
  };
  /// The peer set is another one, committed or not.
  struct ConfigurationChanged {};
  /// An entry of this leader's own term is applied: everything of earlier terms is, too.
  struct TermReached {};
  /// The whole state is another one: a snapshot came from the leader.
  struct StateReplaced {};
  struct Broken {
    std::string reason;
  };
  using Output =
      std::variant<Applied, ConfigurationCommitted, ProposalFailed, ReadReady, ReadRefused, Send, LeadershipChanged,
                   TransferEnded, ConfigurationChanged, TermReached, StateReplaced, Broken>;

  Consensus(Config config, Rng rng);

  /// What the directories of the log and of the snapshots hold, and what an operator has forced upon it. Until then
  /// nothing else may be asked.
  void recover(Now now, const world::DirectoryRead& log, const world::DirectoryRead& snapshots,
               const std::optional<Recovery>& forced, std::vector<Output>& out, world::Effects& effects);
  void disk_done(Now now, const world::DiskBatchDone& done, std::vector<Output>& out, world::Effects& effects);
  /// The log's disk batches have odd tokens; the owner's other ones are even.
  static bool owns(world::DiskToken token) { return token.value % 2 == 1; }
  /// And so have its computations.
  static bool owns(world::ComputeToken token) { return token.value % 2 == 1; }
  void computed(Now now, const world::Computed& computed, std::vector<Output>& out, world::Effects& effects);
  void deliver(Now now, const raft::ServerId& from, raft::Message message, std::vector<Output>& out,
               world::Effects& effects);
  void peer_unreachable(Now now, const raft::ServerId& id, std::vector<Output>& out, world::Effects& effects);
  void wake(Now now, std::vector<Output>& out, world::Effects& effects);
  void bootstrap(Now now, raft::Configuration configuration, std::vector<Output>& out, world::Effects& effects);
  /// Proposes; what becomes of it is said under the id returned, later. What is proposed before the next wake(), which
  /// is due at once, shares one record and one message a peer.
  raft::ProposalId propose(Now now, state::Command command, std::vector<Output>& out, world::Effects& effects);
  raft::ProposalId change(Now now, raft::ConfigurationChange change, std::vector<Output>& out, world::Effects& effects);
  /// Asks a quorum whether this server still leads; the answer is said under the id returned.
  raft::ReadId read(Now now, std::vector<Output>& out, world::Effects& effects);
  /// Hands leadership over: to that server, or to the voter that is the furthest.
  void transfer(Now now, std::optional<raft::ServerId> target, std::vector<Output>& out, world::Effects& effects);
  /// An operator changed how snapshots are taken.
  void reload(Now now, std::uint64_t threshold, Duration interval, std::uint64_t trailing_logs,
              std::vector<Output>& out, world::Effects& effects);
  Instant deadline() const;

  const state::State& state() const { return state_; }
  const raft::Raft* raft() const { return raft_.get(); }
  bool is_leader() const;
  /// What has happened since the start, by the names of hashicorp/raft.
  std::vector<base::Metric> metrics(Instant now) const;
  const Snapshotting::Stats& snapshot_stats() const { return snapshots_.stats(); }

 private:
  void run(Now now, const raft::Event& event, std::vector<Output>& out, world::Effects& effects);
  void carry(Now now, raft::Effect& effect, std::vector<Output>& out, world::Effects& effects);
  void apply(Now now, const raft::Entry& entry, std::vector<Output>& out, world::Effects& effects);
  void tend(Now now, world::Effects& effects);
  void propose_gathered(Now now, std::vector<Output>& out, world::Effects& effects);
  void digest(Now now, std::vector<Snapshotting::Output> said, std::vector<Output>& out, world::Effects& effects);
  world::DiskToken next_disk_token() { return {2 * ++batches_ + 1}; }
  world::ComputeToken next_compute_token() { return {2 * ++computations_ + 1}; }

  Config config_;
  Rng rng_;
  storage::Wal wal_;
  Snapshotting snapshots_;
  std::unique_ptr<raft::Raft> raft_;
  state::State state_;
  Instant last_now_;
  std::uint64_t last_proposal_ = 0;
  raft::Effects said_;            // by Raft in one step; kept for its room
  raft::BatchProposed gathered_;  // what Raft is to be told of together
  std::size_t gathered_bytes_ = 0;
  bool write_waited_ = false;  // for something else, in the last wake
  std::uint64_t last_read_ = 0;
  struct Accepted {
    raft::Index index;
    raft::ProposalId proposal;
    raft::Term term;
  };
  std::deque<Accepted> accepted_;  // proposals of ours in the log, not yet applied, by index
  std::uint64_t batches_ = 0;
  std::uint64_t computations_ = 0;
  bool broken_ = false;
  RaftMetrics metrics_;
};

}  // namespace core::server
