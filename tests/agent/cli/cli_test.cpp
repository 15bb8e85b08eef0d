// Commands as they are typed: help, unknown names, exit codes, what is asked, and hostile answers.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <limits>
#include <sstream>

#include "agent/cli/columns.hpp"
#include "agent/cli/commands.hpp"
#include "agent/cli/template.hpp"
#include "agent/cli/times.hpp"
#include "tests/agent/cli/fake.hpp"

namespace tests::cli {
namespace {

using agent::cli::commands;
using agent::cli::render_template;

std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> out;
  std::istringstream words{std::string(name)};
  for (std::string word; words >> word;) out.push_back(word);
  return out;
}

TEST(Cli, EveryCommandHasHelp) {
  for (const auto& command : commands()) {
    if (command.name == "agent") continue;
    for (const auto* flag : {"-h", "-help", "--help"}) {
      Fake fake;
      auto args = words_of(command.name);
      args.emplace_back(flag);
      EXPECT_EQ(fake.run(args), 0) << command.name;
      EXPECT_TRUE(fake.out.starts_with("Usage: nomad " + std::string(command.name))) << fake.out;
      EXPECT_TRUE(fake.asked.empty());
      EXPECT_FALSE(command.synopsis.empty());
    }
  }
}

TEST(Cli, WithoutACommandItHelpsAndExits127) {
  Fake fake;
  EXPECT_EQ(fake.run({}), 127);
  EXPECT_NE(fake.err.find("Usage: nomad"), std::string::npos);
  EXPECT_EQ(fake.run({"nosuch"}), 127);
  EXPECT_EQ(fake.run({"-h"}), 0);
  EXPECT_NE(fake.out.find("    job "), std::string::npos);
  EXPECT_EQ(fake.run({"job"}), 1);
  EXPECT_EQ(fake.run({"job", "nosuch"}), 1);
  EXPECT_EQ(fake.run({"job", "-h"}), 0);
  EXPECT_NE(fake.out.find("    run "), std::string::npos);
  EXPECT_EQ(fake.run({"-version"}), 0);
  EXPECT_TRUE(fake.out.starts_with("Nomad v"));
}

TEST(Cli, FlagsFollowGosRules) {
  Fake fake;
  EXPECT_EQ(fake.run({"job", "status", "-nosuch"}), 1);
  EXPECT_EQ(fake.err, "flag provided but not defined: -nosuch\nFor additional help try 'nomad job status -help'\n");
  EXPECT_EQ(fake.run({"node", "status", "-json", "-t", "{{.}}"}), 1);
  EXPECT_EQ(fake.err, "Both json and template formatting are not allowed\n");
  EXPECT_EQ(fake.run({"job", "stop"}), 1);
  EXPECT_EQ(fake.run({"job", "plan"}), 255);
  EXPECT_EQ(fake.run({"alloc", "status", "a"}), 1);
  EXPECT_EQ(fake.err, "Identifier must contain at least two characters.\n");
}

TEST(Cli, AddressRegionNamespaceAndToken) {
  Fake fake;
  fake.answer("GET /v1/jobs", "[]");
  fake.io.environment = {{"NOMAD_ADDR", "http://a:1"}, {"NOMAD_REGION", "r"}, {"NOMAD_NAMESPACE", "n s"}};
  EXPECT_EQ(fake.run({"status"}), 0);
  EXPECT_EQ(fake.out, "No running jobs\n");
  EXPECT_EQ(fake.asked, std::vector<std::string>{"GET http://a:1/v1/jobs?namespace=n%20s&region=r"});
  EXPECT_EQ(fake.run({"job", "status", "-address=http://b:2", "--region", "q"}), 0);
  EXPECT_EQ(fake.asked, std::vector<std::string>{"GET http://b:2/v1/jobs?namespace=n%20s&region=q"});
}

TEST(Cli, AnAgentThatDoesNotAnswer) {
  Fake fake;
  EXPECT_EQ(fake.run({"job", "status"}), 1);
  EXPECT_EQ(fake.err,
            "Error querying jobs: Get \"http://127.0.0.1:4646/v1/jobs\": dial tcp 127.0.0.1:4646: connect: connection "
            "refused\n");
  fake.answer("GET /v1/jobs", "No cluster leader", 500);
  EXPECT_EQ(fake.run({"job", "status"}), 1);
  EXPECT_EQ(fake.err, "Error querying jobs: Unexpected response code: 500 (No cluster leader)\n");
}

TEST(Cli, ColoursAreForTerminalsAndCanBeRefused) {
  Fake fake;
  fake.answer("GET /v1/jobs", "no", 500);
  fake.io.is_terminal = true;
  fake.run({"job", "status"});
  EXPECT_TRUE(fake.err.starts_with("\x1b[31m"));
  fake.io.environment = {{"NO_COLOR", "1"}};
  fake.run({"job", "status"});
  EXPECT_TRUE(fake.err.starts_with("Error"));
  fake.run({"job", "status", "-force-color"});
  EXPECT_TRUE(fake.err.starts_with("\x1b[31m"));
}

TEST(Cli, JobRunFollowsTheEvaluation) {
  Fake fake;
  fake.io.read_all = [] { return std::string(R"({"Job":{"ID":"sums","Type":"batch"}})"); };
  fake.answer("PUT /v1/jobs", R"({"EvalID":"708a8a92-1686","Warnings":""})");
  const std::string eval = R"("ID":"708a8a92-1686","JobID":"sums","CreateIndex":5)";
  fake.answers("GET /v1/evaluation/708a8a92-1686",
               {"{" + eval + R"(,"Status":"pending"})", "{" + eval + R"(,"Status":"complete"})"});
  const std::string alloc =
      R"("ID":"4d3601f5-390a","NodeID":"4d5caf4b-d73c","TaskGroup":"g","DesiredStatus":"run","CreateIndex":6)";
  fake.answers("GET /v1/evaluation/708a8a92-1686/allocations", {"[]", "[{" + alloc + R"(,"ClientStatus":"pending"}])"});
  EXPECT_EQ(fake.run({"job", "run", "-json", "-"}), 0);
  EXPECT_EQ(fake.out,
            "==> Monitoring evaluation \"708a8a92\"\n"
            "    Evaluation triggered by job \"sums\"\n"
            "    Allocation \"4d3601f5\" created: node \"4d5caf4b\", group \"g\"\n"
            "    Evaluation status changed: \"pending\" -> \"complete\"\n"
            "==> Evaluation \"708a8a92\" finished with status \"complete\"\n");
  fake.answer(
      "GET /v1/evaluation/708a8a92-1686",
      "{" + eval +
          R"(,"Status":"complete","BlockedEval":"b1","FailedTGAllocs":{"g":{"NodesEvaluated":1,"NodesExhausted":1}}})");
  EXPECT_EQ(fake.run({"run", "-json", "-"}), 2);
  EXPECT_TRUE(
      fake.out.ends_with("finished with status \"complete\" but failed to place all allocations:\n"
                         "    Task Group \"g\" (failed to place 1 allocation):\n"
                         "      * Resources exhausted on 1 nodes\n"
                         "    Evaluation \"b1\" waiting for additional capacity to place remainder\n"))
      << fake.out;
  EXPECT_EQ(fake.run({"job", "run", "-detach", "-check-index", "7", "-json", "-"}), 0);
  EXPECT_EQ(fake.out, "Job registration successful\nEvaluation ID: 708a8a92-1686\n");
  EXPECT_NE(fake.bodies[0].find("\"JobModifyIndex\":7"), std::string::npos);
  fake.answer("PUT /v1/jobs", "Enforcing job modify index 7: job exists with conflicting job modify index: 9", 500);
  EXPECT_EQ(fake.run({"job", "run", "-check-index=7", "-json", "-"}), 1);
  EXPECT_EQ(fake.err,
            "Enforcing job modify index 7: job exists with conflicting job modify index: 9\nJob not updated\n");
}

TEST(Cli, JobStopAsksWhenOnlyThePrefixIsGiven) {
  Fake fake;
  fake.answer("GET /v1/jobs", R"([{"ID":"web"}])");
  fake.answer("DELETE /v1/job/web", R"({"EvalID":"e20e571f"})");
  EXPECT_EQ(fake.run({"job", "stop", "-detach", "web"}), 0);
  EXPECT_EQ(fake.out, "e20e571f\n");
  EXPECT_EQ(fake.run({"job", "stop", "-detach", "we"}), 0);
  EXPECT_EQ(fake.out, "Are you sure you want to stop job \"web\"? [y/N] Cancelling job stop\n");
  fake.io.read_line = [] { return std::optional<std::string>("yes"); };
  EXPECT_EQ(fake.run({"job", "stop", "-detach", "we"}), 1);
  fake.io.read_line = [] { return std::optional<std::string>("y"); };
  EXPECT_EQ(fake.run({"job", "stop", "-detach", "-purge", "we"}), 0);
  EXPECT_NE(fake.asked.back().find("purge=true"), std::string::npos);
}

TEST(Cli, LogsOfTheTaskThatIsMeant) {
  Fake fake;
  fake.answer("GET /v1/allocations", R"([{"ID":"013d598a-b28f"}])");
  fake.answer("GET /v1/allocation/013d598a-b28f", R"({"ID":"013d598a-b28f","TaskStates":{"a":{},"b":{}}})");
  fake.answer("GET /v1/client/fs/logs/013d598a-b28f", "1\n2\n3\n");
  EXPECT_EQ(fake.run({"alloc", "logs", "013d"}), 1);
  EXPECT_EQ(fake.err,
            "Allocation \"013d598a\" is running the following tasks:\n  * a\n  * b\n\nPlease specify the task.\n");
  EXPECT_EQ(fake.run({"logs", "013d", "a"}), 0);
  EXPECT_EQ(fake.out, "1\n2\n3\n");
  EXPECT_EQ(fake.run({"alloc", "logs", "-n", "2", "-stderr", "013d", "b"}), 0);
  EXPECT_EQ(fake.out, "2\n3\n");
  EXPECT_NE(fake.asked.back().find("type=stderr"), std::string::npos);
  EXPECT_EQ(fake.run({"alloc", "logs", "-f", "013d", "a"}), 0);
  EXPECT_EQ(fake.out, "1\n2\n3\n");
  EXPECT_EQ(fake.run({"alloc", "logs", "-task", "c", "013d"}), 1);
}

TEST(Cli, AutopilotChangesWhatIsGivenAndNothingThatAnotherChanged) {
  Fake fake;
  fake.answer("GET /v1/operator/autopilot/configuration", body_of("autopilot-config"));
  fake.answer("PUT /v1/operator/autopilot/configuration", "true");
  EXPECT_EQ(fake.run({"operator", "autopilot", "set-config", "-min-quorum=3", "-cleanup-dead-servers=false"}), 0);
  EXPECT_EQ(fake.out, "Configuration updated!\n");
  EXPECT_NE(fake.asked.back().find("cas=4"), std::string::npos) << fake.asked.back();
  const auto sent = *agent::cli::parse_json(fake.bodies.back());
  EXPECT_EQ(agent::cli::number(sent, "MinQuorum"), 3);
  EXPECT_EQ(agent::cli::text(sent, "LastContactThreshold"), "200ms");
  EXPECT_TRUE(agent::cli::has(sent, "CleanupDeadServers"));
  EXPECT_FALSE(agent::cli::truth(sent, "CleanupDeadServers"));
  fake.answer("PUT /v1/operator/autopilot/configuration", "false");
  EXPECT_EQ(fake.run({"operator", "autopilot", "set-config", "-min-quorum=5"}), 1);
  EXPECT_EQ(fake.out, "Configuration could not be atomically updated, please try again\n");
  EXPECT_EQ(fake.err, "");
  EXPECT_EQ(fake.run({"operator", "autopilot", "set-config", "-last-contact-threshold=soon"}), 1);
  EXPECT_NE(fake.err.find("invalid value \"soon\" for flag -last-contact-threshold"), std::string::npos) << fake.err;
}

TEST(Cli, HealthIsShownInNomadsWordsAndToldByTheExitCode) {
  Fake fake;
  const std::string servers = R"("Servers":[
    {"ID":"id-1","Name":"a.global","Address":"10.0.0.1:4647","SerfStatus":"alive","Version":"1.6.5","Leader":true,
     "LastContact":"0s","LastTerm":2,"LastIndex":40,"Healthy":true,"Voter":true,"StableSince":"2026-11-26T00:00:00Z"}]})";
  const std::string rest = R"("Leader":"id-1","Voters":["id-1","id-2"],)" + servers;
  fake.answer("GET /v1/operator/autopilot/health", R"({"Healthy":false,"FailureTolerance":0,)" + rest, 429);
  EXPECT_EQ(fake.run({"operator", "autopilot", "health"}), 1);
  EXPECT_EQ(
      fake.out,
      "Healthy: false\nFailureTolerance: 0\nLeader: id-1\nVoters:\n\tid-1\n\tid-2\nServers:\n"
      R"(ID    Name      Address        SerfStatus  Version  Leader  Voter  Healthy  LastContact  LastTerm  LastIndex  StableSince
id-1  a.global  10.0.0.1:4647  alive       1.6.5    true    true   true     0s           2         40         2026-11-26T00:00:00Z
)");
  EXPECT_EQ(fake.run({"operator", "autopilot", "health", "-json"}), 1);
  fake.answer("GET /v1/operator/autopilot/health", R"({"Healthy":true,"FailureTolerance":1,)" + rest);
  EXPECT_EQ(fake.run({"operator", "autopilot", "health"}), 0);
  EXPECT_TRUE(fake.out.starts_with("Healthy: true\nFailureTolerance: 1\nLeader: id-1\n")) << fake.out;
}

TEST(Cli, LeadershipIsHandedOverToWhomeverOneNames) {
  const auto transfer = [](Fake& fake, std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"operator", "raft", "transfer-leadership"});
    return fake.run(flags);
  };
  Fake fake;
  fake.answer("PUT /v1/operator/raft/transfer-leadership",
              R"({"From":{"ID":"a"},"To":{"ID":"b"},"Noop":false,"Err":null})");
  EXPECT_EQ(transfer(fake, {"-peer-id=b"}), 0);
  EXPECT_EQ(fake.out, "Transferred leadership to peer with id \"b\"\n");
  EXPECT_NE(fake.asked.back().find("?id=b"), std::string::npos) << fake.asked.back();
  EXPECT_EQ(transfer(fake, {"-peer-address=10.0.0.2:4647"}), 0);
  EXPECT_EQ(fake.out, "Transferred leadership to peer with address \"10.0.0.2:4647\"\n");
  EXPECT_NE(fake.asked.back().find("?address=10.0.0.2%3A4647"), std::string::npos) << fake.asked.back();
  EXPECT_EQ(transfer(fake, {"-peer-id=b", "-peer-address=c"}), 1);
  EXPECT_EQ(fake.err, "Error transferring leadership to peer: cannot give both an address and id\n");
  EXPECT_EQ(transfer(fake, {}), 1);
  EXPECT_EQ(fake.err, "Error transferring leadership to peer: an address or id is required for the destination peer\n");
  fake.answer("PUT /v1/operator/raft/transfer-leadership", "cannot find peer", 500);
  EXPECT_EQ(transfer(fake, {"-peer-id=b"}), 1);
  EXPECT_EQ(fake.err, "Error transferring leadership to peer: Unexpected response code: 500 (cannot find peer)\n");
}

TEST(Cli, AJobFileComesFromWhereTheStreamsSay) {
  Fake fake;
  fake.io.read_file = [](const std::string& path) -> std::expected<std::string, std::string> {
    return std::unexpected(path == "there.nomad" ? "permission denied" : "no such file or directory");
  };
  EXPECT_EQ(fake.run({"job", "run", "there.nomad"}), 1);
  EXPECT_NE(fake.err.find("stat there.nomad: permission denied"), std::string::npos) << fake.err;
}

TEST(Cli, StatusFindsWhatAnIdBelongsTo) {
  Fake fake;
  fake.answer("PUT /v1/search", body_of("search"));
  fake.answer("GET /v1/jobs", "no leader", 500);
  EXPECT_EQ(fake.run({"status", "we"}), 1);
  EXPECT_EQ(fake.err, "Error querying job: Unexpected response code: 500 (no leader)\n");
  fake.answer("PUT /v1/search", R"({"Matches":{}})");
  EXPECT_EQ(fake.run({"status", "we"}), 1);
  EXPECT_EQ(fake.err, "No matches found for id \"we\"\n");
}

TEST(Cli, JsonAndTemplates) {
  Fake fake;
  fake.answer("GET /v1/nodes", R"([{"ID":"x","Drain":false,"L":[]}])");
  EXPECT_EQ(fake.run({"node", "status", "-json"}), 0);
  EXPECT_EQ(fake.out, "[\n    {\n        \"ID\": \"x\",\n        \"Drain\": false,\n        \"L\": []\n    }\n]\n");
  EXPECT_EQ(fake.run({"node", "status", "-t", "{{range .}}{{.ID}} {{.Drain}};{{end}}"}), 0);
  EXPECT_EQ(fake.out, "x false;\n");
}

TEST(Template, Subset) {
  const agent::cli::Json data = json_of("job");
  const auto render = [&](std::string_view source) {
    const auto out = render_template(source, data);
    return out ? *out : "error: " + out.error();
  };
  EXPECT_EQ(render("{{.ID}}-{{ .Priority }}"), "web-50");
  EXPECT_EQ(render("{{range .TaskGroups}}{{.Name}}={{.Count}}{{range .Tasks}}/{{.Env.COLOR}}{{end}}{{end}}"),
            "front=3/blue");
  EXPECT_EQ(render("{{index .Datacenters 0}} {{len .TaskGroups}} {{.Datacenters}}"), "dc1 1 [dc1]");
  EXPECT_EQ(render("{{range $i, $g := .TaskGroups}}{{$i}}{{$g.Name}}{{end}}"), "0front");
  EXPECT_EQ(render("{{if .Stop}}a{{else if eq .Type \"service\"}}b{{else}}c{{end}}"), "b");
  EXPECT_EQ(render("{{printf \"%-6s|%03d|%q\" .ID .Priority .Type}}"), "web   |050|\"service\"");
  EXPECT_EQ(render("x {{- .ID -}} y"), "xweby");
  EXPECT_EQ(render("{{.ID | len}}{{with .Update}}{{$.ID}}{{end}}{{/* no */}}"), "3web");
  EXPECT_EQ(render("{{toUpper .ID}}"), "error: template function \"toUpper\" is not supported");
  EXPECT_EQ(render("{{.Nope}}"), "error: can't evaluate field Nope");
  EXPECT_EQ(render("{{range .TaskGroups}}"), "error: unexpected EOF: a block has no {{end}}");
}

RC_GTEST_PROP(TemplateProperty, AnySourceEndsInWordsOrAnError, ()) {
  const auto parts = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "{{", "}}", "-", " ", "range", "end", "if", "else", ".", ".ID", "$", "$x", ":=", "(", ")", "|", "\"", "printf",
      "index", "%", "9", "with", "len", ",", "`", "%999d"));
  const auto source = agent::cli::join(parts, "");
  (void)render_template(source, json_of("search"));
}

TEST(Times, AsNomadPrintsThem) {
  using namespace agent::cli;
  constexpr std::int64_t s = 1'000'000'000;
  EXPECT_EQ(ago(100 * s, 109 * s), "9s ago");
  EXPECT_EQ(ago(100 * s, 172 * s), "1m12s ago");
  EXPECT_EQ(ago(100 * s, 100 * s), "0s ago");
  EXPECT_EQ(ago(105 * s, 100 * s), "5s from now");
  EXPECT_EQ(ago(1 * s, (86400 * 40 + 3601) * s), "1mo10d ago");
  EXPECT_EQ(ago(0, 5 * s), "");
  EXPECT_EQ(go_duration(13690), "13.69µs");
  EXPECT_EQ(go_duration(4678 * s), "1h17m58s");
  EXPECT_EQ(go_duration(3600 * s), "1h0m0s");
  EXPECT_EQ(go_duration(1500000), "1.5ms");
  EXPECT_EQ(parse_time("2026-11-22T12:16:28Z"), 1795349788 * s);
  EXPECT_EQ(parse_time("2026-11-22T14:16:28.5+02:00"), 1795349788 * s + s / 2);
  EXPECT_EQ(parse_time("0001-01-01T00:00:00Z"), std::nullopt);
  EXPECT_EQ(parse_time("yesterday"), std::nullopt);
  EXPECT_EQ(binary_bytes(29585408), "28 MiB");
  EXPECT_EQ(binary_bytes(4096), "4.0 KiB");
  EXPECT_EQ(binary_bytes(0), "0 B");
}

/// Part of a document changed into something else: what a broken or hostile server may say.
void damage(agent::cli::Json& value, int depth) {
  const auto size = agent::cli::size(value);
  if (size == 0 || *rc::gen::inRange(0, 4) == 0) {
    switch (*rc::gen::inRange(0, 6)) {
      case 0:
        value = nullptr;
        return;
      case 1:
        value = "text\xc3\xa4";
        return;
      case 2:
        value = std::numeric_limits<std::int64_t>::min();
        return;
      case 3:
        value = 1e300;
        return;
      case 4:
        value = boost::json::array{1, nullptr, "x", boost::json::object{{"ID", 3}}};
        return;
      default:
        value = boost::json::object{{"a", nullptr}};
        return;
    }
  }
  if (depth > 12) return;
  const auto place = *rc::gen::inRange<std::size_t>(0, size);
  if (value.is_array()) {
    damage(value.as_array()[place], depth + 1);
  } else {
    damage(std::next(value.as_object().begin(), static_cast<std::ptrdiff_t>(place))->value(), depth + 1);
  }
}

RC_GTEST_PROP(CliProperty, NoAnswerOfAServerEndsTheCommandLine, ()) {
  struct Case {
    const char* vector;
    std::vector<std::string> args;
  };
  static const std::vector<Case> cases{{"jobs", {"job", "status"}},
                                       {"job", {"job", "status", "x"}},
                                       {"job", {"job", "inspect", "x"}},
                                       {"job-allocs", {"job", "status", "-evals", "x"}},
                                       {"job-evals", {"eval", "list"}},
                                       {"evaluations", {"eval", "status", "xx"}},
                                       {"allocation", {"alloc", "status", "-verbose", "-stats", "xx"}},
                                       {"allocation", {"alloc", "logs", "xx"}},
                                       {"node", {"node", "status", "-stats", "-verbose", "xx"}},
                                       {"client-stats", {"node", "status", "-allocs", "xx"}},
                                       {"nodes", {"node", "status", "-os", "-allocs"}},
                                       {"agent-members", {"server", "members"}},
                                       {"raft-config", {"operator", "raft", "list-peers"}},
                                       {"autopilot-config", {"operator", "autopilot", "get-config"}},
                                       {"autopilot-config", {"operator", "autopilot", "set-config"}},
                                       {"raft-config", {"operator", "autopilot", "health"}},
                                       {"raft-config", {"operator", "raft", "transfer-leadership"}},
                                       {"agent-self", {"agent-info"}},
                                       {"search", {"status", "x"}},
                                       {"plan", {"job", "plan", "-verbose", "-json", "-"}}};
  const auto& chosen = *rc::gen::elementOf(cases);
  auto document = json_of(chosen.vector);
  const int times = *rc::gen::inRange(0, 4);
  for (int i = 0; i < times; ++i) damage(document, 0);
  const bool as_list = *rc::gen::arbitrary<bool>();
  auto body = agent::cli::pretty(document);
  if (*rc::gen::inRange(0, 5) == 0) body.resize(*rc::gen::inRange<std::size_t>(0, body.size()));
  Fake fake;
  fake.io.read_all = [] { return std::string(R"({"ID":"x"})"); };
  // Every route gives the same document, or lists of one object so that look-ups get past the first question.
  fake.io.http =
      [&](const io_real::net::http::HttpCall& call) -> std::expected<io_real::net::http::HttpAnswer, std::string> {
    const bool lookup = call.url.find("prefix=") != std::string::npos;
    return io_real::net::http::HttpAnswer{.status = 200, .body = lookup && as_list ? R"([{"ID":"x"}])" : body};
  };
  const int exit = fake.run(chosen.args);
  RC_ASSERT(exit >= 0);
  RC_ASSERT(exit <= 255);
}

}  // namespace
}  // namespace tests::cli
