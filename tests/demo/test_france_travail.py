# SPDX-License-Identifier: Apache-2.0
import tempfile
import unittest
import urllib.parse

from tests.demo.running import Program, until

FORM = "grant_type=client_credentials&client_id=relais&client_secret=demo-secret&scope=x"
AGENT = {"pa-identifiant-agent": "BATCH", "pa-nom-agent": "RELAIS", "pa-prenom-agent": "RELAIS"}
ANA = {"nom": "EXEMPLE", "prenom": "Ana", "dateNaissance": "1988-03-02", "telephone": None, "courriel": None}
ORIENTATIONS = "/partenaire/orientations/v1/orientations"
PEOPLE = "/partenaire/rechercher-usager/v2/usagers/par-identite"
MEETINGS = "/partenaire/rendez-vous-partenaire/v1/rendez-vous"


class FranceTravailTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def system(self, *options):
        started = Program("france_travail.py", "--destinations", "REG-44,REG-11", "--state", self.folder, *options)
        self.addCleanup(started.close)
        return started

    def bearer(self, system):
        status, body = system.call("POST", "/connexion/oauth2/access_token?realm=/partenaire", FORM.encode())
        self.assertEqual(status, 200)
        return {"Authorization": "Bearer " + body["access_token"]}

    def create(self, system, bearer, reference="h-1"):
        body = {"referenceExterne": reference, "dateDemande": "2026-03-01", "motif": "BILAN", "urgent": False,
                "identite": ANA}
        status, answer = system.call("POST", ORIENTATIONS, body, bearer)
        self.assertEqual(status, 201)
        return answer["id"]

    def movements(self, system, bearer, since="2000-01-01T00:00:00.000+01:00"):
        found, page = [], 1
        while True:
            query = urllib.parse.urlencode({"modifieDepuis": since, "page": page})
            status, body = system.call("GET", "/partenaire/mouvements/v1/mouvements?" + query, headers=bearer)
            self.assertEqual(status, 200)
            found += body["resultats"]
            if page >= body["pages"]:
                return found
            page += 1

    def test_gives_tokens_that_end(self):
        system = self.system("--token-ttl", 0)
        self.assertEqual(system.call("POST", "/connexion/oauth2/access_token", b"client_id=x")[0], 401)
        self.assertEqual(system.call("GET", ORIENTATIONS + "?referenceExterne=h", headers=self.bearer(system))[0], 401)

    def test_finds_the_person_or_says_so_in_a_200(self):
        system = self.system()
        bearer = self.bearer(system)
        self.assertEqual(system.call("POST", PEOPLE, ANA, bearer)[0], 302)
        codes = [system.call("POST", PEOPLE, ANA | {"prenom": f"Ana{n}"}, bearer | AGENT) for n in range(30)]
        self.assertEqual({status for status, _ in codes}, {200})
        self.assertEqual({body["codeRetour"] for _, body in codes}, {"S001", "S002"})
        known = next(n for n, (_, body) in enumerate(codes) if body["codeRetour"] == "S001")
        system.control(misbehave={"s003": 1})
        for _ in range(2):
            body = system.call("POST", PEOPLE, ANA | {"prenom": f"Ana{known}"}, bearer | AGENT)[1]
            self.assertEqual((body["codeRetour"], body["jetonUsager"]), ("S003", None))
        self.assertEqual(system.state()["provoked"], {"s003": 1})

    def test_makes_a_second_one_when_asked_twice(self):
        system = self.system()
        bearer = self.bearer(system)
        self.create(system, bearer)
        self.create(system, bearer)
        body = system.call("GET", ORIENTATIONS + "?referenceExterne=h-1", headers=bearer)[1]
        self.assertEqual(len(body["resultats"]), 2)
        self.assertEqual(system.state()["provoked"], {"doubled": 1})

    def test_lists_each_record_once_by_date_from_an_inclusive_bound(self):
        system = self.system("--noise", 0)
        bearer = self.bearer(system)
        system.control(issue=120)
        found = self.movements(system, bearer)
        self.assertEqual(len({m["id"] for m in found}), 120)
        dates = [m["dateModification"] for m in found]
        self.assertEqual(dates, sorted(dates))
        self.assertIn(found[-1]["id"], [m["id"] for m in self.movements(system, bearer, dates[-1])])

    def test_shows_what_we_wrote_as_a_change(self):
        system = self.system()
        bearer = self.bearer(system)
        number = self.create(system, bearer)
        before = self.movements(system, bearer)[0]
        self.assertEqual((before["statut"], before["referenceExterne"]), ("NOUVELLE", "h-1"))
        system.call("PUT", f"{ORIENTATIONS}/{number}", {"etatPartenaire": "EN_RETARD"}, bearer)
        after = self.movements(system, bearer)[0]
        self.assertEqual((after["numeroVersion"], after["etatPartenaire"]), (before["numeroVersion"] + 1, "EN_RETARD"))
        self.assertGreater(after["dateModification"], before["dateModification"])

    def test_lives_a_whole_life(self):
        system = self.system("--pace", 0.00001)
        bearer = self.bearer(system)
        system.control(decide={"accept": 1, "decline": 0, "redirect": 0, "ignore": 0})
        self.create(system, bearer)
        until(lambda: system.state()["dossiers"] == {"closed": 1})
        found = self.movements(system, bearer)
        closed = next(m for m in found if m["type"] == "ORIENTATION_RECUE")
        self.assertEqual(closed["statut"], "CLOSE")
        self.assertEqual(set(closed["cloture"]), {"date", "motif", "entretiensHonores"})
        self.assertTrue(all(m["referenceExterne"] == "h-1" for m in found if m["type"] == "RENDEZ_VOUS"))

    def test_does_not_know_an_id_after_a_merge(self):
        system = self.system()
        bearer = self.bearer(system)
        system.control(decide={"accept": 0, "decline": 0, "redirect": 0, "ignore": 1}, pace=0.00001)
        number = self.create(system, bearer)
        until(lambda: system.state()["dossiers"] == {"received": 1})
        system.control(misbehave={"merge_person": 1}, issue=1)
        status, body = system.call("PUT", f"{ORIENTATIONS}/{number}", {"etatPartenaire": "X"}, bearer)
        self.assertEqual((status, body["codeErreur"]), (409, "ID_NON_RECONNU"))
        found = system.call("GET", ORIENTATIONS + "?referenceExterne=h-1", headers=bearer)[1]["resultats"]
        self.assertEqual([f["id"] == number for f in found], [False])

    def test_loses_the_answer_of_an_appointment_only_when_told(self):
        system = self.system()
        bearer = self.bearer(system)
        meeting = {"date": "2026-03-09T14:00:00.000+01:00", "statut": "PRIS", "referenceExterne": "h-1", "identite": ANA}
        system.control(misbehave={"drop_connection": 1})
        self.assertEqual(system.call("POST", MEETINGS, meeting, bearer)[0], 201)
        system.control(misbehave={"drop_connection": 0, "lost_answer": 1})
        with self.assertRaises(OSError):
            system.call("POST", MEETINGS, meeting, bearer)
        self.assertEqual(system.state()["meetings"], {"PRIS": 2})

    def test_goes_on_after_a_kill_with_all_it_had_said(self):
        system = self.system()
        system.control(issue=10)
        before = self.movements(system, self.bearer(system))
        system.close(kill=True)
        again = self.system()
        self.assertEqual(self.movements(again, self.bearer(again)), before)


if __name__ == "__main__":
    unittest.main()
