"""Three servers as real processes under load, their leader killed again and again: how long nobody's write is answered,
and whether all that was acknowledged is there at the end."""
import statistics
import threading
import time

import agents
import cluster
from programs import Failed
from table import Row

COMMAND = "scripts/benchmarks failover"
KILLS = 50
WRITERS = 4
BETWEEN_SECONDS = 0.5  # of writes with all servers there, before the next kill
LEVEL = 500            # entries: who is further behind than that still catches up after its restart
WHAT = f"leader killed (-9) under load to the next write answered, default settings: median of {KILLS}"


class Writer(threading.Thread):
    """Registers one job after the other with whatever server answers; remembers what was acknowledged, and when."""

    def __init__(self, number, servers, stop):
        super().__init__(daemon=True)
        self.number, self.servers, self.stop = number, servers, stop
        self.acknowledged = []  # (asked, answered, job)

    def run(self):
        count, at = 0, self.number
        while not self.stop.is_set():
            name, asked = f"writer-{self.number}-{count}", time.monotonic()
            if cluster.register(self.servers[at % len(self.servers)], name, timeout=2.0):
                self.acknowledged.append((asked, time.monotonic(), name))
                count += 1
            else:
                at += 1  # it may have been done all the same: the same name again is the same job
                time.sleep(0.001)


def first_after(writers, moment):
    """Milliseconds until the first answer to a write that was asked for after the kill."""
    deadline = moment + agents.PATIENCE_SECONDS
    while time.monotonic() < deadline:
        # One that was asked before may have been done by the leader that is dead.
        times = [answered for writer in writers for asked, answered, _ in writer.acknowledged[-200:] if asked > moment]
        if times:
            return (min(times) - moment) * 1e3
        time.sleep(0.0005)
    raise Failed(f"no write succeeded within {agents.PATIENCE_SECONDS} s of the leader's death")


def applied(server):
    status, agent = server.ask("GET", "/v1/agent/self", timeout=1.0)
    return int(agent["stats"]["raft"]["applied_index"]) if status == 200 else -1


def level(servers):
    """All are in use again: with one that still catches up, a majority of three waits for it, not for the election."""
    counts = [applied(server) for server in servers]
    return min(counts) >= max(counts) - LEVEL


def kill_leader(servers, writers):
    leader = cluster.leader_of(servers)
    if leader is None:
        raise Failed("the servers were not ready for another round")
    leader.kill()
    gap = first_after(writers, time.monotonic())
    leader.start()
    agents.wait_until(servers, "the killed server to come back", lambda: cluster.whole(servers))
    agents.wait_until(servers, "all servers to have applied what there is", lambda: level(servers))
    time.sleep(BETWEEN_SECONDS)
    return gap


def missing(servers, names):
    """Acknowledged jobs that a server does not know."""
    out = []
    for server in servers:
        status, jobs = server.ask("GET", "/v1/jobs?stale&prefix=writer-", timeout=60.0)
        if status != 200:
            raise Failed(f"{server.name} does not list its jobs")
        known = {job["ID"] for job in jobs}
        out += [f"{name} on {server.name}" for name in names if name not in known]
    return out


def measure(nomad, folder):
    servers = cluster.make(nomad, folder)
    stop = threading.Event()
    writers = [Writer(number, servers, stop) for number in range(WRITERS)]
    try:
        for server in servers:
            server.start()
        agents.wait_until(servers, "a leader of three voters", lambda: cluster.whole(servers))
        for writer in writers:
            writer.start()
        time.sleep(BETWEEN_SECONDS)
        gaps = sorted(kill_leader(servers, writers) for _ in range(KILLS))
        stop.set()
        for writer in writers:
            writer.join()
        names = [name for writer in writers for _, _, name in writer.acknowledged]
        agents.wait_until(servers, "every acknowledged write on every server", lambda: not missing(servers, names))
    except (Failed, OSError) as failure:
        return [Row(WHAT, COMMAND, note=str(failure))]
    finally:
        stop.set()
        for server in servers:
            server.kill()
    note = (f"99 % {gaps[int(len(gaps) * 0.99)]:.0f} ms, least {gaps[0]:.0f} ms; all of {len(names):,} acknowledged writes "
            "are on every server")
    return [Row(WHAT, COMMAND, value=statistics.median(gaps), unit="ms", less_is_better=True, must=1300, aim=25, note=note)]
