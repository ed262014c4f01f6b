# SPDX-License-Identifier: Apache-2.0
"""The checker is shown to fail, at the systems of both ends: what they said, what they were told, of whom, and how often."""

import unittest

from tests.checker.checks import check
from tests.checker.planted import REGIONAL, Planted
from tests.checker.recorded import Value
from tests.checker.rules import fact_of

HOUR_US = 3_600 * 1_000_000


class AtTheSystems(Planted):
    # --- what a system said ---

    def test_an_event_that_its_system_never_said(self):
        code, line, records = self.lone_appointment()
        self.run_.systems[code]["journal"] = [l for l in self.journal(code) if l["what"] != "acked" or (l["id"], l["status"]) !=
                                              (line["id"], line["status"])]
        self.assert_named("wrong", records[0]["value"]["event_id"], "its system never said so")

    def test_an_event_of_another_hand_over_than_its_system_said(self):
        code, _, records = self.lone_appointment()
        records[0]["value"]["handoff_id"] = next(n for n in self.replay.handoffs if n != records[0]["value"]["handoff_id"])
        self.assert_named("wrong", records[0]["value"]["event_id"], code, "its system never said so")

    def test_an_event_that_a_list_never_showed(self):
        row = next(iter(self.run_.systems["o10"]["rows"]["orientation"].values()))
        self.run_.systems["o10"]["journal"] = [l for l in self.journal("o10") if l["what"] != "shown" or l["id"] != row["id"]]
        self.assert_named("wrong", "o10", "ISSUED", "its system never said so")

    def test_an_orientation_of_a_list_that_is_in_no_outbox_whatever_became_of_it(self):
        """That nobody saw it before it was taken back is no excuse: in a campaign nobody takes one back."""
        rows = self.run_.systems["o10"]["rows"]["orientation"]
        rows["ORI-9999"] = {**next(iter(rows.values())), "id": "ORI-9999", "status": "cancel_requested"}
        self.assert_named("lost", "ORI-9999", "o10")
        rows["ORI-9999"]["status"] = "sent"
        self.assert_named("lost", "ORI-9999", "o10")

    def test_a_delivery_that_is_reported_of_nothing_in_the_inbox(self):
        code, number = self.accepted("DELIVERED")
        self.outbox(code, number)["cause"] = "99999999-9999-8999-8999-999999999999"
        self.assert_named("wrong", number, "DELIVERED", "its system never said so")

    def test_a_webhook_that_nobody_signed_and_that_was_acknowledged(self):
        line = next(l for l in self.journal("o21") if l["what"] == "acked" and l["model"] == "Orientation")
        self.journal("o21").append({**line, "id": 4711, "provoked": "bad_signature", "forged": True})
        self.assert_named("wrong", "o21", "4711", "had to be refused")

    # --- of whom ---

    def test_a_dossier_with_another_persons_data(self):
        for part in range(3):
            with self.subTest(part):
                self.setUp()
                code, record = self.inbox_record(lambda e: fact_of(e) == "ISSUED" and e["operator_code"] in REGIONAL)
                line = next(l for l in self.journal(code) if l.get("key") == record["value"]["event_id"] + "/1")
                told = line["person"].split()
                told[part] = "0" * 12
                line["person"] = " ".join(told)
                self.assert_named("wrong", record["value"]["handoff_id"], code, "another person")

    def test_a_dossier_at_the_looked_up_system_with_another_persons_data(self):
        record = self.issued_to("o10")
        rows = self.run_.systems["o10"]["rows"]
        dossier = next(row for row in rows["dossier"].values() if row["external_ref"] == record["value"]["handoff_id"])
        rows["user"][str(dossier["user"])]["digests"] = "0 - -"
        self.assert_named("wrong", record["value"]["handoff_id"], "o10", "another person")

    def test_a_person_whom_the_looked_up_system_did_not_know_with_another_persons_address(self):
        record = self.issued_to("o10")
        rows = self.run_.systems["o10"]["rows"]
        dossier = next(row for row in rows["dossier"].values() if row["external_ref"] == record["value"]["handoff_id"])
        dossier["told"] = rows["user"][str(dossier["user"])]["digests"].split()[0] + " 000000000000 -"
        self.assert_named("wrong", record["value"]["handoff_id"], "o10", "how to reach her")

    def test_an_appointment_that_was_made_for_another_person(self):
        meeting = next(iter(self.run_.systems["o10"]["rows"]["meeting"].values()))
        meeting["user"] = 999
        self.assert_named("wrong", meeting["id"], meeting["external_ref"], "another person")

    # --- made twice, or not at all ---

    def appointment_made(self):
        code, record = self.inbox_record(lambda event: event["type"] == "Appointment")
        return code, next(l for l in self.journal(code) if l.get("key") == record["value"]["event_id"] + "/1")

    def test_an_appointment_that_was_made_under_two_keys(self):
        code, line = self.appointment_made()
        self.journal(code).append({**line, "key": line["key"].replace("/1", "/2")})
        self.assert_named("doubled", code, line["key"].partition("/")[0], "2 keys")

    def test_an_appointment_that_stands_twice_at_its_orientation(self):
        code, line = self.appointment_made()
        self.run_.systems[code]["rows"]["events"][str(line["of"])].append(line["status"])
        self.assert_named("doubled", code, f"orientation {line['of']}")

    def test_an_appointment_that_does_not_stand_at_its_orientation(self):
        code, line = self.appointment_made()
        self.run_.systems[code]["rows"]["events"][str(line["of"])].remove(line["status"])
        self.assert_named("lost", code, f"orientation {line['of']}")

    def test_a_dossier_that_was_asked_for_under_two_keys(self):
        """Their system knows its reference again: so it is only seen in what it was asked."""
        code, record = self.inbox_record(lambda event: fact_of(event) == "ISSUED")
        line = next(l for l in self.journal(code) if l.get("key") == record["value"]["event_id"] + "/1")
        self.journal(code).append({**line, "effect": "same", "key": record["value"]["event_id"] + "/2"})
        self.assert_named("doubled", code, record["value"]["event_id"], "2 keys")

    def test_a_hand_over_that_the_looked_up_system_never_got(self):
        record = self.issued_to("o10")
        rows = self.run_.systems["o10"]["rows"]["dossier"]
        for number in [n for n, row in rows.items() if row["external_ref"] == record["value"]["handoff_id"]]:
            del rows[number]
        self.assert_named("lost", record["value"]["event_id"], "o10.inbox", "never got it")

    def test_two_dossiers_at_the_looked_up_system(self):
        record = self.issued_to("o10")
        rows = self.run_.systems["o10"]["rows"]["dossier"]
        row = next(row for row in rows.values() if row["external_ref"] == record["value"]["handoff_id"])
        rows["ORI-9999"] = {**row, "id": "ORI-9999"}
        self.assert_named("doubled", "o10", record["value"]["handoff_id"])

    def test_an_appointment_that_the_national_system_does_not_have(self):
        rows = self.run_.systems["o10"]["rows"]["meeting"]
        number, row = next(iter(rows.items()))
        del rows[number]
        self.assert_named("lost", "o10", row["external_ref"])

    # --- what a system was told ---

    def untold(self, code, state, number=None):
        """Takes out the calls that told it so. The event that wanted one of them."""
        self.run_.systems[code]["journal"] = [l for l in self.journal(code) if l.get("state") != state or (number and l["of"] != number)]

    def test_a_step_that_the_national_system_was_not_told(self):
        event = next(r["value"] for r in self.records("o10.inbox") if r["value"]["type"] == "Referral" and r["value"]["status"] == "ACCEPTED")
        self.untold("o10", "accepted")
        self.assert_named("lost", event["event_id"], "o10.inbox", "never got it")

    def test_an_end_that_the_national_system_was_not_told(self):
        event = next(r["value"] for r in self.records("o10.inbox") if fact_of(r["value"]) == "CLOSED")
        self.untold("o10", "closed")
        self.assert_named("lost", event["event_id"], "o10.inbox", "never got it")

    def heard(self, operator, **fields):
        """An event of its inbox that was not there."""
        issued = next(r["value"] for r in self.records(f"{operator}.outbox") if fact_of(r["value"]) == "ISSUED"
                      and self.replay.fate[r["value"]["event_id"]] == "accepted")
        value = Value({"handoff_id": issued["handoff_id"], "operator_code": "relais", "handoff_seq": 0, "cause": issued["event_id"],
                       "event_id": "12121212-1212-8212-8212-121212121212", "recorded_at": issued["recorded_at"], **fields})
        self.records(f"{operator}.inbox").append({"partition": 0, "offset": 10 ** 6, "key": None, "value": value})
        return value, issued["issuer_ref"]["id"]

    def test_a_notice_that_a_system_was_not_told(self):
        for code in ("o10", "o21"):
            with self.subTest(code):
                self.setUp()
                value, _ = self.heard(code, type="Notice", kind="OVERDUE", due_at=0)
                self.assert_named("lost", value["event_id"], f"{code}.inbox", "never got it")

    def test_a_refusal_of_an_answer_that_a_system_was_not_told(self):
        for code in ("o10", "o21"):
            with self.subTest(code):
                self.setUp()
                value, _ = self.heard(code, type="Rejection", code="superseded", event_type="Referral", status="CANCEL_REQUESTED")
                self.assert_named("lost", value["event_id"], f"{code}.inbox", "never got it")

    def test_a_refusal_of_an_answer_that_a_system_was_told(self):
        value, own = self.heard("o21", type="Rejection", code="superseded", event_type="Referral", status="CANCEL_REQUESTED")
        number = int(own.rpartition("/")[2])
        self.journal("o21").append({"what": "called", "mono": 0.0, "method": "PATCH", "path": f"/api/v1/orientations/{number}", "effect": "same",
                                    "of": number, "state": None, "message": True})
        self.assertFalse([f for f in self.findings() if value["event_id"] in f and "never got it" in f])

    def test_a_state_that_was_said_twice_and_told_once(self):
        code, record = self.forwarded("ACCEPTED")
        self.records(f"{code}.inbox").append({**record, "offset": 10 ** 6, "value": Value(
            {**record["value"], "event_id": "13131313-1313-8313-8313-131313131313"})})
        told = [l for l in self.journal(code) if l.get("state") == "accepted" and "/orientations/" in l["path"]]
        self.assertTrue(told)
        self.assert_named("lost", "13131313-1313-8313-8313-131313131313", "never got it")

    def test_a_state_that_a_system_was_told_and_nobody_said(self):
        for code, path, state in (("o21", "/api/v1/orientations/", "declined"), ("o10", "/…/", "expired")):
            with self.subTest(code):
                self.setUp()
                line = next(l for l in self.journal(code) if l.get("state") == "closed")
                self.journal(code).append({**line, "state": state})
                self.assert_named("wrong", code, line["of"], f"told {state}", "no event of its inbox says so")

    # --- dead letters ---

    def test_a_dead_letter_at_a_list_of_which_no_record_was_wrong(self):
        letter = Value({"type": "Rejection", "event_id": "19191919-1919-8919-8919-191919191919", "stage": "MAPPING", "code": "unknown_code",
                        "quarantine_key": "19191919-1919-8919-8919-191919191919", "recorded_at": 0})
        self.records("o10.rejected").append({"partition": 0, "offset": 0, "key": None, "value": letter})
        self.records("o10.quarantine").append({"partition": 0, "offset": 0, "key": letter["event_id"], "value": "9 bytes"})
        self.assert_named("wrong", "o10", letter["event_id"], "unknown_code")

    def test_a_dead_letter_at_a_list_of_which_a_record_was_wrong(self):
        rows = self.run_.systems["o10"]["rows"]["orientation"]
        rows["ORI-9999"] = {**next(iter(rows.values())), "id": "ORI-9999", "bad": "unknown_code"}
        self.assert_named("lost", "o10", "unknown_code")

    def test_a_dead_letter_whose_record_is_empty(self):
        code, letter = self.own_letter()
        for record in self.records(f"{code}.quarantine"):
            record["value"] = "0 bytes"
        self.assert_named("lost", letter["event_id"], "no record in quarantine")

    # --- dead letters of a sink ---

    def letter(self, code, record, reason, hours, told=True, at=0):
        """A dead letter of its sink for an event of its inbox, so many hours behind it, of which the other end is told."""
        event = record["value"]
        letter = Value({"type": "Rejection", "event_id": "14141414-1414-8414-8414-141414141414", "stage": "SINK", "code": reason,
                        "cause": event["event_id"], "handoff_id": event["handoff_id"], "event_type": event["type"], "status": event["status"],
                        "quarantine_key": "14141414-1414-8414-8414-141414141414", "recorded_at": event["recorded_at"] + hours * HOUR_US})
        self.records(f"{code}.rejected").append({"partition": 0, "offset": 10 ** 6, "at": at, "key": None, "value": letter})
        self.records(f"{code}.quarantine").append({"partition": 0, "offset": 10 ** 6, "key": letter["event_id"], "value": "9 bytes"})
        if told:
            letter |= {"operator_code": code, "source_version": 0, "thread_id": record["key"]}
            self.records(f"{code}.outbox").append({"partition": 0, "offset": 10 ** 6, "key": record["key"], "value": letter})
        findings, counts = check(self.run_)
        return [f for f in findings if letter["event_id"] in f and ("of its sink" in f or "never said" in f)], counts["excused"]

    def test_an_unknown_outcome_where_every_call_may_be_repeated(self):
        for fact in ("ISSUED", "ACCEPTED", "APPOINTMENT"):
            with self.subTest(fact):
                self.setUp()
                code, record = self.forwarded(fact)
                self.assertEqual(len(self.letter(code, record, "outcome_unknown", 0)[0]), 1)

    def test_an_unknown_outcome_of_what_is_looked_up(self):
        self.assertEqual(len(self.letter("o10", self.issued_to("o10"), "outcome_unknown", 0)[0]), 1)

    def test_an_unknown_outcome_of_a_new_appointment_is_counted(self):
        for cause in ({"lost": "drop"}, {"waited_s": 10}, {"kill": "o10"}, {"kill": "sim-o10"}):
            with self.subTest(cause):
                self.setUp()
                found, excused = self.unknown(**cause)
                self.assertEqual((found, excused["dead letters of sinks: outcome_unknown at o10"]), ([], 1))

    def test_an_unknown_outcome_with_no_cause(self):
        for cause in ({}, {"waited_s": 1}, {"kill": "o21"}, {"kill": "o10", "after_s": -1}, {"kill": "sim-o10", "after_s": 61},
                      {"lost": "drop", "after_s": 61}, {"lost": "drop", "ref": "another"}):
            with self.subTest(cause):
                self.setUp()
                self.assertEqual(len(self.unknown(**cause)[0]), 1)

    def test_an_appointment_that_nobody_heard_of_stands_there_where_its_call_was_carried_out(self):
        for cause, most in (({"lost": "drop"}, 1), ({"kill": "sim-o10"}, 1), ({"kill": "o10"}, 0)):
            with self.subTest(cause):
                self.setUp()
                handoff = next(r for r in self.records("o10.inbox") if r["value"]["type"] == "Appointment")["value"]["handoff_id"]
                self.unknown(**cause)
                self.assertEqual(self.most(handoff) - self.undoubted(handoff), most)

    def most(self, handoff):
        """How many appointments may stand there: with too many of them a finding tells."""
        rows = self.run_.systems["o10"]["rows"]["meeting"]
        row = next(row for row in rows.values() if row["external_ref"] == handoff)
        for number in range(9):
            rows[f"PAR-9{number}"] = {**row, "id": f"PAR-9{number}"}
        found = next(f for f in self.findings() if f"appointments of hand-over {handoff}" in f and "at most" in f)
        return int(found.split(" at most")[0].rpartition(" ")[2])

    def undoubted(self, handoff):
        """Appointments of which an event has no dead letter."""
        dead = {r["value"]["cause"] for r in self.records("o10.rejected")}
        return len({r["value"]["entity_id"] for r in self.records("o10.inbox") if r["value"]["type"] == "Appointment"
                    and r["value"]["handoff_id"] == handoff and r["value"]["event_id"] not in dead})

    def unknown(self, lost=None, waited_s=0, kill=None, after_s=30, ref=None):
        """A dead letter 60 s behind its record, and what happened so long behind that."""
        record = next(r for r in self.records("o10.inbox") if r["value"]["type"] == "Appointment")
        shift = self.run_.setting["wall_less_mono_s"]
        at = record["at"] / 1000 - shift + after_s
        self.run_.setting["kills"] = {kill: [at]} if kill else {}
        if lost or waited_s:
            self.journal("o10").append({"what": "called", "method": "POST", "path": "", "effect": "created", "table": "meeting", "of": "PAR-99",
                                        "ref": ref or record["value"]["handoff_id"], "mono": at, "came": at - waited_s, "lost": lost})
        return self.letter("o10", record, "outcome_unknown", 0, at=record["at"] + 60_000)

    def test_a_dead_letter_of_a_sink_of_which_nobody_was_told(self):
        code, record = self.forwarded("ACCEPTED")
        self.assertRegex(self.letter(code, record, "retries_exhausted", 73, told=False)[0][0], "lost: .* the other end is told nothing")

    def test_a_dead_letter_that_was_told_and_is_none(self):
        code, record = self.forwarded("ACCEPTED")
        self.letter(code, record, "retries_exhausted", 73)
        self.take_out(f"{code}.rejected", lambda e: e["stage"] == "SINK")
        self.assert_named("wrong", code, "14141414-1414-8414-8414-141414141414", "its system never said so")

    def test_a_delivery_that_was_given_up(self):
        """A jump of the clock gives nothing up."""
        code, record = self.forwarded("ACCEPTED")
        self.untold(code, "accepted")
        found, excused = self.letter(code, record, "retries_exhausted", 264)
        self.assertEqual((len(found), excused[f"dead letters of sinks: retries_exhausted at {code}"]), (1, 1))

    def test_a_dead_letter_of_a_sink_with_another_reason(self):
        code, record = self.forwarded("ACCEPTED")
        self.assertEqual(len(self.letter(code, record, "missing_field", 100)[0]), 1)

    def test_a_dead_letter_of_what_is_not_in_the_inbox(self):
        code, record = self.forwarded("ACCEPTED")
        self.records(f"{code}.inbox").remove(record)
        self.assertEqual(len(self.letter(code, record, "retries_exhausted", 100)[0]), 1)

    # --- what is nobody's, and what may be forgotten ---

    def test_an_appointment_that_was_sent_while_its_hand_over_was_open(self):
        """However late it was answered: the end came behind it."""
        code, line, records = self.lone_appointment()
        self.records(f"{code}.outbox")[:] = [r for r in self.records(f"{code}.outbox") if r not in records]
        line["mono"] = max(l["mono"] for l in self.journal(code)) + 1
        self.assert_named("lost", f"rdv/{line['id']}", code)

    def test_an_appointment_that_was_sent_behind_its_hand_overs_end_is_nobodys(self):
        code, line, records = self.lone_appointment()
        self.records(f"{code}.outbox")[:] = [r for r in self.records(f"{code}.outbox") if r not in records]
        line["mono"] = line["posted"] = line["first"] = max(l["mono"] for l in self.journal(code)) + 1
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
                if (self.replay.sender[number] != code or fact_of(event) != "ISSUED" or not event["parent_handoff_id"]
                        or self.replay.fate[number] != "accepted"):
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

    # --- both ends and the broker in the end ---

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

    def test_a_holders_system_that_still_waits_where_an_answer_is_known(self):
        """An accepted hand-over is never overdue."""
        rows = {record["key"]: record["value"] for record in self.records("handoff")}
        dossier = next(row for row in self.run_.systems["o21"]["rows"]["dossiers"].values() if rows[row["external_ref"]])
        dossier["status"], rows[dossier["external_ref"]]["state"] = "accepted", "OVERDUE"
        self.assert_named("wrong", dossier["external_ref"], "is accepted, the row OVERDUE")

    def test_an_issuers_system_that_was_not_told_its_end_though_an_appointment_became_a_dead_letter(self):
        row = next(r for r in self.run_.systems["o10"]["rows"]["orientation"].values() if r["relais_state"] == "CLOSED")
        row["relais_state"] = "ACCEPTED"
        issued = next(e for e in self.replay.events.values() if fact_of(e) == "ISSUED" and e["issuer_ref"] and e["issuer_ref"]["id"] == row["id"])
        record = next(r for r in self.records("o10.inbox") if r["value"]["type"] == "Appointment" and r["value"]["handoff_id"] == issued["handoff_id"])
        self.letter("o10", record, "outcome_unknown", 0)
        self.assert_named("wrong", "o10", issued["handoff_id"], "says accepted")

    def late_call(self, kills=None, waited_s=None, **when):
        """An "accepted" that is carried out behind a "closed". `waited_s`: so long before the next call to that row it came, with the
        killed by name and seconds behind it."""
        system = self.run_.systems["o23"]
        row = next(row for row in system["rows"]["orientations"].values() if row["relais_state"] == "closed")
        row["relais_state"] = "accepted"
        calls = [line for line in system["journal"] if line.get("of") == row["id"] and line.get("state")]
        closed = next(line for line in calls if line["state"] == "closed")
        if waited_s is not None:
            when["came"] = min(line["mono"] for line in calls) - waited_s
        if kills is not None:
            self.run_.setting["kills"] = {name: [when["came"] + s] for name, s in kills.items()}
        system["journal"].append({**closed, "mono": closed["mono"] + 3, "state": "accepted", **when})
        return [finding for finding in self.findings() if "says accepted" in finding]

    def test_an_issuers_system_that_we_told_in_the_wrong_order(self):
        self.assertEqual(len(self.late_call()), 1)

    def test_an_issuers_system_that_was_slow_with_a_call(self):
        self.assertEqual(self.late_call(came=0.0), [])

    def test_an_issuers_system_that_was_slow_with_a_call_of_a_process_that_was_killed(self):
        self.assertEqual(self.late_call({"o23": 1}, 2), [])

    def test_an_issuers_system_that_was_slow_with_a_call_that_was_given_up(self):
        self.assertEqual(self.late_call({}, 10), [])

    def test_an_issuers_system_whose_answer_was_not_waited_for(self):
        for kills in ({}, {"o22": 1}, {"o23": 3}, {"o23": -1}):
            with self.subTest(kills):
                self.setUp()
                self.assertEqual(len(self.late_call(kills, 2)), 1)


if __name__ == "__main__":
    unittest.main()
