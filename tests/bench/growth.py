# SPDX-License-Identifier: Apache-2.0
"""tests/bench/run growth: what an event, a memory and a restart cost as hand-overs, partitions and operators grow.

Each point is a process of its own with its own time limit; its row is appended to GROWTH.tsv as soon as it is known,
so that a run that was stopped goes on with --resume. A point that is not done in its time is a row that says so.
"""

import argparse
import dataclasses
import datetime
import json
import re
import subprocess
import sys

from demo.network import ROOT
from demo.supervise import Trouble
from tests.bench import growth_page
from tests.bench.growth_points import Point, measure
from tests.bench.machine import Bench

POINTS = (
    *(Point("broker", size, 8, 2, limit) for size, limit in ((10_000, 300), (100_000, 600), (1_000_000, 1800), (10_000_000, 7200))),
    *(Point("broker", 200_000, count, 2, 900) for count in (1, 8, 64)),
    *(Point("broker", 200_000, 8, count, 1500) for count in (20, 200)),
    *(Point("connector", size, 8, 2, limit) for size, limit in ((10_000, 300), (100_000, 600), (1_000_000, 1800), (3_000_000, 3600))),
    *(Point("idle", 0, 8, count, 900) for count in (2, 20, 200)),
)
QUICK = (
    *(Point("broker", size, 8, 2, 300) for size in (5_000, 20_000)),
    *(Point("broker", 5_000, count, 2, 300) for count in (1, 64)),
    Point("broker", 5_000, 8, 20, 300),
    Point("connector", 5_000, 8, 2, 300),
    Point("idle", 0, 8, 5, 300),
)
FOLDER = ROOT / "tests/bench"


def arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run growth", description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, into build/bench: only to see that it works")
    parser.add_argument("--resume", action="store_true", help="keeps the rows that are there")
    parser.add_argument("--patience", type=int, default=1, metavar="N", help="N times the time limits, on a busy machine")
    parser.add_argument("--page", action="store_true", help="only writes GROWTH.md and growth.svg again, from GROWTH.tsv")
    parser.add_argument("--list", action="store_true", help="the names of the points")
    parser.add_argument("--point", help=argparse.SUPPRESS)
    parser.add_argument("points", nargs="*", metavar="POINT", help="only these, as --list names them")
    return parser.parse_args()


def one(name, patience):
    """In the point's own process: its figures as JSON."""
    point = next(p for p in (*POINTS, *QUICK) if p.name == name)
    point = dataclasses.replace(point, limit_s=point.limit_s * patience)
    with Bench(quick=False) as bench:
        print(json.dumps(measure(bench, point)))
    return 0


def row_of(point, patience):
    """Runs the point; its figures, or why there are none."""
    command = [sys.executable, "-B", "-m", "tests.bench.growth", "--point", point.name, "--patience", str(patience)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        out, err = process.communicate(timeout=point.limit_s * patience)
    except subprocess.TimeoutExpired:
        process.terminate()
        process.communicate(timeout=60)
        return {"missing": f"not done within {point.limit_s * patience} s"}
    if process.returncode != 0:
        words = (err.strip().splitlines() or ["failed"])[-1].removeprefix("tests/bench/run growth: ")
        return {"missing": re.sub(r"/\S*/", "", words)[:200]}  # the folders are gone
    return json.loads(out)


def main():
    given = arguments()
    points = QUICK if given.quick else POINTS
    unknown = set(given.points) - {point.name for point in points}
    if unknown:
        raise Trouble(f"no point {min(unknown)}: tests/bench/run growth --list")
    if given.list:
        print("\n".join(point.name for point in points))
        return 0
    if given.point:
        return one(given.point, given.patience)
    folder = ROOT / "build/bench" if given.quick else FOLDER
    file = folder / "GROWTH.tsv"
    if given.points:
        points = [point for name in given.points for point in points if point.name == name]
    rows = growth_page.read(file) if given.resume or given.page or given.points else {}
    for point in points if not given.page else ():
        if given.resume and point.name in rows and "missing" not in rows[point.name]:
            continue
        print(f"… {point.name}", end="", flush=True, file=sys.stderr)
        began = datetime.datetime.now()
        figures = row_of(point, given.patience)
        seconds = (datetime.datetime.now() - began).seconds
        print(f": {seconds} s{'  ' + figures['missing'] if 'missing' in figures else ''}", file=sys.stderr)
        if "missing" in figures and "missing" not in rows.get(point.name, figures):
            continue  # what was measured before is worth more
        rows[point.name] = figures | {"on": datetime.date.today().isoformat(), "took_s": seconds}
        growth_page.write_rows(file, rows, [p.name for p in (*POINTS, *QUICK)])
    growth_page.write(folder, rows)
    print(f"{folder / 'GROWTH.md'}, growth.svg")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Trouble as trouble:
        print(f"tests/bench/run growth: {trouble}", file=sys.stderr)
        sys.exit(1)
