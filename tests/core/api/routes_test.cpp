// What is done about a request: where it goes, how long it waits, what it changes.
#include "tests/core/api/fixture.hpp"

namespace core::api::tests {
namespace {

namespace json = boost::json;
using Routes = Api;

const char* const job_body = R"({"Job":{"ID":"hello","Datacenters":["dc1"],"TaskGroups":[{"Name":"g","Count":2,
  "Tasks":[{"Name":"t","Driver":"raw_exec","Config":{"command":"/bin/true"}}]}]}})";

json::object with_members(const char* body, const json::object& more) {
  json::object out = json::parse(body).as_object();
  for (const auto& [key, value] : more) out[key] = value;
  return out;
}

// --- blocking queries ---

TEST_F(Routes, ABlockingQueryAnswersAtOnceWhatIsNewer) {
  fill();
  EXPECT_TRUE(std::holds_alternative<Answer>(ask("GET", "/v1/jobs?index=1")));
}

TEST_F(Routes, ABlockingQueryWaitsOnTheRowsItReads) {
  fill();
  const auto outcome = ask("GET", "/v1/job/web?index=100000&wait=16s");
  const auto* wait = std::get_if<Wait>(&outcome);
  ASSERT_NE(wait, nullptr);
  ASSERT_EQ(wait->on.size(), 1u);
  EXPECT_EQ(wait->on[0].table, state::Table::jobs);
  EXPECT_EQ(wait->on[0].key, state::job_key("default", "web"));
  EXPECT_GE(wait->until - now.instant, 16s);
  EXPECT_LE(wait->until - now.instant, 17s);
  const auto list = ask("GET", "/v1/jobs?index=100000");
  const auto* wait_list = std::get_if<Wait>(&list);
  ASSERT_NE(wait_list, nullptr);
  EXPECT_TRUE(wait_list->on.at(0).key.ends_with('*'));
  EXPECT_GE(wait_list->until - now.instant, 5min);
}

TEST_F(Routes, AskingAgainDoesNotMoveTheDeadline) {
  fill();
  const Request request{"GET", "/v1/nodes?index=100000&wait=10m", {}, "", false};
  const Instant asked = now.instant;
  const auto first = route(view, request, now, asked, false, rng);
  now.instant += 3s;
  const auto second = route(view, request, now, asked, false, rng);
  ASSERT_TRUE(std::holds_alternative<Wait>(first) && std::holds_alternative<Wait>(second));
  EXPECT_EQ(std::get<Wait>(first).until, std::get<Wait>(second).until);
}

TEST_F(Routes, AWaitIsNeverLongerThanTenMinutesAndASixteenth) {
  fill();
  const auto outcome = ask("GET", "/v1/nodes?index=100000&wait=5h");
  ASSERT_TRUE(std::holds_alternative<Wait>(outcome));
  EXPECT_LE(std::get<Wait>(outcome).until - now.instant, 10min + Duration(10min) / 16);
}

TEST_F(Routes, AWaitThatIsOverIsAnswered) {
  fill();
  EXPECT_TRUE(std::holds_alternative<Answer>(ask("GET", "/v1/nodes?index=100000", "", true)));
}

TEST_F(Routes, NoResultCarriesIndexZero) {
  for (const char* target : {"/v1/jobs", "/v1/nodes", "/v1/allocations", "/v1/evaluations", "/v1/deployments"}) {
    const Answer answer = get(target);
    EXPECT_EQ(answer.status, 200) << target;
    EXPECT_EQ(answer.headers.at("X-Nomad-Index"), "1") << target;
    EXPECT_EQ(answer.body, "[]") << target;
  }
}

TEST_F(Routes, EachListWakesOnWhatChangesIt) {
  fill();
  // A list asked for with the index it has now is told of the next change by one of the rows it watches.
  Outcome outcome = ask("GET", "/v1/job/web/allocations?index=100000");
  ASSERT_TRUE(std::holds_alternative<Wait>(outcome));
  const auto on = std::get<Wait>(outcome).on;
  const auto id = json::parse(get("/v1/allocations").body).at(0).at("ID").as_string();
  state::UpdateDesiredTransition wish{{}, {}, now.wall};
  wish.transitions[std::string(id)].reschedule = true;
  const auto applied = apply(wish);
  bool woken = false;
  for (const auto& row : applied.touched)
    for (const auto& watched : on) woken = woken || row == watched;
  EXPECT_TRUE(woken);
}

// Found by LIN (scenarios/linearizable.yaml): two registrations in one batch of the log were both answered with the
// index of the second.
TEST_F(Routes, AWriteIsAnsweredWithItsOwnIndexThoughLaterOnesAreAppliedAlready) {
  std::vector<Write> writes;
  std::vector<std::pair<std::uint64_t, state::Applied>> applied;
  for (int i = 0; i < 2; ++i) {
    Outcome outcome = ask("PUT", "/v1/jobs", job_body);
    ASSERT_TRUE(std::holds_alternative<Write>(outcome));
    writes.push_back(std::move(std::get<Write>(outcome)));
    auto& job = std::get<state::RegisterJob>(writes.back().command).job;
    job.meta["turn"] = std::to_string(i);
  }
  for (const Write& write : writes) {
    auto result = apply(write.command);
    applied.emplace_back(index, std::move(result));
  }
  for (int i = 0; i < 2; ++i) {
    const auto& [at, result] = applied[static_cast<std::size_t>(i)];
    const Answer answer = writes[static_cast<std::size_t>(i)].answer(at, result, view.held);
    EXPECT_EQ(json::parse(answer.body).at("JobModifyIndex").to_number<std::uint64_t>(), at);
  }
}

// --- where requests go ---

TEST_F(Routes, AFollowerSendsReadsToTheLeaderUnlessStaleWillDo) {
  fill();
  view.leader = false;
  EXPECT_TRUE(std::holds_alternative<ToLeader>(ask("GET", "/v1/jobs")));
  const Answer stale = get("/v1/jobs?stale");
  EXPECT_EQ(stale.headers.at("X-Nomad-LastContact"), "7");
  EXPECT_TRUE(std::holds_alternative<ToLeader>(ask("PUT", "/v1/jobs?stale", job_body)));
  EXPECT_TRUE(std::holds_alternative<Answer>(ask("GET", "/v1/status/leader")));
  EXPECT_TRUE(std::holds_alternative<Answer>(ask("GET", "/v1/agent/members")));
}

TEST_F(Routes, AConsistentReadIsAnsweredOnlyByALeaderThatAQuorumVouchesFor) {
  fill();
  EXPECT_TRUE(std::holds_alternative<VerifyLeader>(ask("GET", "/v1/jobs?consistent")));
  EXPECT_TRUE(std::holds_alternative<VerifyLeader>(ask("GET", "/v1/job/web?consistent&stale")));
  EXPECT_TRUE(std::holds_alternative<Answer>(ask_verified("/v1/jobs?consistent")));
  EXPECT_TRUE(std::holds_alternative<Answer>(ask("GET", "/v1/jobs")));
  // Its lease is as good as that, and without it a quorum is asked.
  view.lease = false;
  EXPECT_TRUE(std::holds_alternative<VerifyLeader>(ask("GET", "/v1/jobs")));
  EXPECT_TRUE(std::holds_alternative<Answer>(ask_verified("/v1/jobs")));
  EXPECT_TRUE(std::holds_alternative<Answer>(ask("GET", "/v1/jobs?stale")));
  EXPECT_TRUE(std::holds_alternative<Answer>(ask("GET", "/v1/status/leader")));
  EXPECT_FALSE(std::holds_alternative<VerifyLeader>(ask("PUT", "/v1/jobs", job_body)));
  // One that was elected a moment ago is for Raft to judge, not for us.
  view.leader = false;
  view.in_office = true;
  EXPECT_TRUE(std::holds_alternative<VerifyLeader>(ask("GET", "/v1/jobs?consistent")));
  EXPECT_TRUE(std::holds_alternative<ToLeader>(ask("GET", "/v1/jobs")));
  view.in_office = false;
  EXPECT_TRUE(std::holds_alternative<ToLeader>(ask("GET", "/v1/jobs?consistent")));
}

TEST_F(Routes, AClientSendsToItsServersWhatItDoesNotKnow) {
  view.server = false;
  for (const char* target : {"/v1/jobs", "/v1/jobs?stale", "/v1/agent/members", "/v1/status/leader", "/v1/regions",
                             "/v1/client/fs/logs/x?task=t&type=stdout"})
    EXPECT_TRUE(std::holds_alternative<ToLeader>(ask("GET", target))) << target;
  for (const char* target : {"/v1/agent/self", "/v1/agent/health", "/v1/agent/servers", "/v1/metrics"})
    EXPECT_TRUE(std::holds_alternative<Answer>(ask("GET", target))) << target;
  EXPECT_TRUE(std::holds_alternative<MonitorLogs>(ask("GET", "/v1/agent/monitor")));
}

TEST_F(Routes, AnotherRegionsRequestsGoThere) {
  const auto outcome = ask("GET", "/v1/jobs?region=mars");
  ASSERT_TRUE(std::holds_alternative<ToRegion>(outcome));
  EXPECT_EQ(std::get<ToRegion>(outcome).region, "mars");
}

TEST_F(Routes, FilesAreReadWhereTheAllocationRuns) {
  fill();
  const std::string alloc = "013d598a-b28f-452a-a784-e2ca1668756f";
  const std::string logs = "/v1/client/fs/logs/" + alloc + "?task=server&type=stdout&follow=true&origin=end&offset=5";
  const auto here = ask("GET", logs);
  ASSERT_TRUE(std::holds_alternative<FollowLog>(here));
  const auto& follow = std::get<FollowLog>(here);
  EXPECT_TRUE(follow.follow && follow.from_end && !follow.plain);
  EXPECT_EQ(follow.offset, 5);
  view.own_node->id = "another";
  const auto there = ask("GET", logs);
  ASSERT_TRUE(std::holds_alternative<ToNode>(there));
  EXPECT_EQ(std::get<ToNode>(there).node_id, "4d5caf4b-d73c-72f5-2336-5e153b9b3161");
  view.server = false;
  EXPECT_TRUE(std::holds_alternative<FollowLog>(ask("GET", logs, "", false, true)));
}

TEST_F(Routes, FileRequestsNameWhatIsMissing) {
  fill();
  const std::string alloc = "013d598a-b28f-452a-a784-e2ca1668756f";
  EXPECT_EQ(get("/v1/client/fs/cat/" + alloc).body, "must provide a file name");
  EXPECT_EQ(get("/v1/client/fs/logs/" + alloc).body, "must provide task name");
  EXPECT_EQ(get("/v1/client/fs/logs/" + alloc + "?task=t").body, "Log type must be stdout or stderr");
  EXPECT_EQ(get("/v1/client/fs/cat/" + alloc + "?path=../../etc/passwd").status, 400);
  EXPECT_EQ(get("/v1/client/fs/ls/nope").status, 404);
  const auto cat = ask("GET", "/v1/client/fs/cat/" + alloc + "?path=/alloc/./logs/x");
  ASSERT_TRUE(std::holds_alternative<ReadFile>(cat));
  EXPECT_EQ(std::get<ReadFile>(cat).read.path, "alloc/logs/x");
  EXPECT_EQ(std::get<ReadFile>(cat).answer({{}, "hello", 5, ""}).body, "hello");
  EXPECT_EQ(std::get<ReadFile>(cat).answer({{}, "hel", 5, ""}).status, 500);
}

// --- lists ---

TEST_F(Routes, ListsComeInPages) {
  fill();
  for (const char* order : {"", "&reverse=true"}) {
    std::vector<std::string> ids;
    std::string token;
    do {
      const Answer page = get("/v1/evaluations?per_page=2" + std::string(order) + "&next_token=" + token);
      const auto rows = json::parse(page.body).as_array();
      EXPECT_LE(rows.size(), 2u);
      for (const auto& row : rows) ids.emplace_back(row.at("ID").as_string());
      token = page.headers.contains("X-Nomad-NextToken") ? page.headers.at("X-Nomad-NextToken") : "";
    } while (!token.empty());
    std::set<std::string> once(ids.begin(), ids.end());
    EXPECT_EQ(once.size(), ids.size());
    EXPECT_EQ(ids.size(), json_of("evaluations").as_array().size());
  }
  EXPECT_EQ(get("/v1/jobs?filter=x").body, "filtering is not supported");
  EXPECT_EQ(get("/v1/jobs?per_page=x").status, 400);
}

TEST_F(Routes, ListsKeepToPrefixAndNamespace) {
  fill();
  EXPECT_EQ(json::parse(get("/v1/jobs?prefix=w").body).as_array().size(), 1u);
  EXPECT_EQ(get("/v1/jobs?prefix=x").body, "[]");
  EXPECT_EQ(get("/v1/jobs?namespace=other").body, "[]");
  EXPECT_EQ(json::parse(get("/v1/jobs?namespace=*").body).as_array().size(), 2u);
  EXPECT_EQ(json::parse(get("/v1/nodes?prefix=4d5c").body).as_array().size(), 1u);
  EXPECT_EQ(get("/v1/nodes?prefix=5").body, "[]");
}

TEST_F(Routes, PrettyIsIndented) {
  EXPECT_EQ(get("/v1/regions?pretty").body, "[\n    \"global\"\n]\n");
  EXPECT_EQ(get("/v1/regions?pretty=0").body, "[\"global\"]");
}

TEST_F(Routes, SecretsOfNodesAreNotShown) {
  fill();
  EXPECT_EQ(get("/v1/node/4d5caf4b-d73c-72f5-2336-5e153b9b3161").body.find("a secret"), std::string::npos);
  EXPECT_EQ(get("/v1/nodes?resources=true&os=true").body.find("a secret"), std::string::npos);
}

// --- writes ---

TEST_F(Routes, RegisteringAJobMakesAnEvaluation) {
  const Answer answer = write("PUT", "/v1/jobs", job_body);
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto body = json::parse(answer.body);
  EXPECT_EQ(body.at("JobModifyIndex"), 1);
  EXPECT_EQ(body.at("EvalCreateIndex"), 1);
  EXPECT_EQ(answer.headers.at("X-Nomad-Index"), "1");
  const auto eval = view.held.eval(std::string(body.at("EvalID").as_string()));
  ASSERT_NE(eval, nullptr);
  EXPECT_EQ(eval->triggered_by, model::EvalTrigger::job_register);
  EXPECT_EQ(eval->status, model::EvalStatus::pending);
  const auto job = view.held.job("default", "hello");
  ASSERT_NE(job, nullptr);
  EXPECT_EQ(job->region, "global");
  EXPECT_EQ(job->type, "service");
  EXPECT_EQ(job->task_groups.at(0).count, 2);

  // The same again: no new version, but another evaluation.
  const auto again = json::parse(write("POST", "/v1/job/hello", job_body).body);
  EXPECT_EQ(again.at("JobModifyIndex"), 1);
  EXPECT_NE(again.at("EvalID"), body.at("EvalID"));
  EXPECT_EQ(view.held.job("default", "hello")->version, 0u);
}

TEST_F(Routes, RegisteringCanInsistOnAnIndex) {
  const auto insist = [&](std::int64_t index_wanted) {
    return write("PUT", "/v1/jobs",
                 json::serialize(with_members(job_body, {{"EnforceIndex", true}, {"JobModifyIndex", index_wanted}})));
  };
  EXPECT_EQ(insist(5).body, "Enforcing job modify index 5: job does not exist");
  EXPECT_EQ(insist(0).status, 200);
  const Answer refused = insist(0);
  EXPECT_EQ(refused.status, 500);
  EXPECT_EQ(refused.body, "Enforcing job modify index 0: job already exists");
}

TEST_F(Routes, BadRegistrationsAreRefusedWithTheReason) {
  const auto refused = [&](const std::string& body, const std::string& target = "/v1/jobs") {
    return answer_of(ask("PUT", target, body), body);
  };
  EXPECT_EQ(refused("").status, 400);
  EXPECT_EQ(refused("[1]").status, 400);
  EXPECT_EQ(refused("{\n  nope").body.substr(0, 23), "invalid JSON at line 2,");
  EXPECT_NE(refused(R"({"Job":{"ID":"x","Priority":"high"}})").body.find("Priority"), std::string::npos);
  EXPECT_EQ(refused(job_body, "/v1/job/other").body, "Job ID does not match name");
  const Answer no_groups = refused(R"({"Job":{"ID":"x","Datacenters":["dc1"]}})");
  EXPECT_EQ(no_groups.status, 500);
  EXPECT_NE(no_groups.body.find("task groups"), std::string::npos) << no_groups.body;
  auto periodic = json::parse(job_body);
  periodic.at("Job").as_object()["Type"] = "batch";
  periodic.at("Job").as_object()["Periodic"] =
      json::object{{"Spec", "* * * * *"}, {"SpecType", "cron"}, {"Enabled", true}};
  EXPECT_EQ(refused(json::serialize(periodic)).body, "periodic jobs are not supported by this agent");
  EXPECT_TRUE(view.held.job_count() == 0);
}

TEST_F(Routes, StoppingAJobKeepsItAndPurgingDoesNot) {
  write("PUT", "/v1/jobs", job_body);
  const auto stopped = json::parse(write("DELETE", "/v1/job/hello").body);
  EXPECT_TRUE(view.held.job("default", "hello")->stop);
  const auto eval = view.held.eval(std::string(stopped.at("EvalID").as_string()));
  ASSERT_NE(eval, nullptr);
  EXPECT_EQ(eval->triggered_by, model::EvalTrigger::job_deregister);
  EXPECT_EQ(write("DELETE", "/v1/job/hello?purge=true").status, 200);
  EXPECT_EQ(view.held.job("default", "hello"), nullptr);
  EXPECT_EQ(write("DELETE", "/v1/job/hello").status, 500);
}

TEST_F(Routes, EvaluatingAndScalingAJob) {
  write("PUT", "/v1/jobs", job_body);
  EXPECT_EQ(write("PUT", "/v1/job/hello/evaluate").status, 200);
  EXPECT_EQ(write("PUT", "/v1/job/nope/evaluate").status, 404);
  const Answer scaled = write("POST", "/v1/job/hello/scale", R"({"Count":7,"Target":{"Group":"g"}})");
  EXPECT_EQ(scaled.status, 200) << scaled.body;
  EXPECT_EQ(view.held.job("default", "hello")->task_groups.at(0).count, 7);
  EXPECT_EQ(view.held.eval_count(), 3u);
  EXPECT_EQ(write("POST", "/v1/job/hello/scale", R"({"Count":7,"Target":{"Group":"x"}})").status, 400);
}

TEST_F(Routes, NodesAreMadeIneligibleEvaluatedAndPurged) {
  fill();
  const std::string node = "/v1/node/4d5caf4b-d73c-72f5-2336-5e153b9b3161";
  const std::string id = "4d5caf4b-d73c-72f5-2336-5e153b9b3161";
  EXPECT_EQ(write("POST", node + "/eligibility", R"({"Eligibility":"ineligible"})").status, 200);
  EXPECT_EQ(view.held.node(id)->scheduling_eligibility, model::Eligibility::ineligible);
  const auto back = json::parse(write("POST", node + "/eligibility", R"({"Eligibility":"eligible"})").body);
  EXPECT_EQ(back.at("EvalIDs").as_array().size(), 1u);
  EXPECT_EQ(write("POST", node + "/eligibility", R"({"Eligibility":"perhaps"})").status, 500);
  EXPECT_EQ(json::parse(write("PUT", node + "/evaluate").body).at("EvalIDs").as_array().size(), 1u);
  EXPECT_EQ(write("PUT", node + "/purge").status, 200);
  EXPECT_EQ(view.held.node(id), nullptr);
}

TEST_F(Routes, StoppingAnAllocationAsksForItsMigration) {
  fill();
  const std::string id = "3f71a3a0-9580-12c0-35db-b8290c6f6d12";
  const auto body = json::parse(write("PUT", "/v1/allocation/" + id + "/stop").body);
  EXPECT_EQ(view.held.alloc(id)->desired_transition.migrate, true);
  EXPECT_NE(view.held.eval(std::string(body.at("EvalID").as_string())), nullptr);
}

TEST_F(Routes, JobFilesAreParsedAndBadOnesSayWhere) {
  const std::string text =
      "job \"w\" {\n datacenters = [\"dc1\"]\n group \"g\" {\n  count = 3\n  task \"t\" {\n   driver = \"raw_exec\"\n  "
      "}\n }\n}\n";
  const auto parse = [&](const std::string& hcl) {
    return answer_of(
        ask("POST", "/v1/jobs/parse", json::serialize(json::object{{"JobHCL", hcl}, {"Canonicalize", true}})), "parse");
  };
  const Answer good = parse(text);
  ASSERT_EQ(good.status, 200) << good.body;
  const auto job = json::parse(good.body);
  EXPECT_EQ(job.at("ID"), "w");
  EXPECT_EQ(job.at("TaskGroups").at(0).at("Count"), 3);
  EXPECT_EQ(job.at("Region"), "global");
  const Answer bad = parse("job \"w\" {\n datacenters = \n}\n");
  EXPECT_EQ(bad.status, 400);
  EXPECT_NE(bad.body.find("input.hcl:2"), std::string::npos) << bad.body;
}

// --- the agent ---

TEST_F(Routes, JoiningAndLeaving) {
  const auto join = ask("PUT", "/v1/agent/join?address=a&address=b");
  ASSERT_TRUE(std::holds_alternative<JoinServers>(join));
  EXPECT_EQ(std::get<JoinServers>(join).addresses, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(std::get<JoinServers>(join).answer(1, "no b").body, R"({"num_joined":1,"error":"no b"})");
  EXPECT_EQ(answer_of(ask("PUT", "/v1/agent/join"), "join").status, 400);
  const auto leave = ask("PUT", "/v1/agent/force-leave?node=n2.global&prune");
  ASSERT_TRUE(std::holds_alternative<ForceLeave>(leave));
  EXPECT_TRUE(std::get<ForceLeave>(leave).prune);
  const auto peer = ask("DELETE", "/v1/operator/raft/peer?id=x");
  ASSERT_TRUE(std::holds_alternative<RemovePeer>(peer));
  EXPECT_EQ(answer_of(ask("DELETE", "/v1/operator/raft/peer"), "peer").status, 400);
}

TEST_F(Routes, WhatIsNotThereSaysSo) {
  for (const char* target : {"/v1/system/gc", "/v1/job/web/dispatch", "/v1/vars", "/v1/client/allocation/x/restart",
                             "/v1/event/stream", "/v1/search/fuzzy"}) {
    const Answer answer = answer_of(ask("PUT", target), target);
    EXPECT_EQ(answer.status, 501) << target;
    EXPECT_NE(answer.body.find("not supported"), std::string::npos);
  }
}

}  // namespace
}  // namespace core::api::tests
