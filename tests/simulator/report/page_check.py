"""The page of nomad-sim run --html in a headless Chromium: it says what the run was, and its keys work.

NOMAD_SIM_BIN and, for a run that fell, NOMAD_SIM_MUTANTS name the programs. NOMAD_PAGE_SHOTS=FOLDER keeps screenshots.
"""

import json
import os
import re
import subprocess
import tempfile
import unittest

import chromium

SIMULATOR = os.environ["NOMAD_SIM_BIN"]
MUTANTS = os.environ.get("NOMAD_SIM_MUTANTS", "")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


class PageTest(unittest.TestCase):
    def setUp(self):
        self.assertTrue(chromium.program(), f"wanted one of {chromium.PROGRAMS}: scripts/setup installs it")
        self.folder = tempfile.TemporaryDirectory(prefix="nomad-sim-page-")
        self.addCleanup(self.folder.cleanup)
        self.browser = chromium.Chromium()
        self.addCleanup(self.browser.close)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def page_of(self, program, scenario, *flags, code=0):
        """Runs it: the page's path, what was printed, and the JSON report's only scenario."""
        done = subprocess.run([program, "run", os.path.join(ROOT, "scenarios", scenario + ".yaml"), "--save", self.folder.name,
                               "--html", self.path("page.html"), "--json", self.path("report.json"), *flags],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, code, done.stdout)
        with open(self.path("report.json"), encoding="utf-8") as file:
            return self.path("page.html"), done.stdout, json.load(file)["scenarios"][0]

    def shot(self, name):
        folder = os.environ.get("NOMAD_PAGE_SHOTS")
        if folder:
            self.browser.screenshot(os.path.join(folder, name + ".png"))

    def texts(self, selector):
        return self.browser.run(f"[...document.querySelectorAll({selector!r})].map(e => e.textContent)")

    def view(self):
        return self.browser.run("[view.from, view.to]")

    def is_quiet(self):
        self.assertEqual(self.browser.said(), [], "nothing in the console")
        self.assertEqual([url for url in self.browser.asked_for() if not url.endswith("/page.html")], [], "no requests")

    def test_run_that_held(self):
        page, printed, report = self.page_of(SIMULATOR, "partition", "--seed", "2")
        took = self.browser.open(page)
        print(f"[measured] {os.path.getsize(page)} bytes, drawn after {took:.2f} s")
        self.assertLess(os.path.getsize(page), 5 << 20)
        self.shot("held")
        browser = self.browser

        # What it says is what was printed.
        told = re.findall(r"^ *(\d+)m([\d.]+)s  (.*)$", printed, re.M)
        self.assertGreater(len(told), 20)
        self.assertEqual(self.texts("#story li button > span"), [text for _, _, text in told])
        self.assertEqual(self.texts("#story time"), [f"{int(m)}:{s}" for m, s, _ in told])
        self.assertEqual(browser.run("document.getElementById('verdict').textContent"), "HELD")
        self.assertIn(report["seeds"][0]["trace"], "".join(self.texts("#run-panel td")))
        elected = [text.split()[0] for _, _, text in told if "is elected leader" in text]
        self.assertEqual(browser.run("reigns.map(r => r.server.name)"), elected)
        self.assertEqual(browser.run("servers.length"), 5)

        # Keys.
        whole = self.view()
        browser.press("+", "+")
        zoomed = self.view()
        self.assertAlmostEqual((zoomed[1] - zoomed[0]) * 4, whole[1] - whole[0], delta=10)
        browser.press("ArrowRight")
        self.assertGreater(self.view()[0], zoomed[0])
        browser.press("f")
        self.assertEqual(self.view(), whole)
        browser.press("n", "n", "n")
        self.assertEqual(self.texts("#story [aria-current] span"), [told[2][2]])
        browser.press("p")
        self.assertEqual(self.texts("#story [aria-current] span"), [told[1][2]])
        self.assertIn("server-1", browser.run("document.getElementById('state').textContent"))
        browser.press(*"++++++++++++")
        self.assertGreater(browser.run("arrows.shown.length"), 0, "messages are drawn when few are in sight")
        self.shot("held-near")
        browser.press("1", "2", "3", "4", "5")
        self.assertEqual(browser.run("arrows.shown.length"), 0, "all families are switched off")
        browser.press("f", "?")
        self.assertTrue(browser.run("document.getElementById('help').open"))
        documented = " ".join(self.texts("#keys kbd"))
        for key in ("?", "/", "f", "v", "d", "n", "p", "[", "]"):
            self.assertIn(key, documented)
        browser.press("?")
        self.assertFalse(browser.run("document.getElementById('help').open"))
        light = browser.run("getComputedStyle(document.body).backgroundColor")
        browser.press("d")
        self.assertNotEqual(browser.run("getComputedStyle(document.body).backgroundColor"), light)
        self.shot("held-dark")

        # Search puts lines away, and Enter goes to the next that is left.
        browser.press("/", *"crash", "Enter")
        left = browser.run("story.filter(line => !line.item.hidden).map(line => line.text)")
        self.assertEqual(left, [text for _, _, text in told if "crash" in text])
        self.assertIn("crash", self.texts("#story [aria-current] span")[0])
        browser.press("Escape")
        self.assertEqual(browser.run("story.filter(line => line.item.hidden).length"), 0)

        # Whoever cannot see the picture: names for what has a role, and no control without one.
        self.assertEqual(browser.run("[...document.querySelectorAll('button,input,[role=img],[role=application]')]"
                                     ".filter(e => !(e.textContent.trim() || e.getAttribute('aria-label') ||"
                                     " e.labels && e.labels.length)).length"), 0)
        self.is_quiet()

    def test_dark_where_the_system_is(self):
        page, _, _ = self.page_of(SIMULATOR, "first-election")
        self.browser.open(page, dark=True)
        self.assertEqual(self.browser.run("document.documentElement.dataset.theme"), "dark")
        self.is_quiet()

    def test_run_that_fell(self):
        self.assertTrue(os.access(MUTANTS, os.X_OK), "wanted a build with the known bugs: cmake --preset clang && ninja -C "
                        f"build/clang nomad-sim; found none at {MUTANTS!r}")
        page, printed, report = self.page_of(MUTANTS, "mutants", "--mutant", "K04", "--seeds", "100", "--shrink-time", "1s",
                                             code=1)
        self.browser.open(page)
        failure = report["seeds"][0]["failures"][0]
        line = self.browser.run("document.getElementById('verdict-line').textContent")
        self.assertTrue(line.startswith(failure["invariant"]), line)
        self.assertIn(failure["what"], line)
        self.assertIn(failure["what"], printed)
        self.browser.press("v")
        self.assertEqual(self.browser.run("document.getElementById('cause-panel').hidden"), False)
        steps = self.browser.run("run.causes[0].steps")
        self.assertGreater(len(steps), 2)
        self.assertAlmostEqual(steps[0]["at"], failure["at_ns"] // 1000, delta=1)
        for later, earlier in zip(steps, steps[1:]):
            self.assertLess(earlier["event"], later["event"], "a cause comes before what it causes")
            if later["edge"] == "message":
                self.assertEqual(earlier["node"], later["from"], "the event that sent the message")
                self.assertEqual(earlier["at"], later["sent"])
            elif later["edge"] in ("disk", "computation", "timer", "earlier"):
                self.assertEqual(earlier["node"], later["node"])
        self.shot("fell")
        before = self.browser.run("view.at")
        self.browser.press("]")
        self.assertLess(self.browser.run("view.at"), before)
        self.assertEqual(len(self.texts(".steps [aria-current]")), 1)
        self.shot("fell-cause")
        self.is_quiet()


if __name__ == "__main__":
    unittest.main()
