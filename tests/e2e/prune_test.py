"""A server that is gone, and is forgotten for good: it is no peer any more, though nothing else cleans up."""

import unittest

import support
from cluster import Cluster
from support import wait_until


class PruneTest(support.TestCase):
    def test_pruned_server_is_no_peer(self):
        cluster = Cluster(self, clients=0, more="autopilot {\n  cleanup_dead_servers = false\n}\n")
        dead = cluster.followers()[0]
        name = f"{dead.name}.global"
        dead.crash()
        leader = cluster.leader()
        wait_until(lambda: leader.member_states()[name] == "failed", "it has failed", timeout=150)
        self.assertEqual(len(leader.peers()), 3)
        code, output, errors = leader.nomad("server", "force-leave", "-prune", name)
        self.assertEqual((code, output), (0, ""), errors)
        wait_until(lambda: name not in leader.member_states(), "it is forgotten")
        wait_until(lambda: len(leader.peers()) == 2 and name not in leader.peers(), "two peers")
        self.run_job(leader, "written-by-two")


if __name__ == "__main__":
    unittest.main()
