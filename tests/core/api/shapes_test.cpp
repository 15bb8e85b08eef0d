// Every captured answer against ours: the same fields with the same JSON types, the same status and headers.
#include "core/api/shapes.hpp"

#include <fmt/format.h>

#include "core/model/deployment.hpp"
#include "tests/core/api/fixture.hpp"

namespace core::api::tests {
namespace {

namespace json = boost::json;

const char* kind_of(const json::value& value) {
  if (value.is_number()) return "number";
  if (value.is_string()) return "string";
  if (value.is_bool()) return "bool";
  if (value.is_null()) return "null";
  return value.is_array() ? "array" : "object";
}

// Lists of rows are compared by the rows' ids, whatever order and how many of them there are.
const json::value* row_like(const json::value& row, const json::array& ours) {
  if (const auto* object = row.if_object(); object != nullptr && object->contains("ID"))
    for (const json::value& candidate : ours)
      if (candidate.is_object() && candidate.get_object().contains("ID") && candidate.at("ID") == row.at("ID"))
        return &candidate;
  return nullptr;
}

void compare(const json::value& theirs, const json::value& ours, const std::string& path,
             std::vector<std::string>& differences) {
  if (std::string_view(kind_of(theirs)) != kind_of(ours)) {
    differences.push_back(fmt::format("{}: {} there, {} here", path, kind_of(theirs), kind_of(ours)));
    return;
  }
  if (theirs.is_object()) {
    for (const auto& [key, value] : theirs.get_object()) {
      const auto* found = ours.get_object().if_contains(key);
      const std::string inner = path + "." + std::string(key);
      if (found == nullptr)
        differences.push_back(inner + ": missing");
      else
        compare(value, *found, inner, differences);
    }
  } else if (theirs.is_array()) {
    const auto& rows = theirs.get_array();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const json::value* same = row_like(rows[i], ours.get_array());
      if (same == nullptr && rows[i].is_object() && rows[i].get_object().contains("ID") && i > 0) continue;
      // Of a list that is longer there, all are held against what there is.
      const std::size_t here = ours.get_array().size();
      if (same == nullptr && here > 0) same = &ours.get_array()[std::min(i, here - 1)];
      if (same == nullptr)
        differences.push_back(fmt::format("{}[{}]: missing", path, i));
      else
        compare(rows[i], *same, fmt::format("{}[{}]", path, i), differences);
    }
  }
}

std::string differences_of(const json::value& theirs, const json::value& ours) {
  std::vector<std::string> all;
  compare(theirs, ours, "", all);
  std::string out;
  for (const std::string& one : all) out += one + "\n";
  return out;
}

class Shapes : public Api {
 protected:
  void SetUp() override { fill(); }
  void expect_like(const std::string& vector, const Answer& ours) {
    const Vector theirs = vector_of(vector);
    EXPECT_EQ(theirs.status, ours.status) << vector << ": " << ours.body;
    for (const auto& [name, value] : theirs.headers) {
      if (name != "content-type" && !name.starts_with("x-nomad")) continue;
      bool found = false;
      for (const auto& [our_name, our_value] : ours.headers) {
        std::string lower = our_name;
        for (char& c : lower) c = static_cast<char>(std::tolower(c));
        if (lower != name) continue;
        found = true;
        if (name != "x-nomad-index") {
          EXPECT_EQ(value, our_value) << vector << " " << name;
        }
      }
      EXPECT_TRUE(found) << vector << ": no header " << name;
    }
    if (theirs.status == 200)
      EXPECT_EQ(differences_of(json::parse(theirs.body), json::parse(ours.body)), "") << vector;
    else
      EXPECT_EQ(theirs.body, ours.body + (ours.body == theirs.body ? "" : "\n")) << vector;
  }
};

struct Case {
  const char* vector;
  const char* target;
};

const std::string first_alloc = "013d598a-b28f-452a-a784-e2ca1668756f";
const std::string the_node = "4d5caf4b-d73c-72f5-2336-5e153b9b3161";

TEST_F(Shapes, OfEveryCapturedRead) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"jobs", "/v1/jobs"},
      {"stale", "/v1/jobs?stale"},
      {"job", "/v1/job/web"},
      {"job-versions", "/v1/job/web/versions"},
      {"job-allocs", "/v1/job/web/allocations"},
      {"job-evals", "/v1/job/web/evaluations"},
      {"job-summary", "/v1/job/web/summary"},
      {"job-scale", "/v1/job/web/scale"},
      {"nodes", "/v1/nodes"},
      {"nodes-resources", "/v1/nodes?resources=true"},
      {"node", "/v1/node/" + the_node},
      {"node-allocs", "/v1/node/" + the_node + "/allocations"},
      {"allocations", "/v1/allocations"},
      {"allocation", "/v1/allocation/" + first_alloc},
      {"evaluations", "/v1/evaluations"},
      {"evaluation-blocked", "/v1/evaluation/ad524ef6-f516-2e27-e771-cb688570fc5e"},
      {"evaluation", "/v1/evaluation/00000000-0000-0000-0000-000000000000"},
      {"eval-allocs", "/v1/evaluation/00000000-0000-0000-0000-000000000000/allocations"},
      {"namespaces", "/v1/namespaces"},
      {"scheduler-config", "/v1/operator/scheduler/configuration"},
      {"raft-config", "/v1/operator/raft/configuration"},
      {"regions", "/v1/regions"},
      {"status-leader", "/v1/status/leader"},
      {"status-peers", "/v1/status/peers"},
      {"agent-health", "/v1/agent/health"},
      {"agent-servers", "/v1/agent/servers"},
      {"err-index", "/v1/jobs?index=abc"},
      {"err-wait", "/v1/jobs?wait=abc"},
      {"err-job-missing", "/v1/job/nope"},
      {"err-node-bad-id", "/v1/node/nope"},
      {"err-route", "/v1/nope"},
  };
  for (const auto& [vector, target] : cases) expect_like(vector, get(target));
}

TEST_F(Shapes, OfMembers) {
  // The tags are each server's own.
  auto theirs = json_of("agent-members");
  theirs.at("Members").at(0).at("Tags") = json::object{{"role", "nomad"}};
  EXPECT_EQ(differences_of(theirs, json::parse(get("/v1/agent/members").body)), "");
  const auto self = json::parse(get("/v1/agent/self").body);
  EXPECT_EQ(differences_of(theirs.at("Members").at(0), self.at("member")), "");
  EXPECT_EQ(self.at("stats").at("raft").at("term"), "2");
  EXPECT_EQ(self.at("config").at("Region"), "global");
}

TEST_F(Shapes, OfDeployments) {
  const auto captured = json_of("deployments");
  for (const auto& theirs : captured.as_array()) {
    const auto deployment = describe::from_json<model::Deployment>(theirs);
    ASSERT_TRUE(deployment) << deployment.error().text();
    EXPECT_EQ(differences_of(theirs, describe::to_json(*deployment)), "");
  }
  EXPECT_EQ(get("/v1/deployments").body, "[]");
  EXPECT_EQ(get("/v1/job/web/deployments").body, "[]");
  EXPECT_EQ(get("/v1/job/web/deployment").body, "null");
}

TEST_F(Shapes, OfSearchAndWrongMethod) {
  expect_like("search", answer_of(ask("POST", "/v1/search", R"({"Prefix":"w","Context":"jobs"})"), "search"));
  expect_like("err-method", answer_of(ask("DELETE", "/v1/jobs"), "method"));
}

TEST_F(Shapes, OfRefusedRegistrations) {
  expect_like("err-register-empty", answer_of(ask("PUT", "/v1/jobs", "{}"), "empty"));
  expect_like("err-register-garbage", answer_of(ask("PUT", "/v1/jobs", "{\"Job\":"), "garbage"));
}

TEST_F(Shapes, OfFiles) {
  const auto list = ask("GET", "/v1/client/fs/ls/" + first_alloc);
  const auto* wanted = std::get_if<ListFiles>(&list);
  ASSERT_NE(wanted, nullptr);
  EXPECT_EQ(wanted->list.alloc_id, first_alloc);
  expect_like(
      "fs-ls",
      wanted->answer(
          {{}, {{"alloc", true, 4096, "drwxrwxrwx", now.wall}, {"server", true, 4096, "drwxrwxrwx", now.wall}}, ""}));
}

TEST_F(Shapes, OfAPlan) {
  const std::string body = json::serialize(json::object{{"Job", json_of("job")}, {"Diff", false}});
  const auto outcome = ask("PUT", "/v1/job/web/plan", body);
  const auto* plan = std::get_if<PlanJob>(&outcome);
  ASSERT_NE(plan, nullptr) << answer_of(outcome, "plan").body;
  model::Plan made;
  made.annotations["front"].place = 2;
  auto theirs = json_of("plan");
  theirs.as_object().erase("Diff");
  EXPECT_EQ(differences_of(theirs, json::parse(plan->answer(made, {}).body)), "");
}

}  // namespace
}  // namespace core::api::tests
