# SPDX-License-Identifier: Apache-2.0
"""The checker is shown to fail: each kind of error is planted into a recorded run, and has to be named by its id.

Who is told of what is in test_told.py, the systems at both ends in test_systems.py and test_content.py.
"""

import json
import pathlib
import tempfile
import unittest

from tests.checker.checks import check
from tests.checker.planted import RECORDED, REGIONAL, Planted
from tests.checker.recorded import Value, kept
from tests.checker.rules import fact_of


class OfTheBroker(Planted):
    # --- what is kept of a record ---

    def test_a_field_that_no_check_reads_has_to_arrive_as_it_was_sent(self):
        code, record = self.forwarded()
        record["value"]["rest"] = 7
        self.assert_named("wrong", record["value"]["event_id"], "differs", f"{code}.inbox")

    def test_fields_that_no_check_reads_are_told_apart(self):
        event = {"type": "Referral", "event_id": "e", "cause": None, "person": {"age_band": "26-35"}, "handoff_seq": 1}
        self.assertEqual(kept(event)["rest"], kept({**event, "handoff_seq": 2})["rest"])
        self.assertNotEqual(kept(event)["rest"], kept({**event, "person": {"age_band": "16-25"}})["rest"])
        self.assertIsNone(kept(event)["cause"])
        with self.assertRaises(KeyError):
            kept(event)["person"]

    # --- the run as it was ---

    def test_a_run_is_written_as_it_was_read(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "recorded.json"
            self.run_.write(path)
            self.assertEqual(json.loads(path.read_text(encoding="utf-8")), RECORDED)

    def test_a_run_without_an_error_has_no_finding(self):
        findings, counts = check(self.run_)
        self.assertEqual(findings, [])
        self.assertGreater(counts["events"], 100)
        self.assertGreater(counts["compared"], 100)
        self.assertGreater(counts["refused"], 0)
        states = {record["value"]["state"] for record in self.records("handoff") if record["value"]}
        self.assertTrue({"CLOSED", "DECLINED", "REDIRECTED", "REFUSED"} <= states, states)

    # --- lost ---

    def test_an_event_that_never_reached_the_other_end(self):
        code, record = self.forwarded()
        self.records(f"{code}.inbox").remove(record)
        self.assert_named("lost", record["value"]["event_id"], f"{code}.inbox")

    def test_an_acknowledged_webhook_that_is_in_no_outbox(self):
        line = next(l for l in self.journal("o21") if l["what"] == "acked" and l.get("status") == "accepted")
        gone = [r for r in self.records("o21.outbox") if r["value"]["handoff_id"] == line["external_ref"]
                and r["value"].get("status") == "ACCEPTED"]
        for record in gone:
            self.records("o21.outbox").remove(record)
        self.assert_named("lost", f"dossier/{line['id']}", "o21")

    def test_an_acknowledged_hand_over_that_vanished_everywhere(self):
        line = next(l for l in self.journal("o22") if l["what"] == "acked" and l.get("status") == "sent" and not l.get("provoked"))
        issued = next(e for e in self.replay.events.values() if e.get("issuer_ref") and e["issuer_ref"]["id"] == f"orientation/{line['id']}"
                      and e["operator_code"] == "o22")
        for records in self.run_.topics.values():
            records[:] = [r for r in records if issued["handoff_id"] not in (r["key"], r["value"] and isinstance(r["value"], dict) and r["value"].get("handoff_id"))]
        self.assert_named("lost", f"orientation/{line['id']}", "o22")

    def test_a_listed_item_that_is_in_no_outbox(self):
        row = next(iter(self.run_.systems["o10"]["rows"]["orientation"].values()))
        self.records("o10.outbox")[:] = [r for r in self.records("o10.outbox")
                                         if not (r["value"].get("issuer_ref") and r["value"]["issuer_ref"]["id"] == row["id"])]
        self.assert_named("lost", row["id"], "o10")

    def test_an_inbox_event_that_the_system_never_got(self):
        code, record = self.inbox_record(lambda event: event["type"] == "Appointment")
        key = record["value"]["event_id"] + "/1"
        self.run_.systems[code]["journal"] = [l for l in self.journal(code) if l.get("key") != key]
        self.assert_named("lost", record["value"]["event_id"], code)

    def test_a_dossier_that_another_call_than_its_events_made(self):
        code, record = self.inbox_record(lambda event: fact_of(event) == "ISSUED")
        key = record["value"]["event_id"] + "/1"
        called = [l for l in self.journal(code) if l.get("key") == key]
        self.assertTrue(called)
        for line in called:
            line["key"] = "44444444-4444-8444-8444-444444444444/1"
        self.assert_named("lost", record["value"]["event_id"], code)

    def test_a_state_that_was_never_written_into_the_issuers_system(self):
        code, record = self.forwarded("DECLINED")
        own = next(e["issuer_ref"]["id"] for e in self.replay.events.values() if fact_of(e) == "ISSUED"
                   and e["handoff_id"] == record["value"]["handoff_id"])
        number = int(own.rpartition("/")[2])
        self.run_.systems[code]["journal"] = [l for l in self.journal(code) if not (l.get("of") == number and l.get("state") == "declined")]
        self.assert_named("lost", record["value"]["event_id"])

    def test_a_dead_letter_whose_record_is_not_kept(self):
        code, letter = self.own_letter()
        self.records(f"{code}.quarantine")[:] = []
        self.assert_named("lost", letter["event_id"])

    def test_a_wrong_record_without_a_dead_letter(self):
        code, letter = self.own_letter()
        self.records(f"{code}.rejected")[:] = [r for r in self.records(f"{code}.rejected") if r["value"]["event_id"] != letter["event_id"]]
        self.assert_named("lost", code, letter["code"])

    def test_a_hand_over_without_a_row(self):
        row = self.row()
        self.records("handoff")[:] = [r for r in self.records("handoff") if r["key"] != row["key"]]
        self.assert_named("lost", row["key"])

    def test_a_number_that_is_in_no_inbox(self):
        code, record = self.forwarded()
        record["value"]["handoff_seq"] += 50
        self.assert_named("lost", record["value"]["handoff_id"])

    # --- doubled ---

    def test_an_inbox_event_that_stands_twice(self):
        code, record = self.forwarded()
        self.records(f"{code}.inbox").append({**record, "offset": 10 ** 6})
        self.assert_named("doubled", record["value"]["event_id"], f"{code}.inbox")

    def test_one_number_for_two_events(self):
        code, record = self.forwarded()
        record["value"]["handoff_seq"] -= 1
        self.assert_named("doubled", record["value"]["handoff_id"])

    def test_a_row_that_was_written_twice_for_one_event(self):
        row = self.row()
        self.records("handoff").append({**row, "offset": 10 ** 6})
        self.assert_named("doubled", row["key"])

    def test_two_effects_of_one_idempotency_key(self):
        line = next(l for l in self.journal("o21") if l["what"] == "called" and l["effect"] == "created" and "/events" in l["path"])
        self.journal("o21").append(dict(line))
        self.assert_named("doubled", line["key"], "o21")

    def test_two_dossiers_of_one_hand_over(self):
        rows = self.run_.systems["o22"]["rows"]["dossiers"]
        row = next(iter(rows.values()))
        rows["987654"] = {**row, "id": 987654}
        self.assert_named("doubled", row["external_ref"], "o22")

    def test_two_appointments_where_neither_key_nor_look_up_protects(self):
        rows = self.run_.systems["o10"]["rows"]["meeting"]
        row = next(iter(rows.values()))
        rows["PAR-99"] = {**row, "id": "PAR-99"}
        self.assert_named("doubled", row["external_ref"], "o10")

    # --- wrong ---

    def test_a_row_whose_state_its_facts_do_not_give(self):
        row = self.row()
        row["value"]["state"] = "ACCEPTED"
        self.assert_named("wrong", row["key"], "ACCEPTED", "CLOSED")

    def test_a_row_without_one_of_its_facts(self):
        row = self.row()
        slot = next(s for s in row["value"]["slots"] if s["fact"] == "APPOINTMENT")
        row["value"]["slots"].remove(slot)
        self.assert_named("wrong", row["key"], slot["entity_id"])

    def test_a_row_with_another_holder(self):
        row = self.row(lambda row: row["state"] == "DECLINED")
        row["value"]["holder"] = "o99"
        self.assert_named("wrong", row["key"], "o99")

    def test_a_dead_letter_with_a_wrong_reason(self):
        _, letter = self.own_letter()
        was, letter["code"] = letter["code"], "bad_value"
        self.assert_named("wrong", "bad_value", letter["event_id"])
        self.assert_named("lost", was)

    def test_a_refusal_with_a_wrong_reason(self):
        for code in REGIONAL:
            for record in self.records(f"{code}.rejected"):
                if record["value"]["stage"] == "BROKER" and record["value"]["code"] == "convention_missing":
                    record["value"]["code"] = "loop"
                    return self.assert_named("wrong", record["value"]["cause"], "loop")
        return self.fail("no refusal in the recorded run")

    def test_a_refusal_of_what_the_rules_let_through(self):
        code, number = self.accepted("ACCEPTED")
        for reason in ("unknown_handoff", "not_yours", "erased"):
            with self.subTest(reason):
                self.records(f"{code}.rejected").append({"partition": 0, "offset": 10 ** 6, "key": None, "value": Value(
                    {"type": "Rejection", "stage": "BROKER", "code": reason, "cause": number})})
                self.assert_named("wrong", number, f"refused for {reason}, and that is not so")

    def refused_for_want_of_a_convention(self, **setting):
        """An ISSUED to an operator that left, some time before its conventions ended."""
        code, number = self.accepted("ISSUED")
        holder, at = self.replay.events[number]["to_operator"], self.replay.events[number]["occurred_at"]
        self.run_.setting["removed"] = [holder]
        if "left_s" in setting:
            self.run_.setting["ended"] = {holder: at + setting["left_s"] * 1_000_000}
        self.records(f"{code}.rejected").append({"partition": 0, "offset": 10 ** 6, "key": None, "value": Value(
            {"type": "Rejection", "stage": "BROKER", "code": "convention_missing", "cause": number})})
        return [f for f in self.findings() if number in f and "that is not so" in f]

    def test_a_refusal_of_before_an_operator_left(self):
        self.assertEqual(len(self.refused_for_want_of_a_convention(left_s=5)), 1)

    def test_a_refusal_of_after_an_operator_left(self):
        self.assertEqual(self.refused_for_want_of_a_convention(left_s=-5), [])

    def test_a_refusal_in_a_record_that_does_not_tell_when_an_operator_left(self):
        self.assertEqual(self.refused_for_want_of_a_convention(), [])

    def test_an_issue_outside_every_convention_that_was_accepted(self):
        code, number = self.accepted("ISSUED")
        self.run_.setting["no_convention"].append([code, self.replay.events[number]["to_operator"]])
        self.assert_named("wrong", number, "was accepted", "convention_missing")

    def test_a_redirect_back_to_its_issuer_that_was_accepted(self):
        code, number = self.accepted("ISSUED", lambda event: event["parent_handoff_id"])
        event = self.outbox(code, number)
        event["to_operator"] = self.replay.handoffs[event["parent_handoff_id"]].issuer
        self.assert_named("wrong", number, "was accepted", "loop")

    def test_an_answer_to_a_hand_over_that_nobody_issued_that_was_accepted(self):
        _, number = self.accepted("ACCEPTED")
        handoff = self.replay.events[number]["handoff_id"]
        for operator in RECORDED["setting"]["operators"]:
            self.records(f"{operator}.outbox")[:] = [r for r in self.records(f"{operator}.outbox")
                                                     if r["value"]["handoff_id"] != handoff or fact_of(r["value"]) != "ISSUED"]
        self.assert_named("wrong", number, "was accepted", "unknown_handoff")

    def test_an_answer_to_a_refused_hand_over_that_was_accepted(self):
        code, number = self.accepted("ACCEPTED")
        handoff = self.replay.handoffs[self.replay.events[number]["handoff_id"]]
        issued = next(n for n, e in self.replay.events.items() if fact_of(e) == "ISSUED" and e["handoff_id"] == handoff.number)
        self.records(f"{handoff.issuer}.rejected").append({"partition": 0, "offset": 10 ** 6, "key": None, "value": Value(
            {"type": "Rejection", "stage": "BROKER", "code": "convention_missing", "cause": issued})})
        self.assert_named("wrong", number, "was accepted", "unknown_handoff")

    def test_an_answer_of_the_issuer_that_was_accepted(self):
        code, number = self.accepted("ACCEPTED")
        record = next(r for r in self.records(f"{code}.outbox") if r["value"]["event_id"] == number)
        self.records(f"{code}.outbox").remove(record)
        issuer = self.replay.handoffs[record["value"]["handoff_id"]].issuer
        record["value"]["operator_code"] = issuer
        self.records(f"{issuer}.outbox").append(record)
        self.assert_named("wrong", number, "was accepted", "not_yours")

    def test_what_follows_an_erasure_and_was_accepted(self):
        code, number = self.accepted("CLOSED")
        record = next(r for r in self.records(f"{code}.outbox") if r["value"]["event_id"] == number)
        erased = {**record, "offset": record["offset"] - 1, "value": Value({**record["value"], "type": "Referral", "status": "ERASED",
                                                                            "event_id": "44444444-4444-8444-8444-444444444444"})}
        self.records(f"{code}.outbox").insert(self.records(f"{code}.outbox").index(record), erased)
        self.assert_named("wrong", number, "was accepted", "erased")

    def test_an_event_of_an_inbox_that_nobody_said(self):
        code, record = self.forwarded()
        made = {**record, "value": Value({**record["value"], "event_id": "11111111-1111-8111-8111-111111111111"})}
        self.records(f"{code}.inbox").append(made)
        self.assert_named("wrong", made["value"]["event_id"], f"{code}.inbox")

    def test_an_event_in_the_inbox_of_a_third_operator(self):
        code, record = self.forwarded("DECLINED")
        handoff = self.replay.handoffs[record["value"]["handoff_id"]]
        third = next(c for c in REGIONAL if c not in (handoff.issuer, handoff.holder))
        self.records(f"{third}.inbox").append(dict(record))
        self.assert_named("wrong", record["value"]["event_id"], f"{third}.inbox")

    def test_an_event_that_was_changed_on_its_way(self):
        _, record = self.forwarded()
        record["value"]["outcome"] = "TRAINING"
        self.assert_named("wrong", record["value"]["event_id"], "outcome")

    def test_sealed_bytes_that_did_not_reach_their_addressee(self):
        _, record = self.inbox_record(lambda event: fact_of(event) == "ISSUED")
        record["value"]["sealed"] = None
        self.assert_named("wrong", record["value"]["event_id"], "sealed")

    def test_a_record_that_cannot_be_read(self):
        self.records("o21.inbox").append({"partition": 0, "offset": 10 ** 6, "key": None, "value": {
            **self.records("o21.inbox")[0]["value"], "undecoded": 9, "event_id": "33333333-3333-8333-8333-333333333333"}})
        self.assert_named("wrong", "o21.inbox 0/1000000")

    def test_a_transaction_that_nobody_ends(self):
        self.run_.setting["open_transactions"] = ["relais.o21.inbox.v1 0: open at 12, end 15"]
        self.assert_named("wrong", "relais.o21.inbox.v1 0", "transaction")

    # --- what is told, and what is not ---

    def test_a_step_of_an_ended_hand_over_that_was_not_told_though_nothing_later_was_known(self):
        code, record = self.inbox_record(lambda event: event["type"] == "Referral" and event["status"] == "RECEIVED"
                                         and "CLOSED" in {fact for fact, _ in self.replay.handoffs[event["handoff_id"]].slots})
        self.records(f"{code}.inbox").remove(record)
        self.assert_named("lost", record["value"]["event_id"], f"is not in {code}.inbox")

    def step_behind_its_end(self):
        """A RECEIVED that its outbox said behind its CLOSED."""
        code, number = self.accepted("RECEIVED", lambda event: "CLOSED" in {f for f, _ in self.replay.handoffs[event["handoff_id"]].slots})
        records = self.records(f"{code}.outbox")
        record = next(r for r in records if r["value"]["event_id"] == number)
        records.remove(record)
        last = max(i for i, r in enumerate(records) if r["partition"] == record["partition"])
        records.insert(last + 1, record)
        record["value"]["source_version"] += 1_000_000_000  # as if it were new
        return number

    def test_a_step_that_came_behind_the_end_and_was_told(self):
        number = self.step_behind_its_end()
        self.assert_named("wrong", number, "came behind")

    def test_a_step_that_came_behind_the_end_and_was_not_told_is_excused_and_counted(self):
        number = self.step_behind_its_end()
        other = self.replay.other_end(number)
        self.take_out(f"{other}.inbox", lambda e: e["event_id"] == number)
        self.assertFalse([f for f in self.findings() if number in f and f"is not in {other}.inbox" in f])
        self.assertGreaterEqual(self.excused()["facts not told: behind what the same outbox had said"], 1)

    def test_a_step_that_the_other_end_may_have_ended_before_is_excused_and_counted(self):
        before = self.excused().get("facts not told: steps, the other end had said the end", 0)
        code, record = self.inbox_record(lambda event: event["type"] == "Referral" and event["status"] == "RECEIVED")
        issuer = self.replay.handoffs[record["value"]["handoff_id"]].issuer
        issued = next(r for r in self.records(f"{issuer}.outbox") if fact_of(r["value"]) == "ISSUED"
                      and r["value"]["handoff_id"] == record["value"]["handoff_id"])
        self.records(f"{issuer}.outbox").append({**issued, "offset": 10 ** 6, "value": Value({
            **issued["value"], "status": "WITHDRAWN_BY_PERSON", "event_id": "55555555-5555-8555-8555-555555555555",
            "source_version": issued["value"]["source_version"] + 1})})
        self.records(f"{code}.inbox").remove(record)
        self.assert_named("lost", record["value"]["event_id"], "is not in")  # a step behind it was told still
        self.take_out(f"{code}.inbox", lambda e: e["handoff_id"] == record["value"]["handoff_id"] and fact_of(e) in ("ACCEPTED", "TAKEN_OVER"))
        self.assertFalse([f for f in self.findings() if record["value"]["event_id"] in f and "is not in" in f])
        self.assertGreater(self.excused()["facts not told: steps, the other end had said the end"], before)

    def test_sealed_bytes_of_another_event(self):
        _, record = self.inbox_record(lambda event: fact_of(event) == "ISSUED")
        _, other = self.inbox_record(lambda event: fact_of(event) == "ISSUED" and event["sealed"] != record["value"]["sealed"])
        record["value"]["sealed"] = other["value"]["sealed"]
        self.assert_named("wrong", record["value"]["event_id"], "sealed")

    def test_sealed_bytes_are_told_apart(self):
        event = {"type": "Referral", "event_id": "e", "sealed": {"key_id": "k", "sealed": b"abc"}}
        self.assertNotEqual(kept(event)["sealed"], kept({**event, "sealed": {"key_id": "k", "sealed": b"abd"}})["sealed"])

    # --- rows and keys ---

    def test_a_row_that_was_written_too_seldom(self):
        row = self.row()
        first = next(r for r in self.records("handoff") if r["key"] == row["key"] and r is not row)
        self.records("handoff").remove(first)
        self.assert_named("lost", row["key"], "times for")

    def test_a_row_of_a_hand_over_that_nobody_issued(self):
        row = self.row()
        self.records("handoff").append({**row, "key": "88888888-8888-8888-8888-888888888888", "offset": 10 ** 6})
        self.assert_named("wrong", "88888888-8888-8888-8888-888888888888", "nobody issued")

    def test_an_event_under_another_hand_overs_key(self):
        record, other = self.records("o21.outbox")[0], self.row()
        record["key"] = other["key"] if other["key"] != record["key"] else "88888888-8888-8888-8888-888888888888"
        self.assert_named("wrong", record["value"]["event_id"], "another's name or key")


if __name__ == "__main__":
    unittest.main()
