# SPDX-License-Identifier: Apache-2.0
"""A throw-away network for the scenarios: a real Kafka, the broker, connectors and simulated systems on free ports.

Everything it starts is its own child, known by pid, and ends with it (demo/supervise.py); the folder goes too,
unless the test failed: then it stays, and the test says where.
"""

import json
import os
import pathlib
import shutil
import tempfile
import time
import unittest
import urllib.request

from demo.network import OPERATORS, ROOT, Network, choose_ports
from demo.reckoning import hops
from demo.supervise import Supervisor, fetch

BUILD = pathlib.Path(os.environ.get("RELAIS_BUILD") or ROOT / "build" / "asan")
# States in which nothing more comes by itself.
FINAL = {"REFUSED", "CLOSED", "DECLINED", "REDIRECTED", "CANCELLED", "WITHDRAWN_BY_PERSON", "ENTERED_IN_ERROR", "ERASED",
         "EXPIRED"}
# What the holder's own dossier says in each state of the broker's row.
SAME = {"closed": {"CLOSED"}, "declined": {"DECLINED"}, "redirected": {"REDIRECTED"}, "cancelled": {"CANCELLED"},
        "in_progress": {"TAKEN_OVER", "CANCEL_REQUESTED"}, "accepted": {"ACCEPTED", "CANCEL_REQUESTED", "OVERDUE"},
        "received": {"RECEIVED", "CANCEL_REQUESTED", "OVERDUE"}}


class Running(Network):
    """A network that runs. Wait with until(): it also looks after the children."""

    def __init__(self, rate=14400.0, seed="scenario"):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="relais-scenario-"))
        super().__init__(folder, BUILD / "relais", choose_ports(), seed=seed, rate=rate)
        self.notes = []
        self.supervisor = Supervisor(self.notes.append)
        self.children = {}

    def up(self, child, seconds=30):
        self.supervisor.add(child)
        child.wait_ready(seconds)
        self.children[child.name] = child
        return child

    def start(self, system_options=("--calls-per-second", "0", "--retry-speed", "300"), pace=0.2, noise=3):
        self.up(self.kafka(), 120)
        self.make_keys()
        self.make_topics()
        self.up(self.clock())
        self.up(self.broker(), 60)
        for code in OPERATORS:
            self.up(self.connector(code), 60)
        for code in OPERATORS:
            options = ["--pace", pace, "--noise", noise]
            if code != "o10":
                options += list(system_options)
            self.up(self.system(code, *options))

    def close(self, keep):
        self.supervisor.end_all(9)
        if keep:
            print(f"\nfiles of the failed scenario: {self.data}")
        else:
            shutil.rmtree(self.data, ignore_errors=True)

    # --- waiting ---

    def until(self, check, seconds, what):
        end = time.monotonic() + seconds
        while True:
            self.supervisor.watch()
            found = check()
            if found:
                return found
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds} s: {what}; {self.where()}")
            time.sleep(0.1)

    def rest(self, seconds):
        """Goes on for so long."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end, seconds + 5, "time to pass")

    def where(self):
        lines = [hop.line() for hop in self.hops()]
        return "; ".join(lines + self.notes[-5:])

    # --- the systems ---

    def call(self, code, path, body=None):
        request = urllib.request.Request(self.url("sim-" + code) + path, None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def control(self, code, **asked):
        return self.call(code, "/_control", asked)

    def state(self, code):
        return self.call(code, "/_state")

    def rows(self, code, table):
        """Rows of a simulated system, from its state file."""
        found = {}
        text = (self.data / "systems" / code / "state.jsonl").read_text(encoding="utf-8")
        for line in text.splitlines():
            for name, key, row in json.loads(line):
                if name == table:
                    found[key] = row
        return {key: row for key, row in found.items() if row is not None}

    # --- the topics ---

    def read(self, topic):
        """Every record of a topic, as `relais tail --json` shows it."""
        out = self.run("tail", topic, "--from-beginning", "--to-end", "--json", "--brokers", self.brokers, timeout=120)
        return [json.loads(line) for line in out.splitlines()]

    def handoffs(self):
        """handoff_id → its newest row."""
        found = {}
        for record in self.read("handoff"):
            if isinstance(record.get("value"), dict):
                found[record["value"]["handoff_id"]] = record["value"]
        return found

    # --- conservation ---

    def hops(self):
        pages = {code: fetch(self.url(code) + "/metrics") for code in OPERATORS}
        pages["broker"] = fetch(self.url("broker") + "/metrics")
        return hops(pages, OPERATORS)

    def still(self, seconds=120, quiet=3.0, ignore_open=False):
        """Waits until every hand-over has ended (or nothing moves any more) and all webhooks were taken."""
        seen = {"lines": None, "since": time.monotonic()}

        def check():
            waiting = sum(self.state(code)["webhooks"]["waiting"] for code in OPERATORS if code != "o10")
            lines = [hop.line() for hop in self.hops()] + [waiting]
            lines += [self.state(code)["dossiers"] for code in OPERATORS]
            if lines != seen["lines"]:
                seen.update(lines=lines, since=time.monotonic())
            return not waiting and time.monotonic() - seen["since"] > quiet

        self.until(check, seconds, "all to come to rest")

    def kill(self, name):
        """kill -9; the supervisor starts it again."""
        self.children[name].process.kill()


class Scenario(unittest.TestCase):
    """A test with a network of its own: self.net."""

    maxDiff = 2000

    def network(self, **options):
        self.net = Running(**options)
        self.addCleanup(self._close)
        return self.net

    def _close(self):
        outcome = getattr(self, "_outcome", None)
        result = getattr(outcome, "result", None)
        failed = result is not None and any(test is self for test, _ in result.failures + result.errors)
        self.net.close(keep=failed or not getattr(outcome, "success", True))

    # --- what must hold after everything ---

    def assert_adds_up(self, at_rest=True):
        for hop in self.net.hops():
            self.assertTrue(hop.adds_up(), hop.line())
            if at_rest:
                self.assertEqual(hop.pending(), 0, hop.line())

    def letters(self, code):
        """What stands in an operator's topic of refusals: those of its connector and those of the broker."""
        return [r["value"] for r in self.net.read(code + ".rejected") if isinstance(r.get("value"), dict)]

    def has_person_twice(self, code):
        """Somebody was sent to that system by two hand-overs."""
        people = [row["user"] for row in self.net.rows(code, "dossier").values()]
        return len(people) > len(set(people))

    def assert_dead_letters(self, expected, refusals=None, kills=None):
        """`expected`: operator → number of dead letters of its connector; `refusals`: operator → {code: n} of the broker.
        `kills`: operator → how often its connector was killed: so many calls may have been cut that the system neither
        recognises nor finds again, and each is left to a person (outcome_unknown), never repeated."""
        for code in OPERATORS:
            letters = self.letters(code)
            own = {letter["event_id"]: letter["code"] for letter in letters if letter.get("quarantine_key")}
            doubts = sum(1 for why in own.values() if why == "outcome_unknown")
            self.assertLessEqual(doubts, (kills or {}).get(code, 0), f"{code}: {sorted(own.values())}")
            # An appointment of somebody of whom two hand-overs are open there at once says nothing of whose it is. Who sends
            # whom is by chance, and whether the first is closed in time.
            ambiguous = sum(1 for why in own.values() if why == "ambiguous_link")
            self.assertTrue(ambiguous == 0 or self.has_person_twice(code), f"{code}: {sorted(own.values())}")
            self.assertEqual(len(own) - doubts - ambiguous, expected.get(code, 0), f"{code}: {sorted(own.values())}")
            kept = self.net.read(code + ".quarantine")
            self.assertEqual(len({record["key"] for record in kept}), expected.get(code, 0) + doubts + ambiguous, code)
            if refusals is not None:
                others = {}
                for letter in letters:
                    if not letter.get("quarantine_key") and letter["code"] != "superseded":
                        others[letter["code"]] = others.get(letter["code"], 0) + 1
                self.assertEqual(others, refusals.get(code, {}), code)

    def assert_once(self):
        """No event stands twice in an inbox, as a reader of committed records sees it."""
        for code in OPERATORS:
            seen = [record["value"]["event_id"] for record in self.net.read(code + ".inbox")
                    if isinstance(record.get("value"), dict)]
            self.assertEqual(len(seen), len(set(seen)), f"{code}.inbox")

    def assert_agree(self):
        """Each system, the broker's rows and the other system say the same of every hand-over."""
        handoffs = self.net.handoffs()
        issued = {}
        for row in handoffs.values():
            issued[row["issuer"]] = issued.get(row["issuer"], 0) + 1
        for code in OPERATORS:
            rows = [row for row in self.net.rows(code, "orientation").values() if not row.get("bad")]
            sent = [row for row in rows if row["status"] == "sent"]
            # A list that is polled shows only the newest state: a sender who thought again within seconds was never seen
            # to send, and was counted no_handoff. Or the connector saw it, wrote its link, and was stopped before the
            # event was durable: then the broker refused the cancellation, and its sender was told.
            self.assertGreaterEqual(issued.get(code, 0), len(sent), f"hand-overs issued by {code}")
            self.assertLessEqual(issued.get(code, 0), len(rows), f"hand-overs issued by {code}")
            source = next(hop for hop in self.net.hops() if hop.name == f"source {code}")
            if not any(child.deaths for child in self.net.supervisor.children):
                unknown = sum(1 for letter in self.letters(code) if letter["code"] == "unknown_handoff")
                self.assertLessEqual(len(rows) - issued.get(code, 0), source.reasons.get("no_handoff", 0) + unknown,
                                     source.line())
        for code in OPERATORS:
            dossiers = [row for row in self.net.rows(code, "dossier").values()]
            self.assertEqual(len(dossiers), len({row["external_ref"] for row in dossiers}), f"{code}: doubled dossiers")
            self.assertNotIn("doubled", self.net.state(code)["provoked"])
            for dossier in dossiers:
                row = handoffs.get(dossier["external_ref"])
                self.assertIsNotNone(row, f"{code} has a dossier of an unknown hand-over")
                if dossier["status"] in SAME and not dossier["erased"] and row["state"] not in (
                        "WITHDRAWN_BY_PERSON", "ENTERED_IN_ERROR", "ERASED"):
                    self.assertIn(row["state"], SAME[dossier["status"]], f"{code} dossier {dossier['id']}")
        held = {dossier["external_ref"] for code in OPERATORS for dossier in self.net.rows(code, "dossier").values()}
        for number, row in handoffs.items():
            if row["state"] not in ("REFUSED", "WITHDRAWN_BY_PERSON", "ENTERED_IN_ERROR", "ERASED", "ISSUED"):
                self.assertIn(number, held, f"{row['state']} but no dossier")
