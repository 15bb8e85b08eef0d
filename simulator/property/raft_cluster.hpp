// A whole Raft cluster in memory: real servers, a network and disks that misbehave as drawn, and the invariants that
// must hold whatever happens (raft_invariants.hpp; HEAL at the end). It is driven by operations (`apply`), by hand, or
// by faults of its own (`run`).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/raft/raft.hpp"
#include "simulator/property/draws.hpp"
#include "simulator/property/raft_disk.hpp"
#include "simulator/property/raft_invariants.hpp"
#include "simulator/property/raft_operations.hpp"

namespace simulator::property {

/// What the world of one run is like. `drawn(seed, ...)` makes a different one for every seed.
struct RaftOptions {
  std::uint64_t seed = 0;
  std::size_t servers = 3;                           // that exist
  std::size_t voters = 3;                            // of the first configuration; the others may be added
  core::Duration length = std::chrono::seconds(30);  // of run()'s faulty time
  double loss = 0;
  double duplicates = 0;
  core::Duration fastest_message = std::chrono::microseconds(10);
  core::Duration slowest_message = std::chrono::milliseconds(5);
  core::Duration fastest_disk{};
  core::Duration slowest_disk = std::chrono::milliseconds(5);
  core::Duration timeout = std::chrono::seconds(1);                  // of heartbeats and of elections, at the least
  std::optional<core::Duration> timeout_spread{};                    // how much longer; as long again when not set
  core::Duration between_faults = std::chrono::seconds(2);           // on average; zero: none of its own
  core::Duration between_proposals = std::chrono::milliseconds(50);  // zero: none of its own
  core::Duration between_reads{};                                    // zero: none of its own
  std::uint64_t snapshot_every = 0;                                  // entries; zero: none of its own
  std::uint64_t trailing_logs = 0;                                   // kept before a snapshot
  bool membership_changes = false;
  std::size_t max_append_entries = 64;
  std::size_t max_inflight = 8;
  /// A planted bug of the driver, not of Raft: Persist is answered at once, before the disk has it.
  bool disk_answers_early = false;

  static RaftOptions drawn(std::uint64_t seed, std::size_t servers);
  /// No faults and no proposals but those of the operations.
  static RaftOptions quiet(std::size_t servers);
};

class RaftCluster {
 public:
  /// Draws from the options' seed.
  explicit RaftCluster(const RaftOptions& options) : RaftCluster(options, Draws(options.seed)) {}
  RaftCluster(const RaftOptions& options, Draws draws);
  /// Servers that begin with these disks, which have no snapshots, and with nobody to tell them of a cluster.
  RaftCluster(const RaftOptions& options, std::vector<RaftDisk> disks);
  RaftCluster(const RaftCluster&) = delete;
  RaftCluster& operator=(const RaftCluster&) = delete;

  /// One operation after the other, each followed by nothing: time passes in Pass alone.
  void apply(const RaftOperation& operation);
  void apply(const RaftOperations& operations);
  /// Runs to the end: the faulty time, then healing. Empty, or the first invariant that fell and how.
  std::string run();
  /// Ends all faults and asks for HEAL: within a minute a leader whose proposals commit everywhere.
  std::string heal_and_settle();
  /// Lets time pass; stops early when an invariant falls.
  void run_for(core::Duration duration);

  /// Empty, or the first invariant that fell and how.
  std::string violation() const;
  core::Instant now() const { return now_; }
  std::size_t size() const { return nodes_.size(); }
  std::optional<std::size_t> leader() const;
  const core::raft::Raft* raft(std::size_t server) const {
    return nodes_[server].raft ? &*nodes_[server].raft : nullptr;
  }
  const RaftDisk& disk(std::size_t server) const { return nodes_[server].disk; }
  /// A line a server: role, term, log, configuration.
  std::string report() const;
  std::size_t committed() const { return invariants_.committed(); }
  /// A power loss. Whether the others' connections to it break at once is `noticed`, or drawn.
  void crash(std::size_t server, std::optional<bool> noticed = {});
  void restart(std::size_t server);
  void propose(std::size_t server, std::string payload);
  /// A read of what is committed by now. Any server may be asked; one that does not lead refuses.
  void read(std::size_t server);
  void handle(std::size_t server, const core::raft::Event& event);
  /// Nothing passes from `from` to `to` until healed.
  void cut(std::size_t from, std::size_t to) { cuts_.insert({from, to}); }
  void end_cuts() { cuts_.clear(); }
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
    RaftDisk disk;
    std::vector<Write> writes;
    std::optional<SnapshotWrite> snapshot_write{};
    std::optional<core::Instant> starts;  // when down
  };
  struct Delivery {
    std::size_t from;
    std::size_t to;
    core::raft::Event event;
  };

  void step(core::Instant end);
  void fault();
  bool healed(core::raft::Index last) const;
  void carry_out(std::size_t server, const core::raft::Effect& effect);
  void carry_out_snapshots(std::size_t server, const core::raft::Effect& effect);
  void send(std::size_t from, const core::raft::Send& send);
  void propose_together(std::size_t server, std::size_t count);
  core::raft::ConfigurationProposed drawn_change(std::size_t server);
  core::raft::ConfigurationProposed change_of(std::size_t server, ChangeMember::Change change);
  void take_snapshot(std::size_t server);
  void written(std::size_t server);
  void snapshot_written(std::size_t server);
  core::raft::SnapshotRef make_snapshot(const core::raft::SnapshotMeta& meta);
  std::size_t number(const core::raft::ServerId& id) const;
  core::raft::Configuration first_configuration() const;

  void act(const Pass& pass);
  void act(const Propose& propose);
  void act(const LosePower& lose);
  void act(const Restart& restart);
  void act(const Cut& cut);
  void act(const Isolate& isolate);
  void act(const HealNetwork&);
  void act(const Transfer& transfer);
  void act(const ChangeMember& change);
  void act(const TakeSnapshot& take);
  void act(const Read& read);

  RaftOptions options_;
  Draws draws_;
  RaftInvariants invariants_;
  core::Instant now_;
  std::vector<Node> nodes_;
  std::vector<const RaftDisk*> disks_;  // of nodes_
  std::map<std::pair<core::Instant, std::uint64_t>, Delivery> network_;
  std::uint64_t sent_ = 0;
  std::set<std::pair<std::size_t, std::size_t>> cuts_;
  core::Instant next_fault_ = core::Instant::never();
  core::Instant next_proposal_ = core::Instant::never();
  core::Instant next_read_ = core::Instant::never();
  std::uint64_t last_read_ = 0;
  std::uint64_t proposals_ = 0;
};

}  // namespace simulator::property
