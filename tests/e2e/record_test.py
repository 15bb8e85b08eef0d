"""What `nomad agent -record` wrote, `nomad-sim replay` goes through again and finds the same."""

import os
import signal
import subprocess
import unittest

import support


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

    def test_altered_recording_is_found(self):
        if not os.access(support.SIMULATOR, os.X_OK):
            self.skipTest("nomad-sim is not built (NOMAD_SIM_BIN)")
        file = os.path.join(self.folder, "journal")
        self.recorded(file)
        with open(file, "rb") as whole:
            text = whole.read()
        self.assertIn(b'"sums"', text)
        with open(file, "wb") as altered:
            altered.write(text.replace(b'"sums"', b'"sumz"'))
        done = self.replay(file)
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("DIFFERS", done.stdout)
        # Noise where records were: whatever is said of it, it is said.
        with open(file, "wb") as altered:
            altered.write(text[: len(text) // 2] + bytes(byte ^ 0x55 for byte in text[len(text) // 2 :]))
        self.assertIn(self.replay(file).returncode, (1, 2, 3))

    def replay(self, file):
        return subprocess.run([support.SIMULATOR, "replay", file], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=support.PATIENCE)

    def test_file_that_cannot_be_made_is_refused(self):
        agent = self.agent("dev", dev=True, flags=["-record", os.path.join(self.folder, "none", "journal")]).start()
        self.assertEqual(agent.ended(), 1)
        self.assertIn(os.path.join(self.folder, "none", "journal"), agent.output())


if __name__ == "__main__":
    unittest.main()
