#!/usr/bin/env python3
"""What real agents cost and how fast they notice: gossip_member beside Debian's serf, in pools of one kind and mixed.

  gossip_agents.py cost [N]        processor and memory of N idle agents of each kind, side by side (default 30)
  gossip_agents.py detect [N [T]]  kill -9 of one of N: time until all others show it failed; T trials (default 10, 3)

GOSSIP_MEMBER_BIN names the built program (build/release/bin/gossip_member)."""

import os
import pathlib
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tests/interop"))
os.environ.setdefault("GOSSIP_MEMBER_BIN", str(ROOT / "build/release/bin/gossip_member"))
from serf_test import Ours, Theirs, wait_until  # noqa: E402

IDLE = 40.0


def form(kinds):
    members = [kind(f"m{i}", {}) for i, kind in enumerate(kinds)]
    for member in members:
        member.start()
    for i, member in enumerate(members[1:]):
        assert member.join(members[i // 2])
    wanted = {member.name: "alive" for member in members}
    wait_until(lambda: all(member.statuses() == wanted for member in members), "all see all", 120)
    return members


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
        sizes = dict(line.split(":", 1) for line in file.read().splitlines()[1:])
    return tuple(int(sizes[what].split()[0]) / 1024 for what in ("Rss", "Pss", "Private_Dirty"))


def cost(count):
    pools = {kind.__name__: form([kind] * count) for kind in (Ours, Theirs)}
    time.sleep(10)
    before = {m: processor_seconds(m.process.pid) for pool in pools.values() for m in pool}
    time.sleep(IDLE)
    print(f"{count} agents of each kind, {IDLE:g} s idle")
    for name, pool in pools.items():
        used = [(processor_seconds(m.process.pid) - before[m]) / IDLE * 100 for m in pool]
        rss, pss, dirty = (statistics.mean(column) for column in zip(*(memory_mb(m.process.pid) for m in pool)))
        print(f"{name:8} processor {statistics.mean(used):.3f} % of a core each; RSS {rss:.1f} MB, PSS {pss:.1f} MB, "
              f"private dirty {dirty:.1f} MB")
    for pool in pools.values():
        for member in pool:
            member.end()


def detect(count, trials):
    for name, kinds in (("ours", [Ours] * count), ("serf", [Theirs] * count),
                        ("mixed", [Ours if i % 2 else Theirs for i in range(count)])):
        times = []
        for _ in range(trials):
            members = form(kinds)
            time.sleep(2)
            victim, rest = members[-1], members[:-1]
            begun = time.monotonic()
            victim.kill()
            wait_until(lambda: all(m.statuses().get(victim.name) == "failed" for m in rest), "all see it", 120)
            times.append(time.monotonic() - begun)
            for member in members:
                member.end()
        print(f"{name:6} {count} agents, kill -9 to all see failed: " + ", ".join(f"{t:.2f} s" for t in times))


def main():
    what = sys.argv[1] if len(sys.argv) > 1 else "cost"
    numbers = [int(argument) for argument in sys.argv[2:]]
    if what == "cost":
        cost(numbers[0] if numbers else 30)
    else:
        detect(numbers[0] if numbers else 10, numbers[1] if len(numbers) > 1 else 3)


main()
