# SPDX-License-Identifier: Apache-2.0
"""Whether an event has to be refused, by the rules alone (docs/rules.md "Les motifs de refus"), whatever the broker made of it.

What depends on the order in which two operators' events came, or on the day's directory, may be a reason and need not be one.
"""

import collections

from tests.checker.rules import fact_of

EITHER = {"ERASED", "ENTERED_IN_ERROR", "WITHDRAWN_BY_PERSON", "APPOINTMENT"}
ISSUERS = {"ISSUED", "CANCEL_REQUESTED"}
BROKERS = {"OVERDUE", "EXPIRED", "REFUSED"}
# Refusals of an ISSUED that leave a row behind.
KEEPS_ROW = {"convention_missing", "loop", "operator_unknown"}
WHOLE_SECOND_US = 1_000_000  # the directory and most systems tell no more


class Refusing:
    def __init__(self, run, replay):
        self.run, self.replay = run, replay
        self.forbidden = {tuple(pair) for pair in run.setting.get("no_convention", [])}
        self.issued = collections.defaultdict(list)  # hand-over → its ISSUED events
        self.erased = {}  # (hand-over, operator) → (partition, offset) of what erased it
        self.place = {}
        self.namers = collections.defaultdict(set)  # appointment → operators that told of it
        for code in run.setting["operators"]:
            for record in run.records(f"{code}.outbox"):
                self._learn(code, record)

    def _learn(self, code, record):
        event = record["value"]
        if not event.get("event_id"):
            return
        fact, at = fact_of(event), (record["partition"], record["offset"])
        self.place.setdefault((code, event["event_id"]), at)
        if fact == "ISSUED" and all(other["event_id"] != event["event_id"] for other in self.issued[event["handoff_id"]]):
            self.issued[event["handoff_id"]].append(event)
        if fact == "ERASED":
            self.erased.setdefault((event["handoff_id"], code), at)
        if fact == "APPOINTMENT":
            self.namers[event["handoff_id"], event["entity_id"]].add(code)

    def reasons(self, code, event):
        """(the reason for which it has to be refused or None, those for which it may be)."""
        may = set()
        if any(key[0] == event["handoff_id"] for key in self.erased):
            may.add("erased")
            at, here = self.erased.get((event["handoff_id"], code)), self.place[code, event["event_id"]]
            if at and here[0] == at[0] and here[1] > at[1]:
                return "erased", may
        must, more = self._of_issue(code, event) if fact_of(event) == "ISSUED" else self._of_answer(code, event)
        return must, may | more

    def _of_issue(self, code, event):
        handoff, parent = self.replay.handoffs.get(event["handoff_id"]), event["parent_handoff_id"]
        left = any(self._has_left(end, event["occurred_at"]) for end in (code, event["to_operator"]))
        may = {"operator_unknown", "convention_missing"} if left else set()
        if handoff is not None and handoff.issuer is not None and handoff.issuer != code:
            return "duplicate_handoff", may
        if parent:
            above = self.replay.handoffs.get(parent)
            if above is None or above.issuer is None:
                return "unknown_handoff", may
            if above.holder != code:
                return "not_yours", may
            if event["to_operator"] in self._held_in_thread(parent):
                return "loop", may
        return ("convention_missing" if (code, event["to_operator"]) in self.forbidden else None), may

    def _has_left(self, code, at):
        """Whether its conventions had ended: what counts is when it was issued, by the issuer's system, which has the right time. When
        the brokers read of the end is another matter: so it is a reason that may be and need not."""
        if code not in self.run.setting.get("removed", []):
            return False
        ended = self.run.setting.get("ended", {}).get(code)  # a record of before tells of no time
        return ended is None or at >= ended - WHOLE_SECOND_US

    def _held_in_thread(self, number):
        held = set()
        while number and number in self.replay.handoffs:
            handoff = self.replay.handoffs[number]
            held |= {handoff.issuer, handoff.holder}
            number = next((e["parent_handoff_id"] for e in self.issued[number] if e["parent_handoff_id"]), None)
        return held

    def _of_answer(self, code, event):
        handoff, fact = self.replay.handoffs[event["handoff_id"]], fact_of(event)
        if not self.issued[event["handoff_id"]] or handoff.issuer is None:
            return "unknown_handoff", set()
        if handoff.refused and handoff.refused not in KEEPS_ROW:
            return "unknown_handoff", set()
        others = self.namers[event["handoff_id"], event["entity_id"]] if fact == "APPOINTMENT" else set()
        may = {"not_yours"} if others - {code} else set()
        if not self._owns(code, fact, handoff):
            return "not_yours", may
        if handoff.refused and not (code == handoff.issuer and fact in EITHER and fact != "APPOINTMENT"):
            return "unknown_handoff", may
        return None, may

    @staticmethod
    def _owns(code, fact, handoff):
        if code not in (handoff.issuer, handoff.holder) or fact in BROKERS:
            return False
        if fact is None or fact in EITHER:
            return True  # a remark, or what either end may say
        return code == (handoff.issuer if fact in ISSUERS else handoff.holder)
