"""The benchmark programs: run one, read its JSON, make rows of it."""
import dataclasses
import json
import os
import resource
import subprocess

from table import Row

PATIENCE_SECONDS = 600
MIN_TIME = "0.5"  # seconds a Google Benchmark case runs at least


class Failed(Exception):
    """Something could not be measured; the text says why."""


def run(command, ahead=False):
    """What a program printed. `ahead`: it runs before all else on the machine, where that is permitted."""
    def go_ahead():
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        except PermissionError:
            pass
    try:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              preexec_fn=go_ahead if ahead else None) as process:
            try:
                out, error = process.communicate(timeout=PATIENCE_SECONDS)
            except BaseException:
                process.kill()
                raise
    except OSError as error:
        raise Failed(f"{command[0]}: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise Failed(f"no result within {PATIENCE_SECONDS} s") from error
    if process.returncode != 0:
        last = error.strip().splitlines()[-1:] or ["it said nothing"]
        raise Failed(f"exit code {process.returncode}: {last[0]}")
    return out


def google(programs, program, cases):
    """One row a case: (name in the program, field, what, further columns of Row)."""
    names = sorted({case[0] for case in cases})
    arguments = ["--benchmark_filter=^(" + "|".join(names) + ")$", f"--benchmark_min_time={MIN_TIME}"]
    shown = " ".join([f"build/release/bin/{program}", f"--benchmark_min_time={MIN_TIME}"])
    try:
        text = run([os.path.join(programs, program), *arguments, "--benchmark_format=json"])
        results = {one["name"]: one for one in json.loads(text)["benchmarks"]}
    except Failed as failure:
        return [Row(what, shown, note=str(failure)) for _, _, what, _ in cases]
    rows = []
    for name, field, what, columns in cases:
        one = results.get(name, {})
        if one.get("error_occurred") or field not in one:
            rows.append(Row(what, shown, note=one.get("error_message", f"{program} gave no {field} of {name}")))
        else:
            rows.append(Row(what, shown, value=one[field] * columns.get("scale", 1),
                            **{key: value for key, value in columns.items() if key != "scale"}))
    return rows


def raft(programs):
    per_second = {"unit": "/s"}
    return google(programs, "bench_raft", [
        ("commit_entries/1", "steps", "Raft steps, 3 servers in one thread, an entry a proposal", per_second),
        ("commit_entries/64", "steps", "Raft steps, 64 entries a proposal", per_second),
        ("commit_entries/1", "items_per_second", "entries of 256 B committed, no disk, no network, an entry a proposal",
         per_second),
        ("commit_entries/1", "allocations", "allocations of memory in a Raft step, an entry a proposal",
         {"less_is_better": True, "aim": 0}),
        ("commit_entries/64", "items_per_second", "entries committed, no disk, no network, 64 a proposal", per_second),
    ])


def scheduler(programs):
    plain = {"unit": "ms", "less_is_better": True, "must": 25, "aim": 5}
    spread = plain | {"must": 300, "aim": 30}
    return google(programs, "bench_core_scheduler", [
        ("BM_Service/0", "placements/s", "placements: a service of 1,200 on 5,000 empty nodes", {"unit": "/s"}),
        ("BM_Service/0", "real_time", "placing a service of 1,200 on 5,000 empty nodes", plain),
        ("BM_Service/10000", "real_time", "placing it beside 10,000 other allocations", plain),
        ("BM_ServiceWithSpread/targets:0", "real_time", "placing it with an even spread", spread),
        ("BM_ServiceWithSpread/targets:1", "real_time", "placing it with a spread block of targets", spread),
        ("BM_EvaluatePlan", "real_time", "checking its plan against the state", {"unit": "ms", "less_is_better": True}),
    ])


def state(programs):
    return google(programs, "bench_state", [
        ("apply_placements", "items_per_second", "placements applied to the state store", {"unit": "/s"}),
        ("apply_client_updates/0", "items_per_second", "allocation updates of clients applied", {"unit": "/s"}),
    ])


def codec(programs):
    rate = {"unit": "MB/s", "scale": 1e-6}
    return google(programs, "bench_codec", [
        ("encode_value/register_job", "bytes_per_second", "encoding a job registration", rate),
        ("decode_value/register_job", "bytes_per_second", "decoding a job registration", rate),
    ])


def cpu_of_children():
    """Seconds of CPU of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def simulated(programs, clients, seconds, what, make):
    """One row from one simulated cluster; make(result) gives what is measured."""
    command = ["bench_sim", str(clients), str(seconds)]
    row = Row(f"simulated, one thread: 5 servers{f' + {clients:,} clients' if clients else ' alone'}, {what}",
              "build/release/bin/" + " ".join(command))
    before = cpu_of_children()
    try:
        result = json.loads(run([os.path.join(programs, command[0]), *command[1:]]).splitlines()[-1])
    except Failed as failure:
        return dataclasses.replace(row, note=str(failure))
    took = f"{result['virtual_seconds']:.0f} s in {result['wall_seconds']:.2f} s, {cpu_of_children() - before:.2f} s of CPU"
    return dataclasses.replace(row, note=took, **make(result))


def simulator(programs):
    def times(must, aim):
        return lambda result: {"value": result["times_real_time"], "unit": "×", "must": must, "aim": aim}

    def node_seconds(result):
        return {"value": result["node_seconds_per_second"], "unit": "/s", "must": 100_000, "aim": 2_000_000}

    return [simulated(programs, 1000, 180, "node-seconds a second", node_seconds),
            simulated(programs, 0, 600, "times real time", times(1_000, 20_000)),
            simulated(programs, 10000, 60, "times real time", times(20, 100))]
