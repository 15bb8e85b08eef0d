"""Three servers and some clients as processes on loopback."""

import support
from support import wait_until

SPREAD = 'spread {\n    attribute = "${node.unique.id}"\n    weight = 100\n  }'


class Cluster:
    """Its agents, started and ready. With `leave`, signals make them leave; `more` is in the servers' configuration.
    `flags`: of a server, by its name."""

    def __init__(self, test, clients=2, leave=False, flags=lambda name: (), more=""):
        self.test = test
        leaving = "leave_on_interrupt = true\nleave_on_terminate = true\n" if leave else ""
        self.servers = [test.agent(f"server{i}", flags=flags(f"server{i}")) for i in range(3)]
        join = ", ".join(f'"127.0.0.1:{server.serf}"' for server in self.servers)
        for server in self.servers:
            server.configure(leaving + more + f"""
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
