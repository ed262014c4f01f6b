# SPDX-License-Identifier: Apache-2.0
"""From a system to its outbox: what was acknowledged is there, or a dead letter says why not; what is there was said."""

import collections

from tests.checker import systems
from tests.checker.rules import FINAL, fact_of

NEVER = float("inf")
AT_ONCE_S = 0.5  # what is sent within such a time has no order: a system has many connections
SAID_BY_SYSTEMS = ("Referral", "Appointment", "Closure")
EMPTY = "0 bytes"
OWN = {"DELIVERED", "CONTACT_UNREADABLE"}  # what a connector says itself, of an event of its inbox


def key_of(event):
    status = fact_of(event) if event["type"] == "Closure" else event["status"]
    return (event["type"], status, event["source_version"], event["handoff_id"], event["starts_at"], event["to_operator"],
            event["parent_handoff_id"])


class Sources:
    def __init__(self, checker):
        self.checker, self.run, self.replay = checker, checker.run, checker.replay
        self.own = {code: [] for code in checker.operators}  # operator → its events, each once
        for number, event in self.replay.events.items():
            self.own[self.replay.sender[number]].append(event)
        self.operator_of = {word: code for code, word in (self.run.setting.get("destinations") or systems.DESTINATIONS).items()}

    def check(self):
        for code in self.checker.operators:
            issued = {event["issuer_ref"]["id"]: event["handoff_id"] for event in self.own[code]
                      if fact_of(event) == "ISSUED" and event["issuer_ref"]}
            self.acknowledged(code, issued)
            self.unsaid(code, issued)
            self.said_once(code)
            self.answered(code)
            self.dead_letters(code)

    def told_by(self, said, handoff):
        """What was said, as key_of() tells of the event that it has to be."""
        return said.kind, said.status, said.version, handoff, said.starts_at, self.operator_of.get(said.destination, said.destination), said.parent

    # --- acknowledged = in the outbox, filtered by rule, or a dead letter ---

    def acknowledged(self, code, issued):
        said_here = list(systems.said_by(self.run.systems[code]))
        there = {key_of(event) for event in self.own[code] if event["type"] in SAID_BY_SYSTEMS}
        open_until = self.open_until(code, said_here)
        for said in said_here:
            if said.provoked or said.filtered:
                continue
            handoff = said.handoff or issued.get(said.own)
            if self.told_by(said, handoff) in there:
                continue
            if said.kind == "Appointment" and self.is_nobodys(said, open_until):
                self.checker.excuse("appointments that came behind their hand-over's end: nobody's")
                continue
            whole = f" to {said.destination}, from {said.parent or 'nobody'} on," if said.destination else ""
            self.checker.say("lost", f"{code}: {said.own} {said.status} of hand-over {handoff}{whole} was acknowledged and is in no outbox")

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

    @staticmethod
    def is_nobodys(said, open_until):
        """An appointment that was first sent while exactly one hand-over of the person was open counts, however late it came and
        whatever stood still. One of behind the end is rightly in no outbox: behind the last time that the end was sent; behind the
        first, when that was taken before and who said it did not hear so; behind what others said. A list has no such order: its
        appointments name their hand-over."""
        last, first, durable, heard = open_until.get(said.handoff, (NEVER,) * 4)
        late = said.first + AT_ONCE_S
        return bool(said.first) and (last < late or heard < late or (first < late and durable < said.mono))

    # --- in the outbox = said ---

    def unsaid(self, code, issued):
        """Nothing is in an outbox that its system did not say (and hear acknowledged: at rest everything is), or of the wrong hand-over."""
        said = {self.told_by(one, one.handoff or issued.get(one.own))
                for one in systems.may_be_said_by(self.run.systems[code]) if not one.provoked and not one.filtered}
        heard = {event["event_id"]: event["handoff_id"] for event in self.checker.inbox[code]}
        for event in self.own[code]:
            if event["type"] == "Rejection":  # of its sink: the other end is told
                right = self.checker.own_letters(code).get(event["event_id"], {}).get("stage") == "SINK"
            elif event["cause"]:
                right = fact_of(event) in OWN and heard.get(event["cause"]) == event["handoff_id"]
            else:
                right = key_of(event) in said
            if not right:
                self.checker.say("wrong", f"{code}: event {event['event_id']} ({fact_of(event)}, hand-over {event['handoff_id']}) is in its "
                                          f"outbox, and its system never said so")

    # --- said once = one event, however often it was sent ---

    def said_once(self, code):
        """One saying of one record is one event (its id is made of what it says), and so is the answer to one event."""
        events, unreadable = collections.defaultdict(list), collections.defaultdict(set)
        for event in self.own[code]:
            what = (event["type"], event["cause"]) if event["cause"] else (*key_of(event), event["entity_id"])
            events[what].append(event)
        for event in self.checker.inbox[code]:
            if fact_of(event) == "CONTACT_UNREADABLE":
                unreadable[event["handoff_id"]].add(event["cause"])
        for same in events.values():
            # A seal that could not be opened is made again, in a new event (DESIGN.md §4).
            for event in [event for event in same if event["event_id"] not in unreadable[event["handoff_id"]]][1:]:
                self.checker.say("doubled", f"{code}: event {event['event_id']} says what {same[0]['event_id']} said "
                                            f"({fact_of(event)}, hand-over {event['handoff_id']})")

    def answered(self, code):
        """Of each hand-over that was delivered the connector itself says so, or that it cannot open it."""
        answered = {event["cause"] for event in self.own[code] if fact_of(event) in OWN}
        letters = {letter["cause"] for letter in self.checker.own_letters(code).values() if letter["stage"] == "SINK"}
        spoken = answered | letters
        for event in self.checker.inbox[code]:
            if fact_of(event) == "ISSUED" and event["event_id"] not in spoken:
                self.checker.say("lost", f"{code}: ISSUED {event['event_id']} of hand-over {event['handoff_id']} is in its inbox, and its outbox "
                                         f"says neither that it was delivered nor that it cannot be read")

    # --- dead letters: a right reason, and the record to try again ---

    def dead_letters(self, code):
        kept = {record["key"] for record in self.run.records(f"{code}.quarantine") if record["value"] not in (None, EMPTY)}
        said = {one.own: one.provoked for one in systems.said_by(self.run.systems[code]) if one.provoked}
        found = collections.Counter()
        for number in (number for number, kind in said.items() if kind not in systems.REASON):
            self.checker.say("wrong", f"{code}: the webhook {number} ({said[number]}) was acknowledged, it had to be refused")
        wanted = collections.Counter(systems.REASON[kind] for kind in said.values() if kind in systems.REASON)
        for number, letter in self.checker.own_letters(code).items():
            if letter["quarantine_key"] not in kept:
                self.checker.say("lost", f"{code}: dead letter {number} has no record in quarantine to try again")
            if letter["stage"] not in ("SOURCE", "MAPPING"):
                continue
            if self.is_sent_again_too_late(code, letter):
                self.checker.excuse("redirects sent again when their hand-over may be forgotten")
                continue
            found[letter["code"]] += 1
        for reason in sorted(set(wanted) | set(found)):
            self.compare_letters(code, reason, wanted[reason], found[reason])

    def is_sent_again_too_late(self, code, letter):
        """A redirect that is in the outbox, sent again when the hand-over that it went on from may be forgotten."""
        event = self.replay.events.get(letter["cause"])
        return (letter["code"] == "unknown_handoff" and event is not None and self.replay.sender[letter["cause"]] == code
                and self.checker.is_forgotten(code, event["parent_handoff_id"], letter["recorded_at"]))

    def compare_letters(self, code, reason, wanted, found):
        if found < wanted:
            self.checker.say("lost", f"{code}: {wanted} records were wrong by {reason}, {found} dead letters say so")
        if found > wanted:
            which = [number for number, letter in self.checker.own_letters(code).items() if letter["code"] == reason]
            self.checker.say("wrong", f"{code}: {found} dead letters for {reason}, {wanted} records were so: {', '.join(which[:5])}")
