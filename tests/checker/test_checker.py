# SPDX-License-Identifier: Apache-2.0
"""The checker is shown to fail: each kind of error is planted into a recorded run, and has to be named by its id.

recorded.json is what the checker read at the end of a short campaign: tests/crash/run --minutes 0.3 --rate 14 --seed 4 --gap 999
--record tests/checker/recorded.json.
"""

import copy
import json
import pathlib
import unittest

from tests.checker.checks import check
from tests.checker.recorded import Run, Value, kept
from tests.checker.rules import Replay, fact_of

RECORDED = json.loads((pathlib.Path(__file__).parent / "recorded.json").read_text(encoding="utf-8"))
REGIONAL = ("o21", "o22", "o23")


class Planted(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.run_ = Run.from_json(copy.deepcopy(RECORDED))
        self.replay = Replay(self.run_)

    # --- finding a place ---

    def records(self, topic):
        return self.run_.topics[topic]

    def inbox_record(self, wanted):
        for code in REGIONAL:
            for record in self.records(f"{code}.inbox"):
                if wanted(record["value"]):
                    return code, record
        self.fail("the recorded run has no such event")

    def forwarded(self, fact="CLOSED"):
        return self.inbox_record(lambda event: fact_of(event) == fact and event["operator_code"] != "relais")

    def row(self, wanted=lambda row: row["state"] == "CLOSED"):
        last = {}
        for record in self.records("handoff"):
            last[record["key"]] = record
        return next(record for record in last.values() if wanted(record["value"]))

    def journal(self, code):
        return self.run_.systems[code]["journal"]

    def findings(self):
        return check(self.run_)[0]

    def assert_named(self, kind, *ids):
        """Some finding of that kind names all of `ids`."""
        findings = self.findings()
        self.assertTrue(any(finding.startswith(kind + ":") and all(str(number) in finding for number in ids) for finding in findings),
                        f"{kind} {ids} not in {findings}")

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

    def test_a_run_without_an_error_has_no_finding(self):
        findings, counts = check(self.run_)
        self.assertEqual(findings, [])
        self.assertGreater(counts["events"], 100)
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

    def test_an_appointment_that_was_sent_while_its_hand_over_was_open(self):
        """However late it was answered: the end came behind it."""
        code, line, records = self.lone_appointment()
        self.records(f"{code}.outbox")[:] = [r for r in self.records(f"{code}.outbox") if r not in records]
        line["mono"] = max(l["mono"] for l in self.journal(code)) + 1
        self.assert_named("lost", f"rdv/{line['id']}", code)

    def test_an_appointment_that_was_sent_behind_its_hand_overs_end_is_nobodys(self):
        code, line, records = self.lone_appointment()
        self.records(f"{code}.outbox")[:] = [r for r in self.records(f"{code}.outbox") if r not in records]
        line["mono"] = line["posted"] = max(l["mono"] for l in self.journal(code)) + 1
        self.assertFalse([f for f in self.findings() if f"rdv/{line['id']} " in f])

    def end_taken_before(self, first_s, durable_s):
        """An appointment that is in no outbox, and whose hand-over's end was sent again and again: when first, against when the
        appointment was sent; when it stood in the outbox, against when the appointment was acknowledged."""
        code, line, records = self.lone_appointment()
        self.records(f"{code}.outbox")[:] = [r for r in self.records(f"{code}.outbox") if r not in records]
        closed = next(l for l in self.journal(code) if l["what"] == "acked" and l.get("status") == "closed"
                      and l["external_ref"] == line["external_ref"])
        line["mono"] = line["posted"] + 3
        closed.update(first=line["posted"] + first_s, posted=line["mono"] + 40, mono=line["mono"] + 41)
        self.run_.setting["wall_less_mono_s"] = 1_700_000_000.0
        for record in self.records(f"{code}.outbox"):
            if record["value"]["type"] == "Closure" and record["value"]["handoff_id"] == line["external_ref"]:
                record["at"] = int((1_700_000_000 + line["mono"] + durable_s) * 1000)
        return [f for f in self.findings() if f"rdv/{line['id']} " in f]

    def test_an_appointment_behind_an_end_that_was_taken_before_and_sent_again_is_nobodys(self):
        self.assertEqual(self.end_taken_before(-5, -1), [])

    def test_an_appointment_that_was_acknowledged_before_its_hand_overs_end_was_taken(self):
        self.assertEqual(len(self.end_taken_before(-5, 1)), 1)

    def test_an_appointment_that_was_sent_before_its_hand_overs_end_was(self):
        self.assertEqual(len(self.end_taken_before(1, -1)), 1)

    def withdrawn_meanwhile(self, seconds):
        """An appointment that is in no outbox, and whose hand-over others ended so long after it was sent."""
        code, line, records = self.lone_appointment()
        self.records(f"{code}.outbox")[:] = [r for r in self.records(f"{code}.outbox") if r not in records]
        self.run_.setting["wall_less_mono_s"] = 1_700_000_000.0
        withdrawn = Value({**records[0]["value"], "type": "Referral", "status": "WITHDRAWN_BY_PERSON", "entity_id": None,
                           "event_id": "33333333-3333-8333-8333-333333333333", "handoff_seq": 99})
        self.records(f"{code}.inbox").append({**records[0], "offset": 10 ** 6, "value": withdrawn,
                                              "at": int((1_700_000_000 + line["posted"] + seconds) * 1000)})
        return [f for f in self.findings() if f"rdv/{line['id']} " in f]

    def test_an_appointment_behind_what_others_ended_is_nobodys(self):
        self.assertEqual(self.withdrawn_meanwhile(-1), [])

    def test_an_appointment_that_was_sent_before_others_ended(self):
        self.assertEqual(len(self.withdrawn_meanwhile(1)), 1)

    def late_notice(self, days):
        """A notice of a hand-over that ended some days before, of which its system was told nothing."""
        code, record = self.forwarded("DECLINED")
        notice = Value({
            "type": "Notice", "event_id": "22222222-2222-8222-8222-222222222222", "handoff_id": record["value"]["handoff_id"],
            "operator_code": "relais", "handoff_seq": 0, "due_at": 0, "kind": "OVERDUE",
            "recorded_at": record["value"]["recorded_at"] + days * 86_400_000_000})
        self.records(f"{code}.inbox").append({"partition": 0, "offset": 10 ** 6, "key": None, "value": notice})
        return [f for f in self.findings() if notice["event_id"] in f and "never got it" in f]

    def test_a_notice_that_a_system_never_got(self):
        self.assertEqual(len(self.late_notice(89)), 1)

    def test_a_notice_of_a_hand_over_that_may_be_forgotten(self):
        self.assertEqual(self.late_notice(91), [])

    def redirect_sent_again(self, days):
        """A redirect whose webhook comes again some days later, and is a dead letter."""
        for code in REGIONAL:
            for number, event in self.replay.events.items():
                if self.replay.sender[number] != code or not event["parent_handoff_id"] or self.replay.fate[number] != "accepted":
                    continue
                letter = Value({
                    "type": "Rejection", "event_id": "33333333-3333-8333-8333-333333333333", "stage": "MAPPING", "status": "ISSUED",
                    "code": "unknown_handoff", "cause": number, "quarantine_key": "33333333-3333-8333-8333-333333333333",
                    "recorded_at": event["recorded_at"] + days * 86_400_000_000})
                self.records(f"{code}.rejected").append({"partition": 0, "offset": 10 ** 6, "key": None, "value": letter})
                self.records(f"{code}.quarantine").append({"partition": 0, "offset": 10 ** 6, "key": letter["event_id"], "value": "9 bytes"})
                return [f for f in self.findings() if letter["event_id"] in f]
        return self.fail("no redirect in the recorded run")

    def test_a_redirect_that_became_a_dead_letter_when_it_was_sent_again(self):
        self.assertEqual(len(self.redirect_sent_again(89)), 1)

    def test_a_redirect_that_was_sent_again_when_its_hand_over_may_be_forgotten(self):
        self.assertEqual(self.redirect_sent_again(91), [])

    def lone_appointment(self):
        """An acknowledged webhook of a hand-over that was closed later, the journal's line and its records in the outbox."""
        for code in REGIONAL:
            closed = {l["external_ref"] for l in self.journal(code) if l["what"] == "acked" and l.get("status") == "closed"}
            for line in self.journal(code):
                if line["what"] == "acked" and line["model"] == "Rdv" and line["status"] == "seen" and line["external_ref"] in closed:
                    records = [r for r in self.records(f"{code}.outbox") if r["value"]["type"] == "Appointment"
                               and r["value"]["handoff_id"] == line["external_ref"] and r["value"]["status"] == "HONOURED"]
                    if records:
                        return code, line, records
        return self.fail("no appointment of a closed hand-over in the recorded run")

    def accepted(self, fact, wanted=lambda event: True):
        """(operator, event id) of an event that was forwarded."""
        for number, event in self.replay.events.items():
            if fact_of(event) == fact and self.replay.fate.get(number) == "accepted" and self.replay.other_end(number) and wanted(event):
                return self.replay.sender[number], number
        return self.fail("no such event in the recorded run")

    def outbox(self, code, number):
        return next(r["value"] for r in self.records(f"{code}.outbox") if r["value"]["event_id"] == number)

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

    def test_a_call_that_no_event_explains(self):
        line = next(l for l in self.journal("o22") if l["what"] == "called" and l["effect"] == "created")
        self.journal("o22").append({**line, "key": "22222222-2222-8222-8222-222222222222/1", "ref": None})
        self.assert_named("wrong", "22222222-2222-8222-8222-222222222222", "o22")

    def test_a_holders_system_that_disagrees(self):
        for row in self.run_.systems["o21"]["rows"]["dossiers"].values():
            if row["status"] == "closed":
                row["status"] = "declined"
                return self.assert_named("wrong", row["external_ref"], "o21")
        return self.fail("no closed dossier in the recorded run")

    def test_an_issuers_system_that_disagrees(self):
        rows = self.run_.systems["o23"]["rows"]["orientations"]
        row = next(row for row in rows.values() if row["relais_state"] == "closed")
        row["relais_state"] = "accepted"
        issued = next(e for e in self.replay.events.values() if fact_of(e) == "ISSUED" and e["operator_code"] == "o23"
                      and e["issuer_ref"]["id"] == f"orientation/{row['id']}")
        self.assert_named("wrong", issued["handoff_id"], "o23")

    def late_call(self, **when):
        """An "accepted" that is carried out behind a "closed"."""
        system = self.run_.systems["o23"]
        row = next(row for row in system["rows"]["orientations"].values() if row["relais_state"] == "closed")
        row["relais_state"] = "accepted"
        closed = next(line for line in system["journal"] if line.get("of") == row["id"] and line.get("state") == "closed")
        system["journal"].append({**closed, "mono": closed["mono"] + 3, "state": "accepted", **when})

    def test_an_issuers_system_that_we_told_in_the_wrong_order(self):
        self.late_call()
        self.assert_named("wrong", "says accepted", "o23")

    def test_an_issuers_system_that_was_slow_with_a_call(self):
        self.late_call(came=0.0)
        self.assertEqual([finding for finding in self.findings() if "says accepted" in finding], [])

    def test_a_record_that_cannot_be_read(self):
        self.records("o21.inbox").append({"partition": 0, "offset": 10 ** 6, "key": None, "value": {
            **self.records("o21.inbox")[0]["value"], "undecoded": 9, "event_id": "33333333-3333-8333-8333-333333333333"}})
        self.assert_named("wrong", "o21.inbox 0/1000000")

    def test_a_transaction_that_nobody_ends(self):
        self.run_.setting["open_transactions"] = ["relais.o21.inbox.v1 0: open at 12, end 15"]
        self.assert_named("wrong", "relais.o21.inbox.v1 0", "transaction")

    def own_letter(self):
        for code in REGIONAL:
            for record in self.records(f"{code}.rejected"):
                if record["value"]["quarantine_key"]:
                    return code, record["value"]
        return self.fail("no dead letter in the recorded run")


if __name__ == "__main__":
    unittest.main()
