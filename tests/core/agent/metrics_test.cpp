// What servers tell of Raft under hashicorp/raft's names: the figures of operators' dashboards.
#include <map>
#include <set>
#include <string>

#include <boost/json/parse.hpp>

#include "tests/core/agent/servers.hpp"

namespace core::agent {
namespace {

// A write of these worlds takes 1.1 ms on the disk, and a message somewhat more from one server to another.
class RaftFigures : public Servers {
 protected:
  static double mean(const base::Tally& tally) { return tally.count == 0 ? 0 : tally.sum / double(tally.count); }
};

TEST_F(RaftFigures, OfALeaderTellHowLongWritesTake) {
  start(3);
  const NodeId node = *leader();
  const std::string peer = server(follower()).id();
  EXPECT_GE(metric(node, "raft.candidate.electSelf").count, 1u);
  EXPECT_GE(mean(metric(node, "raft.candidate.electSelf")), 1.1) << "its vote for itself is on the disk first";
  const base::Tally before = metric(node, "raft.commitTime");
  for (int i = 0; i < 20; ++i) register_job("j" + std::to_string(i), 10);
  const base::Tally commit = metric(node, "raft.commitTime"), disk = metric(node, "raft.leader.dispatchLog");
  EXPECT_GE(commit.count, before.count + 20);
  EXPECT_EQ(commit.count, server(node).raft()->last_index().value - 1) << "but for the configuration it began with";
  EXPECT_GE(mean(disk), 1.1);
  EXPECT_LT(mean(disk), 5);
  EXPECT_GE(mean(commit), mean(disk));
  EXPECT_LT(mean(commit), 50);
  const base::Tally rpc = metric(node, "raft.replication.appendEntries.rpc", peer);
  EXPECT_GE(rpc.count, 20u);
  EXPECT_GT(mean(rpc), mean(disk)) << "the way there and back, and the disk there";
  EXPECT_GE(metric(node, "raft.replication.appendEntries.logs", peer).sum, 20);
  const base::Tally beats = metric(node, "raft.replication.heartbeat", peer);
  EXPECT_GT(mean(beats), 0);
  EXPECT_LT(mean(beats), mean(rpc)) << "a heartbeat waits for no disk";
  EXPECT_GE(metric(node, "raft.fsm.apply").count, 20u);
  EXPECT_GE(metric(node, "raft.commitNumLogs").count, 20u);
}

TEST_F(RaftFigures, OfAFollowerTellHowLongItsAnswersTake) {
  start(3);
  const NodeId node = follower();
  for (int i = 0; i < 20; ++i) register_job("j" + std::to_string(i), 10);
  run(1s);
  EXPECT_GE(metric(node, "raft.rpc.appendEntries").count, 20u);
  EXPECT_GE(mean(metric(node, "raft.rpc.appendEntries.storeLogs")), 1.1);
  EXPECT_GE(metric(node, "raft.rpc.processHeartbeat").count, 10u);
  EXPECT_EQ(metric(node, "raft.leader.lastContact").count, 0u);
  EXPECT_EQ(metric(node, "raft.commitTime").count, 0u);
}

TEST_F(RaftFigures, TellHowLongALeaderHasNotHeardItsFollowers) {
  start(3);
  const NodeId node = *leader(), silent = follower();
  run(5s);
  EXPECT_GE(metric(node, "raft.leader.lastContact").count, 10u);
  EXPECT_LE(metric(node, "raft.leader.lastContact").most, 500);
  world().pause(silent);
  run(5s);
  EXPECT_GE(metric(node, "raft.leader.lastContact").most, 4000);
}

TEST_F(RaftFigures, TellOfTheLogAndItsServers) {
  start(3);
  const NodeId node = *leader();
  register_job("j", 10);
  run(10s);
  EXPECT_EQ(metric(node, "raft.peers").sum, 3);
  EXPECT_EQ(metric(node, "raft.lastIndex").sum, double(server(node).raft()->last_index().value));
  EXPECT_EQ(metric(node, "raft.appliedIndex").sum, double(server(node).raft()->commit_index().value));
  EXPECT_GE(metric(node, "raft.leader.oldestLogAge").sum, 10'000);
  EXPECT_EQ(metric(follower(), "raft.leader.oldestLogAge").count, 0u) << "only a leader tells";
}

TEST_F(RaftFigures, TellOfADiskThatDoesNotAnswer) {
  start(3);
  const NodeId node = *leader();
  EXPECT_EQ(metric(node, "nomad.raft.disk_wait_seconds").sum, 0);
  world().disk(node).faults().hang = 1;
  world().disk(node).faults().hang_for = io_sim::Distribution::constant(5s);
  ask(node, "PUT", "/v1/jobs", job_of("j", 10));
  run(500ms);
  EXPECT_GT(metric(node, "nomad.raft.disk_wait_seconds").sum, 0.3);
  ASSERT_TRUE(wait_for([&] { return !server(node).is_leader(); }, 3s));
  EXPECT_EQ(metric(node, "nomad.raft.disk_stalled").count, 1u);
}

// So that a dashboard for Nomad finds what it asks for.
TEST_F(RaftFigures, StandUnderTheNamesThatDashboardsAskFor) {
  start(3);
  const auto body = boost::json::parse(answer(*leader(), "GET", "/v1/metrics").body);
  std::set<std::string> names;
  for (const char* family : {"Gauges", "Counters", "Samples"})
    for (const auto& one : body.at(family).as_array()) names.insert(one.at("Name").as_string().c_str());
  for (const char* name : {"apply",
                           "appliedIndex",
                           "barrier",
                           "commitNumLogs",
                           "commitTime",
                           "fsm.apply",
                           "fsm.restore",
                           "fsm.snapshot",
                           "lastIndex",
                           "leader.dispatchLog",
                           "leader.dispatchNumLogs",
                           "leader.lastContact",
                           "leader.oldestLogAge",
                           "peers",
                           "replication.appendEntries.logs",
                           "replication.appendEntries.rpc",
                           "replication.heartbeat",
                           "replication.installSnapshot",
                           "rpc.appendEntries",
                           "rpc.appendEntries.storeLogs",
                           "rpc.installSnapshot",
                           "rpc.processHeartbeat",
                           "rpc.requestVote",
                           "snapshot.create",
                           "snapshot.persist",
                           "snapshot.takeSnapshot",
                           "state.candidate",
                           "state.follower",
                           "state.leader",
                           "transition.heartbeat_timeout",
                           "transition.leader_lease_timeout",
                           "verify_leader"})
    EXPECT_TRUE(names.contains(std::string("nomad.raft.") + name)) << name;
  for (const char* name : {"accept_conn", "request", "request_error"})
    EXPECT_TRUE(names.contains(std::string("nomad.nomad.rpc.") + name)) << name;
}

}  // namespace
}  // namespace core::agent
