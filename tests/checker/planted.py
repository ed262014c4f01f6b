# SPDX-License-Identifier: Apache-2.0
"""A recorded run into which errors are planted, and what finds a place for them.

recorded.json.xz is what the checker read at the end of a short campaign: tests/crash/run --minutes 0.7 --rate 24 --seed 4 --gap 2.5
--record recorded.json, then xz -9. It has to have hand-overs to o10, and notices.
"""

import json
import lzma
import pathlib
import unittest

from tests.checker.checks import check
from tests.checker.recorded import Run
from tests.checker.rules import Replay, fact_of

TEXT = lzma.decompress((pathlib.Path(__file__).parent / "recorded.json.xz").read_bytes())
RECORDED = json.loads(TEXT)
REGIONAL = ("o21", "o22", "o23")


class Planted(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.run_ = Run.from_json(json.loads(TEXT))
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

    def own_letter(self):
        for code in REGIONAL:
            for record in self.records(f"{code}.rejected"):
                if record["value"]["quarantine_key"]:
                    return code, record["value"]
        return self.fail("no dead letter in the recorded run")

    def excused(self):
        return check(self.run_)[1]["excused"]

    def issued_to(self, code):
        """Inbox record of an ISSUED that was delivered there."""
        return next(record for record in self.records(f"{code}.inbox") if fact_of(record["value"]) == "ISSUED")

    def notice(self):
        """(its two inboxes, the notice) of a hand-over that nobody answered to the end."""
        for code in REGIONAL:
            for record in self.records(f"{code}.inbox"):
                handoff = self.replay.handoffs[record["value"]["handoff_id"]]
                if record["value"]["type"] == "Notice" and handoff.due_at():
                    return (handoff.issuer, handoff.holder), record["value"]
        return self.fail("no notice in the recorded run")

    def take_out(self, topic, wanted):
        gone = [record for record in self.records(topic) if wanted(record["value"])]
        self.assertTrue(gone)
        self.records(topic)[:] = [record for record in self.records(topic) if record not in gone]
        return gone
