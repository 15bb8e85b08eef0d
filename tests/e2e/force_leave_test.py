"""A server that is gone, and is made to leave (issue 2, item 3). By itself, because the accusation takes a minute."""

import unittest

import support
from cluster import Cluster
from support import wait_until


class ForceLeaveTest(support.TestCase):
    def test_killed_server_is_made_to_leave_and_comes_back(self):
        cluster = Cluster(self, clients=1, leave=True)
        self.run_job(cluster.servers[0], "steady")
        alloc, = cluster.servers[0].running("steady")
        process = cluster.servers[0].task_process(alloc)

        # A killed server stays a peer, as failed, until an operator says that it will not come back.
        dead = cluster.followers()[0]
        dead.crash()
        leader = cluster.leader()
        wait_until(lambda: leader.member_states()[f"{dead.name}.global"] == "failed", "it has failed",
                   timeout=150)  # gossip of servers is slow to accuse: 30 s of suspicion and the probes before
        self.assertEqual(len(leader.peers()), 3)
        code, output, errors = leader.nomad("server", "force-leave", f"{dead.name}.global")
        self.assertEqual((code, output), (0, ""), errors)
        wait_until(lambda: leader.member_states()[f"{dead.name}.global"] == "left", "it has left")
        wait_until(lambda: len(leader.peers()) == 2 and f"{dead.name}.global" not in leader.peers(), "two peers")

        # It comes back all the same, and is taken in again.
        dead.start().answers()
        cluster.leader()
        cluster.caught_up(dead)
        wait_until(lambda: len(cluster.leader().peers()) == 3, "three peers")
        self.assertTrue(process.lives(), "through all of it")
        self.assertEqual(cluster.leader().running("steady")[0]["ID"], alloc["ID"])


if __name__ == "__main__":
    unittest.main()
