"""What operators do with a region's servers: hand leadership over, watch autopilot, save and restore the state, look into
a data directory, and come back from the loss of the quorum by a peers.json."""

import base64
import io
import json
import os
import tarfile
import unittest

import support
from cluster import Cluster
from support import tell, wait_until


class OperatorsTest(support.TestCase):
    def ok(self, agent, *arguments):
        code, output, errors = agent.nomad(*arguments)
        self.assertEqual(code, 0, output + errors)
        return output

    def refused(self, agent, *arguments):
        code, output, errors = agent.nomad(*arguments)
        self.assertEqual(code, 1, output + errors)
        return errors

    def ids(self, agent):
        """Name to Raft id."""
        servers = agent.read("/v1/operator/raft/configuration?stale")["Servers"]
        return {server["Node"].split(".")[0]: server["ID"] for server in servers}

    def test_leadership_goes_where_the_operator_wants_it(self):
        cluster = Cluster(self, clients=0)
        ids = self.ids(cluster.leader())
        for heir in cluster.followers():
            output = self.ok(cluster.followers()[0], "operator", "raft", "transfer-leadership", f"-peer-id={ids[heir.name]}")
            self.assertEqual(output, f'Transferred leadership to peer with id "{ids[heir.name]}"\n')
            wait_until(lambda heir=heir: cluster.leader() is heir, f"{heir.name} leads")
        errors = self.refused(cluster.leader(), "operator", "raft", "transfer-leadership", "-peer-id=nobody")
        self.assertIn('no Raft peer has the id "nobody"', errors)
        before, heir = cluster.leader(), cluster.followers()[0]
        self.ok(before, "operator", "raft", "transfer-leadership", f"-peer-address=127.0.0.1:{heir.rpc}")
        wait_until(lambda: cluster.leader() is heir, f"{heir.name} leads")
        self.assertIn("an address or id is required", self.refused(before, "operator", "raft", "transfer-leadership"))

    def test_autopilot_shows_how_the_servers_do_and_keeps_its_settings(self):
        cluster = Cluster(self, clients=0, more='autopilot {\n  max_trailing_logs = 300\n}\n')
        leader = cluster.leader()
        self.assertIn("MaxTrailingLogs = 300\n", self.ok(leader, "operator", "autopilot", "get-config"))
        self.assertEqual(self.ok(cluster.followers()[0], "operator", "autopilot", "set-config", "-min-quorum=3"),
                         "Configuration updated!\n")
        wait_until(lambda: leader.get("/v1/operator/autopilot/health").status == 200, "all servers are well")
        health = leader.read("/v1/operator/autopilot/health")
        self.assertEqual((health["Healthy"], health["FailureTolerance"], len(health["Servers"])), (True, 1, 3))
        ids = self.ids(leader)
        self.assertEqual((health["Leader"], sorted(health["Voters"])), (ids[leader.name], sorted(ids.values())))
        self.assertTrue(self.ok(leader, "operator", "autopilot", "health").startswith("Healthy: true\nFailureTolerance: 1\n"))
        dead = cluster.followers()[0]
        dead.crash()
        answer = wait_until(lambda: (found := leader.get("/v1/operator/autopilot/health")).status == 429 and found,
                            "the death is told")
        self.assertEqual(answer.json()["FailureTolerance"], 0)
        code, output, _ = leader.nomad("operator", "autopilot", "health")
        self.assertEqual((code, output.splitlines()[0]), (1, "Healthy: false"))
        # What is replicated outlives its leader.
        dead.start().answers()
        leader.crash()
        self.assertIn("MinQuorum = 3\n", self.ok(cluster.leader(), "operator", "autopilot", "get-config"))

    def test_a_new_server_votes_after_a_while(self):
        first = self.agent("first", """
server {
  enabled          = true
  bootstrap_expect = 1
}
autopilot {
  server_stabilization_time = "3s"
}
""").start().answers()
        wait_until(lambda: first.leader(), "it leads")
        second = self.agent("second", f"""
server {{
  enabled = true
  server_join {{
    retry_join = ["127.0.0.1:{first.serf}"]
  }}
}}
""").start().answers()
        voters = lambda: {peer["Node"]: peer["Voter"] for peer in
                          first.read("/v1/operator/raft/configuration")["Servers"]}
        wait_until(lambda: voters().get("second.global") is False, "it is there without a vote")
        self.assertIn("false", [line for line in self.ok(first, "operator", "raft", "list-peers").splitlines()
                                if line.startswith("second.global")][0])
        errors = self.refused(first, "operator", "raft", "transfer-leadership",
                              f"-peer-id={self.ids(first)['second']}")
        self.assertIn("does not vote", errors)
        wait_until(lambda: voters()["second.global"], "it votes")
        self.assertIn("nomad.autopilot: Promoting server", first.output())

    def test_a_saved_state_comes_back_on_every_server(self):
        cluster = Cluster(self, clients=1)
        leader = cluster.leader()
        self.run_job(leader, "kept")
        leader.running("kept")
        backup = os.path.join(self.folder, "backup.snap")
        self.assertEqual(self.ok(cluster.followers()[0], "operator", "snapshot", "save", backup),
                         f"State file written to {backup}\n")
        self.assertIn(f'Destination file already exists: "{backup}"',
                      self.refused(leader, "operator", "snapshot", "save", backup))
        with tarfile.open(backup) as archive:
            self.assertEqual(archive.getnames(), ["meta.json", "state.bin", "SHA256SUMS"])
        inspected = self.ok(leader, "operator", "snapshot", "inspect", backup)
        self.assertEqual([line.split()[0] for line in inspected.splitlines()], ["ID", "Size", "Index", "Term", "Version"])
        state = json.loads(self.ok(leader, "operator", "snapshot", "state", backup))
        self.assertEqual([one["ID"] for one in state["Jobs"]], ["kept"])

        self.run_job(leader, "gone")
        alloc, = leader.running("gone")
        process = leader.task_process(alloc)
        self.assertEqual(self.ok(cluster.followers()[0], "operator", "snapshot", "restore", backup), "Snapshot Restored\n")
        for server in cluster.servers:
            wait_until(lambda server=server: server.get("/v1/job/gone?stale").status == 404, f"{server.name} has it")
            self.assertEqual(server.get("/v1/job/kept?stale").status, 200)
        wait_until(lambda: not process.lives(), "what the restored state knows nothing of is stopped")
        cluster.leader().running("kept")
        self.run_job(cluster.leader(), "later")
        cluster.leader().running("later")
        # Over a restart from the log.
        for server in cluster.servers:
            server.crash()
        for server in cluster.servers:
            server.start().answers()
        self.assertEqual(cluster.leader().get("/v1/job/gone").status, 404)
        self.assertEqual(cluster.leader().get("/v1/job/later").status, 200)

    def test_a_state_larger_than_any_other_request_comes_back(self):
        agent = self.agent("one", dev=True).start().answers()
        wait_until(lambda: agent.leader(), "it leads")
        for number in range(24):  # of what does not pack
            job = {"ID": f"job-{number}", "Name": "x", "Type": "batch", "Datacenters": ["dc1"],
                   "Meta": {"k": base64.b64encode(os.urandom(768 << 10)).decode()},
                   "TaskGroups": [{"Name": "g", "Count": 0, "Tasks": [
                       {"Name": "t", "Driver": "raw_exec", "Config": {"command": "/bin/true"}}]}]}
            self.assertEqual(agent.request("PUT", "/v1/jobs", {"Job": job}).status, 200)
        backup = os.path.join(self.folder, "large.snap")
        self.ok(agent, "operator", "snapshot", "save", backup)
        self.assertGreater(os.path.getsize(backup), 33 << 20)
        self.run_job(agent, "gone")
        self.assertEqual(self.ok(agent, "operator", "snapshot", "restore", backup), "Snapshot Restored\n")
        self.assertEqual(agent.get("/v1/job/gone").status, 404)
        self.assertEqual(agent.get("/v1/job/job-23").status, 200)

    def test_files_that_are_no_snapshots_are_refused_with_what_was_found(self):
        agent = self.agent("one", dev=True).start().answers()
        wait_until(lambda: agent.leader(), "it leads")
        good = os.path.join(self.folder, "good.snap")
        self.ok(agent, "operator", "snapshot", "save", good)
        with open(good, "rb") as file:
            whole = file.read()
        damaged = bytearray(whole)
        for at in range(8):  # one bit alone may mean nothing: zeros copied from nearer by are zeros, too
            damaged[len(whole) // 2 + at] ^= 0xff

        def repacked(change):
            out = io.BytesIO()
            with tarfile.open(fileobj=io.BytesIO(whole)) as source, tarfile.open(fileobj=out, mode="w:gz") as target:
                for member in source.getmembers():
                    bytes_ = change(member.name, source.extractfile(member).read())
                    if bytes_ is None:
                        continue
                    member.size = len(bytes_)
                    target.addfile(member, io.BytesIO(bytes_))
            return out.getvalue()

        def foreign():
            import hashlib
            state = b"\x82\xa5Index\x0a"
            meta = b'{"Version":1,"ID":"2-10-1","Index":10,"Term":2,"Size":8}'
            sums = "".join(f"{hashlib.sha256(one).hexdigest()}  {name}\n"
                           for one, name in ((meta, "meta.json"), (state, "state.bin"))).encode()
            return repacked(lambda name, _: {"meta.json": meta, "state.bin": state, "SHA256SUMS": sums}[name])

        for name, bytes_, wanted in (
                ("text", b'{"Jobs":[]}', 'it begins with "{"Jobs":", wanted a gzip file'),
                ("cut", whole[:-20], "the archive is damaged at offset"),
                ("turned", bytes(damaged), "damaged"),
                ("without", repacked(lambda name, one: None if name == "SHA256SUMS" else one),
                 "the archive holds meta.json, state.bin, wanted meta.json, state.bin and SHA256SUMS"),
                ("changed", repacked(lambda name, one: one + b" " if name == "meta.json" else one),
                 "meta.json is damaged: its SHA-256 is"),
                ("foreign", foreign(), 'wanted "NOMADSNP": this is a snapshot of another program')):
            with self.subTest(name):
                path = os.path.join(self.folder, name + ".snap")
                with open(path, "wb") as file:
                    file.write(bytes_)
                self.assertIn(wanted, self.refused(agent, "operator", "snapshot", "restore", path))
                # Whoever asks the server itself hears the same.
                answer = agent.request("PUT", "/v1/operator/snapshot", bytes_)
                self.assertEqual(answer.status, 400, answer.text())
                self.assertIn(wanted, answer.text())

    def test_a_lost_quorum_comes_back_by_a_peers_json(self):
        cluster = Cluster(self, clients=0)
        leader = cluster.leader()
        self.run_job(leader, "kept")
        for server in cluster.servers:
            cluster.caught_up(server)
        ids = self.ids(leader)
        survivor = cluster.followers()[0]
        for server in cluster.servers:
            server.crash()

        # The data directory tells what there is.
        info = self.ok(survivor, "operator", "raft", "info", survivor.data).splitlines()
        self.assertEqual([line[:13] for line in info], ["path:        ", "length:      ", "first index: ", "last index:  "])
        self.assertIn(ids[survivor.name], self.ok(survivor, "operator", "raft", "info", "-verbose", survivor.data))
        entries = [json.loads(line) for line in self.ok(survivor, "operator", "raft", "logs", survivor.data).splitlines()]
        self.assertEqual(info[1:], [f"length:      {len(entries)}", "first index: 1", f"last index:  {len(entries)}"])
        indented, pretty = self.ok(survivor, "operator", "raft", "logs", "-pretty", survivor.data), []
        self.assertIn("\n    ", indented)
        while indented := indented.lstrip():
            entry, end = json.JSONDecoder().raw_decode(indented)
            pretty.append(entry)
            indented = indented[end:]
        self.assertEqual(pretty, entries)
        self.assertEqual([entry["Index"] for entry in entries], list(range(1, len(entries) + 1)))
        self.assertIn("RegisterJob", [entry.get("MsgType") for entry in entries])
        state = json.loads(self.ok(survivor, "operator", "raft", "state", survivor.data))
        self.assertEqual([one["ID"] for one in state["Jobs"]], ["kept"])
        errors = self.refused(survivor, "operator", "raft", "state", "-last-index=9999", survivor.data)
        self.assertIn("found 9999, wanted an index from", errors)
        self.assertIn('holds no log of a server: wanted a folder "wal"',
                      self.refused(survivor, "operator", "raft", "info", self.folder))

        peers = self.ok(survivor, "operator", "raft", "peers-json", f"-keep={ids[survivor.name]}", survivor.data)
        self.assertEqual(json.loads(peers), [{"id": ids[survivor.name], "address": f"127.0.0.1:{survivor.rpc}",
                                              "non_voter": False}])
        self.assertIn("wanted one of", self.refused(survivor, "operator", "raft", "peers-json", "-keep=x", survivor.data))
        path = os.path.join(survivor.data, "server", "raft", "peers.json")
        for wrong, wanted in (
                ('[{"id": "x",\n "address": }]', "line 2:"),
                ('{"id": "x"}', "wanted a list of servers"),
                ('[{"id": "x", "address": "nowhere"}]', 'wanted IP:PORT, where the server'),
                (f'[{{"id": "x", "address": "127.0.0.1:1"}}]', "found no server with the id of this one"),
                ('["127.0.0.1:4647"]', "wanted an object with id, address and non_voter")):
            with open(path, "w", encoding="utf-8") as file:
                file.write(wrong)
            survivor.start()
            self.assertEqual(survivor.ended(), 1)
            self.assertIn(wanted, survivor.output())
            self.assertIn("peers.json: ", survivor.output())
        with open(path, "w", encoding="utf-8") as file:
            file.write(peers)
        survivor.start().answers()
        wait_until(lambda: survivor.leader() == f"127.0.0.1:{survivor.rpc}", "the survivor leads alone")
        wait_until(lambda: survivor.get("/v1/job/kept").status == 200, "with what it had")
        self.assertEqual(sorted(survivor.peers().values()), ["leader"])
        self.assertFalse(os.path.exists(path))
        self.assertTrue(os.path.exists(path + ".used"))
        # It stays so over a restart, and others may join again.
        survivor.crash()
        survivor.start().answers()
        wait_until(lambda: survivor.leader() == f"127.0.0.1:{survivor.rpc}", "it leads again")
        other = next(server for server in cluster.servers if server is not survivor)
        os.rename(os.path.join(other.data, "server"), os.path.join(other.data, "lost"))
        other.start().answers()
        wait_until(lambda: len(survivor.peers()) == 2, "an empty server joins")
        wait_until(lambda: other.get("/v1/job/kept?stale").status == 200, "and has it all")
        tell("the survivor of three came back with all it had")


if __name__ == "__main__":
    unittest.main()
