"""A log that three processes replicate, 256 bytes an entry, real syncs: our Raft beside a bare log, the floor."""
import json
import os
import shutil
import statistics

import programs
from programs import Failed
from table import Row

COMMAND = "scripts/benchmarks replicas"
SECONDS = 3
ROUNDS = 3  # the two in turns; the median counts
PROPOSERS = {1: None, 64: 0.7, 256: 0.6}  # aims, as a share of the floor's commits
MOST_LATENCY = 1.2                        # of the floor's median, with one proposer


def measured(tool, folder, what, proposers):
    own = os.path.join(folder, f"replicas-{what}-{proposers}")
    try:
        return json.loads(programs.run([tool, what, str(proposers), str(SECONDS), own], ahead=True))
    finally:
        shutil.rmtree(own, ignore_errors=True)


def in_turns(tool, folder, proposers):
    """The floor and Raft, each the median of its rounds, field by field."""
    rounds = [[measured(tool, folder, what, proposers) for what in ("floor", "raft")] for _ in range(ROUNDS)]
    return [{field: statistics.median(one[field] for one in of) for field in ("per_second", "p50_us", "p99_us")}
            for of in zip(*rounds)]


def catch_up(tool, folder):
    what = "Raft over loopback: a third server with an empty log is brought up by the log, 256-byte entries"
    try:
        found = measured(tool, folder, "catchup", 256)
    except (Failed, ValueError) as failure:
        return Row(what, COMMAND, note=str(failure))
    return Row(what, COMMAND, value=found["per_second"], unit="/s", aim=175_000, note=f"{found['entries']:,} entries")


def measure(tool, folder):
    rows = [catch_up(tool, folder)]
    for proposers, aim in PROPOSERS.items():
        name = f"Raft over loopback, 3 processes, 256-byte entries, {proposers} under way"
        try:
            floor, raft = in_turns(tool, folder, proposers)
        except (Failed, ValueError) as failure:
            rows.append(Row(name, COMMAND, note=str(failure)))
            continue
        note = (f"p50 {raft['p50_us']:,} µs, p99 {raft['p99_us']:,} µs; a bare log {floor['per_second']:,}/s, "
                f"p50 {floor['p50_us']:,} µs, p99 {floor['p99_us']:,} µs")
        rows.append(Row(name, COMMAND, value=raft["per_second"], unit="/s", note=note,
                        aim=aim and aim * floor["per_second"]))
        if aim is None:
            rows.append(Row("its median latency beside the bare log's", COMMAND, unit="×", less_is_better=True,
                            value=raft["p50_us"] / floor["p50_us"], aim=MOST_LATENCY))
    return rows
