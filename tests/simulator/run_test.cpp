// Whole clusters: the same seed gives the same run, and every build the same trace. (That each scenario holds:
// library_test.cpp.)
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/mutant.hpp"
#include "simulator/run/difference.hpp"
#include "simulator/search/hunt.hpp"
#include "tests/simulator/program.hpp"

namespace simulator {
namespace {

std::string scenario_path(const std::string& name) { return NOMAD_SOURCE_DIR "/scenarios/" + name + ".yaml"; }

std::string why(const RunResult& result) {
  std::string out = result.error;
  for (const auto& violation : result.violations) out += violation.invariant + ": " + violation.what + "\n";
  return out;
}

std::vector<std::string> all_scenarios() {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(NOMAD_SOURCE_DIR "/scenarios"))
    if (entry.path().extension() == ".yaml") out.push_back(entry.path().stem().string());
  std::sort(out.begin(), out.end());
  return out;
}

class EachScenario : public testing::TestWithParam<std::string> {};

TEST_P(EachScenario, GivesTheSameTraceTwice) {
  const auto scenario = load_scenario(scenario_path(GetParam()));
  ASSERT_TRUE(scenario.has_value()) << scenario.error();
  const RunResult result = run_once(*scenario, {.seed = 11});
  EXPECT_EQ(result.verdict, Verdict::held)
      << (result.violations.empty() ? result.error : result.violations.front().what);
  EXPECT_EQ(find_difference(*scenario, result), "");
  EXPECT_NE(run_once(*scenario, {.seed = 12}).trace_hash, result.trace_hash);
}

RunResult run_of(const std::string& text, std::uint64_t seed) {
  const auto scenario = read_scenario("test.yaml", text);
  EXPECT_TRUE(scenario.has_value()) << scenario.error();
  return scenario ? run_once(*scenario, {.seed = seed}) : RunResult{};
}

// A follower that takes a little longer answers all the same: its leader reaches a majority.
TEST(Run, SlowMachinesBreakNothing) {
  for (const char* by : {"1ms", "30ms", "150ms"})
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const RunResult result =
          run_of("cluster: {servers: 3}\nuntil: 35s\ntimeline:\n  - {at: 10s, slow: followers, by: " + std::string(by) +
                     ", for: 20s}\n",
                 seed);
      EXPECT_EQ(result.verdict, Verdict::held) << by << " " << why(result);
    }
}

// It objects, and is there for all the others, as Serf has it.
TEST(Run, ALivingServerThatIsForcedToLeaveStays) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const RunResult result =
        run_of("cluster: {servers: 3}\nuntil: 40s\ntimeline:\n  - {every: 10s, force_leave: 1 random server}\n", seed);
    EXPECT_EQ(result.verdict, Verdict::held) << why(result);
  }
}

// What is lost each time is lost for streams, too.
TEST(Run, ALeaderWhoseLinksLoseAllLeadsNoMore) {
  const RunResult result = run_of(
      "cluster: {servers: 3}\nuntil: 40s\ntimeline:\n  - {at: 10s, flaky: \"leader | rest\", drop: 100%, for: 20s}\n",
      1);
  EXPECT_EQ(result.verdict, Verdict::held) << why(result);
  EXPECT_GT(result.coverage.count("a leader was deposed"), 0U);
}

TEST(Program, SaysWhatIsWrongWithAScenario) {
  const std::string file = testing::TempDir() + "/wrong.yaml";
  std::FILE* const out = fopen(file.c_str(), "w");
  ASSERT_NE(out, nullptr);
  fputs("cluster: {servers: 3}\nuntill: 1m\n", out);
  fclose(out);
  const Output wrong = run_program(std::string(NOMAD_SIM) + " " + file);
  EXPECT_EQ(wrong.code, 2);
  EXPECT_NE(wrong.text.find("wrong.yaml:2:1: found \"untill\""), std::string::npos) << wrong.text;
  EXPECT_NE(wrong.text.find("(did you mean until?)"), std::string::npos) << wrong.text;
}

TEST(Program, KnowsItsOptions) {
  EXPECT_EQ(run_program(std::string(NOMAD_SIM) + " --help").code, 0);
  EXPECT_TRUE(run_program(std::string(NOMAD_SIM) + " --version")
                  .text.starts_with("nomad-sim v" NOMAD_VERSION " (build " NOMAD_VERSION "-"));
  const Output wrong = run_program(std::string(NOMAD_SIM) + " run x.yaml --sed 3");
  EXPECT_EQ(wrong.code, 2);
  EXPECT_NE(wrong.text.find("did you mean --seed?"), std::string::npos) << wrong.text;
  EXPECT_EQ(run_program(std::string(NOMAD_SIM) + " replay /nowhere").code, 2);
}

std::string trace_of(const std::string& program, const std::string& scenario) {
  const Output run = run_program(program + " run --quiet --seed 5 " + scenario_path(scenario));
  const auto at = run.text.find("trace ");
  return at == std::string::npos ? run.text : run.text.substr(at, 22);
}

TEST_P(EachScenario, GivesTheSameTraceInTheClangBuild) {
  ASSERT_TRUE(std::filesystem::exists(NOMAD_SIM_CLANG)) << "wanted the Clang build of nomad-sim at " NOMAD_SIM_CLANG
                                                           ": cmake --preset clang && ninja -C build/clang nomad-sim";
  const std::string trace = trace_of(NOMAD_SIM, GetParam());
  EXPECT_TRUE(trace.starts_with("trace ")) << trace;
  EXPECT_EQ(trace, trace_of(NOMAD_SIM_CLANG, GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Simulator, EachScenario, testing::ValuesIn(all_scenarios()),
                         [](const testing::TestParamInfo<std::string>& one) {
                           std::string name = one.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

class KnownBug : public testing::TestWithParam<const char*> {};

TEST_P(KnownBug, IsFoundWithinTwoHundredSeeds) {
  ASSERT_TRUE(std::filesystem::exists(NOMAD_SIM_MUTANTS))
      << "wanted a build of nomad-sim with the known bugs at " NOMAD_SIM_MUTANTS
         ": cmake --preset clang && ninja -C build/clang nomad-sim";
  // Only there do servers wait for fewer than there are.
  const bool at_birth = GetParam() == std::string_view("M25");
  const Output hunt =
      run_program(std::string(NOMAD_SIM_MUTANTS) + " run --seeds 200 --jobs 2 --stop-at-first --mutant " + GetParam() +
                  " " + scenario_path(at_birth ? "bootstrap-race" : "mutants"));
  EXPECT_EQ(hunt.code, 1) << hunt.text;
  const auto* const known = std::find_if(std::begin(core::base::mutants), std::end(core::base::mutants),
                                         [](const auto& one) { return one.id == std::string_view(GetParam()); });
  ASSERT_NE(known, std::end(core::base::mutants));
  bool as_named = false;
  std::istringstream names{std::string(known->falls)};
  for (std::string name; names >> name;) as_named |= hunt.text.find(name + " fell") != std::string::npos;
  EXPECT_TRUE(as_named) << "wanted " << known->falls << " to fall\n" << hunt.text;
}

INSTANTIATE_TEST_SUITE_P(Simulator, KnownBug,
                         testing::Values("K03", "K04", "K06", "K16", "K22", "K43", "M23", "M24", "M25"),
                         [](const testing::TestParamInfo<const char*>& one) { return std::string(one.param); });

// Those of gossip, in drawn histories of small pools, where hundreds of them take seconds.
class KnownBugOfGossip : public testing::TestWithParam<const char*> {};

TEST_P(KnownBugOfGossip, IsFoundInTheHistoriesOfSmallPools) {
  const Output hunt =
      run_program(std::string(NOMAD_SIM_MUTANTS) + " gossip --seeds 1000 --mutant " + std::string(GetParam()));
  EXPECT_EQ(hunt.code, 1) << hunt.text;
  const auto* const known = std::find_if(std::begin(core::base::mutants), std::end(core::base::mutants),
                                         [](const auto& one) { return one.id == std::string_view(GetParam()); });
  ASSERT_NE(known, std::end(core::base::mutants));
  const std::string fallen = hunt.text.substr(0, hunt.text.find(" fell")).substr(std::string("gossip: ").size());
  EXPECT_NE((" " + std::string(known->falls) + " ").find(" " + fallen + " "), std::string::npos) << hunt.text;
  // What is printed can be run again, and is the same.
  const std::string file = testing::TempDir() + "gossip-" + GetParam() + ".history";
  std::ofstream(file) << hunt.text.substr(hunt.text.rfind("\nseed ") + 1);
  const Output again = run_program(std::string(NOMAD_SIM_MUTANTS) + " gossip --history " + file + " --mutant " +
                                   std::string(GetParam()));
  EXPECT_EQ(again.code, 1) << again.text;
  EXPECT_EQ(again.text.substr(0, again.text.find('\n')), hunt.text.substr(0, hunt.text.find('\n')));
}

TEST(GossipHistory, IsReadFromAFileAndRefusedWithTheLineThatIsWrong) {
  const std::string file = testing::TempDir() + "gossip.history";
  const std::string command = std::string(NOMAD_SIM) + " gossip --history " + file;
  std::ofstream(file)
      << "# b dies and comes back\nseed 7, 3 members\n  5000 ms pass\n  b is killed\n  b starts and joins\n";
  const Output held = run_program(command);
  EXPECT_EQ(held.code, 0) << held.text;
  EXPECT_EQ(held.text.rfind("gossip: HELD in this history\n", 0), 0U) << held.text;
  std::ofstream(file) << "seed 7, 3 members\n  d is killed\n";
  const Output refused = run_program(command);
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.text.find(file + ": line 2: \"d is killed\" is nothing that can happen to 3 members"),
            std::string::npos)
      << refused.text;
  EXPECT_EQ(run_program(command + ".none").code, 2);
}

INSTANTIATE_TEST_SUITE_P(Simulator, KnownBugOfGossip, testing::Values("K37", "K38", "K39", "K40", "K41", "K42", "M13"),
                         [](const testing::TestParamInfo<const char*>& one) { return std::string(one.param); });

// The short form of the bench (simulator/README.md has the long one): for each invariant a bug that makes it fall.
// Those of gossip, VIEW, NOFALSE, RATE and LEFT, fall above.
TEST(KnownBugs, EachInvariantFallsByOne) {
  const std::string scenarios = scenario_path("mutants") + " " + scenario_path("mutants-calm") + " " +
                                scenario_path("mutants-core") + " " + scenario_path("mutants-jobs") + " " +
                                scenario_path("mutants-reads") + " " + scenario_path("mutants-snapshots");
  const Output bench = run_program(std::string(NOMAD_SIM_MUTANTS) + " mutants " + scenarios +
                                   " --only K01,K03,K04,K06,K09,K12,K16,K17,K22,K23,K27,K32,K37,K43,M02,M05,M10,M16"
                                   " --base-seeds 1 --budget 120s --no-control");
  EXPECT_EQ(bench.code, 0) << bench.text;
  for (const char* invariant : {"MONO", "COMPLETE", "ELECT", "STEADY", "HEAL", "SMSAFE", "IMMUTABLE", "QUORUM", "LIN",
                                "STATEHASH", "LOGMATCH", "CAP", "EVALEND", "DURABLE"})
    EXPECT_NE(bench.text.find(invariant), std::string::npos) << "nothing made " << invariant << " fall\n" << bench.text;
}

TEST(KnownBugs, NothingFallsWithoutThem) {
  const auto scenario = load_scenario(scenario_path("mutants"));
  ASSERT_TRUE(scenario.has_value()) << scenario.error();
  const search::Hunted total =
      search::hunt({*scenario}, {.seeds = 200, .jobs = 2, .keep_going = true}, [](const search::Hunted&) {});
  std::string fallen;
  for (const search::Group& group : total.groups)
    fallen += "seed " + text_of(group.first.result.lineage) + ": " + why(group.first.result);
  EXPECT_EQ(total.tallies[0].held, 200U) << fallen;
  // A hunt that meets no trouble would prove nothing.
  EXPECT_GT(total.tallies[0].totals.at("a leader was deposed"), 0U);
  EXPECT_GT(total.tallies[0].totals.at("a log was cut"), 0U);
  EXPECT_GT(total.tallies[0].totals.at("a server restarted"), 20U);
}

}  // namespace
}  // namespace simulator
