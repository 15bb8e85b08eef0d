"""A saved state restored where nothing of its cluster is left but the clients: servers with empty disks."""

import os
import shutil
import unittest

import support
from cluster import Cluster
from support import wait_until


class RestoreElsewhereTest(support.TestCase):
    def nomad(self, agent, *arguments):
        code, output, errors = agent.nomad(*arguments)
        self.assertEqual(code, 0, output + errors)
        return output

    def replace_servers(self, cluster):
        """All servers die; others take their addresses."""
        for server in cluster.servers:
            server.crash()
        for server in cluster.servers:
            shutil.rmtree(server.data)
            server.start()
        for server in cluster.servers:
            server.answers()
        return cluster.leader()

    def test_clients_go_on_with_servers_that_were_replaced_and_given_the_saved_state(self):
        cluster = Cluster(self, clients=1)
        client = cluster.clients[0]
        leader = cluster.leader()
        self.run_job(leader, "kept")
        alloc, = leader.running("kept")
        task = leader.task_process(alloc)
        backup = os.path.join(self.folder, "backup.snap")
        self.nomad(leader, "operator", "snapshot", "save", backup)
        # The cluster goes on for longer than the new one will be when it is given the state.
        for number in range(20):
            self.run_job(leader, "later", count=number % 2)
        leader.running("kept")

        leader = self.replace_servers(cluster)
        self.nomad(leader, "operator", "snapshot", "restore", backup)
        self.assertTrue(task.lives())
        self.run_job(leader, "new")
        leader.running("new")
        self.nomad(leader, "job", "stop", "-detach", "kept")
        wait_until(lambda: not task.lives(), "a client that never restarted hears of the stop")

        # The same with a client that restarts, and has registered before the state is restored.
        self.run_job(leader, "kept")
        alloc, = leader.running("kept")
        task = leader.task_process(alloc)
        os.remove(backup)
        self.nomad(leader, "operator", "snapshot", "save", backup)
        for number in range(20):
            self.run_job(leader, "later", count=number % 2)
        client.crash()
        leader = self.replace_servers(cluster)
        client.start().answers()
        wait_until(lambda: [node["Status"] for node in leader.read("/v1/nodes")] == ["ready"], "the client is there")
        self.nomad(leader, "operator", "snapshot", "restore", backup)
        self.run_job(leader, "newer")
        leader.running("newer")
        self.nomad(leader, "job", "stop", "-detach", "kept")
        wait_until(lambda: not task.lives(), "a client that came back hears of the stop")
        wait_until(lambda: self.alloc(leader, alloc)["ClientStatus"] == "complete", "and its report counts")


if __name__ == "__main__":
    unittest.main()
