// The debugger, driven by script as its users may.
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "simulator/debug/channel.hpp"
#include "simulator/debug/node_state.hpp"
#include "simulator/debug/request.hpp"

namespace simulator::debug {
namespace {

struct Output {
  int code = -1;
  std::string text;
  bool has(const std::string& what) const { return text.find(what) != std::string::npos; }
  /// What was printed after the `which`th command of that text, up to the next command.
  std::string after(const std::string& command, int which = 1) const {
    std::size_t at = 0;
    for (; which > 0; --which) at = text.find("> " + command + "\n", at) + command.size() + 3;
    return text.substr(at, text.find("\n> ", at) + 1 - at);
  }
};

Output shell(const std::string& line) {
  Output out;
  std::FILE* const pipe = popen(("(" + line + ") 2>&1").c_str(), "r");
  if (pipe == nullptr) return out;
  std::array<char, 4096> buffer{};
  while (const std::size_t got = fread(buffer.data(), 1, buffer.size(), pipe)) out.text.append(buffer.data(), got);
  const int status = pclose(pipe);
  out.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return out;
}

Output told(const std::vector<std::string>& commands, const std::string& subject = "first-election.yaml --seed 3") {
  std::string line = std::string(NOMAD_SIM) + " debug " NOMAD_SOURCE_DIR "/scenarios/" + subject;
  for (const std::string& command : commands) line += " --command '" + command + "'";
  return shell(line);
}

TEST(Debugger, ComesBackToTheSameState) {
  const Output out = told({"goto 900", "print server-1 json", "goto 400", "print server-1 json", "step 500",
                           "print server-1 json", "goto 1300", "back 400", "print server-1 json"});
  EXPECT_EQ(out.code, 0) << out.text;
  const std::string there = out.after("print server-1 json");
  EXPECT_NE(there.find("\"raft\""), std::string::npos) << out.text;
  EXPECT_NE(out.after("print server-1 json", 2), there);
  EXPECT_EQ(out.after("print server-1 json", 3), there);
  EXPECT_EQ(out.after("print server-1 json", 4), there);
  EXPECT_TRUE(out.has("#900 at ")) << out.text;
}

// One read of a stream may have many messages, each an event of its own: none is passed over, and none is come back to
// twice.
TEST(Debugger, GoesToEachEvent) {
  std::vector<std::string> commands;
  for (int event = 1; event <= 900; event += 1) commands.push_back("goto " + std::to_string(event));
  commands.push_back("back 300");
  commands.push_back("back");
  const Output out = told(commands, "figure-8.yaml --seed 2");
  for (int event = 1; event <= 900; event += 1)
    EXPECT_TRUE(out.after("goto " + std::to_string(event)).starts_with("#" + std::to_string(event) + " at ")) << event;
  EXPECT_TRUE(out.after("back 300").starts_with("#600 at ")) << out.after("back 300");
  EXPECT_TRUE(out.after("back").starts_with("#599 at ")) << out.after("back");
}

TEST(Debugger, NeverGoesPastATime) {
  std::vector<std::string> commands;
  for (int ms = 1000; ms < 9000; ms += 37) commands.push_back("goto " + std::to_string(ms) + "ms");
  commands.push_back("goto 2s");
  const Output out = told(commands, "figure-8.yaml --seed 2");
  for (int ms = 1000; ms < 9000; ms += 37) {
    const std::string there = out.after("goto " + std::to_string(ms) + "ms");
    int minutes = 0;
    double seconds = 0;
    ASSERT_EQ(std::sscanf(there.c_str(), "#%*d at %dm%lfs", &minutes, &seconds), 2) << there;
    EXPECT_LE(minutes * 60'000 + seconds * 1000, ms + 0.5) << there;
  }
}

// The log is shown from its end on; what is not shown has not been cut off.
TEST(Debugger, DiffsLogsAsAWhole) {
  const Output out = told({"goto 8s", "diff server-1 4s 8s", "print server-1"}, "figure-8.yaml --seed 2");
  EXPECT_NE(out.after("diff server-1 4s 8s").find("+ raft.log."), std::string::npos) << out.text;
  EXPECT_EQ(out.after("diff server-1 4s 8s").find("- raft.log."), std::string::npos) << out.text;
  EXPECT_NE(out.after("print server-1").find("log, the last 8 of "), std::string::npos) << out.text;
}

TEST(Debugger, ShowsTheDiskOfOneThatIsDown) {
  const Output out = told({"goto 30.1s", "print server-1"}, "mass-restart.yaml");
  EXPECT_TRUE(out.has("process: down")) << out.text;
  EXPECT_TRUE(out.has("server/raft/")) << out.text;
}

TEST(Debugger, GoesToTimesAndToTheEnd) {
  const Output out = told({"goto 5s", "nodes", "run", "nodes", "goto 2s"});
  EXPECT_EQ(out.code, 0) << out.text;
  EXPECT_NE(out.after("nodes").find("server-1"), std::string::npos) << out.text;
  EXPECT_NE(out.after("run").find("the run is over: HELD"), std::string::npos) << out.text;
  EXPECT_EQ(out.after("goto 5s").find("over"), std::string::npos) << out.text;
  EXPECT_EQ(out.after("goto 2s").find("over"), std::string::npos) << out.text;
}

TEST(Debugger, StopsAtBreakpoints) {
  const Output out = told({"break change role", "run", "nodes", "run", "delete 1", "break message heartbeat server-2",
                           "run", "messages 1", "breaks"});
  EXPECT_EQ(out.code, 0) << out.text;
  EXPECT_NE(out.after("run").find("breakpoint: change: role"), std::string::npos) << out.text;
  EXPECT_NE(out.after("run", 3).find("breakpoint: message of server-2: heartbeat"), std::string::npos) << out.text;
  EXPECT_NE(out.after("messages 1").find("server-2"), std::string::npos) << out.text;
  EXPECT_NE(out.after("messages 1").find("heartbeat"), std::string::npos) << out.text;
}

TEST(Debugger, SaysWhoseFieldChangedFromWhatToWhat) {
  const Output out = told({"break change role", "run"});
  EXPECT_NE(out.after("run").find("breakpoint: change: role: server-"), std::string::npos) << out.text;
  EXPECT_NE(out.after("run").find(": nothing -> follower"), std::string::npos) << out.text;
}

TEST(Debugger, TakesAPointWithoutQuotationMarks) {
  const Output out = told({"break coverage a leader was elected", "run"});
  EXPECT_EQ(out.code, 0) << out.text;
  EXPECT_NE(out.after("run").find("breakpoint: coverage: a leader was elected"), std::string::npos) << out.text;
}

TEST(Debugger, RefusesBreakpointsThatWouldNeverHold) {
  const auto refused = [](const std::string& command, const std::string& why) {
    const Output out = told({command});
    EXPECT_EQ(out.code, 2) << out.text;
    EXPECT_NE(out.text.find(why), std::string::npos) << out.text;
  };
  refused("break coverage a leader was electd", "(did you mean a leader was elected?)");
  refused("break invariant SMSAVE", "there is no invariant \"SMSAVE\" (did you mean SMSAFE?)");
  refused("break change role server-9", "there is no node \"server-9\" (did you mean server-1?)");
  refused("break message heartbeat server-9", "there is no node \"server-9\"");
}

TEST(Debugger, StopsWhenAPointIsReached) {
  const Output out = told({"break coverage elect", "run", "coverage"});
  EXPECT_NE(out.after("run").find("breakpoint: coverage: elect"), std::string::npos) << out.text;
  EXPECT_NE(out.after("coverage").find("elect"), std::string::npos) << out.text;
}

TEST(Debugger, NamesTheChainOfCauses) {
  const Output out = told({"break message heartbeat server-2", "run", "why"});
  const std::string chain = out.after("why");
  EXPECT_NE(chain.find("heartbeat"), std::string::npos) << out.text;
  // The one who sent it did so on its own deadline.
  EXPECT_NE(chain.find("woken"), std::string::npos) << out.text;
}

TEST(Debugger, SaysWhatChanged) {
  const Output out = told({"goto 900", "diff server-1 200", "diff server-1 900 900"});
  EXPECT_NE(out.after("diff server-1 200").find("raft"), std::string::npos) << out.text;
  EXPECT_NE(out.after("diff server-1 900 900").find("the same"), std::string::npos) << out.text;
}

TEST(Debugger, TriesOtherFutures) {
  const Output out = told({"goto 300", "fork 3", "print server-1 json", "branch 5", "goto 900", "messages 3",
                           "goto 300", "print server-1 json"});
  EXPECT_EQ(out.code, 0) << out.text;
  EXPECT_NE(out.after("fork 3").find("of 3 other futures from here 3 held, 0 fell"), std::string::npos) << out.text;
  EXPECT_EQ(out.after("print server-1 json"), out.after("print server-1 json", 2));
  const Output usual = told({"goto 900", "messages 3"});
  EXPECT_NE(usual.after("messages 3"), out.after("messages 3"));
}

TEST(Debugger, SavesAFuture) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "debug_save";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string one = (folder / "one.replay").string();
  const std::string other = (folder / "other.replay").string();
  const Output out = told({"goto 300", "save " + one, "branch 5", "save " + other, "save " + other, "messages 1"});
  EXPECT_EQ(out.code, 2) << "nothing is written over: " << out.text;
  EXPECT_EQ(out.after("save " + one), one + ": it holds\n") << out.text;
  EXPECT_TRUE(out.has("found a file at " + other + ", wanted a new one")) << out.text;
  EXPECT_TRUE(out.after("messages 1").starts_with("#300 ")) << out.text;
  // The file is the run, in all its events; the other is another.
  const Output same = shell(NOMAD_SIM " replay --quiet " + one);
  const Output seed = shell(NOMAD_SIM " run --quiet " NOMAD_SOURCE_DIR "/scenarios/first-election.yaml --seed 3");
  const auto trace = [](const std::string& text) { return text.substr(text.find("trace "), 22); };
  EXPECT_EQ(same.code, 0) << same.text;
  EXPECT_EQ(trace(same.text), trace(seed.text));
  const Output branched = shell(NOMAD_SIM " replay --quiet " + other);
  EXPECT_EQ(branched.code, 0) << branched.text;
  EXPECT_NE(trace(branched.text), trace(same.text));
}

TEST(Debugger, SaysWhenThereIsNothing) {
  const Output out = told({"goto 300", "print server-1 jobs", "print server-1 evals abc", "messages 5 server-9"});
  EXPECT_EQ(out.code, 2);
  EXPECT_EQ(out.after("print server-1 jobs"), "server-1 has no jobs\n") << out.text;
  EXPECT_EQ(out.after("print server-1 evals abc"), "server-1 has no evals whose id begins with \"abc\"\n") << out.text;
  EXPECT_TRUE(out.has("there is no node \"server-9\" (did you mean server-1?)")) << out.text;
}

TEST(Debugger, GoesThroughAReplayFile) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "debug_replay";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::filesystem::copy(NOMAD_SOURCE_DIR "/scenarios/jobs/fleet.nomad", folder);
  std::ofstream(folder / "fail.yaml") << "cluster: {servers: 3, clients: 2}\n"
                                         "timeline:\n"
                                         "  - {at: 15s, run: fleet.nomad, count: 4}\n"
                                         "until: 30s\n"
                                         "settle: 20s\n"
                                         "expect:\n"
                                         "  - {job: fleet, running: 5}\n";
  const Output kept = shell("cd " + folder.string() + " && " NOMAD_SIM " run fail.yaml --seed 3 --quiet");
  ASSERT_EQ(kept.code, 1) << kept.text;
  std::string file;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".replay") file = entry.path().string();
  ASSERT_NE(file, "") << kept.text;
  const Output out = shell(NOMAD_SIM " debug " + file + " --command run --command 'goto 10s' --command 'fork 2'");
  EXPECT_EQ(out.code, 0) << out.text;
  EXPECT_TRUE(out.has("EXPECT fell at ")) << out.text;
  EXPECT_TRUE(out.has("2  EXPECT  (branch 1, 2)")) << out.text;
  std::filesystem::resize_file(file, 200);
  EXPECT_EQ(shell(NOMAD_SIM " debug " + file + " --command run").code, 2);
}

TEST(Debugger, ReadsItsCommandsFromItsInput) {
  const Output out = shell("printf 'goto 400\\nnodes\\n' | " NOMAD_SIM " debug " NOMAD_SOURCE_DIR
                           "/scenarios/first-election.yaml --seed 3");
  EXPECT_EQ(out.code, 0) << out.text;
  EXPECT_NE(out.after("nodes").find("server-1"), std::string::npos) << out.text;
}

TEST(Debugger, HelpsWithWhatItDoesNotUnderstand) {
  for (const char* command :
       {"jump", "goto soon", "print nobody", "print server-1 tables", "break", "break change colour", "delete 7",
        "step far", "why never", "fork many", "branch", "diff server-1"}) {
    const Output out = told({command});
    EXPECT_EQ(out.code, 2) << command;
    EXPECT_TRUE(out.has("wanted") || out.has("wants") || out.has("there ") || out.has("no such")) << out.text;
  }
}

TEST(Debugger, RefusesWhatIsNoRun) {
  EXPECT_EQ(told({"nodes"}, "none.yaml").code, 2);
  EXPECT_EQ(told({"nodes"}, "jobs/web.nomad").code, 2);
  EXPECT_EQ(told({"nodes"}, "first-election.yaml --seed x").code, 2);
}

TEST(Channel, CarriesFramesAndChannels) {
  auto [near, far] = Channel::pair();
  auto [one, other] = Channel::pair();
  ASSERT_TRUE(near.send({Frame::Kind::moment, true, false, 7, 9, std::string(100'000, 'x').substr(0, 1000)}, &one));
  Channel passed;
  const auto frame = far.receive(&passed);
  ASSERT_TRUE(frame.has_value());
  EXPECT_EQ(frame->event, 7u);
  EXPECT_EQ(frame->time_ns, 9);
  EXPECT_TRUE(frame->over);
  EXPECT_EQ(frame->text.size(), 1000u);
  ASSERT_TRUE(passed.is_open());
  ASSERT_TRUE(passed.send({Frame::Kind::request, false, false, 0, 0, "hello"}));
  EXPECT_EQ(other.receive()->text, "hello");
  near.close();
  EXPECT_FALSE(far.receive().has_value());
}

TEST(Request, ComesBackAsItWas) {
  simulator::debug::Run run;
  run.until_event = 12;
  run.until_ns = 34;
  run.moments_every_ms = 56;
  run.breakpoints = {{Breakpoint::Kind::message, "append entries", "server-1"}, {Breakpoint::Kind::invariant, "", ""}};
  const auto back = decode_run(encode(run));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->until_event, 12u);
  EXPECT_EQ(back->until_ns, 34);
  EXPECT_EQ(back->moments_every_ms, 56u);
  ASSERT_EQ(back->breakpoints.size(), 2u);
  EXPECT_EQ(back->breakpoints[0].what, "append entries");
  EXPECT_EQ(back->breakpoints[0].node, "server-1");
  EXPECT_EQ(back->breakpoints[1].kind, Breakpoint::Kind::invariant);
  EXPECT_EQ(back->breakpoints[1].node, "");
  EXPECT_FALSE(decode_run("run").has_value());
  EXPECT_FALSE(decode_run("run 1 2 3\nx y\nz").has_value());
}

TEST(Request, KeepsQuotedWordsTogether) {
  EXPECT_EQ(words("break message \"append entries\" server-1"),
            (std::vector<std::string>{"break", "message", "append entries", "server-1"}));
  EXPECT_EQ(words("  "), std::vector<std::string>{});
  EXPECT_EQ(words("a \"\" b"), (std::vector<std::string>{"a", "", "b"}));
}

TEST(NodeState, DiffersByPath) {
  const boost::json::value before = {{"raft", {{"term", 2}, {"log", {{"1", "x"}}}}}, {"id", "a"}};
  const boost::json::value after = {{"raft", {{"term", 3}, {"log", {{"1", "x"}, {"2", "y"}}}}}};
  EXPECT_EQ(difference(before, after), "raft.term: 2 -> 3\n+ raft.log.2: y\n- id: a\n");
  EXPECT_EQ(difference(before, before), "");
}

}  // namespace
}  // namespace simulator::debug
