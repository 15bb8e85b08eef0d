"""Three servers and two clients as processes on loopback: crashes and lost quorums (issue 2, item 3)."""

import signal
import time
import unittest

import support
from cluster import SPREAD, Cluster
from support import tell, wait_until


class ClusterTest(support.TestCase):
    def test_frozen_leader_keeps_nobody_waiting(self):
        cluster = Cluster(self, clients=0)
        asked = cluster.followers()[0]
        frozen = cluster.leader()
        frozen.signal(signal.SIGSTOP)
        try:
            begun = time.monotonic()
            self.assertEqual(asked.request("GET", "/v1/jobs", timeout=8).status, 200)
            tell(f"frozen leader to a read that a follower was asked for: {time.monotonic() - begun:.2f} s")
            self.assertLess(time.monotonic() - begun, 5)
        finally:
            frozen.signal(signal.SIGCONT)

    def test_killed_leader(self):
        cluster = Cluster(self)
        any_server = cluster.servers[0]
        self.run_job(any_server, "steady", count=4, more=SPREAD)
        allocs = any_server.running("steady", 4)
        self.assertEqual({alloc["NodeName"] for alloc in allocs}, {"client0", "client1"}, "work on both clients")
        processes = {alloc["ID"]: any_server.task_process(alloc) for alloc in allocs}

        old = cluster.leader()
        begun = time.monotonic()
        old.crash()
        new = cluster.leader(timeout=20)
        tell(f"killed leader to a new one that answers: {time.monotonic() - begun:.2f} s")
        self.assertIsNot(new, old)

        # The cluster works on: a job comes, runs and goes, and what ran is as it was.
        self.run_job(new, "during", count=2, more=SPREAD)
        new.running("during", 2)
        self.assertEqual({alloc["ID"] for alloc in new.running("steady", 4)}, set(processes))
        for process in processes.values():
            self.assertTrue(process.lives())
        for client in cluster.clients:
            self.assertEqual(client.read("/v1/jobs")[0]["ID"], "during", "clients find the living servers")

        old.start().answers()
        cluster.leader()
        cluster.caught_up(old)
        wait_until(lambda: sorted(old.peers().values()) == ["follower", "follower", "leader"], "three peers again")
        wait_until(lambda: set(old.member_states().values()) == {"alive"} and len(old.member_states()) == 3,
                   "three members again")
        self.assertEqual({one["ID"] for one in old.read("/v1/jobs?stale=true")}, {"steady", "during"})
        self.assertEqual({node["Status"] for node in new.nodes().values()}, {"ready"})
        self.assertEqual({alloc["ID"] for alloc in new.running("steady", 4)}, set(processes))
        for process in processes.values():
            self.assertTrue(process.lives())

    def test_killed_client(self):
        cluster = Cluster(self)
        server = cluster.servers[0]
        self.run_job(server, "steady", count=4, more=SPREAD)
        allocs = server.running("steady", 4)
        lost_client = cluster.clients[0]
        lost = [alloc for alloc in allocs if alloc["NodeName"] == lost_client.name]
        kept = {alloc["ID"]: server.task_process(alloc) for alloc in allocs if alloc not in lost}
        lost_processes = [server.task_process(alloc) for alloc in lost]
        self.assertTrue(lost and kept)

        begun = time.monotonic()
        lost_client.crash()
        server.node_is(lost_client.name, "down")
        tell(f"killed client to node down: {time.monotonic() - begun:.2f} s (TTL 1 to 2 s and 1 s of grace)")
        # A node is down a moment before its allocations are lost: until then four are running.
        def elsewhere():
            allocs = server.running("steady", 4)
            return allocs if all(alloc["NodeName"] != lost_client.name for alloc in allocs) else None
        now = wait_until(elsewhere, "its work runs elsewhere")
        tell(f"killed client to its work running elsewhere: {time.monotonic() - begun:.2f} s")
        self.assertEqual({alloc["NodeName"] for alloc in now}, {cluster.clients[1].name})
        self.assertLessEqual(set(kept), {alloc["ID"] for alloc in now})
        for process in kept.values():
            self.assertTrue(process.lives(), "the other client's tasks are not touched")
        for alloc in lost:
            self.assertEqual(self.alloc(server, alloc)["ClientStatus"], "lost")

        # It comes back: its node is ready, and what was replaced is stopped there.
        lost_client.start()
        server.node_is(lost_client.name, "ready")
        for process in lost_processes:
            wait_until(lambda p=process: not p.lives(), "what was replaced is stopped")
        self.assertEqual(len(server.running("steady", 4)), 4)

    def test_lost_quorum(self):
        cluster = Cluster(self, clients=1)
        self.run_job(cluster.servers[0], "before")
        alloc, = cluster.servers[0].running("before")
        process = cluster.servers[0].task_process(alloc)
        leader = cluster.leader()
        left, other = cluster.followers()
        index = leader.applied_index()
        leader.crash()
        other.crash()

        def refused():
            answer = left.request("PUT", "/v1/jobs", {"Job": {"ID": "x"}})
            # What it says while it looks for a leader: Nomad's text, once it knows that there is none.
            return answer.status == 500 and answer.text() == "No cluster leader"
        wait_until(refused, "a write is refused")
        code, output, errors = left.nomad("job", "run", "-detach", self.write("no.nomad", support.job("no")))
        self.assertEqual(code, 1)
        self.assertIn("Unexpected response code: 500 (No cluster leader)", errors, output)
        read = left.get("/v1/jobs")
        self.assertEqual((read.status, read.text()), (500, "No cluster leader"), "neither is it a leader's answer")
        stale = left.get("/v1/jobs?stale=true")
        self.assertEqual((stale.status, [one["ID"] for one in stale.json()]), (200, ["before"]))
        self.assertEqual(stale.headers["X-Nomad-KnownLeader"], "false")
        self.assertTrue(process.lives(), "tasks do not mind")

        other.start()
        leader.start()
        for server in (other, leader):
            server.answers()
        now = cluster.leader()
        self.assertGreaterEqual(now.applied_index(), index)
        self.assertEqual([one["ID"] for one in now.read("/v1/jobs")], ["before"])
        now.node_is("client0", "ready")
        self.assertEqual(now.running("before")[0]["ID"], alloc["ID"])
        self.assertTrue(process.lives())
        self.run_job(left, "after")
        now.running("after")

    def test_all_servers_killed_and_back(self):
        cluster = Cluster(self, clients=1)
        self.run_job(cluster.servers[0], "before")
        alloc, = cluster.servers[0].running("before")
        process = cluster.servers[0].task_process(alloc)
        for server in cluster.servers:
            server.crash()
        self.assertTrue(process.lives())
        for server in cluster.servers:
            server.start()
        for server in cluster.servers:
            server.answers()
        leader = cluster.leader()
        self.assertEqual(leader.running("before")[0]["ID"], alloc["ID"])
        self.assertTrue(process.lives())
        self.run_job(leader, "after")
        leader.running("after")


if __name__ == "__main__":
    unittest.main()
