// nomad-sim at the command line: campaigns, replay files and exit codes, as a user meets them.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "tests/simulator/program.hpp"

namespace simulator {
namespace {

namespace fs = std::filesystem;

class SearchProgram : public testing::Test {
 protected:
  SearchProgram()
      : folder_(testing::TempDir() + "/search-" + testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(folder_);
    fs::create_directories(folder_ + "/scenarios");
    fs::copy(NOMAD_SOURCE_DIR "/scenarios/jobs", folder_ + "/scenarios/jobs");
  }
  ~SearchProgram() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream in(folder_ + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  Output sim(const std::string& arguments) const {
    return run_program("cd " + folder_ + " && " NOMAD_SIM " " + arguments);
  }
  // What is expected is one more than will ever run; each seed falls.
  void write_failing() {
    write("scenarios/bad.yaml",
          "name: bad\n"
          "cluster: {servers: 3, clients: 2}\n"
          "timeline:\n"
          "  - {at: 5s, run: jobs/fleet.nomad, count: 2}\n"
          "  - {every: 3s, from: 6s, crash: 1 random server, for: 1s}\n"
          "until: 20s\nsettle: 5s\n"
          "expect: [{job: fleet, running: 3}]\n");
  }
  void write_holding(const std::string& name) {
    write("scenarios/" + name, "cluster: {servers: 3, clients: 1}\nuntil: 10s\nsettle: 1m\n");
  }

  // The file of the run that fell; with two jobs it need not be that of the first seed.
  std::string replay_file() const {
    for (const auto& entry : fs::directory_iterator(folder_))
      if (entry.path().extension() == ".replay") return entry.path().filename();
    return "no replay file";
  }

  std::string folder_;
};

TEST_F(SearchProgram, AFailureIsCutDownSavedAndReplayed) {
  write_failing();
  const Output run = sim("scenarios/bad.yaml --quiet");
  EXPECT_EQ(run.code, 1) << run.text;
  EXPECT_NE(run.text.find("replay ./bad-EXPECT-1.replay"), std::string::npos) << run.text;
  // The scenario and its job are in the file.
  fs::remove_all(folder_ + "/scenarios");
  const Output replay = sim("replay bad-EXPECT-1.replay");
  EXPECT_EQ(replay.code, 1) << replay.text;
  EXPECT_NE(replay.text.find("2 running, and 3 are expected"), std::string::npos) << replay.text;
  EXPECT_EQ(replay.text.find("crash"), std::string::npos) << "the crashes have nothing to do with it: " << replay.text;
  const Output until = sim("replay bad-EXPECT-1.replay --until 6s --trace");
  EXPECT_EQ(until.code, 0) << until.text;
  EXPECT_NE(until.text.find("STOPPED"), std::string::npos);
  EXPECT_NE(until.text.find("{\"n\":1,\"ns\":"), std::string::npos);
  const Output shrunk = sim("shrink bad-EXPECT-1.replay --time 5s --out smaller.replay");
  EXPECT_EQ(shrunk.code, 0) << shrunk.text;
  EXPECT_EQ(sim("replay smaller.replay").code, 1);
}

TEST_F(SearchProgram, AFailureOfAClusterWithSparesReplays) {
  write("spares.yaml",
        "cluster: {servers: 3, spares: 2, clients: 1}\n"
        "timeline:\n"
        "- {at: 9s, crash: servers, for: 20s}\n"
        "until: 10s\n"
        "settle: 100ms\n");
  const Output run = sim("spares.yaml --quiet --shrink-time 5s");
  EXPECT_NE(run.text.find("HEAL fell"), std::string::npos) << run.text;
  EXPECT_NE(run.text.find("to 1 event, 2 servers, 0 clients"), std::string::npos) << run.text;
  const Output replay = sim("replay spares-HEAL-1.replay --quiet");
  EXPECT_EQ(replay.code, 1) << replay.text;
  EXPECT_EQ(sim("shrink spares-HEAL-1.replay --time 1s").code, 0);
}

TEST_F(SearchProgram, AFailureIsSavedWholeWhenThereIsNoTimeToCutItDown) {
  write_failing();
  std::string longer = read("scenarios/bad.yaml");
  longer.replace(longer.find("until: 20s"), 10, "until: 2m");
  write("scenarios/bad.yaml", longer);
  const Output run = sim("scenarios/bad.yaml --quiet --shrink-time 1ms");
  EXPECT_EQ(run.code, 1) << run.text;
  EXPECT_NE(run.text.find("kept whole (the time was over before anything was cut down)"), std::string::npos)
      << run.text;
  EXPECT_EQ(sim("replay bad-EXPECT-1.replay --quiet").code, 1);
  const Output shrunk = sim("shrink bad-EXPECT-1.replay --time 1ms");
  EXPECT_EQ(shrunk.code, 0) << shrunk.text;
}

TEST_F(SearchProgram, AReplayFileOfAnotherRunIsNotReplaced) {
  write_failing();
  const std::string bad = read("scenarios/bad.yaml");
  fs::create_directories(folder_ + "/others");
  fs::copy(folder_ + "/scenarios/jobs", folder_ + "/others/jobs");
  write("others/bad.yaml", bad.substr(0, bad.find("running: 3")) + "running: 4}]\n");
  const Output both = sim("run scenarios/bad.yaml others/bad.yaml --seeds 1 --keep-going --shrink-time 0s");
  EXPECT_NE(both.text.find("replay ./bad-EXPECT-1-2.replay"), std::string::npos) << both.text;
  EXPECT_NE(read("bad-EXPECT-1.replay").find("running: 3"), std::string::npos);
  EXPECT_NE(read("bad-EXPECT-1-2.replay").find("running: 4"), std::string::npos);
  // The same run once more: what is smaller stays.
  const std::string whole = read("bad-EXPECT-1-2.replay");
  EXPECT_NE(sim("others/bad.yaml --quiet --shrink-time 2s").text.find("./bad-EXPECT-1-2.replay"), std::string::npos);
  const std::string small = read("bad-EXPECT-1-2.replay");
  EXPECT_LT(small.size(), whole.size());
  EXPECT_NE(sim("others/bad.yaml --quiet --shrink-time 0s").text.find("an earlier file of this run"),
            std::string::npos);
  EXPECT_EQ(read("bad-EXPECT-1-2.replay"), small);
  EXPECT_FALSE(fs::exists(folder_ + "/bad-EXPECT-1-3.replay"));
  write("bad-EXPECT-2.replay", "a user's own notes\n");
  EXPECT_EQ(sim("scenarios/bad.yaml --quiet --shrink-time 0s --seed 2").code, 1);
  EXPECT_EQ(read("bad-EXPECT-2.replay"), "a user's own notes\n");
  EXPECT_EQ(sim("replay bad-EXPECT-2-2.replay --quiet").code, 1);
}

// Some streams have a space in their names.
TEST_F(SearchProgram, AFailureOnDrawnDiskFaultsReplays) {
  write_failing();
  const std::string bad = read("scenarios/bad.yaml");
  write("scenarios/disks.yaml", "disks: {hang: 0.1%..1%, hang_for: 10ms}\n" + bad.substr(bad.find('\n') + 1));
  ASSERT_EQ(sim("scenarios/disks.yaml --quiet --shrink-time 0s").code, 1);
  EXPECT_NE(read("disks-EXPECT-1.replay").find("stream world/disk%20faults "), std::string::npos);
  const Output replay = sim("replay disks-EXPECT-1.replay --quiet");
  EXPECT_EQ(replay.code, 1) << replay.text;
}

TEST_F(SearchProgram, AReplayFileGoesTheSameWayInTheClangBuild) {
  ASSERT_TRUE(fs::exists(NOMAD_SIM_CLANG)) << "wanted the Clang build of nomad-sim at " NOMAD_SIM_CLANG
                                              ": cmake --preset clang && ninja -C build/clang nomad-sim";
  write_failing();
  ASSERT_EQ(sim("scenarios/bad.yaml --quiet --shrink-time 0s").code, 1);
  const std::string replay = " replay bad-EXPECT-1.replay --quiet";
  const Output here = run_program("cd " + folder_ + " && " NOMAD_SIM + replay);
  const Output there = run_program("cd " + folder_ + " && " NOMAD_SIM_CLANG + replay);
  EXPECT_EQ(here.code, 1) << here.text;
  EXPECT_EQ(there.code, 1) << there.text;
  EXPECT_EQ(here.text, there.text);
}

TEST_F(SearchProgram, AReplayFileLiesInItsFolderWhateverItsScenarioIsCalled) {
  write("odd.yaml",
        "name: ../../else where\ncluster: {servers: 1}\nuntil: 5s\nsettle: 2s\ntimeline: [{at: 1s, run: "
        "scenarios/jobs/fleet.nomad, count: 1}]\nexpect: [{job: fleet, running: 2}]\n");
  const Output run = sim("odd.yaml --quiet");
  EXPECT_EQ(run.code, 1) << run.text;
  EXPECT_TRUE(fs::exists(folder_ + "/------else-where-EXPECT-1.replay")) << run.text;
}

TEST_F(SearchProgram, BrokenReplayFilesAreRefusedWithAReason) {
  write_failing();
  ASSERT_EQ(sim("scenarios/bad.yaml --quiet --shrink-time 0s").code, 1);
  const std::string whole = read("bad-EXPECT-1.replay");
  ASSERT_FALSE(whole.empty());
  write("cut.replay", whole.substr(0, whole.size() / 2));
  const Output cut = sim("replay cut.replay");
  EXPECT_EQ(cut.code, 2);
  EXPECT_NE(cut.text.find("this one was cut short"), std::string::npos) << cut.text;
  std::string newer = whole;
  newer.replace(newer.find("format 1"), 8, "format 7");
  write("newer.replay", newer);
  const Output other = sim("replay newer.replay");
  EXPECT_EQ(other.code, 2);
  EXPECT_NE(other.text.find("format \"7\", wanted format 1"), std::string::npos) << other.text;
  write("garbage.replay", std::string("nomad-sim replay file, \0\xff\x01", 26));
  EXPECT_EQ(sim("replay garbage.replay").code, 2);
  write("recording", "no recording either");
  EXPECT_EQ(sim("replay recording").code, 2);
  EXPECT_EQ(sim("replay nowhere").code, 2);
  EXPECT_EQ(sim("shrink cut.replay").code, 2);
}

TEST_F(SearchProgram, AnAlteredReplayFileGoesItsOwnWay) {
  write_failing();
  ASSERT_EQ(sim("scenarios/bad.yaml --quiet --shrink-time 0s").code, 1);
  std::string text = read("bad-EXPECT-1.replay");
  text.replace(text.find("running: 3"), 10, "running: 2");
  write("altered.replay", text);
  const Output refused = sim("replay altered.replay");
  EXPECT_EQ(refused.code, 2);
  const auto offered = refused.text.find("without its lines \"build\", \"fell\" and \"trace\"");
  ASSERT_NE(offered, std::string::npos) << refused.text;
  const std::string end = refused.text.substr(refused.text.find("end ", offered), 20);
  text.resize(text.rfind("end "));
  for (const char* line : {"build ", "fell ", "trace "}) {
    const auto at = text.find(std::string("\n") + line) + 1;
    text.erase(at, text.find('\n', at) + 1 - at);
  }
  write("altered.replay", text + end + "\n");
  const Output altered = sim("replay altered.replay");
  EXPECT_EQ(altered.code, 0) << altered.text;
  EXPECT_NE(altered.text.find("HELD"), std::string::npos) << altered.text;
}

TEST_F(SearchProgram, AHandEditedReplayFileNamesWhatIsThere) {
  const auto file = [&](const std::string& lines, const std::string& swarm) {
    const std::string text = "nomad-sim replay file, format 1\nscenario a.yaml\n" + lines +
                             "file a.yaml\n|cluster: {servers: 3, clients: 1}\n|until: 5s\n|settle: 1m\n" + swarm;
    write("edited.replay", text + "end 0\n");
    const std::string refused = sim("replay edited.replay").text;
    write("edited.replay", text + refused.substr(refused.find("end "), 20) + "\n");
    return sim("replay edited.replay --quiet");
  };
  for (const char* swarm : {"", "|swarm: {draw: {cluster.servers: [1, 3]}}\n"}) {
    const Output many = file("nodes 99 99\n", swarm);
    EXPECT_EQ(many.code, 2) << many.text;
    EXPECT_NE(many.text.find("edited.replay: line 3: found nodes 99 99, wanted 1 to "), std::string::npos) << many.text;
    const Output none = file("nodes 0 0\n", swarm);
    EXPECT_EQ(none.code, 2) << none.text;
    EXPECT_NE(none.text.find("line 3: found nodes 0 0, wanted 1 to "), std::string::npos) << none.text;
  }
  const Output bogus = file("nodes 3 1\nstream bogus/stream 1 2 3\n", "");
  EXPECT_EQ(bogus.code, 2) << bogus.text;
  EXPECT_NE(bogus.text.find("line 4: found the stream bogus/stream, wanted one that runs draw from: agent"),
            std::string::npos)
      << bogus.text;
  const Output unasked = file("stream agent/server-1 1 2\nstream agent/server-9 1 2 3\n", "");
  EXPECT_EQ(unasked.code, 0) << unasked.text;
  EXPECT_NE(unasked.text.find("line 4: warning: this run did not come to the stream agent/server-9"), std::string::npos)
      << unasked.text;
  EXPECT_EQ(unasked.text.find("server-1 "), std::string::npos) << unasked.text;
}

TEST_F(SearchProgram, NoOptionIsSilentlyIgnored) {
  write_failing();
  ASSERT_EQ(sim("scenarios/bad.yaml --quiet --shrink-time 0s").code, 1);
  const auto refused = [&](const std::string& arguments, const std::string& why) {
    const Output output = sim(arguments);
    EXPECT_EQ(output.code, 2) << output.text;
    EXPECT_NE(output.text.find(why), std::string::npos) << output.text;
  };
  write("some.rec", "no recording either");
  refused("replay some.rec --until 3s", "--until is for replay files");
  refused("replay some.rec --html page.html", "--html is for replay files");
  refused("debug bad-EXPECT-1.replay --seed 3 --command nodes", "--seed is for scenarios");
  refused("run scenarios --time 0s", "--time wants a duration such as 30s or 5m, longer than 0s");
  refused("scenarios/bad.yaml --junit nowhere/j.xml", "cannot write nowhere/j.xml");
  refused("scenarios/bad.yaml --save nowhere", "cannot write nowhere/");
  write("empty.replay", "");
  refused("replay empty.replay", "wanted a replay file");
  const Output at_once = sim("replay bad-EXPECT-1.replay --until 0s");
  EXPECT_EQ(at_once.code, 0) << at_once.text;
  EXPECT_NE(at_once.text.find("STOPPED"), std::string::npos) << at_once.text;
}

TEST_F(SearchProgram, ATraceOnTheScreenIsNothingElse) {
  write_failing();
  ASSERT_EQ(sim("scenarios/bad.yaml --quiet --shrink-time 0s").code, 1);
  const Output traced = run_program(
      "cd " + folder_ + " && (" NOMAD_SIM " replay bad-EXPECT-1.replay --trace 2>/dev/null | grep -vc '^{\"n\":')");
  EXPECT_EQ(traced.text, "0\n");
  const Output run = run_program("cd " + folder_ +
                                 " && (" NOMAD_SIM
                                 " run scenarios/bad.yaml --shrink-time 0s --trace 2>/dev/null | grep -vc '^{\"n\":')");
  EXPECT_EQ(run.text, "0\n");
}

TEST_F(SearchProgram, CampaignsHaveTheirExitCodes) {
  write_holding("a.yaml");
  write_holding("b.yaml");
  const Output folder = sim("run scenarios --seeds 3 --jobs 2");
  EXPECT_EQ(folder.code, 0) << folder.text;
  EXPECT_NE(folder.text.find("a: 3 held, 0 fell"), std::string::npos) << folder.text;
  EXPECT_NE(folder.text.find("b: 3 held, 0 fell"), std::string::npos) << folder.text;
  const Output points = sim("run scenarios/a.yaml --seeds 2 --points");
  EXPECT_NE(points.text.find("times in 2 runs"), std::string::npos) << points.text;
  EXPECT_EQ(sim("run scenarios --time 200ms").code, 0);
  const Output over = sim("run scenarios --seeds 100000 --time 200ms");
  EXPECT_EQ(over.code, 5) << over.text;
  EXPECT_NE(over.text.find("the time was over"), std::string::npos) << over.text;
  EXPECT_EQ(sim("run scenarios --seeds 2 --check-determinism").code, 0);
  write_failing();
  const Output going = sim("run scenarios --seeds 3 --keep-going --shrink-time 1s --save " + folder_);
  EXPECT_EQ(going.code, 1) << going.text;
  EXPECT_NE(going.text.find("(3 runs)"), std::string::npos) << going.text;
  EXPECT_NE(going.text.find("bad: 0 held, 3 fell"), std::string::npos) << going.text;
  EXPECT_EQ(sim("run jobs --seeds 2").code, 2);
}

TEST_F(SearchProgram, AnInterruptedCampaignTellsWhatItHas) {
  write_holding("a.yaml");
  const std::string for_ever = " --seeds 90000000 --keep-going --json j.json --junit j.xml --jobs 2";
  const Output holds = run_program(
      "cd " + folder_ + " && timeout --foreground --preserve-status -s INT 3 " NOMAD_SIM " run scenarios" + for_ever);
  EXPECT_EQ(holds.code, 5) << holds.text;
  EXPECT_NE(holds.text.find("interrupted before all was run"), std::string::npos) << holds.text;
  EXPECT_NE(read("j.json").find("\"passed\":false,\"complete\":false"), std::string::npos) << read("j.json");
  EXPECT_NE(read("j.xml").find("<skipped message=\"the campaign ended before all was run\"/>"), std::string::npos);
  write_failing();
  const Output fell =
      run_program("cd " + folder_ + " && { " NOMAD_SIM " run scenarios" + for_ever +
                  " & p=$!; until ls bad-EXPECT-*.replay > ls 2>&1 || ! kill -0 $p; do sleep 0.1; done; kill -TERM $p; "
                  "wait $p; }");
  EXPECT_EQ(fell.code, 1) << fell.text;
  EXPECT_NE(fell.text.find("a: "), std::string::npos) << fell.text;
  EXPECT_NE(read("j.json").find("\"passed\":false"), std::string::npos) << read("j.json");
  EXPECT_NE(read("j.json").find("replay ./bad-EXPECT-"), std::string::npos) << read("j.json");
  EXPECT_EQ(sim("replay " + replay_file() + " --quiet").code, 1);
}

TEST_F(SearchProgram, AKilledCampaignHasSavedAndToldWhatFell) {
  write_failing();
  const Output killed = run_program("cd " + folder_ +
                                    " && { " NOMAD_SIM
                                    " run scenarios --seeds 90000000 --keep-going > told & p=$!; until grep -q 'replay "
                                    "./bad' told || ! kill -0 $p; do sleep 0.1; done; kill -KILL $p; wait $p; true; "
                                    "}");
  EXPECT_NE(read("told").find("bad: seed 1: EXPECT fell"), std::string::npos) << killed.text;
  EXPECT_NE(read("told").find("replay ./bad-EXPECT-1.replay"), std::string::npos) << read("told");
  EXPECT_EQ(sim("replay bad-EXPECT-1.replay --quiet").code, 1);
}

TEST_F(SearchProgram, ACampaignThatNeverMetWhatItRequiresFails) {
  const std::string calm = "cluster: {servers: 3}\nuntil: 10s\nsettle: 1m\n";
  write("met.yaml", calm + "require: [a leader was elected]\n");
  write("unmet.yaml", calm + "require: [a leader was elected, a server restarted]\n");
  EXPECT_EQ(sim("run met.yaml --seeds 3").code, 0);
  const Output unmet = sim("run unmet.yaml --seeds 3");
  EXPECT_EQ(unmet.code, 4) << unmet.text;
  EXPECT_NE(unmet.text.find("never reached in 3 runs: a server restarted"), std::string::npos) << unmet.text;
}

TEST_F(SearchProgram, WhatIsRequiredAndNeverMetIsInTheReports) {
  write("unmet.yaml", "cluster: {servers: 3}\nuntil: 10s\nsettle: 1m\nrequire: [a server restarted]\n");
  const Output unmet = sim("run unmet.yaml --seeds 2 --junit j.xml --json j.json");
  EXPECT_EQ(unmet.code, 4) << unmet.text;
  EXPECT_NE(read("j.json").find("\"coverage_missing\":[\"a server restarted\"]"), std::string::npos) << read("j.json");
  EXPECT_NE(read("j.json").find("\"passed\":false"), std::string::npos) << read("j.json");
  EXPECT_NE(read("j.xml").find("<failure type=\"COVERAGE\""), std::string::npos) << read("j.xml");
}

TEST_F(SearchProgram, WhatIsRequiredIsJudgedThoughAnotherScenarioFell) {
  write_failing();
  write("unmet.yaml", "cluster: {servers: 3}\nuntil: 10s\nsettle: 1m\nrequire: [a server restarted]\n");
  const std::string both = "run scenarios/bad.yaml unmet.yaml --seeds 2 --shrink-time 0s --junit j.xml --json j.json";
  const Output going = sim(both + " --keep-going");
  EXPECT_EQ(going.code, 1) << going.text;
  EXPECT_NE(going.text.find("never reached in 2 runs: a server restarted"), std::string::npos) << going.text;
  EXPECT_NE(going.text.find("2 did not hold, 1 required and never reached"), std::string::npos) << going.text;
  EXPECT_NE(read("j.json").find("\"coverage_missing\":[\"a server restarted\"]"), std::string::npos) << read("j.json");
  EXPECT_NE(read("j.xml").find("<failure type=\"COVERAGE\""), std::string::npos) << read("j.xml");
  const Output stopped = sim(both);
  EXPECT_EQ(stopped.code, 1) << stopped.text;
  EXPECT_EQ(stopped.text.find("never reached"), std::string::npos) << stopped.text;
}

TEST_F(SearchProgram, AllWrongScenariosAreToldAndReported) {
  write_holding("good.yaml");
  write("scenarios/one.yaml", "cluster: {servers: 3}\nuntill: 10s\n");
  write("scenarios/two.yaml", "cluster: {servers: 3}\nuntil: 10 s\n");
  const Output run = sim("run scenarios --seeds 2 --junit j.xml --json j.json");
  EXPECT_EQ(run.code, 2) << run.text;
  EXPECT_NE(run.text.find("scenarios/one.yaml:2:1: found \"untill\""), std::string::npos) << run.text;
  EXPECT_NE(run.text.find("scenarios/two.yaml:2:8: found \"10 s\""), std::string::npos) << run.text;
  EXPECT_NE(read("j.json").find("\"passed\":false"), std::string::npos) << read("j.json");
  EXPECT_NE(read("j.xml").find("errors=\"2\""), std::string::npos) << read("j.xml");
  const Output annotated = run_program("cd " + folder_ + " && GITHUB_ACTIONS=true " NOMAD_SIM " scenarios/two.yaml");
  EXPECT_NE(annotated.text.find("::error file=scenarios/two.yaml,line=2,title=two"), std::string::npos)
      << annotated.text;
}

TEST_F(SearchProgram, AScenarioInWhichNoTimePassesIsRefused) {
  write("still.yaml", "cluster: {servers: 1}\nuntil: 10s\nregisters: {pause: 0s, patience: 0s}\n");
  const Output still = sim("still.yaml");
  EXPECT_EQ(still.code, 2) << still.text;
  EXPECT_NE(still.text.find("wanted a scenario in which time passes"), std::string::npos) << still.text;
}

TEST_F(SearchProgram, WhatIsNoFileOfItsKindIsCalledByItsName) {
  const Output null = sim("replay /dev/null");
  EXPECT_EQ(null.code, 2);
  EXPECT_NE(null.text.find("/dev/null: found no readable file, wanted a recording"), std::string::npos) << null.text;
  write_holding("a.yaml");
  const Output late = sim("--unguided run scenarios/a.yaml");
  EXPECT_EQ(late.code, 2);
  EXPECT_NE(late.text.find("found the command run after an option, wanted it first: nomad-sim run"), std::string::npos)
      << late.text;
  write("long.yaml", "about: " + std::string(12 << 20, 'x') + "\n");
  const Output huge = sim("long.yaml");
  EXPECT_EQ(huge.code, 2);
  EXPECT_EQ(huge.text, "long.yaml:1:1: found a file of more than 1 MiB, wanted a scenario of at most 128 KiB\n");
}

TEST_F(SearchProgram, MisspeltCommandsAndOptionsAreNamed) {
  const Output command = sim("rpelay x");
  EXPECT_EQ(command.code, 2);
  EXPECT_NE(command.text.find("did you mean replay?"), std::string::npos) << command.text;
  const Output option = sim("replay x --untill 3s");
  EXPECT_EQ(option.code, 2);
  EXPECT_NE(option.text.find("did you mean --until?"), std::string::npos) << option.text;
  EXPECT_EQ(sim("run a.yaml --seeds 0").code, 2);
  EXPECT_EQ(sim("run a.yaml --seed 1+x").code, 2);
  EXPECT_EQ(sim("run a.yaml --quiet=yes").code, 2);
  EXPECT_EQ(sim("").code, 2);
  for (const char* name : {"run", "replay", "shrink"}) EXPECT_EQ(sim(std::string(name) + " --help").code, 0) << name;
}

}  // namespace
}  // namespace simulator
