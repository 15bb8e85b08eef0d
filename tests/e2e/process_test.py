"""The agent as a process among others: its output, signals and descriptors, and who may read its files."""

import fcntl
import os
import resource
import signal
import socket
import stat
import time
import unittest

import support
from support import wait_until


class OutputTest(support.TestCase):
    def test_pipe_that_nobody_reads_stops_nothing(self):
        # Signals reload and end the agent as ever, although neither its log nor its words find room.
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 64 * 1024)  # its first words fit
        agent = self.agent("dev", 'log_level = "TRACE"\n', dev=True).start(output=writer).answers()
        # A description of its own, which does not block: the agent's does.
        filler = os.open(f"/proc/self/fd/{writer}", os.O_WRONLY | os.O_NONBLOCK)
        os.close(writer)
        self.addCleanup(os.close, filler)

        def fill():
            for size in (4096, 1):
                try:
                    while True:
                        os.write(filler, b"." * size)
                except BlockingIOError:
                    pass
        fill()
        for _ in range(3):
            agent.signal(signal.SIGHUP)
            time.sleep(0.2)
            self.assertEqual(agent.request("GET", "/v1/agent/health", timeout=5).status, 200)
        with open(agent.config, "a", encoding="utf-8") as file:
            file.write("no sense {")
        agent.signal(signal.SIGHUP)
        time.sleep(0.2)
        self.assertEqual(agent.request("GET", "/v1/agent/health", timeout=5).status, 200)
        begun = time.monotonic()
        agent.signal(signal.SIGTERM)
        self.assertEqual(agent.ended(15), 1)
        support.tell(f"end without a reader: {time.monotonic() - begun:.2f} s")

    def test_words_of_a_signal_stand_among_the_log(self):
        agent = self.dev_agent()
        with open(agent.config, "a", encoding="utf-8") as file:
            file.write("no sense {")
        agent.signal(signal.SIGHUP)
        wait_until(lambda: "\n==> Failed to reload configuration: " in agent.output(), "it tells what is wrong")
        self.assertIn("\n==> Caught signal: hangup\n==> Reloading configuration...\n==> Failed to reload", agent.output())
        agent.signal(signal.SIGINT)
        self.assertEqual(agent.ended(), 1)
        self.assertIn("\n==> Caught signal: interrupt\n", agent.output())


class DescriptorTest(support.TestCase):
    def test_agent_takes_what_it_may_and_its_tasks_do_not(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        agent = self.agent("dev", dev=True).start(preexec_fn=limit).answers()
        agent.node_is("dev", "ready")
        self.assertEqual(resource.prlimit(agent.process.pid, resource.RLIMIT_NOFILE), (hard, hard))
        self.run_job(agent, "count", script="ulimit -Sn", kind="batch")
        self.assertEqual(agent.logs(agent.in_state("count", "complete")[0]), "256\n")


    def test_agent_without_descriptors_tells_so_and_lives(self):
        most = 90
        limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        agent = self.agent("dev", dev=True).start(preexec_fn=limit).answers()
        held = []
        for _ in range(most):
            held.append(socket.create_connection(("127.0.0.1", agent.rpc), timeout=5))
        wait_until(lambda: "cannot take a connection: error=\"accept4: too many open files\"" in agent.output(),
                   "it tells what it lacks")
        time.sleep(1)
        self.assertLess(agent.output().count("cannot take a connection"), 4)
        for one in held:
            one.close()
        wait_until(lambda: agent.request("GET", "/v1/agent/health", timeout=5).status == 200, "it answers again")

    def test_rpc_connection_that_says_nothing_is_closed(self):
        agent = self.dev_agent('limits {\n  rpc_handshake_timeout = "300ms"\n}\n')
        with socket.create_connection(("127.0.0.1", agent.rpc), timeout=10) as silent:
            self.assertEqual(silent.recv(1), b"")
        # Lines of the log come from a thread of their own.
        wait_until(lambda: "it has not said who it is in time (limits.rpc_handshake_timeout)" in agent.output(),
                   "it tells why")
        metrics = agent.request("GET", "/v1/metrics").json()
        counted = {one["Name"]: one["Count"] for one in metrics["Counters"]}
        self.assertEqual(counted["nomad.nomad.rpc.handshake_timeout"], 1)


class FilesTest(support.TestCase):
    def test_recording_and_log_are_not_for_everybody(self):
        recording = os.path.join(self.folder, "journal")
        log = os.path.join(self.folder, "agent.log")
        agent = self.dev_agent(f'log_file = "{log}"\n', flags=["-record", recording])
        agent.signal(signal.SIGINT)
        self.assertEqual(agent.ended(), 1)
        mode = lambda path: stat.S_IMODE(os.stat(path).st_mode)
        self.assertEqual(mode(recording), 0o600)
        self.assertEqual(mode(log) & 0o007, 0)


if __name__ == "__main__":
    unittest.main()
