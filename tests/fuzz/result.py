#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds one target's part of a campaign to tests/fuzz/RESULT.md and sums the table above it anew.

result.py TARGET COMMIT PROCESSOR_SECONDS EXECUTIONS EDGES CORPUS FINDINGS   (tests/fuzz/run --campaign calls it)
result.py                                                                   (only sums anew)
"""
import datetime
import pathlib
import sys

RESULT = pathlib.Path(__file__).with_name("RESULT.md")
HEAD = """# Fuzzing: what was searched

Written by `tests/fuzz/run --campaign MINUTES`. The measure is processor time and executions, for the machine was used by
others meanwhile; *edges* are those of the program that the corpus reached at the end (its libraries are not counted);
*corpus* counts inputs, those of earlier runs included. A finding is an input that broke a promise, a sanitizer's rule or the
time limit: it was mended and its input stands in `tests/fuzz/corpus`, which every `./test` replays.

| Target | Processor time | Executions | Edges | Corpus | Findings |
|---|---|---|---|---|---|
"""
ROWS = """
## Each run

| Day | Commit | Target | Seconds | Executions | Edges | Corpus | Findings |
|---|---|---|---|---|---|---|---|
"""


def read_rows():
    """The rows of the second table: lists of cells."""
    if not RESULT.exists():
        return []
    lines = RESULT.read_text(encoding="utf-8").split("## Each run", 1)[-1].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| 2")]
    return [row for row in rows if len(row) == 8]


def totals(rows):
    """One line a target, sums over its rows; edges and corpus are the last run's."""
    lines = []
    for target in sorted({row[2] for row in rows}):
        own = [row for row in rows if row[2] == target]
        seconds = sum(int(row[3]) for row in own)
        runs = sum(int(row[4]) for row in own)
        findings = sum(int(row[7]) for row in own)
        lines.append(
            f"| {target} | {seconds // 60} min | {runs:,} | {own[-1][5]} | {own[-1][6]} | {findings} |\n"
        )
    minutes = sum(int(row[3]) for row in rows) // 60
    runs = sum(int(row[4]) for row in rows)
    findings = sum(int(row[7]) for row in rows)
    lines.append(f"| **all** | {minutes // 60} h {minutes % 60:02} min | {runs:,} | | | {findings} |\n")
    return "".join(lines)


def main(args):
    rows = read_rows()
    if args:
        target, commit, *numbers = args
        rows.append([datetime.date.today().isoformat(), commit, target, *numbers])
    text = HEAD + totals(rows) + ROWS + "".join("| " + " | ".join(row) + " |\n" for row in rows)
    RESULT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) not in (1, 8):
        sys.exit(__doc__)
    main(sys.argv[1:])
