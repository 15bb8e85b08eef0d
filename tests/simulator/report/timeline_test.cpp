// The timeline agrees with the run it is of, and recording it changes nothing.
#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "simulator/report/page.hpp"
#include "simulator/report/recorder.hpp"
#include "simulator/run/run.hpp"

namespace simulator::report {
namespace {

struct Recorded {
  RunResult result;
  Timeline timeline;
};

Recorded record(const std::string& name, std::uint64_t seed) {
  const auto scenario = load_scenario(NOMAD_SOURCE_DIR "/scenarios/" + name + ".yaml");
  if (!scenario) throw std::runtime_error(scenario.error());
  Recorded out;
  out.result = run_once(*scenario, {.seed = seed, .timeline = &out.timeline});
  return out;
}

class OfLeaderCrash : public testing::Test {
 protected:
  static void SetUpTestSuite() { shared = new Recorded(record("leader-crash", 3)); }
  static void TearDownTestSuite() { delete shared; }
  static Recorded* shared;
  const RunResult& result() const { return shared->result; }
  const Timeline& timeline() const { return shared->timeline; }
};
Recorded* OfLeaderCrash::shared = nullptr;

TEST_F(OfLeaderCrash, RecordingChangesNothing) {
  const auto scenario = load_scenario(NOMAD_SOURCE_DIR "/scenarios/leader-crash.yaml");
  const RunResult plain = run_once(*scenario, {.seed = 3});
  EXPECT_EQ(plain.trace_hash, result().trace_hash);
  EXPECT_EQ(plain.events, timeline().events);
}

TEST_F(OfLeaderCrash, LeadersAreThoseOfTheStory) {
  std::set<std::string> drawn, told;
  for (const Part& part : timeline().parts)
    if (part.what == Part::What::leader)
      drawn.insert(timeline().nodes[part.server] + " is elected leader of term " + std::to_string(part.term));
  for (const StoryLine& line : timeline().story)
    if (line.text.find("is elected leader") != std::string::npos) told.insert(line.text);
  EXPECT_GE(drawn.size(), 2U) << "a leader crashes in this scenario";
  EXPECT_EQ(drawn, told);
}

TEST(Timeline, WhatIsFoundWhenTheRunHasEndedHasTheChainsOfItsServers) {
  const auto scenario =
      read_scenario("a.yaml", "cluster: {servers: 3}\nuntil: 20s\nexpect: [{at_the_end: leaders = 2}]\n");
  ASSERT_TRUE(scenario.has_value()) << scenario.error();
  Timeline timeline;
  const RunResult result = run_once(*scenario, {.seed = 1, .timeline = &timeline});
  ASSERT_EQ(result.verdict, Verdict::fell);
  ASSERT_EQ(timeline.causes.size(), 3U) << "it names none of them";
  for (const auto& chain : timeline.causes) {
    EXPECT_TRUE(chain.title.ends_with(", what it came to last")) << chain.title;
    EXPECT_FALSE(chain.steps.empty());
  }
}

TEST(Timeline, WhatAViolationNamesHasItsStory) {
  const auto scenario = read_scenario("a.yaml", R"(cluster: {servers: 3, clients: 2}
tasks: {fleet: {runs: 2s..4s, exit_code: 1}}
timeline:
  - {at: 8s, run: )" NOMAD_SOURCE_DIR R"(/scenarios/jobs/fleet.nomad, count: 3}
until: 40s
settle: 20s
)");
  ASSERT_TRUE(scenario.has_value()) << scenario.error();
  Timeline timeline;
  const RunResult result = run_once(*scenario, {.seed = 1, .timeline = &timeline});
  ASSERT_EQ(result.verdict, Verdict::fell);
  ASSERT_EQ(result.violations.size(), 1U) << "an evaluation that waits for its time is no EVALEND";
  EXPECT_EQ(result.violations[0].invariant, "COUNT");
  ASSERT_EQ(timeline.causes.size(), 1U) << "it names the job, and no server";
  const CauseChain& chain = timeline.causes[0];
  EXPECT_EQ(chain.title, "job fleet, what happened to it");
  ASSERT_GT(chain.steps.size(), TimelineRecorder::latest_deeds);
  EXPECT_TRUE(chain.steps.front().what.starts_with("sees committed: ")) << chain.steps.front().what;
  const auto beginning = std::ranges::find_if(chain.steps, [](const CauseStep& step) {
    return step.change.starts_with("job fleet is registered: 3 allocations wanted");
  });
  ASSERT_NE(beginning, chain.steps.end());
  EXPECT_GT(chain.steps.end() - beginning, 2) << "it came of what an operator asked";
  for (std::size_t i = 1; i < chain.steps.size(); ++i) EXPECT_LE(chain.steps[i].at, chain.steps[i - 1].at);
}

TEST(Deeds, AreFoundByWholeNames) {
  EXPECT_TRUE(is_named("server-1", "server-1 does not follow"));
  EXPECT_TRUE(is_named("server-1", "of server-1, its leader"));
  EXPECT_FALSE(is_named("server-1", "server-12"));
  EXPECT_FALSE(is_named("server-1", "my-server-1"));
  EXPECT_TRUE(is_named("web.cache[1]", "web.cache[1] is there twice"));
  EXPECT_FALSE(is_named("", "anything"));
}

TEST_F(OfLeaderCrash, MessagesAreWholeAndInOrder) {
  const Timeline& t = timeline();
  ASSERT_FALSE(t.messages.empty());
  std::array<std::uint64_t, families> kept{};
  TrueTime before;
  std::uint64_t answered = 0;
  std::uint64_t lost = 0;
  for (const Message& message : t.messages) {
    ASSERT_LT(message.label.kind, t.kinds.size());
    EXPECT_LE(before, message.sent);
    before = message.sent;
    EXPECT_NE(message.from, message.to);
    EXPECT_LT(message.sent, message.received);
    (message.received == TrueTime::never() ? lost : answered) += 1;
    ++kept[static_cast<std::size_t>(t.kinds[message.label.kind].family)];
  }
  EXPECT_EQ(kept, t.messages_kept);
  for (std::size_t i = 0; i < families; ++i) EXPECT_LE(t.messages_kept[i], t.messages_seen[i]);
  EXPECT_GT(answered, 50 * lost) << "most messages find their receiver";
}

TEST_F(OfLeaderCrash, CurvesEndWhereTheRunDoes) {
  const Timeline& t = timeline();
  std::map<std::string, std::uint64_t> last;
  for (const Curve& curve : t.curves) {
    EXPECT_EQ(curve.values.size(), t.curves.front().values.size());
    EXPECT_LT(curve.values.size(), TimelineRecorder::most_samples);
    last[curve.name] = curve.values.back();
  }
  EXPECT_EQ(last["nodes ready"], result().clients);
  EXPECT_EQ(last["clients up"], result().clients);
  // Nodes that have registered and are not ready yet are not down.
  const auto down = std::ranges::find(t.curves, "nodes down", &Curve::name);
  ASSERT_NE(down, t.curves.end());
  EXPECT_EQ(*std::ranges::max_element(down->values), 0U);
  EXPECT_EQ(last["allocations running"], last["allocations wanted"]);
  EXPECT_GT(last["allocations running"], 0U);
  std::uint64_t of_groups = 0;
  for (const Group& group : t.groups) of_groups += group.up.back();
  EXPECT_EQ(of_groups, result().clients);
}

TEST_F(OfLeaderCrash, ThePageHoldsTheRunAndNothingFromElsewhere) {
  ScenarioOutcome scenario{.name = "leader-crash", .about = "</script><script>alert(1)</script> {{style}}"};
  const std::string page = html_page(timeline(), scenario, {.seed = "3", .trace_hash = result().trace_hash});
  EXPECT_EQ(page.find("alert(1)</script>"), std::string::npos) << "text ends no script";
  EXPECT_EQ(page.find("http://"), std::string::npos);
  EXPECT_EQ(page.find("https://"), std::string::npos);
  const std::string opening = R"(<script id="run" type="application/json">)";
  const auto from = page.find(opening) + opening.size();
  const auto run = boost::json::parse(page.substr(from, page.find("</script>", from) - from));
  EXPECT_EQ(run.at("scenario").at("about").as_string(), scenario.about);
  EXPECT_EQ(run.at("nodes").as_array().size(), result().servers + result().clients);
  EXPECT_EQ(run.at("story").as_array().size(), timeline().story.size());
}

TEST(Timeline, TellsOfWhichRegionAServerIs) {
  const Timeline timeline = record("regions", 1).timeline;
  ASSERT_EQ(timeline.regions.size(), timeline.servers.size());
  EXPECT_EQ(std::set<std::string>(timeline.regions.begin(), timeline.regions.end()),
            (std::set<std::string>{"eu", "us"}));
}

TEST(Timeline, TellsWhoIsCutFromWhom) {
  const Recorded partition = record("partition", 2);
  std::size_t servers_cut = 0;
  for (const Band& band : partition.timeline.bands) {
    EXPECT_LE(band.from, band.to);
    EXPECT_LE(band.to, partition.timeline.end);
    if (band.what == Band::What::cut && band.text.starts_with("cut from server")) ++servers_cut;
  }
  EXPECT_GE(servers_cut, 5U) << "each server is on one side or the other";
  bool clients_cut = false;
  for (const Group& group : partition.timeline.groups)
    for (const std::uint64_t cut : group.cut) clients_cut = clients_cut || cut > 0;
  EXPECT_TRUE(clients_cut);
}

}  // namespace
}  // namespace simulator::report
