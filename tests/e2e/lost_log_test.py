"""Servers whose past is not what it was: the log gone under the old id, a snapshot without its log, a data directory that
was copied, and an address that another cluster's server has taken over."""

import os
import shutil
import signal
import unittest

import support
from cluster import Cluster
from support import wait_until


def raft_peers(agent):
    """Raft's configuration: who votes, by id."""
    servers = agent.read("/v1/operator/raft/configuration?stale")["Servers"]
    return {server["ID"]: server["Voter"] for server in servers}


def node_id(agent):
    with open(os.path.join(agent.data, "server", "node-id"), encoding="utf-8") as file:
        return file.read().strip()


class LostLogTest(support.TestCase):
    def test_a_server_without_its_log_comes_back_as_another_and_counts_again(self):
        cluster = Cluster(self, clients=0)
        lost, other = cluster.followers()
        old = node_id(lost)
        self.run_job(cluster.leader(), "before")
        lost.crash()
        shutil.rmtree(os.path.join(lost.data, "server", "raft"))
        os.makedirs(os.path.join(lost.data, "server", "raft", "wal"))
        with open(os.path.join(lost.data, "server", "raft", "wal", "old.bak"), "w", encoding="utf-8") as file:
            file.write("no log, for all that it lies where one should be")
        lost.start().answers()
        wait_until(lambda: node_id(lost) != old, "it has another id")  # it answers before its disk is read
        self.assertIn("it begins under a new one", lost.output())
        wait_until(lambda: raft_peers(cluster.leader()).get(node_id(lost)), "it votes again")
        self.assertNotIn(old, raft_peers(cluster.leader()))
        cluster.caught_up(lost)
        other.signal(signal.SIGSTOP)  # with one of three still, nothing goes without it
        try:
            self.run_job(lost, "after")
        finally:
            other.signal(signal.SIGCONT)

    def test_a_snapshot_without_its_log_is_not_started_with(self):
        server = self.agent("alone", "server {\n  enabled = true\n  bootstrap_expect = 1\n  raft_snapshot_threshold = 4\n"
                                     '  raft_snapshot_interval = "100ms"\n}\n').start().answers()
        raft = os.path.join(server.data, "server", "raft")
        wait_until(lambda: server.leader() == f"127.0.0.1:{server.rpc}", "it leads")
        for number in range(8):
            self.run_job(server, f"job-{number}")
        wait_until(lambda: os.listdir(os.path.join(raft, "snapshots")), "a snapshot")
        server.crash()
        shutil.rmtree(os.path.join(raft, "wal"))
        server.start()
        self.assertEqual(server.ended(), 1)
        self.assertIn("and no log in server/raft/wal", server.output())
        self.assertIn("or move server/raft away and let the server join again as a new one", server.output())

    def test_an_id_that_is_none_is_not_started_with(self):
        server = self.agent("alone", "server {\n  enabled = true\n  bootstrap_expect = 1\n}\n").start().answers()
        wait_until(lambda: server.leader() == f"127.0.0.1:{server.rpc}", "it leads")
        path = os.path.join(server.data, "server", "node-id")
        old = node_id(server)
        server.crash()
        with open(path, "w", encoding="utf-8") as file:
            file.write("no id\n")
        server.start()
        self.assertEqual(server.ended(), 1)
        self.assertIn('server/node-id: found \\"no id\\", wanted a UUID such as', server.output())
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"  {old.upper()}\n")
        server.start().answers()
        wait_until(lambda: server.leader() == f"127.0.0.1:{server.rpc}", "it leads under its id")
        self.assertEqual(list(raft_peers(server)), [old])

    def test_a_folder_in_the_place_of_peers_json_is_not_passed_over(self):
        server = self.agent("alone", "server {\n  enabled = true\n  bootstrap_expect = 1\n}\n")
        path = os.path.join(server.data, "server", "raft", "peers.json")
        os.makedirs(path)
        server.start()
        self.assertEqual(server.ended(), 1)
        self.assertIn(f"{path} is a folder, wanted a file", server.output())

    def test_a_copy_of_a_data_directory_does_not_take_the_place_of_the_server(self):
        cluster = Cluster(self, clients=0)
        copied, other = cluster.followers()
        leader = cluster.leader()
        copy = self.agent("copy")
        with open(copied.config, encoding="utf-8") as file:
            settings = file.read()
        copied.crash()
        shutil.copytree(copied.data, copy.data)
        copied.start().answers()
        cluster.caught_up(copied)
        copy.configure(settings[settings.index("\nserver {"):])
        copy.start().answers()
        wait_until(lambda: "two servers have one node ID" in leader.output(), "the leader tells")
        where = {server["ID"]: server["Address"] for server in
                 leader.read("/v1/operator/raft/configuration")["Servers"]}
        self.assertEqual(where[node_id(copied)], f"127.0.0.1:{copied.rpc}")
        other.crash()  # with one of three gone, nothing goes without the real one
        self.run_job(leader, "goes-on")
        copy.signal(signal.SIGINT)
        copy.ended()
        self.assertEqual(leader.nomad("server", "force-leave", "copy.global")[0], 0)
        wait_until(lambda: leader.member_states().get("copy.global") != "alive", "the copy is gone")
        self.run_job(leader, "goes-on-after-the-copy")
        self.assertTrue(raft_peers(leader)[node_id(copied)], "its end is not the end of the real one")

    def test_messages_for_whoever_had_the_address_before_are_not_taken(self):
        cluster = Cluster(self, clients=0)
        gone = cluster.followers()[0]
        gone.crash()
        stranger = self.agent("stranger", "server {\n  enabled = true\n  bootstrap_expect = 1\n}\n")
        stranger.rpc = gone.rpc
        stranger.configure("server {\n  enabled = true\n  bootstrap_expect = 1\n}\n")
        stranger.start().answers()
        wait_until(lambda: "ignoring a Raft message that is for another server" in stranger.output(), "it tells")
        self.run_job(stranger, "its-own")
        self.assertEqual(stranger.leader(), f"127.0.0.1:{stranger.rpc}")
        self.assertEqual(list(raft_peers(stranger)), [node_id(stranger)])


if __name__ == "__main__":
    unittest.main()
