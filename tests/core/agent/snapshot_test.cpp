// Saved states on their way between servers: large ones, and slow ones.
#include "core/api/archive_route.hpp"
#include "core/wire/rpc/framing.hpp"
#include "tests/core/agent/servers.hpp"

namespace core::agent {
namespace {

const std::string route(api::archive_route);

class Snapshots : public Servers {};

class SlowSnapshots : public Servers {
 protected:
  static io_sim::Timings slow() {
    io_sim::Timings out = timings();
    // More than a call may take, and than a connection may be silent.
    out.compute = io_sim::Distribution::constant(45s);
    return out;
  }
};

TEST_F(SlowSnapshots, AreSavedAndRestoredThroughAFollower) {
  start(3, slow());
  const Reply saved = answer(follower(), "GET", route, "", 100s);
  ASSERT_EQ(saved.status, 200) << saved.body;
  register_job("gone", 10);
  const Reply restored = answer(follower(), "PUT", route, saved.body, 100s);
  EXPECT_EQ(restored.status, 200) << restored.body;
  EXPECT_EQ(answer(*leader(), "GET", "/v1/job/gone").status, 404);
}

TEST_F(SlowSnapshots, WhoeverComesWhileOneIsSavedGetsTheNext) {
  start(3, slow());
  const auto first = ask(*leader(), "GET", route);
  run(5s);
  register_job("late", 10);
  const auto second = ask(*leader(), "GET", route);
  const auto third = ask(follower(), "GET", route);
  ASSERT_TRUE(wait_for([&] { return first->over && second->over && third->over; }, 200s));
  EXPECT_EQ(first->status, 200) << first->body;
  EXPECT_EQ(second->status, 200) << second->body;
  EXPECT_EQ(third->body, second->body);
  EXPECT_NE(second->body, first->body) << "it has what was acknowledged before it was asked for";
}

TEST_F(SlowSnapshots, APlanThatIsMadeMeanwhileHearsWhyItIsDropped) {
  start(3, slow());
  const Reply saved = answer(*leader(), "GET", route, "", 100s);
  register_job("j", 10);
  const auto restored = ask(*leader(), "PUT", route, saved.body);
  run(30s);
  const auto plan = ask(*leader(), "PUT", "/v1/job/j/plan", job_of("j", 10));
  ASSERT_TRUE(wait_for([&] { return restored->over && plan->over; }, 100s));
  EXPECT_EQ(restored->status, 200) << restored->body;
  EXPECT_EQ(plan->status, 500);
  EXPECT_EQ(plan->body, "a snapshot was restored meanwhile");
}

// As after SIGHUP.
TEST_F(Snapshots, AreTakenAsAReloadSays) {
  start(1);
  for (int i = 0; i < 40; ++i) register_job("a" + std::to_string(i), 10);
  run(10min);
  EXPECT_EQ(server(0).snapshots().taken, 0u);
  world().reload(0, {world::LogLevel::info, 30, 100ms, 7});
  ASSERT_TRUE(wait_for([&] { return server(0).snapshots().taken == 1; }, 5min));
  run(1s);
  const auto& log = server(0).raft()->log();
  EXPECT_EQ(log.first_index().value, server(0).snapshots().last_index - 7 + 1);
  // Zero leaves a setting as it is, and the interval is the new one.
  world().reload(0, {world::LogLevel::info, 0, Duration{}, 0});
  for (int i = 0; i < 40; ++i) register_job("b" + std::to_string(i), 10);
  EXPECT_TRUE(wait_for([&] { return server(0).snapshots().taken >= 2; }, 1s));
}

TEST_F(Snapshots, TooLargeForAFollowerTheyAreRefusedAtOnceWithTheLeadersAddress) {
  start(3);
  const std::string large(wire::rpc::max_frame_bytes, 'x');
  const Reply refused = answer(follower(), "PUT", route, large, 1s);
  EXPECT_EQ(refused.status, 413);
  const std::string wanted = "-address=http://10.0.0." + std::to_string(*leader() + 1) + ":4646";
  EXPECT_NE(refused.body.find(wanted), std::string::npos) << refused.body;
  // The leader takes it and looks into it, and so it does with one that just fits.
  const Reply looked_at = answer(*leader(), "PUT", route, large);
  EXPECT_EQ(looked_at.status, 400);
  EXPECT_NE(looked_at.body.find("wanted a gzip file"), std::string::npos) << looked_at.body;
  const Reply fits = answer(follower(), "PUT", route, large.substr(4096));
  EXPECT_EQ(fits.body, looked_at.body);
}

TEST_F(Snapshots, ARestoreThatIsGivenUpLeavesNothingInTheState) {
  io_sim::Timings timings = Servers::timings();
  timings.disk_sync = io_sim::Distribution::constant(50ms);
  start(3, timings);
  for (const char* id : {"a", "b", "c", "d", "e", "f"}) register_job(id, 300 << 10);
  const Reply saved = answer(*leader(), "GET", route);
  ASSERT_EQ(saved.status, 200) << saved.body;
  const NodeId leads = *leader();
  const auto restored = ask(leads, "PUT", route, saved.body);
  ASSERT_TRUE(wait_for([&] { return server(leads).state().restoring(); }, 2s));
  // Leadership is to go to a server that stands still: nothing is written until that has come to nothing.
  const NodeId target = follower();
  world().pause(target);
  const auto transferred =
      ask(leads, "PUT", "/v1/operator/raft/transfer-leadership?address=10.0.0." + std::to_string(target + 1) + ":4647");
  ASSERT_TRUE(wait_for([&] { return restored->over && transferred->over; }, 20s));
  EXPECT_EQ(restored->status, 500);
  EXPECT_NE(restored->body.find("leadership transfer in progress"), std::string::npos) << restored->body;
  EXPECT_EQ(transferred->status, 500);
  EXPECT_EQ(leader(), leads);
  EXPECT_TRUE(wait_for([&] { return !server(leads).state().restoring(); }, 5s));
  EXPECT_EQ(answer(leads, "PUT", route, saved.body).status, 200);
}

}  // namespace
}  // namespace core::agent
