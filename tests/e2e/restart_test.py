"""An agent with a data directory ends, softly or not, and starts again: its tasks are the same processes."""

import os
import signal
import unittest

import support
from support import tell, wait_until

CONFIG = """
server {
  enabled          = true
  bootstrap_expect = 1
  min_heartbeat_ttl = "1s"
  heartbeat_grace   = "2s"
}
client {
  enabled = true
}
"""


class RestartTest(support.TestCase):
    def started(self):
        agent = self.agent("one", CONFIG).start().answers()
        agent.node_is("one", "ready")
        return agent

    def start_again(self, agent):
        agent.start().answers()
        wait_until(lambda: agent.leader(), "it leads again")
        agent.node_is("one", "ready")

    def test_killed_agent_finds_its_service_again(self):
        agent = self.started()
        self.run_job(agent, "steady")
        alloc, = agent.running("steady")
        process = agent.task_process(alloc)
        node = agent.nodes()["one"]["ID"]
        before = agent.read("/v1/job/steady")
        for life in range(2):
            agent.crash()
            self.assertTrue(process.lives(), "tasks outlive their agent")
            self.start_again(agent)
            self.assertEqual(agent.nodes()["one"]["ID"], node, "the same node")
            again, = agent.running("steady")
            self.assertEqual(again["ID"], alloc["ID"])
            self.assertTrue(process.lives(), f"the same process after crash {life}")
            state = self.task_state(agent, alloc)
            self.assertEqual((state["State"], state["Restarts"], state["Failed"]), ("running", 0, False))
            self.assertEqual(agent.logs(alloc).count("pid "), 1, "nothing was started a second time")
            after = agent.read("/v1/job/steady")
            self.assertEqual((after["JobModifyIndex"], after["Version"]), (before["JobModifyIndex"], before["Version"]))
        # It is in our hands still: its end is seen, and answered by the policy, and it can be stopped.
        process.kill()
        second = agent.task_process(alloc, start=2)
        self.assertEqual(wait_until(lambda: self.task_state(agent, alloc)["Restarts"], "the restart is told"), 1)
        agent.crash()
        self.start_again(agent)
        agent.running("steady")
        self.assertTrue(second.lives())
        code, output, errors = agent.nomad("job", "stop", "-detach", "steady")
        self.assertEqual(code, 0, output + errors)
        wait_until(lambda: not second.lives(), "job stop ends the found task")
        agent.in_state("steady", "complete")
        tell(f"agent with server, client and data directory: {agent.resident_bytes() / 2**20:.1f} MiB resident")

    def test_terminated_agent_leaves_its_tasks_running(self):
        agent = self.started()
        self.run_job(agent, "steady")
        alloc, = agent.running("steady")
        process = agent.task_process(alloc)
        agent.signal(signal.SIGTERM)
        self.assertEqual(agent.ended(), 1)
        self.assertTrue(process.lives())
        self.start_again(agent)
        self.assertEqual(agent.running("steady")[0]["ID"], alloc["ID"])
        self.assertTrue(process.lives())
        self.assertEqual(self.task_state(agent, alloc)["Restarts"], 0)

    def test_task_that_was_killed_meanwhile_restarts(self):
        agent = self.started()
        self.run_job(agent, "steady")
        alloc, = agent.running("steady")
        process = agent.task_process(alloc)
        agent.crash()
        process.kill()
        wait_until(lambda: not process.lives(), "the task is dead")
        self.start_again(agent)
        second = agent.task_process(alloc, start=2)
        wait_until(lambda: self.task_state(agent, alloc)["State"] == "running"
                   and self.task_state(agent, alloc)["Restarts"] == 1, "one restart is told")
        self.assertTrue(second.lives())
        self.assertEqual([one["ID"] for one in agent.running("steady")], [alloc["ID"]])

    def test_batch_task_that_ended_meanwhile_is_complete(self):
        agent = self.started()
        go = os.path.join(self.folder, "go")
        self.run_job(agent, "waiting", kind="batch",
                     script=f"echo pid $$; while [ ! -e {go} ]; do sleep 0.1; done; echo went")
        alloc, = agent.running("waiting")
        process = agent.task_process(alloc)
        agent.crash()
        self.write("go", "")
        wait_until(lambda: not process.lives(), "the task has ended")
        self.start_again(agent)
        agent.in_state("waiting", "complete")
        state = self.task_state(agent, alloc)
        self.assertEqual((state["State"], state["Failed"], state["Restarts"]), ("dead", False, 0))
        self.assertEqual(agent.logs(alloc).splitlines()[1:], ["went"])
        wait_until(lambda: agent.read("/v1/job/waiting")["Status"] == "dead", "the job has ended")

    def test_crash_right_after_registering_loses_nothing(self):
        agent = self.started()
        for number in range(3):
            self.run_job(agent, f"job{number}")
            agent.crash()  # registered means: on the disk
            self.start_again(agent)
        for number in range(3):
            alloc, = agent.running(f"job{number}")
            process = agent.task_process(alloc)
            self.assertTrue(process.lives())
            self.assertEqual(agent.logs(alloc).count("pid "), 1, "started once")


if __name__ == "__main__":
    unittest.main()
