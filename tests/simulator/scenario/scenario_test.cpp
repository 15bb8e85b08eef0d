#include "simulator/scenario/scenario.hpp"

#include <gtest/gtest.h>

#include "simulator/scenario/cli_words.hpp"
#include "simulator/scenario/swarm.hpp"

namespace simulator {
namespace {

using namespace std::chrono_literals;

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
