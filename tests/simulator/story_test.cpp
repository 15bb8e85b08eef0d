// What the director and the expectations do, seen in the stories they tell.
#include <cstdio>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "simulator/cluster/fiber.hpp"
#include "simulator/run/run.hpp"

namespace simulator {
namespace {

struct Told {
  RunResult result;
  std::string story;

  bool tells(std::string_view text) const { return story.find(text) != std::string::npos; }
  std::size_t times(std::string_view text) const {
    std::size_t out = 0;
    for (auto at = story.find(text); at != std::string::npos; at = story.find(text, at + 1)) ++out;
    return out;
  }
  std::string fallen() const {
    std::string out;
    for (const auto& violation : result.violations) out += violation.invariant + ": " + violation.what + "\n";
    return out;
  }
};

Told told(const std::string& text, std::uint64_t seed = 1) {
  const auto scenario = read_scenario(NOMAD_SOURCE_DIR "/scenarios/test.yaml", text);
  EXPECT_TRUE(scenario.has_value()) << scenario.error();
  Told out;
  if (!scenario) return out;
  char* bytes = nullptr;
  std::size_t size = 0;
  std::FILE* const file = open_memstream(&bytes, &size);
  out.result = run_once(*scenario, {.seed = seed, .story = file});
  std::fclose(file);
  out.story.assign(bytes, size);
  std::free(bytes);
  EXPECT_EQ(out.result.error, "");
  return out;
}

const std::string three = "cluster: {servers: 3, clients: 2}\nuntil: 30s\nsettle: 3m\n";

TEST(Director, UndoesWhatLastsOnlyAWhile) {
  const Told run = told(three +
                        "timeline:\n"
                        "  - {at: 10s, crash: server-2, for: 2s}\n"
                        "  - {at: 15s, pause: client-1, for: 1s}\n"
                        "  - {at: 18s, partition: server-1 | rest, for: 3s}\n"
                        "  - {at: 24s, flaky: server-3 | rest, drop: 50%, for: 2s}\n");
  EXPECT_EQ(run.result.verdict, Verdict::held) << run.fallen();
  EXPECT_TRUE(run.tells("0m10.000s  server-2 crashes")) << run.story;
  EXPECT_TRUE(run.tells("0m12.000s  server-2 starts again"));
  EXPECT_TRUE(run.tells("0m16.000s  client-1 goes on"));
  EXPECT_TRUE(run.tells("0m21.000s  the partition heals"));
  EXPECT_TRUE(run.tells("0m26.000s  the links are as before"));
  EXPECT_EQ(run.result.operations.size(), 4U);
}

TEST(Director, WhoeverLeavesForTooShortATimeComesBackAllTheSame) {
  const Told run = told(three + "timeline: [{at: 10s, leave: server-2, for: 1ms}]\n");
  EXPECT_EQ(run.result.verdict, Verdict::held) << run.fallen();
  EXPECT_TRUE(run.tells("server-2 starts and comes back")) << run.story;
}

TEST(Expecting, QuantitiesAreOfTheFirstRegionWhereNoneIsNamed) {
  const Told run = told(
      "cluster: {servers: [{count: 3, region: eu}, {count: 1, region: us}]}\nuntil: 20s\nsettle: 3m\n"
      "timeline: [{every: 1s, from: 10s, operator: server members, exit: 0}]\n"
      "expect: [{at_the_end: leaders = 1 and servers up = 3 and leaders in us = 1}]\n");
  EXPECT_EQ(run.result.verdict, Verdict::held) << run.fallen();
  EXPECT_EQ(run.times("the operator types, at server-4"), 0U) << run.story;
}

TEST(Director, WaitsForWhatHappens) {
  const Told run = told(three +
                        "timeline:\n"
                        "  - {at: 8s, run: jobs/fleet.nomad, count: 2}\n"
                        "  - {after: job fleet running, delay: 1s, crash: leader, for: 1s}\n"
                        "  - {after: leader lost, times: 2, clock: it, step: 5s}\n");
  EXPECT_EQ(run.result.verdict, Verdict::held) << run.fallen();
  EXPECT_TRUE(run.tells("job fleet: 2 of 2 running"));
  EXPECT_EQ(run.times(" crashes"), 1U) << run.story;
}

TEST(Director, StrikesWherePromisesAreMade) {
  const Told run = told(
      "cluster: {servers: 3}\nuntil: 20s\nsettle: 3m\n"
      "timeline: [{every: 300ms, from: 5s, run: jobs/fleet.nomad, id: 'w*', count: 1}]\n"
      "nemeses:\n"
      "  - {when: promise sent, odds: 5%, power_loss: it, for: 500ms, budget: 3}\n");
  EXPECT_EQ(run.result.verdict, Verdict::held) << run.fallen();
  EXPECT_EQ(run.times(" loses power"), 3U) << run.story;
}

TEST(Director, ANemesisKeepsItsBudgetAndItsQuorum) {
  const Told run = told(
      "cluster: {servers: 3}\nuntil: 60s\nsettle: 3m\n"
      "nemeses:\n"
      "  - {rate: 2/s, crash: 1 random server, for: 3s, budget: 7, at_once: 3}\n");
  EXPECT_EQ(run.result.verdict, Verdict::held) << run.fallen();
  EXPECT_EQ(run.times(" crashes"), 7U) << run.story;
  // Never two of three: each that crashes is back before the next.
  std::size_t down = 0;
  for (std::size_t from = 0; from < run.story.size();) {
    const std::size_t end = run.story.find('\n', from);
    const std::string line = run.story.substr(from, end - from);
    from = end + 1;
    if (line.ends_with(" crashes")) ++down;
    if (line.ends_with(" starts again")) --down;
    EXPECT_LE(down, 1U) << line;
  }
}

// A region that cannot spare a server says nothing about another's.
TEST(Director, ANemesisKeepsTheQuorumOfTheRegionsThatItMayMeet) {
  const std::string cluster =
      "cluster: {servers: [{count: 3, region: eu}, {count: 1, region: us}]}\nuntil: 60s\nsettle: 3m\nnemeses:\n";
  const Told eu = told(cluster + "  - {rate: 1/s, crash: 1 random server in eu, for: 3s, budget: 4}\n");
  EXPECT_EQ(eu.result.verdict, Verdict::held) << eu.fallen();
  EXPECT_EQ(eu.times(" crashes"), 4U) << eu.story;
  const Told any = told(cluster + "  - {rate: 1/s, crash: 1 random server, for: 3s, budget: 4}\n");
  EXPECT_EQ(any.times(" crashes"), 0U) << any.story;
}

TEST(Director, AMinorityIsOfThoseWhoAreMembers) {
  const Told run = told(
      "cluster: {servers: 3, spares: 4}\nuntil: 60s\nsettle: 3m\n"
      "timeline: [{every: 10s, from: 10s, crash: a minority of servers, for: 5s}]\n");
  EXPECT_EQ(run.result.verdict, Verdict::held) << run.fallen();
  EXPECT_GT(run.times(" crashes"), 3U);
  EXPECT_EQ(run.times(" crash\n"), 0U) << run.story;
}

TEST(Director, PartitionsOfEveryForm) {
  const Told run = told(
      "cluster: {servers: 5}\nuntil: 60s\nsettle: 3m\n"
      "timeline:\n"
      "  - {at: 10s, partition: ring of servers, for: 5s}\n"
      "  - {at: 20s, partition: bridge of servers, for: 5s}\n"
      "  - {at: 30s, partition: 100% of links of servers, for: 5s}\n"
      "  - {at: 40s, partition: server-1 -> rest, for: 5s}\n");
  EXPECT_EQ(run.result.verdict, Verdict::held) << run.fallen();
  EXPECT_TRUE(run.tells("can talk to their neighbours only")) << run.story;
  EXPECT_TRUE(run.tells("can talk to their half and one in the middle only"));
  EXPECT_TRUE(run.tells("can talk to some only"));
  EXPECT_TRUE(run.tells("nothing gets through from server-1 to"));
  EXPECT_EQ(run.times("the partition heals"), 4U);
}

TEST(Director, ReplacesAndUpgrades) {
  const Told run = told(
      "cluster: {servers: 3, clients: 1, spares: 1}\nuntil: 60s\nsettle: 5m\n"
      "timeline:\n"
      "  - {at: 10s, replace: server-1}\n"
      "  - {at: 25s, force_leave: server-1}\n"
      "  - {at: 40s, upgrade: servers, config: {raft_multiplier: 2}, each: 5s}\n");
  EXPECT_EQ(run.result.verdict, Verdict::held) << run.fallen() << run.story;
  EXPECT_TRUE(run.tells("server-1 is gone for good, and server-4 is to take its place")) << run.story;
  EXPECT_EQ(run.times("is restarted with other settings"), 3U);
}

TEST(Director, OperatorsTypeRealCommands) {
  const Told run = told(three +
                        "timeline:\n"
                        "  - {at: 8s, operator: job run -detach jobs/hello.nomad, exit: 0}\n"
                        "  - {at: 12s, operator: job status hello, exit: 0}\n"
                        "  - {at: 13s, operator: job status nobody, exit: 1}\n"
                        "  - {at: 14s, operator: job stop hello, on: server-2, exit: 0}\n");
  EXPECT_EQ(run.result.verdict, Verdict::held) << run.fallen() << run.story;
  EXPECT_TRUE(run.tells("nomad job run -detach jobs/hello.nomad: exit code 0")) << run.story;
  EXPECT_TRUE(run.tells("nomad job status nobody: exit code 1 (No job(s) with prefix or id \"nobody\" found)"))
      << run.story;
  EXPECT_TRUE(run.tells("job hello is to stop"));
}

TEST(Director, ACommandThatExitsOtherwiseFalls) {
  const Told run = told(three + "timeline: [{at: 12s, operator: job status nobody, exit: 0}]\n");
  EXPECT_EQ(run.result.verdict, Verdict::fell);
  EXPECT_NE(run.fallen().find("test.yaml:4: nomad job status nobody: exit code 1"), std::string::npos) << run.fallen();
}

struct Falls {
  const char* name;
  const char* expect;
  const char* why;
};
class Expecting : public testing::TestWithParam<Falls> {};

TEST_P(Expecting, FallsWhenItDoesNotHold) {
  const Told run =
      told(three + "timeline: [{at: 8s, run: jobs/fleet.nomad, count: 2}, {at: 12s, crash: leader, for: 2s}]\n" +
           "expect: [" + GetParam().expect + "]\n");
  EXPECT_EQ(run.result.verdict, Verdict::fell) << run.story;
  EXPECT_NE(run.fallen().find(GetParam().why), std::string::npos) << run.fallen();
}

INSTANTIATE_TEST_SUITE_P(
    Simulator, Expecting,
    testing::Values(
        Falls{"Always", "{always: leaders >= 1, from: 5s}", "test.yaml:5: not always: leaders >= 1 (leaders is 0)"},
        Falls{"Never", "{never: job fleet running = 2}", "test.yaml:5: not never: job fleet running = 2"},
        Falls{"NeverHappening", "{never: agent ended}", "not never: agent ended (count of agent ended is 1)"},
        Falls{"Eventually", "{eventually: job fleet running = 3, within: 5s, from: 10s}", "test.yaml:5: not within 5s"},
        Falls{"EventuallyAfter", "{eventually: leader elected, within: 1ms, after: leader lost}",
              "test.yaml:5: not within 0.001s"},
        Falls{"AtTheEnd", "{at_the_end: nodes ready = 3}", "not at the end: nodes ready = 3 (nodes ready is 2)"},
        Falls{"CountTooMany", "{count_of: leader elected, is: 1}", "leader elected has happened 2 times, at most 1"},
        Falls{"CountTooFew", "{count_of: node down, is: 1..5}", "node down has happened 0 times, at least 1"},
        Falls{"Job", "{job: fleet, running: 5}", "test.yaml:5: job fleet has 2 running, and 5 are expected"}),
    [](const testing::TestParamInfo<Falls>& one) { return std::string(one.param.name); });

TEST(Expecting, HoldsWhenItDoes) {
  const Told run = told(three +
                        "timeline: [{at: 8s, run: jobs/fleet.nomad, count: 2}, {at: 12s, crash: leader, for: 2s}]\n"
                        "expect:\n"
                        "  - {always: leaders <= 1 and servers up >= 2, from: 5s}\n"
                        "  - {never: nodes known > 2}\n"
                        "  - {eventually: leader elected, within: 10s, after: leader lost}\n"
                        "  - {at_the_end: voters = 3 and servers alive = 3 and tasks running = 2}\n"
                        "  - {count_of: leader elected, is: 2..4}\n");
  EXPECT_EQ(run.result.verdict, Verdict::held) << run.fallen() << run.story;
}

TEST(Swarm, EachSeedDrawsAnew) {
  const std::string text =
      "cluster: {servers: 3}\nuntil: 10s\nsettle: 3m\n"
      "swarm: {draw: {cluster.servers: [1, 2, 3, 4, 5]}}\n";
  std::set<std::size_t> sizes;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) sizes.insert(told(text, seed).result.servers);
  EXPECT_GE(sizes.size(), 3U);
}

TEST(Fiber, WaitsAndGoesOnAndIsUnwound) {
  std::string log;
  {
    std::unique_ptr<Fiber> fiber;
    fiber = std::make_unique<Fiber>([&] {
      const std::unique_ptr<std::string, void (*)(std::string*)> guard(&log,
                                                                       [](std::string* to) { *to += "unwound "; });
      log += "one ";
      fiber->wait();
      log += "two ";
      fiber->wait();
      log += "never ";
    });
    fiber->resume();
    log += "between ";
    fiber->resume();
    EXPECT_FALSE(fiber->ended());
  }
  EXPECT_EQ(log, "one between two unwound ");
}

TEST(Fiber, HandsOnWhatIsThrown) {
  Fiber fiber([] { throw std::runtime_error("thrown inside"); });
  EXPECT_THROW(fiber.resume(), std::runtime_error);
  EXPECT_TRUE(fiber.ended());
}

}  // namespace
}  // namespace simulator
