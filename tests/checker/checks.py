# SPDX-License-Identifier: Apache-2.0
"""What must hold of a run that has come to rest. Each check says what is wrong by id, in one sentence a finding."""

import collections

from tests.checker import systems
from tests.checker.recorded import NOT_COMPARED
from tests.checker.refusing import Refusing
from tests.checker.rules import FINAL, IMPLIES, TAKEN_OVER, Replay, fact_of

NONE = "00000000-0000-0000-0000-000000000000"
NEVER = float("inf")
# Refusals of which no row remembers anything: the same Rejection may come again, under one id (DESIGN.md "Remembered refusals").
WITHOUT_ROW = {"unknown_handoff", "not_yours", "erased", "unreadable_record", "schema_unknown", "duplicate_handoff"}
AT_ONCE_S = 0.5  # what is sent within such a time has no order: a system has many connections
FORGOTTEN_US = 90 * 86_400 * 1_000_000  # a connector may forget a hand-over so long after its end (DESIGN.md §12)


class Checker:
    def __init__(self, run):
        self.run = run
        self.operators = list(run.setting["operators"])
        self.replay = Replay(run)
        self.findings = []
        self.lost = self.doubled = 0
        self.inbox = {code: [r["value"] for r in run.records(f"{code}.inbox")] for code in self.operators}
        self.letters = {code: [r["value"] for r in run.records(f"{code}.rejected")] for code in self.operators}
        self.rows, self.row_count = {}, collections.Counter()
        self._ends = {}
        for record in run.records("handoff"):
            self.rows[record["key"]] = record["value"]
            self.row_count[record["key"]] += 1

    # --- findings ---

    def say(self, what, text):
        """`what`: lost, doubled, wrong."""
        self.lost += what == "lost"
        self.doubled += what == "doubled"
        self.findings.append(f"{what}: {text}")

    def all(self):
        for check in (self.decoded, self.sources, self.dead_letters, self.refusals, self.forwarded, self.inboxes, self.superseded,
                      self.sequence, self.handoff_rows, self.sinks, self.effects, self.agreement):
            check()
        return self.findings

    def counts(self):
        return {"events": len(self.replay.events), "outbox_records": sum(self.replay.records.values()), **self.replay.records,
                "inbox": sum(len(inbox) for inbox in self.inbox.values()), "handoffs": len(self.rows), "lost": self.lost,
                "doubled": self.doubled, "findings": len(self.findings)}

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

    # --- source hop: acknowledged = in the outbox, filtered by rule, or a dead letter ---

    def sources(self):
        for code in self.operators:
            self.source(code)

    def source(self, code):
        facts, issued, said_here = set(), {}, list(systems.said_by(self.run.systems[code]))
        for number, event in self.replay.events.items():
            if self.replay.sender[number] == code:
                status = fact_of(event) if event["type"] == "Closure" else event["status"]
                facts.add((event["type"], status, event["source_version"], event["handoff_id"], event.get("starts_at")))
                if status == "ISSUED":
                    issued[event["issuer_ref"]["id"]] = event["handoff_id"]
        open_until = self.open_until(code, said_here)
        for said in said_here:
            if said.provoked or said.filtered:
                continue
            handoff = said.handoff or issued.get(said.own)
            if (said.kind, said.status, said.version, handoff, said.starts_at) in facts:
                continue
            if said.kind == "Appointment" and self.is_nobodys(said, open_until):
                continue
            self.say("lost", f"{code}: {said.own} {said.status} of hand-over {handoff} was acknowledged and is in no outbox")

    def open_until(self, code, said_here):
        """Hand-over → when its end, said here, was sent, the last time and the first; when that stood in the outbox: it may be sent
        again long after that, for want of an answer; and when an end that others said stood in the inbox."""
        last, first = {}, {}
        for said in said_here:
            if said.handoff and said.status in FINAL:
                last[said.handoff] = min(said.posted, last.get(said.handoff, said.posted))
                first[said.handoff] = min(said.first, first.get(said.handoff, said.first))
        durable, heard = self.durable_ends(f"{code}.outbox"), self.durable_ends(f"{code}.inbox")
        return {handoff: tuple(times.get(handoff, NEVER) for times in (last, first, durable, heard)) for handoff in {**last, **heard}}

    def durable_ends(self, topic):
        """Hand-over → when Kafka took the first end of it in that topic, on the clock of the journals."""
        found, shift = {}, self.run.setting.get("wall_less_mono_s")
        for record in self.run.records(topic) if shift is not None else []:
            if record.get("at") and fact_of(record["value"]) in FINAL:
                handoff, at = record["value"]["handoff_id"], record["at"] / 1000 - shift
                found[handoff] = min(at, found.get(handoff, at))
        return found

    def is_nobodys(self, said, open_until):
        """An appointment that was first sent while exactly one hand-over of the person was open counts, however late it came and
        whatever stood still. One of behind the end is rightly in no outbox: behind the last time that the end was sent; behind the
        first, when that was taken before and who said it did not hear so; behind what others said."""
        last, first, durable, heard = open_until.get(said.handoff, (NEVER,) * 4)
        late = said.first + AT_ONCE_S
        return last < late or heard < late or (first < late and durable < said.mono)

    # --- dead letters: a right reason, and the record to try again ---

    def own_letters(self, code):
        """Of the connector, each once: event id → letter."""
        return {letter["event_id"]: letter for letter in self.letters[code] if letter.get("quarantine_key")}

    def dead_letters(self):
        for code in self.operators:
            kept = {record["key"] for record in self.run.records(f"{code}.quarantine")}
            wanted = collections.Counter(systems.REASON[said.provoked] for number, said in
                                         {s.own: s for s in systems.said_by(self.run.systems[code]) if s.provoked}.items())
            found = collections.Counter()
            for number, letter in self.own_letters(code).items():
                if letter["quarantine_key"] not in kept:
                    self.say("lost", f"{code}: dead letter {number} has no record in quarantine to try again")
                if letter["stage"] in ("SOURCE", "MAPPING"):
                    if self.is_sent_again_too_late(code, letter):
                        continue
                    found[letter["code"]] += 1
                elif letter["code"] not in self.run.setting.get("sink_letters", ["outcome_unknown"]):
                    self.say("wrong", f"{code}: dead letter {number} of its sink for {letter['code']}, which nothing in this run explains")
            if self.run.systems[code]["kind"] == "agenda":
                for reason in sorted(set(wanted) | set(found)):
                    self.compare_letters(code, reason, wanted[reason], found[reason])

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

    def is_sent_again_too_late(self, code, letter):
        """A redirect that is in the outbox, sent again when the hand-over that it went on from may be forgotten."""
        event = self.replay.events.get(letter["cause"])
        return (letter["code"] == "unknown_handoff" and event is not None and self.replay.sender[letter["cause"]] == code
                and self.is_forgotten(code, event["parent_handoff_id"], letter["recorded_at"]))

    def compare_letters(self, code, reason, wanted, found):
        if found < wanted:
            self.say("lost", f"{code}: {wanted} records were wrong by {reason}, {found} dead letters say so")
        if found > wanted:
            which = [n for n, letter in self.own_letters(code).items() if letter["code"] == reason]
            self.say("wrong", f"{code}: {found} dead letters for {reason}, {wanted} records were so: {', '.join(which[:5])}")

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
        for number, event in replay.events.items():
            if replay.fate.get(number) != "accepted":
                continue
            other = replay.other_end(number)
            if other not in there:
                continue
            copies = there[other][number]
            sealed = event["sealed"] is not None and event["sealed_for"] == other
            wanted = sealed or (replay.changed[number] and not replay.is_superseded(number))
            if wanted and not copies and not self.is_past(event):
                self.say("lost", f"event {number} ({fact_of(event)} of {replay.sender[number]}, hand-over {event['handoff_id']}) "
                                 f"was accepted and is not in {other}.inbox")
            if copies:
                self.same_content(other, event, copies[0], sealed)

    def is_past(self, event):
        """A step that came when a later one, or an end, was known is not told: it would move the other end's system back."""
        said = {fact for fact, _ in self.replay.handoffs[event["handoff_id"]].slots}
        return fact_of(event) in TAKEN_OVER and any(fact in FINAL or fact_of(event) in IMPLIES.get(fact, set()) for fact in said)

    def same_content(self, other, event, copy, sealed):
        for name in sorted({*event, *copy} - NOT_COMPARED):
            if copy.get(name) != event.get(name):
                self.say("wrong", f"event {event['event_id']} differs in {other}.inbox: {name}")
        if (copy["sealed"] is not None) != sealed:
            self.say("wrong", f"event {event['event_id']} in {other}.inbox: sealed bytes for {event['sealed_for']}")

    def inboxes(self):
        for code in self.operators:
            seen = collections.Counter()
            for event in self.inbox[code]:
                number = event["event_id"]
                seen[number] += 1
                if seen[number] == 2 and not (event["type"] == "Rejection" and event["code"] in WITHOUT_ROW):
                    self.say("doubled", f"event {number} ({event['type']}, hand-over {event['handoff_id']}) stands twice in {code}.inbox")
                if not self.has_cause(code, event):
                    self.say("wrong", f"event {number} ({event['type']}) in {code}.inbox was said by nobody")

    def has_cause(self, code, event):
        replay, number = self.replay, event["event_id"]
        if event["type"] == "Rejection":
            return replay.sender.get(event["cause"]) == code
        if event["type"] == "Notice":
            handoff = replay.handoffs.get(event["handoff_id"])
            return handoff is not None and code in (handoff.issuer, handoff.holder) and event["due_at"] <= event["recorded_at"]
        if event["operator_code"] == "relais":
            cause = replay.events.get(event["cause"])
            return (event["status"] == "REDIRECTED" and cause is not None and replay.fate[event["cause"]] == "accepted"
                    and cause["parent_handoff_id"] == event["handoff_id"])
        return replay.fate.get(number) == "accepted" and replay.other_end(number) == code

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

    # --- sink hop: delivered, skipped by rule, or a dead letter ---

    def sinks(self):
        for code in self.operators:
            excused = {letter["cause"]: letter["code"] for letter in self.own_letters(code).values() if letter["stage"] == "SINK"}
            sink = AgendaSink if self.run.systems[code]["kind"] == "agenda" else NationalSink
            sink(self, code, excused).check()

    def own_reference(self, code, handoff_id):
        """The issuer's own name of a hand-over, from its ISSUED."""
        if not hasattr(self, "_references"):
            self._references = {(self.replay.sender[n], e["handoff_id"]): e["issuer_ref"]["id"] for n, e in self.replay.events.items()
                                if fact_of(e) == "ISSUED" and e.get("issuer_ref")}
        return self._references.get((code, handoff_id))

    # --- effects, by the class that each system declares ---

    def effects(self):
        for code in self.operators:
            if self.run.systems[code]["kind"] != "agenda":
                continue  # rows at rest tell: NationalSink
            known = {event["event_id"] for event in self.inbox[code]}
            keys, references = collections.Counter(), collections.Counter()
            for line in self.run.systems[code]["journal"]:
                if line["what"] == "called" and line["effect"] == "created":
                    keys[line["key"]] += 1
                    references[line.get("ref")] += line.get("ref") is not None
                    if line["key"].partition("/")[0] not in known:
                        self.say("wrong", f"{code}: call with key {line['key']} of no event of its inbox")
            for key, times in keys.items():
                if times > 1:
                    self.say("doubled", f"{code}: {times} effects of one idempotency key {key}")
            for reference, times in references.items():
                if times > 1:
                    self.say("doubled", f"{code}: {times} dossiers created for hand-over {reference}")

    # --- both systems and the broker agree at rest ---

    def agreement(self):
        for code in self.operators:
            for reference, found in systems.dossiers(self.run.systems[code]).items():
                row = self.rows.get(reference)
                if len(found) > 1:
                    self.say("doubled", f"{code}: {len(found)} dossiers of hand-over {reference}")
                if row is None:
                    self.say("wrong", f"{code}: dossier of hand-over {reference}, which the broker does not know")
                    continue
                allowed = systems.SAME.get(found[0]["status"])
                if allowed and row["state"] not in allowed | systems.TAKEN_BACK:
                    self.say("wrong", f"{code}: dossier of {reference} is {found[0]['status']}, the row {row['state']}")
            self.issuer_agrees(code)

    def issuer_agrees(self, code):
        own = systems.orientations(self.run.systems[code])
        unsettled = {letter["handoff_id"] for letter in self.own_letters(code).values() if letter["stage"] == "SINK"}
        for number, row in self.rows.items():
            if row is None or row["issuer"] != code or number in unsettled:
                continue
            orientation = own.get(self.own_reference(code, number))
            if orientation is None:
                self.say("wrong", f"{code}: no orientation of hand-over {number}")
            elif row["state"] in ("CLOSED", "DECLINED", "REDIRECTED", "CANCELLED", "TAKEN_OVER", "ACCEPTED", "REFUSED"):
                due = systems.TOLD[row["state"]]
                if due not in (systems.told(orientation), systems.told_in_order(self.run.systems[code], orientation["id"])):
                    self.say("wrong", f"{code}: its orientation of {number} says {systems.told(orientation)}, the row {row['state']}")


class AgendaSink:
    """A regional system: idempotency keys where something is made, states (which may be written again) elsewhere."""

    def __init__(self, checker, code, excused):
        self.checker, self.code, self.excused = checker, code, excused
        self.system = checker.run.systems[code]
        self.written, self.keyed = set(), collections.Counter()
        for line in self.system["journal"]:
            if line["what"] == "called" and line["effect"] is not None:
                if line["method"] == "PATCH":
                    self.written.add((line["path"].split("/")[3], line["of"], line.get("state")))
                else:
                    self.keyed[line["key"]] += 1
        self.dossiers = systems.dossiers(self.system)

    def check(self):
        for event in self.checker.inbox[self.code]:
            if self.checker.is_forgotten(self.code, event["handoff_id"], event["recorded_at"]):
                continue  # no link any more: their system is told nothing of it
            if event["event_id"] not in self.excused and not self.delivered(event):
                self.checker.say("lost", f"event {event['event_id']} ({event['type']} {event.get('status')}, hand-over "
                                         f"{event['handoff_id']}) is in {self.code}.inbox and its system never got it")

    def delivered(self, event):
        own = self.checker.own_reference(self.code, event["handoff_id"])
        own = own and int(own.rpartition("/")[2])
        theirs = self.dossiers.get(event["handoff_id"], [{}])[0].get("id")
        if event["type"] == "Appointment":
            return own is None or self.keyed[event["event_id"] + "/1"] > 0
        if event["type"] == "Closure":
            return ("orientations", own, "closed") in self.written
        if event["type"] == "Notice":
            return ("orientations", own, "overdue") in self.written or ("dossiers", theirs, "overdue") in self.written or (
                own is None and theirs is None)
        if event["type"] == "Rejection":
            return event["status"] != "ISSUED" or event["event_type"] != "Referral" or ("orientations", own, "refused") in self.written
        if event["status"] == "ISSUED":
            return theirs is not None and self.keyed[event["event_id"] + "/1"] > 0
        state = systems.TOLD[event["status"]]
        return (("orientations", own, state) in self.written or ("dossiers", theirs, state) in self.written
                or (own is None and theirs is None))


class NationalSink:
    """France Travail: a look-up before each create; new appointments have neither key nor look-up."""

    def __init__(self, checker, code, excused):
        self.checker, self.code, self.excused = checker, code, excused
        self.system = checker.run.systems[code]

    def check(self):
        entities, doubts = collections.defaultdict(set), collections.Counter()
        there = systems.dossiers(self.system)
        for event in self.checker.inbox[self.code]:
            number, handoff = event["event_id"], event["handoff_id"]
            if self.excused.get(number) in systems.DOUBT:
                doubts[handoff] += 1
            if event["type"] == "Referral" and event["status"] == "ISSUED" and handoff not in there and number not in self.excused:
                self.checker.say("lost", f"event {number} (ISSUED, hand-over {handoff}) is in {self.code}.inbox and its system never got it")
            if event["type"] == "Appointment" and self.checker.own_reference(self.code, handoff):
                entities[handoff].add(event["entity_id"])
        made = collections.Counter(row["external_ref"] for row in self.system["rows"].get("meeting", {}).values())
        for handoff in set(entities) | set(made):
            wanted = len(entities[handoff])
            if made[handoff] > wanted + doubts[handoff]:
                self.checker.say("doubled", f"{self.code}: {made[handoff]} appointments of hand-over {handoff}, {wanted} were said")
            if made[handoff] < wanted - doubts[handoff]:
                self.checker.say("lost", f"{self.code}: {made[handoff]} appointments of hand-over {handoff}, {wanted} were said")


def check(run):
    """(findings, counts)."""
    checker = Checker(run)
    return checker.all(), checker.counts()
