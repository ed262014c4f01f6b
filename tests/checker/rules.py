# SPDX-License-Identifier: Apache-2.0
"""The rules of a hand-over, told again as plainly as can be (DESIGN.md §5, docs/rules.md): from a set of accepted events to the row.

Nothing here is fast, and nothing comes from the program.
"""

# The state is that of the first of these that is known.
PRECEDENCE = ["ERASED", "ENTERED_IN_ERROR", "WITHDRAWN_BY_PERSON", "CANCELLED", "CLOSED", "REDIRECTED", "DECLINED", "EXPIRED",
              "CANCEL_REQUESTED", "TAKEN_OVER", "ACCEPTED", "OVERDUE", "RECEIVED", "DELIVERED", "ISSUED", "REFUSED"]
FINAL = PRECEDENCE[:8]
ANSWERS = {*FINAL, "ACCEPTED", "TAKEN_OVER"}  # what ends the waiting for an answer
ANSWER_US = 10 * 86_400 * 1_000_000
RECEIVED = {"DELIVERED", "RECEIVED"}
TAKEN_OVER = RECEIVED | {"ACCEPTED", "TAKEN_OVER"}
IMPLIES = {"CANCELLED": RECEIVED, "CLOSED": TAKEN_OVER, "REDIRECTED": RECEIVED, "DECLINED": RECEIVED,
           "TAKEN_OVER": RECEIVED | {"ACCEPTED"}, "ACCEPTED": RECEIVED, "RECEIVED": {"DELIVERED"}, "CANCEL_REFUSED": RECEIVED}
# Whom a final fact of another record beats.
BEATS = {"ENTERED_IN_ERROR": {"DECLINED", "REDIRECTED", "CLOSED", "CANCELLED", "WITHDRAWN_BY_PERSON"},
         "WITHDRAWN_BY_PERSON": {"DECLINED", "REDIRECTED", "CLOSED", "CANCELLED"},
         "CANCELLED": {"DECLINED", "REDIRECTED", "CLOSED"}, "CLOSED": {"DECLINED", "REDIRECTED"}, "REDIRECTED": {"DECLINED"},
         "DECLINED": {"ACCEPTED", "TAKEN_OVER"}}
APPOINTMENT_ORDER = ["UNKNOWN", "PROPOSED", "BOOKED", "RESCHEDULED", "UNRECORDED", "CANCELLED_UNSPECIFIED", "CANCELLED_BY_OPERATOR",
                     "CANCELLED_BY_PERSON", "NO_SHOW", "HONOURED", "ENTERED_IN_ERROR", "ERASED"]


def fact_of(event):
    if event["type"] == "Closure":
        return "CLOSED"
    if event["type"] == "Appointment":
        return "APPOINTMENT"
    return event["status"] if event["type"] == "Referral" else None


def rank(event):
    if event["type"] == "Appointment":
        return APPOINTMENT_ORDER.index(event["status"])
    return int(event["type"] == "Closure" and event["outcome"] == "ENTERED_IN_ERROR")


def says(event):
    more = {"Appointment": ("status", "starts_at"), "Closure": ("outcome",), "Referral": ("decline_reason",)}
    return [event["occurred_at"], *(event.get(name) for name in more.get(event["type"], ()))]


class Slot:
    def __init__(self, event, fact=None, entity=None):
        self.event, self.fact, self.entity = event, fact or fact_of(event), entity or event["entity_id"]
        self.superseded = False

    def counts(self):
        return self.event is None or self.event["type"] != "Closure" or self.event["outcome"] != "ENTERED_IN_ERROR"


class Handoff:
    """What is known of one hand-over."""

    def __init__(self, number):
        self.number, self.issuer, self.holder, self.thread = number, None, None, None
        self.slots = {}  # (fact, entity) → Slot
        self.asked_at = 0  # when it was issued, or delivered, at the latest
        self.refused = None  # code of the refusal of its ISSUED, while nothing else opened it
        self.applied = 0  # events that wrote its row
        self.overdue = None  # event id of its notice

    def put(self, slot):
        """True when that says something new."""
        old = self.slots.get((slot.fact, slot.entity))
        if old is not None:
            version, before = slot.event["source_version"], old.event["source_version"]
            if version < before or (version == before and (rank(slot.event), slot.event["event_id"]) <=
                                    (rank(old.event), old.event["event_id"])):
                return False
        self.slots[slot.fact, slot.entity] = slot
        return old is None or says(old.event) != says(slot.event)

    def settle(self):
        slots = list(self.slots.values())
        for slot in slots:
            slot.superseded = any(loses(slot, other) for other in slots)

    def known(self):
        said = {slot.fact for slot in self.slots.values() if slot.counts()}
        implied = set()
        for fact in said:
            implied |= IMPLIES.get(fact, set())
        if "ISSUED" in said and self.issuer == self.holder:
            implied |= TAKEN_OVER
        return said, implied - said

    def due_at(self):
        """When an answer was due at the latest; None: there is one, or nothing was issued."""
        said, implied = self.known()
        return self.asked_at + ANSWER_US if "ISSUED" in said and not (said | implied) & ANSWERS else None

    def latest(self, fact):
        return max((slot.event["occurred_at"] for slot in self.slots.values() if slot.fact == fact), default=None)

    def state(self):
        said, implied = self.known()
        known = said | implied
        asked, answered = self.latest("CANCEL_REQUESTED"), self.latest("CANCEL_REFUSED")
        if asked is not None and answered is not None and answered >= asked:
            known.discard("CANCEL_REQUESTED")
        if self.overdue:
            known.add("OVERDUE")
        if self.refused and "ISSUED" not in said:
            known.add("REFUSED")
        return next((state for state in PRECEDENCE if state in known), "UNKNOWN")


def loses(slot, other):
    if other.fact not in FINAL or slot.fact not in PRECEDENCE and slot.fact not in ("APPOINTMENT", "CANCEL_REFUSED",
                                                                                    "CONTACT_UNREADABLE"):
        return False
    if not other.counts() or not slot.counts():
        return False
    if PRECEDENCE.index(other.fact) >= (PRECEDENCE.index(slot.fact) if slot.fact in PRECEDENCE else -1):
        return False
    if slot.entity == other.entity:
        return slot.event["source_version"] > other.event["source_version"]
    return slot.fact in BEATS.get(other.fact, set())


def is_behind(slot, before):
    """Whether what the same outbox said before is later than this step, or beats this fact. (One task reads an outbox in its order.)"""
    if any(loses(slot, other) for other in before):
        return True
    if slot.fact not in TAKEN_OVER:
        return False
    said = {other.fact for other in before if other.counts()}
    implied = {fact for one in said for fact in IMPLIES.get(one, ())}
    return not said.isdisjoint(FINAL) or slot.fact in implied - said


# ---- All outboxes --------------------------------------------------------------------------------------------------------


class Replay:
    """Every outbox read again: what became of each event, by the rules, and the hand-overs that result.

    What was refused is taken from the dead letters of the broker (whether rightly is asked elsewhere): a refusal may depend on
    the order in which two operators' events came, and on the day's directory; nothing else here does."""

    def __init__(self, run):
        self.run = run
        self.events = {}  # event id → event
        self.sender = {}
        self.fate = {}  # event id → accepted, refused, late
        self.changed = {}  # accepted event id → said something new
        self.behind = set()  # accepted event ids: its own outbox had said a later step, the end, or what beats it, before
        self.handoffs = {}
        self.records = {"accepted": 0, "refused": 0, "duplicate": 0, "late": 0}
        self.refusals = self._refusals()
        self._memory = {}
        self._onward = {}  # hand-over → REDIRECTED as its holder's outbox says it: [(holder, Slot)]
        for code in run.setting["operators"]:
            for record in run.records(f"{code}.outbox"):
                event = record["value"]
                if event.get("event_id"):
                    self.events.setdefault(event["event_id"], event)
                    self.sender.setdefault(event["event_id"], code)
        self._open()
        for code in run.setting["operators"]:
            for record in run.records(f"{code}.outbox"):
                if record["value"].get("event_id"):
                    self._take(code, record["value"])
        self._redirects()
        self._notices()
        for handoff in self.handoffs.values():
            handoff.settle()

    def _refusals(self):
        """(operator, event id) → code."""
        found = {}
        for code in self.run.setting["operators"]:
            for record in self.run.records(f"{code}.rejected"):
                letter = record["value"]
                if letter.get("stage") == "BROKER" and letter["code"] != "superseded" and letter["cause"]:
                    found[code, letter["cause"]] = letter["code"]
        return found

    def handoff(self, number):
        return self.handoffs.setdefault(number, Handoff(number))

    def _open(self):
        """Who issued each and to whom: needed before anything else is understood."""
        for number, event in self.events.items():
            if fact_of(event) == "ISSUED":
                handoff = self.handoff(event["handoff_id"])
                refused = self.refusals.get((self.sender[number], number))
                if refused == "duplicate_handoff" or (refused == "not_yours"):
                    continue
                handoff.issuer, handoff.holder = self.sender[number], event["to_operator"]
                handoff.thread = event["thread_id"]
                if refused:
                    handoff.refused = refused

    def _take(self, code, event):
        number, handoff = event["event_id"], self.handoff(event["handoff_id"])
        memory = self._memory.setdefault((event["handoff_id"], code, event["source_system"], event["type"], event["entity_id"]),
                                         {"version": event["source_version"], "ids": set()})
        if number in memory["ids"] or self.fate.get(number) in ("accepted", "refused"):
            self.records["duplicate"] += 1
            return
        refused = (code, number) in self.refusals
        if not refused and event["source_version"] < memory["version"]:
            self.records["late"] += 1
            self.fate.setdefault(number, "late")
            return
        end = code in (handoff.issuer, handoff.holder)
        if end and event["source_version"] >= memory["version"]:
            if event["source_version"] > memory["version"]:
                memory.update(version=event["source_version"], ids=set())
            memory["ids"].add(number)
        self.fate[number] = "refused" if refused else "accepted"
        self.records[self.fate[number]] += 1
        handoff.applied += end
        if not refused:
            self._apply(code, handoff, event)

    def _apply(self, code, handoff, event):
        number, fact = event["event_id"], fact_of(event)
        before = [slot for slot in handoff.slots.values() if self.sender[slot.event["event_id"]] == code]
        before += [slot for holder, slot in self._onward.get(handoff.number, ()) if holder == code]
        self.changed[number] = fact is None or handoff.put(Slot(event))
        if is_behind(Slot(event), before):
            self.behind.add(number)
        if fact in ("ISSUED", "DELIVERED"):
            handoff.asked_at = max(handoff.asked_at, event["occurred_at"])
        if fact == "ISSUED" and event["parent_handoff_id"]:
            redirected = Slot(event, "REDIRECTED", event["handoff_id"])
            self._onward.setdefault(event["parent_handoff_id"], []).append((code, redirected))

    def _redirects(self):
        for number, event in self.events.items():
            if self.fate.get(number) == "accepted" and fact_of(event) == "ISSUED" and event["parent_handoff_id"]:
                parent = self.handoff(event["parent_handoff_id"])
                key = ("REDIRECTED", event["handoff_id"])
                if key not in parent.slots:
                    parent.applied += 1
                    parent.slots[key] = Slot(event, "REDIRECTED", event["handoff_id"])

    def _notices(self):
        for code in self.run.setting["operators"]:
            for record in self.run.records(f"{code}.inbox"):
                event = record["value"]
                if event["type"] == "Notice" and event["kind"] == "OVERDUE":
                    handoff = self.handoff(event["handoff_id"])
                    handoff.applied += handoff.overdue is None
                    handoff.overdue = event["event_id"]

    def other_end(self, number):
        """To whom an accepted event goes; None: to nobody."""
        handoff = self.handoffs[self.events[number]["handoff_id"]]
        said, _ = handoff.known()
        if handoff.issuer == handoff.holder or "ISSUED" not in said:
            return None
        return handoff.holder if self.sender[number] == handoff.issuer else handoff.issuer
