#include "io-sim/world.hpp"

#include <gtest/gtest.h>

#include "tests/io-sim/puppet.hpp"

namespace io_sim {
namespace {

namespace world = core::world;
using namespace std::chrono_literals;

using WorldTest = PuppetTest;

TEST_F(WorldTest, DatagramsArriveUnlessTheWayIsCut) {
  start();
  say(0, {world::SendDatagram{address(1, World::serf_port), "one"}});
  run(10ms);
  ASSERT_EQ(heard<world::DatagramReceived>(1).size(), 1U);
  EXPECT_EQ(heard<world::DatagramReceived>(1)[0].from, address(0, World::serf_port));
  world_.network().cut(0, 1);
  say(0, {world::SendDatagram{address(1, World::serf_port), "two"}});
  say(1, {world::SendDatagram{address(0, World::serf_port), "back"}});
  run(10ms);
  EXPECT_EQ(heard<world::DatagramReceived>(1).size(), 1U);
  EXPECT_EQ(heard<world::DatagramReceived>(0).size(), 1U);  // one way only
}

TEST_F(WorldTest, LossAndDuplicationAreOfTheLink) {
  world_.network().everywhere().duplication = 1;
  start();
  say(0, {world::SendDatagram{address(1, World::serf_port), "twice"}});
  run(10ms);
  EXPECT_EQ(heard<world::DatagramReceived>(1).size(), 2U);
  world_.network().everywhere().loss = 1;
  say(0, {world::SendDatagram{address(1, World::serf_port), "never"}});
  run(10ms);
  EXPECT_EQ(heard<world::DatagramReceived>(1).size(), 2U);
}

TEST_F(WorldTest, AStreamCarriesBytesInOrderBothWays) {
  start();
  say(0, {world::OpenStream{{2}, address(1, World::rpc_port)}});
  run(10ms);
  ASSERT_EQ(heard<world::StreamConnected>(0).size(), 1U);
  const auto accepted = heard<world::StreamAccepted>(1);
  ASSERT_EQ(accepted.size(), 1U);
  EXPECT_EQ(accepted[0].stream.value % 2, 1U);
  for (const char* text : {"a", "b", "c"}) say(0, {world::SendStream{{2}, text}});
  say(1, {world::SendStream{accepted[0].stream, "z"}});
  run(10ms);
  std::string at_1;
  for (const auto& received : heard<world::StreamReceived>(1)) at_1 += received.bytes;
  EXPECT_EQ(at_1, "abc");
  EXPECT_EQ(heard<world::StreamReceived>(0).at(0).bytes, "z");
  say(0, {world::SendStream{{2}, "last"}, world::CloseStream{{2}}});
  run(10ms);
  EXPECT_EQ(heard<world::StreamReceived>(1).back().bytes, "last");
  ASSERT_EQ(heard<world::StreamClosed>(1).size(), 1U);
  EXPECT_EQ(heard<world::StreamClosed>(1)[0].reason, "EOF");
}

TEST_F(WorldTest, AStreamOutlivesAShortCutAndBreaksInALongOne) {
  start();
  say(0, {world::OpenStream{{2}, address(1, World::rpc_port)}});
  run(10ms);
  world_.network().cut(0, 1);
  say(0, {world::SendStream{{2}, "late"}});
  run(2s);
  EXPECT_TRUE(heard<world::StreamReceived>(1).empty());
  world_.network().heal_all();
  run(1s);
  EXPECT_EQ(heard<world::StreamReceived>(1).size(), 1U);
  world_.network().cut(0, 1);
  say(0, {world::SendStream{{2}, "never"}});
  run(30s);
  EXPECT_EQ(heard<world::StreamReceived>(1).size(), 1U);
  EXPECT_EQ(heard<world::StreamClosed>(0).size(), 1U);
}

// TCP sends again what is lost, later each time, and gives up in the end.
TEST_F(WorldTest, AStreamThatLosesIsLateAndOneThatLosesAllBreaks) {
  start();
  say(0, {world::OpenStream{{2}, address(1, World::rpc_port)}});
  run(10ms);
  world_.network().everywhere().loss = 0.5;
  for (int i = 0; i < 40 && heard<world::StreamClosed>(0).empty(); ++i) {
    say(0, {world::SendStream{{2}, "x"}});
    run(14s);
  }
  const auto& diary = diary_[1].heard;
  const auto arrived = [&](core::Duration later_than) {
    std::size_t out = 0;
    for (const auto& [now, event] : diary)
      if (std::holds_alternative<world::StreamReceived>(event) && now.instant.ns % 14'000'000'000 > later_than.count())
        ++out;
    return out;
  };
  EXPECT_GT(arrived(0ms), 20U);
  EXPECT_GT(arrived(500ms), 3U) << "sent again twice";
  EXPECT_GT(arrived(1300ms), 0U) << "sent again three times";
  world_.network().everywhere().loss = 1;
  say(0, {world::SendStream{{2}, "never"}});
  run(20s);
  EXPECT_EQ(heard<world::StreamClosed>(0).size(), 1U);
}

TEST_F(WorldTest, NobodyListensWhereNobodyRuns) {
  world_.start(0);
  run(1ms);
  say(0, {world::OpenStream{{2}, address(1, World::rpc_port)}});
  run(1s);
  ASSERT_EQ(heard<world::StreamClosed>(0).size(), 1U);
  EXPECT_EQ(heard<world::StreamClosed>(0)[0].reason, "connect: connection refused");
}

TEST_F(WorldTest, AKilledProcessBreaksItsStreamsAtOnceALostMachineDoesNot) {
  start();
  say(0, {world::OpenStream{{2}, address(1, World::rpc_port)}});
  run(10ms);
  world_.kill(1);
  run(10ms);
  ASSERT_EQ(heard<world::StreamClosed>(0).size(), 1U);
  EXPECT_EQ(heard<world::StreamClosed>(0)[0].reason, "read: connection reset by peer");
  world_.start(1);
  say(0, {world::OpenStream{{6}, address(1, World::rpc_port)}});
  run(10ms);
  world_.lose_power(1);
  run(100ms);
  EXPECT_EQ(heard<world::StreamClosed>(0).size(), 1U);
  world_.start(1);
  say(0, {world::SendStream{{6}, "are you there?"}});
  run(100ms);
  ASSERT_EQ(heard<world::StreamClosed>(0).size(), 2U);
  EXPECT_EQ(heard<world::StreamClosed>(0)[1].reason, "read: connection reset by peer");
  EXPECT_TRUE(heard<world::StreamReceived>(1).empty());
}

TEST_F(WorldTest, ABatchIsDoneWhenTheDiskSaysSo) {
  start();
  say(0, {world::DiskBatch{{1}, {world::WriteAt{"f", 0, "x"}, world::Sync{"f"}, world::SyncDirectory{""}}}});
  EXPECT_TRUE(heard<world::DiskBatchDone>(0).empty());
  run(10ms);
  ASSERT_EQ(heard<world::DiskBatchDone>(0).size(), 1U);
  world_.lose_power(0);
  EXPECT_EQ(world_.disk(0).read("").size(), 1U);
}

TEST_F(WorldTest, PowerLostDuringABatchLeavesAnyPartOfIt) {
  bool whole = false;
  bool part = false;
  bool nothing = false;
  const std::string bytes(3 * Disk::sector_bytes, 'x');
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    World one(seed, Timings{});
    Diary diary;
    one.add_node("n", "10.0.0.1", {}, [&](std::uint64_t) { return std::make_unique<Puppet>(diary); });
    diary.on_start = {
        world::DiskBatch{{1}, {world::WriteAt{"f", 0, bytes}, world::Sync{"f"}, world::SyncDirectory{""}}}};
    one.start(0);
    one.run_until(one.now() + 100us);
    one.lose_power(0);
    const auto files = one.disk(0).read("");
    const std::size_t kept = files.empty() ? 0 : files[0].bytes.size();
    whole = whole || kept == bytes.size();
    part = part || (kept > 0 && kept < bytes.size());
    nothing = nothing || kept == 0;
  }
  EXPECT_TRUE(whole);
  EXPECT_TRUE(part);
  EXPECT_TRUE(nothing);
}

TEST_F(WorldTest, WakesAtTheDeadlineOfADriftingClock) {
  world_.clock(0).set_drift({}, 0.1);  // ten per cent fast
  diary_[0].deadline = core::Instant{} + 11s;
  world_.start(0);
  run(9900ms);
  EXPECT_EQ(heard<world::Woken>(0).size(), 1U);
  run(200ms);
  ASSERT_EQ(heard<world::Woken>(0).size(), 2U);
  EXPECT_GE(diary_[0].heard.back().first.instant, core::Instant{} + 11s);
}

TEST_F(WorldTest, AWallClockStepsAndTheMonotonicOneDoesNot) {
  start();
  const core::Now before = world_.clock_reading(0);
  world_.clock(0).step_wall(-1h);
  const core::Now after = world_.clock_reading(0);
  EXPECT_EQ(before.instant, after.instant);
  EXPECT_EQ(before.wall - after.wall, 1h);
}

TEST_F(WorldTest, APausedProcessHearsLaterWhatCameMeanwhile) {
  start();
  world_.pause(1);
  say(0, {world::SendDatagram{address(1, World::serf_port), "wait"}});
  run(1s);
  EXPECT_TRUE(heard<world::DatagramReceived>(1).empty());
  world_.resume(1);
  run(1ms);
  EXPECT_EQ(heard<world::DatagramReceived>(1).size(), 1U);
}

TEST_F(WorldTest, TasksOutliveTheirAgentAndNotTheirMachine) {
  start();
  const world::TaskKey key{"alloc", "task"};
  say(0, {world::StartTask{.key = key}});
  run(1s);
  const auto started = heard<world::TaskStarted>(0);
  ASSERT_EQ(started.size(), 1U);
  world_.kill(0);
  EXPECT_EQ(world_.host(0).running(), 1U);
  world_.start(0);
  run(1ms);
  say(0, {world::RecoverTask{key, started[0].handle}});
  run(1s);
  ASSERT_EQ(heard<world::TaskStarted>(0).size(), 2U);
  EXPECT_TRUE(heard<world::TaskStarted>(0)[1].handle == started[0].handle);
  // Killed before it kept the handle, it takes up what there is; with another's, nothing.
  say(0, {world::RecoverTask{key, {}}});
  run(1s);
  ASSERT_EQ(heard<world::TaskStarted>(0).size(), 3U);
  EXPECT_TRUE(heard<world::TaskStarted>(0)[2].handle == started[0].handle);
  say(0, {world::RecoverTask{key, {.pid = started[0].handle.pid + 1}}});
  run(1s);
  EXPECT_EQ(heard<world::TaskLost>(0).size(), 1U);
  world_.lose_power(0);
  EXPECT_EQ(world_.host(0).running(), 0U);
  world_.start(0);
  run(1ms);
  say(0, {world::RecoverTask{key, started[0].handle}});
  run(1s);
  EXPECT_EQ(heard<world::TaskLost>(0).size(), 2U);
}

TEST_F(WorldTest, TasksEndAsTheirScriptSays) {
  world_.script_task = [](NodeId, const world::StartTask& start) {
    TaskLife life;
    if (start.key.task == "short") life = {.runs = 2s, .exit_code = 3};
    if (start.key.task == "stubborn") life.ignores_signals = true;
    if (start.key.task == "broken") life.fails_to_start = true;
    return life;
  };
  start();
  for (const char* task : {"short", "stubborn", "broken"}) say(0, {world::StartTask{.key = {"a", task}}});
  run(5s);
  EXPECT_EQ(heard<world::TaskStartFailed>(0).size(), 1U);
  ASSERT_EQ(heard<world::TaskExited>(0).size(), 1U);
  EXPECT_EQ(heard<world::TaskExited>(0)[0].exit_code, 3);
  say(0, {world::SignalTask{{"a", "stubborn"}, "SIGINT"}});
  run(1s);
  EXPECT_EQ(heard<world::TaskExited>(0).size(), 1U);
  say(0, {world::KillTask{{"a", "stubborn"}}});
  run(1s);
  ASSERT_EQ(heard<world::TaskExited>(0).size(), 2U);
  EXPECT_EQ(heard<world::TaskExited>(0)[1].signal, 9);
}

TEST_F(WorldTest, AnAskedNodeThatDiesAnswersWithNothing) {
  start();
  bool called = false;
  world_.ask(0, {}, [&](const auto& answer) {
    called = true;
    EXPECT_FALSE(answer.has_value());
  });
  run(1ms);
  EXPECT_FALSE(called);
  world_.kill(0);
  EXPECT_TRUE(called);
}

TEST(World, TheSameSeedGivesTheSameTrace) {
  const auto trace = [](std::uint64_t seed) {
    World one(seed, Timings{});
    Diary diary[2];
    for (int i = 0; i < 2; ++i)
      one.add_node("n" + std::to_string(i), "10.0.0." + std::to_string(i + 1), {},
                   [&diary, i](std::uint64_t) { return std::make_unique<Puppet>(diary[i]); });
    diary[0].on_start = {world::OpenStream{{2}, one.address(1, World::rpc_port)}, world::SendStream{{2}, "x"},
                         world::DiskBatch{{1}, {world::WriteAt{"f", 0, "x"}, world::Sync{"f"}}}};
    one.start(0);
    one.start(1);
    one.run_until(one.now() + 1s);
    return one.trace_hash();
  };
  EXPECT_EQ(trace(1), trace(1));
  EXPECT_NE(trace(1), trace(2));
}

}  // namespace
}  // namespace io_sim
