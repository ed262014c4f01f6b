#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A regional operator: a CRM and an agenda in the manner of RDV-Service-Public (demo/README.md)."""

import json
import pathlib
import sys
import time

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from demo.api import Answer, Route, page, server_of
from demo.decisions import Counsellors
from demo.simulated import arguments, run, seconds_text
from demo.webhooks import Webhooks

SITES = {"44": {"metz": 31, "strasbourg": 32}, "11": {"montreuil": 41}}
LABELS = {"orientation": "Orientation", "dossier": "Dossier", "rdv": "Rdv"}
WRITTEN_STATES = {"cancel_requested", "withdrawn", "entered_in_error", "erased", "overdue", "not_delivered", "cancel_refused"}
REQUIRED = ("first_name", "last_name", "birth_date")
STALE_S = 3.0


class Regional(Counsellors):
    bad_kinds = ("unknown_code", "missing_field", "not_json", "bad_signature", "rgpd_destroy")

    def __init__(self, options):
        super().__init__(options)
        self.own_destination = f"REG-{options.region}"
        self.webhooks = Webhooks(self, options.webhook, options.secret, options.retry_speed)
        self._bucket = (0, 0)

    def person_offset(self):
        return int(self.options.region) * 100_000

    # --- what goes out ---

    def changed(self, table, row, event="updated", reason=None):
        row["updated_us"] = self.clock.now_us()
        self.store.put(table, row["id"], row)
        self.send(table, row, event, reason)

    def send(self, table, row, event, reason=None, **more):
        text = self.rendered(LABELS[table], self.data(table, row), event, reason)
        about = {"model": LABELS[table], "id": row["id"], "event": event, "status": row["status"], **more}
        self.webhooks.enqueue(text, about, STALE_S if self.hits("stale_retry") else 0)
        if self.hits("duplicate_webhook"):
            self.webhooks.enqueue(text, about)

    def rendered(self, model, data, event="updated", reason=None):
        meta = {"model": model, "event": event, "webhook_reason": reason,
                "timestamp": seconds_text(self.clock.now_us())}
        return json.dumps({"data": data, "meta": meta}, ensure_ascii=False)

    def data(self, table, row):
        return getattr(self, table + "_data")(row)

    def user_data(self, key):
        user = self.store.get("user", key)
        return {"id": user["id"], "first_name": user["first_name"], "birth_name": user["birth_name"],
                "last_name": user["last_name"], "email": user["email"], "address": user["address"],
                "phone_number": user["phone"], "phone_number_formatted": user["phone_formatted"],
                "birth_date": user["birth_date"], "notes": None, "affiliation_number": None,
                "created_at": seconds_text(user["created_us"])}

    def organisation(self, row):
        sites = SITES.get(self.options.region, {"siege": 51})
        names = sorted(sites)
        name = row.get("site") if row.get("site") in sites else names[int(str(row["id"])[-1]) % len(names)]
        return {"id": sites[name], "name": f"Antenne CEP {name.capitalize()}"}

    def orientation_data(self, row):
        return {"id": row["id"], "status": row["status"], "destination": row["destination"],
                "requested_on": row["requested_on"], "sent_at": seconds_text(row["sent_us"]),
                "status_at": seconds_text(row.get("status_us", row["sent_us"])),
                "updated_at": seconds_text(row["updated_us"]), "motive": row["motive"], "reason": row["reason"],
                "urgent": row["urgent"], "level": row["level"], "departement": row["departement"],
                "region": row["region"] or self.options.region, "informed_choice": row["informed_choice"],
                "parent_external_ref": row["parent"], "user": self.user_data(row["user"]),
                "organisation": self.organisation(row), "note": row["note"], "test": row["test"],
                "agent": {"id": 12, "first_name": "Paul", "last_name": "CONSEIL", "email": "paul@example.org"},
                "relais_state": row["relais_state"], "relais_message": row["relais_message"],
                "remote_ref": row["remote_ref"]}

    def dossier_data(self, row):
        return {"id": row["id"], "external_ref": row["external_ref"], "status": row["status"],
                "status_at": seconds_text(row["status_us"]), "updated_at": seconds_text(row["updated_us"]),
                "decline_reason": row["decline_reason"], "decline_note": row["decline_note"],
                "closed_at": seconds_text(row["closed_us"]), "outcome": row["outcome"], "honoured": row["honoured"],
                "level": row["level"], "user": self.user_data(row["user"]), "organisation": self.organisation(row),
                "relais_state": row["relais_state"], "relais_message": row["relais_message"]}

    def rdv_data(self, row):
        user = self.user_data(row["user"])
        organisation = self.organisation(row)
        ends_us = row["starts_us"] + row["minutes"] * 60_000_000
        return {"id": row["id"], "status": row["status"], "starts_at": seconds_text(row["starts_us"]),
                "ends_at": seconds_text(ends_us), "duration_in_min": row["minutes"],
                "cancelled_at": seconds_text(row["cancelled_us"]), "collectif": False, "created_by_type": "Agent",
                "organisation": organisation, "users": [user], "lieu": {"id": 66, "name": organisation["name"]},
                "motif": {"id": 140, "name": "Entretien CEP", "location_type": row["mode"],
                          "follow_up": row["follow_up"]},
                "participations": [{"id": row["id"] + 10_000, "status": row["status"], "user": user}],
                "agents": [{"id": 12, "first_name": "Paul", "last_name": "CONSEIL", "email": "paul@example.org"}]}

    def resend_all(self):
        """The button of an administrator: everything again, as if created now."""
        self.count("provoked", "resend_all")
        for table in LABELS:
            for row in self.store.table(table).values():
                if not row.get("erased"):
                    self.send(table, row, "created")

    # --- misbehaviour of its own ---

    def bad_record(self, kind):
        number = self.next_id("bad", 900_001)
        user = self.new_user()
        row = {"id": number, "status": "sent", "destination": self.options.destinations.split(",")[0],
               "requested_on": "2026-03-01", "sent_us": self.clock.now_us(), "updated_us": self.clock.now_us(),
               "motive": "bilan", "reason": "choix", "urgent": False, "level": 1, "departement": "57", "region": None,
               "informed_choice": True, "parent": None, "user": user["id"], "note": None, "test": False,
               "relais_state": None, "relais_message": None, "remote_ref": None}
        data = self.orientation_data(row)
        if kind == "rgpd_destroy":
            return self.erase_somebody()
        if kind == "unknown_code":
            data["status"] = "mise_en_pause"
        if kind == "missing_field":
            del data["id"]
        text = self.rendered("Orientation", data, "created")
        if kind == "not_json":
            text = text[:len(text) // 2]
        about = {"model": "Orientation", "id": number, "provoked": kind}
        self.webhooks.enqueue(text, about | ({"forged": True} if kind == "bad_signature" else {}))

    def erase_somebody(self):
        """A closed dossier whose person asked to be forgotten; without one, nothing happens and nothing counts."""
        for row in self.store.table("dossier").values():
            if row["status"] == "closed" and not row["erased"]:
                return self.erase("dossier", row)
        self.count("provoked", "rgpd_destroy", -1)
        return self.misbehave({"rgpd_destroy": 1})

    def erase(self, table, row):
        row["erased"], row["next"] = True, None
        self.changed(table, row, "destroyed", "rgpd")

    # --- the API ---

    def refused(self, request, row=None):
        """The answer that every call may get instead of its own, or None."""
        if request.headers.get("X-Agent-Auth-Token") != self.options.token:
            return Answer(401, {"errors": ["unauthorized"]})
        second = int(time.monotonic())
        self._bucket = (second, self._bucket[1] + 1 if self._bucket[0] == second else 1)
        if self.options.calls_per_second and self._bucket[1] > self.options.calls_per_second:
            return Answer(429, {"errors": ["too many requests"]}, {"Retry-After": "1"})
        if row is not None and {str(row.get("external_ref")), str(row["user"])} & self.fails_for_ever:
            return Answer(500, {"errors": ["internal"]})
        return None

    def post_dossier(self, request):
        asked = request.json()
        with self.change():
            if (refusal := self.refused(request)) is not None:
                return refusal
            if str(asked.get("external_ref")) in self.fails_for_ever:
                return Answer(500, {"errors": ["internal"]})
            key = request.headers.get("Idempotency-Key")
            before = self.store.get("idempotency", key) if key else None
            if before is not None:
                return Answer(200, before["body"])
            errors = self.mistakes(asked)
            if errors:
                return Answer(422, {"errors": errors, "error_messages": errors})
            status, dossier = self.keep_dossier(asked)
            body = {"dossier": {"id": dossier["id"], "status": dossier["status"], "user": {"id": dossier["user"]}}}
            if key:
                self.store.put("idempotency", key, {"id": key, "body": body})
            return Answer(status, body)

    def mistakes(self, asked):
        user = asked.get("user") if isinstance(asked.get("user"), dict) else {}
        missing = [name for name in REQUIRED if not user.get(name)]
        if missing == ["last_name"] and user.get("birth_name"):
            missing = []
        return ([] if asked.get("external_ref") else ["external_ref is blank"]) + [f"user.{n} is blank" for n in missing]

    def keep_dossier(self, asked):
        for dossier in self.store.table("dossier").values():
            if dossier["external_ref"] == asked["external_ref"]:
                self.changed("dossier", dossier)
                return 200, dossier
        user = self.known_user(asked["user"])
        return 201, self.open_dossier(self.next_id("dossier", 5001), user, asked["external_ref"],
                                      source=asked.get("source"), site=asked.get("organisation"))

    def known_user(self, told):
        """The CRM knows a person again by names and birth date."""
        names = (told.get("first_name"), told.get("birth_name"), told.get("last_name"), told.get("birth_date"))
        for user in self.store.table("user").values():
            if (user["first_name"], user["birth_name"], user["last_name"], user["birth_date"]) == names:
                return user
        phone = told.get("phone_number")
        return self.new_user(first_name=names[0], birth_name=names[1], last_name=names[2] or names[1],
                             birth_date=names[3], phone=phone, phone_formatted=phone, email=told.get("email"),
                             address=told.get("address"), note=None)

    def patched(self, table):
        def answer(request):
            asked = request.json()
            with self.change():
                row = self.store.get(table, int(request.found[0]))
                if (refusal := self.refused(request, row)) is not None:
                    return refusal
                if row is None:
                    return Answer(404, {"errors": [f"{LABELS[table]} id doesn't exist"]})
                if row.get("erased"):
                    return Answer(410, {"errors": ["gone"]})
                self.write_state(table, row, asked)
                return Answer(200, {table: self.data(table, row)})
        return answer

    def write_state(self, table, row, asked):
        written = {name: asked[name] for name in ("relais_state", "relais_message", "remote_ref")
                   if name in asked and name in row and row[name] != asked[name]}
        row.update(written)
        state = asked.get("relais_state")
        if table == "dossier" and state == "erased":
            return self.erase(table, row)
        if written:  # what changes nothing makes no webhook
            self.changed(table, row)
        if state and table == "dossier":
            self.told_dossier(row, state)
        elif state:
            self.told_orientation(row, state)

    def post_event(self, request):
        asked = request.json()
        with self.change():
            row = self.store.get("orientation", int(request.found[0]))
            if (refusal := self.refused(request, row)) is not None:
                return refusal
            if row is None:
                return Answer(404, {"errors": ["Orientation id doesn't exist"]})
            key = request.headers.get("Idempotency-Key")
            if key is None or self.store.get("idempotency", key) is None:
                self.count("events", str(asked.get("status")))
                if key:
                    self.store.put("idempotency", key, {"id": key})
            return Answer(201, {})

    def state(self):
        with self.lock:
            unsent = self.webhooks.unsent()
        return super().state() | {"webhooks": {**self.counted("webhooks"), "waiting": self.webhooks.waiting()},
                                  "unsent": unsent,
                                  "events": self.counted("events")}

    def overview(self, _request):
        with self.lock:
            newest = [list(self.store.table(name).values())[-200:][::-1] for name in ("orientation", "dossier")]
        sent = [[r["id"], r["destination"], r["motive"], r["status"], r["relais_state"], r["relais_message"],
                 seconds_text(r["updated_us"])] for r in newest[0]]
        received = [[r["id"], r["external_ref"], r.get("source"), r["status"], r["decline_reason"], r["outcome"],
                     r["relais_state"], seconds_text(r["updated_us"])] for r in newest[1]]
        return page(f"Opérateur régional {self.own_destination} (simulé)", [
            ("Orientations envoyées", ["n°", "vers", "motif", "état", "relais", "message", "modifiée"], sent),
            ("Dossiers reçus", ["n°", "référence", "de", "état", "refus", "issue", "relais", "modifié"], received)])

    def routes(self):
        return [Route("POST", "/api/v1/dossiers", self.post_dossier),
                Route("PATCH", r"/api/v1/dossiers/(\d+)", self.patched("dossier")),
                Route("PATCH", r"/api/v1/orientations/(\d+)", self.patched("orientation")),
                Route("POST", r"/api/v1/orientations/(\d+)/events", self.post_event),
                Route("GET", "/", self.overview, spared=True)]


def main():
    parser = arguments(__doc__)
    parser.add_argument("--region", default="44", help="INSEE code of the region")
    parser.add_argument("--webhook", required=True, help="address that hears of every change")
    parser.add_argument("--secret", default="demo-secret", help="signs the webhooks")
    parser.add_argument("--token", default="demo-token", help="opens the API")
    parser.add_argument("--retry-speed", type=float, default=1.0, help="divides the n⁴ seconds between two tries")
    parser.add_argument("--calls-per-second", type=int, default=50, help="429 beyond (0: no limit)")
    system = Regional(parser.parse_args())
    server = server_of(system, system.routes(), system.options.port)
    system.webhooks.start()
    system.start_issuing()
    return run(system, server)


if __name__ == "__main__":
    sys.exit(main())
