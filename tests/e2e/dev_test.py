"""A `nomad agent -dev` and what its first user does with it: jobs, logs, restarts, stops, its end."""

import glob
import os
import re
import signal
import subprocess
import time
import unittest

import support
from support import job, tell, wait_until


class DevTest(support.TestCase):
    def test_banner_then_log_lines_and_a_ready_node(self):
        begun = time.monotonic()
        agent = self.agent("dev", dev=True).start()
        wait_until(lambda: agent.nodes()["dev"]["Status"] == "ready", "the node is ready")
        tell(f"agent -dev: start to ready node {1000 * (time.monotonic() - begun):.0f} ms")
        tell(f"agent -dev: {agent.resident_bytes() / 2**20:.1f} MiB resident once ready")

        output = agent.output()
        expected = [
            f"==> Loaded configuration from {agent.config}",
            "==> Starting Nomad agent...",
            "==> Nomad agent configuration:",
            f"    Advertise Addrs: HTTP: 127.0.0.1:{agent.http}; RPC: 127.0.0.1:{agent.rpc}; Serf: 127.0.0.1:{agent.serf}",
            f"         Bind Addrs: HTTP: 127.0.0.1:{agent.http}; RPC: 127.0.0.1:{agent.rpc}; Serf: 127.0.0.1:{agent.serf}",
            "            Client: true",
            "         Log Level: DEBUG",
            "            Region: global (DC: dc1)",
            "            Server: true",
            "           Version: ",
            "==> Nomad agent started! Log data will stream in below:",
        ]
        at = 0
        for line in expected:
            found = output.find(line.strip(), at)
            self.assertGreaterEqual(found, 0, f"{line!r} is not in its place in\n{output[:2000]}")
            at = found
        rows = re.findall(r"^ *([A-Z][A-Za-z ]+): ", output.split("configuration:")[1].split("==>")[0], re.M)
        self.assertEqual(rows, sorted(rows))
        for key in rows:
            self.assertIn(f"\n{key:>18}: ", output, "keys are aligned to 18 columns")
        logged = output[at:].splitlines()[1:]
        line_format = re.compile(r"^    \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d{4}|[+-]\d\d:\d\d) "
                                 r"\[(TRACE|DEBUG|INFO|WARN|ERROR)\] {1,2}[\w.]+: ")
        shaped = [line for line in logged if line_format.match(line)]
        self.assertGreater(len(shaped), 3, output)
        for wanted in ("entering follower state", "entering leader state", "cluster leadership acquired"):
            self.assertIn(wanted, output)

    def test_batch_job_runs_and_its_logs_and_status_are_true(self):
        agent = self.dev_agent()
        path = os.path.join(support.ROOT, "scenarios/jobs/sums.nomad")
        code, output, errors = agent.nomad("job", "run", path)
        self.assertEqual(code, 0, output + errors)
        self.assertIn("Monitoring evaluation", output)
        self.assertEqual(len(re.findall(r'Allocation "[0-9a-f]{8}" created: node "[0-9a-f]{8}", group "add"', output)), 2)
        self.assertRegex(output, r'Evaluation "[0-9a-f]{8}" finished with status "complete"')
        for alloc in agent.in_state("sums", "complete", 2):
            self.assertEqual(agent.logs(alloc), "40 + 2 = 42\n")
            state = self.task_state(agent, alloc, "sum")
            self.assertEqual((state["State"], state["Failed"], state["Restarts"]), ("dead", False, 0))
            self.assertEqual([event["Type"] for event in state["Events"]],
                             ["Received", "Task Setup", "Started", "Terminated"])
            self.assertEqual(state["Events"][-1]["Details"]["exit_code"], "0")
        wait_until(lambda: agent.read("/v1/job/sums")["Status"] == "dead", "the job has ended")
        code, output, errors = agent.nomad("job", "status", "sums")
        self.assertEqual(code, 0, errors)
        self.assertRegex(output, r"(?m)^Type += batch$")
        self.assertRegex(output, r"(?m)^Status += dead")
        summary = dict(zip(*[re.split(r"\s{2,}", line.strip()) for line in
                             output.split("Summary\n")[1].splitlines()[:2]]))
        self.assertEqual((summary["Task Group"], summary["Complete"], summary["Running"], summary["Failed"]),
                         ("add", "2", "0", "0"))

    def test_killed_task_restarts_by_its_policy_and_stop_ends_it(self):
        agent = self.dev_agent()
        self.run_job(agent, "steady")
        alloc, = agent.running("steady")
        first = agent.task_process(alloc)
        self.assertTrue(first.lives())
        code, output, errors = agent.nomad("job", "status", "steady")
        self.assertEqual(code, 0, errors)
        self.assertRegex(output, r"(?m)^Status += running$")
        self.assertRegex(output, rf"(?m)^{alloc['ID'][:8]} .* work .* run +running ")

        first.kill()
        second = agent.task_process(alloc, start=2)
        self.assertNotEqual(second, first)
        wait_until(lambda: self.task_state(agent, alloc)["Restarts"] == 1
                   and self.task_state(agent, alloc)["State"] == "running", "one restart is told")
        state = self.task_state(agent, alloc)
        self.assertTrue(second.lives())
        events = [event["Type"] for event in state["Events"]]
        self.assertEqual(events, ["Received", "Task Setup", "Started", "Terminated", "Restarting", "Started"])
        terminated = state["Events"][3]["Details"]
        self.assertEqual((terminated["exit_code"], terminated["signal"]), ("137", "9"))
        code, output, errors = agent.nomad("alloc", "status", alloc["ID"][:8])
        self.assertEqual(code, 0, errors)
        self.assertRegex(output, r"Total Restarts += 1\n")
        self.assertIn("Exit Code: 137, Signal: 9", output)

        code, output, errors = agent.nomad("job", "stop", "steady")
        self.assertEqual(code, 0, output + errors)
        wait_until(lambda: not second.lives(), "the stopped job's process is gone")
        alloc, = agent.in_state("steady", "complete")
        self.assertEqual(alloc["DesiredStatus"], "stop")
        stopped = agent.read("/v1/job/steady")
        self.assertTrue(stopped["Stop"])
        wait_until(lambda: agent.read("/v1/job/steady")["Status"] == "dead", "the job is dead")
        code, output, _ = agent.nomad("job", "status", "steady")
        self.assertRegex(output, r"(?m)^Status += dead \(stopped\)$")
        # Purged, it is unknown.
        self.assertEqual(agent.nomad("job", "stop", "-purge", "-detach", "steady")[0], 0)
        wait_until(lambda: agent.get("/v1/job/steady").status == 404, "the purged job is unknown")
        code, _, errors = agent.nomad("job", "status", "steady")
        self.assertEqual(code, 1)
        self.assertIn('No job(s) with prefix or id "steady" found', errors)

    def test_restart_policy_is_exhausted(self):
        agent = self.dev_agent()
        reschedule = "reschedule {\n attempts = 0\n unlimited = false\n }"
        self.run_job(agent, "failing", script="echo oops >&2; exit 3", kind="batch", group=reschedule)
        alloc, = agent.in_state("failing", "failed")
        state = self.task_state(agent, alloc)
        self.assertEqual((state["State"], state["Failed"], state["Restarts"]), ("dead", True, 3))
        self.assertEqual([event["Details"]["exit_code"] for event in state["Events"] if event["Type"] == "Terminated"][-1],
                         "3")
        self.assertEqual(state["Events"][-1]["Type"], "Not Restarting")
        self.assertEqual(agent.logs(alloc, "-stderr"), "oops\n" * 4)
        code, output, _ = agent.nomad("job", "status", "failing")
        self.assertEqual(code, 0)
        self.assertRegex(output, r"(?m)^work +0 +0 +0 +1 +0 +0")

    def test_kill_timeout_forces_a_task_that_ignores_its_signal(self):
        agent = self.dev_agent()
        self.run_job(agent, "stubborn", script="trap '' INT TERM; echo pid $$; while true; do sleep 1; done",
                     task='kill_timeout = "1s"')
        alloc, = agent.running("stubborn")
        process = agent.task_process(alloc)
        begun = time.monotonic()
        self.run_stop(agent, "stubborn")
        wait_until(lambda: not process.lives(), "it is killed")
        self.assertGreaterEqual(time.monotonic() - begun, 0.9, "it had its kill_timeout")
        agent.in_state("stubborn", "complete")

    def run_stop(self, agent, name):
        code, output, errors = agent.nomad("job", "stop", "-detach", name)
        self.assertEqual(code, 0, output + errors)

    def test_tasks_see_their_environment(self):
        agent = self.dev_agent()
        self.run_job(agent, "env", script="env; pwd", kind="batch", task='env {\n GREETING = "hi"\n }')
        alloc, = agent.in_state("env", "complete")
        lines = agent.logs(alloc).splitlines()
        told = dict(line.split("=", 1) for line in lines if "=" in line)
        for name, value in {"NOMAD_ALLOC_ID": alloc["ID"], "NOMAD_ALLOC_NAME": "env.work[0]", "NOMAD_ALLOC_INDEX": "0",
                            "NOMAD_JOB_NAME": "env", "NOMAD_JOB_ID": "env", "NOMAD_GROUP_NAME": "work",
                            "NOMAD_TASK_NAME": "main", "NOMAD_DC": "dc1", "NOMAD_REGION": "global",
                            "NOMAD_CPU_LIMIT": "20", "NOMAD_MEMORY_LIMIT": "10", "GREETING": "hi"}.items():
            self.assertEqual(told.get(name), value, name)
        self.assertEqual(lines[-1], os.path.dirname(told["NOMAD_TASK_DIR"]))
        for name in ("NOMAD_ALLOC_DIR", "NOMAD_TASK_DIR", "NOMAD_SECRETS_DIR"):
            self.assertTrue(os.path.isdir(told[name]), name)

    def test_exit_codes(self):
        agent = self.dev_agent()
        big = self.write("big.nomad", job("big").replace("memory = 10", "memory = 99999999"))
        code, output, errors = agent.nomad("job", "run", big)
        self.assertEqual(code, 2, "failed to place\n" + output + errors)
        self.assertIn("failed to place all allocations", output)
        self.assertIn('Dimension "memory" exhausted on 1 nodes', output)
        fitting = self.write("fitting.nomad", job("fitting"))
        self.assertEqual(agent.nomad("job", "validate", fitting)[0], 0)
        self.assertEqual(agent.nomad("job", "plan", fitting)[0], 1, "a plan that would create")
        self.assertEqual(agent.nomad("job", "run", "-detach", fitting)[0], 0)
        agent.running("fitting")
        self.assertEqual(agent.nomad("job", "plan", fitting)[0], 0, "a plan that changes nothing")
        self.assertEqual(agent.nomad("job", "plan", os.path.join(self.folder, "none.nomad"))[0], 255)
        self.assertEqual(agent.nomad("job", "run", os.path.join(self.folder, "none.nomad"))[0], 1)
        self.assertEqual(agent.nomad("job", "stop", "nosuch")[0], 1)
        self.assertEqual(agent.nomad("alloc", "status", "ffffffff")[0], 1)
        self.assertEqual(agent.nomad("job", "status", "--no-such-flag")[0], 1)
        self.assertEqual(agent.nomad("node", "status")[0], 0)
        self.assertEqual(agent.nomad("version")[0], 0)
        code, _, errors = support.run(["status"], {"NOMAD_ADDR": f"http://127.0.0.1:{support.free_port()}"})
        self.assertEqual(code, 1)
        self.assertIn("connection refused", errors)

    def test_logs_of_a_running_task_can_be_followed(self):
        agent = self.dev_agent()
        self.run_job(agent, "count", script="echo pid $$; i=0; while true; do echo line $i; i=$((i+1)); sleep 0.2; done")
        alloc, = agent.running("count")
        follower = subprocess.Popen([support.NOMAD, "alloc", "logs", "-f", alloc["ID"]], stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, text=True, env={**os.environ, "NOMAD_ADDR": agent.address})
        try:
            lines = [follower.stdout.readline().strip() for _ in range(12)]
            self.assertEqual(lines[1:], [f"line {i}" for i in range(11)])
        finally:
            follower.kill()
            follower.wait()
            follower.stdout.close()

    def test_blocking_query_answers_when_its_job_changes(self):
        agent = self.dev_agent()
        self.run_job(agent, "watched")
        agent.running("watched")
        index = int(agent.get("/v1/job/watched").headers["X-Nomad-Index"])
        begun = time.monotonic()
        quiet = agent.get(f"/v1/job/watched?index={index + 1000}&wait=500ms")
        self.assertEqual(quiet.status, 200)
        self.assertGreaterEqual(time.monotonic() - begun, 0.5)
        self.run_stop(agent, "watched")
        changed = agent.get(f"/v1/job/watched?index={index}&wait=30s")
        self.assertGreater(int(changed.headers["X-Nomad-Index"]), index)
        self.assertTrue(changed.json()["Stop"])

    def test_interrupt_ends_agent_and_its_tasks(self):
        agent = self.dev_agent()
        self.run_job(agent, "steady", count=2)
        processes = [agent.task_process(alloc) for alloc in agent.running("steady", 2)]
        agent.signal(signal.SIGINT)
        self.assertEqual(agent.ended(), 1, "a signal without leave ends with 1 (agent-config.md section 11)")
        for process in processes:
            self.assertFalse(process.lives(), "a -dev agent's tasks end with it")
        self.assertEqual(support.processes_in(self.folder), [])
        self.assertEqual(glob.glob(os.path.join(agent.folder, "tmp", "NomadClient-*")), [])
        self.assertIn("Caught signal: interrupt", agent.output())

    def test_hangup_reloads_the_log_level(self):
        agent = self.agent("dev", 'log_level = "ERROR"', dev=True).start().answers()
        agent.node_is("dev", "ready")
        self.assertNotIn("[INFO]", agent.output())
        agent.configure('log_level = "INFO"')
        agent.signal(signal.SIGHUP)
        wait_until(lambda: "configuration reloaded" in agent.output(), "it has reloaded")
        self.assertIn("==> Caught signal: hangup\n==> Reloading configuration...\n", agent.output())
        self.run_job(agent, "loud", kind="batch", script="true")
        agent.in_state("loud", "complete")
        self.assertIn('type=Started', agent.output())
        # A broken file is told, and changes nothing.
        agent.configure("log_level = ")
        agent.signal(signal.SIGHUP)
        wait_until(lambda: "Failed to reload configuration" in agent.output(), "the broken file is told")
        self.assert_runs(agent)


if __name__ == "__main__":
    unittest.main()
