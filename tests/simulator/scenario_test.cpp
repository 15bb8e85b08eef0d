#include "simulator/scenario/scenario.hpp"

#include <gtest/gtest.h>

namespace simulator {
namespace {

using namespace std::chrono_literals;

struct Wrong {
  const char* name;
  const char* text;
  const char* problem;
};

class WrongScenario : public testing::TestWithParam<Wrong> {};

TEST_P(WrongScenario, IsRefusedWithItsPlace) {
  const auto read = read_scenario("a.yaml", GetParam().text);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error(), GetParam().problem);
}

INSTANTIATE_TEST_SUITE_P(
    Scenario, WrongScenario,
    testing::Values(
        Wrong{"Empty", "", "a.yaml:1:1: found nothing, wanted a scenario"},
        Wrong{"UnknownKey", "clustr: {servers: 3}\nuntil: 1m\n",
              "a.yaml:1:1: found \"clustr\", wanted a key of the scenario: about, clocks, cluster, converges, disks, "
              "expect, name, network, settle, tasks, timeline or until (did you mean cluster?)"},
        Wrong{"NoEnd", "cluster: {servers: 3}\n",
              "a.yaml:1:1: found no end, wanted \"until:\" with a duration, such as 6m"},
        Wrong{"BadDuration", "cluster: {servers: 3}\nuntil: 6 minutes\n",
              "a.yaml:2:8: found \"6 minutes\", wanted a duration such as 250ms, 30s or 1.5m"},
        Wrong{"BadCount", "cluster:\n  servers: three\nuntil: 1m\n",
              "a.yaml:2:12: found \"three\", wanted a whole number up to 100000, or a range such as 2..5"},
        Wrong{"NoServers", "cluster: {servers: 0}\nuntil: 1m\n",
              "a.yaml:1:20: found that many servers, wanted 1 to 31 servers"},
        Wrong{"BadShare", "cluster: {servers: 3}\nnetwork: {loss: 130%}\nuntil: 1m\n",
              "a.yaml:2:17: found \"130%\", wanted a share such as 5% or 0.05, or a range of them"},
        Wrong{"MisspeltAction", "cluster: {servers: 3}\nuntil: 1m\ntimeline:\n  - {at: 5s, crsh: leader}\n",
              "a.yaml:4:14: found \"crsh\", wanted a key of an entry of the timeline: at, chance, clock, crash, every, "
              "for, force_leave, from, heal, leave, loss, partition, pause, power_loss, resume, run, slow, start, "
              "stop, times or to (did you mean crash?)"},
        Wrong{"TwoActions", "cluster: {servers: 3}\nuntil: 1m\ntimeline:\n  - {at: 5s, crash: leader, pause: leader}\n",
              "a.yaml:4:6: found two actions, crash and pause, wanted one action an entry"},
        Wrong{"NoTime", "cluster: {servers: 3}\nuntil: 1m\ntimeline:\n  - {crash: leader}\n",
              "a.yaml:4:6: found no time, wanted \"at: 30s\", \"at: 10s..60s\" (drawn) or \"every: 5s\""},
        Wrong{"AfterTheEnd", "cluster: {servers: 3}\nuntil: 1m\ntimeline:\n  - {at: 2m, crash: leader}\n",
              "a.yaml:4:6: found a time after the end (\"until\"), wanted a time before it"},
        Wrong{"BadSelector", "cluster: {servers: 3}\nuntil: 1m\ntimeline:\n  - {at: 5s, crash: 2 random cleints}\n",
              "a.yaml:4:30: found \"cleints\", wanted leader, a node's name, [N] random server(s), client(s) or "
              "follower(s), a minority of servers, servers, clients, down or rest (did you mean clients?)"},
        Wrong{"OneSide", "cluster: {servers: 3}\nuntil: 1m\ntimeline:\n  - {at: 5s, partition: leader}\n",
              "a.yaml:4:25: found only one side, wanted sides such as \"leader + 1 random server | rest\", or \"leader "
              "-> rest\" for one way (did you mean ... | rest?)"},
        Wrong{"NoSuchJobFile", "cluster: {servers: 3}\nuntil: 1m\ntimeline:\n  - {at: 5s, run: nowhere.nomad}\n",
              "a.yaml:4:19: found \"nowhere.nomad\", which is no file beside the scenario, wanted the path of a job "
              "file"},
        Wrong{"Alias", "cluster: &a {servers: 3}\nnetwork: *a\nuntil: 1m\n",
              "a.yaml:2:11: found an alias, wanted the value itself: aliases are not used here"}),
    [](const testing::TestParamInfo<Wrong>& one) { return std::string(one.param.name); });

TEST(Scenario, RefusesDuplicateKeysAndBrokenYaml) {
  const auto twice = read_scenario("a.yaml", "cluster: {servers: 3}\nuntil: 1m\nuntil: 2m\n");
  ASSERT_FALSE(twice.has_value());
  EXPECT_TRUE(twice.error().starts_with("a.yaml:3:")) << twice.error();
  EXPECT_NE(twice.error().find("duplicate"), std::string::npos) << twice.error();
  const auto broken = read_scenario("a.yaml", "cluster: {servers: 3\nuntil: ]\n");
  ASSERT_FALSE(broken.has_value());
  EXPECT_TRUE(broken.error().starts_with("a.yaml:")) << broken.error();
}

TEST(Scenario, BombsAndDepthAreRefused) {
  std::string deep = "cluster: ";
  for (int i = 0; i < 40; ++i) deep += "[";
  for (int i = 0; i < 40; ++i) deep += "]";
  EXPECT_FALSE(read_scenario("a.yaml", deep).has_value());
  std::string many = "expect: [";
  for (int i = 0; i < 30'000; ++i) many += "a,";
  many += "]";
  EXPECT_FALSE(read_scenario("a.yaml", many).has_value());
  EXPECT_FALSE(read_scenario("a.yaml", std::string(2 << 20, '#')).has_value());
}

TEST(Scenario, ReadsWhatItSays) {
  const auto read = read_scenario("a.yaml",
                                  "cluster: {servers: 2..5, clients: 10}\n"
                                  "network: {latency: 1ms..2ms, loss: 5%}\n"
                                  "timeline:\n"
                                  "  - {every: 5s, from: 10s, to: 20s, power_loss: 2 random clients, for: 1s..3s}\n"
                                  "  - {at: 30s, partition: 'leader + 1 random server | rest'}\n"
                                  "  - {at: 31s, partition: '[leader] -> [rest]'}\n"
                                  "tasks: {web/server: {runs: 30s, exit_code: 1}}\n"
                                  "until: 1.5m\n");
  ASSERT_TRUE(read.has_value()) << read.error();
  EXPECT_EQ(read->cluster.servers.low, 2U);
  EXPECT_EQ(read->cluster.servers.high, 5U);
  EXPECT_EQ(read->world.latency.high, 2ms);
  EXPECT_DOUBLE_EQ(read->world.loss.low, 0.05);
  EXPECT_EQ(read->until, 90s);
  ASSERT_EQ(read->timeline.size(), 3U);
  const auto& crash = std::get<Crash>(read->timeline[0].action);
  EXPECT_TRUE(crash.power_loss);
  EXPECT_EQ(crash.who[0].kind, Selector::Kind::random_clients);
  EXPECT_EQ(crash.who[0].count.low, 2U);
  EXPECT_EQ(read->timeline[0].lasts->high, 3s);
  EXPECT_EQ(std::get<Partition>(read->timeline[1].action).sides.sides[0].size(), 2U);
  EXPECT_TRUE(std::get<Partition>(read->timeline[2].action).sides.one_way);
  EXPECT_EQ(read->tasks.at("web/server").exit_code, 1);
}

TEST(Scenario, NearWordsAreFound) {
  EXPECT_EQ(nearest("crsh", {"crash", "start"}), "crash");
  EXPECT_EQ(nearest("zzzzzz", {"crash", "start"}), "");
}

}  // namespace
}  // namespace simulator
