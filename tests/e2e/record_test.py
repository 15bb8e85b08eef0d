"""What `nomad agent -record` wrote, `nomad-sim replay` goes through again and finds the same."""

import base64
import os
import signal
import subprocess
import unittest

import support
from cluster import Cluster
from support import wait_until


class RecordTest(support.TestCase):
    def recorded(self, file):
        agent = self.dev_agent(flags=["-record", file])
        self.run_job(agent, "sums", script="echo $((40 + 2))", kind="batch", count=2)
        agent.in_state("sums", "complete", 2)
        self.run_job(agent, "steady")
        alloc, = agent.running("steady")
        agent.task_process(alloc).kill()
        agent.task_process(alloc, start=2)
        self.assertEqual(agent.nomad("job", "stop", "-detach", "steady")[0], 0)
        agent.in_state("steady", "complete")
        agent.signal(signal.SIGINT)
        self.assertEqual(agent.ended(), 1)

    def test_recording_is_replayed_to_the_same_hashes(self):
        file = os.path.join(self.folder, "journal")
        self.recorded(file)
        self.assertGreater(os.path.getsize(file), 1000)
        if not os.access(support.SIMULATOR, os.X_OK):
            self.skipTest("nomad-sim is not built (NOMAD_SIM_BIN)")
        done = self.replay(file)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_damaged_recording_is_found(self):
        if not os.access(support.SIMULATOR, os.X_OK):
            self.skipTest("nomad-sim is not built (NOMAD_SIM_BIN)")
        file = os.path.join(self.folder, "journal")
        self.recorded(file)
        with open(file, "rb") as whole:
            text = whole.read()
        at = len(text) - 60  # most of so short a recording is its header
        with open(file, "wb") as altered:
            altered.write(text[:at] + bytes([text[at] ^ 0x55]) + text[at + 1 :])
        done = self.replay(file)
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn("is damaged: its checksum differs", done.stdout)
        # Cut short, as a killed agent leaves it: the same up to there.
        with open(file, "wb") as altered:
            altered.write(text[:at])
        done = self.replay(file)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("SAME", done.stdout)
        with open(file, "wb") as altered:
            altered.write(b"NOMADREX" + text[8:])
        self.assertEqual(self.replay(file).returncode, 2)

    def test_ring_keeps_the_last_and_its_state_is_followed(self):
        if not os.access(support.SIMULATOR, os.X_OK):
            self.skipTest("nomad-sim is not built (NOMAD_SIM_BIN)")
        file = os.path.join(self.folder, "journal")
        agent = self.dev_agent(flags=["-record", file, "-record-size", "1"])

        def segments():
            return sorted(name for name in os.listdir(self.folder) if name.startswith("journal."))

        def make_noise():
            # Random bytes, so that an eighth of 1 MiB is soon full.
            job = {"ID": base64.b64encode(os.urandom(60_000)).decode()}
            agent.request("PUT", "/v1/validate/job", {"Job": job})
            self.run_job(agent, "sums", script="echo $((40 + 2))", kind="batch")
        self.noise_until(make_noise, lambda: "journal.1" in segments(), "a segment is full")
        self.noise_until(make_noise, lambda: "journal.1" not in segments(), "the oldest segment goes")
        agent.in_state("sums", "complete")
        agent.crash()
        done = self.replay(file)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("the beginning is gone", done.stdout)
        self.assertRegex(done.stdout, r"[1-9]\d* entries applied, state [0-9a-f]{16}")
        self.assertIn("SAME as recorded", done.stdout)
        self.assertIn("SMSAFE and STATEHASH hold over", done.stdout)
        total = sum(os.path.getsize(os.path.join(self.folder, name)) for name in segments() + ["journal"])
        self.assertLess(total, 2 << 20)

    def noise_until(self, make_noise, look, what):
        def tried():
            make_noise()
            return look()
        wait_until(tried, what)

    def test_the_life_before_is_kept_for_a_name_without_a_folder(self):
        agent = self.agent("bare", dev=True, flags=["-record", "bare.rec"])
        for _ in range(3):
            agent.start().answers()
            agent.signal(signal.SIGTERM)
            agent.ended()
        found = sorted(name for name in os.listdir(agent.folder) if name.startswith("bare.rec"))
        self.assertEqual(found, ["bare.rec", "bare.rec.prev"])

    def test_three_servers_and_a_killed_leader(self):
        if not os.access(support.SIMULATOR, os.X_OK):
            self.skipTest("nomad-sim is not built (NOMAD_SIM_BIN)")
        def file_of(name):
            return os.path.join(self.folder, name + ".rec")
        cluster = Cluster(self, clients=1, flags=lambda name: ["-record", file_of(name)])
        self.run_job(cluster.servers[0], "before")
        cluster.servers[0].running("before")
        old = cluster.leader()
        old.crash()
        self.assertIsNot(cluster.leader(timeout=20), old)
        self.run_job(cluster.leader(), "during")
        old.start().answers()
        cluster.leader()
        cluster.caught_up(old)
        self.run_job(cluster.leader(), "after")
        cluster.leader().running("after")
        for server in cluster.servers:
            server.crash()
        files = [file_of(server.name) for server in cluster.servers] + [file_of(old.name) + ".prev"]
        done = self.replay(*files)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(done.stdout.count("SAME as recorded"), 4, done.stdout)
        self.assertIn("4 lives of 3 agents: ELECT, LOGMATCH, SMSAFE, STATEHASH and MONO hold", done.stdout)
        # A server of another cluster: its terms and indexes are not theirs.
        stranger = os.path.join(self.folder, "stranger.rec")
        other = self.agent("stranger", dev=True, flags=["-record", stranger]).start().answers()
        other.node_is("stranger", "ready")
        other.signal(signal.SIGTERM)
        other.ended()
        done = self.replay(*files, stranger)
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn("found recordings of different clusters", done.stdout)
        self.assertNotIn(" fell: ", done.stdout)

    def replay(self, *files):
        return subprocess.run([support.SIMULATOR, "replay", *files], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=support.PATIENCE)

    def test_file_that_cannot_be_made_is_refused(self):
        agent = self.agent("dev", dev=True, flags=["-record", os.path.join(self.folder, "none", "journal")]).start()
        self.assertEqual(agent.ended(), 1)
        self.assertIn(os.path.join(self.folder, "none", "journal"), agent.output())


if __name__ == "__main__":
    unittest.main()
