// Reports for machines: exact texts, and nothing that a scenario or a violation says can break them.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "simulator/report/github.hpp"
#include "simulator/report/json.hpp"
#include "simulator/report/junit.hpp"
#include "simulator/report/summary.hpp"
#include "simulator/report/words.hpp"

namespace simulator::report {
namespace {

using namespace std::chrono_literals;

SeedOutcome fallen(std::uint64_t seed, std::string invariant, std::string what) {
  SeedOutcome out{.seed = std::to_string(seed), .how = SeedOutcome::How::fell};
  out.failures.push_back({std::move(invariant), 12'345ms, std::move(what)});
  out.cause = "0m12.345s server-2 receives RequestVoteReply\n";
  out.replay = "nomad-sim run x.yaml --seed " + std::to_string(seed);
  out.wall_seconds = 0.5;
  return out;
}

Report example() {
  ScenarioOutcome split{.name = "split", .file = "scenarios/split.yaml"};
  split.kept.push_back({.seed = "1", .wall_seconds = 0.25});
  split.kept.push_back(fallen(2, "ELECT", "two <leaders> & \"one\" term\nover two lines\x01"));
  split.kept[1].runs = 3;
  split.held = 11;
  split.fell = 3;
  split.coverage = {{"a deposed leader had an uncommitted tail", 3}};
  split.coverage_missing = {{"a log was cut", "scenarios/split.yaml:31:5"}};
  split.wall_seconds = 1.5;
  ScenarioOutcome wrong{.name = "wrong", .file = "wrong.yaml", .wrong = "wrong.yaml:2:1: found \"untill\""};
  return {"1.0", {split, wrong}};
}

TEST(JUnit, IsASuiteAScenarioAndACaseASeed) {
  EXPECT_EQ(junit_xml(example()), R"XML(<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nomad-sim" tests="5" failures="2" errors="1" time="1.500">
  <testsuite name="split" file="scenarios/split.yaml" tests="4" failures="2" errors="0" skipped="0" time="1.500">
    <properties>
      <property name="a deposed leader had an uncommitted tail" value="3"/>
    </properties>
    <testcase classname="split" name="seed 1" file="scenarios/split.yaml" time="0.250"/>
    <testcase classname="split" name="seed 2 and 2 more runs that went the same way" file="scenarios/split.yaml" time="0.500">
      <failure type="ELECT" message="two &lt;leaders&gt; &amp; &quot;one&quot; term&#10;over two lines? (at 0m12.345s)">   0m12.345s  ELECT fell: two &lt;leaders&gt; &amp; &quot;one&quot; term
over two lines?

This came of:
0m12.345s server-2 receives RequestVoteReply

replay: nomad-sim run x.yaml --seed 2
</failure>
    </testcase>
    <testcase classname="split" name="10 runs that held" file="scenarios/split.yaml" time="1.500"/>
    <testcase classname="split" name="coverage: a log was cut" file="scenarios/split.yaml" time="0.000">
      <failure type="COVERAGE" message="never reached: a log was cut">In 14 seeds nothing reached it: what was to be tried was not tried.</failure>
    </testcase>
  </testsuite>
  <testsuite name="wrong" file="wrong.yaml" tests="1" failures="0" errors="1" skipped="0" time="0.000">
    <testcase classname="wrong" name="scenario" file="wrong.yaml" time="0.000">
      <error type="SCENARIO" message="wrong.yaml:2:1: found &quot;untill&quot;">wrong.yaml:2:1: found &quot;untill&quot;</error>
    </testcase>
  </testsuite>
</testsuites>
)XML");
}

TEST(Json, SaysAllThatAProgramNeeds) {
  const boost::json::value json = boost::json::parse(json_text(example()));
  EXPECT_EQ(json.at("format").as_int64(), 1);
  EXPECT_FALSE(json.at("passed").as_bool());
  const auto& split = json.at("scenarios").at(0);
  EXPECT_EQ(split.at("held").as_int64(), 11);
  EXPECT_EQ(split.at("coverage").at("a deposed leader had an uncommitted tail").as_int64(), 3);
  EXPECT_EQ(split.at("coverage_missing").at(0).as_string(), "a log was cut");
  const auto& seed = split.at("seeds").at(1);
  EXPECT_EQ(seed.at("verdict").as_string(), "fell");
  EXPECT_EQ(seed.at("failures").at(0).at("invariant").as_string(), "ELECT");
  EXPECT_EQ(seed.at("failures").at(0).at("at_ns").as_int64(), 12'345'000'000);
  EXPECT_EQ(seed.at("replay").as_string(), "nomad-sim run x.yaml --seed 2");
  EXPECT_EQ(json.at("scenarios").at(1).at("error").as_string(), "wrong.yaml:2:1: found \"untill\"");
}

TEST(GitHub, AnnotatesTheScenario) {
  Report report = example();
  report.scenarios[0].kept[1].failures[0].what = "100% wrong: a, b\nc";
  EXPECT_EQ(
      github_annotations(report),
      "::error file=scenarios/split.yaml,line=1,title=ELECT fell in split (seed 2 and 2 more runs)::100%25 "
      "wrong: a, b%0Ac (at "
      "0m12.345s)%0Areplay: nomad-sim run x.yaml --seed 2\n"
      "::error file=scenarios/split.yaml,line=31,title=split%3A never reached::scenarios/split.yaml:31:5: required, "
      "and never reached: a log was cut\n"
      "::error file=wrong.yaml,line=2,title=wrong::wrong.yaml:2:1: found \"untill\"\n");
}

TEST(GitHub, AnnotatesTheLineThatATextBeginsWith) {
  Report report = example();
  report.scenarios[0].kept[1].failures[0].what = "parts/jobs.yaml:6: job web has 2 running, and 3 are expected";
  EXPECT_TRUE(github_annotations(report).starts_with("::error file=parts/jobs.yaml,line=6,title=ELECT fell in split"));
  EXPECT_FALSE(spot_of("server-2:4647 is down: why").has_value() && spot_of("server-2: 5 are up").has_value());
  EXPECT_EQ(spot_of("a.yaml:3:7: found").value_or(Spot{}).line, "3");
}

TEST(GitHub, ShowsNoMoreThanItsTen) {
  Report report;
  for (int i = 0; i < 13; ++i) report.scenarios.push_back({.name = "s", .file = "s.yaml", .wrong = "w"});
  const std::string text = github_annotations(report);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 11);
  EXPECT_NE(text.find("::warning title=nomad-sim::3 more are in the log"), std::string::npos);
}

TEST(GitHub, SummarisesInMarkdown) {
  const std::string text = github_summary(example());
  EXPECT_NE(text.find("| split | ❌ 3 fell | 14 | 1.5 |"), std::string::npos) << text;
  EXPECT_NE(text.find("replay: nomad-sim run x.yaml --seed 2"), std::string::npos);
  EXPECT_NE(text.find("**wrong**: wrong.yaml:2:1"), std::string::npos);
}

TEST(Summary, GroupsWhatFellByInvariant) {
  Report report = example();
  ScenarioOutcome& split = report.scenarios[0];
  split.kept.clear();
  for (std::uint64_t seed = 1; seed <= 8; ++seed)
    split.kept.push_back(fallen(seed, seed == 3 ? "MONO" : "ELECT", "two"));
  split.fell = 8;
  EXPECT_EQ(summary_text(report, false), R"(FELL   split  11 of 19 seeds held, 1.5 s
       ELECT seeds 1, 2, 4, 5, 6 and 2 more runs
         two (at 0m12.345s)
         nomad-sim run x.yaml --seed 1
       MONO seed 3
         two (at 0m12.345s)
         nomad-sim run x.yaml --seed 3
       never reached: a log was cut
WRONG  wrong  0 seeds, 0.0 s
       wrong.yaml:2:1: found "untill"
8 did not hold, 1 required and never reached: 19 seeds, 0 node-seconds in 1.5 s of work
)");
}

TEST(Summary, WhatIsRequiredAndNeverReachedIsNoSuccess) {
  ScenarioOutcome unmet{
      .name = "unmet", .file = "unmet.yaml", .held = 3, .coverage_missing = {{"a leader died", "unmet.yaml:7:1"}}};
  const std::string text = summary_text({"1.0", {unmet}}, false);
  EXPECT_TRUE(text.starts_with("NOT REACHED  unmet  3 of 3 seeds held")) << text;
  EXPECT_NE(text.find("all held, 1 required and never reached: 3 seeds"), std::string::npos) << text;
}

TEST(Words, NumbersHaveCommas) {
  EXPECT_EQ(with_commas(7), "7");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1'000), "1,000");
  EXPECT_EQ(with_commas(1'234'567), "1,234,567");
}

}  // namespace
}  // namespace simulator::report
