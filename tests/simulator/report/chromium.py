"""A headless Chromium, driven over its debugging pipe: no package beyond the browser is needed."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
PATIENCE = 60.0


def program():
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class Chromium:
    """One page. What it logs and what it asks the network for is kept."""

    def __init__(self, width=1600, height=950):
        self.folder = tempfile.mkdtemp(prefix="nomad-sim-page-")
        theirs_in, self.to = os.pipe()
        self.back, theirs_out = os.pipe()

        def hand_over():
            # By way of high numbers: one of ours may be 3 or 4 already.
            os.dup2(theirs_in, 30)
            os.dup2(theirs_out, 31)
            os.dup2(30, 3)
            os.dup2(31, 4)
        self.process = subprocess.Popen(
            [program(), "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--hide-scrollbars",
             "--user-data-dir=" + self.folder, "about:blank"],
            preexec_fn=hand_over, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.buffer = b""
        self.last = 0
        self.session = None
        self.events = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.to)
        os.close(self.back)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _read(self):
        while b"\0" not in self.buffer:
            if not select.select([self.back], [], [], PATIENCE)[0]:
                raise TimeoutError("the browser says nothing")
            got = os.read(self.back, 1 << 20)
            if not got:
                raise EOFError("the browser has ended")
            self.buffer += got
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self.last:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def run(self, expression):
        done = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in done:
            raise RuntimeError(f"{expression}: {done['exceptionDetails']}")
        return done["result"].get("value")

    def open(self, path, dark=False):
        """Loads the page and waits until it is drawn; how long that took."""
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=scheme)
        begun = time.monotonic()
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        while self.run("document.documentElement && document.documentElement.dataset.ready") != "true":
            if time.monotonic() - begun > PATIENCE:
                raise TimeoutError(f"the page is not ready; it said {self.said()}")
            time.sleep(0.02)
        self.drawn()
        return time.monotonic() - begun

    def drawn(self):
        self.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))")

    def press(self, *keys, modifiers=0):
        for key in keys:
            text = {"text": key} if len(key) == 1 else {}
            self.call("Input.dispatchKeyEvent", type="keyDown", key=key, modifiers=modifiers, **text)
            self.call("Input.dispatchKeyEvent", type="keyUp", key=key, modifiers=modifiers)
        self.drawn()

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def said(self):
        """Errors and console lines, of any kind."""
        wanted = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
        return [event["params"] for event in self.events if event.get("method") in wanted]

    def asked_for(self):
        sent = [event["params"] for event in self.events if event.get("method") == "Network.requestWillBeSent"]
        return [one["request"]["url"] for one in sent if not one["request"]["url"].startswith(("data:", "about:"))]
