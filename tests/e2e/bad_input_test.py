"""What is broken, wrong or hostile is refused with a clear word, and the agent lives (issue 2, item 6)."""

import os
import random
import socket
import struct
import unittest

import support
from support import wait_until


def ended(agent):
    """The exit code and the output of an agent that refuses to start."""
    return agent.start().ended(), agent.output()


class StartTest(support.TestCase):
    def server(self, name, extra="", **parts):
        return self.agent(name, "server {\n  enabled = true\n  bootstrap_expect = 1\n}\n" + extra, **parts)

    def test_unknown_key(self):
        agent = self.server("one", 'servr_name = "x"\n')
        code, output = ended(agent)
        self.assertEqual(code, 1, output)
        self.assertIn("servr_name", output)
        self.assertIn(agent.config, output)
        nested = self.agent("two", "server {\n  enabled = true\n  bootstrap_expct = 1\n}\n")
        code, output = ended(nested)
        self.assertEqual(code, 1, output)
        self.assertIn("bootstrap_expct", output)

    def test_broken_configuration(self):
        agent = self.server("one")
        with open(agent.config, encoding="utf-8") as file:
            lines = 1 + file.read().count("\n")
        with open(agent.config, "a", encoding="utf-8") as file:
            file.write("client { enabled =\n")
        code, output = ended(agent)
        self.assertEqual(code, 1, output)
        self.assertRegex(output, rf"agent\.hcl:({lines}|{lines + 1}):\d+: ")

    def test_missing_configuration(self):
        missing = os.path.join(self.folder, "none.hcl")
        code, output, errors = support.run(["agent", "-config", missing])
        self.assertEqual(code, 1)
        self.assertIn(missing, output + errors)
        code, output, errors = support.run(["agent"])
        self.assertEqual(code, 1)
        self.assertIn("Must specify either server, client or dev mode for the agent.", output + errors)
        code, output, errors = support.run(["agent", "-server", "-bootstrap-expect", "1"])
        self.assertEqual(code, 1)
        self.assertIn('Must specify "data_dir" config option or "data-dir" CLI flag', output + errors)
        code, output, errors = support.run(["agent", "-dev", "-no-such-flag"])
        self.assertEqual(code, 1)
        self.assertIn("no-such-flag", output + errors)

    def test_port_in_use(self):
        first = self.server("one").start().answers()
        for port in ("http", "rpc", "serf"):
            second = self.agent(f"second-{port}")
            setattr(second, port, getattr(first, port))
            second.configure("server {\n  enabled = true\n  bootstrap_expect = 1\n}\n")
            code, output = ended(second)
            self.assertEqual(code, 1, output)
            self.assertRegex(output, rf"127\.0\.0\.1:{getattr(first, port)}: bind: address already in use")
        self.assertEqual(first.get("/v1/agent/health").status, 200)

    def test_data_directory_that_cannot_be(self):
        blocker = self.write("file", "")
        agent = self.server("one", data=f"{blocker}/data")
        code, output = ended(agent)
        self.assertEqual(code, 1, output)
        self.assertIn(f"{blocker}/data", output)
        relative = self.server("two", data="data")
        code, output = ended(relative)
        self.assertEqual(code, 1, output)
        self.assertIn("absolute path", output)

    def test_data_directory_that_is_not_writable(self):
        shut = os.path.join(self.folder, "shut")
        os.mkdir(shut, 0o555)
        agent = self.server("one", data=shut)
        agent.start(**self.as_nobody() if os.geteuid() == 0 else {})  # root writes everywhere
        code, output = agent.ended(), agent.output()
        self.assertEqual(code, 1, output)
        self.assertIn(f'data_dir "{shut}" is not writable: Permission denied', output)

    def as_nobody(self):
        """How to start an agent as a user who may do little. The program may lie where that user cannot reach it."""
        os.chmod(self.folder, 0o755)
        program = os.open(support.NOMAD, os.O_RDONLY)
        self.addCleanup(os.close, program)
        return {"user": 65534, "group": 65534, "extra_groups": [], "pass_fds": [program],
                "executable": f"/proc/self/fd/{program}"}

    def test_garbled_log_on_disk(self):
        agent = self.server("one").start().answers()
        wait_until(agent.leader, "it leads")
        self.run_job(agent, "kept")
        agent.crash()
        files = [os.path.join(where, name) for where, _, names in os.walk(agent.data) for name in names]
        files = [path for path in files if "/server/" in path or "raft" in path]
        largest = max(files, key=os.path.getsize)
        with open(largest, "r+b") as file:
            # The first record's payload: not a torn tail, which a crash may leave, but a lie.
            file.seek(100)
            was = file.read(8)
            file.seek(100)
            file.write(bytes(byte ^ 0xFF for byte in was))
        code, output = ended(agent)
        self.assertEqual(code, 1, output)
        self.assertIn(os.path.basename(largest), output)


class JobTest(support.TestCase):
    def test_broken_and_senseless_jobs(self):
        agent = self.dev_agent()
        cases = {
            "broken": (support.job("broken").replace('type        = "service"', "type = = 3"), r"broken\.nomad:4,"),
            "unclosed": ('job "x" {\n  group "g" {\n', r"unclosed\.nomad:[23],"),
            "unknown": (support.job("unknown", more="colour = 3"), r'(?s)unknown\.nomad:5.*colour'),
            "notasks": ('job "x" {\n  group "g" {\n    count = 1\n  }\n}\n', r"Missing tasks for task group"),
            "nogroups": ('job "x" {\n  datacenters = ["dc1"]\n}\n', r"Missing job task groups"),
            "badtype": (support.job("x", kind="servise"), r'(?i)invalid job type.*servise'),
            "variable": (support.job("x", more="priority = var.nope"), r"variable\.nomad:5,"),
            "empty": ("", r"empty\.nomad"),
            "binary": ("\x00\x01\ufffd{{{{" * 100, r"binary\.nomad:1,"),
            "deep": ("x = " + "[" * 100000, r"deep\.nomad:1,"),
        }
        for name, (text, wanted) in cases.items():
            with self.subTest(name):
                path = self.write(f"{name}.nomad", text)
                code, output, errors = agent.nomad("job", "run", path)
                self.assertEqual(code, 1, output + errors)
                self.assertRegex(errors, wanted)
                code, output, errors = agent.nomad("job", "validate", path)
                self.assertEqual(code, 1, output + errors)
        code, output, errors = agent.nomad("job", "run", "-", stdin="job {")
        self.assertEqual(code, 1, output + errors)
        self.assertEqual(agent.read("/v1/jobs"), [])
        self.assert_works(agent)

    def test_requests_that_make_no_sense(self):
        agent = self.dev_agent()
        put = lambda path, body: agent.request("PUT", path, body)
        for body, status in ((b"", 400), (b"{}", 400), (b"{", 400), (b'{"Job":{}}', 400), (b'{"Job":[]}', 400),
                             (b"[" * 200000, 400), (b"\xff\xfe\x00", 400), (b'{"Job":{"ID":3}}', 400),
                             (b'{"Job":{"ID":"x","Name":"x","TaskGroups":[{"Name":"g","Count":1}]}}', 500)):
            with self.subTest(body=body[:60]):
                answer = put("/v1/jobs", body)
                self.assertEqual(answer.status, status, answer.text()[:300])
                self.assertGreaterEqual(len(answer.text()), len("EOF"))
        tasks = put("/v1/jobs", b'{"Job":{"ID":"x","Name":"x","Datacenters":["dc1"],"TaskGroups":[{"Name":"g"}]}}')
        self.assertIn("Missing tasks for task group", tasks.text())
        self.assertEqual(tasks.status, 500)
        self.assertEqual(put("/v1/jobs", b"{}").text(), "Job must be specified")
        for path, status in (("/v1/nothing", 404), ("/v1/node/../../etc", 500), ("/v1/job/none", 404),
                             ("/v1/jobs?index=x", 400), ("/v1/jobs?wait=soon", 400), ("/v1/allocation/zz", 500),
                             ("/v1/allocation/01234567-89ab-cdef-0123-456789abcdef", 404),
                             ("/v1/job/%00%ff", 404), ("/v1/client/fs/logs/none", 400)):
            with self.subTest(path=path):
                answer = agent.get(path)
                self.assertEqual(answer.status, status, answer.text())
        self.assertEqual(agent.request("DELETE", "/v1/jobs").status, 405)
        self.assertEqual(agent.read("/v1/jobs"), [])
        self.assert_works(agent)

    def test_files_outside_an_allocation_are_not_read(self):
        agent = self.dev_agent()
        self.run_job(agent, "steady")
        alloc, = agent.running("steady")
        for path in ("../../../../../../etc/passwd", "/../../../../etc/passwd", "main/secrets/../../../../../etc/passwd"):
            answer = agent.get(f"/v1/client/fs/cat/{alloc['ID']}?path={path}")
            self.assertGreaterEqual(answer.status, 400, answer.text()[:100])
            self.assertNotIn("root:", answer.text())
        self.assert_runs(agent)

    def assert_works(self, agent):
        self.assert_runs(agent)
        self.run_job(agent, "alive", script="echo yes", kind="batch")
        self.assertEqual(agent.logs(agent.in_state("alive", "complete")[0]), "yes\n")


class WireTest(support.TestCase):
    """Bytes that no well-meaning peer sends, to all ports of a living agent."""

    def setUp(self):
        super().setUp()
        self.chance = random.Random(22)
        self.target = self.dev_agent()
        self.run_job(self.target, "steady")
        self.steady, = self.target.running("steady")
        self.process = self.target.task_process(self.steady)

    def noise(self, most):
        return self.chance.randbytes(self.chance.randint(1, most))

    def send_stream(self, port, *parts, listen=False):
        """Opens a stream, sends, and closes it; `listen`: gives what came back, until the agent closes."""
        with socket.create_connection(("127.0.0.1", port), timeout=10) as stream:
            try:
                for part in parts:
                    stream.sendall(part)
                if not listen:
                    return b""
                stream.shutdown(socket.SHUT_WR)
                answer = b""
                while piece := stream.recv(65536):
                    answer += piece
                return answer
            except (ConnectionResetError, BrokenPipeError):
                return b""  # it would hear no more of this: its right

    def assert_unharmed(self):
        self.assert_runs(self.target)
        self.assertEqual(self.target.get("/v1/agent/health").status, 200)
        self.assertTrue(self.process.lives())
        self.assertEqual(self.target.running("steady")[0]["ID"], self.steady["ID"])
        self.assertEqual(self.target.member_states(), {"dev.global": "alive"})
        self.assertEqual(list(self.target.peers().values()), ["leader"])
        self.run_job(self.target, "alive", script="echo yes", kind="batch")
        self.target.in_state("alive", "complete")

    def test_rpc_frames(self):
        frame = lambda body: struct.pack(">I", len(body)) + body
        hello = b"n" + frame(b"\x1a\x02\x08\x01")  # without it nothing else is looked at
        memory = self.target.resident_bytes()
        for _ in range(100):
            self.send_stream(self.target.rpc, self.noise(2000))
            self.send_stream(self.target.rpc, b"n" + self.noise(2000))
            self.send_stream(self.target.rpc, b"n", *[frame(self.noise(300)) for _ in range(5)])
            self.send_stream(self.target.rpc, hello, *[frame(self.noise(300)) for _ in range(5)])
        for length in (0, 1, 0x7F, 0xFFFF, 2**25 - 1, 2**25, 2**25 + 1, 2**31 - 1, 2**31, 2**32 - 1):
            self.send_stream(self.target.rpc, b"n" + struct.pack(">I", length))
            self.send_stream(self.target.rpc, hello + struct.pack(">I", length) + b"\x0a\x03abc" * 20)
        # Protobuf that lies: lengths beyond the end, groups, varints without an end, fields of the wrong kind.
        for body in (b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", b"\x0b" * 5000,
                     b"\x08", b"\x12\x05\x0a\x10abc", b"\x1a\x02\x0a\xff" * 50, b"", b"\xff" * 64):
            for tag in range(1, 40):
                key = bytes([(tag << 3 | 2) & 0x7F]) if tag < 16 else bytes([(tag << 3 | 2) & 0x7F | 0x80, tag >> 4])
                nested = key + bytes([len(body) & 0x7F]) + body[:0x7F]
                self.send_stream(self.target.rpc, hello + frame(nested) + frame(b"\x08\x01" + nested))
        # A frame in pieces, never completed; many at once.
        idle = [socket.create_connection(("127.0.0.1", self.target.rpc)) for _ in range(30)]
        for stream in idle:
            stream.sendall(hello + struct.pack(">I", 2**24) + b"x")
        self.assert_unharmed()
        self.assertLess(self.target.resident_bytes() - memory, 64 * 2**20, "lengths are not believed")
        for stream in idle:
            stream.close()

    def packets(self):
        text = lambda s: bytes([0xA0 | len(s)]) + s.encode()
        name = text("Node") + text("ghost")
        yield from (bytes([kind]) for kind in range(256))
        for kind in range(14):
            yield bytes([kind, 0x80])  # an empty map
            yield bytes([kind, 0xDF, 0xFF, 0xFF, 0xFF, 0xFF])  # a map of 4 billion
            yield bytes([kind, 0x81]) + text("Node") + b"\xdb\xff\xff\xff\xffx"  # a string longer than the packet
            yield bytes([kind, 0x82]) + name + text("Addr") + b"\xa3abc"  # an address of three bytes
            yield bytes([kind]) + b"\x91" * 3000  # nested without an end
            yield bytes([kind, 0x83]) + name + text("SeqNo") + b"\xcf" + b"\xff" * 8 + text("Vsn") + b"\xa1\x01"
        yield bytes([7, 255]) + b"\xff\xff" * 255  # a compound of parts that are not there
        yield bytes([7, 2, 0, 0, 0, 0])
        yield bytes([7, 1, 0, 6]) * 400
        yield b"\x09\x82\xa4Algo\x00\xa3Buf" + b"\xda\x0f\xff" + b"\xff" * 4095  # compressed noise
        yield b"\x0c\x00\x00\x00\x00\x01\x80"  # a wrong checksum
        yield b"\xf4\x00\x05"  # labels
        yield b"\xf4\xff" + b"x" * 20
        for size in (1, 100, 1400, 65000):
            yield b"\x08" + bytes(size)  # user messages
        yield from (self.noise(1500) for _ in range(300))
        yield from (bytes([self.chance.choice((0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12)), 0x80 | self.chance.randint(1, 8)])
                    + self.noise(200) for _ in range(300))

    def test_gossip_datagrams(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind(("127.0.0.1", 0))
            for packet in self.packets():
                sender.sendto(packet, ("127.0.0.1", self.target.serf))
            sender.sendto(b"", ("127.0.0.1", self.target.serf))
        self.assert_unharmed()

    def test_gossip_streams(self):
        for packet in self.packets():
            self.send_stream(self.target.serf, packet)
        for nodes in (1, 1000, 2**31 - 1, 2**32 - 1):  # a push/pull that promises more than it brings
            header = b"\x06\x83\xa4Join\xc3\xa5Nodes\xce" + struct.pack(">I", nodes) + b"\xacUserStateLen\xce\xff\xff\xff\xff"
            self.send_stream(self.target.serf, header)
            self.send_stream(self.target.serf, header + b"\x81\xa4Name\xa1x" * 50)
        for length in (0, 1, 2**20, 2**32 - 1):
            self.send_stream(self.target.serf, b"\x0a" + struct.pack(">I", length) + self.noise(100))
        self.assert_unharmed()

    def test_http_bytes(self):
        requests = [self.noise(3000) for _ in range(50)]
        requests += [b"\r\n" * 100, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /v1/jobs HTTP/1.1\r\n" + b"x: y\r\n" * 5000,
                     b"GET /" + b"a" * 200000 + b" HTTP/1.1\r\n\r\n", b"PUT /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
                     b"PUT /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                     b"PUT /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nshort",
                     b"PUT /v1/jobs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
                     b"PUT /v1/jobs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                     b"BREW /v1/jobs HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)]
        for request in requests:
            answer = self.send_stream(self.target.http, request, listen=True)
            if answer:
                self.assertRegex(answer, rb"^HTTP/1\.[01] [45]\d\d ", request[:80])
        self.assert_unharmed()


if __name__ == "__main__":
    unittest.main()
