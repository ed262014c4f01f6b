# SPDX-License-Identifier: Apache-2.0
"""GROWTH.tsv, GROWTH.md and growth.svg: the rows of tests/bench/run growth, as a table and a plot."""

import csv
import subprocess

from demo.network import ROOT
from demo.supervise import Trouble
from tests.bench.machine import QUIET_CORES, venv
from tests.bench.table import number
from tests.support.place import kept, machine

# Column of the TSV, of the table, and which parts have it.
COLUMNS = (
    ("fill_cpu_s_per_million", "filling, CPU-s a million", ("broker",)),
    ("cpu_s_per_million", "at that size, CPU-s a million", ("broker", "connector")),
    ("kafka_cpu_s_per_million", "Kafka, CPU-s a million", ("broker", "connector")),
    ("fill_records_s", "filling, events/s", ("broker",)),
    ("records_s", "events/s", ("broker", "connector")),
    ("rss_mib", "RSS, MiB", ("broker", "connector", "idle")),
    ("anon_mib", "of these its own, MiB", ("broker", "connector", "idle")),
    ("busy_anon_mib", "its own at work, MiB", ("broker",)),
    ("peak_rss_mib", "peak RSS, MiB", ("broker", "connector")),
    ("store_mib", "store, MiB", ("broker",)),
    ("store_written_kib", "written to it an event, KiB", ("broker",)),
    ("restore_kept_s", "ready with its store, s", ("broker",)),
    ("restore_kept_cpu_s", "CPU-s", ("broker",)),
    ("restore_lost_s", "ready from Kafka alone, s", ("broker", "connector")),
    ("restore_lost_cpu_s", "CPU-s", ("broker", "connector")),
    ("all_anon_mib", "all connectors' own, MiB", ("idle",)),
    ("connectors_cores", "all connectors, cores", ("idle",)),
    ("broker_cores", "broker, cores", ("idle",)),
    ("kafka_cores", "Kafka, cores", ("idle",)),
    ("broker_rss_mib", "broker RSS, MiB", ("idle",)),
    ("kafka_rss_mib", "Kafka RSS, MiB", ("broker", "connector", "idle")),
    ("kafka_log_mib", "Kafka's log, MiB", ("broker", "connector")),
    ("busy_before", "cores busy before", ("broker", "connector", "idle")),
    ("loop_cpu_s", "", ()),
    ("took_s", "", ()),
    ("on", "", ()),
    ("missing", "", ()),
)
PARTS = (("broker", "The broker", "Half of the events of a row issue a hand-over, half deliver one; one worker. *Filling* is the way to that "
          "size, from an empty store; *at that size* is the cost of the next events (twice as many as hand-overs, 200,000 at most)."),
         ("connector", "One connector", "People who came by themselves: folder → mapping → outbox, acknowledged, with what it remembers of each. "
          "The cost is that of the last file (500,000 records at most)."),
         ("idle", "A network at rest", "Every operator's connector and the broker run, nothing comes in: RSS is the median connector's."))


def read(file):
    """{point: {figure: value}}"""
    if not file.exists():
        return {}
    with file.open(encoding="utf-8", newline="") as rows:
        found = {row.pop("point"): row for row in csv.DictReader(rows, delimiter="\t")}
    return {name: {key: value if key in ("on", "missing") else float(value) for key, value in row.items() if value} for name, row in found.items()}


def write_rows(file, rows, order):
    with file.open("w", encoding="utf-8", newline="") as out:
        names = ["point", *(key for key, _, _ in COLUMNS)]
        writer = csv.DictWriter(out, names, delimiter="\t", lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        for name in sorted(rows, key=order.index):
            shown = {key: number(value) if isinstance(value, float) else value for key, value in rows[name].items()}
            writer.writerow({"point": name, **shown})


def table(part, rows):
    columns = [(key, title) for key, title, parts in COLUMNS if part in parts]
    yield "| Hand-overs | Partitions | Operators | " + " | ".join(title for _, title in columns) + " | core's slowness |"
    yield "|" + "---:|" * (len(columns) + 4)
    quiet = min((row["loop_cpu_s"] for row in rows.values() if "loop_cpu_s" in row), default=1)
    for name, row in rows.items():
        its, handoffs, partitions, operators = name.split("-")
        if its != part:
            continue
        place = f"| {int(handoffs):,} | {partitions} | {operators} |"
        if "missing" in row:
            yield f"{place} *{row['missing']}* |" + " |" * len(columns)
        else:
            yield place + "".join(f" {number(row[key]) if key in row else ''} |" for key, _ in columns) + f" {row['loop_cpu_s'] / quiet:.2f} |"


def page(rows, why):
    out = ["# How cost grows", "", f"Written by `tests/bench/run growth` on {max(row['on'] for row in rows.values())}: {machine()}, "
           "one Kafka node on the same cores. The rows are in GROWTH.tsv.", "", "![cost and memory by size](growth.svg)", ""]
    shared = sum(row.get("busy_before", 0) > QUIET_CORES for row in rows.values())
    if shared:
        out += [f"**The machine was shared** during {shared} of {len(rows)} points (more than {QUIET_CORES} cores at work just before a point): events a second and seconds to "
                "ready say little then, CPU-seconds are some tenths too high, memory is right. *Core's slowness* is the processor time of a fixed "
                "piece of work just before and after the point, over that of the quietest point.", ""]
    for part, title, says in PARTS:
        if any(name.startswith(part) for name in rows):
            out += [f"## {title}", "", says, "", *table(part, rows), ""]
    return "\n".join([*out, "## Where it bends, and why", "", why, ""])


def write(folder, rows):
    """GROWTH.md, with what is written by hand in it, and growth.svg."""
    if not rows:
        raise Trouble("no rows yet")
    file = folder / "GROWTH.md"
    file.write_text(page(rows, kept(file, "why")), encoding="utf-8")
    command = [venv("plot", ROOT / "tests/bench/growth_requirements.txt"), "-B", ROOT / "tests/bench/growth_plot.py", folder / "GROWTH.tsv",
               folder / "growth.svg"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise Trouble(f"growth.svg: {done.stderr.strip()[-300:]}")
