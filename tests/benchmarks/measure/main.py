"""Runs what measures and prints one Markdown table. Called by scripts/benchmarks."""
import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import tempfile

import cluster
import dev_agent
import failover
import programs
import replicas
import stopped
import table

ROOT = pathlib.Path(__file__).resolve().parents[3]


def arguments():
    groups = ["sim", "raft", "cluster", "failover", "replicas", "stopped", "scheduler", "state", "codec", "dev"]
    parser = argparse.ArgumentParser(prog="scripts/benchmarks", description="Measures and prints a table.")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"some of: {' '.join(groups)} (all)")
    parser.add_argument("--json", metavar="FILE", help="also write the numbers to FILE")
    parser.add_argument("--bin", metavar="FOLDER", default=str(ROOT / "build/release/bin"), help="where the programs are")
    given = parser.parse_args()
    for group in given.groups:
        if group not in groups:
            parser.error(f"there is no group '{group}'; there are {', '.join(groups)}")
    return given, [group for group in groups if not given.groups or group in given.groups]


def cpu_model():
    with open("/proc/cpuinfo") as lines:
        return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown CPU")


def load_average():
    return " ".join(f"{value:.1f}" for value in os.getloadavg())


def tool_output(command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else "unknown"


def machine(folder):
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": tool_output(["git", "describe", "--always", "--dirty"]),
        "cpus": os.cpu_count(),
        "cpu": cpu_model(),
        "kernel": platform.release(),
        "file_system": tool_output(["findmnt", "-no", "FSTYPE", "-T", folder]),
        "load_before": load_average(),
    }


def measure(group, binaries, folder):
    nomad, tool = os.path.join(binaries, "nomad"), os.path.join(binaries, "http_load")
    if group == "cluster":
        return cluster.measure(nomad, tool, folder)
    if group == "replicas":
        return replicas.measure(os.path.join(binaries, "raft_replicas"), folder)
    if group == "failover":
        return failover.measure(nomad, folder)
    if group == "stopped":
        return stopped.measure(nomad, folder)
    if group == "dev":
        return dev_agent.measure(nomad, folder)
    of_programs = {"sim": programs.simulator, "raft": programs.raft, "scheduler": programs.scheduler,
                   "state": programs.state, "codec": programs.codec}
    return of_programs[group](binaries)


def main():
    given, groups = arguments()
    # An interrupt unwinds the stack, so that every agent is ended and the folder removed.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: sys.exit(128 + received))
    (ROOT / "build").mkdir(exist_ok=True)
    folder = tempfile.mkdtemp(prefix="benchmarks-", dir=ROOT / "build")  # on disk: /tmp may be memory
    rows = []
    try:
        about = machine(folder)
        for group in groups:
            print(f"measuring: {group}", file=sys.stderr, flush=True)
            rows += measure(group, given.bin, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    about["load_after"] = load_average()
    print("{date}, commit {commit}, {cpus} CPUs ({cpu}), Linux {kernel}, data on {file_system}; "
          "load average {load_before} before, {load_after} after.\n".format(**about))
    print(table.markdown(rows))
    if given.json:
        with open(given.json, "w") as out:
            json.dump({"machine": about, "rows": [row.as_json() for row in rows]}, out, indent=2, ensure_ascii=False)
            out.write("\n")
    return 1 if any(row.value is None for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
