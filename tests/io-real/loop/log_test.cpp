// Log lines as hclog writes them, and the log file's rotation.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "io-real/loop/log_file.hpp"
#include "io-real/loop/log_line.hpp"
#include "io-real/loop/log_sink.hpp"
#include "tests/io-real/scratch_folder.hpp"

namespace {

namespace world = core::world;
using io_real::loop::json_line;
using io_real::loop::text_line;

constexpr core::WallTime at{1795381200'123456789};  // 2026-11-22T21:00:00.123456789Z

class LogLine : public testing::Test {
 protected:
  void SetUp() override { set_zone("UTC"); }
  void TearDown() override { set_zone("UTC"); }
  static void set_zone(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
};

TEST_F(LogLine, TextIsHclogs) {
  EXPECT_EQ(
      text_line(
          at,
          {world::LogLevel::info, "nomad.raft", "entering leader state", {{"leader", "n1"}, {"why", "won the vote"}}}),
      "2026-11-22T21:00:00.123Z [INFO]  nomad.raft: entering leader state: leader=n1 why=\"won the vote\"");
  EXPECT_EQ(text_line(at, {world::LogLevel::trace, "", "m", {}}), "2026-11-22T21:00:00.123Z [TRACE] m");
  EXPECT_EQ(text_line(at, {world::LogLevel::debug, "a", "m", {}}), "2026-11-22T21:00:00.123Z [DEBUG] a: m");
  EXPECT_EQ(text_line(at, {world::LogLevel::warn, "a", "m", {}}), "2026-11-22T21:00:00.123Z [WARN]  a: m");
  EXPECT_EQ(text_line(at, {world::LogLevel::error, "a", "m", {{"error", "say \"no\"\t"}}}),
            "2026-11-22T21:00:00.123Z [ERROR] a: m: error=\"say \\\"no\\\"\\t\"");
  EXPECT_EQ(text_line({-1}, {world::LogLevel::info, "", "m", {}}), "1969-12-31T23:59:59.999Z [INFO]  m");
}

TEST_F(LogLine, LineBreaksForgeNoLines) {
  EXPECT_EQ(text_line(at, {world::LogLevel::info, "a", "one\ntwo\x1b", {}}),
            "2026-11-22T21:00:00.123Z [INFO]  a: one\\ntwo\\x1b");
  EXPECT_EQ(text_line(at, {world::LogLevel::info, "a", "m", {{"out", "one\ntwo"}, {"k", "v"}}}),
            "2026-11-22T21:00:00.123Z [INFO]  a: m:\n  out=\n  | one\n  | two\n  k=v");
}

TEST_F(LogLine, TimesAreLocal) {
  set_zone("IST-5:30");
  EXPECT_EQ(text_line(at, {world::LogLevel::info, "", "m", {}}), "2026-11-23T02:30:00.123+0530 [INFO]  m");
  EXPECT_NE(json_line(at, {world::LogLevel::info, "", "m", {}}).find("\"2026-11-23T02:30:00.123456+05:30\""),
            std::string::npos);
}

TEST_F(LogLine, JsonHasSortedKeys) {
  EXPECT_EQ(
      json_line(at, {world::LogLevel::warn, "nomad.raft", "a \"quoted\"\nline\x01", {{"term", "2"}, {"leader", "n1"}}}),
      "{\"@level\":\"warn\",\"@message\":\"a \\\"quoted\\\"\\nline\\u0001\",\"@module\":\"nomad.raft\","
      "\"@timestamp\":\"2026-11-22T21:00:00.123456Z\",\"leader\":\"n1\",\"term\":\"2\"}");
}

std::set<std::string> names_in(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

TEST(LogFile, RotatesBySizeAndKeepsTheNewest) {
  tests::ScratchFolder folder;
  auto file = io_real::loop::LogFile::open(
      {.path = (folder.path() / "logs/agent.txt").string(), .rotate_bytes = 10, .keep_files = 2});
  ASSERT_TRUE(file) << file.error();
  for (int i = 0; i < 5; ++i) (*file)->write({at.unix_ns + i}, "line " + std::to_string(i) + " long");
  (*file)->flush();
  EXPECT_EQ(names_in(folder.path() / "logs"),
            (std::set<std::string>{"agent.txt", "agent-" + std::to_string(at.unix_ns + 3) + ".txt",
                                   "agent-" + std::to_string(at.unix_ns + 4) + ".txt"}));
  std::stringstream text;
  text << std::ifstream(folder.path() / "logs/agent.txt").rdbuf();
  EXPECT_EQ(text.str(), "line 4 long\n");
}

TEST(LogFile, IsNotForEverybodysEyes) {
  tests::ScratchFolder folder;
  const auto path = folder.path() / "nomad.log";
  const auto before = ::umask(0);
  const auto file = io_real::loop::LogFile::open({.path = path.string()});
  ::umask(before);
  ASSERT_TRUE(file) << file.error();
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0640));
}

TEST(LogFile, RotatesByAge) {
  tests::ScratchFolder folder;
  auto file =
      io_real::loop::LogFile::open({.path = folder.path().string() + "/", .rotate_after = std::chrono::hours(1)});
  ASSERT_TRUE(file) << file.error();
  const auto now = static_cast<std::int64_t>(std::time(nullptr)) * 1'000'000'000;
  (*file)->write({now}, "young");
  (*file)->write({now + 1'000'000'000}, "young still");
  EXPECT_EQ(names_in(folder.path()).size(), 1u);
  (*file)->write({now + std::int64_t{7200} * 1'000'000'000}, "old");
  EXPECT_EQ(names_in(folder.path()).size(), 2u);
}

TEST(LogFile, WhatCannotBeOpenedIsASentence) {
  const auto file = io_real::loop::LogFile::open({.path = "/proc/no/nomad.log"});
  ASSERT_FALSE(file);
  EXPECT_TRUE(file.error().starts_with("Failed to setup logging: open /proc/no/nomad.log: ")) << file.error();
}

// The standard output, for as long as it lives: a pipe that was filled to its brim.
class FullPipe {
 public:
  FullPipe() {
    std::fflush(stdout);
    before_ = ::dup(STDOUT_FILENO);
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
    const std::string bytes(4096, '.');
    while (::write(ends[1], bytes.data(), bytes.size()) > 0) continue;
    ::fcntl(ends[1], F_SETFL, 0);
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[1]);
    reader_ = ends[0];
  }
  FullPipe(const FullPipe&) = delete;
  FullPipe& operator=(const FullPipe&) = delete;
  ~FullPipe() { ::dup2(before_, STDOUT_FILENO); }  // its ends stay: a thread may still wait for room in it

  std::string drain() {
    ::fcntl(reader_, F_SETFL, O_NONBLOCK);
    std::string all(1 << 20, '\0');
    const auto count = ::read(reader_, all.data(), all.size());
    all.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return all;
  }

 private:
  int before_ = -1;
  int reader_ = -1;
};

TEST(LogSink, AReaderThatTakesNothingHoldsNobodyUp) {
  FullPipe pipe;
  auto sink = io_real::loop::LogSink::open({});
  ASSERT_TRUE(sink) << sink.error();
  const auto begun = std::chrono::steady_clock::now();
  (*sink)->say("==> Caught signal: hangup");
  for (int i = 0; i < 10'000; ++i) (*sink)->write(at, {world::LogLevel::info, "nomad", "a line", {}});
  sink->reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
}

TEST(LogSink, SaysLinesAsTheyStandInTheirPlaceAmongThoseOfTheLog) {
  tests::ScratchFolder folder;
  FullPipe pipe;
  pipe.drain();
  auto sink = io_real::loop::LogSink::open({.file = {{.path = folder.path().string() + "/"}}});
  ASSERT_TRUE(sink) << sink.error();
  (*sink)->write(at, {world::LogLevel::error, "nomad", "before", {}});
  (*sink)->say("==> Caught signal: hangup");
  (*sink)->write(at, {world::LogLevel::error, "nomad", "behind", {}});
  (*sink)->set_level(world::LogLevel::off);
  (*sink)->say("==> loud");
  sink->reset();
  const auto line = [](const std::string& words) {
    return text_line(at, {world::LogLevel::error, "nomad", words, {}});
  };
  EXPECT_EQ(pipe.drain(),
            "    " + line("before") + "\n==> Caught signal: hangup\n    " + line("behind") + "\n==> loud\n");
  std::stringstream text;
  text << std::ifstream(folder.path() / "nomad.log").rdbuf();
  EXPECT_EQ(text.str(), line("before") + "\n" + line("behind") + "\n");
}

}  // namespace
