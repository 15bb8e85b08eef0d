// Tasks as one agent sees them, from start to end.
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "io-real/host/cgroup.hpp"
#include "io-real/host/files.hpp"
#include "io-real/host/launch.hpp"
#include "io-real/host/process.hpp"
#include "io-real/host/task_record.hpp"
#include "tests/io-real/host/host_fixture.hpp"

namespace io_real::host {
namespace {

using namespace core::world;

class TaskTest : public HostTest {
 protected:
  TaskExited run(const StartTask& task) {
    Agent agent(sandbox.config());
    make_alloc_dir(agent, task.key.task);
    agent.carry_out(task);
    agent.wait_for<TaskStarted>();
    return agent.wait_for<TaskExited>();
  }
  TaskStartFailed fail(const StartTask& task) {
    Agent agent(sandbox.config());
    make_alloc_dir(agent, task.key.task);
    agent.carry_out(task);
    return agent.wait_for<TaskStartFailed>();
  }
};

TEST_F(TaskTest, TellsTheExitCode) {
  const auto exited = run(shell_task("exit 7"));
  EXPECT_EQ(exited.exit_code, 7);
  EXPECT_EQ(exited.signal, 0);
  EXPECT_FALSE(exited.oom_killed);
  EXPECT_EQ(exited.key, (TaskKey{alloc_id, "web"}));
}

TEST_F(TaskTest, TellsTheSignalThatEndedIt) {
  const auto exited = run(shell_task("kill -SEGV $$"));
  EXPECT_EQ(exited.signal, SIGSEGV);
  EXPECT_EQ(exited.exit_code, 128 + SIGSEGV);
}

TEST_F(TaskTest, KeepsBothOutputsInFilesOfTheirOwn) {
  run(shell_task("echo out; echo err >&2; pwd"));
  EXPECT_EQ(log("web.stdout.0"), "out\n" + (alloc_root() / "web").string() + "\n");
  EXPECT_EQ(log("web.stderr.0"), "err\n");
}

TEST_F(TaskTest, KeepsNoOutputWhenLogsAreDisabled) {
  auto task = shell_task("echo out; exit 3");
  task.logs_disabled = true;
  EXPECT_EQ(run(task).exit_code, 3);
  EXPECT_TRUE(std::filesystem::is_empty(alloc_root() / "alloc" / "logs"));
}

TEST_F(TaskTest, LosesNothingOfALargeOutputWrittenJustBeforeTheEnd) {
  run(shell_task("head -c 3000000 /dev/zero"));
  EXPECT_EQ(log("web.stdout.0").size(), 3'000'000u);
}

TEST_F(TaskTest, RotatesItsLogsAndGoesOnWithTheNewestAfterARestart) {
  auto task = shell_task("i=0; while [ $i -lt 10 ]; do echo 0123456789; i=$((i+1)); done");
  task.log_max_files = 3;
  task.log_max_file_bytes = 30;
  run(task);
  // Two lines of eleven bytes fit: ten lines fill 0 to 4, of which the newest three stay, however the supervisor's
  // reads fall.
  EXPECT_EQ(log("web.stdout.1"), "(no such log)");
  for (const auto* name : {"web.stdout.2", "web.stdout.3", "web.stdout.4"})
    EXPECT_EQ(log(name), "0123456789\n0123456789\n") << name;

  auto again = shell_task("echo again");
  again.log_max_files = 3;
  again.log_max_file_bytes = 30;
  run(again);
  EXPECT_EQ(log("web.stdout.4"), "0123456789\n0123456789\nagain\n");
}

TEST_F(TaskTest, HasTheHostsEnvironmentUnderItsOwnWithoutSecrets) {
  ::setenv("NOMAD_TEST_FROM_HOST", "host", 1);
  ::setenv("NOMAD_TEST_BOTH", "host", 1);
  ::setenv("VAULT_TOKEN", "secret", 1);
  auto task = shell_task("echo $NOMAD_TEST_FROM_HOST $NOMAD_TEST_BOTH [$VAULT_TOKEN]");
  task.env = {{"NOMAD_TEST_BOTH", "task"}};
  run(task);
  EXPECT_EQ(log("web.stdout.0"), "host task []\n");
}

TEST_F(TaskTest, HasTheDescriptorsItWasToldAndMayTakeMore) {
  auto config = sandbox.config();
  config.task_open_files = 123;
  Agent agent(config);
  make_alloc_dir(agent);
  agent.carry_out(shell_task("ulimit -Sn; ulimit -Sn $(ulimit -Hn) && echo more"));
  agent.wait_for<TaskStarted>();
  agent.wait_for<TaskExited>();
  EXPECT_EQ(log("web.stdout.0"), "123\nmore\n");
}

TEST_F(TaskTest, FindsItsCommandInThePathOfItsOwnEnvironment) {
  auto task = shell_task("");
  task.command = "sh";
  task.args = {"-c", "echo $0"};
  task.env = {{"PATH", "/nowhere:/usr/bin:/bin"}};
  EXPECT_EQ(run(task).exit_code, 0);
}

TEST_F(TaskTest, IsToldNotToStartWhenItsCommandIsNotThere) {
  auto task = shell_task("");
  task.command = "/no/such";
  const auto failed = fail(task);
  EXPECT_EQ(failed.error,
            "failed to launch command with executor: exec: \"/no/such\": stat /no/such: no such file or directory");
  EXPECT_FALSE(failed.recoverable);
  EXPECT_FALSE(read_record(record_path(sandbox.config().state_dir, task.key)).has_value());

  task.command = "no-such-command";
  EXPECT_EQ(fail(task).error,
            "failed to launch command with executor: exec: \"no-such-command\": executable file not found in $PATH");
}

TEST_F(TaskTest, IsToldNotToStartWhenItsCommandCannotBeExecuted) {
  auto task = shell_task("");
  const auto plain = (sandbox.root / "plain").string();
  ASSERT_TRUE(replace_file(plain, "#!/bin/sh\n", false));  // mode 0600
  task.command = plain;
  const auto failed = fail(task);
  EXPECT_EQ(failed.error, "failed to launch command with executor: fork/exec " + plain + ": permission denied");
  EXPECT_FALSE(failed.recoverable);

  task.user = "no-such-user";
  EXPECT_NE(fail(task).error.find("unknown user no-such-user"), std::string::npos);
}

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

TEST_F(TaskTest, GivesBackTheRightToExecuteWithinItsOwnFolderOnly) {
  Agent agent(sandbox.config());
  make_alloc_dir(agent);
  const auto task_dir = alloc_root() / "web";
  const auto outside = sandbox.root / "outside";
  std::filesystem::create_directory(outside);
  for (const auto& path : {task_dir / "local" / "own", outside / "file"})
    ASSERT_TRUE(replace_file(path.string(), "#!/bin/sh\n", false));  // mode 0600
  std::filesystem::create_symlink(outside / "file", task_dir / "local" / "link");
  std::filesystem::create_directory_symlink(outside, task_dir / "local" / "folder");
  std::filesystem::create_symlink("own", task_dir / "local" / "alias");
  for (const auto* command : {"link", "folder/file"}) {
    EXPECT_TRUE(find_command(command, task_dir, {})) << command;
    EXPECT_TRUE(find_command((task_dir / "local" / command).string(), task_dir, {})) << command;
    EXPECT_EQ(mode_of(outside / "file"), 0600u) << command;
  }
  EXPECT_EQ(mode_of(task_dir / "local" / "own"), 0600u);
  EXPECT_TRUE(find_command("alias", task_dir, {}));
  EXPECT_EQ(mode_of(task_dir / "local" / "own"), 0711u);
}

TEST_F(TaskTest, CanBeStartedAfterAFailedStart) {
  Agent agent(sandbox.config());
  make_alloc_dir(agent);
  auto task = shell_task("exit 4");
  task.command = "/etc/passwd";
  agent.carry_out(task);
  agent.wait_for<TaskStartFailed>();
  agent.carry_out(shell_task("exit 4"));
  agent.wait_for<TaskStarted>();
  EXPECT_EQ(agent.wait_for<TaskExited>().exit_code, 4);
}

TEST_F(TaskTest, StartsWhollyOrNotAtAllWhenDescriptorsRunOut) {
  Agent agent(sandbox.config());
  make_alloc_dir(agent);
  const auto task = shell_task("exec sleep 1000");
  const LaunchPad pad{.alloc_dir = sandbox.config().alloc_dir, .state_dir = sandbox.config().state_dir};
  const auto before = children_of(::getpid());
  rlim_t left = 1;  // with none it cannot see whether an earlier run of the task has to be ended first
  for (bool launched = false; !launched; ++left) {
    ASSERT_LT(left, 32u);
    const auto result = [&] {
      const DescriptorsLeft few(left);
      return launch(pad, task);
    }();
    launched = result.has_value();
    if (launched) {
      ASSERT_TRUE(result->process && result->report) << left;
      char report[64];
      EXPECT_GT(::read(result->report.get(), report, sizeof report), 0) << left;
      continue;
    }
    EXPECT_EQ(result.error().text, "failed to launch command with executor: supervisor: too many open files") << left;
    EXPECT_TRUE(result.error().recoverable) << left;
    EXPECT_EQ(children_of(::getpid()), before) << "a supervisor was left behind; descriptors: " << left;
  }
  EXPECT_GT(left, 3u) << "the shortage met no step of the start";
}

TEST_F(TaskTest, IsRefusedWithoutItsDriver) {
  auto config = sandbox.config();
  config.enable_raw_exec = false;
  Agent agent(config);
  agent.carry_out(shell_task("exit 0"));
  const auto failed = agent.wait_for<TaskStartFailed>();
  EXPECT_EQ(failed.error, "driver \"raw_exec\" is not enabled");
  EXPECT_FALSE(failed.recoverable);
}

TEST_F(TaskTest, IsRefusedWhenItsNameWouldLeadElsewhere) {
  Agent agent(sandbox.config());
  agent.carry_out(shell_task("exit 0", "../web"));
  const auto failed = agent.wait_for<TaskStartFailed>();
  EXPECT_EQ(failed.key, (TaskKey{alloc_id, "../web"}));
  EXPECT_EQ(failed.error, "the names of the allocation and the task cannot name folders");
  EXPECT_FALSE(failed.recoverable);
}

TEST_F(TaskTest, RunsAsItsUserWhoOwnsItsSecrets) {
  if (::geteuid() != 0 || ::getpwnam("nobody") == nullptr) GTEST_SKIP() << "needs root and a user nobody";
  auto task = shell_task("id -un; echo x > secrets/x && cat secrets/x");
  task.user = "nobody";
  EXPECT_EQ(run(task).exit_code, 0) << log("web.stderr.0");
  EXPECT_EQ(log("web.stdout.0"), "nobody\nx\n");
}

TEST_F(TaskTest, TakesSignalsAndIsKilledAlthoughItIgnoresThem) {
  Agent agent(sandbox.config());
  make_alloc_dir(agent);
  Signpost signpost(sandbox.root / "signpost");
  const auto task = shell_task("trap 'echo term > " + signpost.path() + "' TERM; echo ready > " + signpost.path() +
                               "; while :; do sleep 1000 & wait; done");
  agent.carry_out(task);
  agent.wait_for<TaskStarted>();
  ASSERT_EQ(signpost.line(), "ready");
  agent.carry_out(SignalTask{task.key, "SIGTERM"});
  EXPECT_EQ(signpost.line(), "term");
  agent.carry_out(SignalTask{task.key, "SIGNONSENSE"});
  agent.carry_out(KillTask{task.key});
  EXPECT_EQ(agent.wait_for<TaskExited>().signal, SIGKILL);
}

TEST_F(TaskTest, IsKilledByAnOrderThatCameBeforeItRan) {
  Agent agent(sandbox.config());
  make_alloc_dir(agent);
  const auto task = shell_task("exec sleep 1000");
  agent.carry_out(task);
  agent.carry_out(KillTask{task.key});
  agent.wait_for<TaskStarted>();
  EXPECT_EQ(agent.wait_for<TaskExited>().signal, SIGKILL);
}

TEST_F(TaskTest, IsNotEndedByTheSignalsThatStopItsAgent) {
  Agent agent(sandbox.config());
  make_alloc_dir(agent);
  Signpost signpost(sandbox.root / "signpost");
  const auto task =
      shell_task("trap 'exit 5' USR1; echo ready > " + signpost.path() + "; while :; do sleep 1000 & wait; done");
  agent.carry_out(task);
  agent.wait_for<TaskStarted>();
  ASSERT_EQ(signpost.line(), "ready");
  const auto record = read_record(record_path(sandbox.config().state_dir, task.key));
  ASSERT_TRUE(record.has_value());
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE})
    ::kill(static_cast<pid_t>(record->supervisor.pid), signal);
  agent.carry_out(SignalTask{task.key, "SIGUSR1"});
  EXPECT_EQ(agent.wait_for<TaskExited>().exit_code, 5);
}

// With a control group, and without one by their parents.
class TaskTree : public TaskTest, public testing::WithParamInterface<bool> {
 protected:
  Host::Config config() {
    auto config = sandbox.config();
    config.use_cgroups = GetParam();
    return config;
  }
  // Processes that left the task's group or its session, or lost their parent.
  std::string tree(const Signpost& signpost) {
    return "setsid sh -c 'echo $$ > " + signpost.path() + "; exec sleep 1000' & (sh -c 'echo $$ > " + signpost.path() +
           "; exec sleep 1000' & ) ; ";
  }
  static Fd process(const std::string& pid) { return open_child(std::atoi(pid.c_str())); }
};

TEST_P(TaskTree, IsKilledWhole) {
  Agent agent(config());
  make_alloc_dir(agent);
  Signpost signpost(sandbox.root / "signpost");
  const auto task = shell_task(tree(signpost) + "wait");
  agent.carry_out(task);
  agent.wait_for<TaskStarted>();
  const Fd first = process(signpost.line());
  const Fd second = process(signpost.line());
  ASSERT_TRUE(first && second);
  agent.carry_out(KillTask{task.key});
  EXPECT_EQ(agent.wait_for<TaskExited>().signal, SIGKILL);
  EXPECT_TRUE(wait_for_end(first, 0));
  EXPECT_TRUE(wait_for_end(second, 0));
}

TEST_P(TaskTree, DoesNotOutliveTheTaskItself) {
  Agent agent(config());
  make_alloc_dir(agent);
  Signpost signpost(sandbox.root / "signpost");
  Signpost gate(sandbox.root / "gate");
  agent.carry_out(shell_task(tree(signpost) + "read line < " + gate.path() + "; exit 6"));
  agent.wait_for<TaskStarted>();
  const Fd first = process(signpost.line());
  const Fd second = process(signpost.line());
  ASSERT_TRUE(first && second);
  ASSERT_TRUE(write_control(gate.path(), "go\n"));
  EXPECT_EQ(agent.wait_for<TaskExited>().exit_code, 6);
  EXPECT_TRUE(wait_for_end(first, 0));
  EXPECT_TRUE(wait_for_end(second, 0));
}

INSTANTIATE_TEST_SUITE_P(Cgroups, TaskTree, testing::Bool(),
                         [](const auto& param) { return param.param ? "with" : "without"; });

// The hybrid layout has both kinds; here the older one by itself.
TEST_F(TaskTest, AreKilledByTheFreezerWhereThereIsNothingNewer) {
  const auto mounts = find_cgroup_mounts();
  const auto folder = make_cgroup({mounts.freezer + "/" + sandbox.config().cgroup_parent + "/one"});
  if (mounts.freezer.empty() || folder.empty()) GTEST_SKIP() << "no freezer that may be written to";
  Agent agent(sandbox.config());
  make_alloc_dir(agent);
  Signpost signpost(sandbox.root / "signpost");
  agent.carry_out(
      shell_task("echo $$ > " + folder + "/cgroup.procs; echo ready > " + signpost.path() + "; exec sleep 1000"));
  agent.wait_for<TaskStarted>();
  ASSERT_EQ(signpost.line(), "ready");
  kill_cgroup(folder);
  EXPECT_EQ(agent.wait_for<TaskExited>().signal, SIGKILL);
  remove_cgroup(folder);
  EXPECT_FALSE(std::filesystem::exists(folder));
}

}  // namespace
}  // namespace io_real::host
