#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""France Travail, as far as its partners see it (demo/README.md): OAuth2, three calls to send, one list to poll."""

import datetime
import pathlib
import secrets
import sys
import time

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from demo.api import Answer, Route, page, server_of
from demo.decisions import Counsellors
from demo.people import digests
from demo.simulated import arguments, millis_text, run

PAGE_SIZE = 50
JETON_TTL_S = 60
LATE_S = 1.0  # a call that is carried out so long after it came is journalled as late
AGENT_HEADERS = ("pa-identifiant-agent", "pa-nom-agent", "pa-prenom-agent")
RECEIVED = {"new": "NOUVELLE", "received": "RECUE", "accepted": "ACCEPTEE", "declined": "REFUSEE",
            "redirected": "REORIENTEE", "in_progress": "EN_COURS", "closed": "CLOSE", "cancelled": "ANNULEE"}
ISSUED = {"sent": "ENVOYEE", "cancel_requested": "ANNULATION_DEMANDEE", "withdrawn": "ANNULEE", "error": "ERREUR"}
MEETINGS = {"unknown": "PRIS", "seen": "EFFECTUE", "noshow": "ABSENT", "excused": "ANNULE", "revoked": "ANNULE"}
WRITTEN = {"etatPartenaire": "relais_state", "informationPartenaire": "relais_message", "referencePartenaire": "remote_ref"}
MODES = {"public_office": "PHYSIQUE", "phone": "TELEPHONE", "visio": "VISIO"}
SHOWN = ("id", "status", "status_us", "updated_us", "external_ref", "dossier", "moved", "starts_us", "bad")
DECLINES = {"hors_perimetre": "HORS_CHAMP", "capacite": "CAPACITE", "injoignable": "INJOIGNABLE",
            "doublon": "DOUBLON", "non_eligible": "NON_ELIGIBLE", "refus_personne": "REFUS_USAGER", "autre": "AUTRE"}


def problem(status, code, message):
    return Answer(status, {"codeErreur": code, "codeHttp": status, "message": message})


class FranceTravail(Counsellors):
    own_destination = "FT"
    bad_kinds = ("unknown_code", "missing_field", "merge_person", "expire_token")

    def __init__(self, options):
        super().__init__(options)
        self._tokens = {}  # token → monotonic end; lost at a restart, as sessions are
        self._jetons = {}  # jetonUsager → (key of the usager, monotonic end)

    # --- what others see when they poll ---

    def changed(self, table, row, event="updated", reason=None):
        # Milliseconds that never stand twice in one table's row: a list is read by date.
        row["updated_us"] = max(self.clock.now_us(), row["updated_us"] + 1000 if event != "created" else 0)
        row["version"] = row.get("version", 0) + 1
        self.store.put(table, row["id"], row)
        # A list shows the newest state only: what it can have shown at all stands in the journal.
        self.journal.write("shown", effect="shown", table=table, **{name: row.get(name) for name in SHOWN})

    def orientation_id(self, number):
        return f"ORI-{number}"

    def rdv_id(self, number):
        return f"RDV-{number}"

    def usager(self, key):
        user = self.store.get("user", key)
        return {"id": f"U-{user.get('merged_into') or user['id']}", "numeroFranceTravail": user.get("ft_number"),
                "nom": user["birth_name"] or user["last_name"], "prenom": user["first_name"],
                "dateNaissance": user["birth_date"], "telephone": user["phone_formatted"], "courriel": user["email"]}

    def movement(self, kind, row, statut, **fields):
        return {"type": kind, "id": row["id"], "numeroVersion": row["version"], "referenceExterne": None,
                "statut": statut, "motif": None, "motifRefus": None, "commentaireRefus": None, "dateDemande": None,
                "dateModification": millis_text(row["updated_us"]), "dateStatut": millis_text(row.get("status_us")),
                "destinataire": None,
                "usager": self.usager(row["user"]), "rendezVous": None, "cloture": None, "orientationParente": None,
                "choixInforme": False, "test": row.get("test", False), "etatPartenaire": row.get("relais_state"),
                "commentaire": None, **fields}

    def orientation_movement(self, row):
        destination = row["destination"]
        code, _, region = destination.partition("-")
        found = self.movement(
            "ORIENTATION_EMISE", row, ISSUED[row["status"]], motif=row["motive"].upper(),
            dateDemande=row["requested_on"], destinataire={"code": code, "region": region}, commentaire=row["note"],
            orientationParente=row["parent"], choixInforme=row["informed_choice"], referenceExterne=row["remote_ref"])
        if row.get("bad") == "unknown_code":
            found["statut"] = "MISE_EN_PAUSE"
        if row.get("bad") == "missing_field":
            del found["statut"]
        return found

    def dossier_movement(self, row):
        closing = None
        if row["closed_us"] is not None:
            closing = {"date": millis_text(row["closed_us"]), "motif": row["outcome"].upper(),
                       "entretiensHonores": row["honoured"]}
        return self.movement(
            "ORIENTATION_RECUE", row, RECEIVED[row["status"]], motif=row["motive"], cloture=closing,
            dateDemande=row["requested_on"], referenceExterne=row["external_ref"],
            motifRefus=DECLINES.get(row["decline_reason"]), commentaireRefus=row["decline_note"])

    def rdv_movement(self, row):
        dossier = self.store.get("dossier", row["dossier"]) if row["dossier"] else None
        statut = MEETINGS[row["status"]]
        if row["moved"] and statut == "PRIS":
            statut = "MODIFIE"
        return self.movement(
            "RENDEZ_VOUS", row, statut, referenceExterne=dossier and dossier["external_ref"],
            rendezVous={"date": millis_text(row["starts_us"]), "duree": row["minutes"],
                        "modaliteContact": MODES[row["mode"]], "statut": statut})

    def movements(self, request):
        if (refusal := self.unauthorised(request)) is not None:
            return refusal
        try:
            since = datetime.datetime.fromisoformat(request.query.get("modifieDepuis", "1970-01-01T00:00:00+00:00"))
            number = max(1, int(request.query.get("page", "1")))
            since_ms = round(since.timestamp() * 1000)
        except (ValueError, OverflowError):
            return problem(400, "R997", "modifieDepuis ou page invalide")
        with self.lock:
            found = []
            for table in ("orientation", "dossier", "rdv"):
                for row in self.store.table(table).values():
                    if row["updated_us"] // 1000 >= since_ms:
                        found.append((row["updated_us"], table, row))
            found.sort(key=lambda item: (item[0], str(item[2]["id"])))
            pages = max(1, -(-len(found) // PAGE_SIZE))
            part = found[(number - 1) * PAGE_SIZE:number * PAGE_SIZE]
            results = [getattr(self, table + "_movement")(row) for _, table, row in part]
        return Answer(200, {"resultats": results, "page": number, "pages": pages})

    # --- who may call ---

    def token(self, request):
        asked = request.form()
        if (asked.get("client_id"), asked.get("client_secret")) != (self.options.client_id, self.options.client_secret):
            return Answer(401, {"error": "invalid_client"})
        if asked.get("grant_type") != "client_credentials":
            return Answer(400, {"error": "unsupported_grant_type"})
        token = secrets.token_hex(16)
        with self.lock:
            self._tokens[token] = time.monotonic() + self.options.token_ttl
        return Answer(200, {"access_token": token, "expires_in": self.options.token_ttl, "token_type": "Bearer",
                            "scope": asked.get("scope", "")})

    def unauthorised(self, request):
        kind, _, token = (request.headers.get("Authorization") or "").partition(" ")
        with self.lock:
            end = self._tokens.get(token, 0)
        if kind != "Bearer" or end < time.monotonic():
            return Answer(401, {"error": "invalid_token"})
        return None

    # --- the person ---

    def find_person(self, request):
        if (refusal := self.unauthorised(request)) is not None:
            return refusal
        values = [request.headers.get(name) for name in AGENT_HEADERS]
        if None in values:
            return Answer(302, {}, {"Location": "/connexion"})
        if "" in values:
            return Answer(401, {"error": "agent"})
        asked = request.json()
        with self.change():
            if request.found[0] == "par-numero-francetravail":
                wanted = asked.get("numeroFranceTravail")
                matches = [u for u in self.store.table("user").values() if wanted and u.get("ft_number") == wanted]
            elif all(asked.get(name) for name in ("nom", "prenom", "dateNaissance")):
                matches = self.by_identity(asked)
            else:
                return problem(400, "R997", "Identité incomplète")
            return self.person_answer(matches)

    def by_identity(self, asked):
        identity = (asked["nom"], asked["prenom"], asked["dateNaissance"])
        found = [u for u in self.store.table("user").values()
                 if (u["birth_name"] or u["last_name"], u["first_name"], u["birth_date"]) == identity]
        if not found and self.dice("known", *identity).random() < 0.7:
            found = [self.new_user(birth_name=None, last_name=identity[0], first_name=identity[1],
                                   birth_date=identity[2], phone=None, phone_formatted=None, email=None, address=None,
                                   note=None)]
        if found and found[0].get("homonym") is None and self.hits("s003"):
            found[0]["homonym"] = True  # for ever: who asks again gets the same answer
            self.store.put("user", found[0]["id"], found[0])
        return found[:1] * (2 if found and found[0].get("homonym") else 1)

    def person_answer(self, matches):
        if len(matches) != 1:
            code, message = ("S003", "Plusieurs approchants") if matches else ("S002", "Aucun approchant")
            return Answer(200, {"codeRetour": code, "message": message, "jetonUsager": None,
                                "topIdentiteCertifiee": "null"})
        jeton = secrets.token_urlsafe(48)
        self._jetons[jeton] = (matches[0]["id"], time.monotonic() + JETON_TTL_S)
        return Answer(200, {"codeRetour": "S001", "message": "Approchant trouvé", "jetonUsager": jeton,
                            "topIdentiteCertifiee": "O"})

    def who(self, request, identity):
        """(key of the usager, None) or (None, the answer that says why not)."""
        jeton = request.headers.get("ft-jeton-usager")
        if jeton:
            key, end = self._jetons.get(jeton, (None, 0))
            if end < time.monotonic():
                return None, problem(401, "JETON_PERIME", "jetonUsager inconnu ou périmé")
            return key, None
        if not (isinstance(identity, dict) and identity.get("nom") and identity.get("prenom")):
            return None, problem(400, "R997", "identite obligatoire sans jetonUsager")
        phone = identity.get("telephone")
        user = self.new_user(birth_name=None, last_name=identity["nom"], first_name=identity["prenom"],
                             birth_date=identity.get("dateNaissance"), phone=phone, phone_formatted=phone,
                             email=identity.get("courriel"), address=None, note=None)
        return user["id"], None

    # --- orientations that come in ---

    def look_up(self, request):
        if (refusal := self.unauthorised(request)) is not None:
            return refusal
        wanted = request.query.get("referenceExterne")
        with self.lock:
            found = [{"id": row["id"], "statut": RECEIVED[row["status"]], "idUsager": self.usager(row["user"])["id"]}
                     for row in self.store.table("dossier").values() if wanted and row["external_ref"] == wanted]
        return Answer(200, {"resultats": found})

    def create(self, request):
        if (refusal := self.unauthorised(request)) is not None:
            return refusal
        asked = request.json()
        reference = asked.get("referenceExterne")
        if str(reference) in self.fails_for_ever:
            return problem(503, "R999", "Service indisponible")
        if not reference or not asked.get("dateDemande") or not asked.get("motif"):
            return problem(400, "R997", "referenceExterne, dateDemande et motif sont obligatoires")
        with self.change():
            key, refusal = self.who(request, asked.get("identite"))
            if refusal is not None:
                return refusal
            # With a jeton nothing is told of the person: it is whom we found.
            told = asked.get("identite") if not request.headers.get("ft-jeton-usager") else None
            if any(row["external_ref"] == reference for row in self.store.table("dossier").values()):
                self.count("provoked", "doubled")  # nobody asked us to; a checker wants to see 0
            row = self.open_dossier(self.orientation_id(self.next_id("orientation", 1001)),
                                    self.store.get("user", key), reference, version=0, motive=asked["motif"],
                                    requested_on=asked["dateDemande"], comment=asked.get("commentaire"),
                                    told=told and digests({"last_name": told.get("nom"), "first_name": told.get("prenom"),
                                                           "birth_date": told.get("dateNaissance"), "email": told.get("courriel"),
                                                           "phone_formatted": told.get("telephone")}))
            return Answer(201, {"id": row["id"], "idUsager": f"U-{key}"})

    def update(self, request):
        if (refusal := self.unauthorised(request)) is not None:
            return refusal
        asked = request.json()
        with self.change():
            key = request.found[0]
            if self.store.get("merged", key) is not None:
                return problem(409, "ID_NON_RECONNU", "Orientation rattachée à un autre usager")
            table = "dossier" if self.store.get("dossier", key) else "orientation"
            row = self.store.get(table, key)
            if row is None:
                return problem(404, "R404", "Orientation inconnue")
            if {str(row.get("external_ref")), str(row["user"]), f"U-{row['user']}"} & self.fails_for_ever:
                return problem(503, "R999", "Service indisponible")
            written = {ours: asked[name] for name, ours in WRITTEN.items() if name in asked and row[ours] != asked[name]}
            row.update(written)
            if written:  # what changes nothing makes no new version
                self.changed(table, row)
            state = str(asked.get("etatPartenaire", "")).lower()
            self.journal.write("called", method="PUT", path=request.path, effect="written" if written else "same", of=key,
                               mono=round(time.monotonic(), 4), table=table, state=state or None,
                               message=asked.get("informationPartenaire") is not None, **self.late(request))
            (self.told_dossier if table == "dossier" else self.told_orientation)(row, state)
            return Answer(200, {"id": key})

    @staticmethod
    def late(request):
        return {"came": round(request.came, 4)} if time.monotonic() - request.came > LATE_S else {}

    # --- the partners' appointments ---

    def create_meeting(self, request):
        if (refusal := self.unauthorised(request)) is not None:
            return refusal
        asked = request.json()
        if not asked.get("date") or asked.get("statut") not in set(MEETINGS.values()) | {"MODIFIE"}:
            return problem(400, "R997", "date et statut sont obligatoires")
        with self.change():
            key, refusal = self.who(request, asked.get("identite"))
            if refusal is not None:
                return refusal
            number = f"PAR-{self.next_id('partner')}"
            self.store.put("meeting", number, {"id": number, "user": key, "status": asked["statut"], "date": asked["date"],
                                               "external_ref": asked.get("referenceExterne")})
            request.told = {"effect": "created", "of": number, "ref": asked.get("referenceExterne"), "table": "meeting",
                            "mono": round(time.monotonic(), 4), "came": round(request.came, 4)}
            return Answer(201, {"id": number})

    def update_meeting(self, request):
        if (refusal := self.unauthorised(request)) is not None:
            return refusal
        asked = request.json()
        with self.change():
            row = self.store.get("meeting", request.found[0])
            if self.store.get("merged", request.found[0]) is not None:
                return problem(409, "ID_NON_RECONNU", "Rendez-vous rattaché à un autre usager")
            if row is None:
                return problem(404, "R404", "Rendez-vous inconnu")
            row.update(status=asked.get("statut", row["status"]), date=asked.get("date", row.get("date")))
            self.store.put("meeting", row["id"], row)
            self.journal.write("called", method="PUT", path=request.path, effect="written", of=row["id"], table="meeting",
                               mono=round(time.monotonic(), 4), status=row["status"], **self.late(request))
            return Answer(200, {"id": row["id"]})

    # --- misbehaviour of its own ---

    def bad_record(self, kind):
        if kind == "expire_token":
            self._tokens.clear()
        elif kind == "merge_person":
            self.merge_somebody()
        else:
            number = self.next_id("orientation", 1001)
            fields = {"bad": kind, "destination": self.options.destinations.split(",")[0]}
            self.send_on(number, self.new_user(), self.dice("bad", number), fields)["next"] = None

    def merge_somebody(self):
        """Two people were one: an open orientation, and our appointments of that person, get new ids."""
        for row in list(self.store.table("dossier").values()):
            if row["status"] in ("received", "accepted") and not row.get("was"):
                user = self.store.get("user", row["user"])
                user["merged_into"] = self.next_id("user", 101)
                self.store.put("user", user["id"], user)
                old, row["was"] = row["id"], row["id"]
                self.store.put("dossier", old, None)
                self.store.put("merged", old, {"id": old})
                row["id"] = self.orientation_id(self.next_id("orientation", 1001))
                self.changed("dossier", row)
                if row["next"]:
                    self.plan_at("dossier", row, row["next"]["do"], row["next"]["at_us"])
                for rdv in self.store.table("rdv").values():
                    if rdv["dossier"] == old:
                        rdv["dossier"] = row["id"]
                        self.store.put("rdv", rdv["id"], rdv)
                for meeting in list(self.store.table("meeting").values()):
                    if meeting["user"] == user["id"]:
                        self.store.put("merged", meeting["id"], {"id": meeting["id"]})
                return
        self.count("provoked", "merge_person", -1)
        self.misbehave({"merge_person": 1})

    def resend_all(self):
        self.count("provoked", "resend_all")
        for table in ("orientation", "dossier", "rdv"):
            for row in self.store.table(table).values():
                self.changed(table, row)

    def state(self):
        meetings = {}
        for row in self.store.table("meeting").values():
            meetings[row["status"]] = meetings.get(row["status"], 0) + 1
        return super().state() | {"meetings": meetings}

    def overview(self, _request):
        with self.lock:
            newest = [list(self.store.table(name).values())[-200:][::-1] for name in ("orientation", "dossier")]
        sent = [[r["id"], r["destination"], r["motive"], ISSUED[r["status"]], r["relais_state"], r["relais_message"],
                 millis_text(r["updated_us"])] for r in newest[0]]
        received = [[r["id"], r["external_ref"], RECEIVED[r["status"]], r["decline_reason"], r["outcome"],
                     r["relais_state"], millis_text(r["updated_us"])] for r in newest[1]]
        return page("France Travail (simulé)", [
            ("Orientations émises", ["n°", "vers", "motif", "statut", "relais", "message", "modifiée"], sent),
            ("Orientations reçues", ["n°", "référence", "statut", "refus", "clôture", "relais", "modifiée"], received)])

    def routes(self):
        orientations = "/partenaire/orientations/v1/orientations"
        meetings = "/partenaire/rendez-vous-partenaire/v1/rendez-vous"
        people = "/partenaire/rechercher-usager/v2/usagers/(par-numero-francetravail|par-identite)"
        return [Route("POST", "/connexion/oauth2/access_token", self.token),
                Route("POST", people, self.find_person),
                Route("GET", orientations, self.look_up),
                Route("POST", orientations, self.create),
                Route("PUT", orientations + "/([A-Z]+-[0-9]+)", self.update),
                Route("POST", meetings, self.create_meeting, repeatable=False),
                Route("PUT", meetings + "/([A-Z]+-[0-9]+)", self.update_meeting),
                Route("GET", "/partenaire/mouvements/v1/mouvements", self.movements),
                Route("GET", "/", self.overview, spared=True)]


def main():
    parser = arguments(__doc__)
    parser.add_argument("--client-id", default="relais")
    parser.add_argument("--client-secret", default="demo-secret")
    parser.add_argument("--token-ttl", type=int, default=1499, help="seconds that a token lives")
    system = FranceTravail(parser.parse_args())
    server = server_of(system, system.routes(), system.options.port)
    system.start_issuing()
    return run(system, server)


if __name__ == "__main__":
    sys.exit(main())
