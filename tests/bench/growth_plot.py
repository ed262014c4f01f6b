# SPDX-License-Identifier: Apache-2.0
"""growth.svg of GROWTH.tsv, by matplotlib: growth_plot.py TSV SVG."""

import csv
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.hashsalt": "relais", "svg.fonttype": "none", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
from matplotlib import pyplot  # noqa: E402 (the way of drawing comes first)

BASE = {"handoffs": None, "partitions": 8, "operators": 2}
AXES = (("handoffs", "hand-overs (8 partitions, 2 operators)"), ("partitions", "partitions (2 operators)"), ("operators", "operators (8 partitions)"))


def rows_of(file):
    with open(file, encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text, delimiter="\t"):
            part, *numbers = row["point"].split("-")
            figures = {key: float(value) for key, value in row.items() if value and key not in ("point", "on", "missing")}
            if not row["missing"]:
                yield {"part": part, **dict(zip(BASE, map(int, numbers))), **figures}


def along(rows, part, axis, figure):
    """(x, y) of the points that differ in this axis only."""
    of = [row for row in rows if row["part"] == part and figure in row]
    sizes = [row["handoffs"] for row in of if row["partitions"] != BASE["partitions"] or row["operators"] != BASE["operators"]]
    if axis != "handoffs":
        of = [row for row in of if row["handoffs"] in sizes]
    of = [row for row in of if all(row[key] == value for key, value in BASE.items() if key not in (axis, "handoffs"))]
    return sorted((row[axis], row[figure]) for row in of)


def draw(axes, rows, axis, series, label):
    for part, figure, title, style in series:
        points = along(rows, part, axis, figure)
        if len(points) > 1:
            axes.plot(*zip(*points), style, label=title, markersize=4)
    axes.set_xscale("log")
    axes.set_ylabel(label)
    axes.grid(alpha=0.3)
    if axes.lines:
        axes.set_xticks(sorted({x for line in axes.lines for x in line.get_xdata()}))
        axes.xaxis.set_major_formatter(lambda x, _: f"{x / 1e6:g} M" if x >= 1e6 else f"{x / 1e3:g} k" if x >= 1e3 else f"{x:g}")
        axes.minorticks_off()
        axes.legend(frameon=False, fontsize=7)


def main():
    rows = list(rows_of(sys.argv[1]))
    figure, grid = pyplot.subplots(3, 3, figsize=(12, 9.5))
    for column, (axis, label) in enumerate(AXES):
        draw(grid[0][column], rows, axis, (("broker", "cpu_s_per_million", "broker", "o-"), ("broker", "kafka_cpu_s_per_million", "Kafka, for the broker", "s--"),
                                           ("connector", "cpu_s_per_million", "connector", "^-")), "CPU-s a million events")
        grid[0][column].set_ylim(bottom=0)
        draw(grid[1][column], rows, axis, (("broker", "rss_mib", "broker, RSS at rest", "o-"), ("broker", "busy_anon_mib", "broker at work, its own", "o:"),
                                           ("connector", "rss_mib", "connector, RSS", "^-"), ("idle", "all_anon_mib", "all connectors at rest, own", "v-"),
                                           ("idle", "kafka_rss_mib", "Kafka, at rest", "s--")), "MiB")
        grid[1][column].set_yscale("log")
        draw(grid[2][column], rows, axis, (("broker", "restore_kept_cpu_s", "broker, store kept", "o-"), ("broker", "restore_lost_cpu_s", "broker, store lost", "o--"),
                                           ("connector", "restore_lost_cpu_s", "connector", "^-")), "CPU-s from start to ready")
        grid[2][column].set_yscale("log")
        grid[2][column].set_xlabel(label)
    figure.tight_layout()
    figure.savefig(sys.argv[2], metadata={"Date": None})


main()
