// peers.json over Raft itself: the quorum is gone for good, some disks are left, and the servers that read them hold by
// every invariant from then on (core/server/peers_file.hpp).
#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/server/peers_file.hpp"
#include "simulator/property/raft_cluster.hpp"

namespace {

using Cluster = simulator::property::RaftCluster;
using ClusterOptions = simulator::property::RaftOptions;
using simulator::property::RaftDisk;
using namespace std::chrono_literals;
using namespace core::raft;

RC_GTEST_PROP(RecoveryProperty, ThoseThatAreLeftGoOnByTheRules, ()) {
  ClusterOptions options = ClusterOptions::drawn(*rc::gen::inRange<std::uint64_t>(1'000, 1'000'000'000),
                                                 *rc::gen::inRange<std::size_t>(2, 6));
  options.snapshot_every = 0;  // the checkers of the second cluster know of nothing that was committed in the first
  Cluster before(options);
  before.run_for(3s);
  RC_ASSERT(before.violation() == "");
  std::vector<Entry> committed;
  for (std::size_t i = 0; i < before.size(); ++i)
    if (const Raft* raft = before.raft(i); raft != nullptr && raft->commit_index().value > committed.size()) {
      const auto entries = raft->log().slice(Index{1}, raft->commit_index());
      committed.assign(entries.begin(), entries.end());
    }

  // Who is left, and has ever heard of the cluster.
  std::vector<RaftDisk> disks(before.size());
  Configuration forced;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (*rc::gen::inRange(0, 3) == 2 || before.disk(i).log.empty()) continue;
    const std::string id = "n" + std::to_string(i + 1);
    forced.servers.push_back({id, id + ":4647", Suffrage::voter});
    disks[i] = before.disk(i);
  }
  RC_PRE(!forced.servers.empty());
  for (RaftDisk& disk : disks) {
    if (disk.log.empty()) continue;
    std::optional<SnapshotMeta> none;
    const auto recovery = core::server::recover_with(forced, disk.log, none);
    core::server::apply_recovery(recovery, disk.log, none);
  }
  const bool same_voters = !options.membership_changes;
  options.length = 2s;
  options.membership_changes = false;
  Cluster after(options, disks);
  RC_ASSERT(after.run() == "");
  RC_ASSERT(after.committed() > 0u);

  // What was committed is on a quorum of the old disks. It stays for certain where every quorum of those that are left
  // has one of them; five of which three are left may elect two that never had it.
  const std::size_t left = forced.servers.size();
  const std::size_t holders = before.size() / 2 + 1 - std::min(before.size() / 2 + 1, before.size() - left);
  if (!same_voters || holders + left / 2 + 1 <= left) return;
  const Raft* leader = after.raft(*after.leader());
  for (const Entry& entry : committed) {
    RC_ASSERT(leader->log().term_at(entry.index) == entry.term);
    if (entry.kind == EntryKind::command) RC_ASSERT(leader->log().at(entry.index) == entry);
  }
}

}  // namespace
