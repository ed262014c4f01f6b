# SPDX-License-Identifier: Apache-2.0
"""What counsellors do, the same in every simulated system: issue, receive, decide, book, meet, take over, close.

Rows are in neutral words (the regional systems' own); each system renders them in its own vocabulary and says in
changed() how the world hears of a change. Decisions depend on the seed and on the row alone, so that a restart or
another order of threads decides the same.
"""

from demo.people import digests, person
from demo.simulated import DAY_US, HOUR_US, System, paris

MOTIVES = ["reconversion", "creation", "formation", "vae", "financement", "demission", "mobilite", "bilan"]
REASONS = ["hors_perimetre", "specialiste", "choix", "statut", "demenagement", "capacite"]
DECLINES = ["hors_perimetre", "capacite", "injoignable", "doublon", "non_eligible", "refus_personne", "autre"]
OUTCOMES = ["emploi", "creation", "formation", "vae", "projet", "information"]
DECLINE_NOTES = ["Agenda complet jusqu'au mois prochain.", "Deux messages laissés, sans réponse.", None]
FINAL = {"declined", "redirected", "closed", "cancelled", "withdrawn"}
# What we write into an orientation when it is over for its sender.
SETTLED = {"declined", "closed", "refused", "cancelled", "withdrawn", "expired", "not_delivered"}


def settled(orientation):
    return str(orientation["relais_state"]).lower() in SETTLED


class Counsellors(System):
    own_destination = ""
    statuses_unknown_here = frozenset()  # neutral words that the system has no word for

    def changed(self, table, row, event="updated", reason=None):
        """Stores the row and lets the world hear of it, in the system's own way."""
        raise NotImplementedError

    def bad_record(self, kind):
        """Sends a record that no connector can translate; `kind` is one of bad_kinds."""
        raise NotImplementedError

    bad_kinds = ()

    # --- people ---

    def new_user(self, **fields):
        """A person in this system's own files; `fields` overrule the invented ones."""
        number = self.next_id("user", 101)
        row = person(self.options.seed, self.person_offset() + number)
        row.pop("number")
        row |= {"id": number, "created_us": self.clock.now_us(), **self.everyone, **fields}
        row["digests"] = digests(row)
        self.store.put("user", number, row)
        return row

    def person_offset(self):
        return 0

    # --- those who send somebody on ---

    def start_issuing(self):
        with self.change():
            row = self.store.get("timer", "issue") or {"id": "issue"}
            self.plan("timer", row, "issue_by_timer", 0, pace=False)

    def do_issue_by_timer(self, row):
        if self.issue_every_s > 0:
            self.issue()
        self.plan("timer", row, "issue_by_timer", max(self.issue_every_s, 60) / 3600, pace=False)

    def issue(self, **fields):
        """One hand-over, the appointments of strangers that go with it, and at times a bad record."""
        number = self.next_id("orientation", 1001)
        dice = self.dice("issue", number)
        user = fields.pop("user", None)
        known = self.known_and_free() if user is None and dice.random() < 0.1 else []
        user = self.store.get("user", dice.choice(known)) if known else self.new_user(**(user or {}))
        self.send_on(number, user, dice, fields)
        strangers = int(self.options.noise) + (dice.random() < self.options.noise % 1)
        for turn in range(strangers):
            self.book(self.new_user(), None, self.dice("stranger", number, turn))
        for kind in self.bad_kinds:
            if self.hits(kind):
                self.bad_record(kind)

    def known_and_free(self):
        """People who were sent on before, and of whom nothing is open any more."""
        rows = self.store.table("orientation").values()
        still = {row["user"] for row in rows if row["status"] == "sent" and not settled(row)}
        return sorted({row["user"] for row in rows if row["parent"] is None} - still)

    def send_on(self, number, user, dice, fields):
        now = self.clock.now_us()
        destinations = [d for d in self.options.destinations.split(",") if d]
        wrong = self.options.wrong_destination
        row = {
            "id": self.orientation_id(number), "status": "sent",
            "destination": wrong if wrong and self.hits("wrong_destination") else dice.choice(destinations),
            "requested_on": paris(now - dice.randrange(3) * DAY_US).date().isoformat(),
            "sent_us": now, "status_us": now, "updated_us": now,
            "motive": dice.choice(MOTIVES), "reason": dice.choice(REASONS),
            "urgent": dice.random() < 0.1, "level": dice.choice([1, 2, None]), "departement": dice.choice(["57", "75"]),
            "region": None, "informed_choice": dice.random() < 0.9, "parent": None, "user": user["id"],
            "note": user["note"], "test": False, "relais_state": None, "relais_message": None, "remote_ref": None,
            "next": None, **fields,
        }
        chance = dice.random()
        self.changed("orientation", row, "created")
        self.journal.write("issued", id=row["id"], destination=row["destination"], parent=row["parent"])
        if row["parent"] is None and row["destination"] != wrong and chance < self.regret:
            what = dice.choices(["ask_cancel", "withdraw", "take_back"], [5, 2, 1])[0]
            self.plan("orientation", row, what, dice.uniform(20, 60))
        return row

    def orientation_id(self, number):
        return number

    def say_orientation(self, row, status):
        if row["status"] == "sent" and not settled(row):
            row.update(status=status, status_us=self.clock.now_us())
            self.changed("orientation", row)
            self.journal.write("issuer", id=row["id"], status=status)

    def do_ask_cancel(self, row):
        self.say_orientation(row, "cancel_requested")

    def do_withdraw(self, row):
        self.say_orientation(row, "withdrawn")

    def do_take_back(self, row):
        self.say_orientation(row, "error")

    def told_orientation(self, row, state):
        """We wrote `state` into an orientation. A refused redirect leaves the person with whoever holds the dossier."""
        if state != "refused" or row["parent"] is None:
            return
        for dossier in self.store.table("dossier").values():
            if dossier["external_ref"] == row["parent"] and dossier["status"] == "redirected":
                self.say(dossier, "accepted")
                self.plan("dossier", dossier, "book", 10)

    # --- those who receive ---

    def open_dossier(self, key, user, external_ref, **fields):
        now = self.clock.now_us()
        dice = self.dice("dossier", external_ref)
        row = {
            "id": key, "external_ref": external_ref, "status": "new", "status_us": now, "updated_us": now,
            "decline_reason": None, "decline_note": None, "closed_us": None, "outcome": None, "honoured": 0,
            "level": dice.choice([1, 2, None]), "user": user["id"], "relais_state": None, "relais_message": None,
            "remote_ref": None, "misses": 0, "goal": dice.choice([1, 1, 2, 3]), "erased": False, "next": None, **fields,
        }
        self.changed("dossier", row, "created")
        self.plan("dossier", row, "receive", dice.uniform(2, 10))
        return row

    def say(self, dossier, status, **fields):
        dossier.update(status=status, status_us=self.clock.now_us(), **fields)
        self.changed("dossier", dossier)
        self.journal.write("decided", dossier=dossier["id"], external_ref=dossier["external_ref"], status=status)

    def do_receive(self, dossier):
        self.say(dossier, "received")
        self.plan("dossier", dossier, "decide", self.dice("receive", dossier["id"]).uniform(10, 40))

    def do_decide(self, dossier):
        dice = self.dice("decide", dossier["external_ref"])
        names = sorted(self.decide)
        chosen = dice.choices(names, [self.decide[name] for name in names])[0]
        getattr(self, "decide_" + chosen)(dossier, dice)

    def decide_accept(self, dossier, dice):
        self.say(dossier, "accepted")
        self.plan("dossier", dossier, "book", dice.uniform(4, 20))

    def decide_decline(self, dossier, dice):
        self.say(dossier, "declined", decline_reason=dice.choice(DECLINES), decline_note=dice.choice(DECLINE_NOTES))

    def decide_redirect(self, dossier, dice):
        """On to another operator, but not back to the one who sent the person, if we know it."""
        fitting = [d for d in self.options.destinations.split(",") if d and d != dossier.get("source")]
        if not fitting:
            return self.decide_accept(dossier, dice)
        self.say(dossier, "redirected")
        number = self.next_id("orientation", 1001)
        user = self.store.get("user", dossier["user"])
        self.send_on(number, user, dice, {"parent": dossier["external_ref"], "destination": dice.choice(fitting)})

    def decide_ignore(self, dossier, dice):
        """Silence for twelve days; then one in two remembers."""
        if dice.random() < 0.5:
            self.plan("dossier", dossier, "remember", 288)

    def do_remember(self, dossier):
        self.decide_accept(dossier, self.dice("remember", dossier["id"]))

    def told_dossier(self, dossier, state):
        """We wrote `state` into a dossier."""
        if state == "cancel_requested" and dossier["status"] not in FINAL:
            if dossier["status"] != "in_progress" or self.dice("cancel", dossier["id"]).random() < 0.5:
                self.plan("dossier", dossier, "cancel", 5)
        elif state in ("withdrawn", "entered_in_error", "erased"):
            dossier["next"] = None
            self.store.put("dossier", dossier["id"], dossier)

    def do_cancel(self, dossier):
        self.say(dossier, "cancelled")

    # --- the agenda ---

    def do_book(self, dossier):
        self.book(self.store.get("user", dossier["user"]), dossier, self.dice("book", dossier["id"], dossier["honoured"],
                                                                               dossier["misses"]))

    def book(self, user, dossier, dice):
        now = self.clock.now_us()
        start_us = now + int(dice.uniform(20, 70) * HOUR_US * self.pace)
        start_us -= start_us % (60 * 1_000_000)
        number = self.next_id("rdv", 8001)
        row = {
            "id": self.rdv_id(number), "status": "unknown", "starts_us": start_us, "minutes": dice.choice([30, 60, 90]),
            "cancelled_us": None, "dossier": dossier and dossier["id"], "user": user["id"], "updated_us": now,
            "mode": dice.choice(["public_office", "phone", "visio"]), "follow_up": bool(dossier and dossier["honoured"]),
            "moved": False, "next": None,
        }
        self.changed("rdv", row, "created")
        what = "move" if dice.random() < 0.1 else "meet"
        self.plan_at("rdv", row, what, (start_us + now) // 2 if what == "move" else start_us + self.meeting_us())

    def meeting_us(self):
        return int(HOUR_US * self.pace)

    def rdv_id(self, number):
        return number

    def say_rdv(self, row, status, **fields):
        row.update(status=status, **fields)
        self.changed("rdv", row)
        if row["dossier"] is not None:
            self.journal.write("appointment", id=row["id"], dossier=row["dossier"], status=status)

    def do_move(self, row):
        row["starts_us"] += int(24 * HOUR_US * self.pace) // 60_000_000 * 60_000_000
        self.say_rdv(row, row["status"], moved=True)
        self.plan_at("rdv", row, "meet", row["starts_us"] + self.meeting_us())

    def do_meet(self, row):
        dice = self.dice("meet", row["id"])
        status = dice.choices(["seen", "noshow", "excused", "revoked"], [0.75, 0.11, 0.09, 0.05])[0]
        dossier = self.store.get("dossier", row["dossier"]) if row["dossier"] is not None else None
        if dossier is not None and (dossier["status"] in FINAL or dossier["erased"]):
            status = "revoked"
        cancelled = self.clock.now_us() if status in ("excused", "revoked") else None
        self.say_rdv(row, status, cancelled_us=cancelled)
        if dossier is not None and dossier["status"] not in FINAL:
            self.after_meeting(dossier, status, dice)

    def after_meeting(self, dossier, status, dice):
        if status == "seen":
            dossier["honoured"] += 1
            if dossier["status"] != "in_progress":
                self.say(dossier, "in_progress")
        else:
            dossier["misses"] += 1
        if dossier["misses"] >= 3 or dossier["honoured"] >= dossier["goal"]:
            self.plan("dossier", dossier, "close", dice.uniform(12, 60))
        else:
            self.plan("dossier", dossier, "book", dice.uniform(2, 12))

    def do_close(self, dossier):
        dice = self.dice("close", dossier["id"])
        outcome = dice.choice(OUTCOMES) if dossier["honoured"] else dice.choice(["abandon", "injoignable"])
        self.say(dossier, "closed", closed_us=self.clock.now_us(), outcome=outcome)
