# SPDX-License-Identifier: Apache-2.0
"""The checker is shown to fail, at what stands inside an event and how often it was said: to whom, why, when, and in which words."""

import time
import unittest

from tests.checker.planted import REGIONAL, Planted
from tests.checker.recorded import Value
from tests.checker.rules import fact_of

OTHER_ID = "17171717-1717-8717-8717-171717171717"


class InsideAnEvent(Planted):
    # --- to whom, and from where on ---

    def sent_on(self, code, wanted=lambda event: True):
        """An ISSUED of this operator's own system."""
        return self.outbox(code, next(n for n, e in self.replay.events.items() if self.replay.sender[n] == code and fact_of(e) == "ISSUED"
                                      and self.replay.fate[n] == "accepted" and wanted(e)))

    def redirected(self):
        return next((code, self.sent_on(code, lambda e: e["parent_handoff_id"])) for code in REGIONAL
                    if any(self.replay.sender[n] == code and e["parent_handoff_id"] and fact_of(e) == "ISSUED" for n, e in self.replay.events.items()))

    def test_a_hand_over_that_goes_to_another_operator_than_its_system_said(self):
        """Everywhere: outbox, inbox, row and answers agree, and only what the system said does not."""
        for code in ("o22", "o10"):
            with self.subTest(code):
                self.setUp()
                event = self.sent_on(code, lambda e: e["to_operator"] == "o21")
                for line in self.journal(code):
                    if line["what"] == "acked" and f"orientation/{line['id']}" == event["issuer_ref"]["id"] and line["model"] == "Orientation":
                        line["destination"] = "REG-24"
                for row in self.run_.systems[code]["rows"].get("orientation", {}).values():
                    if row["id"] == event["issuer_ref"]["id"]:
                        row["destination"] = "REG-24"
                self.assert_named("wrong", event["event_id"], code, "its system never said so")
                self.assert_named("lost", event["issuer_ref"]["id"], code, "to REG-24")

    def test_where_a_record_tells_who_is_called_what_that_counts(self):
        self.run_.setting["destinations"] = {"o10": "FT", "o21": "REG-11", "o22": "REG-44", "o23": "REG-24"}
        self.assert_named("wrong", self.sent_on("o23", lambda e: e["to_operator"] == "o21")["event_id"], "its system never said so")

    def test_a_redirect_that_goes_on_from_another_hand_over(self):
        code, event = self.redirected()
        for line in self.journal(code):
            if line.get("parent") == event["parent_handoff_id"]:
                line["parent"] = next(n for n in self.replay.handoffs if n != event["parent_handoff_id"])
        self.assert_named("wrong", event["event_id"], code, "its system never said so")

    def test_a_hand_over_that_goes_on_from_one_and_was_said_to_be_new(self):
        code, event = self.redirected()
        for line in self.journal(code):
            if line.get("parent") == event["parent_handoff_id"]:
                line["parent"] = None
        self.assert_named("wrong", event["event_id"], code, "its system never said so")

    def test_an_orientation_of_a_list_that_goes_on_from_a_hand_over_and_was_sent_as_new(self):
        event = self.sent_on("o10")
        self.run_.systems["o10"]["rows"]["orientation"][event["issuer_ref"]["id"]]["parent"] = OTHER_ID
        self.assert_named("lost", event["issuer_ref"]["id"], f"from {OTHER_ID} on")

    def test_a_hand_over_that_was_delivered_as_of_another_sender(self):
        code, record = self.inbox_record(lambda e: fact_of(e) == "ISSUED")
        row = next(r for r in self.run_.systems[code]["rows"]["dossiers"].values() if r["external_ref"] == record["value"]["handoff_id"])
        row["source"] = "REG-75"
        self.assert_named("wrong", record["value"]["event_id"], code, "source REG-75")

    # --- once ---

    def said_again(self, code, event):
        """The same under another id, in its outbox."""
        record = next(r for r in self.records(f"{code}.outbox") if r["value"]["event_id"] == event["event_id"])
        self.records(f"{code}.outbox").append({**record, "offset": 10 ** 6, "value": Value({**event, "event_id": OTHER_ID})})

    def test_one_saying_that_became_two_events(self):
        for fact in ("CLOSED", "APPOINTMENT", "ACCEPTED", "ISSUED"):
            with self.subTest(fact):
                self.setUp()
                code, number = self.accepted(fact)
                self.said_again(code, self.outbox(code, number))
                self.assert_named("doubled", code, OTHER_ID, number)

    def test_a_delivery_that_was_reported_twice(self):
        code, number = self.accepted("DELIVERED")
        self.said_again(code, self.outbox(code, number))
        self.assert_named("doubled", code, OTHER_ID, number)

    def test_a_seal_that_was_made_again_because_it_could_not_be_opened(self):
        code, number = self.accepted("ISSUED")
        event = self.outbox(code, number)
        self.said_again(code, event)
        self.records(f"{code}.inbox").append({"partition": 0, "offset": 10 ** 6, "key": None, "value": Value({
            **event, "event_id": "18181818-1818-8818-8818-181818181818", "status": "CONTACT_UNREADABLE", "cause": number, "handoff_seq": 0})})
        self.assertFalse([f for f in self.findings() if f.startswith("doubled") and OTHER_ID in f and "says what" in f])

    def test_a_hand_over_of_which_nobody_says_that_it_was_delivered(self):
        """What came behind it implies it: the row shows nothing."""
        code, number = self.accepted("DELIVERED")
        cause = self.outbox(code, number)["cause"]
        for topic in (f"{code}.outbox", f"{self.replay.other_end(number)}.inbox"):
            self.take_out(topic, lambda e: e["event_id"] == number)
        self.assert_named("lost", cause, code, "neither that it was delivered")

    # --- reasons, outcomes, motives ---

    def test_a_reason_that_its_system_did_not_give(self):
        code, number = self.accepted("DECLINED")
        row = next(r for r in self.run_.systems[code]["rows"]["dossiers"].values() if r["external_ref"] == self.outbox(code, number)["handoff_id"])
        self.assertEqual(row["decline_reason"], "capacite")
        row["decline_reason"] = "injoignable"
        self.assert_named("wrong", number, code, "decline_reason CAPACITY", "NOT_REACHABLE")

    def test_an_outcome_that_its_system_did_not_give(self):
        for code, table in (("o21", "dossiers"), ("o10", "dossier")):
            with self.subTest(code):
                self.setUp()
                event = next(e for n, e in self.replay.events.items() if self.replay.sender[n] == code and fact_of(e) == "CLOSED")
                row = next(r for r in self.run_.systems[code]["rows"][table].values() if r["external_ref"] == event["handoff_id"])
                row["outcome"] = "abandon"
                self.assert_named("wrong", event["event_id"], code, "ABANDONED")

    def test_a_motive_that_its_system_did_not_give(self):
        for code, table in (("o21", "orientations"), ("o10", "orientation")):
            with self.subTest(code):
                self.setUp()
                event = self.sent_on(code)
                row = self.run_.systems[code]["rows"][table][event["issuer_ref"]["id"].rpartition("/")[2]]
                row["motive"] = "vae"
                self.assert_named("wrong", event["event_id"], code, "CERTIFICATION_VAE")

    def test_a_hand_over_that_was_delivered_with_another_motive(self):
        record = self.issued_to("o10")
        row = next(r for r in self.run_.systems["o10"]["rows"]["dossier"].values() if r["external_ref"] == record["value"]["handoff_id"])
        row["motive"] = "VAE"
        self.assert_named("wrong", record["value"]["event_id"], "o10", "motive VAE")

    # --- appointments ---

    def meeting(self):
        return next(row for row in self.run_.systems["o10"]["rows"]["meeting"].values() if row["status"] == "EFFECTUE")

    def test_an_appointment_whose_last_state_never_reached_the_national_system(self):
        row = self.meeting()
        row["status"] = "PRIS"
        self.assert_named("wrong", "o10", row["external_ref"], "EFFECTUE", "PRIS")

    def late_update(self, **when):
        """A first state that was carried out behind the last one."""
        row = self.meeting()
        row["status"] = "PRIS"
        about = {"what": "called", "method": "PUT", "path": f"/…/{row['id']}", "effect": "written", "of": row["id"], "table": "meeting"}
        self.journal("o10").extend([{**about, "mono": 100.0, "status": "EFFECTUE"}, {**about, "mono": 103.0, "status": "PRIS", **when}])
        return [f for f in self.findings() if row["external_ref"] in f]

    def test_an_appointment_that_a_slow_call_moved_back(self):
        self.run_.setting["kills"] = {"o10": [99.5]}
        self.assertEqual(self.late_update(came=99.0), [])
        self.assertEqual(self.excused()["appointments that a late call of a slow system moved back"], 1)

    def test_an_appointment_that_was_told_in_the_wrong_order(self):
        self.run_.setting["kills"] = {"o10": [98.5, 101.0], "o21": [99.5]}
        self.assertEqual(len(self.late_update(came=99.0)), 1)

    def dated(self, move_us):
        """The national system tells of the times, too; one is another."""
        events = [r["value"] for r in self.records("o10.inbox") if r["value"]["type"] == "Appointment"]
        for row in self.run_.systems["o10"]["rows"]["meeting"].values():
            us = next(e["starts_at"] for e in events if e["handoff_id"] == row["external_ref"])
            row["date"] = self.text_of(us + (move_us if row is self.meeting() else 0), "%Y-%m-%dT%H:%M:%S.000+00:00")
        return [f for f in self.findings() if self.meeting()["external_ref"] in f]

    @staticmethod
    def text_of(us, form):
        return time.strftime(form, time.gmtime(us // 1_000_000))

    def test_an_appointment_at_another_time_at_the_national_system(self):
        self.assertEqual(self.dated(0), [])
        self.assertEqual(len(self.dated(3_600_000_000)), 1)

    def test_an_appointment_at_another_time_at_a_regional_system(self):
        code, record = self.inbox_record(lambda event: event["type"] == "Appointment")
        line = next(l for l in self.journal(code) if l.get("key") == record["value"]["event_id"] + "/1")
        line["starts_at"] = self.text_of(record["value"]["starts_at"], "%Y-%m-%d %H:%M:%S +0000")
        self.assertEqual(self.findings(), [])
        line["starts_at"] = self.text_of(record["value"]["starts_at"], "%Y-%m-%d %H:%M:%S +0100")
        self.assert_named("wrong", record["value"]["event_id"], code, "was told as of")


if __name__ == "__main__":
    unittest.main()
