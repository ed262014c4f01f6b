# SPDX-License-Identifier: Apache-2.0
"""What a campaign's result says: the same rows in each, those that stayed at zero too, and its findings by their sort.

TROUBLES are made by the campaign, and counted when somebody felt them: from LONG_MINUTES on each must have happened, in every run those
of ALWAYS. SEEN is what came of them, which nobody can make happen; but where three nodes are stopped so often, BETWEEN too.
"""

import collections
import re

from tests.crash import deaths
from tests.support.place import where

LONG_MINUTES = 10
ALWAYS = ("kill -9 broker", "kill -9 connector", "kill -9 Kafka")
REGIONAL = ("http_500", "http_429", "slow", "half_body", "drop_connection", "down")
NATIONAL = (*REGIONAL, "lost_answer")
DISK_FILLED, DISK_MET = "disk without room", "disk without room, met by a broker"
BEYOND_SESSION, BEYOND_TRANSACTION = "SIGSTOP broker beyond its session only", "SIGSTOP broker beyond its transaction, for sure"
QUIET = "SIGSTOP broker, awake with due deadlines and no input"
ABORTED = "wakes whose transaction Kafka had aborted"
TROUBLES = (*ALWAYS, "state folder deleted", DISK_FILLED, DISK_MET, BEYOND_SESSION, BEYOND_TRANSACTION, ABORTED, QUIET,
            "SIGSTOP connector", "SIGSTOP Kafka", "network cut", "network silent", "network slow",
            *(f"regional system: {name}" for name in REGIONAL), *(f"national system: {name}" for name in NATIONAL), "broker joins",
            "broker leaves", "clock jumps 11 days", "clock of a process minutes back and forth", "operator added", "operator removed")
BETWEEN = "Kafka stopped between the markers of a transaction"
SEEN = (BETWEEN, *deaths.ROWS)
SORTS_SHOWN, OF_EACH_SHOWN = 40, 5


def sort_of(finding):
    """Its words without ids and numbers."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+", "#", finding)


def by_sort(findings):
    """sort → its findings, in the order of the first of each."""
    sorts = collections.defaultdict(list)
    for finding in findings:
        sorts[sort_of(finding)].append(finding)
    return dict(sorts)


def shown(findings):
    """Some of each sort."""
    lines = []
    for same in list(by_sort(findings).values())[:SORTS_SHOWN]:
        lines += same[:OF_EACH_SHOWN]
        if len(same) > OF_EACH_SHOWN:
            lines.append(f"  and {len(same) - OF_EACH_SHOWN} of this sort")
    return lines


def missing(done, minutes, nodes=1, impossible=()):
    """Findings: the troubles that had to happen in so long a run and did not. `impossible`: here they cannot (a disk needs root)."""
    wanted = (*TROUBLES, *([BETWEEN] if nodes > 1 else [])) if minutes >= LONG_MINUTES else ALWAYS
    return [f"wrong: in {minutes:g} minutes never happened: {row}" for row in wanted if not done.get(row) and row not in impossible]


def kills(done):
    return sum(done.get(row, 0) for row in ALWAYS)


def rows(done, counts):
    """(what, how often): every trouble, what came of them, and what the checker excused."""
    found = [(row, done.get(row, 0)) for row in (*TROUBLES, *SEEN)]
    found += sorted((row, number) for row, number in done.items() if row not in TROUBLES and row not in SEEN)
    return found + [(f"excused by the checker: {what}", number) for what, number in sorted(counts.get("excused", {}).items())]


def printed(done, counts):
    return [f"{number:>8}  {what}" for what, number in rows(done, counts)]


def others(findings):
    """The sorts of what is neither lost nor doubled, with their number: the most frequent first."""
    sorts = by_sort([finding for finding in findings if not finding.startswith(("lost: ", "doubled: "))])
    return sorted(((sort, len(same)) for sort, same in sorts.items()), key=lambda item: -item[1])


def cell(text):
    return text.replace("|", "\\|")[:200]


def markdown(command, findings, done, counts, rate, voids, notes=""):
    """RESULT.md, with the `notes` that were written by hand."""
    named = others(findings)
    lines = ["# The longest crash campaign so far", "", "Written by `tests/crash/run --result`.", "",
             f"`{command}`: {where()}.", "", "| What | How many |", "| --- | --- |",
             f"| events (distinct, in outboxes) | {counts['events']} |", f"| a second, while the load lasted | {rate:.0f} |",
             f"| records in outboxes: accepted, refused, duplicate, late | {counts['accepted']}, {counts['refused']}, "
             f"{counts['duplicate']}, {counts['late']} |", f"| events in inboxes | {counts['inbox']} |",
             f"| hand-overs | {counts['handoffs']} |", f"| `kill -9` in all | {kills(done)} |",
             *(f"| {cell(what)} | {number} |" for what, number in rows(done, counts)),
             f"| void runs before (Kafka lost a marker: DESIGN.md \"Anchor\", 6) | {voids} |",
             f"| **lost** | **{counts['lost']}** |", f"| **doubled** | **{counts['doubled']}** |",
             f"| other findings | {sum(number for _, number in named)} |",
             *(f"| `{cell(sort)}` | {number} |" for sort, number in named), "", notes]
    return "\n".join(lines) + "\n"
