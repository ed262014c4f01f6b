# SPDX-License-Identifier: Apache-2.0
import hashlib
import hmac
import json
import tempfile
import unittest

from tests.demo.running import Hearer, Program, until

ANA = {"first_name": "Ana", "birth_name": None, "last_name": "EXEMPLE", "birth_date": "1988-03-02",
       "phone_number": "+33601020304", "email": "ana@example.org", "address": None}
KEY = {"X-Agent-Auth-Token": "demo-token"}


def asked(reference="h-1", **user):
    return {"external_ref": reference, "source": "FT", "requested_on": "2026-03-01", "motive": "bilan", "urgent": False,
            "note": None, "organisation": "metz", "user": ANA | user}


class RegionalTest(unittest.TestCase):
    def setUp(self):
        self.hearer = Hearer()
        self.addCleanup(self.hearer.close)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def system(self, *options):
        started = Program("regional.py", "--webhook", self.hearer.url, "--destinations", "FT,REG-11", "--state",
                          self.folder, "--journal", self.folder + "/journal.jsonl", "--retry-speed", 100, *options)
        self.addCleanup(started.close)
        return started

    def test_signs_what_it_sends_and_sends_strangers_too(self):
        self.system().control(issue=2)
        until(lambda: len(self.hearer.heard) == 8)
        for headers, body in self.hearer.heard:
            self.assertEqual(headers["X-Lapin-Signature"], hmac.new(b"demo-secret", body, hashlib.sha256).hexdigest())
        self.assertEqual(len(self.hearer.bodies("Orientation")), 2)
        self.assertEqual(len(self.hearer.bodies("Rdv")), 6)

    def test_sends_the_same_bytes_until_they_are_taken(self):
        self.hearer.statuses = [503, 500, 404]
        self.system("--noise", 0).control(issue=1)
        until(lambda: len(self.hearer.heard) == 4)
        self.assertEqual(len({body for _, body in self.hearer.heard}), 1)

    def test_sends_after_a_kill_what_was_not_taken(self):
        self.hearer.statuses = [503] * 12
        system = self.system("--noise", 0)
        system.control(issue=1)
        until(lambda: self.hearer.heard)
        system.close(kill=True)
        self.hearer.statuses = []
        seen = len(self.hearer.heard)
        again = self.system("--noise", 0)
        until(lambda: len(self.hearer.heard) > seen)
        self.assertEqual(until(lambda: again.state()["webhooks"].get("delivered")), 1)
        self.assertEqual(self.hearer.heard[0][1], self.hearer.heard[-1][1])

    def test_keeps_one_dossier_a_reference_and_one_answer_a_key(self):
        system = self.system()
        first = system.call("POST", "/api/v1/dossiers", asked(), KEY | {"Idempotency-Key": "k1"})
        self.assertEqual(first[0], 201)
        self.assertEqual(system.call("POST", "/api/v1/dossiers", asked(), KEY | {"Idempotency-Key": "k1"}), (200, first[1]))
        other = system.call("POST", "/api/v1/dossiers", asked(), KEY | {"Idempotency-Key": "k2"})
        self.assertEqual((other[0], other[1]["dossier"]["id"]), (200, first[1]["dossier"]["id"]))
        same_person = system.call("POST", "/api/v1/dossiers", asked("h-2"), KEY)[1]["dossier"]
        self.assertEqual(same_person["user"], first[1]["dossier"]["user"])
        self.assertEqual(system.state()["dossiers"], {"new": 2})

    def test_refuses_a_stranger_and_a_person_without_name(self):
        system = self.system()
        self.assertEqual(system.call("POST", "/api/v1/dossiers", asked())[0], 401)
        status, body = system.call("POST", "/api/v1/dossiers", asked(last_name=""), KEY)
        self.assertEqual((status, body["errors"]), (422, ["user.last_name is blank"]))

    def test_says_again_what_we_write(self):
        system = self.system()
        number = system.call("POST", "/api/v1/dossiers", asked(), KEY)[1]["dossier"]["id"]
        status, body = system.call("PATCH", f"/api/v1/dossiers/{number}", {"relais_state": "overdue"}, KEY)
        self.assertEqual((status, body["dossier"]["relais_state"]), (200, "overdue"))
        # The first may be heard twice, when its answer took long.
        echo = until(lambda: [body for body in self.hearer.bodies("Dossier") if body["meta"]["event"] == "updated"])[0]
        self.assertEqual(echo["data"]["relais_state"], "overdue")

    def test_forgets_whoever_is_erased(self):
        system = self.system()
        number = system.call("POST", "/api/v1/dossiers", asked(), KEY)[1]["dossier"]["id"]
        self.assertEqual(system.call("PATCH", f"/api/v1/dossiers/{number}", {"relais_state": "erased"}, KEY)[0], 200)
        self.assertEqual(system.call("PATCH", f"/api/v1/dossiers/{number}", {"relais_state": "overdue"}, KEY)[0], 410)
        destroyed = until(lambda: [b for b in self.hearer.bodies("Dossier") if b["meta"]["event"] == "destroyed"])
        self.assertEqual(destroyed[0]["meta"]["webhook_reason"], "rgpd")

    def test_counts_what_it_provokes(self):
        system = self.system("--noise", 0)
        system.control(misbehave={"unknown_code": 1, "missing_field": 1, "not_json": 1, "bad_signature": 1}, issue=3)
        until(lambda: len(self.hearer.heard) == 7)
        self.assertEqual(system.state()["provoked"],
                         {"unknown_code": 1, "missing_field": 1, "not_json": 1, "bad_signature": 1})
        self.assertEqual(until(lambda: not (unsent := system.state()["unsent"]) and [unsent]), [{}])
        broken = [body for _, body in self.hearer.heard if not body.endswith(b"}}")]
        self.assertEqual(len(broken), 1)

    def test_lives_a_whole_life_and_journals_no_name(self):
        system = self.system("--pace", 0.00001)
        system.control(decide={"accept": 1, "decline": 0, "redirect": 0, "ignore": 0})
        for number in range(5):
            system.call("POST", "/api/v1/dossiers", asked(f"h-{number}"), KEY)
        until(lambda: system.state()["dossiers"] == {"closed": 5})
        said = [b["data"]["status"] for b in self.hearer.bodies("Dossier")]
        self.assertTrue({"new", "received", "accepted", "in_progress", "closed"} <= set(said))
        with open(self.folder + "/journal.jsonl", encoding="utf-8") as file:
            text = file.read()
        self.assertNotIn("EXEMPLE", text)
        self.assertIn('"closed"', text)

    def test_redirects_to_somebody_else_and_goes_on_when_that_is_refused(self):
        system = self.system("--pace", 0.00001)
        system.control(decide={"accept": 0, "decline": 0, "redirect": 1, "ignore": 0})
        system.call("POST", "/api/v1/dossiers", asked(), KEY)
        child = until(lambda: self.hearer.bodies("Orientation"))[0]["data"]
        self.assertEqual((child["parent_external_ref"], child["destination"]), ("h-1", "REG-11"))
        system.call("PATCH", f"/api/v1/orientations/{child['id']}", {"relais_state": "refused"}, KEY)
        until(lambda: system.state()["dossiers"] == {"closed": 1})

    def test_can_be_told_to_answer_badly(self):
        system = self.system()
        system.control(misbehave={"http_500": 1})
        self.assertEqual(system.call("POST", "/api/v1/dossiers", asked(), KEY)[0], 500)
        system.control(misbehave={"html_200": 1})
        status, body = system.call("POST", "/api/v1/dossiers", asked(), KEY)
        self.assertEqual((status, body[:9]), (200, b"<!DOCTYPE"))
        system.control(misbehave={"drop_connection": 1})
        with self.assertRaises(OSError):
            system.call("POST", "/api/v1/dossiers", asked(), KEY)
        self.assertEqual(system.state()["dossiers"], {"new": 1})  # it was done; the answer got lost
        system.control(person_fails_for_ever="h-1")
        self.assertEqual(system.call("POST", "/api/v1/dossiers", asked(), KEY)[0], 500)
        self.assertEqual(system.call("POST", "/api/v1/dossiers", asked("h-2"), KEY)[0], 201)

    def test_sends_everything_again_as_created(self):
        system = self.system("--noise", 0)
        system.control(issue=3)
        until(lambda: len(self.hearer.heard) == 3)
        system.control(resend_all=True)
        until(lambda: len(self.hearer.heard) == 6)
        self.assertEqual({json.loads(body)["meta"]["event"] for _, body in self.hearer.heard}, {"created"})


if __name__ == "__main__":
    unittest.main()
