// A server with a job, a node, allocations and evaluations as a real Nomad had them when its answers were
// captured (vectors/), and ways to ask it.
#pragma once

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/api/api.hpp"
#include "core/describe/json.hpp"

namespace core::api::tests {

struct Vector {
  int status = 0;
  std::map<std::string, std::string> headers;  // lower-case names
  std::string body;
};

/// One of vectors/*.http.
inline Vector vector_of(const std::string& name) {
  std::ifstream file(std::string(NOMAD_SOURCE_DIR) + "/tests/core/api/vectors/" + name + ".http");
  std::stringstream text;
  text << file.rdbuf();
  Vector out;
  std::string line;
  std::getline(text, line);
  out.status = line.size() > 12 ? std::stoi(line.substr(9, 3)) : 0;
  while (std::getline(text, line) && line != "\r") {
    const auto colon = line.find(": ");
    std::string key = line.substr(0, colon);
    for (char& c : key) c = static_cast<char>(std::tolower(c));
    out.headers[key] = line.substr(colon + 2, line.size() - colon - 3);
  }
  out.body = text.str().substr(
      static_cast<std::size_t>(text.tellg() < 0 ? std::streamoff(text.str().size()) : std::streamoff(text.tellg())));
  return out;
}

inline boost::json::value json_of(const std::string& vector) { return boost::json::parse(vector_of(vector).body); }

class TestView : public View {
 public:
  bool server = true, client = true, leader = true, in_office = false, lease = true;
  std::string region_name = "global", leader_text = "127.0.0.1:4647";
  std::optional<model::Node> own_node;
  state::State held;

  bool is_server() const override { return server; }
  bool is_client() const override { return client; }
  std::string region() const override { return region_name; }
  std::string datacenter() const override { return "dc1"; }
  std::string node_name() const override { return "node-1"; }
  boost::json::value config() const override { return boost::json::object{{"Region", region_name}}; }
  std::map<std::string, std::map<std::string, std::string>> stats() const override {
    return {{"raft", {{"state", "Leader"}, {"term", "2"}, {"last_contact", "5ms"}}}, {"broker", {{"ready", "3"}}}};
  }
  Duration age() const override { return 5min; }
  std::vector<Metric> metrics() const override {
    return {{Metric::Kind::counter, "raft.apply", {}, 12, 12, 1, 1, 12},
            {Metric::Kind::counter, "serf.member.flap", {}, 2, 2, 1, 1, 2},
            {Metric::Kind::gauge, "memberlist.node.instances", {{"node_state", "alive"}}, 1, 3, 3, 3},
            {Metric::Kind::sample, "serf.queue.Event", {}, 3, 12, 2, 6, 56},
            {Metric::Kind::sample, "memberlist.probeNode", {}, 0, 0, 0, 0}};
  }
  const state::State* state() const override { return server ? &held : nullptr; }
  bool is_leader() const override { return server && leader; }
  bool holds_office() const override { return server && (leader || in_office); }
  bool holds_lease() const override { return server && lease; }
  std::string leader_address() const override { return leader_text; }
  Duration last_contact() const override { return leader ? 0ms : 7ms; }
  std::vector<Member> members() const override {
    return {{.name = "node-1.global",
             .address = "127.0.0.1",
             .port = 4648,
             .tags = {{"role", "nomad"}},
             .status = "alive"}};
  }
  std::vector<RaftPeer> peers{{"id-1", "node-1.global", "127.0.0.1:4647", true, true}};
  std::vector<RaftPeer> raft_peers() const override { return peers; }
  std::uint64_t raft_configuration_index() const override { return 1; }
  model::AutopilotConfig autopilot_config() const override {
    return held.autopilot() != nullptr ? *held.autopilot() : model::AutopilotConfig{};
  }
  AutopilotHealth health;
  AutopilotHealth autopilot_health() const override { return health; }
  std::vector<std::string> regions() const override { return {"global"}; }
  const model::Node* node() const override { return client && own_node ? &*own_node : nullptr; }
  std::vector<std::string> known_servers() const override { return {"127.0.0.1:4647"}; }
};

class Api : public testing::Test {
 protected:
  TestView view;
  Rng rng{7};
  Now now{{1'000'000'000}, {1'795'349'799'000'000'000}};
  std::uint64_t index = 0;

  state::Applied apply(const state::Command& command) { return view.held.apply(++index, command); }

  /// What the captured Nomad had: job web with its allocations on one node, and all evaluations.
  void fill() {
    const auto node = describe::from_json<model::Node>(json_of("node"));
    ASSERT_TRUE(node) << node.error().text();
    view.own_node = *node;
    view.own_node->secret_id = "a secret";
    EXPECT_EQ(apply(state::RegisterNode{*view.own_node, {}, now.wall}).error, "");
    const auto job = describe::from_json<model::Job>(json_of("job"));
    ASSERT_TRUE(job) << job.error().text();
    EXPECT_EQ(apply(state::RegisterJob{*job, {}, {}, now.wall}).error, "");
    model::Job second = *job;
    second.id = second.name = "toobig";
    second.task_groups.at(0).name = "g";
    EXPECT_EQ(apply(state::RegisterJob{second, {}, {}, now.wall}).error, "");
    state::UpdateEvals evals{{}, now.wall};
    const auto captured = json_of("evaluations");
    for (const auto& value : captured.as_array()) {
      const auto eval = describe::from_json<model::Evaluation>(value);
      ASSERT_TRUE(eval) << eval.error().text();
      evals.evals.push_back(*eval);
    }
    EXPECT_EQ(apply(evals).error, "");
    state::ApplyPlanResult plan{.eval_id = evals.evals.front().id,
                                .job = view.held.job("default", "web"),
                                .stops = {},
                                .placements = {},
                                .preemption_evals = {},
                                .time = now.wall};
    state::UpdateAllocsFromClient reports{{}, {}, now.wall};
    state::UpdateDesiredTransition wishes{{}, {}, now.wall};
    state::ApplyPlanResult stops = plan;
    auto allocs = json_of("node-allocs").as_array();
    for (const auto& value : allocs) {
      auto alloc = describe::from_json<model::Allocation>(value);
      ASSERT_TRUE(alloc) << alloc.error().text();
      if (alloc->job_id != "web") continue;
      if (alloc->desired_transition.migrate) wishes.transitions[alloc->id] = alloc->desired_transition;
      if (alloc->server_terminal())
        stops.stops.push_back(
            {alloc->id, alloc->node_id, alloc->desired_description, model::ClientStatus::pending, ""});
      reports.allocs.push_back(*alloc);
      alloc->desired_status = model::DesiredStatus::run;
      alloc->desired_description.clear();
      alloc->job = nullptr;
      plan.placements.push_back(*alloc);
    }
    EXPECT_EQ(apply(plan).error, "");
    EXPECT_EQ(apply(reports).error, "");
    EXPECT_EQ(apply(stops).error, "");
    EXPECT_EQ(apply(wishes).error, "");
  }

  Outcome ask(const std::string& method, const std::string& target, std::string body = "", bool timed_out = false,
              bool forwarded = false) {
    const Request request{method, target, {}, std::move(body), forwarded};
    return route(view, request, now, now.instant, timed_out, rng);
  }
  /// A read asked again after a quorum has vouched for this server.
  Outcome ask_verified(const std::string& target) {
    Request request{"GET", target, {}, "", false};
    request.verified = true;
    return route(view, request, now, now.instant, false, rng);
  }
  Answer get(const std::string& target) { return answer_of(ask("GET", target), target); }
  static Answer answer_of(const Outcome& outcome, const std::string& what) {
    if (const auto* answer = std::get_if<Answer>(&outcome)) return *answer;
    ADD_FAILURE() << what << ": no answer but outcome " << outcome.index();
    return {};
  }
  /// Carries a write out, as the agent would.
  Answer write(const std::string& method, const std::string& target, std::string body = "") {
    Outcome outcome = ask(method, target, std::move(body));
    auto* wanted = std::get_if<Write>(&outcome);
    if (wanted == nullptr) return answer_of(outcome, target);
    const auto applied = apply(wanted->command);
    return wanted->answer(index, applied, view.held);
  }
};

}  // namespace core::api::tests
