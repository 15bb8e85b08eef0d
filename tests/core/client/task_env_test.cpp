// What a task sees of where it runs: every NOMAD_ variable, and interpolation.
#include <gtest/gtest.h>

#include "core/client/node.hpp"
#include "core/client/task_env.hpp"

namespace tests {
namespace {

using namespace core;
using namespace core::client;

struct Place {
  model::Allocation alloc;
  model::Node node;
  std::shared_ptr<model::Job> job = std::make_shared<model::Job>();

  Place() {
    job->id = "web";
    job->name = "web-name";
    job->parent_id = "parent";
    job->meta = {{"level", "job"}, {"job-only", "1"}};
    job->dispatched = true;
    job->parameterized_job = model::ParameterizedJobConfig{"", {}, {"not_given"}};
    model::TaskGroup group;
    group.name = "front";
    group.meta = {{"level", "group"}};
    model::Task task;
    task.name = "server";
    task.driver = "raw_exec";
    task.meta = {{"level", "task"}, {"where", "${node.datacenter}"}};
    group.tasks = {task};
    job->task_groups = {group};
    alloc.id = "013d598a-b28f-452a-a784-e2ca1668756f";
    alloc.name = "web.front[3]";
    alloc.namespace_ = "default";
    alloc.job = job;
    alloc.task_group = "front";
    auto& had = alloc.allocated_resources.tasks["server"];
    had.cpu = {500, {4, 3, 7}};
    had.memory = {256, 512};
    model::NetworkResource network;
    network.ip = "10.0.0.9";
    network.reserved_ports = {{"admin", 9000, 0, ""}};
    had.networks = {network};
    network.reserved_ports = {};
    network.dynamic_ports = {{"db", 25000, 5432, ""}};
    alloc.allocated_resources.tasks["other"].networks = {network};
    alloc.allocated_resources.shared.ports = {{"http", 30014, 8080, "10.0.0.9"}, {"my-port", 30015, 0, "::1"}};
    node.id = "node-id";
    node.name = "worker";
    node.datacenter = "dc1";
    node.node_class = "big";
    node.node_pool = "default";
    node.attributes = {{"cpu.arch", "amd64"}, {"unique.cgroup.version", "v2"}};
    node.meta = {{"rack", "r7"}, {"a-b", "dash"}};
  }
  model::Task& task() { return job->task_groups[0].tasks[0]; }
  TaskPlace at() { return {alloc, job->task_groups[0], task(), node, "global", "/var/allocs"}; }
};

TEST(TaskEnv, HasEveryVariableOfNomad) {
  Place place;
  const std::string root = "/var/allocs/013d598a-b28f-452a-a784-e2ca1668756f";
  const std::map<std::string, std::string> expected{
      {"NOMAD_ALLOC_DIR", root + "/alloc"},
      {"NOMAD_TASK_DIR", root + "/server/local"},
      {"NOMAD_SECRETS_DIR", root + "/server/secrets"},
      {"NOMAD_MEMORY_LIMIT", "256"},
      {"NOMAD_MEMORY_MAX_LIMIT", "512"},
      {"NOMAD_CPU_LIMIT", "500"},
      {"NOMAD_CPU_CORES", "3-4,7"},
      {"NOMAD_ALLOC_ID", "013d598a-b28f-452a-a784-e2ca1668756f"},
      {"NOMAD_SHORT_ALLOC_ID", "013d598a"},
      {"NOMAD_ALLOC_NAME", "web.front[3]"},
      {"NOMAD_ALLOC_INDEX", "3"},
      {"NOMAD_TASK_NAME", "server"},
      {"NOMAD_GROUP_NAME", "front"},
      {"NOMAD_JOB_ID", "web"},
      {"NOMAD_JOB_NAME", "web-name"},
      {"NOMAD_JOB_PARENT_ID", "parent"},
      {"NOMAD_DC", "dc1"},
      {"NOMAD_REGION", "global"},
      {"NOMAD_NAMESPACE", "default"},
      {"NOMAD_PARENT_CGROUP", "nomad.slice"},
      {"NOMAD_IP_http", "10.0.0.9"},
      {"NOMAD_PORT_http", "8080"},
      {"NOMAD_ADDR_http", "10.0.0.9:30014"},
      {"NOMAD_HOST_IP_http", "10.0.0.9"},
      {"NOMAD_HOST_PORT_http", "30014"},
      {"NOMAD_HOST_ADDR_http", "10.0.0.9:30014"},
      {"NOMAD_ALLOC_PORT_http", "8080"},
      {"NOMAD_IP_my_port", "::1"},
      {"NOMAD_PORT_my_port", "30015"},
      {"NOMAD_ADDR_my_port", "[::1]:30015"},
      {"NOMAD_HOST_IP_my-port", "::1"},
      {"NOMAD_HOST_PORT_my_port", "30015"},
      {"NOMAD_HOST_ADDR_my-port", "[::1]:30015"},
      {"NOMAD_ALLOC_PORT_my-port", "30015"},
      {"NOMAD_IP_admin", "10.0.0.9"},
      {"NOMAD_PORT_admin", "9000"},
      {"NOMAD_ADDR_admin", "10.0.0.9:9000"},
      {"NOMAD_HOST_PORT_admin", "9000"},
      {"NOMAD_IP_other_db", "10.0.0.9"},
      {"NOMAD_PORT_other_db", "25000"},
      {"NOMAD_ADDR_other_db", "10.0.0.9:25000"},
      {"NOMAD_META_level", "task"},
      {"NOMAD_META_LEVEL", "task"},
      {"NOMAD_META_where", "dc1"},
      {"NOMAD_META_WHERE", "dc1"},
      {"NOMAD_META_job_only", "1"},
      {"NOMAD_META_JOB_ONLY", "1"},
      {"NOMAD_META_not_given", ""},
      {"NOMAD_META_NOT_GIVEN", ""},
  };
  EXPECT_EQ(TaskEnv(place.at()).variables(), expected);
}

TEST(TaskEnv, InterpolatesWhatItKnowsAndLeavesTheRestAsWritten) {
  Place place;
  place.task().env = {{"COLOR", "blue"}};
  const TaskEnv env(place.at());
  const std::map<std::string, std::string> cases{
      {"${NOMAD_DC}-${NOMAD_JOB_ID}", "dc1-web"},
      {"${env[\"COLOR\"]}", "blue"},
      {"${attr.cpu.arch} ${meta.rack} ${meta[\"a-b\"]}", "amd64 r7 dash"},
      {"${node.unique.id} ${node.unique.name} ${node.datacenter} ${node.region} ${node.class} ${node.pool}",
       "node-id worker dc1 global big default"},
      {"${attr.unknown} $NOMAD_DC ${", "${attr.unknown} $NOMAD_DC ${"},
      {"${x ${NOMAD_DC}", "${x dc1"},
      {"${env[\"]} ${[\"\"]} ${}", "${env[\"]} ${[\"\"]} ${}"},
      {"", ""},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(env.interpolate(text), expected) << text;
}

TEST(TaskEnv, MakesTheStartOfATask) {
  Place place;
  place.task().config = boost::json::object{{"command", "${NOMAD_TASK_DIR}/run"},
                                            {"args", boost::json::array{"-p", "${NOMAD_PORT_http}", 7, true}}};
  place.task().env = {{"ADDR", "${NOMAD_ADDR_http}"}};
  place.task().user = "nobody";
  place.task().log_config = model::LogConfig{3, 2, false};
  const auto start = make_start(place.at());
  ASSERT_TRUE(start) << start.error();
  EXPECT_EQ(start->command, "/var/allocs/013d598a-b28f-452a-a784-e2ca1668756f/server/local/run");
  EXPECT_EQ(start->args, (std::vector<std::string>{"-p", "8080", "7", "true"}));
  EXPECT_EQ(start->env.at("ADDR"), "10.0.0.9:30014");
  EXPECT_EQ(start->user, "nobody");
  EXPECT_EQ(start->log_max_files, 3u);
  EXPECT_EQ(start->log_max_file_bytes, 2u * 1024 * 1024);
}

TEST(TaskEnv, RefusesWhatTheDriverDoesNotKnow) {
  Place place;
  const auto error = [&](boost::json::value config) {
    place.task().config = std::move(config);
    const auto start = make_start(place.at());
    return start ? std::string("accepted") : start.error();
  };
  EXPECT_NE(error(nullptr).find("Missing required argument"), std::string::npos);
  EXPECT_NE(error(boost::json::array{}).find("an object is required"), std::string::npos);
  EXPECT_NE(error(boost::json::object{{"command", "x"}, {"image", "y"}}).find("named \"image\""), std::string::npos);
  EXPECT_NE(error(boost::json::object{{"command", boost::json::array{}}}).find("a string is required"),
            std::string::npos);
  EXPECT_NE(error(boost::json::object{{"command", "x"}, {"args", "y"}}).find("list of string required"),
            std::string::npos);
  EXPECT_EQ(error(boost::json::object{{"command", ""}}), "command is a required parameter");
  EXPECT_EQ(error(boost::json::object{{"command", "x"}, {"args", nullptr}}), "accepted");
}

TEST(Node, IsMadeOfTheFingerprint) {
  world::HostFingerprinted host;
  host.hostname = "worker";
  host.attributes = {{"cpu.arch", "amd64"}, {"cpu.totalcompute", "4000"}, {"unique.hostname", "worker"}};
  host.cpu_mhz = 4000;
  host.cpu_cores = 2;
  host.memory_mb = 8000;
  host.disk_mb = 50000;
  host.interfaces = {{"lo", "", 0, {"127.0.0.1/8"}},
                     {"eth0", "02:00:00:00:00:01", 0, {"fe80::1/64", "10.0.0.9/24", "2001:db8::9/64"}}};
  host.default_interface = "eth0";
  host.drivers = {{"raw_exec", true, "Healthy", {{"driver.raw_exec", "1"}}}};
  Config config;
  config.http_address = "10.0.0.9:4646";
  config.version = "1.6.5";
  config.meta = {{"rack", "r7"}, {"connect.log_level", "debug"}};
  config.reserved_memory_mb = 100;
  const model::Node node = make_node(config, "id", "secret", host, {5});
  EXPECT_EQ(node.name, "worker");
  EXPECT_EQ(node.status, model::NodeStatus::initializing);
  EXPECT_EQ(node.attributes.at("driver.raw_exec"), "1");
  EXPECT_EQ(node.attributes.at("nomad.version"), "1.6.5");
  EXPECT_EQ(node.attributes.at("nomad.advertise.address"), "10.0.0.9:4646");
  EXPECT_EQ(node.attributes.at("unique.network.ip-address"), "10.0.0.9");
  EXPECT_EQ(node.meta.at("connect.log_level"), "debug");
  EXPECT_EQ(node.meta.at("connect.proxy_concurrency"), "1");
  EXPECT_EQ(node.drivers.at("raw_exec").attributes.at("driver.raw_exec"), "true");
  EXPECT_TRUE(node.drivers.at("raw_exec").healthy);
  EXPECT_EQ(node.node_resources.cpu.cpu_shares, 4000);
  EXPECT_EQ(node.node_resources.memory.memory_mb, 8000);
  EXPECT_EQ(node.reserved_resources.memory.memory_mb, 100);
  ASSERT_EQ(node.node_resources.networks.size(), 2u) << "link-local addresses are left out";
  EXPECT_EQ(node.node_resources.networks[0].cidr, "10.0.0.9/32");
  EXPECT_EQ(node.node_resources.networks[0].mbits, 1000);
  EXPECT_EQ(node.node_resources.node_networks[0].addresses[1].family, "ipv6");

  config.cpu_total_compute_mhz = 1000;
  config.memory_total_mb = 2000;
  const model::Node told = make_node(config, "id", "secret", host, {5});
  EXPECT_EQ(told.node_resources.cpu.cpu_shares, 1000);
  EXPECT_EQ(told.attributes.at("cpu.totalcompute"), "1000");
  EXPECT_EQ(told.node_resources.memory.memory_mb, 2000);
}

TEST(Node, ComputedClassLooksAtWhatIsNotUnique) {
  model::Node node;
  node.datacenter = "dc1";
  node.attributes = {{"cpu.arch", "amd64"}, {"unique.hostname", "a"}};
  const std::string before = computed_class(node);
  EXPECT_TRUE(before.starts_with("v1:"));
  node.id = "x";
  node.attributes["unique.hostname"] = "b";
  node.meta["unique.serial"] = "7";
  EXPECT_EQ(computed_class(node), before);
  for (const auto& change : std::vector<void (*)(model::Node&)>{
           [](model::Node& n) { n.attributes["cpu.arch"] = "arm64"; }, [](model::Node& n) { n.meta["rack"] = "1"; },
           [](model::Node& n) { n.node_class = "big"; }, [](model::Node& n) { n.datacenter = "dc2"; },
           [](model::Node& n) { n.node_pool = "gpu"; }}) {
    model::Node other = node;
    change(other);
    EXPECT_NE(computed_class(other), before);
  }
}

}  // namespace
}  // namespace tests
