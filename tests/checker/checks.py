# SPDX-License-Identifier: Apache-2.0
"""What must hold of a run that has come to rest: here of the broker; of the systems at both ends: sources.py, sinks.py, content.py.

Each check says what is wrong by id, in one sentence a finding. What looks wrong and is not, for a written reason, is counted.
"""

import collections

from tests.checker.content import Content
from tests.checker.recorded import NOT_COMPARED
from tests.checker.refusing import Refusing
from tests.checker.rules import ANSWER_US, FINAL, TAKEN_OVER, Replay, Slot, fact_of, loses
from tests.checker.sinks import Sinks
from tests.checker.sources import Sources

# Refusals of which no row remembers anything: the same Rejection may come again, under one id (DESIGN.md "Remembered refusals").
WITHOUT_ROW = {"unknown_handoff", "not_yours", "erased", "unreadable_record", "schema_unknown", "duplicate_handoff"}
NEVER = float("inf")
FORGOTTEN_US = 90 * 86_400 * 1_000_000  # a connector may forget a hand-over so long after its end (DESIGN.md §4)
STRADDLES_MS = 1000  # a row and what is told are one transaction, and Kafka takes them one behind the other
DUE_SINCE_US = 5 * 60 * 1_000_000  # an answer that was due so long before the end of the run has been missed


class Checker:
    def __init__(self, run):
        self.run = run
        self.operators = list(run.setting["operators"])
        self.replay = Replay(run)
        self.findings = []
        self.lost = self.doubled = 0
        self.excused = collections.Counter()
        self.compared = 0  # parts of people, at both ends
        self.inbox = {code: [r["value"] for r in run.records(f"{code}.inbox") if "undecoded" not in r["value"]] for code in self.operators}
        self.letters = {code: [r["value"] for r in run.records(f"{code}.rejected")] for code in self.operators}
        self.rows, self.row_count = {}, collections.Counter()
        self.row_since = {}  # hand-over → when Kafka took its first row
        self._row_at = collections.defaultdict(list)  # hand-over → when Kafka took each of its rows
        self._said_at, self._told_at = {}, collections.defaultdict(dict)  # when Kafka took each event; hand-over → what was told of it → when
        self._ends = {}
        self._own_letters = {code: {letter["event_id"]: letter for letter in letters if letter.get("quarantine_key")}
                             for code, letters in self.letters.items()}
        self._references = {(self.replay.sender[n], e["handoff_id"]): e["issuer_ref"]["id"] for n, e in self.replay.events.items()
                            if fact_of(e) == "ISSUED" and e.get("issuer_ref")}
        for record in run.records("handoff"):
            self.rows[record["key"]] = record["value"]
            self.row_count[record["key"]] += 1
            self._row_at[record["key"]].append(record.get("at", NEVER))
            self.row_since[record["key"]] = min(record.get("at", 0), self.row_since.get(record["key"], NEVER))

        for code in self.operators:
            for record in run.records(f"{code}.outbox"):
                self._said_at.setdefault(record["value"].get("event_id"), record.get("at", 0))
            for record in run.records(f"{code}.inbox"):
                event = record["value"]
                if event.get("handoff_seq", 0) > 0 and event["type"] != "Rejection":
                    self._told_at[event["handoff_id"]].setdefault(event["event_id"], record.get("at", 0))

    # --- findings ---

    def say(self, what, text):
        """`what`: lost, doubled, wrong."""
        self.lost += what == "lost"
        self.doubled += what == "doubled"
        self.findings.append(f"{what}: {text}")

    def excuse(self, why):
        """What could have been a finding, and is none for that reason."""
        self.excused[why] += 1

    def all(self):
        for check in (self.decoded, Sources(self).check, self.refusals, self.forwarded, self.inboxes, self.told_of_refusals,
                      self.superseded, self.lost_rightly, self.notices, self.deadlines, self.sequence, self.rising, self.handoff_rows,
                      Sinks(self).check, Content(self).check):
            check()
        return self.findings

    def counts(self):
        """Numbers by name, and `excused`: {reason in words: how often}, for the page that tells of the run."""
        return {"events": len(self.replay.events), "outbox_records": sum(self.replay.records.values()), **self.replay.records,
                "inbox": sum(len(inbox) for inbox in self.inbox.values()), "handoffs": len(self.rows), "lost": self.lost,
                "doubled": self.doubled, "findings": len(self.findings),
                "compared": self.compared, "excused": dict(sorted(self.excused.items()))}

    # --- everything can be read ---

    def decoded(self):
        for place in self.run.setting.get("open_transactions", []):
            self.say("wrong", f"{place}: a transaction that nobody ends hides what follows")
        for topic, records in self.run.topics.items():
            for record in records:
                if isinstance(record["value"], dict) and "undecoded" in record["value"]:
                    self.say("wrong", f"{topic} {record['partition']}/{record['offset']} cannot be read")
        for code in self.operators:
            for record in self.run.records(f"{code}.outbox"):
                event = record["value"]
                if event.get("operator_code") != code or record["key"] != event.get("thread_id"):
                    self.say("wrong", f"{code}.outbox {event.get('event_id')} stands under another's name or key")

    # --- what others ask ---

    def own_letters(self, code):
        """Of the connector, each once: event id → letter."""
        return self._own_letters[code]

    def own_reference(self, code, handoff_id):
        """The issuer's own name of a hand-over, from its ISSUED."""
        return self._references.get((code, handoff_id))

    # --- what a connector may have forgotten ---

    def ends(self, code):
        """Hand-over → when its end was said by this operator or to it, by the clock of the run. A redirect ends its parent."""
        if code not in self._ends:
            found = self._ends[code] = {}
            for event in [*(record["value"] for record in self.run.records(f"{code}.outbox")), *self.inbox[code]]:
                on = fact_of(event) == "ISSUED" and event["operator_code"] == code and self.replay.fate.get(event["event_id"]) == "accepted"
                ended = event["handoff_id"] if fact_of(event) in FINAL else event["parent_handoff_id"] if on else None
                if ended:
                    found[ended] = min(event["recorded_at"], found.get(ended, event["recorded_at"]))
        return self._ends[code]

    def is_forgotten(self, code, handoff, at):
        return at - self.ends(code).get(handoff, at) > FORGOTTEN_US

    # --- the broker's refusals: each asked again, and each event that was not refused too ---

    def refusals(self):
        refusing = Refusing(self.run, self.replay)
        for (code, number), reason in self.replay.refusals.items():
            event = self.replay.events.get(number)
            if event is None:
                self.say("wrong", f"{code}: refusal {reason} of {number}, which is in no outbox")
                continue
            must, may = refusing.reasons(code, event)
            if reason != must and reason not in may:
                self.say("wrong", f"{code}: event {number} was refused for {reason}, and that is not so")
            elif reason != must:
                self.excuse(f"refusals that depend on another outbox or on the day's directory: {reason}")
        for number, event in self.replay.events.items():
            if self.replay.fate.get(number) == "accepted":
                must, _ = refusing.reasons(self.replay.sender[number], event)
                if must:
                    self.say("wrong", f"{self.replay.sender[number]}: event {number} was accepted, the rules refuse it for {must}")

    # --- broker hop: what was accepted reaches the other end once, as it was said ---

    def forwarded(self):
        replay = self.replay
        there = {code: collections.defaultdict(list) for code in self.operators}
        for code in self.operators:
            for event in self.inbox[code]:
                there[code][event["event_id"]].append(event)
        self._last_told = {(event["handoff_id"], replay.sender[number]): place for place, (number, event) in enumerate(replay.events.items())
                           if fact_of(event) in TAKEN_OVER and not event["sealed"] and there.get(replay.other_end(number), {}).get(number)}
        for place, (number, event) in enumerate(replay.events.items()):
            if replay.fate.get(number) != "accepted":
                continue
            other = replay.other_end(number)
            if other not in there:
                continue
            copies = there[other][number]
            sealed = event["sealed"] is not None and event["sealed_for"] == other
            if copies:
                self.same_content(other, event, copies[0], sealed)
                if number in replay.behind and not sealed:
                    self.say("wrong", f"event {number} ({fact_of(event)}, hand-over {event['handoff_id']}) is in {other}.inbox, and came "
                                      "behind what its own outbox had said")
            elif sealed or (replay.changed[number] and not self.is_told_of_no_more(event, place)):
                self.say("lost", f"event {number} ({fact_of(event)} of {replay.sender[number]}, hand-over {event['handoff_id']}) "
                                 f"was accepted and is not in {other}.inbox")

    def is_told_of_no_more(self, event, place):
        """A step that comes when a later one, or the end, is known, or a fact that has lost already, is not told: it would move the
        other end's system back. What its own outbox had said is known to be before it; what the other end said may have been, but for
        a step behind which another one was told still."""
        number, fact = event["event_id"], fact_of(event)
        if number in self.replay.behind:
            self.excuse("facts not told: behind what the same outbox had said")
            return True
        sender, slots = self.replay.sender, self.replay.handoffs[event["handoff_id"]].slots
        others = [slot for slot in slots.values() if sender[slot.event["event_id"]] != sender[number]]
        own = slots.get((fact, event["entity_id"]))
        ended = any(slot.fact in FINAL and slot.counts() for slot in others)
        if fact in TAKEN_OVER and ended and self.was_decided_behind(event, others) and self._last_told.get((event["handoff_id"], sender[number]), -1) < place:
            self.excuse("facts not told: steps, the other end had said the end")
            return True
        if own is not None and any(loses(own, slot) for slot in others):
            self.excuse("facts not told: the other end had said what beats them")
            return True
        return False

    def was_decided_behind(self, event, others):
        """Whether the broker can have read this step behind the end that the other end said: then it wrote the row, since that end stood
        in its outbox, more often than for what it told. However far the broker was behind, it reads nothing before it is written."""
        ends = [self._said_at.get(slot.event["event_id"], 0) for slot in others if slot.fact in FINAL and slot.counts()]
        since, handoff = min(ends), event["handoff_id"]
        return sum(at >= since for at in self._row_at[handoff]) > sum(at >= since + STRADDLES_MS for at in self._told_at[handoff].values())

    def same_content(self, other, event, copy, sealed):
        for name in sorted({*event, *copy} - NOT_COMPARED):
            if copy.get(name) != event.get(name):
                self.say("wrong", f"event {event['event_id']} differs in {other}.inbox: {name}")
        if copy["sealed"] != (event["sealed"] if sealed else None) or copy["sealed_for"] != (other if sealed else None):
            self.say("wrong", f"event {event['event_id']} in {other}.inbox: other sealed bytes than those for {event['sealed_for']}")

    def inboxes(self):
        for code in self.operators:
            seen = collections.Counter()
            for record in self.run.records(f"{code}.inbox"):
                event = record["value"]
                if "undecoded" in event:
                    continue
                number = event["event_id"]
                seen[number] += 1
                if seen[number] > 1 and not self.may_stand_twice(code, event, record.get("at", NEVER)):
                    self.say("doubled", f"event {number} ({event['type']}, hand-over {event['handoff_id']}) stands twice in {code}.inbox")
                if not self.has_cause(code, event):
                    self.say("wrong", f"event {number} ({event['type']}) in {code}.inbox was said by nobody")

    def may_stand_twice(self, code, event, at):
        """A refusal is remembered in the row when its sender is an end of it. Where there was no such row, or it was erased, it may come
        again, under one id."""
        if event["type"] != "Rejection" or event["stage"] != "BROKER" or event["code"] not in WITHOUT_ROW:
            return False
        row = self.rows.get(event["handoff_id"])
        ends = (row["issuer"], row["holder"]) if row and row["state"] != "ERASED" else ()
        if code in ends and self.row_since[event["handoff_id"]] <= at:
            return False
        self.excuse("refusals that stand twice: no row remembers them")
        return True

    def has_cause(self, code, event):
        replay, number = self.replay, event["event_id"]
        if event["type"] == "Rejection" and event["stage"] == "BROKER":
            return replay.sender.get(event["cause"]) == code
        if event["type"] == "Notice":
            handoff = replay.handoffs.get(event["handoff_id"])
            return handoff is not None and code in (handoff.issuer, handoff.holder) and event["due_at"] <= event["recorded_at"]
        if event["operator_code"] == "relais":
            cause = replay.events.get(event["cause"])
            return (event["status"] == "REDIRECTED" and cause is not None and replay.fate[event["cause"]] == "accepted"
                    and cause["parent_handoff_id"] == event["handoff_id"])
        return replay.fate.get(number) == "accepted" and replay.other_end(number) == code

    def told_of_refusals(self):
        """A dead letter of the broker and its copy in the sender's inbox are written together."""
        for code in self.operators:
            written = collections.Counter(e["event_id"] for e in self.letters[code] if e["stage"] == "BROKER" and e["cause"])
            told = collections.Counter(e["event_id"] for e in self.inbox[code] if e["type"] == "Rejection" and e["stage"] == "BROKER" and e["cause"])
            for number in sorted({*written, *told}):
                if written[number] != told[number]:
                    self.say("lost" if told[number] < written[number] else "wrong",
                             f"{code}: refusal {number} stands {written[number]} times in its dead letters, {told[number]} times in its inbox")

    def superseded(self):
        told = {code: collections.Counter(e["cause"] for e in self.inbox[code] if e["type"] == "Rejection" and e["code"] == "superseded")
                for code in self.operators}
        written = {code: collections.Counter(e["cause"] for e in self.letters[code] if e["code"] == "superseded" and e["stage"] == "BROKER")
                   for code in self.operators}
        for handoff in self.replay.handoffs.values():
            for slot in handoff.slots.values():
                number, code = slot.event["event_id"], self.replay.sender[slot.event["event_id"]]
                if slot.superseded and (told[code][number] != 1 or written[code][number] != 1):
                    self.say("lost" if told[code][number] < 1 or written[code][number] < 1 else "doubled",
                             f"event {number} was superseded: {code} was told {told[code][number]} times, "
                             f"{written[code][number]} dead letters")

    def lost_rightly(self):
        """Who is told that his fact lost had said it, and something that was said beats it."""
        letters = {letter["cause"]: code for code in self.operators for letter in self.letters[code]
                   if letter["code"] == "superseded" and letter["stage"] == "BROKER"}
        events = {number: self.replay.events.get(number) for number in letters}
        concerned = {event[name] for event in events.values() if event for name in ("handoff_id", "parent_handoff_id")} - {None}
        said = collections.defaultdict(list)  # a redirect is a fact of its parent, too
        for number, event in self.replay.events.items():
            if self.replay.fate.get(number) == "accepted" and fact_of(event):
                for handoff, slot in slots_of(event) if concerned.intersection((event["handoff_id"], event["parent_handoff_id"])) else ():
                    said[handoff].append(slot)
        for number, code in letters.items():
            event = events[number] if self.replay.fate.get(number) == "accepted" else None
            if event is None or not any(loses(slot, other) for handoff, slot in slots_of(event) for other in said[handoff]):
                self.say("wrong", f"{code}: event {number} is said to have lost, and nothing that was said beats it")

    def notices(self):
        """A deadline is told to both ends, once, and was one."""
        told = {code: {event["event_id"] for event in self.inbox[code] if event["type"] == "Notice"} for code in self.operators}
        notices = {event["event_id"]: event for code in self.operators for event in self.inbox[code] if event["type"] == "Notice"}
        due = collections.defaultdict(set)
        for event in self.replay.events.values():
            if fact_of(event) in ("ISSUED", "DELIVERED"):
                due[event["handoff_id"]].add(event["occurred_at"] + ANSWER_US)
        for number, notice in notices.items():
            handoff = self.replay.handoffs[notice["handoff_id"]]
            for code in (handoff.issuer, handoff.holder):
                if code in told and number not in told[code]:
                    self.say("lost", f"notice {number} of hand-over {handoff.number} is not in {code}.inbox")
            if notice["due_at"] not in due[handoff.number]:
                self.say("wrong", f"notice {number} of hand-over {handoff.number}: due ten days behind nothing that was said")

    def deadlines(self):
        now = self.run.setting.get("now_us") or max((e["recorded_at"] for inbox in self.inbox.values() for e in inbox), default=0)
        for number, handoff in self.replay.handoffs.items():
            due, row = handoff.due_at(), self.rows.get(number)
            if due and due < now - DUE_SINCE_US and not handoff.overdue and row and row["state"] != "ERASED":
                self.say("lost", f"hand-over {number}: no answer for ten days, and nobody was told (state {row['state']})")

    def sequence(self):
        """1, 2, 3… over both inboxes: an event applied twice, or a number given in a transaction that never was, shows."""
        given = collections.defaultdict(collections.Counter)
        notices = set()
        for code in self.operators:
            for event in self.inbox[code]:
                key = (event["handoff_id"], event["event_id"])
                if event["type"] == "Notice" and key in notices:
                    continue  # one notice, two ends, one number
                notices.add(key)
                if event["handoff_seq"] > 0:
                    given[event["handoff_id"]][event["handoff_seq"]] += 1
        for number, row in self.rows.items():
            if row is None or row["state"] == "ERASED" or self.is_gone(row):
                continue
            seen = given[number]
            for seq, times in seen.items():
                if times > 1:
                    self.say("doubled", f"hand-over {number}: handoff_seq {seq} was given to {times} events")
            holes = set(range(1, row["next_seq"])) ^ set(seen)
            if holes:
                self.say("lost", f"hand-over {number}: next_seq {row['next_seq']}, but {sorted(holes)} of handoff_seq in no inbox or too many")

    def rising(self):
        """What is told of a hand-over comes in its order: each event has a greater number than those that came to this inbox before."""
        for code in self.operators:
            last, seen = collections.Counter(), set()
            for event in self.inbox[code]:
                handoff, number, seq = event["handoff_id"], event["event_id"], event["handoff_seq"]
                if seq > 0 and number not in seen:
                    if seq <= last[handoff]:
                        self.say("wrong", f"event {number} of hand-over {handoff} has handoff_seq {seq} in {code}.inbox, behind {last[handoff]}")
                    last[handoff] = max(seq, last[handoff])
                seen.add(number)

    def is_gone(self, row):
        """Inboxes of operators that are not read here."""
        return row["issuer"] not in self.inbox or row["holder"] not in self.inbox

    # --- the row equal to its facts ---

    def handoff_rows(self):
        for number, handoff in self.replay.handoffs.items():
            row = self.rows.get(number)
            if row is None:
                if handoff.slots or handoff.refused in ("convention_missing", "loop", "operator_unknown"):
                    self.say("lost", f"hand-over {number} has facts and no row")
            elif row["state"] != "ERASED":
                self.compare_row(number, handoff, row)
        for number in self.rows:
            if number not in self.replay.handoffs:
                self.say("wrong", f"row {number} of a hand-over that nobody issued")

    def compare_row(self, number, handoff, row):
        if row["state"] != handoff.state():
            self.say("wrong", f"row {number} is {row['state']}, its facts say {handoff.state()}")
        if (row["issuer"], row["holder"]) != (handoff.issuer, handoff.holder):
            self.say("wrong", f"row {number}: from {row['issuer']} to {row['holder']}, its ISSUED says {handoff.issuer} to {handoff.holder}")
        own = ("OVERDUE", "REFUSED")
        found = {(s["fact"], s["entity_id"]): (s["event_id"], s["superseded"]) for s in row["slots"]
                 if not s["implied"] and s["fact"] not in own}
        wanted = {key: (slot.event["event_id"], slot.superseded) for key, slot in handoff.slots.items()}
        for key in sorted(set(found) | set(wanted)):
            if found.get(key) != wanted.get(key):
                self.say("wrong", f"row {number}: {key[0]} of {key[1]} is {found.get(key)}, its facts say {wanted.get(key)}")
        implied = {s["fact"] for s in row["slots"] if s["implied"]}
        if implied != handoff.known()[1]:
            self.say("wrong", f"row {number}: implied {sorted(implied)}, its facts imply {sorted(handoff.known()[1])}")
        overdue = next((s["event_id"] for s in row["slots"] if s["fact"] == "OVERDUE"), None)
        if overdue != handoff.overdue:
            self.say("wrong", f"row {number}: OVERDUE {overdue}, notice {handoff.overdue}")
        if self.row_count[number] > handoff.applied and not self.run.setting.get("compacted"):
            self.say("doubled", f"row {number} was written {self.row_count[number]} times for {handoff.applied} events")
        if self.row_count[number] < handoff.applied and not self.run.setting.get("compacted"):
            self.say("lost", f"row {number} was written {self.row_count[number]} times for {handoff.applied} events")


def slots_of(event):
    """(hand-over, what is said of it): of a redirect also that of the hand-over that it goes on from."""
    found = [(event["handoff_id"], Slot(event))]
    if fact_of(event) == "ISSUED" and event["parent_handoff_id"]:
        found.append((event["parent_handoff_id"], Slot(event, "REDIRECTED", event["handoff_id"])))
    return found


def check(run):
    """(findings, counts)."""
    checker = Checker(run)
    return checker.all(), checker.counts()
