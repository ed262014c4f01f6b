# SPDX-License-Identifier: Apache-2.0
"""Which ends of processes are no finding: each is judged by what that process said last and by what was away then, and counted by why
it is excused.

A process that is started while Kafka is away says so and ends, and so does one without room on its disk. An instance without a twin
that was fenced as if it had one has joined twice over a broken network (DESIGN.md §2): a fence behind an outage counts for no twin, so
it takes two outages. None of them is excused without them.
"""

import collections
from dataclasses import dataclass

from tests.crash.outages import KAFKA, disk, network

NO_ROOM = "no room for the broker's state: No space left on device"
TWIN = "another process runs with the same --instance"
AWAY, FULL, FENCED = "excused end: Kafka was away", "excused end: no room on its disk", "excused end: fenced by its own second join"
ROWS = (FENCED, AWAY, FULL)
# How the sentence with which it ends ends → the row under which it is counted.
ENDS_WITH = {
    ": Local: Broker transport failure": AWAY,
    ": Local: Timed out": AWAY,
    ": Local: All broker connections are down": AWAY,
    NO_ROOM: FULL,
}
# So many seconds before the end its cause was there still. A start asks for the topics (5 s, KAFKA_ASK_MS in base/kafka_ask.h) and reads
# the directory (30 s, DIRECTORY_MS in broker/broker.c); what runs does not end because Kafka is away. A request that nobody answered is
# given up and sent again after socket.timeout.ms (10 s), and the join that then waits for who was there before waits session.timeout.ms
# (6 s, both in base/kafka_config.c); between the two fences of one end pass 60 s at most (TWIN_WINDOW_MS in broker/membership.c).
# Without room a worker ends at once, and what it closes waits for Kafka 10 s at most.
WITHIN_S = {AWAY: 35, FENCED: 76, FULL: 10}
CLOSES_S = 10
STARTS_S = WITHIN_S[AWAY] + CLOSES_S  # so old is at most who ends because Kafka was away, what it was stopped for not counted
TIMES = {AWAY: 1, FENCED: 2, FULL: 1}  # so many outages that do not overlap it takes
STORE = '"because":"store: '
KILLED = "signal SIGKILL"


@dataclass
class End:
    """Of a process: the supervisor's note, what it wrote since its start, and when that was and when it wrote last (monotonic)."""

    note: str
    said: str
    started: float
    died: float

    @property
    def name(self):
        return self.note.split(" ", 1)[0]


def last_words(said):
    """The last sentence for a person in what a process wrote since its start, or "". Log records can stand behind it: its other threads
    go on until it is gone."""
    return next((line.strip() for line in reversed(said.splitlines()) if line.strip() and not line.startswith("{")), "")


def row_of(end):
    """The row that this end would be counted under for what was said, or None."""
    if "(code 1)" not in end.note:
        return None
    words = last_words(end.said)
    if TWIN in words:
        return FENCED
    return next((row for text, row in ENDS_WITH.items() if words.endswith(text)), None)


def excuse(end, outages):
    """The row under which this end is excused, or None: it is a finding."""
    row = row_of(end)
    if row is None or (row == AWAY and not is_young(end, outages)):
        return None
    causes = [disk(end.name)] if row == FULL else [KAFKA, network(end.name), end.name]
    since = max(end.started, end.died - WITHIN_S[row])
    return row if len(outages.apart(causes, since, end.died)) >= TIMES[row] else None


def is_young(end, outages):
    stopped = sum(until - since for since, until in outages.apart([end.name], end.started, end.died))
    return end.died - end.started - stopped <= STARTS_S


def is_end(note):
    """One that nobody caused, or that did not come when it was asked for."""
    return ("s'est arrêté" in note and KILLED not in note) or "n'a pas voulu" in note


def other_kills(ends, killed):
    """Findings: whom somebody else has killed, the kernel for want of memory say. `killed`: name → how often the campaign did it."""
    seen = collections.Counter(end.name for end in ends if KILLED in end.note)
    return [f"wrong: {name} died of SIGKILL {seen[name]} times, killed here {killed[name]} times"
            for name in sorted({*seen, *killed}) if seen[name] != killed[name]]


def judge(ends, outages, killed):
    """(findings, row → how often) of the ends. `killed`: Counter of names."""
    findings, counts = other_kills(ends, killed), dict.fromkeys(ROWS, 0)
    for end in ends:
        if not is_end(end.note):
            continue
        row = excuse(end, outages)
        if row:
            counts[row] += 1
        else:
            without = ", and nothing was away then that brings it about" if row_of(end) else ""
            findings.append(f"wrong: {end.note}: {last_words(end.said)[-160:] or 'without a word'}{without}")
    return findings, counts


def stores(logs):
    """A disk without room is said as such: a store that fails in another way is a finding. `logs`: name → lines."""
    return [f"wrong: {name}: {line.strip()[-160:]}" for name, lines in logs.items() for line in lines
            if STORE in line and NO_ROOM not in line]
