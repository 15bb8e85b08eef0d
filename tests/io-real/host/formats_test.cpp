// What is written for another process, or a later one, to read.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "io-real/host/files.hpp"
#include "io-real/host/launch.hpp"
#include "io-real/host/rotated_log.hpp"
#include "io-real/host/signals.hpp"
#include "io-real/host/supervisor_spec.hpp"
#include "io-real/host/task_record.hpp"
#include "tests/io-real/host/host_fixture.hpp"

namespace io_real::host {
namespace {

TaskRecord some_record() {
  return {.boot_id = "3b7f",
          .supervisor = {101, 5000},
          .task = {102, 5001},
          .cgroup = "/sys/fs/cgroup/nomad.slice/a.my task.scope",
          .end = TaskEnd{.exit_code = 137, .signal = 9, .oom_killed = true, .unix_ns = 1'700'000'000'000'000'000}};
}

TEST(TaskRecord, ReadsWhatItWrote) {
  auto record = some_record();
  EXPECT_EQ(parse_record(format_record(record)), record);
  record.end.reset();
  record.cgroup.clear();
  EXPECT_EQ(parse_record(format_record(record)), record);
}

TEST(TaskRecord, RefusesWhatWasCutShort) {
  const auto text = format_record(some_record());
  for (std::size_t length = 0; length < text.size(); ++length)
    EXPECT_FALSE(parse_record(text.substr(0, length)).has_value()) << length;
}

RC_GTEST_PROP(TaskRecordProperty, RefusesNoise, (const std::string& noise)) { RC_ASSERT(!parse_record(noise)); }

RC_GTEST_PROP(SupervisorSpecProperty, ReadsWhatItWroteAndNothingShorter,
              (const std::string& command, const std::vector<std::string>& args, const std::vector<std::string>& env,
               std::vector<std::uint64_t> groups, std::uint64_t uid, bool switch_user)) {
  SupervisorSpec spec;
  spec.command = command;
  spec.args = args;
  spec.env = env;
  spec.groups = std::move(groups);
  spec.uid = uid;
  spec.switch_user = switch_user;
  spec.open_files = uid / 2;
  const auto bytes = encode_spec(spec);
  RC_ASSERT(decode_spec(bytes) == spec);
  const auto cut = *rc::gen::inRange<std::size_t>(0, bytes.size());
  RC_ASSERT(!decode_spec(std::string_view(bytes).substr(0, cut)));
}

RC_GTEST_PROP(RotatedLogProperty, KeepsTheNewestInFilesThatAreNeverTooLarge, ()) {
  const auto max_files = *rc::gen::inRange<std::uint32_t>(1, 5);
  const auto max_bytes = *rc::gen::inRange<std::uint64_t>(1, 20);
  const auto writes = *rc::gen::container<std::vector<std::string>>(
      rc::gen::container<std::string>(rc::gen::element('a', 'b', 'c', '\n')));
  const Sandbox sandbox;
  std::string written;
  {
    RotatedLog log(sandbox.root.string(), "web.stdout", {max_files, max_bytes});
    for (const auto& bytes : writes) {
      log.write(bytes);
      written += bytes;
      if (*rc::gen::inRange(0, 4) == 0) log = RotatedLog(sandbox.root.string(), "web.stdout", {max_files, max_bytes});
    }
  }
  std::map<int, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(sandbox.root))
    files[std::stoi(entry.path().extension().string().substr(1))] = read_small_file(entry.path().string()).value();
  RC_ASSERT(files.size() <= max_files);
  std::string kept;
  int next = files.begin()->first;
  for (const auto& [index, bytes] : files) {
    RC_ASSERT(index == next++);
    RC_ASSERT(bytes.size() <= max_bytes);
    kept += bytes;
  }
  RC_ASSERT(written.ends_with(kept));
  const bool nothing_removed = files.begin()->first == 0;
  RC_ASSERT(!nothing_removed || kept == written);
}

TEST(RotatedLog, CutsNoLineThatFitsAFile) {
  const Sandbox sandbox;
  RotatedLog log(sandbox.root.string(), "web.stdout", {.max_files = 10, .max_file_bytes = 8});
  log.write("12345\n");
  log.write("abcde\n");           // by itself it fits, beside the first it does not
  log.write("0123456789\nxy\n");  // larger than any file
  const auto file = [&](int index) { return read_line(sandbox.root / ("web.stdout." + std::to_string(index))); };
  EXPECT_EQ(file(0), "12345");
  EXPECT_EQ(file(1), "abcde");
  EXPECT_EQ(file(2), "01234567");
  EXPECT_EQ(file(3), "89\nxy");
}

TEST(RotatedLog, DoesNotFollowALinkThatTheTaskPutThere) {
  const Sandbox sandbox;
  const auto victim = sandbox.root / "victim";
  std::ofstream(victim) << "untouched";
  std::filesystem::create_directory(sandbox.root / "logs");
  std::filesystem::create_symlink(victim, sandbox.root / "logs" / "web.stdout.0");
  RotatedLog log((sandbox.root / "logs").string(), "web.stdout", {});
  log.write("evil");
  EXPECT_EQ(read_small_file(victim.string()), "untouched");
}

TEST(Environment, LeavesOutWhatIsPrivateToTheAgent) {
  std::vector<std::string> texts{"PATH=/bin", "VAULT_TOKEN=secret", "NOTHING", "=odd", "EMPTY="};
  std::vector<char*> env;
  for (auto& text : texts) env.push_back(text.data());
  env.push_back(nullptr);
  EXPECT_EQ(shareable_env(env.data(), Host::Config{}.env_denylist),
            (std::map<std::string, std::string>{{"EMPTY", ""}, {"PATH", "/bin"}}));
}

TEST(Signals, HaveTheNamesOfJobFiles) {
  EXPECT_EQ(signal_number("SIGTERM"), 15);
  EXPECT_EQ(signal_number("TERM"), std::nullopt);
  EXPECT_TRUE(signal_names().starts_with("SIGABRT,SIGALRM,"));
}

TEST(Prepare, NamesTheFolderThatCannotBeMade) {
  const Sandbox sandbox;
  std::ofstream(sandbox.root / "file") << "in the way";
  Host::Config config;
  config.state_dir = sandbox.root / "file" / "state";
  config.alloc_dir = sandbox.root / "allocs";
  EXPECT_NE(Host::prepare(config).find("file/state"), std::string::npos);
}

}  // namespace
}  // namespace io_real::host
