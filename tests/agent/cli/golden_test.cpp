// Against what a real Nomad 1.0.18 printed: whole, where its answers were taken in the same state, otherwise the
// shape: keys and headings in their order.
#include <gtest/gtest.h>

#include <regex>

#include <boost/json/serialize.hpp>

#include "agent/cli/columns.hpp"
#include "agent/cli/plan_format.hpp"
#include "tests/agent/cli/fake.hpp"

namespace tests::cli {
namespace {

using agent::cli::Json;

/// Keys of `K = v` lines, headings and table heads; not the rows, nor what differs between states.
std::vector<std::string> shape(const std::string& words) {
  std::vector<std::string> out;
  bool after_heading = false;
  static const std::regex heading("[A-Z][A-Za-z ]+:?|Task \".*\" is \".*\"");
  for (const auto& line : agent::cli::lines_of(words)) {
    if (const auto equals = line.find(" = "); equals != std::string::npos) {
      out.push_back(line.substr(0, line.find_last_not_of(' ', equals) + 1) + " =");
      after_heading = false;
    } else if (after_heading) {  // the head of a table; its spacing follows its rows
      out.push_back(std::regex_replace(line, std::regex("  +"), " | "));
      after_heading = false;
    } else if (std::regex_match(line, heading) && !line.starts_with("Task \"")) {
      out.push_back(line);
      after_heading = true;
    }
  }
  return out;
}

void same_whole(Fake& fake, std::vector<std::string> args, const std::string& name) {
  const auto wanted = printed_by_nomad(name);
  EXPECT_EQ(fake.run(std::move(args)), wanted.exit) << fake.both;
  EXPECT_EQ(fake.both, wanted.words);
}

void same_shape(Fake& fake, std::vector<std::string> args, const std::string& name,
                std::vector<std::string> extra = {}) {
  const auto wanted = printed_by_nomad(name);
  EXPECT_EQ(fake.run(std::move(args)), wanted.exit) << fake.both;
  auto ours = shape(fake.both);
  for (const auto& line : extra) std::erase(ours, line);
  EXPECT_EQ(ours, shape(wanted.words)) << fake.both;
}

TEST(Golden, ServerMembers) {
  Fake fake;
  fake.answer("GET /v1/agent/members", body_of("agent-members"));
  fake.answer("GET /v1/regions", R"(["global"])");
  fake.answer("GET /v1/status/leader", R"("127.0.0.1:4647")");
  same_whole(fake, {"server", "members"}, "server-members");
  same_whole(fake, {"server-members"}, "server-members");
}

TEST(Golden, AutopilotConfig) {
  Fake fake;
  fake.answer("GET /v1/operator/autopilot/configuration", body_of("autopilot-config"));
  same_whole(fake, {"operator", "autopilot", "get-config"}, "autopilot-config");
}

TEST(Golden, RaftPeers) {
  Fake fake;
  fake.answer("GET /v1/operator/raft/configuration", body_of("raft-config"));
  same_whole(fake, {"operator", "raft", "list-peers"}, "raft-list-peers");
}

TEST(Golden, Nodes) {
  Fake fake;
  fake.answer("GET /v1/nodes", body_of("nodes"));
  same_whole(fake, {"node", "status"}, "node-status");
  fake.answer("GET /v1/nodes", "[]");
  same_whole(fake, {"node", "status", "ffffffff"}, "node-status-missing");
}

TEST(Golden, OneNode) {
  Fake fake;
  const std::string id = "4d5caf4b-d73c-72f5-2336-5e153b9b3161";
  fake.answer("GET /v1/nodes", body_of("nodes"));
  fake.answer("GET /v1/node/" + id, body_of("node"));
  fake.answer("GET /v1/node/" + id + "/allocations", body_of("node-allocs"));
  fake.answer("GET /v1/client/stats", body_of("client-stats"));
  same_shape(fake, {"node", "status", "4d5caf4b"}, "node-status-one");
  EXPECT_NE(fake.both.find("exec,java,mock_driver,qemu,raw_exec\n"), std::string::npos);
  EXPECT_NE(fake.both.find("Uptime          = 1h18m0s\n"), std::string::npos);
  same_shape(fake, {"node", "status", "-verbose", id}, "node-status-verbose");
}

TEST(Golden, JobsAndMissingJob) {
  Fake fake;
  fake.answer("GET /v1/jobs", body_of("jobs"));
  EXPECT_EQ(fake.run({"job", "status"}), 0);
  EXPECT_EQ(fake.out,
            "ID      Type     Priority  Status   Submit Date\n"
            "toobig  service  50        pending  2026-11-22T12:16:28Z\n"
            "web     service  50        running  2026-11-22T12:16:28Z\n");
  fake.answer("GET /v1/jobs", "[]");
  same_whole(fake, {"job", "status", "nosuch"}, "job-status-missing");
}

TEST(Golden, BlockedJobToTheLetter) {
  Fake fake;
  fake.answer("GET /v1/jobs", body_of("jobs"));
  fake.answer("GET /v1/job/toobig", R"({"ID":"toobig","Name":"toobig","SubmitTime":1795349788627903788,"Type":"service",
    "Priority":50,"Datacenters":["dc1"],"Namespace":"default","Status":"pending","Periodic":null,"ParameterizedJob":null})");
  fake.answer("GET /v1/job/toobig/summary", R"({"Summary":{"g":{"Queued":1,"Starting":0,"Running":0,"Failed":0,
    "Complete":0,"Lost":0}}})");
  fake.answer("GET /v1/job/toobig/allocations", "[]");
  fake.answer(
      "GET /v1/job/toobig/evaluations",
      R"([{"ID":"a","CreateIndex":1,"Status":"complete","FailedTGAllocs":{"g":{"NodesEvaluated":1,"NodesExhausted":1,
    "DimensionExhausted":{"cpu":1}}}},{"ID":"b","CreateIndex":2,"Status":"blocked"}])");
  fake.answer("GET /v1/job/toobig/deployment",
              R"({"ID":"b3aba994-0000","Status":"running","StatusDescription":"Deployment is running","TaskGroups":{"g":
    {"DesiredTotal":1,"ProgressDeadline":600000000000,"RequireProgressBy":"0001-01-01T00:00:00Z"}}})");
  same_whole(fake, {"job", "status", "toobig"}, "job-status-blocked");
}

TEST(Golden, ServiceJob) {
  Fake fake;
  const auto jobs = json_of("jobs");
  fake.answer("GET /v1/jobs", body_of("jobs"));
  fake.answer("GET /v1/job/web", body_of("job"));
  fake.answer("GET /v1/job/web/summary", body_of("job-summary"));
  fake.answer("GET /v1/job/web/allocations", body_of("job-allocs"));
  fake.answer("GET /v1/job/web/evaluations", body_of("job-evals"));
  fake.answer("GET /v1/job/web/deployment", boost::json::serialize(json_of("job-deployments").as_array()[0]));
  same_shape(fake, {"job", "status", "web"}, "job-status-web");
  same_shape(fake, {"job", "status", "-verbose", "web"}, "job-status-web-verbose");
}

TEST(Golden, Allocation) {
  Fake fake;
  const std::string id = "013d598a-b28f-452a-a784-e2ca1668756f";
  auto alloc = json_of("allocation");
  alloc.as_object()["ClientStatus"] = "running";  // it was captured after it had been stopped and replaced
  alloc.as_object()["NextAllocation"] = "";
  fake.answer("GET /v1/allocations", R"([{"ID":")" + id + R"("}])");
  fake.answer("GET /v1/allocation/" + id, boost::json::serialize(alloc));
  fake.answer("GET /v1/client/allocation/" + id + "/stats", body_of("client-alloc-stats"));
  same_shape(fake, {"alloc", "status", "013d598a"}, "alloc-status");
  EXPECT_NE(fake.both.find("Label  Dynamic  Address\n*http  yes      127.0.0.1:30014\n"), std::string::npos);
  EXPECT_NE(fake.both.find("CPU       Memory         Disk     Addresses\n0/50 MHz  28 MiB/16 MiB  300 MiB  \n"),
            std::string::npos);
  same_shape(fake, {"alloc", "status", "-verbose", id}, "alloc-status-verbose");
  const auto nomad = printed_by_nomad("alloc-status-verbose").words;
  const auto scores = nomad.substr(nomad.find("Placement Metrics"));
  EXPECT_NE(fake.both.find(scores), std::string::npos) << fake.both;
  EXPECT_NE(fake.both.find("Allocation Time     = 13.69µs"), std::string::npos);
}

TEST(Golden, Evaluations) {
  Fake fake;
  const std::string id = "ad524ef6-f516-2e27-e771-cb688570fc5e";
  fake.answer("GET /v1/evaluations", R"([{"ID":")" + id + R"("}])");
  fake.answer("GET /v1/evaluation/" + id, body_of("evaluation-blocked"));
  fake.io.now = [] { return std::int64_t{1795349798} * 1'000'000'000; };
  same_whole(fake, {"eval", "status", id}, "eval-status-blocked");
  fake.answer("GET /v1/evaluations", body_of("evaluations"));
  EXPECT_EQ(fake.run({"eval", "list"}), 0);
  EXPECT_EQ(fake.out.substr(0, fake.out.find('\n')),
            "ID        Priority  Triggered By    Job ID  Namespace  Node ID   Status    Placement Failures");
}

TEST(Golden, AgentInfo) {
  Fake fake;
  fake.answer("GET /v1/agent/self", body_of("agent-self"));
  same_shape(fake, {"agent-info"}, "agent-info");
}

TEST(Golden, PlanOfAChange) {
  const auto diff = agent::cli::items(json_of("plan"), "nothing");
  EXPECT_TRUE(diff.empty());
  Fake fake;
  fake.io.read_all = [] { return std::string(R"({"ID":"web","Type":"service"})"); };
  fake.answer("PUT /v1/job/web/plan", R"({"JobModifyIndex":10,"FailedTGAllocs":null,"Diff":{"Type":"Edited","ID":"web",
    "TaskGroups":[{"Type":"Edited","Name":"front","Updates":{"create":1,"ignore":3},
    "Fields":[{"Type":"Edited","Name":"Count","Old":"3","New":"4","Annotations":["forces create"]}],
    "Tasks":[{"Type":"Edited","Name":"server","Annotations":["forces create/destroy update"],
    "Fields":[{"Type":"Edited","Name":"Env[COLOR]","Old":"blue","New":"green"}]}]}]},
    "Annotations":{"DesiredTGUpdates":{"front":{"Place":1,"Ignore":3}}}})");
  auto wanted = printed_by_nomad("job-plan-change");
  EXPECT_EQ(fake.run({"job", "plan", "-json", "-"}), wanted.exit);
  EXPECT_EQ(fake.both, std::regex_replace(wanted.words, std::regex("web2\\.nomad"), "-"));

  fake.answer("PUT /v1/job/web/plan",
              R"({"JobModifyIndex":0,"Diff":{"Type":"Added","ID":"web","TaskGroups":[{"Type":"Added",
    "Name":"front","Updates":{"create":3},"Fields":[{"Type":"Added","Name":"Count","New":"3"}],"Tasks":[{"Type":"Added",
    "Name":"server","Annotations":["forces create"]}]}]},"Annotations":{"DesiredTGUpdates":{"front":{"Place":3}}}})");
  wanted = printed_by_nomad("job-plan-new");
  EXPECT_EQ(fake.run({"plan", "-json", "-"}), wanted.exit);
  EXPECT_EQ(fake.both, std::regex_replace(wanted.words, std::regex("web\\.nomad"), "-"));
}

TEST(Golden, JobFilesThatCannotBeRead) {
  Fake fake;
  same_whole(fake, {"job", "run", "nosuch.nomad"}, "job-run-missing");
}

TEST(Golden, Join) {
  Fake fake;
  fake.answer(
      "PUT /v1/agent/join",
      R"({"num_joined":0,"error":"1 error occurred:\n\t* Failed to join 127.0.0.1: dial tcp 127.0.0.1:9: connect: connection refused\n\n"})");
  same_whole(fake, {"server", "join", "127.0.0.1:9"}, "server-join");
}

}  // namespace
}  // namespace tests::cli
