#include "simulator/scenario/scenario.hpp"

#include <gtest/gtest.h>

#include "simulator/scenario/cli_words.hpp"
#include "simulator/scenario/swarm.hpp"

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
  const auto read = read_scenario(NOMAD_SOURCE_DIR "/scenarios/a.yaml", GetParam().text);
  ASSERT_FALSE(read.has_value());
  const std::string problem = read.error().substr(read.error().find("a.yaml"));
  // Where the whole text would only repeat a long list of words, a part of it will do.
  if (std::string_view(GetParam().problem).starts_with("a.yaml") &&
      std::string_view(GetParam().problem).contains("wanted"))
    EXPECT_EQ(problem, GetParam().problem);
  else
    EXPECT_NE(problem.find(GetParam().problem), std::string::npos) << problem;
}

INSTANTIATE_TEST_SUITE_P(
    Scenario, WrongScenario,
    testing::Values(
        Wrong{"Empty", "", "a.yaml:1:1: found nothing, wanted a scenario"},
        Wrong{"UnknownKey", "clustr: {servers: 3}\nuntil: 1m\n",
              "a.yaml:1:1: found \"clustr\", wanted a key of the scenario: about, clocks, cluster, converges, disks, "
              "expect, hosts, include, liveness, name, nemeses, network, registers, require, sets, settle, swarm, "
              "tasks, timeline "
              "or until (did you mean cluster?)"},
        Wrong{"NoEnd", "cluster: {servers: 3}\n",
              "a.yaml:1:1: found no end, wanted \"until:\" with a duration, such as 6m"},
        Wrong{"NoCluster", "until: 1m\n", "a.yaml:1:1: found no cluster, wanted \"cluster:\" with servers and clients"},
        Wrong{"BadDuration", "cluster: {servers: 3}\nuntil: 6 minutes\n",
              "a.yaml:2:8: found \"6 minutes\", wanted a duration such as 250ms, 30s or 1.5m, up to 1000h"},
        Wrong{"BadCount", "cluster:\n  servers: three\nuntil: 1m\n",
              "a.yaml:2:12: found \"three\", wanted a whole number up to 100000, or a range such as 2..5, the lower "
              "first"},
        Wrong{"NoServers", "cluster: {servers: 0}\nuntil: 1m\n",
              "a.yaml:1:20: found that many servers, wanted 1 to 31 servers, spares included"},
        Wrong{"BadShare", "cluster: {servers: 3}\nnetwork: {loss: 130%}\nuntil: 1m\n",
              "a.yaml:2:17: found \"130%\", wanted a share such as 5% or 0.05, or a range of them, the lower first, up "
              "to 100%"},
        Wrong{"BadDistribution", "cluster: {servers: 3}\nnetwork: {latency: gaussian(1ms)}\nuntil: 1m\n",
              "a.yaml:2:20: found \"gaussian(1ms)\", wanted a duration, a range such as 1ms..5ms, normal(MEAN, "
              "DEVIATION), lognormal(MEDIAN, SIGMA), pareto(LEAST, ALPHA) or file(NAME)"},
        Wrong{"MisspeltAction", "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 5s, crsh: leader}\n",
              "(did you mean crash?)"},
        Wrong{"TwoActions",
              "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 5s, crash: leader, pause: leader}\n",
              "a.yaml:4:6: found two actions, crash and pause, wanted one action"},
        Wrong{"AnothersKey",
              "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 5s, crash: leader, by: 1s}\n",
              "a.yaml:4:29: found \"by\" beside \"crash\", wanted it only beside slow or disk_slow"},
        Wrong{"WithoutItsKey", "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 5s, slow: leader}\n",
              "a.yaml:4:6: found the action slow without \"by\", wanted \"by:\" with a duration such as 30s, or a "
              "range such as 1s..5s, the lower first, up to 1000h"},
        Wrong{"NoTime", "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {crash: leader}\n",
              "a.yaml:4:6: found no time, wanted \"at: 30s\", \"at: 10s..60s\" (drawn), \"every: 5s\" or \"after: "
              "leader elected\""},
        Wrong{"TwoTimes",
              "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 5s, every: 5s, crash: leader}\n",
              "a.yaml:4:10: found both \"at\" and \"every\", \"after\", \"from\" or \"to\", wanted \"at\" alone, or "
              "\"every\" or \"after\" with \"from\" and \"to\""},
        Wrong{"AJobForNobody",
              "cluster: {servers: 3, clients: 2, datacenter: dc9}\nuntil: 1m\ntimeline:\n  - {at: 5s, "
              "run: " NOMAD_SOURCE_DIR "/scenarios/jobs/fleet.nomad}\n",
              "a.yaml:4:19: found \"" NOMAD_SOURCE_DIR
              "/scenarios/jobs/fleet.nomad\", a job for dc1, wanted a datacenter that has clients: dc9"},
        Wrong{"NoRoomInAPacket", "cluster: {servers: 3}\nuntil: 1m\nnetwork: {mtu: 0}\n",
              "a.yaml:3:16: found packets of 0 bytes, wanted 68 or more"},
        Wrong{"NoRoomBetweenRacks", "cluster: {servers: 3}\nuntil: 1m\nnetwork: {same_rack: {mtu: 20}}\n",
              "a.yaml:3:28: found packets of 20 bytes, wanted 68 or more"},
        Wrong{"OneExpectsMoreThanThereAre",
              "cluster:\n  servers: 3\n  nodes:\n    server-1: {config: {server: {bootstrap_expect: 9}}}\nuntil: 1m\n",
              "found bootstrap_expect 9 with 3 servers in its region"},
        Wrong{"MoreExpectedThanThereAre",
              "cluster: {servers: 3, spares: 2, config: {server: {bootstrap_expect: 4}}}\nuntil: 1m\n",
              "found bootstrap_expect 4 with 3 servers in its region, wanted at most as many as there are, "
              "or none: it is their number then"},
        Wrong{"TooOften", "cluster: {servers: 3}\nuntil: 1m\ntimeline:\n  - {every: 1ns, crash: leader}\n",
              "a.yaml:4:13: found an interval of 1 ns, wanted 1ms or more"},
        Wrong{"AfterTheEnd", "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 2m, crash: leader}\n",
              "a.yaml:4:6: found a time after the end (\"until\"), wanted a time before it"},
        Wrong{"NothingToUndo",
              "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 5s, force_leave: leader, for: 5s}\n",
              "a.yaml:4:40: found \"for\" beside \"force_leave\", wanted it only where there is something to undo"},
        Wrong{"NoSuchHappening",
              "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {after: leader electd, crash: it}\n",
              "a.yaml:4:13: found \"leader electd\", wanted something that happens, such as \"leader elected\" or "
              "\"job web running\" (did you mean leader elected?)"},
        Wrong{"ItOfNothing", "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 5s, crash: it}\n",
              "a.yaml:4:21: found \"it\", and nothing that happened, wanted \"it\" only with \"after\" or \"when\""},
        Wrong{"BadSelector",
              "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 5s, crash: 2 random cleints}\n",
              "a.yaml:4:30: found \"cleints\""},
        Wrong{"NoSuchNode", "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 5s, crash: server-4}\n",
              "a.yaml:4:21: found \"server-4\", wanted a node of the cluster (server-1 to server-3, client-1 to "
              "client-2) or one of its sets (did you mean server-1?)"},
        Wrong{"NoSuchGroup",
              "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 5s, crash: clients in dc2}\n",
              "a.yaml:4:32: found \"dc2\", wanted a region, datacenter, rack, class or pool of the cluster: dc1, "
              "global or "
              "rack-1 (did you mean dc1?)"},
        Wrong{"OneSide", "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 5s, partition: leader}\n",
              "a.yaml:4:25: found only one side"},
        Wrong{"BothSides",
              "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 5s, partition: server-1 + server-2 | "
              "server-2}\n",
              "a.yaml:4:47: found server-2 on both sides, wanted each node on one side"},
        Wrong{"NoSuchJobFile",
              "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 5s, run: nowhere.nomad}\n",
              "a.yaml:4:19: found \"nowhere.nomad\", which is no file beside the scenario, wanted the path of a job "
              "file"},
        Wrong{"Alias", "cluster: &a {servers: 3}\nnetwork: *a\nuntil: 1m\n",
              "a.yaml:2:11: found an alias, wanted the value itself: aliases are not used here"},
        Wrong{"DownAlready",
              "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 10s, crash: server-2, for: 20s}\n  - "
              "{at: 20s, pause: server-2}\n",
              "a.yaml:5:6: found pause of server-2 at 20s, where it is down since 10s (line 4), wanted a time at which "
              "it is up"},
        Wrong{
            "AtOneMoment",
            "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 10s, crash: server-2}\n  - {at: 10s, "
            "start: server-2}\n",
            "a.yaml:5:6: found start of server-2 at the very moment of its crash (line 4), wanted one after the other"},
        Wrong{
            "NothingToHeal", "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 5s, heal: network}\n",
            "a.yaml:4:6: found heal, and nothing that harms the network, wanted a partition, flaky or loss before it"},
        Wrong{"AlwaysAndNever",
              "cluster: {servers: 3, clients: 2}\nuntil: 1m\nexpect:\n  - {always: leaders <= 1}\n  - {never: leaders "
              "<= 1}\n",
              "a.yaml:5:6: found never \"leaders <= 1\", which line 4 expects always, wanted one of them"},
        Wrong{"NoSuchQuantity",
              "cluster: {servers: 3, clients: 2}\nuntil: 1m\nexpect:\n  - {always: nodes redy >= 1}\n",
              "(did you mean nodes ready?)"},
        Wrong{
            "NoSuchJob",
            "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 5s, run: jobs/fleet.nomad}\nexpect:\n  "
            "- {job: flet, running: 3}\n",
            "a.yaml:6:6: found job \"flet\", which nothing runs, wanted one that is run: fleet (did you mean fleet?)"},
        Wrong{"NoSuchSetting", "cluster:\n  servers: 3\n  config: {heartbeat_grase: 5s}\nuntil: 1m\n",
              "a.yaml:3:12: found \"heartbeat_grase\", wanted a setting of the agent, as its configuration file names "
              "it (did you mean heartbeat_grace?)"},
        Wrong{"NoSuchSettingInside", "cluster:\n  servers: 3\n  config: {ui: 1, acl: {enbled: true}}\nuntil: 1m\n",
              "a.yaml:3:25: found \"enbled\""},
        Wrong{"SettingOfTheCluster", "cluster:\n  servers: 3\n  config: {region: eu}\nuntil: 1m\n",
              "a.yaml:3:12: found \"region\", wanted settings that the cluster does not decide itself"},
        Wrong{"SettingRefused", "cluster:\n  servers: 3\n  config: {raft_multiplier: 11}\nuntil: 1m\n",
              "a.yaml:3:29: found a setting that the agent refuses (raft_multiplier must be between 1 and 10), wanted "
              "one that it takes"},
        Wrong{"WrongCommand",
              "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 5s, operator: job stpo web}\n",
              "a.yaml:4:24: found \"job stpo\", wanted a command of the nomad CLI (did you mean job stop?)"},
        Wrong{"WrongFlag",
              "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 5s, operator: job stop -purg web}\n",
              "flag provided but not defined: -purg"},
        Wrong{"WritesFiles",
              "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 5s, operator: job init}\n",
              "a.yaml:4:24: found \"job init\", which asks no agent, wanted a command that does"},
        Wrong{"NoRate", "cluster: {servers: 3, clients: 2}\nuntil: 1m\nnemeses:\n  - {crash: leader}\n",
              "a.yaml:4:6: found no \"rate\", wanted either \"rate: 6/m\" or \"when: vote durable\""},
        Wrong{"NoSuchDial", "cluster: {servers: 3, clients: 2}\nuntil: 1m\nswarm:\n  draw: {cluster.server: [1, 3]}\n",
              "a.yaml:4:10: found \"server\" in \"cluster.server\", wanted a key of the cluster that a seed may draw: "
              "servers, clients, spares, region, datacenter, racks, machine, config, nodes, log_segment, "
              "append_entries or append_bytes (did you mean servers?)"},
        Wrong{"BadDialValue",
              "cluster: {servers: 3, clients: 2}\nuntil: 1m\nswarm:\n  draw: {network.loss: [1%, 200%]}\n",
              "a.yaml:4:29: found \"200%\", wanted a share such as 5% or 0.05, or a range of them, the lower first, up "
              "to 100%"},
        Wrong{"TooManyByDial",
              "cluster: {servers: 3, clients: 2}\nuntil: 1m\nswarm:\n  draw: {cluster.servers: [3, 99]}\n",
              "found that many servers"},
        Wrong{"NoSuchPoint", "cluster: {servers: 3, clients: 2}\nuntil: 1m\nrequire: [a leader was electd]\n",
              "a.yaml:3:11: found \"a leader was electd\", wanted a coverage point (nomad-sim schema lists them) "
              "(did you mean a leader was elected?)"},
        Wrong{"NoClients", "cluster: {servers: 3}\nuntil: 1m\ntimeline:\n  - {at: 5s, crash: clients}\n",
              "a.yaml:4:21: found clients, and there are none, wanted \"clients:\" in the cluster"},
        Wrong{"WildClocks", "cluster: {servers: 3}\nuntil: 1m\nclocks: {drift: 100%}\n",
              "a.yaml:3:17: found clocks that gain or lose more than half, wanted a share of at most 50%"},
        Wrong{"ClientsWithoutServers",
              "cluster:\n  servers: [{count: 3, region: eu}]\n  clients: [{count: 2, region: us}]\nuntil: 1m\n",
              "a.yaml:3:14: found clients of the region \"us\", which has no servers, wanted a region that a group of "
              "servers is of"},
        Wrong{
            "NoSuchRegion",
            "cluster: {servers: 3, region: eu}\nuntil: 1m\ntimeline:\n  - {at: 5s, run: jobs/fleet.nomad, region: e}\n",
            "a.yaml:4:6: found the region \"e\", wanted a region that has servers: eu (did you mean eu?)"},
        Wrong{"NoSuchRegionOfANemesis",
              "cluster: {servers: 3, region: eu}\nuntil: 1m\nnemeses:\n  - {rate: 2/m, run: jobs/fleet.nomad, region: "
              "eux}\n",
              "a.yaml:4:6: found the region \"eux\", wanted a region that has servers: eu (did you mean eu?)"},
        Wrong{"TasksOfNoJob",
              "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 5s, run: jobs/fleet.nomad}\n"
              "tasks: {\"g*\": {runs: 1s}}\n",
              "found job \"g*\", which nothing runs, wanted one that is run: fleet"},
        Wrong{"ATaskOfSomeJobs",
              "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 5s, run: jobs/fleet.nomad}\n"
              "tasks: {\"f*/main\": {runs: 1s}}\n",
              "found \"f*/main\", wanted JOB/TASK, JOB, or \"BEGINNING*\" for all tasks of jobs"},
        Wrong{"NeverSaved",
              "cluster: {servers: 3}\nuntil: 1m\ntimeline:\n  - {at: 5s, operator: operator snapshot save first.snap}\n"
              "  - {at: 9s, operator: operator snapshot restore frist.snap}\n",
              "a.yaml:5:6: found \"frist.snap\", which no command saves, wanted one that is saved: first.snap (did you "
              "mean first.snap?)"},
        Wrong{"NoSuchRegionOfACondition",
              "cluster: {servers: 3, region: eu}\nuntil: 1m\nexpect:\n  - {always: leaders in us <= 1}\n",
              "found the region \"us\""},
        Wrong{"ARateTooHigh", "cluster: {servers: 3}\nuntil: 1m\nnemeses:\n  - {rate: 1000000/s, crash: leader}\n",
              "a.yaml:4:12: found \"1000000/s\", wanted a rate such as 0.5/s, 6/m or 2/h, above 0 and up to 1000/s"},
        Wrong{"AMisspeltRandom",
              "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 5s, crash: 2 randm clients}\n",
              "(did you mean random?)"},
        Wrong{"MoreThanThereAre",
              "cluster: {servers: 3}\nuntil: 1m\ntimeline:\n  - {at: 5s, crash: 9 random servers}\n",
              "a.yaml:4:30: found 9 of them, and there are 3, wanted no more than there can be"},
        Wrong{
            "ASetOfANode", "cluster: {servers: 3}\nuntil: 1m\nsets: {server-1: server-2}\n",
            "a.yaml:3:18: found a set called \"server-1\", wanted a name that no node has and no other word for nodes"},
        Wrong{"ASetOfAWord", "cluster: {servers: 3}\nuntil: 1m\nsets: {leader: server-2}\n",
              "a.yaml:3:16: found a set called \"leader\""},
        Wrong{"AWindowTurnedAround",
              "cluster: {servers: 3}\nuntil: 1m\nexpect:\n  - {always: leaders <= 1, from: 8s, to: 3s}\n",
              "a.yaml:4:6: found an end before the beginning (\"from\"), wanted a time after it"},
        Wrong{"AWindowAfterTheEnd", "cluster: {servers: 3}\nuntil: 10s\nexpect:\n  - {never: leaders > 1, from: 50s}\n",
              "a.yaml:4:6: found a time after the end (\"until\"), wanted a time before it"},
        Wrong{"EventuallyAfterTheEnd",
              "cluster: {servers: 3}\nuntil: 1m\nexpect:\n  - {eventually: leaders = 1, within: 5s, from: 300s}\n",
              "a.yaml:4:6: found a time after the end (\"until\"), wanted a time before it"},
        Wrong{"NoRegisters", "cluster: {servers: 3}\nuntil: 1m\nregisters: {registers: 0}\n",
              "a.yaml:3:24: found no register, wanted 1 or more"},
        Wrong{"NoClientsOfRegisters", "cluster: {servers: 3}\nuntil: 1m\nregisters: {clients: 0}\n",
              "a.yaml:3:22: found no client of the registers, wanted 1 or more"},
        Wrong{"NoDisks", "cluster: {servers: 3}\nuntil: 1m\ndisks: {capacity: 0}\n",
              "a.yaml:3:19: found disks that hold nothing, wanted a size of 1 or more"},
        Wrong{"NoEndByDial", "cluster: {servers: 3}\nuntil: 1m\nswarm: {draw: {until: [0s]}}\n",
              "a.yaml:3:24: found an end at once, wanted a duration longer than 0s"},
        Wrong{"AJobFileThatIsNone", "cluster: {servers: 3}\nuntil: 1m\ntimeline:\n  - {at: 5s, run: a.yaml}\n",
              "a.yaml:4:19: found a job file that is none ("},
        Wrong{"ACommandsOwnWords",
              "cluster: {servers: 3}\nuntil: 1m\ntimeline:\n  - {at: 5s, operator: job run a.yaml}\n", "a.yaml: "},
        Wrong{"NoSpares", "cluster: {servers: 3, clients: 2}\nuntil: 1m\ntimeline:\n  - {at: 5s, replace: server-1}\n",
              "a.yaml:4:23: found a replacement, and no spares, wanted \"spares:\" in the cluster"}),
    [](const testing::TestParamInfo<Wrong>& one) { return std::string(one.param.name); });

TEST(Scenario, AJobRunsInARegionThatIsThere) {
  Files files;
  const std::string head_of_it = "cluster: {servers: 3, region: eu}\nuntil: 1m\ntimeline:\n";
  files.set("a.nomad",
            "job \"a\" {\n  region = \"mars\"\n  group \"g\" {\n    task \"t\" {\n      driver = \"raw_exec\"\n    }\n"
            "  }\n}\n");
  files.set("a.yaml", head_of_it + "  - {at: 5s, run: a.nomad}\n");
  const auto read = load_scenario("a.yaml", files);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error(),
            "a.yaml:4:19: found \"a.nomad\", a job of the region \"mars\", wanted a region that has servers: eu, in "
            "the file or by \"region:\"");
  files.set("a.yaml", head_of_it + "  - {at: 5s, run: a.nomad, region: eu}\n");
  EXPECT_TRUE(load_scenario("a.yaml", files).has_value());
}

TEST(Scenario, RefusesDuplicateKeysAndBrokenYaml) {
  const auto twice = read_scenario("a.yaml", "cluster: {servers: 3}\nuntil: 1m\nuntil: 2m\n");
  ASSERT_FALSE(twice.has_value());
  EXPECT_TRUE(twice.error().starts_with("a.yaml:3:")) << twice.error();
  EXPECT_NE(twice.error().find("duplicate"), std::string::npos) << twice.error();
  const auto broken = read_scenario("a.yaml", "cluster: {servers: 3\nuntil: ]\n");
  ASSERT_FALSE(broken.has_value());
  EXPECT_TRUE(broken.error().starts_with("a.yaml:")) << broken.error();
}

TEST(Scenario, IsTheOnlyDocumentOfItsFile) {
  const auto two = read_scenario("a.yaml", "cluster: {servers: 3}\nuntil: 1m\n---\nuntil: 2m\n");
  ASSERT_FALSE(two.has_value());
  EXPECT_EQ(two.error(), "a.yaml:4:1: found a second document, wanted one scenario a file");
  EXPECT_TRUE(read_scenario("a.yaml", "---\ncluster: {servers: 3}\nuntil: 1m\n...\n").has_value());
}

TEST(Scenario, BytesThatNoTextHasAreRefused) {
  const std::string nul = "cluster: {servers: 3}\nuntil: 3s\n" + std::string(1, '\0') + "\ntimline: []\n";
  EXPECT_EQ(read_scenario("a.yaml", nul).error(), "a.yaml:3:1: found the byte 0x00, wanted text in UTF-8");
  EXPECT_EQ(read_scenario("a.yaml", "\xff\xfe-").error(), "a.yaml:1:1: found the byte 0xff, wanted text in UTF-8");
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

Scenario read_ok(const std::string& text) {
  auto read = read_scenario(NOMAD_SOURCE_DIR "/scenarios/a.yaml", text);
  EXPECT_TRUE(read.has_value()) << read.error();
  return read ? std::move(*read) : Scenario{};
}

const std::string head = "cluster: {servers: 3, clients: 2}\nuntil: 1m\n";

TEST(Scenario, ReadsWhatItSays) {
  const Scenario read = read_ok(
      "cluster: {servers: 2..5, clients: 10}\n"
      "network: {latency: 1ms..2ms, loss: 5%}\n"
      "timeline:\n"
      "  - {every: 5s, from: 10s, to: 20s, power_loss: 2 random clients, for: 1s..3s}\n"
      "  - {at: 30s, partition: 'leader + 1 random server | rest'}\n"
      "  - {at: 31s, partition: '[leader] -> [rest]'}\n"
      "  - {at: 1s, run: jobs/fleet.nomad}\n"
      "tasks: {fleet/server: {runs: 30s, exit_code: 1}}\n"
      "until: 1.5m\n");
  EXPECT_EQ(read.cluster.servers.front().count.low, 2U);
  EXPECT_EQ(read.cluster.most_servers(), 5U);
  EXPECT_EQ(read.network.everywhere.latency->quantile(0), 1ms);
  EXPECT_DOUBLE_EQ(read.network.everywhere.loss->low, 0.05);
  EXPECT_EQ(read.until, 90s);
  ASSERT_EQ(read.timeline.size(), 4U);
  const auto& loss = std::get<PowerLoss>(read.timeline[0].action);
  EXPECT_EQ(loss.who[0].kind, Selector::Kind::random_clients);
  EXPECT_EQ(loss.who[0].count.low, 2U);
  EXPECT_EQ(read.timeline[0].lasts->high, 3s);
  EXPECT_EQ(std::get<Partition>(read.timeline[1].action).sides.sides[0].size(), 2U);
  EXPECT_TRUE(std::get<Partition>(read.timeline[2].action).sides.one_way);
  EXPECT_EQ(read.tasks.at("fleet/server").exit_code, 1);
}

TEST(Scenario, GroupsOfNodesAndTheirSettings) {
  const Scenario read = read_ok(
      "cluster:\n"
      "  servers: [{count: 2}, {count: 1, datacenter: dc2, rack: far}]\n"
      "  clients:\n"
      "    - {count: 4, class: big, pool: gpu, meta: {tier: gold}, machine: {cores: 32, memory_mb: 65536}}\n"
      "    - {count: 1..3, datacenter: dc2, config: {max_kill_timeout: 5s}}\n"
      "  racks: 2\n"
      "  config: {heartbeat_grace: 3s, server: {raft_multiplier: 2}, client: {gc_interval: 5m}}\n"
      "  nodes: {server-3: {config: {raft_multiplier: 5}, drift: -1%, offset: -3s}}\n"
      "until: 1m\n");
  ASSERT_EQ(read.cluster.clients.size(), 2U);
  EXPECT_EQ(read.cluster.most_clients(), 7U);
  EXPECT_EQ(read.cluster.clients[0].meta.at("tier"), "gold");
  const auto usual = effective_config(true, {&read.cluster.config});
  EXPECT_EQ(usual.server.heartbeat_grace, 3s);
  EXPECT_EQ(usual.server.raft_multiplier, 2);
  EXPECT_FALSE(usual.client.enabled);
  const NodeOverride& third = read.cluster.nodes.at("server-3");
  EXPECT_EQ(effective_config(true, {&read.cluster.config, &third.config}).server.raft_multiplier, 5);
  EXPECT_EQ(third.offset->low, -3s);
  EXPECT_DOUBLE_EQ(third.drift->low, -0.01);
  const auto client = effective_config(false, {&read.cluster.config, &read.cluster.clients[1].config});
  EXPECT_EQ(client.client.max_kill_timeout, 5s);
  EXPECT_EQ(client.client.gc_interval, 5min);
}

TEST(Scenario, LinksByClassAndByGroup) {
  const Scenario read = read_ok(
      "cluster: {servers: 3}\n"
      "network:\n"
      "  latency: normal(2ms, 200us)\n"
      "  bandwidth: 1Gbit\n"
      "  same_rack: {latency: 100us}\n"
      "  between_datacenters: {latency: 'pareto(20ms, 3)', loss: 1%, mtu: 1400}\n"
      "  between: [{from: server-1, to: servers, latency: 'lognormal(5ms, 0.5)', bandwidth: 56kbit}]\n"
      "until: 1m\n");
  EXPECT_EQ(read.network.everywhere.latency->quantile(0.5), 2ms);
  EXPECT_EQ(read.network.everywhere.bandwidth->bytes_per_second, 125'000'000U);
  EXPECT_EQ(read.network.same_rack.latency->quantile(0.9), 100us);
  EXPECT_EQ(read.network.between_datacenters.latency->quantile(0), 20ms);
  EXPECT_EQ(*read.network.between_datacenters.mtu, 1400U);
  EXPECT_EQ(read.network.between[0].link.bandwidth->bytes_per_second, 7000U);
}

TEST(Scenario, ActionsOfEveryFamily) {
  const Scenario read = read_ok(head +
                                "timeline:\n"
                                "  - {after: job fleet running, delay: 1s, times: 3, restart: it}\n"
                                "  - {at: 5s, run: jobs/fleet.nomad, count: 2}\n"
                                "  - {at: 6s, flaky: 'leader | rest', drop: 30%, latency: 5ms..50ms, for: 10s}\n"
                                "  - {at: 7s, partition: ring of servers, for: 5s}\n"
                                "  - {at: 7s, partition: star of servers, for: 5s}\n"
                                "  - {at: 8s, partition: 40% of links of servers, for: 5s}\n"
                                "  - {at: 9s, clock: server-1, step: -5s..-1s, drift: 1%}\n"
                                "  - {at: 10s, upgrade: servers, config: {heartbeat_grace: 1s}, each: 2s}\n"
                                "  - {at: 11s, operator: 'job stop -purge \"fleet\"', exit: 0}\n");
  EXPECT_EQ(read.timeline[0].after->kind, Happening::Kind::job_running);
  EXPECT_EQ(read.timeline[0].after->name, "fleet");
  EXPECT_DOUBLE_EQ(std::get<Flaky>(read.timeline[2].action).loss->high, 0.3);
  EXPECT_EQ(std::get<Partition>(read.timeline[3].action).sides.form, Sides::Form::ring);
  EXPECT_EQ(std::get<Partition>(read.timeline[4].action).sides.form, Sides::Form::star);
  EXPECT_DOUBLE_EQ(std::get<Partition>(read.timeline[5].action).sides.share.low, 0.4);
  EXPECT_EQ(std::get<ClockChange>(read.timeline[6].action).step->low, -5s);
  EXPECT_EQ(std::get<Upgrade>(read.timeline[7].action).each.low, 2s);
  EXPECT_EQ(*split_words(std::get<OperatorCommand>(read.timeline[8].action).words),
            (std::vector<std::string>{"job", "stop", "-purge", "fleet"}));
}

TEST(Scenario, ExpectationsOfEveryKind) {
  const Scenario read = read_ok(head +
                                "timeline: [{at: 5s, run: jobs/fleet.nomad}]\n"
                                "expect:\n"
                                "  - {job: fleet, running: 300}\n"
                                "  - {always: 'leaders <= 1 and servers up >= 2', from: 10s}\n"
                                "  - {never: node down}\n"
                                "  - {eventually: job fleet running = 300, within: 30s, after: leader elected}\n"
                                "  - {at_the_end: evaluations blocked = 0}\n"
                                "  - {count_of: leader elected, is: 1..3}\n");
  ASSERT_EQ(read.expect.size(), 6U);
  EXPECT_EQ(std::get<JobAtTheEnd>(read.expect[0].what).running, 300U);
  EXPECT_EQ(std::get<Always>(read.expect[1].what).condition.all.size(), 2U);
  EXPECT_EQ(std::get<Never>(read.expect[2].what).condition.all[0].quantity.kind, Quantity::Kind::count_of);
  EXPECT_EQ(std::get<Eventually>(read.expect[3].what).after->kind, Happening::Kind::leader_elected);
  EXPECT_EQ(std::get<CountOf>(read.expect[5].what).is.high, 3U);
}

TEST(Scenario, DialsAreLaidOverIt) {
  const Scenario read = read_ok(head +
                                "swarm:\n"
                                "  nemeses: 50%\n"
                                "  draw:\n"
                                "    cluster.servers: [1, 5]\n"
                                "    cluster.config.server.raft_multiplier: [1, 4]\n"
                                "    network.loss: [0%, 30%]\n");
  Files files;
  Reading reading{&files, {"a.yaml"}, {}};
  Scenario turned = read;
  for (const Dial& dial : read.swarm->draw) turn(turned, dial, 1, reading);
  EXPECT_FALSE(reading.failed());
  EXPECT_EQ(turned.cluster.most_servers(), 5U);
  EXPECT_EQ(effective_config(true, {&turned.cluster.config}).server.raft_multiplier, 4);
  EXPECT_DOUBLE_EQ(turned.network.everywhere.loss->low, 0.3);
}

class Including : public testing::Test {
 protected:
  std::expected<Scenario, std::string> load(const std::string& name) {
    Files files(texts_);
    return load_scenario(name, files);
  }
  Files::Texts texts_;
};

TEST_F(Including, MergesMappingsAndLetsListsGrow) {
  texts_["parts/wan.yaml"] =
      "network: {latency: 20ms, loss: 1%}\ncluster: {servers: 5}\nexpect: [{always: leaders <= 1}]\n";
  texts_["a.yaml"] =
      "include: parts/wan.yaml\ncluster: {clients: 2}\nnetwork: {loss: 0%}\nuntil: 1m\nexpect: [{never: leaders > "
      "2}]\n";
  const auto read = load("a.yaml");
  ASSERT_TRUE(read.has_value()) << read.error();
  EXPECT_EQ(read->cluster.most_servers(), 5U);
  EXPECT_EQ(read->cluster.most_clients(), 2U);
  EXPECT_EQ(read->network.everywhere.latency->quantile(0.5), 20ms);
  EXPECT_DOUBLE_EQ(read->network.everywhere.loss->low, 0);
  ASSERT_EQ(read->expect.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<Always>(read->expect[0].what));
  EXPECT_EQ(read->files.size(), 2U);
}

TEST_F(Including, NamesTheFileThatIsWrong) {
  texts_["parts/wan.yaml"] = "network: {latency: 20ms,\n  los: 1%}\n";
  texts_["a.yaml"] = "include: [parts/wan.yaml]\ncluster: {servers: 1}\nuntil: 1m\n";
  const auto read = load("a.yaml");
  ASSERT_FALSE(read.has_value());
  EXPECT_TRUE(read.error().starts_with("parts/wan.yaml:2:3: found \"los\"")) << read.error();
  EXPECT_TRUE(read.error().ends_with("(did you mean loss?)")) << read.error();
}

TEST_F(Including, RingsAndDepthsAreRefused) {
  texts_["a.yaml"] = "include: b.yaml\ncluster: {servers: 1}\nuntil: 1m\n";
  texts_["b.yaml"] = "include: a.yaml\n";
  const auto ring = load("a.yaml");
  ASSERT_FALSE(ring.has_value());
  EXPECT_TRUE(ring.error().starts_with("b.yaml:1:10: found \"a.yaml\", which includes itself")) << ring.error();
  for (int i = 0; i < 20; ++i)
    texts_["c" + std::to_string(i) + ".yaml"] = "include: c" + std::to_string(i + 1) + ".yaml\n";
  const auto deep = load("c0.yaml");
  ASSERT_FALSE(deep.has_value());
  EXPECT_NE(deep.error().find("more than 8 deep"), std::string::npos) << deep.error();
  texts_["d.yaml"] = "include: nowhere.yaml\n";
  const auto nowhere = load("d.yaml");
  ASSERT_FALSE(nowhere.has_value());
  EXPECT_TRUE(nowhere.error().starts_with("d.yaml:1:10: found \"nowhere.yaml\", which is no readable file"))
      << nowhere.error();
}

TEST_F(Including, AConfigurationFileOfTheAgent) {
  texts_["agents/slow.hcl"] = "server {\n  raft_multiplier = 5\n}\n";
  texts_["a.yaml"] = "cluster: {servers: 1, config: agents/slow.hcl}\nuntil: 1m\n";
  const auto read = load("a.yaml");
  ASSERT_TRUE(read.has_value()) << read.error();
  EXPECT_EQ(effective_config(true, {&read->cluster.config}).server.raft_multiplier, 5);
  texts_["agents/slow.hcl"] = "server {\n  raft_multiplierr = 5\n}\n";
  EXPECT_FALSE(load("a.yaml").has_value());
}

TEST(Scenario, NearWordsAreFound) {
  EXPECT_EQ(nearest("crsh", {"crash", "start"}), "crash");
  EXPECT_EQ(nearest("zzzzzz", {"crash", "start"}), "");
}

}  // namespace
}  // namespace simulator
