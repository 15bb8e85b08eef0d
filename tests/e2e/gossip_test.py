"""The servers' gossip: sealed with a key from the agent setting `encrypt`, the key rotated by the operator's commands,
and the pool found again after a restart without being told where it is."""

import base64
import json
import os
import re
import stat
import unittest

import support
from support import run, wait_until


class GossipTest(support.TestCase):
    def servers(self, count, encrypt):
        servers = [self.agent(f"server{i}") for i in range(count)]
        join = ", ".join(f'"127.0.0.1:{server.serf}"' for server in servers)
        for server in servers:
            self.configure(server, encrypt, f"retry_join = [{join}]\n    retry_interval = \"1s\"", count)
            server.start()
        for server in servers:
            server.answers()
        return servers

    def configure(self, server, encrypt, join, expect=3):
        server.configure(f"""
server {{
  enabled          = true
  bootstrap_expect = {expect}
  {f'encrypt = "{encrypt}"' if encrypt else ''}
  server_join {{
    {join}
  }}
}}
""")

    def all_alive(self, servers):
        wanted = {f"{server.name}.global": "alive" for server in servers}
        wait_until(lambda: all(server.member_states() == wanted for server in servers), "all see all alive")

    def new_key(self, *command):
        code, output, errors = run(["operator", *command])
        self.assertEqual(code, 0, errors)
        key = output.strip()
        self.assertEqual(len(base64.b64decode(key)), 32)
        return key

    def keyring(self, server):
        path = os.path.join(server.data, "server", "serf.keyring")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        with open(path, encoding="utf-8") as file:
            return json.load(file)

    def keys(self, server, operation, *key):
        code, output, errors = server.nomad("operator", "gossip", "keyring", operation, *key)
        return code, output, errors

    def test_keys(self):
        first = self.new_key("gossip", "keyring", "generate")
        second = self.new_key("keygen")
        self.assertNotEqual(first, second)
        servers = self.servers(3, first)
        self.all_alive(servers)
        for server in servers:
            self.assertEqual(self.keyring(server), [first])
            shown = server.read("/v1/agent/self")
            self.assertNotIn(first, json.dumps(shown), "the key is nobody's to see")
            self.assertEqual(shown["stats"]["serf"]["encrypted"], "true")

        # The key is changed while all goes on, and nobody drops out.
        code, output, errors = self.keys(servers[0], "install", second)
        self.assertEqual((code, output), (0, "Installing new gossip encryption key...\n"), errors)
        code, output, errors = self.keys(servers[1], "list")
        self.assertEqual(code, 0, errors)
        lines = output.splitlines()
        self.assertEqual(lines[:2], ["Gathering installed encryption keys...", "Key"])
        self.assertEqual(set(lines[2:]), {first, second})
        self.assertEqual(servers[2].read("/v1/agent/keyring/list"),
                         {"Messages": {}, "Keys": {first: 3, second: 3}, "NumNodes": 3})
        code, _, errors = self.keys(servers[2], "remove", first)
        self.assertEqual(code, 1)
        self.assertIn("3/3 nodes reported failure", errors)
        self.assertIn("Removing the primary key is not allowed", errors)
        self.assertEqual(self.keys(servers[1], "use", second)[0], 0)
        self.assertEqual(self.keys(servers[2], "remove", first)[0], 0)
        for server in servers:
            self.assertEqual(self.keyring(server), [second])
        self.assertEqual(self.keys(servers[0], "install", "no key")[0], 1)

        # A restart takes the keyring, not the old setting.
        servers[1].crash()
        servers[1].start().answers()
        self.all_alive(servers)
        self.assertIn("keyring exists but -encrypt given, using keyring", servers[1].output())
        for server in servers:
            self.assertNotIn("no acks received", re.sub(r"(?m)^.*server1.*$", "", server.output()))

        # Who has another key, or none, stays outside.
        for name, key in (("stranger", first), ("clear", "")):
            stranger = self.agent(name)
            self.configure(stranger, key, "", 0)
            stranger.start().answers()
            code, _, errors = stranger.nomad("server", "join", f"127.0.0.1:{servers[0].serf}")
            self.assertEqual(code, 1)
            self.assertEqual(set(stranger.member_states()), {f"{name}.global"})
        self.all_alive(servers)

    def test_no_keys_in_clear(self):
        server, = self.servers(1, "")
        wait_until(lambda: server.get("/v1/agent/members").status == 200, "it is a member")
        code, _, errors = self.keys(server, "list")
        self.assertEqual(code, 1)
        self.assertIn("Keyring is empty (encryption not enabled)", errors)

    def test_pool_is_found_again(self):
        servers = self.servers(3, "")
        self.all_alive(servers)
        # Its configuration names nobody any more: what it wrote down does.
        again = servers[2]
        path = os.path.join(again.data, "server", "serf", "snapshot")

        def written():
            with open(path, encoding="utf-8") as file:
                return all(f"alive: {server.name}.global 127.0.0.1:{server.serf}\n" in text
                           for text in [file.read()] for server in servers)
        wait_until(written, "the snapshot names all three")
        again.crash()
        self.configure(again, "", "", 3)
        again.start().answers()
        self.all_alive(servers)
        wait_until(lambda: "serf: Re-joined to previously known node" in again.output(), "it says how it found them")


if __name__ == "__main__":
    unittest.main()
