// What a client does with allocations: tasks run, are found again after a restart, and are moved away by a leave.
#include <gtest/gtest.h>

#include "tests/core/client/rig.hpp"

namespace tests {
namespace {

using namespace core;
using core::client::Config;
using core::client::LeaveRequested;
using core::client::ShutdownRequested;
namespace rpc = core::wire::rpc;
using Lines = std::vector<std::string>;

const std::string web = "11111111-aaaa-bbbb-cccc-000000000001";

TEST(ClientTasks, RunAndAreReportedAsNomadDoes) {
  Rig rig;
  rig.run(1s);
  rig.place(web);
  rig.run(1s);
  EXPECT_EQ(rig.running(web), 1);
  EXPECT_EQ(rig.told(web).client_status, model::ClientStatus::running);
  EXPECT_EQ(rig.told(web).client_description, "Tasks are running");
  EXPECT_EQ(rig.events(web), (Lines{"Received: Task received by client", "Task Setup: Building Task Directory",
                                    "Started: Task started by client"}));
  EXPECT_EQ(rig.log_lines("Task event").back(), "client.alloc_runner.task_runner: Task event: alloc_id=" + web +
                                                    " task=t type=Started msg=Task started by client failed=false");
  rig.stop(web);
  rig.run(1s);
  EXPECT_EQ(rig.running(web), 0);
  EXPECT_EQ(rig.told(web).client_status, model::ClientStatus::complete);
  EXPECT_EQ(rig.told(web).client_description, "All tasks have completed");
  EXPECT_EQ(rig.events(web),
            (Lines{"Received: Task received by client", "Task Setup: Building Task Directory",
                   "Started: Task started by client", "Killing: Sent interrupt. Waiting 5s before force killing",
                   "Terminated: Exit Code: 130, Signal: 2", "Killed: Task successfully killed"}));
  const auto& state = rig.told(web).task_states.at("t");
  EXPECT_FALSE(state.failed);
  EXPECT_TRUE(state.finished_at.is_set());
  EXPECT_EQ(state.events[3].details, (std::map<std::string, std::string>{{"kill_timeout", "5s"}}));
  EXPECT_EQ(state.events[4].details,
            (std::map<std::string, std::string>{{"exit_code", "130"}, {"signal", "2"}, {"oom_killed", "false"}}));
}

TEST(ClientTasks, ATaskThatIgnoresItsSignalIsKilledAfterTheTimeoutAndNoLaterThanTheClientAllows) {
  Rig rig;
  rig.run(1s);
  model::Task task = Rig::task("t");
  task.kill_timeout = 10min;
  task.kill_signal = "SIGTERM";
  rig.place(web, Rig::job_of({task}));
  rig.run(1s);
  rig.processes_.at({web, "t"}).back().ignores_signals = true;
  rig.stop(web);
  rig.run(29s);
  EXPECT_EQ(rig.running(web), 1);
  EXPECT_EQ(std::get<world::SignalTask>(
                *std::find_if(rig.effects_seen_.begin(), rig.effects_seen_.end(),
                              [](const auto& effect) { return std::holds_alternative<world::SignalTask>(effect); }))
                .signal,
            "SIGTERM");
  rig.run(2s);
  EXPECT_EQ(rig.running(web), 0);
  EXPECT_EQ(rig.told(web).client_status, model::ClientStatus::complete);
}

TEST(ClientTasks, AnUnknownDriverAndABadConfigurationFailClearly) {
  Rig rig;
  rig.run(1s);
  model::Task docker = Rig::task("t");
  docker.driver = "docker";
  model::Task broken = Rig::task("t");
  broken.config = boost::json::object{{"args", boost::json::array{"x"}}};
  rig.place("a1", Rig::job_of({docker}));
  rig.place("a2", Rig::job_of({broken}));
  rig.run(1s);
  EXPECT_EQ(rig.told("a1").client_status, model::ClientStatus::failed);
  EXPECT_EQ(rig.events("a1")[2], "Driver Failure: driver \"docker\" not found on this node");
  EXPECT_EQ(rig.events("a1")[3], "Not Restarting: Error was unrecoverable");
  EXPECT_EQ(rig.told("a2").client_description, "Failed tasks");
  EXPECT_EQ(rig.events("a2")[2],
            "Failed Validation: failed to parse config: Missing required argument: The argument \"command\" is "
            "required, but no definition was found.");
}

TEST(ClientTasks, ADirectoryThatCannotBeMadeFailsTheAllocation) {
  Rig rig;
  rig.run(1s);
  rig.dir_error_ = true;
  rig.place(web);
  rig.run(1s);
  EXPECT_EQ(rig.told(web).client_status, model::ClientStatus::failed);
  EXPECT_EQ(rig.events(web)[1], "Setup Failure: failed to setup alloc: no space left on device");
}

TEST(ClientTasks, AFullDiskHoldsTheStartBack) {
  Rig rig;
  rig.run(1s);
  rig.disk_error_ = "No space left on device";
  rig.place(web);
  rig.run(3s);
  EXPECT_EQ(rig.running(web), 0);
  rig.disk_error_.clear();
  rig.run(60s);
  EXPECT_EQ(rig.running(web), 1);
}

TEST(ClientTasks, SiblingsLeadersAndSidecarsEndTogether) {
  Rig rig;
  rig.run(1s);
  model::Task leader = Rig::task("leader");
  leader.leader = true;
  rig.place("a1", Rig::job_of({leader, Rig::task("other")}, "batch"));
  rig.run(1s);
  rig.exit_task("a1", "leader", 0);
  rig.run(1s);
  EXPECT_EQ(rig.running("a1", "other"), 0);
  EXPECT_EQ(rig.events("a1", "other")[3], "Leader Task Dead: Leader Task in Group dead");
  EXPECT_EQ(rig.told("a1").client_status, model::ClientStatus::complete);

  model::Job job = Rig::job_of({Rig::task("one"), Rig::task("two")}, "batch");
  job.task_groups[0].restart_policy->attempts = 0;
  rig.place("a2", job);
  rig.run(1s);
  rig.exit_task("a2", "one", 3);
  rig.run(1s);
  EXPECT_EQ(rig.running("a2", "two"), 0);
  EXPECT_EQ(rig.events("a2", "two")[3], "Sibling Task Failed: Task's sibling \"one\" failed");
  EXPECT_EQ(rig.told("a2").client_status, model::ClientStatus::failed);

  model::Task sidecar = Rig::task("sidecar");
  sidecar.lifecycle = model::TaskLifecycle{"prestart", true};
  rig.place("a3", Rig::job_of({Rig::task("main"), sidecar}, "batch"));
  rig.run(1s);
  rig.exit_task("a3", "main", 0);
  rig.run(1s);
  EXPECT_EQ(rig.events("a3", "sidecar")[3], "Main Tasks Dead: Main tasks in the group died");
  EXPECT_EQ(rig.told("a3").client_status, model::ClientStatus::complete);
}

TEST(ClientTasks, HooksRunInTheirOrder) {
  Rig rig;
  rig.run(1s);
  std::vector<model::Task> tasks;
  for (const std::string hook : {"prestart", "", "poststart", "poststop"}) {
    model::Task task = Rig::task(hook.empty() ? "main" : hook);
    if (!hook.empty()) task.lifecycle = model::TaskLifecycle{hook, false};
    tasks.push_back(task);
  }
  rig.place(web, Rig::job_of(tasks));
  const auto running = [&] {
    std::string out;
    for (const auto& task : tasks)
      if (rig.running(web, task.name) > 0) out += task.name + " ";
    return out;
  };
  rig.run(1s);
  EXPECT_EQ(running(), "prestart ");
  rig.exit_task(web, "prestart", 0);
  rig.run(1s);
  EXPECT_EQ(running(), "main poststart ");
  rig.exit_task(web, "poststart", 0);
  rig.run(1s);
  rig.stop(web);
  rig.run(1s);
  EXPECT_EQ(running(), "poststop ");
  EXPECT_EQ(rig.told(web).client_status, model::ClientStatus::running);
  rig.exit_task(web, "poststop", 0);
  rig.run(1s);
  EXPECT_EQ(rig.told(web).client_status, model::ClientStatus::complete);
}

TEST(ClientTasks, WhatTheServersForgetIsKilledAndRemoved) {
  Rig rig;
  rig.run(1s);
  rig.place(web);
  rig.run(1s);
  ASSERT_TRUE(rig.disk_.contains("client/alloc-" + web));
  rig.purge(web);
  rig.run(1s);
  EXPECT_EQ(rig.running(web), 0);
  EXPECT_TRUE(rig.dirs_.empty());
  EXPECT_EQ(rig.client_->allocs().size(), 0u);
  EXPECT_FALSE(rig.disk_.contains("client/alloc-" + web));
  EXPECT_FALSE(rig.disk_.contains("client/tasks-" + web));
}

TEST(ClientRestart, ARunningTaskIsFoundAgainAndNothingIsToldOfIt) {
  Rig rig;
  rig.run(1s);
  rig.place(web);
  rig.run(1s);
  const auto events = rig.events(web);
  rig.crash();
  rig.run(20s);
  rig.boot();
  rig.run(20s);
  EXPECT_EQ(rig.running(web), 1);
  EXPECT_EQ((rig.processes_.at({web, "t"}).size()), 1u);
  EXPECT_EQ(rig.events(web), events);
  rig.stop(web);
  rig.run(1s);
  EXPECT_EQ(rig.running(web), 0);
}

TEST(ClientRestart, RecoversBeforeAskingTheServersForAllocations) {
  Rig rig;
  rig.run(1s);
  rig.place(web);
  rig.run(1s);
  rig.crash();
  rig.server_failure_ = "rpc error: connect: connection refused";
  rig.boot();
  rig.run(1s);
  EXPECT_EQ(rig.client_->alloc(web)->client_status, model::ClientStatus::running);
}

TEST(ClientRestart, ACrashBetweenStartingAndStartedStartsNoSecondProcess) {
  Rig rig;
  rig.run(1s);
  rig.host_holds_starts_ = true;
  rig.place(web);
  rig.run(1s);
  ASSERT_EQ(rig.running(web), 1);
  rig.crash();
  rig.host_holds_starts_ = false;
  rig.boot();
  rig.run(20s);
  EXPECT_EQ((rig.processes_.at({web, "t"}).size()), 1u);
  EXPECT_EQ(rig.told(web).client_status, model::ClientStatus::running);
  EXPECT_EQ(rig.events(web).back(), "Started: Task started by client");
}

TEST(ClientRestart, ATaskThatEndedMeanwhileIsRestartedByItsPolicy) {
  Rig rig;
  rig.run(1s);
  rig.place(web);
  rig.run(1s);
  rig.crash();
  rig.exit_task(web, "t", 7);
  rig.boot();
  rig.run(1s);
  EXPECT_EQ(rig.running(web), 0);
  rig.run(30s);
  EXPECT_EQ(rig.running(web), 1);
  EXPECT_EQ(rig.told(web).task_states.at("t").restarts, 1u);
  EXPECT_EQ(rig.events(web)[3], "Terminated: Exit Code: 7");
}

TEST(ClientRestart, ALostTaskWaitsForTheServersAndStartsAgain) {
  Rig rig;
  rig.run(1s);
  rig.place(web);
  rig.run(1s);
  rig.crash();
  rig.processes_.clear();  // the machine was started anew
  rig.server_failure_ = "rpc error: connect: connection refused";
  rig.boot();
  rig.run(30s);
  EXPECT_EQ(rig.running(web), 0);
  rig.server_failure_.clear();
  rig.run(60s);
  EXPECT_EQ(rig.running(web), 1);
  EXPECT_EQ(rig.events(web)[3],
            "Failed Restoring Task: failed to restore task; will not run until server is contacted");
}

TEST(ClientRestart, AStoppedAllocationIsStoppedByTheNextLifeToo) {
  Rig rig;
  rig.run(1s);
  rig.place(web);
  rig.run(1s);
  rig.crash();
  rig.boot();
  rig.stop(web);
  rig.run(30s);
  EXPECT_EQ(rig.running(web), 0);
  EXPECT_EQ(rig.told(web).client_status, model::ClientStatus::complete);
}

TEST(ClientRestart, FilesThatCannotBeReadAreToldAndLeftOut) {
  Rig rig;
  rig.run(1s);
  rig.place(web);
  rig.run(1s);
  rig.crash();
  rig.disk_["client/alloc-" + web] = "garbage";
  rig.boot();
  rig.run(1s);
  EXPECT_EQ(rig.log_lines("could not restore allocation state").size(), 1u);
}

TEST(ClientLeave, MovesItsWorkAwayFirstThenSaysDown) {
  Rig rig;
  rig.run(20s);
  rig.place(web);
  rig.run(1s);
  rig.tell(LeaveRequested{});
  rig.run(5s);
  EXPECT_TRUE(rig.left_);
  EXPECT_EQ(rig.running(web), 0);
  EXPECT_EQ(rig.told(web).client_status, model::ClientStatus::complete) << "told before the node is down";
  EXPECT_EQ(rig.calls<rpc::NodeLeave>().size(), 1u);
  EXPECT_EQ(rig.calls<rpc::NodeHeartbeat>().back().second.status, model::NodeStatus::down);
  EXPECT_EQ(rig.client_->deadline(), Instant::never());
}

TEST(ClientLeave, EndsWithinABoundWhenServersAreGone) {
  Rig rig;
  rig.run(20s);
  rig.server_silent_ = true;
  rig.tell(LeaveRequested{});
  rig.run(66s);
  EXPECT_TRUE(rig.left_);
}

TEST(ClientLeave, AShutdownLeavesTasksAloneSaveInDevMode) {
  Rig rig;
  rig.run(1s);
  rig.place(web);
  rig.run(1s);
  rig.tell(ShutdownRequested{});
  EXPECT_TRUE(rig.left_);
  EXPECT_EQ(rig.running(web), 1);

  Config config = Rig::default_config();
  config.dev = true;
  config.state_dir.clear();
  Rig dev(config);
  dev.run(1s);
  dev.place(web);
  dev.run(1s);
  ASSERT_EQ(dev.running(web), 1);
  dev.tell(ShutdownRequested{});
  EXPECT_FALSE(dev.left_);
  dev.run(1s);
  EXPECT_TRUE(dev.left_);
  EXPECT_EQ(dev.running(web), 0);
}

}  // namespace
}  // namespace tests
