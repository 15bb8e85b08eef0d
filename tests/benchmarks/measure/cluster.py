"""Three servers as real processes on loopback, data on disk: commits a second."""
import json
import os
import statistics
import time

import agents
import programs
from programs import Failed
from table import Row

COMMAND = "scripts/benchmarks cluster"
SERVERS = 3
LOAD_SECONDS = 4
CONNECTIONS = (1, 64)
SYNCS = 300
SYNC = "append of 300 B and fdatasync in the servers' folder, by one process: the disk's part"


def commits(connections):
    return f"job registrations committed through HTTP, 3 server processes, real syncs, {connections} connection" + (
        "s" if connections > 1 else "")


def configuration(folder, server, everyone):
    joined = ", ".join(f'"127.0.0.1:{one.serf}"' for one in everyone)
    return f"""
name      = "{server.name}"
data_dir  = "{os.path.join(folder, server.name)}"
bind_addr = "127.0.0.1"
log_level = "WARN"
advertise {{
  http = "127.0.0.1:{server.http}"
  rpc  = "127.0.0.1:{server.rpc}"
  serf = "127.0.0.1:{server.serf}"
}}
server {{
  enabled          = true
  bootstrap_expect = {SERVERS}
  server_join {{
    retry_join     = [{joined}]
    retry_interval = "1s"
  }}
}}
"""


def make(nomad, folder):
    servers = [agents.Agent(nomad, folder, f"server{n}", [], "") for n in range(1, SERVERS + 1)]
    for server in servers:
        server.configuration = configuration(folder, server, servers)
    return servers


def leader_of(servers):
    """The server all of them name as the leader, or nothing."""
    named = {server.ask("GET", "/v1/status/leader", timeout=1.0)[1] for server in servers}
    return next((one for one in servers if named == {f"127.0.0.1:{one.rpc}"}), None)


def whole(servers):
    """One leader, known to all, and all of them voters."""
    leader = leader_of(servers)
    if leader is None:
        return False
    status, raft = leader.ask("GET", "/v1/operator/raft/configuration")
    return status == 200 and sum(server["Voter"] for server in raft["Servers"]) == SERVERS


def job(name):
    task = {"Name": "none", "Driver": "raw_exec", "Config": {"command": "/bin/true"}}
    return json.dumps({"Job": {"ID": name, "Name": name, "Type": "batch", "Datacenters": ["dc1"],
                               "TaskGroups": [{"Name": "none", "Count": 0, "Tasks": [task]}]}})


def register(server, name, timeout=5.0):
    return server.ask("PUT", "/v1/jobs", job(name), timeout)[0] == 200


def sync_milliseconds(folder):
    """What one durable append costs here, without any of our code."""
    path = os.path.join(folder, "probe")
    times = []
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    for _ in range(SYNCS):
        began = time.perf_counter()
        os.write(file, b"x" * 300)
        os.fdatasync(file)
        times.append((time.perf_counter() - began) * 1e3)
    os.close(file)
    os.unlink(path)
    return statistics.median(times)


def load(tool, servers, connections):
    leader = leader_of(servers)
    if leader is None:
        raise Failed("the servers lost their leader under no load")
    text = programs.run([tool, "127.0.0.1", str(leader.http), str(connections), str(LOAD_SECONDS)])
    result = json.loads(text)
    note = f"p50 {result['p50_ms']:.2f} ms, p99 {result['p99_ms']:.2f} ms"
    if result["refused"]:
        note += f", {result['refused']} refused"
    return Row(commits(connections), COMMAND, value=result["per_second"], unit="/s", note=note)


def measure(nomad, tool, folder):
    rows = [Row(SYNC, COMMAND, value=sync_milliseconds(folder), unit="ms", less_is_better=True, note="median")]
    servers = make(nomad, folder)
    wanted = [*map(commits, CONNECTIONS)]
    try:
        for server in servers:
            server.start()
        agents.wait_until(servers, "a leader of three voters", lambda: whole(servers))
        for connections in CONNECTIONS:
            rows.append(load(tool, servers, connections))
    except (Failed, OSError) as failure:
        rows += [Row(what, COMMAND, note=str(failure)) for what in wanted[len(rows) - 1:]]
    finally:
        for server in servers:
            server.kill()
    return rows
