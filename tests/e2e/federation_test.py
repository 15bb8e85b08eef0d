"""Two regions in one pool, and one of them gone (nomad#3600, #5874). By itself, because the accusation takes a minute."""

import signal
import time
import unittest

import support
from support import wait_until

SERVER = "server {\n  enabled = true\n  bootstrap_expect = 1\n}\n"


class FederationTest(support.TestCase):
    def test_members_are_listed_at_once_when_a_region_is_gone(self):
        here = self.agent("here", SERVER).start().answers()
        there = self.agent("there", SERVER + 'region = "mars"\n').start().answers()
        code, _, errors = here.nomad("server", "join", f"127.0.0.1:{there.serf}")
        self.assertEqual(code, 0, errors)
        wait_until(lambda: here.read("/v1/regions") == ["global", "mars"], "the regions know each other")
        wait_until(lambda: here.read("/v1/status/leader?region=mars") == f"127.0.0.1:{there.rpc}", "mars is led")
        code, output, errors = here.nomad("server", "members")
        self.assertEqual(code, 0, errors)
        self.assertIn("there.mars", output)

        # It hangs, and nobody has noticed: what asks nobody is answered. Not a request has gone to it meanwhile, which
        # would be answered with an error, and not before it has run out of patience.
        there.signal(signal.SIGSTOP)
        self.assertEqual(set(here.member_states()), {"here.global", "there.mars"})
        code, output, errors = here.nomad("server", "members", "-detailed")
        self.assertEqual((code, errors), (0, ""))
        self.assertIn("there.mars", output)
        # What asks it gives up soon, and shows what it has.
        began = time.monotonic()
        code, output, errors = here.nomad("server", "members")
        self.assertEqual(code, 1)
        self.assertRegex(output, r"there\.mars .* alive")
        self.assertIn('Region "mars"', errors)
        self.assertLess(time.monotonic() - began, 8, "the server itself waits for ten seconds")

        # It is gone for good. Its leader cannot be named, all else can.
        there.crash()
        wait_until(lambda: here.member_states()["there.mars"] == "failed", "it has failed", timeout=150)
        code, output, errors = here.nomad("server", "members")
        self.assertEqual(code, 1)
        self.assertRegex(output, r"there\.mars .* failed")
        self.assertRegex(output, r"here\.global .* alive")
        self.assertIn('Region "mars"', errors)
        self.assertEqual(here.get("/v1/status/leader?region=mars").text(), "No path to region")
        self.assertEqual(here.read("/v1/jobs"), [])


if __name__ == "__main__":
    unittest.main()
