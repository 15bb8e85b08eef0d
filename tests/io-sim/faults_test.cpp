// What goes wrong in the world: each test fails when its fault does not happen.
#include <gtest/gtest.h>

#include "tests/io-sim/puppet.hpp"

namespace io_sim {
namespace {

namespace world = core::world;
using namespace std::chrono_literals;

using Faults = PuppetTest;

world::DiskBatch written_and_synced(std::uint64_t token, std::uint64_t offset, std::string bytes) {
  return {{token}, {world::WriteAt{"f", offset, std::move(bytes)}, world::Sync{"f"}, world::SyncDirectory{""}}};
}

// --- network ---

TEST_F(Faults, APairsLinkGoesBeforeItsSitesAndThoseBeforeTheRest) {
  Network network;
  network.everywhere().latency = Distribution::constant(1ms);
  network.set_site(1, 7);
  Link between_sites;
  between_sites.latency = Distribution::constant(2ms);
  network.set_link_between_sites(0, 7, between_sites);
  Link pair;
  pair.latency = Distribution::constant(3ms);
  network.set_link(2, 1, pair);
  EXPECT_EQ(network.link(0, 2).latency.quantile(0), 1ms);
  EXPECT_EQ(network.link(0, 1).latency.quantile(0), 2ms);
  EXPECT_EQ(network.link(1, 0).latency.quantile(0), 1ms);
  EXPECT_EQ(network.link(2, 1).latency.quantile(0), 3ms);
}

TEST_F(Faults, ASlowLinkMakesMessagesWaitForThoseBefore) {
  world_.network().everywhere().latency = Distribution::constant(1ms);
  world_.network().everywhere().bytes_per_second = 10'000;
  start();
  const std::string bytes(1000 - datagram_header_bytes, 'x');
  for (int i = 0; i < 3; ++i) say(0, {world::SendDatagram{address(1, World::serf_port), bytes}});
  run(102ms);
  EXPECT_EQ(heard<world::DatagramReceived>(1).size(), 1U);
  run(100ms);
  EXPECT_EQ(heard<world::DatagramReceived>(1).size(), 2U);
  run(100ms);
  EXPECT_EQ(heard<world::DatagramReceived>(1).size(), 3U);
}

TEST_F(Faults, AFullQueueDropsDatagramsAndKeepsStreams) {
  world_.network().everywhere().bytes_per_second = 10'000;
  world_.network().everywhere().queue_bytes = 2500;
  start();
  const std::string bytes(1000, 'x');
  for (int i = 0; i < 10; ++i) say(0, {world::SendDatagram{address(1, World::serf_port), bytes}});
  run(10s);
  EXPECT_EQ(heard<world::DatagramReceived>(1).size(), 3U);
  say(0, {world::OpenStream{{2}, address(1, World::rpc_port)}});
  run(1s);
  for (int i = 0; i < 10; ++i) say(0, {world::SendStream{{2}, bytes}});
  run(10s);
  std::size_t arrived = 0;
  for (const auto& received : heard<world::StreamReceived>(1)) arrived += received.bytes.size();
  EXPECT_EQ(arrived, 10'000U);
}

TEST_F(Faults, ALargeDatagramIsLostWhenAnyOfItsFragmentsIs) {
  EXPECT_EQ(packets(1472, 1500, datagram_header_bytes), 1U);
  EXPECT_EQ(packets(1473, 1500, datagram_header_bytes), 2U);
  EXPECT_EQ(packets(1'000'000, 0, datagram_header_bytes), 1U);
  EXPECT_DOUBLE_EQ(any_lost(0.1, 1), 0.1);
  EXPECT_NEAR(any_lost(0.1, 2), 0.19, 1e-12);
  world_.network().everywhere().mtu = 1500;
  world_.network().everywhere().loss = 0.02;
  start();
  for (int i = 0; i < 200; ++i)
    say(0, {world::SendDatagram{address(1, World::serf_port), std::string(1472 * 30, 'x')}});
  run(1s);
  const auto arrived = heard<world::DatagramReceived>(1).size();  // 0.98^30 = 0.55
  EXPECT_GT(arrived, 70U);
  EXPECT_LT(arrived, 150U);
}

TEST_F(Faults, WhatMustNotBeFragmentedVanishesWhenItIsTooLarge) {
  world_.network().everywhere().mtu = 1400;
  world_.network().everywhere().fragments = false;
  start();
  say(0, {world::SendDatagram{address(1, World::serf_port), std::string(1372, 'x')}});
  say(0, {world::SendDatagram{address(1, World::serf_port), std::string(1373, 'x')}});
  run(1s);
  EXPECT_EQ(heard<world::DatagramReceived>(1).size(), 1U);
}

TEST_F(Faults, CutsOfSetsLieOverEachOther) {
  Network& network = world_.network();
  const CutId wide = network.cut_between({0}, {1, 5});
  const CutId narrow = network.cut_between({0}, {1});
  EXPECT_FALSE(network.reaches(0, 1));
  EXPECT_TRUE(network.reaches(1, 0));
  network.heal(wide);
  EXPECT_TRUE(network.reaches(0, 5));
  EXPECT_FALSE(network.reaches(0, 1));
  network.heal(narrow);
  EXPECT_TRUE(network.reaches(0, 1));
}

TEST_F(Faults, AFlakyWayIsClosedAndOpenInTurnsUntilItHeals) {
  start();
  const CutId cut = world_.flap({0}, {1}, Distribution::constant(30ms), Distribution::constant(20ms));
  int open = 0;
  for (int i = 0; i < 100; ++i) {
    open += world_.network().reaches(0, 1);
    run(5ms);
  }
  EXPECT_GT(open, 30);
  EXPECT_LT(open, 50);
  world_.network().heal(cut);
  run(100ms);
  EXPECT_TRUE(world_.network().reaches(0, 1));
}

// --- disks ---

TEST_F(Faults, AFullDiskRefusesWhatItHasNoRoomFor) {
  world_.disk(0).faults().capacity_bytes = 1000;
  start();
  say(0, {written_and_synced(1, 0, std::string(900, 'x')), written_and_synced(2, 900, std::string(101, 'y')),
          written_and_synced(3, 0, std::string(1000, 'z'))});
  run(1s);
  const auto done = heard<world::DiskBatchDone>(0);
  ASSERT_EQ(done.size(), 3U);
  EXPECT_EQ(done[0].error, "");
  EXPECT_EQ(done[1].error, "write f: No space left on device");
  EXPECT_EQ(done[2].error, "");
}

TEST_F(Faults, AFailedSyncIsToldAndTheNextOneSaysNothingOfIt) {
  bool lost = false;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Disk disk;
    Choices choices(seed);
    Stream chance = choices.stream("disk");
    const Disk::Fate fate{chance};
    disk.faults().sync_error = 1;
    ASSERT_EQ(disk.carry_out({world::WriteAt{"f", 0, "hello"}, world::SyncDirectory{""}}), "");
    EXPECT_EQ(disk.carry_out_one(world::Sync{"f"}, &fate), "fdatasync f: Input/output error");
    disk.faults().sync_error = 0;
    EXPECT_EQ(disk.carry_out_one(world::Sync{"f"}, &fate), "");
    disk.lose_power(chance);
    const auto files = disk.read("");
    lost = lost || files.empty() || files[0].bytes != "hello";
  }
  EXPECT_TRUE(lost);
}

TEST_F(Faults, AWriteErrorIsToldAndWritesNothing) {
  world_.disk(0).faults().write_error = 1;
  start();
  say(0, {written_and_synced(1, 0, "x")});
  run(1s);
  EXPECT_EQ(heard<world::DiskBatchDone>(0).at(0).error, "write f: Input/output error");
  EXPECT_TRUE(world_.disk(0).read("").empty());
}

TEST_F(Faults, AReadErrorIsTold) {
  world_.disk(0).faults().read_error = 1;
  start();
  say(0, {world::ReadDirectory{{4}, "d"}});
  run(1s);
  EXPECT_EQ(heard<world::DirectoryRead>(0).at(0).error, "read d: Input/output error");
}

TEST_F(Faults, ADiskHangsAndHasAPaceOfItsOwn) {
  world_.disk(0).faults().write = Distribution::constant(20ms);
  world_.disk(0).faults().sync = Distribution::constant(80ms);
  start();
  say(0, {written_and_synced(1, 0, "x")});
  run(99ms);
  EXPECT_TRUE(heard<world::DiskBatchDone>(0).empty());
  run(2ms);
  EXPECT_EQ(heard<world::DiskBatchDone>(0).size(), 1U);
  world_.disk(0).faults().hang = 1;
  world_.disk(0).faults().hang_for = Distribution::constant(10s);
  say(0, {written_and_synced(2, 1, "y")});
  run(10s);
  EXPECT_EQ(heard<world::DiskBatchDone>(0).size(), 1U);
  run(200ms);
  EXPECT_EQ(heard<world::DiskBatchDone>(0).size(), 2U);
}

std::string on_platter(Disk& disk) {
  const auto files = disk.read("");
  return files.empty() ? "(no file)" : files[0].bytes;
}

TEST_F(Faults, ALieIsKeptWhenALaterWriteStandsBehindIt) {
  const std::string first(Disk::sector_bytes, 'a');
  const std::string second(Disk::sector_bytes, 'b');
  const std::string third(Disk::sector_bytes, 'c');
  const std::string honest = first + second + third;
  const auto written_with = [&](double DiskFaults::* lie, std::uint64_t seed) {
    Disk disk;
    Choices choices(seed);
    Stream chance = choices.stream("disk");
    const Disk::Fate lying{chance, true};
    EXPECT_EQ(disk.carry_out({world::WriteAt{"f", 0, first}, world::Sync{"f"}, world::SyncDirectory{""},
                              world::WriteAt{"f", first.size(), second}}),
              "");
    disk.faults().*lie = 1;
    EXPECT_EQ(disk.carry_out_one(world::Sync{"f"}, &lying), "");  // and it says that all is well
    EXPECT_EQ(disk.lies_told(), 1U);
    EXPECT_EQ(disk.carry_out({world::WriteAt{"f", 2 * first.size(), third}, world::Sync{"f"}}), "");
    disk.lose_power(chance);
    return on_platter(disk);
  };
  EXPECT_EQ(written_with(&DiskFaults::lost, 1), first + std::string(Disk::sector_bytes, '\0') + third);
  EXPECT_EQ(written_with(&DiskFaults::misdirected, 1), second + std::string(Disk::sector_bytes, '\0') + third);
  const std::string corrupt = written_with(&DiskFaults::corrupt, 1);
  ASSERT_EQ(corrupt.size(), honest.size());
  int bits = 0;
  for (std::size_t i = 0; i < honest.size(); ++i)
    bits += std::popcount(static_cast<unsigned char>(honest[i] ^ corrupt[i]));
  EXPECT_EQ(bits, 1);
}

TEST_F(Faults, ALieThatNobodyCouldNoticeIsPutRight) {
  Disk disk;
  Choices choices(3);
  Stream chance = choices.stream("disk");
  const Disk::Fate lying{chance, true};
  disk.faults().lost = 1;
  ASSERT_EQ(disk.carry_out({world::WriteAt{"f", 0, "acknowledged"}, world::SyncDirectory{""}}), "");
  ASSERT_EQ(disk.carry_out_one(world::Sync{"f"}, &lying), "");
  disk.lose_power(chance);
  EXPECT_EQ(on_platter(disk), "acknowledged");
}

TEST_F(Faults, AMajorityOfADisksGroupStaysWhole) {
  DamageBudget budget;
  budget.add_group({0, 1, 2, 3, 4});
  budget.add_group({7, 8, 9});
  budget.damaged(3);
  budget.damaged(3);
  EXPECT_TRUE(budget.may_damage(4));
  budget.damaged(4);
  EXPECT_FALSE(budget.may_damage(0));
  EXPECT_TRUE(budget.may_damage(4));   // it is damaged already
  EXPECT_TRUE(budget.may_damage(8));   // another group
  EXPECT_TRUE(budget.may_damage(99));  // nobody rests on it
  budget.whole(3);
  EXPECT_TRUE(budget.may_damage(0));
  budget.damaged(0);
  EXPECT_FALSE(budget.may_damage(1));
  budget.lift();
  EXPECT_TRUE(budget.may_damage(1));
}

TEST_F(Faults, TheWorldsDisksLieWithinTheBudget) {
  world_.damage().add_group({0, 1});  // of two copies both are needed
  world_.disk(0).faults().lost = 1;
  start();
  say(0, {written_and_synced(1, 0, "one"), written_and_synced(2, 3, "two")});
  run(1s);
  EXPECT_EQ(world_.disk(0).lies_told(), 0U);
  EXPECT_FALSE(world_.rot_disk(0));
  world_.damage().lift();
  EXPECT_TRUE(world_.rot_disk(0));
  EXPECT_NE(on_platter(world_.disk(0)), "onetwo");
}

TEST_F(Faults, AReformattedMachineRemembersNothing) {
  world_.damage().add_group({0, 1, 2});
  start();
  say(0, {written_and_synced(1, 0, "x"), world::StartTask{.key = {"a", "t"}}});
  run(1s);
  world_.reformat(0);
  EXPECT_FALSE(world_.is_up(0));
  EXPECT_TRUE(world_.disk(0).read("").empty());
  EXPECT_TRUE(world_.host(0).tasks().empty());
  EXPECT_TRUE(world_.damage().is_damaged(0));
}

// --- clocks ---

TEST_F(Faults, AWallClockDriftsApartFromTheMonotonicOne) {
  start();
  world_.clock(0).set_wall_drift(world_.now(), -0.5);
  const core::Now before = world_.clock_reading(0);
  run(10s);
  const core::Now after = world_.clock_reading(0);
  EXPECT_EQ(after.instant - before.instant, 10s);
  EXPECT_EQ(after.wall - before.wall, 5s);
  world_.clock(0).set_wall_drift(world_.now(), 0);
  run(10s);
  EXPECT_EQ(world_.clock_reading(0).wall - after.wall, 10s);
}

// --- hosts ---

class Counting final : public world::Work {
 public:
  void run() override {}
};

TEST_F(Faults, OnASlowProcessorComputationsTakeLonger) {
  start();
  say(0, {world::Compute{{1}, "plan", std::make_shared<Counting>()}});
  run(6ms);
  EXPECT_EQ(heard<world::Computed>(0).size(), 1U);
  world_.set_cpu(0, 1000, {});
  say(0, {world::Compute{{2}, "plan", std::make_shared<Counting>()}});
  run(90ms);
  EXPECT_EQ(heard<world::Computed>(0).size(), 1U);
  run(6s);
  EXPECT_EQ(heard<world::Computed>(0).size(), 2U);
}

TEST_F(Faults, OnASlowProcessorEventsWaitForEachOther) {
  start();
  world_.set_cpu(1, 1, Distribution::constant(100ms));
  for (int i = 0; i < 5; ++i) say(0, {world::SendDatagram{address(1, World::serf_port), std::to_string(i)}});
  run(250ms);
  EXPECT_EQ(heard<world::DatagramReceived>(1).size(), 3U);
  world_.set_cpu(1, 1, {});
  run(1ms);
  const auto all = heard<world::DatagramReceived>(1);
  EXPECT_EQ(all.size(), 5U);
}

TEST_F(Faults, ACrashLoopEndsAfterSoManyStarts) {
  world_.script_task = [](NodeId, const world::StartTask&) {
    TaskLife life;
    life.crashes = 2;
    life.crash_exit_code = 9;
    return life;
  };
  start();
  for (int i = 0; i < 3; ++i) {
    say(0, {world::StartTask{.key = {"a", "t"}}});
    run(1s);
  }
  const auto exits = heard<world::TaskExited>(0);
  ASSERT_EQ(exits.size(), 2U);
  EXPECT_EQ(exits[1].exit_code, 9);
  EXPECT_EQ(world_.host(0).running(), 1U);
}

TEST_F(Faults, ATaskMayBeKilledForItsMemory) {
  world_.script_task = [](NodeId, const world::StartTask&) { return TaskLife{.runs = 1s, .oom_killed = true}; };
  start();
  say(0, {world::StartTask{.key = {"a", "t"}}});
  run(2s);
  ASSERT_EQ(heard<world::TaskExited>(0).size(), 1U);
  EXPECT_TRUE(heard<world::TaskExited>(0)[0].oom_killed);
  EXPECT_EQ(heard<world::TaskExited>(0)[0].signal, 9);
}

// --- fault points ---

TEST_F(Faults, ATrapStrikesBetweenAMessageAndTheSyncItRestsOn) {
  start();
  Trap trap{.edge = Edge::sent_unsynced, .nodes = {0}};
  trap.strike = [&](NodeId node) { world_.lose_power(node); };
  const TrapId armed = world_.fault_points().arm(trap);
  say(0, {world::SendDatagram{address(1, World::serf_port), "before"}});  // nothing is being written: no strike
  EXPECT_TRUE(world_.is_up(0));
  say(0, {written_and_synced(1, 0, "promise"), world::SendDatagram{address(1, World::serf_port), "promised"},
          world::SendDatagram{address(1, World::serf_port), "never said"}});
  EXPECT_FALSE(world_.is_up(0));
  EXPECT_FALSE(world_.fault_points().is_armed(armed));
  run(1s);
  const auto all = heard<world::DatagramReceived>(1);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].bytes, "promised");
}

TEST_F(Faults, EveryEdgeOfAPersistIsReachedInOrder) {
  start();
  std::vector<std::pair<Edge, std::string>> seen;
  for (const Edge edge : {Edge::persist_asked, Edge::persist_written, Edge::persist_synced, Edge::persist_heard}) {
    Trap trap{.edge = edge, .times = 100};
    trap.strike = [&, edge](NodeId node) {
      seen.emplace_back(edge, std::to_string(world_.disk(node).unsynced_writes()));
    };
    world_.fault_points().arm(trap);
  }
  say(0, {written_and_synced(1, 0, "x")});
  EXPECT_TRUE(heard<world::DiskBatchDone>(0).empty());
  run(1s);
  const std::vector<std::pair<Edge, std::string>> wanted = {{Edge::persist_asked, "0"},
                                                            {Edge::persist_written, "1"},
                                                            {Edge::persist_synced, "0"},
                                                            {Edge::persist_heard, "0"}};
  EXPECT_EQ(seen, wanted);
}

TEST_F(Faults, WhatIsSentInAnswerToASyncIsToldApart) {
  start();
  int on_sync = 0;
  int sent = 0;
  Trap trap{.edge = Edge::sent_on_sync, .times = 100};
  trap.strike = [&](NodeId) { ++on_sync; };
  world_.fault_points().arm(trap);
  trap.edge = Edge::sent;
  trap.strike = [&](NodeId) { ++sent; };
  world_.fault_points().arm(trap);
  say(0, {world::SendDatagram{address(1, World::serf_port), "just so"}});
  say(0, {written_and_synced(1, 0, "x")});
  diary_[0].next = {world::SendDatagram{address(1, World::serf_port), "vote granted"}};
  run(1s);
  EXPECT_EQ(on_sync, 1);
  EXPECT_EQ(sent, 2);
}

TEST_F(Faults, ATrapAtAnArrivalKeepsTheMessageFromTheAgent) {
  start();
  Trap trap{.edge = Edge::received, .nodes = {1}, .skip = 1};
  trap.wants = [](NodeId, std::string_view bytes) { return bytes.starts_with("append"); };
  trap.strike = [&](NodeId node) { world_.kill(node); };
  world_.fault_points().arm(trap);
  for (const char* bytes : {"append 1", "ping", "append 2"}) {
    say(0, {world::SendDatagram{address(1, World::serf_port), bytes}});
    run(10ms);
  }
  EXPECT_EQ(heard<world::DatagramReceived>(1).size(), 2U);
  EXPECT_FALSE(world_.is_up(1));
}

TEST_F(Faults, ATrapAfterTakingInKeepsTheAnswerFromTheWorld) {
  start();
  Trap trap{.edge = Edge::taken_in, .nodes = {1}};
  trap.strike = [&](NodeId node) { world_.kill(node); };
  world_.fault_points().arm(trap);
  say(0, {world::SendDatagram{address(1, World::serf_port), "vote?"}});
  diary_[1].next = {world::SendDatagram{address(0, World::serf_port), "granted"}};
  run(1s);
  EXPECT_EQ(heard<world::DatagramReceived>(1).size(), 1U);
  EXPECT_TRUE(heard<world::DatagramReceived>(0).empty());
}

TEST_F(Faults, ATrapStrikesWithItsChance) {
  FaultPoints points;
  Choices choices(5);
  Stream chance = choices.stream("traps");
  Trap trap{.edge = Edge::sent, .chance = 0.25, .times = 1'000'000};
  trap.strike = [](NodeId) {};
  points.arm(trap);
  std::size_t strikes = 0;
  for (int i = 0; i < 4000; ++i) strikes += points.reached(Edge::sent, 0, "", chance).size();
  EXPECT_NEAR(static_cast<double>(strikes), 1000, 120);
}

}  // namespace
}  // namespace io_sim
