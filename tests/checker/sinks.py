# SPDX-License-Identifier: Apache-2.0
"""From an inbox to its system: what is in the inbox was delivered, skipped by rule, or is a dead letter with a right reason; nothing
was made twice, nor of another person; and in the end both systems and the broker agree."""

import collections
import datetime

from tests.checker import systems
from tests.checker.rules import fact_of

NOT_ANSWERED = ("Rejection", "Notice")  # nobody is told that one of these did not arrive
PARTS = ("who she is", "how to reach her", "her names and address")
ISSUERS_HEAR = {"DELIVERED", "RECEIVED", "ACCEPTED", "DECLINED", "REDIRECTED", "TAKEN_OVER", "CANCELLED", "CANCEL_REFUSED",
                "CONTACT_UNREADABLE"}
SETTLED = ("CLOSED", "DECLINED", "REDIRECTED", "CANCELLED", "TAKEN_OVER", "ACCEPTED", "REFUSED")


def gave_up(run, code):
    """Whether this connector can have left a call without its answer between two moments: it was killed or stopped, or waited as long
    as it waits. A record that does not tell of kills lets it have been."""
    kills = run.setting.get("kills")
    return lambda since, until: kills is None or until - since >= systems.GIVEN_UP_S or any(
        since <= at <= until for at in kills.get(code, ()))


class UnknownOutcomes:
    """Why the outcome of a create that is not repeated was unknown: what happened between the record and its dead letter."""

    def __init__(self, checker, code):
        self.checker, self.code = checker, code
        self.shift = checker.run.setting.get("wall_less_mono_s", 0.0)
        self.kills = checker.run.setting.get("kills", {})
        self.made = [line for line in checker.run.systems[code]["journal"] if line["what"] == "called" and line.get("table") == "meeting"
                     and line["effect"] == "created"]

    def taken(self, topic, wanted):
        """When Kafka took the first such record, on the clock of the journals."""
        return min((record.get("at", 0) / 1000 - self.shift for record in self.checker.run.records(f"{self.code}.{topic}")
                    if wanted(record["value"])), default=0.0)

    def cause(self, event):
        """None: there is none; else how many appointments its call may have made: 0 or 1."""
        since = self.taken("inbox", lambda value: value.get("event_id") == event["event_id"])
        until = self.taken("rejected", lambda value: value["stage"] == "SINK" and value["cause"] == event["event_id"])
        ended, down = ([at for at in self.kills.get(name, ()) if since <= at <= until] for name in (self.code, f"sim-{self.code}"))
        unheard = [line for line in self.made if line["ref"] == event["handoff_id"] and since <= line["mono"] <= until
                   and (line["lost"] or line["mono"] - line["came"] >= systems.GIVEN_UP_S
                        or any(at >= line["came"] - systems.GIVEN_UP_S for at in ended))]
        if unheard or down:  # who goes down may have carried it out and not said so
            return 1
        return 0 if ended else None


class Sinks:
    def __init__(self, checker):
        self.checker, self.run, self.replay = checker, checker.run, checker.replay

    def check(self):
        for code in self.checker.operators:
            letters = self.letters(code)
            sink = AgendaSink if self.run.systems[code]["kind"] == "agenda" else NationalSink
            sink(self.checker, code, letters).check()
            self.holder_agrees(code)
            self.issuer_agrees(code)

    def letters(self, code):
        """Inbox event → dead letter of its delivery. Each is counted; which may be is told by operator and step."""
        inbox, found = {event["event_id"]: event for event in self.checker.inbox[code]}, {}
        for number, letter in self.checker.own_letters(code).items():
            if letter["stage"] != "SINK":
                continue
            event, reason = inbox.get(letter["cause"]), letter["code"]
            if event is None:
                self.checker.say("wrong", f"{code}: dead letter {number} of its sink for {letter['cause']}, which is not in its inbox")
                continue
            found[letter["cause"]] = letter
            if event["type"] not in NOT_ANSWERED and self.replay.sender.get(number) != code:
                self.checker.say("lost", f"{code}: dead letter {number} of its sink stands in no outbox: the other end is told nothing")
            self.checker.excuse(f"dead letters of sinks: {reason} at {code}")
            if not self.may_be(code, reason, event):
                self.checker.say("wrong", f"{code}: dead letter {number} of its sink for {reason}, which nothing in this run explains")
        return found

    def may_be(self, code, reason, event):
        """Only a new appointment at the national system is neither keyed nor looked up. Nothing is given up: that takes three days of a
        running connector, whatever the clock says (DESIGN.md §5), and no run is so long."""
        return (reason == "outcome_unknown" and self.run.systems[code]["kind"] != "agenda" and event["type"] == "Appointment"
                and UnknownOutcomes(self.checker, code).cause(event) is not None)

    # --- both systems and the broker agree at rest ---

    def holder_agrees(self, code):
        for reference, found in systems.dossiers(self.run.systems[code]).items():
            row = self.checker.rows.get(reference)
            if len(found) > 1:
                self.checker.say("doubled", f"{code}: {len(found)} dossiers of hand-over {reference}")
            if row is None:
                self.checker.say("wrong", f"{code}: dossier of hand-over {reference}, which the broker does not know")
                continue
            allowed = systems.SAME.get(found[0]["status"])
            if allowed and row["state"] not in allowed | systems.TAKEN_BACK:
                self.checker.say("wrong", f"{code}: dossier of {reference} is {found[0]['status']}, the row {row['state']}")

    def issuer_agrees(self, code):
        own = systems.orientations(self.run.systems[code])
        for number, row in self.checker.rows.items():
            if row is None or row["issuer"] != code:
                continue
            orientation = own.get(self.checker.own_reference(code, number))
            if orientation is None:
                self.checker.say("wrong", f"{code}: no orientation of hand-over {number}")
            elif row["state"] in SETTLED:
                self.same_end(code, number, row["state"], orientation)

    def same_end(self, code, number, state, orientation):
        due, told = systems.TOLD[state], systems.told(orientation)
        if due == told:
            return
        line = systems.told_in_order(systems.calls_of(self.run.systems[code], orientation["id"], "state"), gave_up(self.run, code))
        if line and due == systems.told({"relais_state": line["state"]}):
            self.checker.excuse("orientations that a late call of a slow system moved back")
        else:
            self.checker.say("wrong", f"{code}: its orientation of {number} says {told}, the row {state}")


class Sink:
    """What each event of an inbox demands of its system, against the calls that were carried out there."""

    def __init__(self, checker, code, letters):
        self.checker, self.code, self.letters = checker, code, letters
        self.system = checker.run.systems[code]
        self.written = collections.Counter(systems.calls(self.system))
        self.dossiers = systems.dossiers(self.system)
        self.untold = {letter["handoff_id"] for letter in letters.values() if letter["status"] == "ISSUED" and letter["event_type"] == "Referral"}
        self.demands = collections.defaultdict(list)
        self.events_here = list({event["event_id"]: event for event in checker.inbox[code]}.values())

    def check(self):
        for event in self.events_here:
            if self.checker.is_forgotten(self.code, event["handoff_id"], event["recorded_at"]):
                self.checker.excuse("events of hand-overs that may be forgotten: no link any more, their system is told nothing")
            elif event["event_id"] not in self.letters:
                self.one(event)
        for call, events in self.demands.items():
            if self.written[call] < len(events):
                for event in events:
                    self.never_got(event)
        self.explained()

    def explained(self):
        """Nothing is written into a system that no event of its inbox says: a dead letter's, or that of a forgotten hand-over, may be."""
        said = {self.call_of(event) for event in self.events_here if event["type"] != "Appointment" and fact_of(event) != "ISSUED"}
        for call in self.written:
            if call not in said:
                table, number, state = call
                self.checker.say("wrong", f"{self.code}: {table} {number} was told {state}, and no event of its inbox says so")

    def one(self, event):
        if fact_of(event) == "ISSUED":
            self.issued(event)
        elif event["type"] == "Appointment":
            self.appointment(event)
        elif (call := self.call_of(event)) is None:
            return
        elif call[0] == "dossiers" and event["handoff_id"] in self.untold:
            self.checker.excuse("events of hand-overs whose ISSUED is a dead letter of the sink")
        else:
            self.demands[call].append(event)

    def never_got(self, event):
        self.checker.say("lost", f"event {event['event_id']} ({event['type']} {event['status'] if event['type'] != 'Notice' else event['kind']}, "
                                 f"hand-over {event['handoff_id']}) is in {self.code}.inbox and its system never got it")

    def call_of(self, event):
        """The call that this event has to make, as calls() tells of one; None: there is nothing to say it to."""
        own, theirs = self.own(event["handoff_id"]), self.dossiers.get(event["handoff_id"], [{}])[0].get("id")
        where = ("orientations", own) if own is not None else ("dossiers", theirs) if theirs is not None else None
        if event["type"] == "Rejection" and event["code"] == "erased":
            return None  # that it is erased was said
        if event["type"] == "Closure":
            return ("orientations", own, "in_progress" if event["outcome"] == "ENTERED_IN_ERROR" else "closed")
        if event["type"] == "Rejection" and (event["event_type"], event["status"]) == ("Referral", "ISSUED"):
            return ("orientations", own, "refused")
        if event["type"] == "Referral" and event["status"] in ISSUERS_HEAR:
            return ("orientations", own, systems.TOLD[event["status"]])
        what = "message" if event["type"] == "Rejection" else systems.TOLD.get(event["kind"] or event["status"])
        return (*where, what) if where and what else None

    def own(self, handoff):
        return self.checker.own_reference(self.code, handoff)

    def same_person(self, handoff, told, parts):
        """`told`: digests of the person that this system was told of, against the one that the issuer's orientation is about."""
        issuer = self.checker.replay.handoffs[handoff].issuer
        row = systems.orientations_of(self.checker.run, issuer).get(self.checker.own_reference(issuer, handoff)) if issuer else None
        if row is None:
            return  # issuer_agrees() says so
        meant = systems.person_of(self.checker.run.systems[issuer], row)
        for part, name in list(enumerate(PARTS))[:parts]:
            if meant[part] not in (None, "-"):
                self.checker.compared += 1
                if told[part] != meant[part]:
                    self.checker.say("wrong", f"{self.code}: hand-over {handoff} was delivered with another person's data ({name})")


class AgendaSink(Sink):
    """A regional system: idempotency keys where something is made, states (which may be written again) elsewhere."""

    def __init__(self, checker, code, letters):
        super().__init__(checker, code, letters)
        self.made = {}  # key → the call that made something, or found it made
        self.events = collections.defaultdict(lambda: (collections.Counter(), collections.Counter()))  # orientation → must, may be there
        for line in self.system["journal"]:
            if line["what"] == "called" and line["effect"] is not None and line["method"] == "POST":
                self.made.setdefault(line["key"], line)

    def own(self, handoff):
        reference = super().own(handoff)
        return reference and int(reference.rpartition("/")[2])

    def check(self):
        super().check()
        self.effects()
        self.appointments_there()

    def issued(self, event):
        call = self.made.get(event["event_id"] + "/1")
        if call is None or event["handoff_id"] not in self.dossiers:
            self.never_got(event)
        elif call.get("person"):
            self.same_person(event["handoff_id"], call["person"].split(), 3)

    def appointment(self, event):
        if self.own(event["handoff_id"]) is None:
            return
        call = self.made.get(event["event_id"] + "/1")
        if call is None:
            self.never_got(event)
        elif call.get("starts_at"):
            self.same_start(event, call["starts_at"])

    def same_start(self, event, text):
        """Their system knows whole seconds."""
        told = datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z").timestamp()
        if told != event["starts_at"] // 1_000_000:
            self.checker.say("wrong", f"{self.code}: appointment {event['event_id']} of hand-over {event['handoff_id']} was told as of {text}")

    def effects(self):
        """One call a step makes something. That the system knows keys and references again is its merit: two keys of one event, or two
        that made something, show what it was asked."""
        known = {event["event_id"] for event in self.checker.inbox[self.code]}
        made, references, keys = collections.Counter(), collections.Counter(), collections.defaultdict(set)
        for line in self.system["journal"]:
            if line["what"] != "called" or line["effect"] is None or line["method"] != "POST":
                continue
            number = line["key"].partition("/")[0]
            keys[number, line["path"]].add(line["key"])
            if line["effect"] == "created":
                made[line["key"]] += 1
                references[line.get("ref")] += line.get("ref") is not None
                if number not in known:
                    self.checker.say("wrong", f"{self.code}: call with key {line['key']} of no event of its inbox")
        for key, times in made.items():
            if times > 1:
                self.checker.say("doubled", f"{self.code}: {times} effects of one idempotency key {key}")
        for (number, path), used in keys.items():
            if len(used) > 1:
                self.checker.say("doubled", f"{self.code}: {path} was asked under {len(used)} keys of one event {number}")
        for reference, times in references.items():
            if times > 1:
                self.checker.say("doubled", f"{self.code}: {times} dossiers created for hand-over {reference}")

    def appointments_there(self):
        """Each orientation has the appointments that the inbox tells of, each event once."""
        for event in self.events_here:
            own = self.own(event["handoff_id"])
            if event["type"] != "Appointment" or own is None:
                continue
            must, may = self.events[str(own)]
            may[event["status"].lower()] += 1
            if event["event_id"] not in self.letters and not self.checker.is_forgotten(self.code, event["handoff_id"], event["recorded_at"]):
                must[event["status"].lower()] += 1
        there = self.system["rows"].get("events", {})
        for orientation in {*self.events, *there}:
            found, (must, may) = collections.Counter(there.get(orientation, ())), self.events[orientation]
            if found - may:
                self.checker.say("doubled", f"{self.code}: orientation {orientation} has {dict(found)}, its inbox tells of {dict(may)}")
            if must - found:
                self.checker.say("lost", f"{self.code}: orientation {orientation} has {dict(found)}, its inbox tells of {dict(must)}")


class NationalSink(Sink):
    """France Travail: a look-up before each create; new appointments have neither key nor look-up."""

    WORDS = {"PROPOSED": "PRIS", "BOOKED": "PRIS", "UNRECORDED": "PRIS", "RESCHEDULED": "MODIFIE", "HONOURED": "EFFECTUE", "NO_SHOW": "ABSENT"}
    ELSE = "ANNULE"

    def __init__(self, checker, code, letters):
        super().__init__(checker, code, letters)
        self.last = collections.defaultdict(dict)  # hand-over → appointment that stands there → the last event of it
        self.doubtful = collections.defaultdict(set)  # hand-over → appointments of which an event became a dead letter, or may be forgotten

    def check(self):
        super().check()
        doubts, may, unknown = collections.Counter(), collections.defaultdict(set), UnknownOutcomes(self.checker, self.code)
        for event in self.events_here:
            if event["type"] == "Appointment" and self.own(event["handoff_id"]):
                if event["event_id"] not in self.letters:
                    may[event["handoff_id"]].add(event["entity_id"])
                self.untold_of(event)
                if self.letters.get(event["event_id"], {}).get("code") == "outcome_unknown":
                    doubts[event["handoff_id"]] += unknown.cause(event) or 0
        meetings = collections.defaultdict(list)
        for row in self.system["rows"].get("meeting", {}).values():
            meetings[row["external_ref"]].append(row)
        for handoff in {*self.last, *may, *meetings}:
            self.appointments_there(handoff, meetings[handoff], len(may[handoff]) + doubts[handoff])

    def untold_of(self, event):
        handoff, number = event["handoff_id"], event["event_id"]
        if number in self.letters or self.checker.is_forgotten(self.code, handoff, event["recorded_at"]):
            self.doubtful[handoff].add(event["entity_id"])

    def appointments_there(self, handoff, meetings, most):
        wanted, made = len(self.last[handoff]), len(meetings)
        if made > most:
            self.checker.say("doubled", f"{self.code}: {made} appointments of hand-over {handoff}, {most} at most were said")
        if made < wanted:
            self.checker.say("lost", f"{self.code}: {made} appointments of hand-over {handoff}, {wanted} were said")
        else:
            self.as_said(handoff, meetings)
        orientation = self.system["rows"].get("orientation", {}).get(str(self.own(handoff)))
        for row in meetings:
            if orientation and row["user"] != orientation["user"]:
                self.checker.say("wrong", f"{self.code}: appointment {row['id']} of hand-over {handoff} is another person's")

    def as_said(self, handoff, meetings):
        """Each appointment as its last event says. Which row is whose nobody knows here but by what stands in it."""
        dated = all(row.get("date") for row in meetings)
        due = collections.Counter(self.in_their_words(event, dated) for entity, event in self.last[handoff].items()
                                  if entity not in self.doubtful[handoff])
        there = collections.Counter(self.row_in_words(row, row["status"], dated) for row in meetings)
        if not due - there:
            return
        in_order = collections.Counter(self.row_in_words(row, self.status_in_order(row), dated) for row in meetings)
        if not due - in_order:
            self.checker.excuse("appointments that a late call of a slow system moved back")
        else:
            self.checker.say("wrong", f"{self.code}: the appointments of hand-over {handoff} are {sorted(there.elements())}, the last events "
                                      f"of its inbox say {sorted(due.elements())}")

    def in_their_words(self, event, dated):
        return self.WORDS.get(event["status"], self.ELSE), event["starts_at"] // 1000 if dated else 0

    @staticmethod
    def row_in_words(row, status, dated):
        """Their times are known to the millisecond."""
        return status, round(datetime.datetime.fromisoformat(row["date"]).timestamp() * 1000) if dated else 0

    def status_in_order(self, row):
        line = systems.told_in_order(systems.calls_of(self.system, row["id"], "status"), gave_up(self.checker.run, self.code))
        return line["status"] if line else row["status"]

    def issued(self, event):
        handoff = event["handoff_id"]
        if handoff not in self.dossiers:
            return self.never_got(event)
        row = self.dossiers[handoff][0]
        here = self.system["rows"].get("user", {}).get(str(row["user"]), {}).get("digests")
        if here:
            self.same_person(handoff, here.split(), 1)
        if row.get("told"):  # a person whom they did not know: what they were told of her
            self.same_person(handoff, row["told"].split(), 2)

    def appointment(self, event):
        if self.own(event["handoff_id"]):
            self.last[event["handoff_id"]][event["entity_id"]] = event
