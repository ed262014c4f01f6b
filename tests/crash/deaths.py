# SPDX-License-Identifier: Apache-2.0
"""Which ends of processes are no finding: each is judged by what that process said last, and counted by why it is excused.

A process that is started while Kafka is away says so and ends, and so does one without room on its disk. An instance without a twin
that was fenced as if it had one has joined twice over a broken network (DESIGN.md §2).
"""

NO_ROOM = "no room for the broker's state: No space left on device"
TWIN = "another process runs with the same --instance"
# How the sentence with which it ends ends → the row under which it is counted.
ENDS_WITH = {
    ": Local: Broker transport failure": "excused end: Kafka was away",
    ": Local: Timed out": "excused end: Kafka was away",
    ": Local: All broker connections are down": "excused end: Kafka was away",
    NO_ROOM: "excused end: no room on its disk",
}
FENCED = "excused end: fenced by its own second join"
ROWS = tuple(sorted({*ENDS_WITH.values(), FENCED}))
STORE = '"because":"store: '


def last_words(said):
    """The last sentence for a person in what a process wrote since its start, or "". Log records can stand behind it: its other threads
    go on until it is gone."""
    return next((line.strip() for line in reversed(said.splitlines()) if line.strip() and not line.startswith("{")), "")


def excuse(note, said):
    """The row under which this end is excused, or None: it is a finding. `note` is the supervisor's, `said` what the process wrote
    since its start."""
    if "(code 1)" not in note:
        return None
    words = last_words(said)
    if TWIN in words:
        return FENCED
    return next((row for text, row in ENDS_WITH.items() if words.endswith(text)), None)


def is_end(note):
    """One that nobody caused, or that did not come when it was asked for."""
    return ("s'est arrêté" in note and "SIGKILL" not in note) or "n'a pas voulu" in note


def judge(ends):
    """(findings, row → how often) of [(the supervisor's note, what the process wrote since its start)]."""
    findings, counts = [], dict.fromkeys(ROWS, 0)
    for note, said in ends:
        if not is_end(note):
            continue
        row = excuse(note, said)
        if row:
            counts[row] += 1
        else:
            findings.append(f"wrong: {note}: {last_words(said)[-160:] or 'without a word'}")
    return findings, counts


def stores(logs):
    """A disk without room is said as such: a store that fails in another way is a finding. `logs`: name → lines."""
    return [f"wrong: {name}: {line.strip()[-160:]}" for name, lines in logs.items() for line in lines
            if STORE in line and NO_ROOM not in line]
