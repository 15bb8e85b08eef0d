// What is wrong with a scenario is told with its place, what was found and what would have been right.
#include <string_view>

#include <gtest/gtest.h>

#include "simulator/scenario/scenario.hpp"

namespace simulator {
namespace {

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
              "a.yaml:4:16: found bootstrap_expect 9 with 3 servers in its region, wanted at most as many as there "
              "are, or none: it is their number then"},
        Wrong{
            "MoreExpectedThanThereAre",
            "cluster: {servers: 3, spares: 2, config: {server: {bootstrap_expect: 4}}}\nuntil: 1m\n",
            "a.yaml:1:20: found bootstrap_expect 4 with 3 servers in its region, wanted at most as many as there are, "
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

}  // namespace
}  // namespace simulator
