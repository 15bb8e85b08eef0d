"""What all tests with real processes share: agents on ports of their own, the command line, waiting with a deadline."""

import atexit
import fcntl
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

NOMAD = os.environ.get("NOMAD_BIN", "")
SIMULATOR = os.environ.get("NOMAD_SIM_BIN", "")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Waits end as soon as what they wait for is there; this is for machines under load.
PATIENCE = 30.0
# Below the system's ephemeral ports and the clients' dynamic ones (20000 to 32000).
PORTS = range(10000, 19000)

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_held_ports = []  # lock files of the ports this process took, open until it ends


def free_port():
    """A port that nobody listens on, and that no other test running now is given."""
    folder = os.path.join(tempfile.gettempdir(), "nomad-e2e-ports")
    os.makedirs(folder, exist_ok=True)
    while True:
        port = random.choice(PORTS)
        lock = open(os.path.join(folder, str(port)), "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            lock.close()
            continue
        _held_ports.append(lock)
        return port


def wait_until(look, what, timeout=PATIENCE):
    """Calls `look` until it gives something true, and returns that. What it meets on the way (a refused connection,
    a failed assertion) is told when the time is over."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            found = look()
            last = f"last seen: {found!r}"
            if found:
                return found
        except (OSError, http.client.HTTPException, AssertionError, LookupError, ValueError) as error:
            last = f"last met: {error!r}"
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {timeout:g} s: {what}; {last[:2000]}")
        time.sleep(0.02)


def run(arguments, environment=None, timeout=PATIENCE, stdin=None):
    """Runs the program to its end: (exit code, output, errors)."""
    done = subprocess.run([NOMAD, *arguments], env={**os.environ, **(environment or {})}, timeout=timeout, input=stdin,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return done.returncode, done.stdout, done.stderr


class Response:
    """An answer of the HTTP API."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def text(self):
        return self.body.decode(errors="replace")


class Process:
    """A process as a person sees it: a number, and the time it started, so that a later one is told apart."""

    def __init__(self, pid):
        self.pid = int(pid)
        self.started = self._start_time()

    def _start_time(self):
        try:
            with open(f"/proc/{self.pid}/stat", encoding="utf-8") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] in ("Z", "X") else fields[19]

    def lives(self):
        return self.started is not None and self._start_time() == self.started

    def kill(self, number=signal.SIGKILL):
        if self.lives():
            os.kill(self.pid, number)

    def __eq__(self, other):
        return (self.pid, self.started) == (other.pid, other.started)

    def __repr__(self):
        return f"process {self.pid} (started {self.started}, {'lives' if self.lives() else 'gone'})"


def processes_in(folder):
    """The processes that work in `folder` or were told of it: tasks of agents whose data is there, and supervisors."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            where = os.readlink(f"/proc/{name}/cwd")
            with open(f"/proc/{name}/environ", "rb") as file:
                told = file.read()
        except OSError:
            continue
        if where.startswith(folder) or f"={folder}/".encode() in told or f"={folder}\0".encode() in told:
            found.append(Process(name))
    return found


class Agent:
    """One `nomad agent` with ports and folders of its own. Its output is in `log`, over all its lives."""

    def __init__(self, folder, name, config="", flags=(), dev=False, data=None):
        self.name = name
        self.dev = dev
        self.folder = os.path.join(folder, name)
        os.makedirs(os.path.join(self.folder, "tmp"))
        self.data = data or os.path.join(self.folder, "data")
        self.http, self.rpc, self.serf = free_port(), free_port(), free_port()
        self.log = os.path.join(self.folder, "log")
        self.config = os.path.join(self.folder, "agent.hcl")
        self.flags = list(flags)
        self.process = None
        self.configure(config)

    def configure(self, config):
        common = f"""
name = "{self.name}"
bind_addr = "127.0.0.1"
ports {{
  http = {self.http}
  rpc  = {self.rpc}
  serf = {self.serf}
}}
"""
        if not self.dev:
            common += f"""
data_dir = "{self.data}"
log_level = "DEBUG"
advertise {{
  http = "127.0.0.1"
  rpc  = "127.0.0.1"
  serf = "127.0.0.1"
}}
plugin "raw_exec" {{
  config {{
    enabled = true
  }}
}}
"""
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(common + config)

    # --- its life

    def start(self, output=None, **how):
        """`output`: a descriptor that takes the place of the log; `how`: more that Popen is told."""
        assert self.process is None or self.process.poll() is not None, "it runs already"
        environment = {**os.environ, "TMPDIR": os.path.join(self.folder, "tmp")}
        command = [NOMAD, "agent", *(["-dev"] if self.dev else []), "-config", self.config, *self.flags]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log if output is None else output, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL, env=environment, cwd=self.folder, **how)
        return self

    def answers(self):
        """Waits until the agent answers on its HTTP port."""
        def look():
            if self.process.poll() is not None:
                raise RuntimeError(f"agent {self.name} ended with {self.process.returncode}:\n{self.output()}")
            return self.get("/v1/agent/self").status == 200
        wait_until(look, f"agent {self.name} answers\n{self.output()[-2000:]}")
        return self

    def crash(self):
        self.process.kill()
        self.process.wait(PATIENCE)

    def signal(self, number):
        self.process.send_signal(number)

    def ended(self, timeout=PATIENCE):
        """Waits for its end: the exit code."""
        return self.process.wait(timeout)

    def runs(self):
        return self.process is not None and self.process.poll() is None

    def output(self):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="utf-8") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    # --- its API

    @property
    def address(self):
        return f"http://127.0.0.1:{self.http}"

    def request(self, method, path, body=None, timeout=PATIENCE):
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data=data, method=method)
        try:
            with _direct.open(request, timeout=timeout) as answer:
                return Response(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Response(error.code, error.headers, error.read())

    def get(self, path):
        return self.request("GET", path)

    def read(self, path):
        """The JSON at `path`, which must be there."""
        answer = self.get(path)
        assert answer.status == 200, f"GET {path}: {answer.status} {answer.text()}"
        return answer.json()

    def nomad(self, *arguments, timeout=PATIENCE, stdin=None):
        """The command line against this agent: (exit code, output, errors)."""
        return run(arguments, {"NOMAD_ADDR": self.address}, timeout, stdin)

    # --- what tests often ask

    def leader(self):
        return self.read("/v1/status/leader")

    def applied_index(self):
        return int(self.read("/v1/agent/self")["stats"]["raft"]["applied_index"])

    def peers(self):
        """Name to state ("leader", "follower"), as `operator raft list-peers` shows them."""
        code, output, errors = self.nomad("operator", "raft", "list-peers", "-stale")
        assert code == 0, errors
        return {row[0]: row[3] for row in (line.split() for line in output.splitlines()[1:]) if len(row) > 3}

    def member_states(self):
        return {member["Name"]: member["Status"] for member in self.read("/v1/agent/members")["Members"]}

    def nodes(self):
        """Name to the newest node of that name."""
        return {node["Name"]: node for node in sorted(self.read("/v1/nodes"), key=lambda node: node["CreateIndex"])}

    def node_is(self, name, status):
        """Waits until the node `name` has this status, and gives it."""
        return wait_until(lambda: self.nodes()[name]["Status"] == status and self.nodes()[name],
                          f"node {name} is {status}")

    def allocs(self, job, client_status=None):
        every = self.read(f"/v1/job/{job}/allocations?all=true")
        return [alloc for alloc in every if client_status in (None, alloc["ClientStatus"])]

    def running(self, job, count=1):
        """Waits until exactly `count` allocations of the job run and shall run, and gives them."""
        def look():
            found = [alloc for alloc in self.allocs(job, "running") if alloc["DesiredStatus"] == "run"]
            return found if len(found) == count else None
        return wait_until(look, f"{count} allocations of {job} run")

    def in_state(self, job, client_status, count=1):
        def look():
            found = self.allocs(job, client_status)
            return found if len(found) == count else None
        return wait_until(look, f"{count} allocations of {job} are {client_status}")

    def logs(self, alloc, *flags):
        code, output, errors = self.nomad("alloc", "logs", *flags, alloc["ID"])
        assert code == 0, errors
        return output

    def task_process(self, alloc, start=1):
        """The task of `steady` as a process; `start`: its so many-th start."""
        def look():
            told = [line.split()[1] for line in self.logs(alloc).splitlines() if line.startswith("pid ")]
            return Process(told[start - 1]) if len(told) >= start else None
        return wait_until(look, f"the task of {alloc['Name']} tells its process (start {start})")


def job(name, script="echo pid $$; exec sleep 3600", kind="service", count=1, group="", task="", more=""):
    """A job file with one group `work` of `count` and one raw_exec task `main` that runs `script` in a shell."""
    return f"""
job "{name}" {{
  datacenters = ["*"]
  type        = "{kind}"
  {more}
  group "work" {{
    count = {count}
    restart {{
      attempts = 3
      interval = "5m"
      delay    = "200ms"
      mode     = "fail"
    }}
    ephemeral_disk {{
      size = 10
    }}
    {group}
    task "main" {{
      driver = "raw_exec"
      config {{
        command = "/bin/sh"
        args    = ["-c", {json.dumps(script)}]
      }}
      logs {{
        max_files     = 2
        max_file_size = 1
      }}
      resources {{
        cpu    = 20
        memory = 10
      }}
      {task}
    }}
  }}
}}
"""


class TestCase(unittest.TestCase):
    """A test with a folder of its own. At its end everything it started is killed; when it failed, logs are shown."""

    def run(self, result=None):
        self._result = result
        return super().run(result)

    def setUp(self):
        self.assertTrue(os.access(NOMAD, os.X_OK), "NOMAD_BIN must name the program")
        self.folder = tempfile.mkdtemp(prefix="nomad-e2e-")
        self.agents = []
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self.addCleanup(self._clean)

    def _clean(self):
        for agent in self.agents:
            if agent.runs():
                agent.crash()
        # Tasks outlive agents; a supervisor may be about to start one.
        wait_until(lambda: [process.kill() for process in processes_in(self.folder)] == [], "no process is left")
        failed = [trace for case, trace in self._result.failures + self._result.errors if case is self]
        if failed:
            print(*failed, flush=True)  # now: the test may be ended before it can report
            kept = os.environ.get("NOMAD_E2E_KEEP")
            for agent in self.agents:
                print(f"--- the end of {agent.log}\n{agent.output()[-6000:]}", flush=True)
            if kept:
                shutil.copytree(self.folder, os.path.join(kept, self.id()), dirs_exist_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def agent(self, name, config="", flags=(), dev=False, data=None):
        agent = Agent(self.folder, name, config, flags, dev, data)
        self.agents.append(agent)
        return agent

    def dev_agent(self, config="", flags=()):
        agent = self.agent("dev", config, flags, dev=True).start().answers()
        agent.node_is("dev", "ready")
        return agent

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def run_job(self, agent, name, text=None, code=0, **parts):
        """`nomad job run` of a job made by `job`, or of `text`: its output."""
        path = self.write(f"{name}.nomad", text or job(name, **parts))
        got, output, errors = agent.nomad("job", "run", "-detach", path)
        self.assertEqual(got, code, f"job run {name}: {output}{errors}")
        return output

    def alloc(self, agent, alloc):
        return agent.read(f"/v1/allocation/{alloc['ID']}")

    def task_state(self, agent, alloc, task="main"):
        return self.alloc(agent, alloc)["TaskStates"][task]

    def assert_runs(self, agent, what=""):
        self.assertTrue(agent.runs(), f"agent {agent.name} ended: {what}\n{agent.output()[-3000:]}")


def tell(text):
    """A measured value, for who reads the test's output."""
    print(f"[measured] {text}", flush=True)
