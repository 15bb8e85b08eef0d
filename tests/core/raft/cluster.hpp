// Whole clusters with snapshots and reads in memory: servers, a network and disks that misbehave as one seed says, and
// the checkers of the named invariants (ELECT, LOGMATCH, COMPLETE, SMSAFE, QUORUM, MONO, HEAL).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/raft/raft.hpp"

namespace tests {

/// What the world of one run is like. `drawn(seed, ...)` makes a different one for every seed.
struct ClusterOptions {
  std::uint64_t seed = 0;
  std::size_t servers = 3;  // that exist
  std::size_t voters = 3;   // of the first configuration; the others may be added
  core::Duration length = std::chrono::seconds(30);
  double loss = 0;
  double duplicates = 0;
  core::Duration slowest_message = std::chrono::milliseconds(5);
  core::Duration slowest_disk = std::chrono::milliseconds(5);
  core::Duration between_faults = std::chrono::seconds(2);  // on average; zero: none
  core::Duration between_proposals = std::chrono::milliseconds(50);
  bool membership_changes = false;
  std::size_t max_append_entries = 64;
  std::size_t max_inflight = 8;
  std::uint64_t snapshot_every = 0;  // entries; zero: none
  std::uint64_t trailing_logs = 0;
  core::Duration between_reads{};  // on average; zero: none

  static ClusterOptions drawn(std::uint64_t seed, std::size_t servers);
};

class Cluster {
 public:
  explicit Cluster(const ClusterOptions& options);

  /// Runs to the end: the faulty time, then healing. Empty, or the first invariant that fell and how.
  std::string run();
  /// Lets time pass; stops early when an invariant falls.
  void run_for(core::Duration duration);

  const std::string& violation() const { return violation_; }
  core::Instant now() const { return now_; }
  std::optional<std::size_t> leader() const;
  const core::raft::Raft* raft(std::size_t server) const {
    return nodes_[server].raft ? &*nodes_[server].raft : nullptr;
  }
  /// A line a server: role, term, log, configuration.
  std::string report() const;
  std::size_t committed() const { return committed_.size(); }
  void crash(std::size_t server);
  void restart(std::size_t server);
  void propose(std::size_t server, std::string payload);
  void handle(std::size_t server, const core::raft::Event& event);
  /// Nothing passes between the two until healed.
  void cut(std::size_t from, std::size_t to) { cuts_.insert({from, to}); }
  void heal();

  // What happened, so that a run that proves nothing shows.
  std::size_t elections = 0;
  std::size_t truncations = 0;
  std::size_t crashes = 0;
  std::size_t configuration_changes = 0;
  std::size_t messages = 0;
  std::size_t snapshots_taken = 0;
  std::size_t snapshots_installed = 0;
  std::size_t reads_answered = 0;

 private:
  struct Write {
    core::Instant due;
    core::raft::Persist persist;
  };
  struct SnapshotWrite {
    core::Instant due;
    core::raft::SnapshotMeta meta;
    bool received = false;
  };
  struct Node {
    core::raft::ServerId id;
    std::optional<core::raft::Raft> raft;
    core::raft::HardState disk_state;
    std::vector<core::raft::Entry> disk_log;
    core::raft::LogBase disk_base{};
    std::optional<core::raft::SnapshotMeta> disk_snapshot{};
    std::vector<Write> writes;
    std::optional<SnapshotWrite> snapshot_write{};
    core::raft::Index applied{};
    core::raft::Index commit;  // of this life
    core::raft::Term term;
    std::optional<core::Instant> starts;  // when down
  };
  struct Delivery {
    std::size_t from;
    std::size_t to;
    core::raft::Event event;
  };
  struct Committed {
    core::raft::Entry entry;
    core::raft::Term in_term;
  };

  void step(core::Instant end);
  void fault();
  bool healed(core::raft::Index last) const;
  void carry_out(std::size_t server, const core::raft::Effect& effect);
  void send(std::size_t from, const core::raft::Send& send);
  void write(Node& node, const core::raft::Persist& persist);
  void write(Node& node, const core::raft::SnapshotMeta& meta);
  void consider_snapshot(Node& node);
  bool has_on_disk(const Node& node, core::raft::Index index, core::raft::Term term) const;
  core::raft::SnapshotRef make_snapshot(const core::raft::SnapshotMeta& meta);
  void request_read();
  void fail(const std::string& invariant, const std::string& how);
  void check_commit(std::size_t server, const core::raft::Committed& range);
  void check_leader(std::size_t server);
  void check_snapshot(const core::raft::SnapshotMeta& meta, const Node& node);
  void check_chunks(const core::raft::Snapshot& snapshot, const Node& node);
  void check_read(const core::raft::ReadReady& read, const Node& node);
  void check_entries(const core::raft::Persist& persist, const core::raft::Raft& raft);
  void check_vote(std::size_t server, const core::raft::Send& send);
  std::size_t number(const core::raft::ServerId& id) const;
  core::raft::Configuration first_configuration() const;

  ClusterOptions options_;
  core::Rng rng_;
  core::Instant now_;
  std::vector<Node> nodes_;
  std::map<std::pair<core::Instant, std::uint64_t>, Delivery> network_;
  std::uint64_t sent_ = 0;
  std::set<std::pair<std::size_t, std::size_t>> cuts_;
  core::Instant next_fault_ = core::Instant::never();
  core::Instant next_proposal_ = core::Instant::never();
  core::Instant next_read_ = core::Instant::never();
  std::map<core::raft::ReadId, core::raft::Index> reads_;  // what was committed anywhere when they were asked for
  std::uint64_t last_read_ = 0;
  std::uint64_t proposals_ = 0;
  std::string violation_;

  std::map<std::uint64_t, std::size_t> leader_of_term_;
  std::map<std::uint64_t, Committed> committed_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::pair<std::string, std::uint64_t>> entries_;  // LOGMATCH
  std::map<std::pair<std::size_t, std::uint64_t>, core::raft::ServerId> votes_;
};

}  // namespace tests
