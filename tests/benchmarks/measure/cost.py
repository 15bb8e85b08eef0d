"""How the cost of simulation grows with nodes and with churn: measures, and writes a table and a picture.

Each point is two runs of bench_sim, one that ends before the first change (the start of all nodes) and a longer one;
what a virtual second costs is their difference, so the start does not count. All times are of the processor.
"""
import argparse
import dataclasses
import json
import math
import os
import subprocess
import sys

START_SECONDS = 30  # bench_sim changes nothing before
CLIENTS = [0, 10, 100, 1000, 3000, 10000]
CHANGES = [0, 0.2, 1, 5, 20]
CHURN_CLIENTS = 1000
TELLABLE = 5e-5  # processor seconds a virtual second: less drowns in how much one start differs from another


@dataclasses.dataclass
class Point:
    clients: int
    changes: float
    start_seconds: float  # of the processor, for all nodes
    second_cost: float    # processor seconds a virtual second, afterwards
    peak_kib: int
    events: float         # a virtual second

    @property
    def times_real_time(self):
        return 1 / max(self.second_cost, TELLABLE)

    @property
    def more(self):
        return "> " if self.second_cost < TELLABLE else ""

    @property
    def node_seconds(self):
        return (self.clients + 5) * self.times_real_time


def bench(program, clients, seconds, changes):
    out = subprocess.run([program, str(clients), str(seconds), str(changes)], check=True, capture_output=True, text=True)
    return json.loads(out.stdout.splitlines()[-1])


def measure(program, clients, changes, seconds):
    start = bench(program, clients, START_SECONDS, changes)
    whole = bench(program, clients, START_SECONDS + seconds, changes)
    point = Point(clients, changes, start["cpu_seconds"],
                  (whole["cpu_seconds"] - start["cpu_seconds"]) / seconds, whole["peak_kib"],
                  (whole["events"] - start["events"]) / seconds)
    print(f"{clients:>6} clients, {changes:>4} changes/s: start {point.start_seconds:.2f} s, then "
          f"{point.second_cost * 1e3:.2f} ms a virtual second", file=sys.stderr)
    return point


def table(points):
    lines = ["| clients | changes a second | events a second | starting all, CPU s | then times real time | node-seconds a "
             "second | peak MiB |", "| --: | --: | --: | --: | --: | --: | --: |"]
    for one in points:
        lines.append(f"| {one.clients:,} | {one.changes:g} | {one.events:,.0f} | {one.start_seconds:.2f} | "
                     f"{one.more}{one.times_real_time:,.0f} | {one.more}{one.node_seconds:,.0f} | {one.peak_kib / 1024:,.0f} |")
    return "\n".join(lines) + "\n"


class Chart:
    """One panel with logarithmic axes; the lines are named at their ends."""
    WIDTH, HEIGHT, LEFT, TOP = 330, 250, 70, 40

    def __init__(self, title, x_name, y_name, x_offset):
        self.title, self.x_name, self.y_name, self.x_offset = title, x_name, y_name, x_offset
        self.lines = []

    def add(self, name, colour, points):
        self.lines.append((name, colour, [(x, y) for x, y in points if x > 0 and y > 0]))

    def svg(self):
        every = [point for _, _, points in self.lines for point in points]
        x_low, x_high = math.log10(min(x for x, _ in every)), math.log10(max(x for x, _ in every))
        y_low, y_high = (math.floor(math.log10(min(y for _, y in every))), math.ceil(math.log10(max(y for _, y in every))))
        left, top = self.x_offset + self.LEFT, self.TOP
        place = lambda x, y: (left + (math.log10(x) - x_low) / (x_high - x_low) * self.WIDTH,
                              top + (y_high - math.log10(y)) / (y_high - y_low) * self.HEIGHT)
        out = [f'<text x="{left}" y="{top - 18}" class="title">{self.title}</text>']
        for power in range(y_low, y_high + 1):
            _, y = place(10 ** x_low, 10 ** power)
            out.append(f'<line x1="{left}" y1="{y:.1f}" x2="{left + self.WIDTH}" y2="{y:.1f}" class="grid"/>')
            out.append(f'<text x="{left - 6}" y="{y + 4:.1f}" class="tick" text-anchor="end">{10 ** power:g}</text>')
        for tick in sorted({x for x, _ in every}):
            x, _ = place(tick, 10 ** y_low)
            out.append(f'<text x="{x:.1f}" y="{top + self.HEIGHT + 16}" class="tick" text-anchor="middle">{tick:g}</text>')
        out.append(f'<text x="{left + self.WIDTH / 2}" y="{top + self.HEIGHT + 36}" text-anchor="middle">{self.x_name}</text>')
        middle = top + self.HEIGHT / 2
        out.append(f'<text x="{self.x_offset + 16}" y="{middle}" text-anchor="middle" '
                   f'transform="rotate(-90 {self.x_offset + 16} {middle})">{self.y_name}</text>')
        for name, colour, points in self.lines:
            places = [place(x, y) for x, y in points]
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
            out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
            out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
            x, y = places[-1]
            out.append(f'<text x="{x + 7:.1f}" y="{y + 4:.1f}" fill="{colour}">{name}</text>')
        return "\n".join(out)


def picture(by_nodes, by_churn):
    nodes = Chart("Nodes: 5 servers and so many clients", "nodes", "CPU ms a virtual second", 0)
    nodes.add("1 change/s", "#b5471f", [(p.clients + 5, p.second_cost * 1e3) for p in by_nodes
                             if p.changes == 1 and not p.more])
    nodes.add("idle", "#2a6f97", [(p.clients + 5, p.second_cost * 1e3) for p in by_nodes
                        if p.changes == 0 and not p.more])
    churn = Chart(f"Churn: {CHURN_CLIENTS:,} clients", "job changes a second", "CPU ms a virtual second", 490)
    churn.add("cost", "#b5471f", [(p.changes, p.second_cost * 1e3) for p in by_churn if p.changes > 0])
    return ('<svg xmlns="http://www.w3.org/2000/svg" width="960" height="350" viewBox="0 0 960 350">\n'
            '<style>text{font:12px sans-serif;fill:#333}.title{font-weight:bold;font-size:13px}.tick{font-size:11px}'
            '.grid{stroke:#ddd}</style>\n<rect width="960" height="350" fill="white"/>\n'
            + nodes.svg() + "\n" + churn.svg() + "\n</svg>\n")


def main():
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    parser = argparse.ArgumentParser(prog="scripts/cost", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=120, help="virtual seconds of each run, after the start (120)")
    parser.add_argument("--into", default=os.path.join(root, "simulator", "docs"), help="where cost.md and cost.svg go")
    parser.add_argument("--program", default=os.path.join(root, "build", "release", "bin", "bench_sim"))
    arguments = parser.parse_args()
    by_nodes = [measure(arguments.program, clients, changes, arguments.seconds)
                for changes in (0, 1) for clients in CLIENTS]
    by_churn = [next((p for p in by_nodes if (p.clients, p.changes) == (CHURN_CLIENTS, changes)), None)
                or measure(arguments.program, CHURN_CLIENTS, changes, arguments.seconds) for changes in CHANGES]
    every = by_nodes + [point for point in by_churn if point not in by_nodes]
    os.makedirs(arguments.into, exist_ok=True)
    with open(os.path.join(arguments.into, "cost.md"), "w", encoding="utf-8") as out:
        out.write("# What a simulated second costs\n\nMade by `scripts/cost`; processor time of one thread, checkers and "
                  "hashing on. A change gives a service of about ten instances another count.\n\n![cost](cost.svg)\n\n"
                  + table(every))
    with open(os.path.join(arguments.into, "cost.svg"), "w", encoding="utf-8") as out:
        out.write(picture(by_nodes, by_churn))
    print(table(every))


if __name__ == "__main__":
    try:
        main()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"scripts/cost: {error}")
