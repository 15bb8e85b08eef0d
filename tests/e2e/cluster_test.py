"""Three servers and two clients as processes on loopback: crashes, leaves, lost quorums (issue 2, item 3)."""

import signal
import time
import unittest

import support
from support import tell, wait_until

SPREAD = 'spread {\n    attribute = "${node.unique.id}"\n    weight = 100\n  }'


class Cluster:
    """Its agents, started and ready. With `leave`, signals make them leave."""

    def __init__(self, test, clients=2, leave=False):
        self.test = test
        leaving = "leave_on_interrupt = true\nleave_on_terminate = true\n" if leave else ""
        self.servers = [test.agent(f"server{i}") for i in range(3)]
        join = ", ".join(f'"127.0.0.1:{server.serf}"' for server in self.servers)
        for server in self.servers:
            server.configure(leaving + f"""
server {{
  enabled                = true
  bootstrap_expect       = 3
  min_heartbeat_ttl      = "1s"
  heartbeat_grace        = "1s"
  failover_heartbeat_ttl = "40s"
  server_join {{
    retry_join     = [{join}]
    retry_interval = "1s"
  }}
}}
""")
        rpc = ", ".join(f'"127.0.0.1:{server.rpc}"' for server in self.servers)
        self.clients = [test.agent(f"client{i}", leaving + f"""
client {{
  enabled = true
  servers = [{rpc}]
}}
""") for i in range(clients)]
        for agent in self.servers + self.clients:
            agent.start()
        for agent in self.servers + self.clients:
            agent.answers()
        self.leader()
        for client in self.clients:
            self.servers[0].node_is(client.name, "ready")

    def living(self):
        return [server for server in self.servers if server.runs()]

    def leader(self, timeout=support.PATIENCE):
        """Waits until all living servers name the same living leader, and gives it."""
        def look():
            named = {server.leader() for server in self.living()}
            found = [server for server in self.living() if named == {f"127.0.0.1:{server.rpc}"}]
            # That it leads is one thing, that it answers for the cluster another.
            return found[0] if found and found[0].get("/v1/jobs").status == 200 else None
        return wait_until(look, "the servers name one leader", timeout)

    def followers(self):
        leader = self.leader()
        return [server for server in self.living() if server is not leader]

    def client_of(self, alloc):
        return next(client for client in self.clients if client.name == alloc["NodeName"])

    def caught_up(self, server):
        wait_until(lambda: server.applied_index() >= self.leader().applied_index(), f"{server.name} has caught up")


class ClusterTest(support.TestCase):
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
        now = server.running("steady", 4)
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

        # A killed server stays a peer, as failed, until an operator says that it will not come back.
        dead = cluster.followers()[0]
        dead.crash()
        leader = cluster.leader()
        wait_until(lambda: leader.member_states()[f"{dead.name}.global"] == "failed", "it has failed")
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
