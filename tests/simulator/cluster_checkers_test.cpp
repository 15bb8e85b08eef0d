// The invariants that look at a whole cluster: a real one is run, and looked at in a way, or told of things, that break
// each of them.
#include <gtest/gtest.h>

#include "made_up_server.hpp"
#include "simulator/checkers/electable.hpp"
#include "simulator/checkers/no_false.hpp"
#include "simulator/checkers/node_state.hpp"
#include "simulator/checkers/rate.hpp"
#include "simulator/checkers/steady.hpp"

namespace simulator::checkers {
namespace {

using namespace std::chrono_literals;

Scenario scenario_of(const std::string& cluster) {
  auto read = read_scenario("test.yaml", "cluster: " + cluster + "\nuntil: 10m\n");
  core::check(read.has_value(), "the test's scenario is right");
  return std::move(*read);
}

// A cluster that runs, and is looked at as a run would look.
struct Running {
  explicit Running(const std::string& plan) : scenario(scenario_of(plan)) { cluster.start_all(); }
  void run(core::Duration time, const std::vector<Checker*>& checkers = {}) {
    const TrueTime end = world.now() + time;
    while (world.now() < end) {
      world.run_until(std::min(end, world.now() + Health::look_interval));
      health.look(cluster);
      if (world.now() < next_round) continue;
      next_round = world.now() + 1s;
      for (Checker* checker : checkers)
        if (auto wrong = checker->at_intervals({world.now(), cluster, health}); wrong && said.empty()) said = *wrong;
    }
  }
  /// The third server is asked to leave, and has the time for it.
  void leave_third(const std::vector<Checker*>& checkers = {}) {
    cluster.note_left(2);
    world.signal(2, core::world::Signal::interrupt);
    run(40s, checkers);
  }

  Scenario scenario;
  io_sim::Choices choices{7};
  io_sim::World world{choices, {}};
  Cluster cluster{world, scenario, {}, choices};
  Health health{cluster.servers()};
  TrueTime next_round;
  std::string said;
};

TEST(Health, KnowsSinceWhenServersAreTogether) {
  Running running("{servers: 3}");
  running.run(5s);
  EXPECT_TRUE(running.health.together_since(0b111, running.world.now() - 3s));
  running.world.network().cut(0, 1);
  running.run(1s);
  EXPECT_FALSE(running.health.together_since(0b111, running.world.now()));
  EXPECT_EQ(running.health.majority_since(0b111, 0, running.world.now() - 1s), 0b101U);
  running.world.network().heal_all();
  running.world.pause(2);
  running.run(1s);
  EXPECT_TRUE(running.health.together_since(0b011, running.world.now() - 500ms));
  EXPECT_FALSE(running.health.together_since(0b011, running.world.now() - 1500ms));
  EXPECT_EQ(running.health.majority_since(0b111, 2, running.world.now()), 0U);
}

TEST(Regions, EachHasItsLeaderAndItsNodes) {
  Running running(
      "{servers: [{count: 3, region: eu}, {count: 1, region: us}], "
      "clients: [{count: 1, region: eu}, {count: 2, region: us}], region: eu}");
  running.run(60s);
  const Cluster& cluster = running.cluster;
  ASSERT_EQ(cluster.regions(), (std::vector<std::string>{"eu", "us"}));
  const auto here = cluster.established_leader(cluster.region("eu"));
  const auto there = cluster.established_leader(cluster.region("us"));
  ASSERT_TRUE(here && there);
  EXPECT_LT(*here, 3U);
  EXPECT_EQ(cluster.name(*there), "server-4");
  EXPECT_EQ(cluster.server(*here)->raft()->configuration().voters(), 3U);
  EXPECT_EQ(cluster.server(*there)->raft()->configuration().voters(), 1U);
  EXPECT_EQ(cluster.server(*here)->state().node_count(), 1U);
  EXPECT_EQ(cluster.server(*there)->state().node_count(), 2U);
  EXPECT_EQ(cluster.server(*there)->gossip()->members().size(), 4U) << "the pool is one";
}

TEST(Steady, ALeaderThatIsDeposedOutOfACalmCoreFalls) {
  Running running("{servers: 3}");
  running.run(60s);
  MadeUpServer leader(0, {"id-0", "id-1", "id-2"});
  leader.start(2, {1, 2});
  leader.lead();
  Steady checker(3, running.health);
  for (std::size_t other = 1; other < 3; ++other) {
    MadeUpServer follower(other, {"id-0", "id-1", "id-2"});
    checker.saw(follower.sight(running.world.now() - 30s));
  }
  EXPECT_EQ(checker.saw(leader.sight(running.world.now() - 30s)), std::nullopt);
  leader.hear("id-2", core::raft::AppendEntriesReply{.term = {9}});
  ASSERT_FALSE(leader.raft().is_leader());
  EXPECT_NE(checker.saw(leader.sight(running.world.now())), std::nullopt);
}

TEST(Steady, ALeaderThatWasCutOffMayBeDeposed) {
  Running running("{servers: 3}");
  running.run(60s);
  running.world.network().cut(0, 1);
  running.world.network().cut(0, 2);
  running.run(1s);
  MadeUpServer leader(0, {"id-0", "id-1", "id-2"});
  leader.start(2, {1, 2});
  leader.lead();
  Steady checker(3, running.health);
  for (std::size_t other = 1; other < 3; ++other) {
    MadeUpServer follower(other, {"id-0", "id-1", "id-2"});
    checker.saw(follower.sight(running.world.now() - 30s));
  }
  checker.saw(leader.sight(running.world.now() - 30s));
  leader.hear("id-2", core::raft::AppendEntriesReply{.term = {9}});
  EXPECT_EQ(checker.saw(leader.sight(running.world.now())), std::nullopt);
}

TEST(Electable, WhereNobodyLeadsThoughSomebodyCouldFalls) {
  Running running("{servers: 3}");
  running.run(10s);
  // Each is cut off, and the checker is not told: it takes all of them to be together.
  const Health unaware(3);
  Electable checker(0, unaware);
  running.run(50s, {&checker});
  EXPECT_EQ(running.said, "");
  for (const auto& [a, b] : {std::pair{0, 1}, {1, 0}, {0, 2}, {2, 0}, {1, 2}, {2, 1}})
    running.world.network().cut(a, b);
  running.run(60s, {&checker});
  EXPECT_NE(running.said.find("a majority of the voters could have elected"), std::string::npos) << running.said;
}

TEST(Electable, WhereNobodyReachesAMajorityHolds) {
  Running running("{servers: 3}");
  Electable checker(0, running.health);
  running.run(10s, {&checker});
  for (const auto& [a, b] : {std::pair{0, 1}, {1, 0}, {0, 2}, {2, 0}, {1, 2}, {2, 1}})
    running.world.network().cut(a, b);
  running.run(100s, {&checker});
  EXPECT_EQ(running.said, "");
}

TEST(Electable, TheOneThatAllReachIsElected) {
  Running running("{servers: 5}");
  Electable checker(0, running.health);
  running.run(10s, {&checker});
  const NodeId centre = (*running.cluster.leader() + 1) % 5;
  for (NodeId a = 0; a < 5; ++a)
    for (NodeId b = 0; b < 5; ++b)
      if (a != b && a != centre && b != centre) running.world.network().cut(a, b);
  running.run(100s, {&checker});
  EXPECT_EQ(running.said, "");
  EXPECT_EQ(running.cluster.leader(), centre);
}

TEST(NoFalse, AMemberThatIsDeclaredFailedWhileAllAreTogetherFalls) {
  Running running("{servers: 3}");
  running.run(100s);
  running.world.pause(2);
  const Health thinks_all_is_well(3);
  NoFalse checker(3);
  std::string said;
  for (int second = 0; second < 240; ++second) {
    running.run(1s);
    const Round round{running.world.now(), running.cluster, thinks_all_is_well};
    if (const auto wrong = checker.at_intervals(round)) said = *wrong;
  }
  EXPECT_NE(said.find("declares server-3 failed"), std::string::npos) << said;
}

TEST(NoFalse, OneThatReallyIsDownHolds) {
  Running running("{servers: 3}");
  NoFalse checker(3);
  running.run(100s, {&checker});
  running.world.kill(2);
  running.run(240s, {&checker});
  EXPECT_EQ(running.said, "");
}

// A pool of six in which one falls silent, and the others confirm it to each other: looked at as if the first of them
// had been cut off meanwhile, on its way in or out.
std::string what_a_cut_off_server_did(bool hears) {
  Running running("{servers: 6}");
  Running cut_off("{servers: 6}");
  NoFalse checker(6);
  std::string said;
  for (int second = 0; second < 260; ++second) {
    running.run(1s);
    cut_off.run(1s);
    if (second == 140) running.world.pause(5);
    if (second == 140)
      for (NodeId other = 1; other < 6; ++other)
        hears ? cut_off.world.network().cut(0, other) : cut_off.world.network().cut(other, 0);
    const Round round{running.world.now(), running.cluster, cut_off.health};
    if (const auto wrong = checker.at_intervals(round); wrong && said.empty()) said = *wrong;
  }
  return said;
}

TEST(NoFalse, OneThatHearsNobodyAndCondemnsAnotherFalls) {
  const std::string said = what_a_cut_off_server_did(false);
  EXPECT_NE(said.find("server-1, which has heard nobody for"), std::string::npos) << said;
  EXPECT_NE(said.find("declares server-6 failed"), std::string::npos) << said;
}

TEST(NoFalse, OneThatNobodyHearsMayBelieveTheOthers) { EXPECT_EQ(what_a_cut_off_server_did(true), ""); }

// One that leaves while nobody hears it, looked at as if all had been well.
TEST(Left, WhoLeftInGoodOrderAndIsHeldForFailedFalls) {
  for (const bool heard : {true, false}) {
    Running running("{servers: 3}");
    Running well("{servers: 3}");
    Left checker(3);
    std::string said;
    for (int second = 0; second < 480; ++second) {
      running.run(1s);
      well.run(1s);
      if (second == 150) {
        running.cluster.note_left(2);
        if (!heard) running.world.network().cut(2, 0);
        if (!heard) running.world.network().cut(2, 1);
        running.world.signal(2, core::world::Signal::interrupt);
      }
      const Round round{running.world.now(), running.cluster, well.health};
      if (const auto wrong = checker.at_intervals(round); wrong && said.empty()) said = *wrong;
    }
    ASSERT_FALSE(running.world.is_up(2));
    const bool fell = said.find("server-3 left in good order") != std::string::npos;
    EXPECT_EQ(fell, !heard) << said;
  }
}

TEST(Left, OneThatIsAliveAgainWithoutAStartFalls) {
  Running running("{servers: 3}");
  running.run(20s);
  running.leave_third();
  ASSERT_FALSE(running.world.is_up(2));
  Left checker(3);
  EXPECT_EQ(checker.at_intervals({running.world.now(), running.cluster, running.health}), std::nullopt);
  // Another cluster, whose third server has never started but once either, and is not known to be gone yet.
  Running other("{servers: 3}");
  other.run(20s);
  other.world.kill(2);
  EXPECT_NE(checker.at_intervals({other.world.now(), other.cluster, other.health}), std::nullopt);
}

TEST(Left, OneThatStartsAgainMayComeBack) {
  Running running("{servers: 3}");
  Left checker(3);
  running.run(20s, {&checker});
  running.leave_third({&checker});
  running.cluster.note_started(2);
  running.world.start(2);
  running.run(40s, {&checker});
  EXPECT_EQ(running.said, "");
}

// Old news of its leave reaches a server when it has long started again; then it dies, and only then the checker looks.
TEST(Left, OneThatHadStartedBeforeItWasHeldToHaveLeftMayComeBack) {
  Running running("{servers: 3}");
  running.run(20s);
  running.leave_third();
  ASSERT_FALSE(running.world.is_up(2));
  const io_sim::CutId cut = running.world.network().cut_between({0, 1}, {2});
  const io_sim::CutId back = running.world.network().cut_between({2}, {0, 1});
  running.cluster.note_started(2);
  running.world.start(2);
  running.run(5s);
  Left checker(3);
  EXPECT_EQ(checker.at_intervals({running.world.now(), running.cluster, running.health}), std::nullopt);
  running.world.network().heal(cut);
  running.world.network().heal(back);
  running.run(60s);
  const auto& members = running.cluster.server(0)->gossip()->members();
  ASSERT_TRUE(std::any_of(members.begin(), members.end(), [](const core::gossip::Member& member) {
    return member.name().starts_with("server-3") && member.status == core::gossip::MemberStatus::alive;
  }));
  running.world.kill(2);
  EXPECT_EQ(checker.at_intervals({running.world.now(), running.cluster, running.health}), std::nullopt);
}

// It has started and died again before its leave is first seen; the news of its start comes last.
TEST(Left, OneThatStartedAndDiedBeforeItWasHeldToHaveLeftMayComeBack) {
  Running running("{servers: 3}");
  running.run(20s);
  running.leave_third();
  for (const NodeId other : {0U, 1U}) {
    running.world.network().cut(2, other);
    running.world.network().cut(other, 2);
  }
  running.cluster.note_started(2);
  running.world.start(2);
  running.run(5s);
  running.world.kill(2);
  Left checker(3);
  EXPECT_EQ(checker.at_intervals({running.world.now(), running.cluster, running.health}), std::nullopt);
  // Another cluster, whose third server has as many lives behind it and is not known to be gone.
  Running other("{servers: 3}");
  other.run(20s);
  other.world.kill(2);
  other.world.start(2);
  other.run(20s);
  other.world.kill(2);
  ASSERT_EQ(other.world.life(2), running.world.life(2));
  EXPECT_EQ(checker.at_intervals({other.world.now(), other.cluster, other.health}), std::nullopt);
}

TEST(NodeState, ANodeThatIsGoneAndHeldToBeReadyFalls) {
  // The servers give a node that falls silent five minutes; the checker is told that they give it one second.
  Running running("{servers: 1, clients: 1, config: {min_heartbeat_ttl: 5m}}");
  NodeState checker(running.cluster, 0, {.min_ttl = 1s, .grace = 1s, .failover_ttl = 1s});
  running.run(30s, {&checker});
  EXPECT_EQ(running.said, "");
  running.world.kill(1);
  running.run(100s, {&checker});
  EXPECT_NE(running.said.find("is held to be ready"), std::string::npos) << running.said;
}

TEST(NodeState, ANodeThatComesAndGoesInTimeHolds) {
  Running running("{servers: 1, clients: 1, config: {failover_heartbeat_ttl: 20s}}");
  NodeState checker(running.cluster, 0, {.failover_ttl = 20s});
  running.run(30s, {&checker});
  running.world.kill(1);
  running.run(120s, {&checker});
  running.world.start(1);
  running.run(120s, {&checker});
  EXPECT_EQ(running.said, "");
}

TEST(Rate, AServerThatGossipsWithoutEndFalls) {
  Running running("{servers: 3}");
  Rate checker(3);
  core::world::Effects effects;
  for (int i = 0; i < 200; ++i) effects.push_back(core::world::SendDatagram{});
  std::optional<std::string> wrong;
  for (std::uint64_t second = 0; second < Rate::window && !wrong; ++second) {
    checker.sent(0, effects);
    wrong = checker.at_intervals({running.world.now(), running.cluster, running.health});
  }
  EXPECT_NE(wrong.value_or("").find("datagrams a second"), std::string::npos);
}

TEST(Rate, AServerThatTellsOfOneJoinWithoutEndFalls) {
  Running running("{servers: 3}");
  const auto tells = [&] {
    const auto* const server = running.cluster.server(0);
    const auto* const gossip = server == nullptr ? nullptr : server->gossip();
    return gossip != nullptr && gossip->members().size() == 3 && gossip->intents_told() > 0;
  };
  for (int tenths = 0; tenths < 600 && !tells(); ++tenths) running.run(100ms);
  ASSERT_TRUE(tells());
  // The same moment again and again, as if it had never ended.
  Rate checker(3);
  std::optional<std::string> wrong;
  std::uint64_t seconds = 0;
  while (!wrong && seconds < 2 * Rate::max_telling) {
    wrong = checker.at_intervals({running.world.now(), running.cluster, running.health});
    ++seconds;
  }
  EXPECT_NE(wrong.value_or("").find("has told of joins and leaves for"), std::string::npos);
  EXPECT_GT(seconds, Rate::max_telling);
}

}  // namespace
}  // namespace simulator::checkers
