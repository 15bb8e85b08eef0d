// Whatever comes in, there is an outcome, and it is a proper one.
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "core/api/query.hpp"
#include "tests/core/api/fixture.hpp"

namespace core::api::tests {
namespace {

namespace gen = rc::gen;

struct PropertyApi : Api {
  void TestBody() override {}
  using Api::ask;
  using Api::fill;
  using Api::view;
};

// Paths that exist, with ids that do and do not, and things that are no paths at all.
rc::Gen<std::string> some_path() {
  const auto known = gen::elementOf(std::vector<std::string>{
      "/v1/jobs", "/v1/jobs/parse", "/v1/validate/job", "/v1/nodes", "/v1/allocations", "/v1/evaluations",
      "/v1/deployments", "/v1/agent/self", "/v1/agent/join", "/v1/agent/monitor", "/v1/agent/health", "/v1/metrics",
      "/v1/search", "/v1/operator/raft/peer", "/v1/namespaces", "/v1/status/leader"});
  const auto stem = gen::elementOf(std::vector<std::string>{
      "/v1/job/", "/v1/node/", "/v1/allocation/", "/v1/evaluation/", "/v1/deployment/", "/v1/client/fs/logs/",
      "/v1/client/fs/cat/", "/v1/client/fs/ls/", "/v1/client/fs/stat/", "/v1/client/fs/readat/", "/v1/namespace/"});
  const auto id = gen::oneOf(gen::elementOf(std::vector<std::string>{"web", "4d5caf4b-d73c-72f5-2336-5e153b9b3161",
                                                                     "013d598a-b28f-452a-a784-e2ca1668756f"}),
                             gen::arbitrary<std::string>());
  const auto tail = gen::elementOf(std::vector<std::string>{"", "/versions", "/allocations", "/plan", "/evaluate",
                                                            "/scale", "/summary", "/stop", "/eligibility", "/purge"});
  return gen::oneOf(known, gen::arbitrary<std::string>(), gen::map(gen::tuple(stem, id, tail), [](const auto& parts) {
                      return std::get<0>(parts) + std::get<1>(parts) + std::get<2>(parts);
                    }));
}

rc::Gen<std::string> some_body() {
  return gen::oneOf(gen::arbitrary<std::string>(),
                    gen::elementOf(std::vector<std::string>{
                        "", "{}", "null", "[]", R"({"Job":null})", R"({"Job":{}})", R"({"Job":{"ID":"web"}})",
                        R"({"Job":[[[[]]]]})", R"({"Job":{"ID":"web","TaskGroups":[null,{}]}})",
                        R"({"Job":{"ID":"web","Datacenters":["dc1"],"TaskGroups":[{"Name":"g",
           "Tasks":[{"Name":"t","Driver":"raw_exec"}]}]}})",
                        R"({"Eligibility":"eligible"})", R"({"Count":-1,"Target":{"Group":"front"}})",
                        R"({"Prefix":"","Context":"all"})", R"({"JobHCL":"job \"x\" {}","Canonicalize":true})"}));
}

RC_GTEST_PROP(AnyRequest, HasAProperOutcome, ()) {
  static PropertyApi* const api = [] {
    auto* made = new PropertyApi;
    made->fill();
    return made;
  }();
  api->view.server = *gen::arbitrary<bool>();
  api->view.leader = *gen::arbitrary<bool>();
  const std::string method = *gen::elementOf(std::vector<std::string>{"GET", "PUT", "POST", "DELETE", "HEAD", "", "x"});
  const std::string path = *some_path();
  const std::string parameters = *gen::oneOf(
      gen::arbitrary<std::string>(),
      gen::elementOf(std::vector<std::string>{"", "index=3&wait=1s", "index=99999", "stale&pretty", "namespace=*",
                                              "task=server&type=stdout", "path=/alloc", "prefix=w&per_page=1",
                                              "address=x&node=y", "index=-1", "wait=%", "offset=1&path=x"}));
  const bool forwarded = *gen::arbitrary<bool>();
  const std::string target = path + "?" + parameters;
  const std::string body = *some_body();
  const auto outcome = api->ask(method, target, body, false, forwarded);
  if (const auto* answer = std::get_if<Answer>(&outcome)) {
    RC_ASSERT(answer->status >= 200);
    RC_ASSERT(answer->status < 600);
    const auto type = answer->headers.find("Content-Type");
    if (type != answer->headers.end() && type->second == "application/json") boost::json::parse(answer->body);
    const auto index = answer->headers.find("X-Nomad-Index");
    if (index != answer->headers.end()) RC_ASSERT(index->second != "0");
  }
  if (const auto* wait = std::get_if<Wait>(&outcome)) RC_ASSERT(wait->until > Instant{});
  if (const auto* write = std::get_if<Write>(&outcome)) {
    // On a copy, so that the next request finds the state as it was.
    state::State copy = api->view.held;
    const auto applied = copy.apply(copy.index() + 1, write->command);
    RC_ASSERT(write->answer(copy.index(), applied, copy).status >= 200);
  }
}

RC_GTEST_PROP(Targets, ComeBackAsTheyWere, ()) {
  const auto name = *gen::nonEmpty(gen::arbitrary<std::string>());
  const auto value = *gen::arbitrary<std::string>();
  const auto escape = [](const std::string& text) {
    std::string out;
    for (const unsigned char c : text) {
      out += '%';
      out += "0123456789ABCDEF"[c >> 4];
      out += "0123456789abcdef"[c & 15];
    }
    return out;
  };
  const auto query = Query::parse("/v1/job/" + escape(value) + "?" + escape(name) + "=" + escape(value));
  RC_ASSERT(query.has_value());
  RC_ASSERT(query->path() == "/v1/job/" + value);
  RC_ASSERT(query->get(name) == value);
}

}  // namespace
}  // namespace core::api::tests
