// What operators ask of the servers themselves: leadership, snapshots, autopilot, metrics.
#include "tests/core/api/fixture.hpp"

namespace core::api::tests {
namespace {

namespace json = boost::json;
using OperatorRoutes = Api;

TEST_F(OperatorRoutes, LeadershipIsHandedToAPeerThatThereIs) {
  EXPECT_EQ(answer_of(ask("PUT", "/v1/operator/raft/transfer-leadership"), "to whom").status, 400);
  view.peers.push_back({"id-2", "node-2.global", "127.0.0.2:4647", false, true});
  const auto other = ask("PUT", "/v1/operator/raft/transfer-leadership?id=id-2");
  ASSERT_TRUE(std::holds_alternative<TransferLeadership>(other));
  EXPECT_EQ(std::get<TransferLeadership>(other).id, "id-2");
  EXPECT_EQ(std::get<TransferLeadership>(other).answer().body,
            R"({"From":{"ID":"id-1","Address":"127.0.0.1:4647"},"To":{"ID":"id-2","Address":"127.0.0.2:4647"},)"
            R"("Noop":false,"Err":null})");
  const Answer self = answer_of(ask("PUT", "/v1/operator/raft/transfer-leadership?address=127.0.0.1:4647"), "self");
  EXPECT_EQ(json::parse(self.body).at("Noop"), true);
  const Answer nobody = answer_of(ask("PUT", "/v1/operator/raft/transfer-leadership?id=x"), "nobody");
  EXPECT_EQ(nobody.status, 404);
  EXPECT_EQ(nobody.body, "no Raft peer has the id \"x\"");
  EXPECT_EQ(answer_of(ask("PUT", "/v1/operator/raft/transfer-leadership?id=x&address=y"), "both").status, 400);
}

TEST_F(OperatorRoutes, ASnapshotIsSavedByALeaderThatIsOne) {
  EXPECT_TRUE(std::holds_alternative<VerifyLeader>(ask("GET", "/v1/operator/snapshot")));
  const auto stale = ask("GET", "/v1/operator/snapshot?stale");
  ASSERT_TRUE(std::holds_alternative<SaveSnapshot>(stale));
  const Answer answer = std::get<SaveSnapshot>(stale).answer("archive");
  EXPECT_EQ(answer.body, "archive");
  EXPECT_EQ(answer.headers.at("Digest"), "sha-256=DrPja/sk3Nm7HRvs4VMSFrWVOaj94X7oAiSvBlPJKqM=");
  view.leader = false;
  EXPECT_TRUE(std::holds_alternative<ToLeader>(ask("GET", "/v1/operator/snapshot")));
  EXPECT_TRUE(std::holds_alternative<ToLeader>(
      route(view, {"PUT", "/v1/operator/snapshot?stale", {}, "x"}, now, now.instant, false, rng)));
  view.leader = true;
  EXPECT_EQ(answer_of(ask("PUT", "/v1/operator/snapshot"), "empty").status, 400);
}

// --- autopilot ---

TEST_F(OperatorRoutes, AutopilotsSettingsAreShownAsNomadShowsThem) {
  apply(state::SetAutopilotConfig{{}, {}, now.wall});
  const auto wanted = json_of("autopilot-config").as_object();
  auto shown = json::parse(get("/v1/operator/autopilot/configuration").body).as_object();
  for (const auto& [key, value] : wanted) {
    ASSERT_TRUE(shown.contains(key)) << key;
    if (!key.ends_with("Index")) {
      EXPECT_EQ(shown.at(key), value) << key;
    }
  }
  EXPECT_EQ(shown.size(), wanted.size());
}

TEST_F(OperatorRoutes, AutopilotsSettingsChangeOnlyWhereTheyAreGiven) {
  const auto outcome = route(view,
                             {"PUT",
                              "/v1/operator/autopilot/configuration?cas=7",
                              {},
                              R"({"LastContactThreshold":"1s","MinQuorum":3,"ModifyIndex":7})"},
                             now, now.instant, false, rng);
  const auto* write = std::get_if<Write>(&outcome);
  ASSERT_NE(write, nullptr);
  const auto& command = std::get<state::SetAutopilotConfig>(write->command);
  EXPECT_EQ(command.config.last_contact_threshold, Duration(1s));
  EXPECT_EQ(command.config.min_quorum, 3u);
  EXPECT_EQ(command.config.server_stabilization_time, Duration(10s));
  EXPECT_EQ(command.enforce_index, 7u);
  EXPECT_FALSE(write->again_when_refused);
  EXPECT_EQ(write->answer(1, {}, view.held).body, "true");
  EXPECT_EQ(write->answer(1, {.error = "changed"}, view.held).body, "false");
}

// What it leaves out rests on what was read, and two may come at once.
TEST_F(OperatorRoutes, AutopilotsSettingsWithoutCasAreWrittenOverWhatWasReadOrAgain) {
  apply(state::SetAutopilotConfig{{}, {}, now.wall});
  const auto outcome = route(view, {"PUT", "/v1/operator/autopilot/configuration", {}, R"({"MinQuorum":3})"}, now,
                             now.instant, false, rng);
  const auto* write = std::get_if<Write>(&outcome);
  ASSERT_NE(write, nullptr);
  EXPECT_EQ(std::get<state::SetAutopilotConfig>(write->command).enforce_index, view.held.autopilot()->modify_index);
  EXPECT_TRUE(write->again_when_refused);
}

TEST_F(OperatorRoutes, AutopilotsSettingsThatAreWrongAreNamed) {
  const auto refusal = [&](std::string body, const char* query = "") {
    const auto outcome = route(view, {"PUT", std::string("/v1/operator/autopilot/configuration") + query, {}, body},
                               now, now.instant, false, rng);
    const auto* answer = std::get_if<Answer>(&outcome);
    return answer == nullptr ? "" : std::to_string(answer->status) + " " + answer->body;
  };
  EXPECT_EQ(refusal(R"({"LastContactThreshold":"soon"})"),
            "400 Error parsing autopilot config: LastContactThreshold: found \"soon\", wanted a duration such as "
            "\"200ms\", not negative");
  EXPECT_EQ(refusal(R"({"MinQuorum":-1})"),
            "400 Error parsing autopilot config: MinQuorum: found -1, wanted a whole number, 0 or more");
  EXPECT_EQ(refusal(R"({"CleanupDeadServers":"yes"})"),
            "400 Error parsing autopilot config: CleanupDeadServers: found \"yes\", wanted true or false");
  EXPECT_EQ(refusal(R"({"CleanDeadServers":true})"),
            "400 Error parsing autopilot config: unknown key \"CleanDeadServers\"");
  EXPECT_EQ(refusal("{}", "?cas=x"), "400 Error parsing cas value: found \"x\", wanted an index");
}

TEST_F(OperatorRoutes, AnUnhealthyClusterAnswers429) {
  EXPECT_EQ(get("/v1/operator/autopilot/health").status, 429);
  view.health = {
      true,
      1,
      {{"id-1", "node-1.global", "127.0.0.1:4647", "alive", "1.6.5", true, true, true, 12ms, 3, 40,
        WallTime{now.wall.unix_ns + 700'000'000}},
       {"id-2", "node-2.global", "127.0.0.2:4647", "alive", "1.6.5", false, false, true, 12ms, 3, 40, now.wall}}};
  const Answer answer = get("/v1/operator/autopilot/health");
  EXPECT_EQ(answer.status, 200);
  const auto body = json::parse(answer.body);
  EXPECT_EQ(body.at("FailureTolerance"), 1);
  const auto& server = body.at("Servers").at(0);
  for (const char* key : {"ID", "Name", "Address", "SerfStatus", "Version", "Leader", "LastContact", "LastTerm",
                          "LastIndex", "Healthy", "Voter", "StableSince"})
    EXPECT_TRUE(server.as_object().contains(key)) << key;
  EXPECT_EQ(server.at("LastContact"), "12ms");
  EXPECT_EQ(server.at("StableSince"), "2026-11-22T12:16:40Z");
  EXPECT_EQ(body.at("Leader"), "id-1");
  EXPECT_EQ(body.at("Voters"), json::array{"id-1"});
}

TEST_F(OperatorRoutes, AServerWithoutALeaderIsNotHealthy) {
  view.leader = false;
  view.leader_text.clear();
  const Answer answer = get("/v1/agent/health");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(json::parse(answer.body).at("server").at("message"), "no leader");
}

TEST_F(OperatorRoutes, MetricsTellWhatTheAgentKnows) {
  fill();
  const std::string text = get("/v1/metrics?format=prometheus").body;
  EXPECT_NE(text.find("# TYPE nomad_raft_term gauge\nnomad_raft_term{host=\"node-1\"} 2\n"), std::string::npos) << text;
  EXPECT_NE(text.find("nomad_nomad_broker_ready{host=\"node-1\"} 3\n"), std::string::npos);
  EXPECT_NE(text.find("nomad_raft_last_contact{host=\"node-1\"} 5\n"), std::string::npos);
  EXPECT_NE(text.find("nomad_nomad_job_summary_running{"), std::string::npos);
  const auto body = json::parse(get("/v1/metrics").body);
  EXPECT_EQ(body.at("Timestamp"), "2026-11-22 12:16:39 +0000 UTC");
  EXPECT_EQ(body.at("Counters").at(0).at("Name"), "nomad.raft.apply");
  EXPECT_NE(text.find("# TYPE nomad_raft_apply counter\nnomad_raft_apply{host=\"node-1\"} 12\n"), std::string::npos);
  EXPECT_NE(text.find("nomad_autopilot_healthy{host=\"node-1\"} 0\n"), std::string::npos);
}

TEST_F(OperatorRoutes, GossipsMetricsBearTheirOldNames) {
  const std::string text = get("/v1/metrics?format=prometheus").body;
  EXPECT_NE(text.find("# TYPE nomad_serf_member_flap counter\nnomad_serf_member_flap{host=\"node-1\"} 2\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("nomad_memberlist_node_instances{host=\"node-1\",node_state=\"alive\"} 3\n"), std::string::npos);
  EXPECT_NE(text.find("# TYPE nomad_serf_queue_Event summary\nnomad_serf_queue_Event_sum{host=\"node-1\"} 12\n"
                      "nomad_serf_queue_Event_count{host=\"node-1\"} 3\n"),
            std::string::npos);
  const auto body = json::parse(get("/v1/metrics").body);
  EXPECT_EQ(body.at("Counters").at(1).at("Name"), "nomad.serf.member.flap");
  EXPECT_EQ(body.at("Counters").at(1).at("Count"), 2);
  EXPECT_EQ(body.at("Samples").at(0).at("Name"), "nomad.serf.queue.Event");
  EXPECT_EQ(body.at("Samples").at(0).at("Max"), 6.0);
}

TEST_F(OperatorRoutes, AMetricsFiguresAreTrue) {
  const auto body = json::parse(get("/v1/metrics").body);
  const auto figures = [](const json::value& metric) {
    std::vector<double> out;
    for (const char* name : {"Count", "Rate", "Sum", "Min", "Max", "Mean", "Stddev"})
      out.push_back(metric.at(name).to_number<double>());
    return out;
  };
  // 2, 4 and 6, in five minutes.
  EXPECT_EQ(figures(body.at("Samples").at(0)), (std::vector<double>{3, 0.04, 12, 2, 6, 4, 2}));
  EXPECT_EQ(figures(body.at("Samples").at(1)), (std::vector<double>{0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(figures(body.at("Counters").at(0)), (std::vector<double>{12, 0.04, 12, 1, 1, 1, 0}));
}

}  // namespace
}  // namespace core::api::tests
