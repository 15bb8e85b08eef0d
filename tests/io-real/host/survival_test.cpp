// Tasks over the death of their agent: found again, their ends told, never doubled and never orphaned.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "io-real/host/files.hpp"
#include "io-real/host/process.hpp"
#include "io-real/host/recover.hpp"
#include "io-real/host/task_record.hpp"
#include "tests/io-real/host/host_fixture.hpp"

namespace io_real::host {
namespace {

using namespace core::world;

class SurvivalTest : public HostTest {
 protected:
  SurvivalTest() : config(sandbox.config()) {
    Agent agent(config);
    make_alloc_dir(agent);
  }

  // Another process's agent starts the task, tells its handle, and is killed as by kill -9.
  TaskHandle start_and_kill_agent(const std::string& script) {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const Fd read_end(ends[0]);
    Fd write_end(ends[1]);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_adddup2(&files, write_end.get(), 1);
    std::vector<std::string> args{"agent",          agent_argument,       config.alloc_dir,
                                  config.state_dir, config.cgroup_parent, script};
    std::vector<char*> argv;
    for (auto& arg : args) argv.push_back(arg.data());
    argv.push_back(nullptr);
    pid_t pid = 0;
    EXPECT_EQ(::posix_spawn(&pid, "/proc/self/exe", &files, nullptr, argv.data(), environ), 0);
    ::posix_spawn_file_actions_destroy(&files);
    write_end.reset();

    std::string line;
    char byte = 0;
    while (::read(read_end.get(), &byte, 1) == 1 && byte != '\n') line += byte;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    TaskHandle handle;
    char boot[64] = "";
    long long number = 0;
    unsigned long long ticks = 0;
    EXPECT_EQ(std::sscanf(line.c_str(), "%lld %llu %63s", &number, &ticks, boot), 3) << line;
    handle = {number, ticks, boot};
    return handle;
  }
  TaskRecord record() const { return read_record(record_path(config.state_dir, key)).value_or(TaskRecord{}); }
  void write(const TaskRecord& changed) const {
    ASSERT_TRUE(replace_file(record_path(config.state_dir, key).string(), format_record(changed), false));
  }
  void expect_lost(Agent& agent, const std::string& why) const {
    const auto lost = agent.wait_for<TaskLost>();
    EXPECT_EQ(lost.key, key);
    EXPECT_EQ(lost.error, why);
  }
  Fd supervisor() const {
    return open_process(static_cast<pid_t>(record().supervisor.pid), record().supervisor.start_ticks);
  }

  Host::Config config;
  TaskKey key{alloc_id, "web"};
};

TEST_F(SurvivalTest, FindsTheSameProcessAgainAndLaterTellsItsExitCode) {
  Signpost gate(sandbox.root / "gate");
  const auto handle = start_and_kill_agent("read line < " + gate.path() + "; echo $line; exit 9");
  EXPECT_TRUE(start_ticks(static_cast<pid_t>(handle.pid)) == handle.start_ticks);

  Agent second(config);
  second.carry_out(RecoverTask{key, handle});
  EXPECT_EQ(second.wait_for<TaskStarted>().handle, handle);
  ASSERT_TRUE(write_control(gate.path(), "hello\n"));
  EXPECT_EQ(second.wait_for<TaskExited>().exit_code, 9);
  EXPECT_EQ(log("web.stdout.0"), "hello\n");
}

TEST_F(SurvivalTest, KillsATaskThatAnEarlierAgentStarted) {
  const auto handle = start_and_kill_agent("exec sleep 1000");
  Agent second(config);
  second.carry_out(RecoverTask{key, handle});
  second.carry_out(KillTask{key});
  second.wait_for<TaskStarted>();
  EXPECT_EQ(second.wait_for<TaskExited>().signal, SIGKILL);
}

TEST_F(SurvivalTest, SurvivesItsHostWithinOneProcess) {
  TaskHandle handle;
  {
    Agent first(config);
    first.carry_out(shell_task("exec sleep 1000"));
    handle = first.wait_for<TaskStarted>().handle;
  }
  Agent second(config);
  second.carry_out(RecoverTask{key, handle});
  EXPECT_EQ(second.wait_for<TaskStarted>().handle, handle);
}

TEST_F(SurvivalTest, TellsHowATaskEndedWhileNoAgentRan) {
  Signpost gate(sandbox.root / "gate");
  const auto handle = start_and_kill_agent("read line < " + gate.path() + "; echo last words; exit 11");
  const Fd watched = supervisor();
  ASSERT_TRUE(watched);
  ASSERT_TRUE(write_control(gate.path(), "go\n"));
  ASSERT_TRUE(wait_for_end(watched, 60'000));

  Agent second(config);
  second.carry_out(RecoverTask{key, handle});
  EXPECT_EQ(second.wait_for<TaskExited>().exit_code, 11);
  EXPECT_EQ(log("web.stdout.0"), "last words\n");
  // And tells it again: the agent may have been killed before it wrote that down.
  Agent third(config);
  third.carry_out(RecoverTask{key, handle});
  EXPECT_EQ(third.wait_for<TaskExited>().exit_code, 11);
  reap(watched);
}

TEST_F(SurvivalTest, FindsATaskWhoseHandleWasNeverWrittenDown) {
  const auto handle = start_and_kill_agent("exec sleep 1000");
  Agent second(config);
  second.carry_out(RecoverTask{key, TaskHandle{}});
  EXPECT_EQ(second.wait_for<TaskStarted>().handle, handle);
}

TEST_F(SurvivalTest, EndsTheForgottenOneBeforeItStartsTheTaskAnew) {
  const auto handle = start_and_kill_agent("exec sleep 1000");
  const Fd old = open_process(static_cast<pid_t>(handle.pid), handle.start_ticks);
  ASSERT_TRUE(old);
  Agent second(config);
  second.carry_out(shell_task("exec sleep 1000"));
  const auto started = second.wait_for<TaskStarted>();
  EXPECT_NE(started.handle, handle);
  EXPECT_TRUE(wait_for_end(old, 0));
}

TEST_F(SurvivalTest, DoesNotTakeTheForgottenOneForGoneWhenDescriptorsRunOut) {
  const auto handle = start_and_kill_agent("exec sleep 1000");
  const Fd old = open_process(static_cast<pid_t>(handle.pid), handle.start_ticks);
  ASSERT_TRUE(old);
  const auto path = record_path(config.state_dir, key);
  rlim_t left = 0;
  for (bool ended = false; !ended; ++left) {
    ASSERT_LT(left, 32u);
    const DescriptorsLeft few(left);
    ended = end_leftover(path);
    EXPECT_EQ(wait_for_end(old, 0), ended) << left;
  }
  EXPECT_GT(left, 1u);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(SurvivalTest, LosesATaskWhoseRecordIsGone) {
  Agent agent(config);
  agent.carry_out(RecoverTask{key, {12345, 1, boot_id()}});
  expect_lost(agent, "the task's record is gone");
}

TEST_F(SurvivalTest, LosesATaskWhoseNumbersWereGivenToOthers) {
  const auto handle = start_and_kill_agent("exec sleep 1000");
  const auto before = record();
  auto changed = before;
  // This very process, at a start time that is not its own: it must neither be taken for the task nor killed.
  changed.supervisor = {::getpid(), *start_ticks(::getpid()) + 1};
  changed.task = changed.supervisor;
  changed.cgroup.clear();
  write(changed);
  Agent second(config);
  second.carry_out(RecoverTask{key, {changed.task.pid, changed.task.start_ticks, changed.boot_id}});
  expect_lost(second, "the task's supervisor ended without a word");

  second.carry_out(RecoverTask{key, {handle.pid, handle.start_ticks + 1, handle.boot_id}});
  expect_lost(second, "the task's record tells of another process");
  write(before);  // for the sandbox to clear the task away
}

TEST_F(SurvivalTest, LosesATaskOfAnEarlierBootUnlessItsEndIsKnown) {
  TaskRecord old{.boot_id = "an-earlier-boot",
                 .supervisor = {::getpid(), *start_ticks(::getpid())},
                 .task = {::getpid(), *start_ticks(::getpid())},
                 .cgroup = "",
                 .end = std::nullopt};
  std::filesystem::create_directories(record_path(config.state_dir, key).parent_path());
  write(old);
  const TaskHandle handle{old.task.pid, old.task.start_ticks, old.boot_id};
  Agent agent(config);
  agent.carry_out(RecoverTask{key, handle});
  expect_lost(agent, "the machine was started anew");

  old.end = TaskEnd{.exit_code = 12};
  write(old);
  agent.carry_out(RecoverTask{key, handle});
  EXPECT_EQ(agent.wait_for<TaskExited>().exit_code, 12);
}

TEST_F(SurvivalTest, LeavesNothingRunningWhenTheSupervisorIsKilled) {
  Agent agent(config);
  agent.carry_out(shell_task("setsid sleep 1000 & exec sleep 1000"));
  const auto handle = agent.wait_for<TaskStarted>().handle;
  const Fd task = open_process(static_cast<pid_t>(handle.pid), handle.start_ticks);
  ASSERT_TRUE(task);
  ::kill(static_cast<pid_t>(record().supervisor.pid), SIGKILL);
  expect_lost(agent, "the task's supervisor ended without a word");
  EXPECT_TRUE(wait_for_end(task, 60'000));
}

TEST_F(SurvivalTest, ForgetsTheTasksOfARemovedAllocation) {
  Agent agent(config);
  agent.carry_out(shell_task("exit 0"));
  const auto handle = agent.wait_for<TaskStarted>().handle;
  agent.wait_for<TaskExited>();
  agent.carry_out(RemoveAllocDir{alloc_id});
  agent.carry_out(RecoverTask{key, handle});
  expect_lost(agent, "the task's record is gone");
  EXPECT_FALSE(std::filesystem::exists(alloc_root()));
}

}  // namespace
}  // namespace io_real::host
