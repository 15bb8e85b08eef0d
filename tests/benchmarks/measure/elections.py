"""Figure 16 of the Raft paper, redone: how long nobody leads after a crash, by the range of election timeouts."""
import argparse
import json
import math
import os
import subprocess
import sys

# What the paper's text says of its own trials (§9.3).
PAPER = {(150, 150): "more than 10,000 for some", (150, 155): "median 287", (150, 200): "longest 513",
         (12, 24): "mean 35, longest 152"}
LAST_IN_FIRST_PANEL = 6  # the spread at 150 ms; the second panel has the ranges that double, whose silence nobody tells of
COLOURS = ["#b5471f", "#d98e04", "#6a994e", "#2a6f97", "#6d4c8d", "#111111"]


def name(row):
    return f"{row['low']:,}–{row['high']:,} ms" + (", connections close" if row["noticed"] else "")


def at(sorted_times, share):
    return sorted_times[min(len(sorted_times) - 1, int(share * len(sorted_times)))]


def table(rows):
    lines = ["| timeouts | median | mean | 99 % | longest | in the paper |", "| --- | --: | --: | --: | --: | --- |"]
    for row in rows:
        times = row["downtimes_ms"]
        lines.append(f"| {name(row)} | {at(times, 0.5):,.0f} | {sum(times) / len(times):,.0f} | {at(times, 0.99):,.0f} | "
                     f"{times[-1]:,.0f} | {'' if row['noticed'] else PAPER.get((row['low'], row['high']), '')} |")
    return "\n".join(lines) + "\n"


def panel(title, rows, left):
    """The share of trials that had a leader after so long; time is logarithmic, as in the paper."""
    width, height, top, low, high = 380, 260, 40, 10, 10_000
    x = lambda ms: left + (math.log10(min(max(ms, low), high)) - 1) / 3 * width
    y = lambda share: top + (1 - share) * height
    out = [f'<text x="{left}" y="{top - 16}" class="title">{title}</text>']
    for share in (0, 0.2, 0.4, 0.6, 0.8, 1):
        out.append(f'<line x1="{left}" y1="{y(share):.1f}" x2="{left + width}" y2="{y(share):.1f}" class="grid"/>')
        out.append(f'<text x="{left - 6}" y="{y(share) + 4:.1f}" class="tick" text-anchor="end">{share:.0%}</text>')
    for ms in (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000):
        out.append(f'<line x1="{x(ms):.1f}" y1="{top}" x2="{x(ms):.1f}" y2="{top + height}" class="grid"/>')
        out.append(f'<text x="{x(ms):.1f}" y="{top + height + 16}" class="tick" text-anchor="middle">{ms:g}</text>')
    out.append(f'<text x="{left + width / 2}" y="{top + height + 36}" text-anchor="middle">ms without a leader</text>')
    for i, row in enumerate(rows):
        times, colour = row["downtimes_ms"], COLOURS[i]
        points = " ".join(f"{x(at(times, n / 100)):.1f},{y(n / 100):.1f}" for n in range(100))
        out.append(f'<polyline points="{points} {x(times[-1]):.1f},{y(1):.1f}" fill="none" stroke="{colour}" '
                   'stroke-width="1.8"/>')
        out.append(f'<line x1="{left + 260}" y1="{top + 136 + 18 * i}" x2="{left + 284}" y2="{top + 136 + 18 * i}" '
                   f'stroke="{colour}" stroke-width="3"/>')
        out.append(f'<text x="{left + 290}" y="{top + 140 + 18 * i}">{row["low"]}–{row["high"]} ms</text>')
    return "\n".join(out)


def picture(rows):
    spread = rows[:LAST_IN_FIRST_PANEL]
    doubling = [row for row in rows if row["high"] == 2 * row["low"] and row["low"] < 1000]
    return ('<svg xmlns="http://www.w3.org/2000/svg" width="960" height="350" viewBox="0 0 960 350">\n'
            '<style>text{font:12px sans-serif;fill:#333}.title{font-weight:bold;font-size:13px}.tick{font-size:11px}'
            '.grid{stroke:#ddd}</style>\n<rect width="960" height="350" fill="white"/>\n'
            + panel("More randomness", spread, 60) + "\n"
            + panel("Shorter timeouts", sorted(doubling, key=lambda row: row["low"]), 540) + "\n</svg>\n")


def main():
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    parser = argparse.ArgumentParser(prog="scripts/elections", description=__doc__)
    parser.add_argument("--trials", type=int, default=1000, help="of each range (1000)")
    parser.add_argument("--into", default=os.path.join(root, "tests", "benchmarks", "docs"),
                        help="where elections.md and elections.svg go")
    parser.add_argument("--program", default=os.path.join(root, "build", "release", "bin", "raft_elections"))
    arguments = parser.parse_args()
    out = subprocess.run([arguments.program, str(arguments.trials)], check=True, capture_output=True, text=True)
    rows = [json.loads(line) for line in out.stdout.splitlines()]
    for row in rows:
        row["downtimes_ms"].sort()
    os.makedirs(arguments.into, exist_ok=True)
    with open(os.path.join(arguments.into, "elections.svg"), "w", encoding="utf-8") as file:
        file.write(picture(rows))
    text = (f"# How long nobody leads after a crash\n\nMade by `scripts/elections`, {arguments.trials:,} trials a line, in "
            "milliseconds: Figure 16 of the Raft paper (§9.3) with this Raft. The world is the paper's, as far as it tells: five "
            "servers, some 15 ms for a round of messages with its disk writes, two of the four who are left cannot win, the "
            "leader dies at a random time between two heartbeats, and nobody is told.\n\n![elections](elections.svg)\n\n"
            + table(rows) + "\n" + NOTES)
    with open(os.path.join(arguments.into, "elections.md"), "w", encoding="utf-8") as file:
        file.write(text)
    print(table(rows))


NOTES = """- Without any randomness there is a leader all the same: candidates that ask first whether they could win (pre-vote) split
  few votes, the time that messages take parts those who ask at once, and a vote that splits is tried again within a few times
  what it took.
- An election is three waits for a message's round or a disk here, some 30 ms in this world: the pre-vote, the candidate's own
  disk before it asks (its vote for itself must not be forgotten), and the others' disks before they answer. So timeouts of
  12–24 ms, which were best in the paper's, are too short here: those of 25–50 ms are better.
- The last line is how a killed process is noticed: its connections close, within 20 ms here, and no timeout is waited for.
"""

if __name__ == "__main__":
    try:
        main()
    except (OSError, subprocess.CalledProcessError, json.JSONDecodeError) as error:
        sys.exit(f"scripts/elections: {error}")
