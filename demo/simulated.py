# SPDX-License-Identifier: Apache-2.0
"""What every simulated system has: a clock, a memory that survives, a journal, a will to misbehave, an agenda.

One lock guards one system. Whatever changes rows does it inside `with system.change():`, which writes all that
changed as one line of the state file: a change is there whole after a kill, or not at all.
"""

import argparse
import contextlib
import datetime
import heapq
import json
import os
import pathlib
import random
import signal
import sys
import threading
import time
import urllib.request

US = 1_000_000
HOUR_US = 3600 * US
DAY_US = 24 * HOUR_US
TICK_S = 0.02


class Clock:
    """Follows demo/clock.py; without an address it is the machine's clock."""

    def __init__(self, url, stop):
        self._url, self._stop = url, stop
        self._base_us, self._rate, self._since = time.time_ns() // 1000, 1.0, time.monotonic()
        if url:
            self._ask(last_try=time.monotonic() + 10)
            threading.Thread(target=self._follow, daemon=True).start()

    def now_us(self):
        base_us, rate, since = self._base_us, self._rate, self._since
        return base_us + int((time.monotonic() - since) * rate * US)

    def _ask(self, last_try=0.0):
        while True:
            try:
                with urllib.request.urlopen(self._url, timeout=2) as answer:
                    told = json.load(answer)
                self._base_us, self._rate, self._since = told["now_us"], told["rate"], time.monotonic()
                return
            except (OSError, ValueError) as error:
                if time.monotonic() > last_try:
                    if last_try:
                        raise SystemExit(f"the clock at {self._url} does not answer: {error}") from error
                    return
                time.sleep(0.1)

    def _follow(self):
        while not self._stop.wait(0.5):
            self._ask()


def paris(us):
    """Microseconds → a datetime in Paris, without needing the zone files."""
    moment = datetime.datetime.fromtimestamp(us / US, datetime.timezone.utc)

    def last_sunday(month):
        last = datetime.datetime(moment.year, month, 31, 1, tzinfo=datetime.timezone.utc)
        return last - datetime.timedelta(days=(last.weekday() + 1) % 7)

    summer = last_sunday(3) <= moment < last_sunday(10)
    return moment.astimezone(datetime.timezone(datetime.timedelta(hours=2 if summer else 1)))


def seconds_text(us):
    """`2026-03-02 09:13:01 +0100`, or None."""
    return None if us is None else paris(us).strftime("%Y-%m-%d %H:%M:%S %z")


def millis_text(us):
    """`2026-03-02T09:13:01.000+01:00`, or None."""
    return None if us is None else paris(us).isoformat(timespec="milliseconds")


class Store:
    """Tables of rows in memory, and a file with one line a change."""

    def __init__(self, folder):
        self.tables = {}
        self._changes = []
        self._file = None
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / "state.jsonl"
            if path.exists():
                self._read(path)
            self._rewrite(path)
            self._file = path.open("a", encoding="utf-8")

    def _read(self, path):
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                changes = json.loads(line)
            except ValueError:
                continue  # the line that a kill cut off: it never happened
            for table, key, row in changes:
                self._set(table, key, row)

    def _rewrite(self, path):
        new = path.with_suffix(".new")
        with new.open("w", encoding="utf-8") as file:
            for table, rows in self.tables.items():
                for key, row in rows.items():
                    file.write(json.dumps([[table, key, row]], ensure_ascii=False) + "\n")
        os.replace(new, path)

    def _set(self, table, key, row):
        if row is None:
            self.tables.get(table, {}).pop(key, None)
        else:
            self.tables.setdefault(table, {})[key] = row

    def table(self, name):
        return self.tables.setdefault(name, {})

    def get(self, table, key):
        return self.table(table).get(key)

    def put(self, table, key, row):
        """None removes it."""
        self._set(table, key, row)
        self._changes.append((table, key))

    def commit(self):
        if self._changes and self._file:
            whole = [[table, key, self.get(table, key)] for table, key in dict.fromkeys(self._changes)]
            self._file.write(json.dumps(whole, ensure_ascii=False) + "\n")
            self._file.flush()
        self._changes.clear()


class Journal:
    """One JSON line an event: ids and statuses only."""

    def __init__(self, path, clock):
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8") if path else None
        self._clock, self._lock = clock, threading.Lock()

    def write(self, what, **more):
        if self._file:
            line = json.dumps({"at": millis_text(self._clock.now_us()), "what": what, **more}, ensure_ascii=False)
            with self._lock:
                self._file.write(line + "\n")
                self._file.flush()


class System:
    """A simulated system: rows, an agenda over them, misbehaviour. Its own part: france_travail.py, regional.py."""

    def __init__(self, options):
        self.options = options
        self.stop = threading.Event()
        self.clock = Clock(options.clock_from, self.stop)
        self.store = Store(options.state)
        self.journal = Journal(options.journal, self.clock)
        self.lock = threading.RLock()
        self.paused = False
        self.pace = options.pace
        self.issue_every_s = options.issue_every
        self.decide = {"accept": 0.7, "decline": 0.15, "redirect": 0.1, "ignore": 0.05}
        self.fails_for_ever = set()
        self.everyone = {}
        self.regret = 0.08
        self._depth = 0
        self._dice = random.Random(f"{options.seed}/misbehaviour")
        self._agenda = []
        for table in list(self.store.tables):
            for row in self.store.table(table).values():
                if isinstance(row, dict) and row.get("next"):
                    self._push(table, row)

    # --- rows ---

    @contextlib.contextmanager
    def change(self):
        with self.lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self.store.commit()

    def next_id(self, kind, first=1):
        number = (self.store.get("counter", kind) or {"value": first - 1})["value"] + 1
        self.store.put("counter", kind, {"value": number})
        return number

    def count(self, kind, name, by=1):
        """One up in a counter that /_state shows."""
        with self.change():
            row = dict(self.store.get(kind, name) or {"value": 0})
            row["value"] += by
            self.store.put(kind, name, row)

    def counted(self, kind):
        with self.lock:
            return {name: row["value"] for name, row in sorted(self.store.table(kind).items())}

    def dice(self, *about):
        """Chance that depends on the seed and on what it is about, never on when it is asked."""
        return random.Random("/".join(str(part) for part in (self.options.seed, *about)))

    # --- the agenda: what a row will do next, and when ---

    def plan(self, table, row, what, hours, pace=True):
        """`what` names the method do_<what>(row), called in so many hours of the seeded clock."""
        delay_us = int(hours * HOUR_US * (self.pace if pace else 1))
        self.plan_at(table, row, what, self.clock.now_us() + delay_us)

    def plan_at(self, table, row, what, at_us):
        row["next"] = {"at_us": at_us, "do": what}
        self.store.put(table, row["id"], row)
        self._push(table, row)

    def _push(self, table, row):
        heapq.heappush(self._agenda, (row["next"]["at_us"], table, str(row["id"]), row["id"], row["next"]["do"]))

    def tick(self):
        """Does all that is due."""
        while not self.stop.is_set():
            with self.change():
                if self.paused or not self._agenda or self._agenda[0][0] > self.clock.now_us():
                    return
                at_us, table, _, key, what = heapq.heappop(self._agenda)
                row = self.store.get(table, key)
                if row is None or row.get("next") != {"at_us": at_us, "do": what}:
                    continue
                row["next"] = None
                self.store.put(table, key, row)
                getattr(self, "do_" + what)(row)

    # --- misbehaviour ---

    def misbehave(self, wanted):
        """{"<name>": probability below 1, or how many times from 1 on}."""
        with self.change():
            for name, value in wanted.items():
                self.store.put("dose", name, {"value": value})

    def hits(self, name):
        """True when `name` shall happen now; counted as provoked."""
        with self.change():
            value = (self.store.get("dose", name) or {"value": 0})["value"]
            if value >= 1:
                self.store.put("dose", name, {"value": value - 1})
            elif self._dice.random() >= value:
                return False
            self.count("provoked", name)
            return True

    # --- control ---

    def control(self, asked):
        with self.change():
            self.misbehave(asked.get("misbehave", {}))
            self.decide.update(asked.get("decide", {}))
            self.paused = asked.get("pause", self.paused)
            self.pace = asked.get("pace", self.pace)
            self.issue_every_s = asked.get("issue_every", self.issue_every_s)
            self.regret = asked.get("regret", self.regret)
            self.everyone.update(asked.get("everyone", {}))
            if "person_fails_for_ever" in asked:
                self.fails_for_ever.add(str(asked["person_fails_for_ever"]))
            for _ in range(int(asked.get("issue", 0))):
                self.issue(**asked.get("with", {}))
            if asked.get("resend_all"):
                self.resend_all()

    def state(self):
        with self.lock:
            found = {"now_us": self.clock.now_us(), "provoked": self.counted("provoked")}
            for table in ("orientation", "dossier", "rdv"):
                statuses = {}
                for row in self.store.table(table).values():
                    statuses[row["status"]] = statuses.get(row["status"], 0) + 1
                found[table + ("" if table == "rdv" else "s")] = statuses
            return found

    def issue(self, **fields):
        raise NotImplementedError

    def resend_all(self):
        raise NotImplementedError


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--state", type=pathlib.Path, help="folder: a restart goes on where it stopped")
    parser.add_argument("--journal", type=pathlib.Path, help="file: one JSON line an event")
    parser.add_argument("--clock-from", help="address of demo/clock.py (default: the machine's clock)")
    parser.add_argument("--issue-every", type=float, default=0,
                        help="seconds of the clock between two hand-overs issued (0: none by itself)")
    parser.add_argument("--pace", type=float, default=1.0, help="factor on the time that counsellors take")
    parser.add_argument("--noise", type=float, default=3, help="appointments of people nobody handed over, a hand-over")
    parser.add_argument("--destinations", default="", help="where people are sent on, separated by commas")
    parser.add_argument("--wrong-destination", help="a destination without convention")
    return parser


def run(system, server):
    """Serves until SIGTERM or SIGINT."""
    # Only a flag: Event.set() in a handler can wait for a lock that the interrupted wait() holds.
    told = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.append(True))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"listening on http://127.0.0.1:{server.server_address[1]}", flush=True)
    try:
        while not told:
            time.sleep(TICK_S)
            system.tick()
    except OSError as error:
        print(f"cannot write the state: {error.strerror}", file=sys.stderr)
        return 1
    system.stop.set()
    with system.lock:
        return 0
