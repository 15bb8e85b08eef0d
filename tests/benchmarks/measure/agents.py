"""Whole agents on loopback: starting, asking and ending them."""
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import time

from programs import Failed

PATIENCE_SECONDS = 30


def free_ports(count):
    """Ports that were free for both TCP and UDP a moment ago."""
    ports, held = [], []
    try:
        while len(ports) < count:
            stream = socket.create_server(("127.0.0.1", 0))
            held.append(stream)
            datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            held.append(datagram)
            with contextlib.suppress(OSError):
                datagram.bind(stream.getsockname())
                ports.append(stream.getsockname()[1])
    finally:
        for one in held:
            one.close()
    return ports


class Agent:
    """A `nomad agent` process. End it with `stop` or `kill`, or leave the `with` block."""

    def __init__(self, nomad, folder, name, arguments, configuration):
        self.http, self.rpc, self.serf = free_ports(3)
        self.name = name
        self.log = os.path.join(folder, name + ".log")
        self.config = os.path.join(folder, name + ".hcl")
        self.command = [nomad, "agent", *arguments, "-config", self.config]
        self.environment = os.environ | {"TMPDIR": folder}
        self.configuration = configuration
        self.process = None

    def start(self):
        """The moment of exec; the agent is not ready yet."""
        with open(self.config, "w") as out:
            out.write(f"ports {{\n  http = {self.http}\n  rpc  = {self.rpc}\n  serf = {self.serf}\n}}\n"
                      + self.configuration)
        with open(self.log, "ab") as log:
            began = time.monotonic()
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                            env=self.environment)
        return began

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        if self.alive():
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def stop(self):
        if not self.alive():
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.kill()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def ask(self, method, path, body=None, timeout=5.0):
        """Status and decoded answer; status 0 when there was no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.http, timeout=timeout)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if answer.status == 200 and text else None
        except (OSError, http.client.HTTPException, ValueError):
            return 0, None
        finally:
            connection.close()

    def last_words(self):
        with open(self.log, errors="replace") as log:
            lines = log.read().strip().splitlines()
        return lines[-1] if lines else "it logged nothing"


def wait_until(agents, what, condition, pause=0.02, patience=PATIENCE_SECONDS):
    """The moment the condition held; Failed when an agent died or patience ran out."""
    deadline = time.monotonic() + patience
    while True:
        if condition():
            return time.monotonic()
        for agent in agents:
            if not agent.alive():
                raise Failed(f"agent {agent.name} ended: {agent.last_words()}")
        if time.monotonic() > deadline:
            raise Failed(f"waited {patience} s for {what}")
        time.sleep(pause)
