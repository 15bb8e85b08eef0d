// What servers tell of leadership: to whom it went, and how often it changed.
#include <map>
#include <string>

#include <boost/json/parse.hpp>

#include "tests/core/agent/servers.hpp"

namespace core::agent {
namespace {

class Leadership : public Servers {
 protected:
  static std::string transfer_to(NodeId node) {
    return "/v1/operator/raft/transfer-leadership?address=10.0.0." + std::to_string(node + 1) + ":4647";
  }
  std::uint64_t count(NodeId node, const std::string& name) { return metric(node, "raft." + name).count; }
};

TEST_F(Leadership, IsHandedOverWhenTheOneThatWasMeantLeads) {
  start(3);
  const NodeId target = follower();
  const Reply done = answer(*leader(), "PUT", transfer_to(target));
  EXPECT_EQ(done.status, 200) << done.body;
  EXPECT_TRUE(server(target).is_leader());
}

// The others fall silent, so the leader steps down while it waits for the one that is to lead.
TEST_F(Leadership, ThatGoesToAnotherIsNotHandedOver) {
  start(5);
  const NodeId before = *leader(), target = follower();
  for (NodeId node = 0; node < 5; ++node)
    if (node != before) world().pause(node);
  run(500ms);
  const auto reply = ask(before, "PUT", transfer_to(target));
  ASSERT_TRUE(wait_for([&] { return !server(before).is_leader(); }, 2s));
  EXPECT_FALSE(reply->over);
  world().kill(target);
  for (NodeId node = 0; node < 5; ++node)
    if (node != before && node != target) world().resume(node);
  ASSERT_TRUE(wait_for([&] { return reply->over; }, 10s));
  EXPECT_EQ(reply->status, 500);
  ASSERT_TRUE(wait_for([&] { return leader().has_value(); }, 10s));
  EXPECT_EQ(reply->body, "this server lost its leadership, and server \"" + server(*leader()).id() + "\" was elected");
}

TEST_F(Leadership, ThatNobodyIsKnownToHaveIsNotHandedOver) {
  start(3);
  const NodeId before = *leader(), target = follower();
  world().pause(target);
  world().pause(3 - before - target);
  run(500ms);
  const Reply reply = answer(before, "PUT", transfer_to(target), "", 10s);
  EXPECT_EQ(reply.status, 500);
  EXPECT_EQ(reply.body, "this server leads no more, and it is not known yet which server does");
}

// A frozen leader closes no connection: only its silence tells.
TEST_F(Leadership, OfAFrozenServerIsAnothersWithinThirteenHundredMilliseconds) {
  start(3);
  for (int times = 0; times < 20; ++times) {
    const NodeId frozen = *leader();
    world().pause(frozen);
    ASSERT_TRUE(wait_for([&] { return leader().has_value(); }, 1300ms)) << "the time it was tried for: " << times;
    world().resume(frozen);
    run(2s);
  }
}

// A call to it would end after ten seconds.
TEST_F(Leadership, OfAFrozenServerKeepsNoReadWaiting) {
  start(3);
  register_job("j", 10);
  const NodeId asked = follower();
  world().pause(*leader());
  const Reply read = answer(asked, "GET", "/v1/job/j", "", 3s);
  EXPECT_EQ(read.status, 200) << read.body;
}

TEST_F(Leadership, OfAFrozenServerKeepsNoWriteWaitingAndNoWriteIsDoneTwice) {
  start(3);
  const NodeId asked = follower(), frozen = *leader();
  world().pause(frozen);
  const Reply write = answer(asked, "PUT", "/v1/jobs", job_of("j", 10), 4s);
  EXPECT_EQ(write.status, 500);
  EXPECT_EQ(write.body, "rpc error: 10.0.0." + std::to_string(frozen + 1) +
                            ":4647 leads no more and does not answer: whether it carried the request out is not known");
  run(5s);
  EXPECT_EQ(answer(*leader(), "GET", "/v1/job/j").status, 404);
}

// One that only lost its office tells what became of what it was asked.
TEST_F(Leadership, ThatIsHandedOverFailsNoWriteThatIsUnderWay) {
  io_sim::Timings timings = Servers::timings();
  timings.disk_sync = io_sim::Distribution::constant(20ms);
  start(3, timings);
  const NodeId asked = follower(), target = 3 - asked - *leader();
  const auto write = ask(asked, "PUT", "/v1/jobs", job_of("j", 10));
  run(10ms);
  const auto transfer = ask(*leader(), "PUT", transfer_to(target));
  ASSERT_TRUE(wait_for([&] { return write->over && transfer->over; }, 3s));
  EXPECT_EQ(transfer->status, 200) << transfer->body;
  EXPECT_EQ(write->status, 200) << write->body;
}

TEST_F(Leadership, OfAFrozenServerKeepsNoClientFromRegistering) {
  start(3);
  const NodeId frozen = *leader(), asked = follower();
  world().pause(frozen);
  const NodeId client = start_client(asked);
  ASSERT_TRUE(wait_for([&] { return leader().has_value(); }, 2s));
  EXPECT_TRUE(wait_for([&] { return server(*leader()).state().node(node_id(client)) != nullptr; }, 2s));
}

// Its followers answer with the first heartbeat; until then it knows nothing of them.
TEST_F(Leadership, DoesNotMakeAHealthyClusterLookIll) {
  start(3);
  const NodeId target = follower();
  EXPECT_EQ(answer(*leader(), "PUT", transfer_to(target)).status, 200);
  ASSERT_TRUE(wait_for([&] { return leader() == target; }));
  run(200ms);
  EXPECT_EQ(answer(target, "GET", "/v1/operator/autopilot/health").status, 200);
}

// Gossip goes on to hold it for alive.
TEST_F(Leadership, TakesNobodyInAgainAtOnceWhoWasTakenOutByHand) {
  start(3);
  const NodeId out = follower();
  const std::string peer = "/v1/operator/raft/peer?address=10.0.0." + std::to_string(out + 1) + ":4647";
  EXPECT_EQ(answer(*leader(), "DELETE", peer).status, 200);
  run(50s);
  const auto& peers = server(*leader()).raft()->configuration();
  EXPECT_FALSE(peers.contains(server(out).id()));
  ASSERT_TRUE(wait_for([&] { return server(*leader()).raft()->configuration().contains(server(out).id()); }, 80s));
}

TEST_F(Leadership, IsCountedAsRaftsMetricsTell) {
  start(3);
  const NodeId first = *leader();
  EXPECT_EQ(count(first, "state.leader"), 1u);
  EXPECT_EQ(count(first, "barrier"), 1u);
  EXPECT_EQ(count(3 - first - follower(), "state.follower"), 1u) << "hashicorp/raft counts the start";
  EXPECT_EQ(count(first, "transition.leader_lease_timeout"), 0u);
  const std::uint64_t writes = count(first, "apply");
  register_job("j", 10);
  EXPECT_GT(count(first, "apply"), writes);
  // The leader falls silent: some follower's heartbeat timeout tells, and it stands for election.
  world().pause(first);
  ASSERT_TRUE(wait_for([&] { return leader().has_value(); }));
  const NodeId second = *leader();
  EXPECT_GE(count(second, "transition.heartbeat_timeout"), 1u);
  EXPECT_GE(count(second, "state.candidate"), 1u);
  EXPECT_EQ(count(second, "state.leader"), 1u);
  // Without a quorum the new one steps down.
  const NodeId third = 3 - first - second;
  world().pause(third);
  ASSERT_TRUE(wait_for([&] { return !server(second).is_leader(); }));
  EXPECT_EQ(count(second, "transition.leader_lease_timeout"), 1u);
  EXPECT_GE(count(second, "state.follower"), 2u);
}

TEST_F(Leadership, ThatWasNeverLostIsNoFigure) {
  start(3);
  const auto body = boost::json::parse(answer(*leader(), "GET", "/v1/metrics").body);
  std::map<std::string, boost::json::value> counters;
  for (const auto& counter : body.at("Counters").as_array()) counters[counter.at("Name").as_string().c_str()] = counter;
  const auto& never = counters.at("nomad.raft.transition.leader_lease_timeout");
  for (const char* name : {"Count", "Rate", "Sum", "Min", "Max", "Mean", "Stddev"})
    EXPECT_EQ(never.at(name).to_number<double>(), 0) << name;
  const auto& once = counters.at("nomad.raft.state.leader");
  EXPECT_EQ(once.at("Max").to_number<double>(), 1);
  EXPECT_GT(once.at("Rate").to_number<double>(), 0);
}

class Autopilots : public Servers {};

// Both rest on the same configuration, and are in one commit.
TEST_F(Autopilots, SettingsThatComeAtOnceAreBothKept) {
  start(3);
  const std::string route = "/v1/operator/autopilot/configuration";
  const auto one = ask(*leader(), "PUT", route, R"({"MinQuorum":3})");
  const auto two = ask(*leader(), "PUT", route, R"({"MaxTrailingLogs":77})");
  ASSERT_TRUE(wait_for([&] { return one->over && two->over; }));
  EXPECT_EQ(one->body, "true");
  EXPECT_EQ(two->body, "true");
  const auto kept = boost::json::parse(answer(*leader(), "GET", route).body);
  EXPECT_EQ(kept.at("MinQuorum"), 3);
  EXPECT_EQ(kept.at("MaxTrailingLogs"), 77);
  // With an index it is the asker's matter.
  const auto stale = ask(*leader(), "PUT", route + "?cas=1", R"({"MinQuorum":5})");
  ASSERT_TRUE(wait_for([&] { return stale->over; }));
  EXPECT_EQ(stale->body, "false");
}

}  // namespace
}  // namespace core::agent
