"""`nomad agent -dev`: how soon it is ready, and what it costs to leave it idle."""
import os
import re
import statistics
import time

import agents
from programs import Failed
from table import Row

COMMAND = "scripts/benchmarks dev"
STARTS = 5
IDLE_SECONDS = 10
READY = "`nomad agent -dev`: exec to a ready node in /v1/nodes?stale"
FIRST = "`nomad agent -dev`: exec to a ready node in /v1/nodes, asked from the first moment on"
MEMORY = f"`nomad agent -dev`: resident memory after {IDLE_SECONDS} s idle"
CPU = f"`nomad agent -dev`: CPU while idle, over {IDLE_SECONDS} s"


# The state as it is, at any moment; and the default question, which an agent holds until there is a leader to answer.
STALE = "/v1/nodes?stale"
CONSISTENT = "/v1/nodes"
PATIENT_SECONDS = 20.0


def start(agent, question):
    """Milliseconds from exec to an answer with a ready node; the question is asked from the first moment on."""
    began = agent.start()

    def ready():
        status, nodes = agent.ask("GET", question, timeout=PATIENT_SECONDS)
        return status == 200 and any(node["Status"] == "ready" for node in nodes)

    return (agents.wait_until([agent], "a ready node", ready, pause=0.001) - began) * 1e3


def kibibytes(path, field):
    with open(path) as lines:
        return int(re.search(rf"^{field}:\s+(\d+) kB", lines.read(), re.M).group(1))


def memory(pid):
    """Resident and proportional set of the process, in MiB."""
    return kibibytes(f"/proc/{pid}/status", "VmRSS") / 1024, kibibytes(f"/proc/{pid}/smaps_rollup", "Pss") / 1024


def cpu_seconds(pid):
    """Time on a CPU of all threads that live, to the nanosecond."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as line:
            total += int(line.read().split()[0])
    return total / 1e9


def idle(agent):
    time.sleep(IDLE_SECONDS)
    resident, proportional = memory(agent.process.pid)
    before, began = cpu_seconds(agent.process.pid), time.monotonic()
    time.sleep(IDLE_SECONDS)
    share = (cpu_seconds(agent.process.pid) - before) / (time.monotonic() - began) * 100
    return resident, proportional, share


def starts(make, question):
    """The times of some starts, one after another."""
    times = []
    for _ in range(STARTS):
        with make() as agent:
            times.append(start(agent, question))
    return times


def start_row(what, times, **limits):
    return Row(what, COMMAND, value=statistics.median(times), unit="ms", less_is_better=True, **limits,
               note=f"median of {len(times)}; {min(times):.0f}–{max(times):.0f}")


def measure(nomad, folder):
    def make():
        return agents.Agent(nomad, folder, "dev", ["-dev"], "")

    rows = []
    try:
        rows.append(start_row(READY, starts(make, STALE), must=500, aim=100))
        rows.append(start_row(FIRST, starts(make, CONSISTENT)))
        with make() as agent:
            start(agent, STALE)
            resident, proportional, share = idle(agent)
        rows.append(Row(MEMORY, COMMAND, value=resident, unit="MiB", less_is_better=True, must=20, aim=8,
                        note=f"PSS {proportional:.1f} MiB"))
        rows.append(Row(CPU, COMMAND, value=share, unit="%", less_is_better=True, note="100 % is one core"))
    except (Failed, OSError) as failure:
        rows += [Row(what, COMMAND, note=str(failure)) for what in (READY, FIRST, MEMORY, CPU)[len(rows):]]
    return rows
