"""The leader of three servers is killed again and again under load: every write that was acknowledged is there, on
every server, and writes go on soon (issue 4). Snapshots are taken every few entries, so that servers come back by them.

KILLS=50 tests/e2e/killed_leaders_test.py makes it long; the gaps are printed.
"""

import os
import random
import threading
import time
import unittest

import support
from cluster import Cluster
from support import tell, wait_until

KILLS = int(os.environ.get("KILLS", "3"))
WRITERS = 4
SNAPSHOTS = """
server {
  raft_snapshot_threshold = 20
  raft_snapshot_interval  = "200ms"
  raft_trailing_logs      = 10
}
"""


def job(name):
    return {"Job": {"ID": name, "Name": name, "Type": "batch", "Datacenters": ["nowhere"], "TaskGroups": [
        {"Name": "g", "Count": 1, "Tasks": [{"Name": "t", "Driver": "raw_exec", "Config": {"command": "/bin/true"}}]}]}}


class Writer(threading.Thread):
    """Registers one job after the other, at whichever server answers, and notes when each was acknowledged."""

    def __init__(self, number, servers):
        super().__init__(daemon=True)
        self.number, self.servers = number, servers
        self.acknowledged = {}  # job: (asked at, answered at)
        self.stopped = threading.Event()

    def run(self):
        draw = random.Random(self.number)
        written = 0
        while not self.stopped.is_set():
            name = f"w{self.number}-{written}"
            begun = time.monotonic()
            try:
                answer = draw.choice(self.servers).request("PUT", "/v1/jobs", job(name), timeout=6)
            except OSError:
                time.sleep(0.005)
                continue
            if answer.status == 200:
                self.acknowledged[name] = (begun, time.monotonic())
                written += 1
            else:
                time.sleep(0.005)


class KilledLeadersTest(support.TestCase):
    def test_no_acknowledged_write_is_lost(self):
        cluster = Cluster(self, clients=0, more=SNAPSHOTS)
        writers = [Writer(number, cluster.servers) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        killed_at = []
        for kill in range(KILLS):
            leader = cluster.leader()
            before = sum(len(writer.acknowledged) for writer in writers)
            wait_until(lambda b=before: sum(len(writer.acknowledged) for writer in writers) > b + 20, "writes go through")
            killed_at.append(time.monotonic())
            leader.crash()
            wait_until(lambda: any(asked > killed_at[-1] for writer in writers
                                   for asked, _ in list(writer.acknowledged.values())), "a write goes through again")
            leader.start().answers()
        for writer in writers:
            writer.stopped.set()
        for writer in writers:
            writer.join(timeout=support.PATIENCE)
        acknowledged = {name: times for writer in writers for name, times in writer.acknowledged.items()}
        gaps = sorted(min(done for asked, done in acknowledged.values() if asked > killed) - killed
                      for killed in killed_at)
        tell(f"{len(acknowledged)} writes acknowledged over {KILLS} killed leaders; from the kill to the next write "
             f"asked for and acknowledged: p50 {1000 * gaps[len(gaps) // 2]:.0f} ms, "
             f"p99 {1000 * gaps[min(len(gaps) - 1, len(gaps) * 99 // 100)]:.0f} ms")

        leader = cluster.leader()
        for server in cluster.servers:
            cluster.caught_up(server)
            there = {one["ID"] for one in server.read("/v1/jobs?stale=true")}
            self.assertEqual(set(acknowledged) - there, set(), f"acknowledged, and not there on {server.name}")
        taken = [int(server.read("/v1/agent/self")["stats"]["raft"]["last_snapshot_index"])
                 for server in cluster.servers]
        self.assertTrue(all(taken), f"snapshots were taken on every server: {taken}")
        self.assertIn(leader, cluster.servers)


if __name__ == "__main__":
    unittest.main()
