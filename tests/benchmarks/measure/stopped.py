"""What a follower that is stopped (SIGSTOP) costs its leader in memory, beside a leader whose followers all run."""
import os
import signal
import threading

import agents
import cluster
from failover import Writer
from programs import Failed
from table import Row

COMMAND = "scripts/benchmarks stopped"
WRITES = 15_000
WRITERS = 8
WHAT = f"memory of a leader after {WRITES:,} jobs while a follower is stopped, above one whose followers all run"


def resident_mebibytes(server):
    with open(f"/proc/{server.process.pid}/status") as lines:
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def leader_after_writes(nomad, folder, stopping):
    os.makedirs(folder)
    servers, stop = cluster.make(nomad, folder), threading.Event()
    try:
        for server in servers:
            server.start()
        agents.wait_until(servers, "a leader of three voters", lambda: cluster.whole(servers))
        leader = cluster.leader_of(servers)
        if stopping:
            next(server for server in servers if server is not leader).process.send_signal(signal.SIGSTOP)
        writers = [Writer(number, [leader], stop) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        agents.wait_until([leader], "the writes", lambda: sum(len(one.acknowledged) for one in writers) >= WRITES,
                          patience=180)
        return resident_mebibytes(leader)
    finally:
        stop.set()
        for server in servers:
            server.kill()


def measure(nomad, folder):
    try:
        base = leader_after_writes(nomad, os.path.join(folder, "stopped-none"), False)
        value = leader_after_writes(nomad, os.path.join(folder, "stopped-one"), True)
    except (Failed, OSError) as failure:
        return [Row(WHAT, COMMAND, note=str(failure))]
    return [Row(WHAT, COMMAND, value=value - base, unit="MiB", less_is_better=True, aim=16,
                note=f"{value:.0f} MiB beside {base:.0f}")]
