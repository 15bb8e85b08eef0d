"""Servers and clients that leave the cluster (issue 2, item 3). force_leave_test.py: servers that are made to."""

import signal
import time
import unittest

import support
from cluster import SPREAD, Cluster
from support import tell, wait_until


class LeaveTest(support.TestCase):
    def test_leaving_client(self):
        cluster = Cluster(self, leave=True)
        server = cluster.servers[0]
        self.run_job(server, "steady", count=4, more=SPREAD)
        allocs = server.running("steady", 4)
        leaver = cluster.clients[0]
        moved = [server.task_process(alloc) for alloc in allocs if alloc["NodeName"] == leaver.name]
        self.assertTrue(moved)
        begun = time.monotonic()
        leaver.signal(signal.SIGTERM)
        self.assertEqual(leaver.ended(), 0)
        tell(f"leaving client with {len(moved)} tasks: {time.monotonic() - begun:.2f} s")
        for process in moved:
            self.assertFalse(process.lives(), "its tasks are stopped when it has left")
        server.node_is(leaver.name, "down")
        now = server.running("steady", 4)
        self.assertEqual({alloc["NodeName"] for alloc in now}, {cluster.clients[1].name})
        self.assertEqual(server.allocs("steady", "lost"), [], "moved, not lost")
        self.assertIn("Gracefully shutting down agent...", leaver.output())

    def test_servers_leave(self):
        cluster = Cluster(self, clients=1, leave=True)
        self.run_job(cluster.servers[0], "steady")
        alloc, = cluster.servers[0].running("steady")
        process = cluster.servers[0].task_process(alloc)

        # A follower leaves by SIGINT, the leader by SIGTERM: code 0, and out of the peer set.
        follower = cluster.followers()[0]
        begun = time.monotonic()
        follower.signal(signal.SIGINT)
        self.assertEqual(follower.ended(), 0, follower.output()[-2000:])
        tell(f"leaving follower: {time.monotonic() - begun:.2f} s")
        leader = cluster.leader()
        wait_until(lambda: len(leader.peers()) == 2 and f"{follower.name}.global" not in leader.peers(), "two peers")
        self.assertEqual(leader.member_states()[f"{follower.name}.global"], "left")
        self.run_job(leader, "after-follower")
        leader.running("after-follower")

        begun = time.monotonic()
        leader.signal(signal.SIGTERM)
        self.assertEqual(leader.ended(), 0, leader.output()[-2000:])
        tell(f"leaving leader: {time.monotonic() - begun:.2f} s")
        last = cluster.leader()
        self.assertIsNot(last, leader)
        wait_until(lambda: list(last.peers().values()) == ["leader"], "one peer")
        self.run_job(last, "after-leader")
        last.running("after-leader")
        self.assertTrue(process.lives(), "through all of it")
        self.assertEqual(last.running("steady")[0]["ID"], alloc["ID"])


if __name__ == "__main__":
    unittest.main()
