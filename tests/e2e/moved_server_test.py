"""A server that comes back at another address, under its old name and with its old disk: Raft's peers learn of it
(nomad#12926, #27427), though to the others it was never gone."""

import unittest

import support
from cluster import Cluster
from support import wait_until


def move(server):
    """Gives a server that is down another RPC port."""
    old, server.rpc = server.rpc, support.free_port()
    with open(server.config, encoding="utf-8") as file:
        text = file.read()
    assert f"rpc  = {old}" in text
    with open(server.config, "w", encoding="utf-8") as file:
        file.write(text.replace(f"rpc  = {old}", f"rpc  = {server.rpc}"))


def raft_addresses(server):
    """Where Raft's configuration says that its peers are, by name."""
    peers = server.read("/v1/operator/raft/configuration?stale=true")["Servers"]
    return {peer["Node"].split(".")[0]: peer["Address"] for peer in peers}


class MovedServerTest(support.TestCase):
    def test_each_server_moves_and_the_peers_know_where(self):
        cluster = Cluster(self, clients=0)
        # The leader last: its own entry is corrected by the next one.
        for server in cluster.followers() + [cluster.leader()]:
            server.crash()
            move(server)
            server.start().answers()
            where = {one.name: f"127.0.0.1:{one.rpc}" for one in cluster.servers}
            for one in cluster.servers:
                wait_until(lambda one=one: raft_addresses(one) == where, f"{one.name} knows where {server.name} is")
            cluster.leader()
        self.run_job(cluster.servers[0], "written-by-those-that-moved")
        for server in cluster.servers:
            cluster.caught_up(server)

    def test_a_copied_address_costs_nobody_its_place(self):
        cluster = Cluster(self, clients=0)
        victim = cluster.followers()[0]
        before = raft_addresses(victim)
        self.agent("copy", f"""
advertise {{
  rpc = "127.0.0.1:{victim.rpc}"
}}
server {{
  enabled = true
  server_join {{
    retry_join = ["127.0.0.1:{victim.serf}"]
  }}
}}
""").start().answers()
        leader = cluster.leader()
        wait_until(lambda: "two servers advertise one RPC address" in leader.output(), "the leader says so")
        index = leader.applied_index()
        self.run_job(leader, "written-meanwhile")
        self.assertLess(leader.applied_index(), index + 50)
        self.assertEqual(raft_addresses(leader), before)
        self.assertEqual(leader.output().count("two servers advertise one RPC address"), 1)

    def test_a_server_alone_corrects_its_own_entry(self):
        server = self.agent("alone", "server {\n  enabled = true\n  bootstrap_expect = 1\n}\n").start().answers()
        wait_until(lambda: server.leader() == f"127.0.0.1:{server.rpc}", "it leads")
        server.crash()
        move(server)
        server.start().answers()
        wait_until(lambda: raft_addresses(server) == {"alone": f"127.0.0.1:{server.rpc}"}, "its entry is right")


if __name__ == "__main__":
    unittest.main()
