// Choices, minimising and replay files: what must hold of any of them.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "simulator/commands/progress.hpp"
#include "simulator/run/difference.hpp"
#include "simulator/search/ddmin.hpp"
#include "simulator/search/hunt.hpp"
#include "simulator/search/keep.hpp"
#include "simulator/search/packing.hpp"
#include "simulator/search/purposes.hpp"
#include "simulator/search/slim.hpp"

namespace simulator::search {
namespace {

using namespace std::chrono_literals;

// Small, with a fault of each common kind; it ends so early after the last of them that some runs are not well again.
Scenario stormy(const char* settle) {
  const auto read =
      read_scenario(NOMAD_SOURCE_DIR "/scenarios/stormy.yaml",
                    std::string("name: stormy\n"
                                "# A comment that a slim scenario does without.\n"
                                "about: nothing\n"
                                "cluster: {servers: 1..3, clients: 0..2}\n"
                                "network: {latency: 200us..20ms, loss: 0%..20%, duplication: 5%, "
                                "reordering: 10%}\n"
                                "disks: {sync: 1ms..40ms, slow: 10%, slow_by: 300ms}\n"
                                "clocks: {drift: 0.1%, offset: 1s}\n"
                                "timeline:\n"
                                "  - {every: 1s..3s, from: 3s, run: jobs/fleet.nomad, id: 'w*', count: 1..2}\n"
                                "  - {every: 2s..5s, from: 4s, power_loss: 1 random server, for: 1s..4s}\n"
                                "  - {every: 2s..5s, from: 4s, chance: 70%, crash: leader, for: 1s..4s}\n"
                                "  - {every: 3s..6s, from: 4s, partition: 'leader | rest', for: 1s..4s}\n"
                                "  - {at: 9s, times: 2, pause: 1 random server, for: 2s}\n"
                                "until: 15s\n"
                                "settle: ") +
                        settle + "\n");
  EXPECT_TRUE(read.has_value()) << read.error();
  return *read;
}

const Scenario& calm_end() {
  static const Scenario scenario = stormy("2m");
  return scenario;
}
const Scenario& hasty_end() {
  static const Scenario scenario = stormy("600ms");
  return scenario;
}

// The first seed from `from` on that falls.
RunResult fallen(std::uint64_t from) {
  for (std::uint64_t seed = from; seed < from + 100; ++seed) {
    RunResult result = run_once(hasty_end(), {.seed = seed, .record = true});
    if (result.verdict == Verdict::fell) return result;
  }
  return {};
}

struct Found {
  const char* name;
  const char* still;  // what it tells as long as it is the run that was found, or another choice has taken its place
};

// Runs that a search cut down, each by a bug that is mended: they hold now.
TEST(Search, WhatWasFoundHolds) {
  for (const auto& [name, still] : {Found{"waits-for-room", "job w5: 1 of 1 running"},
                                    Found{"leave-without-heir", "the agent of server-1 exits with code 0: left"},
                                    Found{"handle-not-kept", "client-2 starts again"},
                                    Found{"forgotten-servers", "server-3 hears nothing from now on"}}) {
    Files disk;
    const auto file = parse_replay_file(
        disk.read(std::string(NOMAD_SOURCE_DIR "/tests/simulator/found/") + name + ".replay").value_or(""));
    ASSERT_TRUE(file.has_value()) << name << ": " << file.error();
    Files inside(file->files);
    const auto scenario = load_scenario(file->scenario, inside);
    ASSERT_TRUE(scenario.has_value()) << scenario.error();
    char* told = nullptr;
    std::size_t size = 0;
    RunOptions options = options_for(file->played);
    options.story = open_memstream(&told, &size);
    const RunResult result = run_once(*scenario, options);
    std::fclose(options.story);
    EXPECT_EQ(result.verdict, Verdict::held) << name << ": " << result.violations[0].what;
    EXPECT_NE(std::string_view(told).find(still), std::string_view::npos) << name;
    std::free(told);
  }
}

TEST(Search, AnExplicitRunIsTheRunItWasRecordedFrom) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const RunResult plain = run_once(calm_end(), {.seed = seed});
    const RunResult recorded = run_once(calm_end(), {.seed = seed, .record = true});
    EXPECT_EQ(recorded.trace_hash, plain.trace_hash);
    const Case whole = case_of(recorded);
    EXPECT_EQ(run_once(calm_end(), options_for(whole)).trace_hash, plain.trace_hash);
  }
}

// Spares are servers; clients of a region without servers are left out.
TEST(Search, WhatARunHadAsItsLimitIsTheSameRun) {
  const auto scenario = read_scenario(NOMAD_SOURCE_DIR "/scenarios/limits.yaml",
                                      "cluster:\n"
                                      "  region: a\n"
                                      "  servers: [{count: 2, region: a}, {count: 1..2, region: b}]\n"
                                      "  clients: [{count: 2, region: b}, {count: 2, region: a}]\n"
                                      "  spares: 1..2\n"
                                      "until: 5s\n"
                                      "converges: false\n");
  ASSERT_TRUE(scenario.has_value()) << scenario.error();
  for (std::size_t servers = 1; servers <= 6; ++servers)
    for (std::size_t clients = 0; clients <= 4; clients += 2) {
      const RunResult run = run_once(*scenario, {.seed = servers, .limit = {servers, clients}, .record = true});
      EXPECT_LE(run.servers, servers);
      const Case kept = case_of(run);
      const RunResult again = run_once(*scenario, options_for(kept));
      EXPECT_EQ(again.trace_hash, run.trace_hash) << servers << " servers, " << clients << " clients";
      EXPECT_EQ(again.servers, run.servers);
      EXPECT_EQ(again.clients, run.clients);
    }
}

// Whatever numbers stand in the streams: the run goes on to its verdict, and every invariant holds.
RC_GTEST_PROP(SearchProperty, AnyNumbersAreAValidRun, ()) {
  Case of = case_of(run_once(calm_end(), {.seed = *rc::gen::inRange<std::uint64_t>(1, 20), .record = true}));
  of.only.reset();
  of.limit = {};
  const auto wild = *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::arbitrary<std::uint32_t>());
  const auto share = *rc::gen::inRange<std::uint64_t>(1, 4);
  std::size_t next = 0;
  for (auto& [name, values] : of.choices) {
    if (io_sim::mixed(values.size(), name.size()) % share != 0 || wild.empty()) continue;
    for (std::uint32_t& value : values) value = wild[next++ % wild.size()];
  }
  const RunResult result = run_once(calm_end(), options_for(of));
  RC_LOG() << (result.violations.empty() ? "" : result.violations[0].invariant + ": " + result.violations[0].what);
  RC_ASSERT(result.verdict == Verdict::held);
}

// Faults at a rate, of which no choice may make more than a run can hold.
const Scenario& at_rates() {
  static const Scenario scenario =
      *read_scenario(NOMAD_SOURCE_DIR "/scenarios/rates.yaml",
                     "cluster: {servers: 3, clients: 2}\n"
                     "nemeses:\n"
                     "  - {rate: 3/m, pause: 1 random client, for: 1s..20s, budget: 4, at_once: 2}\n"
                     "  - {rate: 1000/s, crash: 1 random server, for: 1s..2s, budget: 2}\n"
                     "until: 10s\n");
  return scenario;
}

TEST(Search, WithoutANumberNoRateStrikes) {
  const io_sim::Script none;
  const RunResult result = run_once(at_rates(), {.script = &none, .record = true});
  EXPECT_EQ(result.verdict, Verdict::held);
  EXPECT_LE(result.operations.size(), 2U) << "28 means of a thousand a second are within the run";
}

RC_GTEST_PROP(SearchProperty, RatesEndWhateverTheirNumbers, ()) {
  Case of = case_of(run_once(at_rates(), {.seed = *rc::gen::inRange<std::uint64_t>(1, 20), .record = true}));
  of.only.reset();
  for (auto stream = of.choices.begin(); stream != of.choices.end();) {
    const auto fate = *rc::gen::inRange(0, 4);
    for (std::uint32_t& value : stream->second)
      if (fate == 1) value = *rc::gen::element<std::uint32_t>(0, 1, 65'535, 0xffffffff);
    if (fate == 2) std::fill(stream->second.begin(), stream->second.end(), 0xffffffff);
    stream = fate == 3 ? of.choices.erase(stream) : std::next(stream);
  }
  const RunResult result = run_once(at_rates(), options_for(of));
  for (const checkers::Violation& violation : result.violations)
    RC_LOG() << violation.invariant << ": " << violation.what;
  RC_ASSERT(result.verdict == Verdict::held);
  RC_ASSERT(result.operations.size() <= 6U);
}

RC_GTEST_PROP(SearchProperty, MinimisingReturnsARunThatFalls, ()) {
  const RunResult failed = fallen(*rc::gen::inRange<std::uint64_t>(1, 50));
  RC_PRE(failed.verdict == Verdict::fell);
  const std::string& invariant = failed.violations[0].invariant;
  const auto small = minimise(hasty_end(), case_of(failed), invariant, 150ms);
  RC_ASSERT(small.has_value());
  const RunResult again = run_once(hasty_end(), options_for(small->smallest));
  RC_ASSERT(again.verdict == Verdict::fell);
  RC_ASSERT(again.violations[0].invariant == invariant);
  RC_ASSERT(again.trace_hash == small->result.trace_hash);
  RC_ASSERT(small->smallest.only->size() <= failed.operations.size());
}

TEST(Search, MinimisingRefusesARunThatHolds) {
  const RunResult held = run_once(calm_end(), {.seed = 1, .record = true});
  ASSERT_EQ(held.verdict, Verdict::held);
  EXPECT_FALSE(minimise(calm_end(), case_of(held), "HEAL", 1s).has_value());
}

TEST(Search, AKeptRunFallsAgainAsItIsSaved) {
  const RunResult failed = fallen(1);
  ASSERT_EQ(failed.verdict, Verdict::fell);
  const auto kept = keep(hasty_end(), failed, {.folder = testing::TempDir(), .time = 3s, .mutant = ""});
  ASSERT_TRUE(kept.has_value()) << kept.error();
  std::string text;
  Files disk;
  text = disk.read(kept->path).value_or("");
  const auto file = parse_replay_file(text);
  ASSERT_TRUE(file.has_value()) << file.error();
  EXPECT_EQ(file->files.at(file->scenario).find("comment"), std::string::npos) << text;
  Files inside(file->files);
  const auto scenario = load_scenario(file->scenario, inside);
  ASSERT_TRUE(scenario.has_value()) << scenario.error();
  const RunResult again = run_once(*scenario, options_for(file->played));
  EXPECT_EQ(again.trace_hash, file->trace_hash);
  ASSERT_EQ(again.verdict, Verdict::fell);
  EXPECT_EQ(again.violations[0].invariant, failed.violations[0].invariant);
}

TEST(Search, WhoIsInterruptedKeepsTheWholeRun) {
  const RunResult failed = fallen(1);
  ASSERT_EQ(failed.verdict, Verdict::fell);
  const std::string folder = testing::TempDir() + "/interrupted";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::atomic<bool> interrupted{true};
  const auto kept =
      keep(hasty_end(), failed, {.folder = folder, .time = 1h, .mutant = "", .interrupted = &interrupted});
  ASSERT_TRUE(kept.has_value()) << kept.error();
  EXPECT_TRUE(kept->summary.starts_with("kept whole: ")) << kept->summary;
  EXPECT_TRUE(std::filesystem::exists(kept->path));
  std::filesystem::remove_all(folder);
}

// --- replay files ---
rc::Gen<std::string> line() {
  return rc::gen::container<std::string>(
      rc::gen::suchThat(rc::gen::inRange<char>(' ', '~'), [](char) { return true; }));
}
rc::Gen<std::string> word() {
  return rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange<char>('!', '~')));
}

ReplayFile any_file() {
  ReplayFile out;
  out.build = *word();
  if (*rc::gen::arbitrary<bool>()) out.whole = *rc::gen::arbitrary<std::uint64_t>();
  out.mutant = *rc::gen::element<std::string>("", "K04");
  out.violation = {*word(), TrueTime{*rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000)}, *line()};
  out.trace_hash = *rc::gen::arbitrary<std::uint64_t>();
  out.scenario = *word();
  out.files[out.scenario] = *rc::gen::container<std::string>(rc::gen::element('a', '\n', '|', '+', ' ', '\r'));
  out.files[*word()] = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
  out.played.limit = {*rc::gen::inRange<std::size_t>(0, 40), *rc::gen::inRange<std::size_t>(0, 100'000)};
  if (*rc::gen::arbitrary<bool>()) {
    out.played.only.emplace();
    const auto count = *rc::gen::inRange(0, 20);
    for (int i = 0; i < count; ++i)
      out.played.only->insert({*rc::gen::arbitrary<std::uint32_t>(), *rc::gen::inRange<std::uint32_t>(0, 1000)});
  }
  const auto streams = *rc::gen::inRange(0, 6);
  for (int i = 0; i < streams; ++i)
    out.played.choices[*rc::gen::nonEmpty(line())] = *rc::gen::container<io_sim::Values>(
        rc::gen::oneOf(rc::gen::element<std::uint32_t>(0, 1), rc::gen::arbitrary<std::uint32_t>()));
  return out;
}

RC_GTEST_PROP(ReplayFileProperty, RoundTrips, ()) {
  const ReplayFile file = any_file();
  const std::string text = text_of(file);
  const auto back = parse_replay_file(text);
  RC_LOG() << text << (back ? "" : back.error());
  RC_ASSERT(back.has_value());
  RC_ASSERT(back->played == file.played);
  RC_ASSERT(back->files == file.files);
  RC_ASSERT(back->violation.what == file.violation.what);
  RC_ASSERT(back->violation.at == file.violation.at);
  RC_ASSERT(back->trace_hash == file.trace_hash);
  RC_ASSERT(back->whole == file.whole);
  RC_ASSERT(text_of(*back) == text);
}

RC_GTEST_PROP(ReplayFileProperty, CutShortItIsRefused, ()) {
  const std::string text = text_of(any_file());
  const auto length = *rc::gen::inRange<std::size_t>(0, text.size());
  RC_ASSERT(!parse_replay_file(text.substr(0, length)).has_value());
}

// Garbled within, and sealed again: whatever stands there, it is refused or read, and never ends the process.
RC_GTEST_PROP(ReplayFileProperty, GarbledItIsRefusedOrRead, ()) {
  std::string text = text_of(any_file());
  text.resize(text.rfind("end "));
  const auto changes = *rc::gen::inRange(1, 10);
  for (int i = 0; i < changes; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        text[at] = *rc::gen::arbitrary<char>();
        break;
      case 1:
        text.erase(at, *rc::gen::inRange<std::size_t>(0, 30));
        break;
      default:
        text.insert(at, *rc::gen::element<std::string>("\n", "packed ", "stream x 0*99999999999\n", "99999999999",
                                                       "nodes", "*"));
    }
    if (text.empty()) return;
  }
  if (text.back() != '\n') text += '\n';
  const auto file = parse_replay_file(sealed(text));
  if (!file) RC_ASSERT(!file.error().empty());
}

TEST(ReplayFile, KnowsWhateverRunsDrawFor) {
  std::set<std::string> drawn;
  const std::regex asked(R"(stream\("([^"]+)\")");
  for (const char* folder : {"/simulator", "/io-sim"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(std::string(NOMAD_SOURCE_DIR) + folder)) {
      const std::string path = entry.path().string();
      const bool is_other = path.find("/property/") != std::string::npos || path.find("/explore/") != std::string::npos;
      if (is_other || !(path.ends_with(".cpp") || path.ends_with(".hpp"))) continue;
      std::ifstream in(path);
      const std::string text{std::istreambuf_iterator<char>(in), {}};
      for (std::sregex_iterator at(text.begin(), text.end(), asked), end; at != end; ++at) drawn.insert((*at)[1]);
    }
  EXPECT_EQ(drawn, std::set<std::string>(purposes.begin(), purposes.end()));
}

TEST(ReplayFile, SaysWhatIsWrong) {
  const auto problem = [](const std::string& text) {
    const auto file = parse_replay_file(text);
    return file ? "(none)" : file.error();
  };
  const std::string head = "nomad-sim replay file, format 1\n";
  EXPECT_NE(problem("hello").find("wanted a replay file"), std::string::npos);
  EXPECT_NE(problem("nomad-sim replay file, format 9\nend 0\n").find("format \"9\", wanted format 1"),
            std::string::npos);
  EXPECT_NE(problem(head + "build x\n").find("cut short"), std::string::npos);
  EXPECT_NE(problem(head + "build x\nend 0123\n").find("another content"), std::string::npos);
  EXPECT_NE(problem(sealed(head + "bild x\n")).find("line 2: found \"bild\""), std::string::npos);
  EXPECT_NE(problem(sealed(head + "stream a 1 2 x\n")).find("line 2: found no list of numbers"), std::string::npos);
  EXPECT_NE(problem(sealed(head + "stream a 0*17000000\n")).find("line 2:"), std::string::npos);
  EXPECT_NE(problem(sealed(head + "build \x1b[2J\n")).find("control character"), std::string::npos);
  EXPECT_NE(problem(sealed(head + "operations 3\n")).find("wanted an operation such as 3.0"), std::string::npos);
  EXPECT_NE(problem(sealed(head + "stream a 1\nstream a 2\n")).find("line 3: found the stream a again"),
            std::string::npos);
  EXPECT_NE(problem(sealed(head + "stream\n")).find("line 2: found a stream without a name"), std::string::npos);
  EXPECT_NE(problem(sealed(head + "operations 3.0 3.0\n")).find("the operation 3.0 again"), std::string::npos);
  EXPECT_NE(problem(sealed(head + "build a\nbuild b\n")).find("line 3: found \"build\" again"), std::string::npos);
  EXPECT_NE(problem(sealed(head + "file a\nfile a\n")).find("line 3: found the file \"a\" again"), std::string::npos);
  EXPECT_NE(problem(sealed(head + "packed AAAA\n")).find("cannot be unpacked"), std::string::npos);
  EXPECT_NE(problem(sealed(head + "scenario a.yaml\n")).find("no text of the scenario"), std::string::npos);
}

RC_GTEST_PROP(Packing, WhatIsPackedIsUnpacked, (const std::string& bytes)) {
  const auto back = unpack(pack(bytes), bytes.size());
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == bytes);
  if (!bytes.empty()) RC_ASSERT(!unpack(pack(bytes), bytes.size() - 1).has_value());
}

TEST(Packing, ABombIsRefused) {
  const std::string bomb = pack(std::string(50'000'000, '\0'));
  EXPECT_FALSE(unpack(bomb, 1'000'000).has_value());
  EXPECT_EQ(parse_values("0*99999999999999999999"), std::nullopt);
  EXPECT_EQ(parse_values("0*16000000 0"), std::nullopt);
}

// --- delta debugging ---
RC_GTEST_PROP(Ddmin, FindsWhatIsNeeded, ()) {
  const auto size = *rc::gen::inRange(1, 60);
  std::vector<int> items;
  for (int i = 0; i < size; ++i) items.push_back(i);
  const auto needed = *rc::gen::container<std::set<int>>(rc::gen::inRange(0, size));
  const auto holds = [&](const std::vector<int>& some) {
    const std::set<int> there(some.begin(), some.end());
    return std::includes(there.begin(), there.end(), needed.begin(), needed.end());
  };
  const auto found = ddmin(items, holds);
  RC_ASSERT(std::set<int>(found.begin(), found.end()) == needed);
}

// --- campaigns ---
TEST(Hunt, MakesTheSameRunsOnAnyNumberOfThreads) {
  const auto lineages = [](unsigned jobs) {
    const Hunted hunted = hunt({hasty_end()}, {.seeds = 90, .jobs = jobs, .keep_going = true}, [](const Hunted&) {});
    std::string out;
    for (const Group& group : hunted.groups)
      out += simulator::text_of(group.first.result.lineage) + " " + std::to_string(group.count) + " " +
             cause_of(group.first) + "\n";
    for (const auto& [name, count] : hunted.tallies[0].totals) out += name + " " + std::to_string(count) + "\n";
    return out;
  };
  EXPECT_EQ(lineages(1), lineages(3));
}

TEST(Hunt, GoesOnOrStopsAtTheFirstFailure) {
  const Hunted first = hunt({hasty_end(), calm_end()}, {.seeds = 30}, [](const Hunted&) {});
  ASSERT_EQ(first.groups.size(), 1U);
  EXPECT_EQ(first.groups[0].count, 1U);
  EXPECT_EQ(first.tallies[0].fell, 1U);
  const Hunted all = hunt({hasty_end(), calm_end()}, {.seeds = 30, .keep_going = true}, [](const Hunted&) {});
  EXPECT_EQ(all.tallies[0].runs(), 30U);
  EXPECT_EQ(all.tallies[1].held, 30U);
  EXPECT_GT(all.tallies[0].fell, 1U);
  EXPECT_FALSE(all.time_over);
}

TEST(Hunt, ProgressCountsAPointOnceHoweverManyScenariosReachedIt) {
  Hunted so_far;
  so_far.tallies = {{.scenario = "a", .reached = {{"one", 3}, {"two", 0}, {"three", 1}}},
                    {.scenario = "b", .reached = {{"one", 1}, {"two", 0}, {"three", 0}}}};
  EXPECT_EQ(commands::points_text(so_far), "2 of " + std::to_string(coverage::point_count) + " points");
}

TEST(Hunt, ATimeThatIsOverIsSaid) {
  const Hunted hunted = hunt({calm_end()}, {.seeds = 1'000'000, .time = 50ms}, [](const Hunted&) {});
  EXPECT_TRUE(hunted.time_over);
}

TEST(Guide, RareRunsGetDescendants) {
  Guide guide(1);
  for (std::uint64_t seed = 1; seed <= 60; ++seed) guide.note({seed}, {{"common", 1}, {"rare", seed == 17 ? 1U : 0U}});
  std::size_t fresh = 0;
  for (std::uint64_t round = 60; round < 90; ++round) {
    const io_sim::Lineage next = guide.next(round);
    if (next.size() == 1) {
      ++fresh;
      EXPECT_EQ(next[0], 1 + round);
    } else {
      EXPECT_EQ(next, (io_sim::Lineage{17, 1 + round}));
    }
  }
  EXPECT_EQ(fresh, 20U);
}

TEST(Difference, NamesTheFirstEventThatDiffers) {
  const std::vector<Mark> a{{1, {}, 0, 0, "Woken{}"}, {2, {}, 0, 0, "Woken{}"}, {3, {}, 2, 1, "one"}};
  std::vector<Mark> b = a;
  EXPECT_EQ(describe_difference(a, b), "");
  b[2] = {4, {}, 2, 1, "another"};
  const std::string text = describe_difference(a, b);
  EXPECT_NE(text.find("event 3"), std::string::npos) << text;
  EXPECT_NE(text.find("one"), std::string::npos) << text;
  EXPECT_NE(text.find("another"), std::string::npos) << text;
  b.pop_back();
  EXPECT_NE(describe_difference(a, b).find("the second run has ended"), std::string::npos);
}

}  // namespace
}  // namespace simulator::search
