# SPDX-License-Identifier: Apache-2.0
"""The checker is shown to fail, at what the broker tells: deadlines, refusals, facts that lost; once, rightly, and in order."""

import unittest

from tests.checker.planted import REGIONAL, Planted
from tests.checker.recorded import Value
from tests.checker.rules import fact_of


class ByTheBroker(Planted):
    # --- deadlines ---

    def test_a_notice_that_reached_one_end_only(self):
        for end in (0, 1):
            with self.subTest(end):
                self.setUp()
                ends, notice = self.notice()
                self.take_out(f"{ends[end]}.inbox", lambda e: e["event_id"] == notice["event_id"])
                self.assert_named("lost", notice["event_id"], f"is not in {ends[end]}.inbox")

    def test_a_deadline_that_nobody_was_told_of(self):
        ends, notice = self.notice()
        for code in ends:
            self.take_out(f"{code}.inbox", lambda e: e["event_id"] == notice["event_id"])
        self.assert_named("lost", notice["handoff_id"], "no answer for ten days")

    def test_a_notice_that_was_no_deadline(self):
        _, notice = self.notice()
        for code in self.run_.setting["operators"]:
            for record in self.records(f"{code}.inbox"):
                if record["value"]["event_id"] == notice["event_id"]:
                    record["value"]["due_at"] -= 1
        self.assert_named("wrong", notice["event_id"], "due ten days behind nothing")

    def test_a_row_that_is_overdue_by_another_notice(self):
        _, notice = self.notice()
        row = next(r for r in reversed(self.records("handoff")) if r["key"] == notice["handoff_id"] and r["value"])
        next(s for s in row["value"]["slots"] if s["fact"] == "OVERDUE")["event_id"] = "66666666-6666-8666-8666-666666666666"
        self.assert_named("wrong", notice["handoff_id"], "OVERDUE", notice["event_id"])

    # --- who is told of a refusal, or of a fact that lost ---

    def test_a_refusal_without_its_copy_in_the_inbox(self):
        code, letter = self.broker_letter(lambda letter: letter["code"] != "superseded")
        self.take_out(f"{code}.inbox", lambda e: e["event_id"] == letter["event_id"])
        self.assert_named("lost", letter["event_id"], "0 times in its inbox")

    def test_a_refusal_that_no_row_remembers_without_its_copy_in_the_inbox(self):
        code, number = self.accepted("ACCEPTED")
        event = self.replay.events[number]
        self.records(f"{code}.rejected").append({"partition": 0, "offset": 10 ** 6, "key": None, "value": Value({
            "type": "Rejection", "stage": "BROKER", "code": "unknown_handoff", "cause": number, "handoff_seq": 0,
            "event_id": "77777777-7777-8777-8777-777777777777", "handoff_id": event["handoff_id"]})})
        self.assert_named("lost", "77777777-7777-8777-8777-777777777777", "0 times in its inbox")

    def broker_letter(self, wanted):
        for code in REGIONAL:
            for record in self.records(f"{code}.rejected"):
                if record["value"]["stage"] == "BROKER" and wanted(record["value"]):
                    return code, record["value"]
        return self.fail("no such refusal in the recorded run")

    def withdrawn(self, times):
        """A CLOSED whose issuer had said WITHDRAWN_BY_PERSON; its sender is told so often that it lost. What is found of that."""
        code, record = self.forwarded("CLOSED")
        closed = record["value"]
        issued = next(r for r in self.records(f"{code}.outbox") if fact_of(r["value"]) == "ISSUED"
                      and r["value"]["handoff_id"] == closed["handoff_id"])
        self.records(f"{code}.outbox").append({**issued, "offset": 10 ** 6, "value": Value({
            **issued["value"], "status": "WITHDRAWN_BY_PERSON", "event_id": "15151515-1515-8515-8515-151515151515",
            "source_version": issued["value"]["source_version"] + 1})})
        for topic in ("inbox", "rejected") * times:
            self.records(f"{closed['operator_code']}.{topic}").append({"partition": 0, "offset": 10 ** 6, "key": None, "value": Value({
                "type": "Rejection", "stage": "BROKER", "code": "superseded", "cause": closed["event_id"], "handoff_seq": 0,
                "event_id": "16161616-1616-8616-8616-161616161616", "handoff_id": closed["handoff_id"], "event_type": "Closure",
                "status": "CLOSED", "recorded_at": closed["recorded_at"]})})
        return [f.partition(":")[0] for f in self.findings() if f"event {closed['event_id']} was superseded" in f]

    def test_a_fact_that_lost_and_whose_sender_was_told(self):
        self.assertEqual(self.withdrawn(1), [])

    def test_a_fact_that_lost_and_whose_sender_was_not_told(self):
        self.assertEqual(self.withdrawn(0), ["lost"])

    def test_a_fact_that_lost_and_whose_sender_was_told_twice(self):
        self.assertEqual(self.withdrawn(2), ["doubled"])

    def superseded(self, number):
        """Its sender is told that it lost."""
        event, code = self.replay.events[number], self.replay.sender[number]
        for topic in ("inbox", "rejected"):
            self.records(f"{code}.{topic}").append({"partition": 0, "offset": 10 ** 6, "key": None, "value": Value({
                "type": "Rejection", "stage": "BROKER", "code": "superseded", "cause": number, "handoff_seq": 0,
                "event_id": "16161616-1616-8616-8616-161616161616", "handoff_id": event["handoff_id"], "recorded_at": event["recorded_at"]})})

    def test_a_fact_that_did_not_lose_and_whose_sender_was_told_so(self):
        for fact in ("CLOSED", "ISSUED", "ACCEPTED"):
            with self.subTest(fact):
                self.setUp()
                _, number = self.accepted(fact)
                self.superseded(number)
                self.assert_named("wrong", number, "nothing that was said beats it")

    def test_a_fact_that_was_refused_and_whose_sender_was_told_that_it_lost(self):
        """What was refused is no fact: it cannot lose."""
        self.withdrawn(1)
        _, record = self.forwarded("CLOSED")
        number, code = record["value"]["event_id"], record["value"]["operator_code"]
        self.assertFalse([f for f in self.findings() if "nothing that was said beats it" in f])
        self.records(f"{code}.rejected").append({"partition": 0, "offset": 10 ** 6, "key": None, "value": Value(
            {"type": "Rejection", "stage": "BROKER", "code": "not_yours", "cause": number, "event_id": "22222222-2222-8222-8222-222222222222"})})
        self.assert_named("wrong", number, "nothing that was said beats it")

    def test_a_redirect_that_lost_against_what_its_issuer_said(self):
        """It is a fact of the hand-over that it goes on from."""
        _, number = self.accepted("ISSUED", lambda event: event["parent_handoff_id"])
        parent = self.replay.handoffs[self.replay.events[number]["parent_handoff_id"]]
        issued = next(r for r in self.records(f"{parent.issuer}.outbox") if fact_of(r["value"]) == "ISSUED"
                      and r["value"]["handoff_id"] == parent.number)
        self.records(f"{parent.issuer}.outbox").append({**issued, "offset": 10 ** 6, "value": Value({
            **issued["value"], "status": "WITHDRAWN_BY_PERSON", "event_id": "15151515-1515-8515-8515-151515151515",
            "source_version": issued["value"]["source_version"] + 1})})
        self.superseded(number)
        self.assertFalse([f for f in self.findings() if number in f and "nothing that was said beats it" in f])

    # --- steps that are not told ---

    def untold_step(self, rows_behind):
        """A step that is not told, whose other end said the end later; how often its row was written since then, beside what was told."""
        for number, event in self.replay.events.items():
            handoff = self.replay.handoffs[event["handoff_id"]]
            last = [s for s in handoff.slots.values() if s.fact == "WITHDRAWN_BY_PERSON" and self.replay.sender[s.event["event_id"]] == handoff.issuer]
            if fact_of(event) == "DELIVERED" and last and number not in self.replay.behind and self.replay.other_end(number) == handoff.issuer:
                break
        else:
            self.fail("no such step in the recorded run")
        self.assertFalse([r for r in self.records(f"{handoff.issuer}.inbox") if r["value"]["event_id"] == number])
        end = next(r for r in self.records(f"{handoff.issuer}.outbox") if r["value"]["event_id"] == last[0].event["event_id"])
        own = [r for r in self.records("handoff") if r["key"] == handoff.number]
        told = {r["value"]["event_id"] for c in REGIONAL for r in self.records(f"{c}.inbox") if r["value"]["handoff_id"] == handoff.number}
        for record in own:
            record["at"] = end["at"] - 5000
        for code in REGIONAL:
            for record in self.records(f"{code}.inbox"):
                if record["value"]["event_id"] in told:
                    record["at"] = end["at"] + (5000 if record["value"]["event_id"] == last[0].event["event_id"] else -5000)
        for record in own[len(own) - rows_behind:]:
            record["at"] = end["at"] + 5000
        return [f for f in self.findings() if number in f and "was accepted and is not in" in f]

    def test_a_step_that_was_read_before_the_other_end_said_the_end(self):
        self.assertEqual(len(self.untold_step(1)), 1)

    def test_a_step_that_was_read_behind_the_end_of_the_other_end(self):
        self.assertEqual(self.untold_step(2), [])

    # --- refusals that stand twice ---

    def refused_twice(self, code, handoff, at=None):
        """A refusal that no row remembers, two times; what is found of that."""
        number = next(n for n, s in self.replay.sender.items() if s == code)
        for topic in ("inbox", "inbox", "rejected", "rejected"):
            self.records(f"{code}.{topic}").append({"partition": 0, "offset": 10 ** 6, "at": at or 1 << 60, "key": None, "value": Value({
                "type": "Rejection", "stage": "BROKER", "code": "not_yours", "cause": number, "handoff_seq": 0, "handoff_id": handoff,
                "event_id": "20202020-2020-8020-8020-202020202020", "recorded_at": self.replay.events[number]["recorded_at"]})})
        return [f for f in self.findings() if f.startswith("doubled") and "20202020-2020-8020-8020-202020202020" in f]

    def test_a_refusal_that_stands_twice_though_its_sender_is_an_end(self):
        handoff = self.row()["value"]
        for end in ("issuer", "holder"):
            with self.subTest(end):
                self.setUp()
                self.assertEqual(len(self.refused_twice(handoff[end], handoff["handoff_id"])), 1)

    def test_a_refusal_that_stands_twice_because_no_row_remembers_it(self):
        row = self.row(lambda row: row["state"] == "CLOSED" and {row["issuer"], row["holder"]} == {"o21", "o22"})["value"]
        cases = {"another's": ("o23", row["handoff_id"], None), "of none": ("o21", "21212121-2121-8121-8121-212121212121", None),
                 "of before its row": ("o21", row["handoff_id"], 1)}
        for name, case in cases.items():
            with self.subTest(name):
                self.setUp()
                self.assertEqual(self.refused_twice(*case), [])
                self.assertEqual(self.excused()["refusals that stand twice: no row remembers them"], 1)

    # --- the order of what is told ---

    def test_an_inbox_in_which_the_numbers_of_a_hand_over_go_back(self):
        code, record = self.forwarded("ACCEPTED")
        records = self.records(f"{code}.inbox")
        records.remove(record)
        last = max(i for i, r in enumerate(records) if r["value"]["handoff_id"] == record["value"]["handoff_id"])
        records.insert(last + 1, record)
        self.assert_named("wrong", record["value"]["event_id"], "handoff_seq", f"{code}.inbox, behind")


if __name__ == "__main__":
    unittest.main()
