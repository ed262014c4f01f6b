#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A regional operator's system under load: demo/regional.py's API and webhooks, hundreds of events a second, a journal of all it did.

Everything is in memory and the campaign never kills it: it is the witness. The journal (JSON lines) has
  {"what":"acked",...}    a webhook that was answered 2xx: model, id, status, version, and what it was about
  {"what":"called",...}   a call received: method, path, idempotency key, what it asked, the answer given, and its effect:
                          "created", "written", "same" (recognised by key or reference) or null (nothing was done);
                          of a dossier the digests of the person (demo/people.py), of a write whether it had a message;
                          "came" of a call that was carried out later: when it came
and on SIGTERM or {"dump": FILE} the rows as they stand. Control: POST /_control, GET /_state.
"""

import argparse
import asyncio
import collections
import hashlib
import hmac
import heapq
import json
import pathlib
import random
import signal
import sys
import time
import urllib.request

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent))

from demo.people import digests, person

US = 1_000_000
FINAL = {"declined", "redirected", "closed", "cancelled", "withdrawn"}
CONNECTIONS = 24  # for webhooks, unless said
TRY_AGAIN_MOST_S = 4.0
PEOPLE = 400
OFFICE = {"id": 1, "name": "Siège"}
TROUBLES = (("http_500", 500, "internal"), ("http_429", 429, "too many requests"))  # answered instead; nothing is done
ANSWERS = {200: "OK", 201: "Created", 401: "Unauthorized", 404: "Not Found", 422: "Unprocessable Entity",
           429: "Too Many Requests", 500: "Internal Server Error"}


def text_of(us):
    return time.strftime("%Y-%m-%d %H:%M:%S +0000", time.gmtime(us // US))


def whole_s(us):
    return us // US * US


class Journal:
    def __init__(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8", buffering=1 << 16)

    def write(self, what, **more):
        self._file.write(json.dumps({"what": what, "mono": round(time.monotonic(), 4), **more}, separators=(",", ":")) + "\n")

    def flush(self):
        self._file.flush()


class Clock:
    """Follows demo/clock.py, asked from a thread so that nothing waits for it."""

    def __init__(self, url):
        self._url = url
        self._base_us, self._rate, self._since = time.time_ns() // 1000, 1.0, time.monotonic()
        self.ask()

    def now_us(self):
        return self._base_us + int((time.monotonic() - self._since) * self._rate * US)

    def ask(self):
        try:
            with urllib.request.urlopen(self._url, timeout=2) as answer:
                told = json.load(answer)
            self._base_us, self._rate, self._since = told["now_us"], told["rate"], time.monotonic()
        except (OSError, ValueError):
            pass  # the last answer goes on


class Webhooks:
    """Sends in order as far as it goes; what is refused is tried again later, and so comes late."""

    def __init__(self, system, url, secret):
        host, _, rest = url.removeprefix("http://").partition("/")
        self._host, _, port = host.partition(":")
        self._port, self._path, self._secret = int(port), "/" + rest, secret.encode()
        self._system = system
        self._queue = asyncio.Queue()
        self.waiting = 0
        self.acked = 0
        self.refused = 0
        self.answers = collections.Counter()  # status, or "none" → how often
        self.without_retry_after = 0  # of the answers 503

    def start(self):
        return [asyncio.create_task(self._send_all()) for _ in range(self._system.options.connections)]

    def send(self, text, about):
        self.waiting += 1
        self._queue.put_nowait((text.encode(), about, 0, None))

    async def _send_all(self):
        reader = writer = None
        while True:
            body, about, tries, first = await self._queue.get()
            status = None
            try:
                if writer is None:
                    reader, writer = await asyncio.open_connection(self._host, self._port)
                posted = time.monotonic()
                first = first or posted
                status = await asyncio.wait_for(self._post(reader, writer, body, about), 10)
            except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, ValueError, IndexError):
                pass
            self.answers[status or "none"] += 1
            if status is None and writer is not None:
                writer.close()
                reader = writer = None
            if status is not None and 200 <= status < 300:
                self.waiting -= 1
                self.acked += 1
                self._system.journal.write("acked", http=status, tries=tries + 1, first=round(first, 4), posted=round(posted, 4),
                                           **about)
            elif about.get("forged") and status is not None:
                self.waiting -= 1  # signed by nobody: sent once
            else:
                self.refused += 1
                pause = min(0.1 * (tries + 1) ** 2, TRY_AGAIN_MOST_S) * random.uniform(0.5, 1.0)
                asyncio.get_running_loop().call_later(pause, self._queue.put_nowait, (body, about, tries + 1, first))

    async def _post(self, reader, writer, body, about):
        secret = b"forged" if about.get("forged") else self._secret
        signature = hmac.new(secret, body, hashlib.sha256).hexdigest()
        writer.write(f"POST {self._path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json; charset=utf-8\r\n"
                     f"X-Lapin-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        length = next((int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length")), 0)
        if length:
            await reader.readexactly(length)
        if any(line.lower() == b"connection: close" for line in lines):
            writer.close()
        status = int(lines[0].split()[1])
        self.without_retry_after += status == 503 and not any(line.lower().startswith(b"retry-after:") for line in lines)
        return status


class Agenda:
    """Rows, what people decide, and when."""

    def __init__(self, options):
        self.options = options
        self.code, self.own = options.code, options.own_destination
        self.clock = Clock(options.clock_from)
        self.journal = Journal(options.journal)
        self.webhooks = Webhooks(self, options.webhook, options.secret)
        self.dice = random.Random(f"{options.seed}/{options.code}")
        self.people = [person(options.seed, n) for n in range(PEOPLE)]
        self.orientations, self.dossiers, self.by_ref, self.keys, self.events = {}, {}, {}, {}, {}
        self.number = 1000
        self.rate, self.destinations = options.rate, [d for d in options.destinations.split(",") if d]
        self.wrong, self.silent = 0.0, 0.02
        self.modes = {}  # misbehaviour → share of the calls
        self.provoked = {}
        self.refuse_connections = False
        self.answer_after_s = 0.0  # of each call
        self.agenda, self.turns = [], 0
        self.issued = 0

    def next_number(self):
        self.number += 1
        return self.number

    def later(self, low, high, what, *about):
        self.turns += 1
        due = time.monotonic() + self.dice.uniform(low, high) * self.options.pace
        heapq.heappush(self.agenda, (due, self.turns, what, about))

    async def run(self):
        owed, before = 0.0, time.monotonic()
        asked = before
        while True:
            await asyncio.sleep(0.01)
            now = time.monotonic()
            owed = min(owed + (now - before) * self.rate, 50.0 + self.rate)
            before = now
            while owed >= 1:
                owed -= 1
                self.issue()
            while self.agenda and self.agenda[0][0] <= now:
                _, _, what, about = heapq.heappop(self.agenda)
                what(*about)
            if now - asked > 0.5:
                asked = now
                self.journal.flush()
                asyncio.get_running_loop().run_in_executor(None, self.clock.ask)

    # --- webhooks ---

    def user(self, number):
        who = self.people[number % PEOPLE]
        return {"id": number, "first_name": who["first_name"], "birth_name": who["birth_name"], "last_name": who["last_name"],
                "email": who["email"], "address": who["address"], "phone_number": who["phone"],
                "phone_number_formatted": who["phone_formatted"], "birth_date": who["birth_date"], "notes": None}

    def send(self, model, data, about, event="updated", reason=None, **more):
        now = self.clock.now_us()
        meta = {"model": model, "event": event, "webhook_reason": reason, "timestamp": text_of(now)}
        about = {"model": model, "event": event, "sent_us": whole_s(now), **about, **more}
        text = json.dumps({"data": data, "meta": meta}, ensure_ascii=False, separators=(",", ":"))
        self.webhooks.send(text, about)
        if self.hits("duplicate_webhook"):
            self.webhooks.send(text, about)

    def send_orientation(self, row, event="updated", **more):
        data = {"id": row["id"], "status": row["status"], "destination": row["destination"],
                "requested_on": row["requested_on"], "sent_at": text_of(row["sent_us"]), "status_at": text_of(row["status_us"]),
                "updated_at": text_of(self.clock.now_us()), "motive": row["motive"], "reason": "choix", "urgent": False,
                "level": 1, "departement": "57", "region": self.options.region, "informed_choice": True,
                "parent_external_ref": row["parent"], "user": self.user(row["user"]), "organisation": OFFICE,
                "note": None, "test": False, "agent": None, "relais_state": row["relais_state"], "relais_message": None,
                "remote_ref": row["remote_ref"]}
        self.send("Orientation", data, {"id": row["id"], "status": row["status"], "version": whole_s(row["status_us"]),
                                        "destination": row["destination"], "parent": row["parent"]}, event, **more)

    def send_dossier(self, row, event="updated"):
        data = {"id": row["id"], "external_ref": row["external_ref"], "status": row["status"],
                "status_at": text_of(row["status_us"]), "updated_at": text_of(self.clock.now_us()),
                "decline_reason": row["decline_reason"], "decline_note": row["decline_note"],
                "closed_at": text_of(row["closed_us"]) if row["closed_us"] else None, "outcome": row["outcome"],
                "honoured": row["honoured"], "level": 1, "user": self.user(row["user"]),
                "organisation": OFFICE, "relais_state": row["relais_state"], "relais_message": None}
        self.send("Dossier", data, {"id": row["id"], "external_ref": row["external_ref"], "status": row["status"],
                                    "version": whole_s(row["status_us"])}, event)

    def send_rdv(self, rdv, event="updated"):
        user = self.user(rdv["user"])
        data = {"id": rdv["id"], "status": rdv["status"], "starts_at": text_of(rdv["starts_us"]), "ends_at": None,
                "duration_in_min": 60, "cancelled_at": None, "collectif": False, "created_by_type": "Agent",
                "organisation": OFFICE, "users": [user], "lieu": None,
                "motif": {"id": 140, "name": "Entretien CEP", "location_type": "phone", "follow_up": False},
                "participations": [{"id": rdv["id"] + 10 ** 9, "status": rdv["status"], "user": user}], "agents": []}
        self.send("Rdv", data, {"id": rdv["id"], "status": rdv["status"], "external_ref": rdv["external_ref"],
                                "starts_us": whole_s(rdv["starts_us"])}, event)

    # --- those who send somebody on ---

    def issue(self):
        if not self.destinations:
            return
        number = self.next_number()
        wrong = self.options.wrong_destination and (self.dice.random() < self.wrong or self.issued == 3)
        self.open_orientation(number, number, self.options.wrong_destination if wrong else self.dice.choice(self.destinations))
        if self.issued == 5 or self.hits("unknown_code"):  # one at least, however short the run
            self.bad("unknown_code")
        if self.hits("missing_field"):
            self.bad("missing_field")
        if self.hits("bad_signature"):
            self.bad("bad_signature")

    def bad(self, kind):
        number = self.next_number()
        now = self.clock.now_us()
        data = {"id": number, "status": "sent", "destination": self.destinations[0], "requested_on": text_of(now)[:10],
                "sent_at": text_of(now), "status_at": text_of(now), "motive": "bilan", "reason": "choix", "informed_choice": True,
                "parent_external_ref": None, "user": self.user(number), "organisation": None, "test": False}
        if kind == "unknown_code":
            data["status"] = "mise_en_pause"
        if kind == "missing_field":
            del data["id"]
        more = {"forged": True} if kind == "bad_signature" else {}
        self.send("Orientation", data, {"id": number, "status": data["status"], "provoked": kind}, "created", **more)

    def open_orientation(self, number, user, destination, parent=None):
        now = self.clock.now_us()
        row = {"id": number, "status": "sent", "destination": destination, "requested_on": text_of(now)[:10], "sent_us": now,
               "status_us": now, "motive": "bilan", "parent": parent, "user": user, "relais_state": None, "remote_ref": None,
               "states": 0, "person": digests(self.people[user % PEOPLE])}
        self.orientations[number] = row
        self.issued += 1
        self.send_orientation(row, "created")
        chance = self.dice.random()
        if parent is None and chance < 0.05:
            self.later(1.5, 4, self.think_again, row, "cancel_requested" if chance < 0.03 else "withdrawn")

    def think_again(self, row, status):
        if row["status"] == "sent" and row["relais_state"] not in ("closed", "declined", "redirected", "refused"):
            row.update(status=status, status_us=self.clock.now_us())
            self.send_orientation(row)

    # --- those who receive ---

    def say(self, row, status, **fields):
        if row["status"] in FINAL or row["erased"]:
            return False
        row.update(status=status, status_us=self.clock.now_us(), **fields)
        self.send_dossier(row)
        return True

    def open_dossier(self, asked):
        number = self.next_number()
        row = {"id": number, "external_ref": asked["external_ref"], "status": "new", "status_us": self.clock.now_us(),
               "decline_reason": None, "decline_note": None, "closed_us": None, "outcome": None, "honoured": 0, "user": number,
               "source": asked.get("source"), "relais_state": None, "erased": False}
        self.dossiers[number] = row
        self.by_ref[row["external_ref"]] = number
        self.send_dossier(row, "created")
        if self.dice.random() >= self.silent:
            self.later(0.1, 1.0, self.receive, row)
        return row

    def receive(self, row):
        self.say(row, "received")
        self.later(0.2, 1.5, self.decide, row)

    def decide(self, row):
        chance = self.dice.random()
        fitting = [d for d in self.destinations if d != row["source"]]
        if chance < 0.1:
            self.say(row, "declined", decline_reason="capacite", decline_note="Agenda complet." if chance < 0.05 else None)
        elif chance < 0.15 and fitting and row["status"] == "received":
            if self.say(row, "redirected"):
                self.open_orientation(self.next_number(), row["user"], self.dice.choice(fitting), row["external_ref"])
        elif self.say(row, "accepted"):
            self.later(0.1, 1.0, self.book, row)

    def book(self, row):
        if row["status"] in FINAL:
            return
        rdv = {"id": self.next_number(), "status": "unknown", "starts_us": self.clock.now_us() + 3600 * US, "user": row["user"],
               "external_ref": row["external_ref"]}
        self.send_rdv(rdv, "created")
        self.later(1.2, 2.5, self.meet, row, rdv)

    def meet(self, row, rdv):
        if row["status"] in FINAL or row["erased"]:
            return
        rdv["status"] = "seen"
        self.send_rdv(rdv)
        self.say(row, "in_progress", honoured=1)
        self.later(1.2, 3.0, self.close, row)

    def keep(self, row):
        """A redirect was refused: the person stays."""
        if row["status"] == "redirected":
            row["status"] = "received"
            self.say(row, "accepted")
            self.later(0.1, 1.0, self.book, row)

    def close(self, row):
        self.say(row, "closed", closed_us=self.clock.now_us(), outcome="emploi")

    # --- the API ---

    def hits(self, name):
        return self.dice.random() < self.modes.get(name, 0) and self.count(name)

    def count(self, name):
        self.provoked[name] = self.provoked.get(name, 0) + 1
        return True

    def answer(self, method, path, headers, body):
        """(status, answer, what the journal tells of it)."""
        if headers.get("x-agent-auth-token") != self.options.token:
            return 401, {"errors": ["unauthorized"]}, {}
        asked = json.loads(body or b"{}")
        key = headers.get("idempotency-key")
        parts = path.strip("/").split("/")
        if method == "POST" and parts[-1] == "dossiers":
            return self.post_dossier(asked, key)
        row = {"orientations": self.orientations, "dossiers": self.dossiers}[parts[2]].get(int(parts[3]))
        if row is None:
            return 404, {"errors": [f"{parts[2]} id doesn't exist"]}, {}
        if method == "PATCH":
            return self.patch(parts[2], row, asked)
        known = key in self.keys
        if not known:
            self.keys[key] = {}
            self.events.setdefault(row["id"], []).append(asked.get("status"))
        return 201, {}, {"effect": "same" if known else "created", "key": key, "of": row["id"], "status": asked.get("status"),
                         "starts_at": asked.get("starts_at")}

    def post_dossier(self, asked, key):
        told = asked.get("user") or {}
        about = {"key": key, "ref": asked.get("external_ref"), "person": digests(told | {"phone_formatted": told.get("phone_number")})}
        if key in self.keys:
            return 200, self.keys[key], about | {"effect": "same"}
        number = self.by_ref.get(asked["external_ref"])
        row = self.dossiers[number] if number else self.open_dossier(asked)
        self.keys[key] = {"dossier": {"id": row["id"], "status": row["status"], "user": {"id": row["user"]}}}
        return 200 if number else 201, self.keys[key], about | {"effect": "same" if number else "created", "of": row["id"]}

    def patch(self, table, row, asked):
        changed = [name for name in ("relais_state", "remote_ref") if name in asked and row.get(name) != asked[name]]
        row.update({name: asked[name] for name in changed})
        state = asked.get("relais_state")
        if table == "orientations" and changed and row["id"] % 5 == 0:
            self.send_orientation(row)  # an echo
        if state == "refused" and changed and row.get("parent") in self.by_ref:
            self.keep(self.dossiers[self.by_ref[row["parent"]]])
        if table == "dossiers" and changed:
            if state == "cancel_requested":
                self.later(0.1, 1.0, self.say, row, "cancelled")
            elif state in ("withdrawn", "entered_in_error", "erased"):
                row["erased"] = True
        return 200, {table[:-1]: {"id": row["id"]}}, {"effect": "written" if changed else "same", "of": row["id"], "state": state,
                                                    "message": asked.get("relais_message") is not None}

    def control(self, asked):
        self.modes.update(asked.get("modes", {}))
        self.modes = {name: share for name, share in self.modes.items() if share}
        for name in ("rate", "wrong", "silent", "refuse_connections", "answer_after_s"):
            setattr(self, name, asked.get(name, getattr(self, name)))
        if "destinations" in asked:
            self.destinations = asked["destinations"]
        if "dump" in asked:
            self.dump(pathlib.Path(asked["dump"]))

    def state(self):
        statuses = {}
        for row in self.dossiers.values():
            statuses[row["status"]] = statuses.get(row["status"], 0) + 1
        return {"waiting": self.webhooks.waiting, "acked": self.webhooks.acked, "refused": self.webhooks.refused,
                "planned": len(self.agenda), "issued": self.issued, "dossiers": statuses, "provoked": self.provoked,
                "keys": len(self.keys), "answers": self.webhooks.answers, "without_retry_after": self.webhooks.without_retry_after}

    def dump(self, path):
        self.journal.flush()
        path.write_text(json.dumps({"orientations": self.orientations, "dossiers": self.dossiers, "events": self.events}),
                        encoding="utf-8")


class Server(asyncio.Protocol):
    """HTTP/1.1 with Content-Length, kept alive: what the connector speaks."""

    def __init__(self, system):
        self.system, self.rest, self.transport, self.busy = system, b"", None, False

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.rest += data
        self.serve()

    def serve(self):
        while not self.busy and (end := self.rest.find(b"\r\n\r\n")) >= 0:
            first, *lines = self.rest[:end].decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            length = int(headers.get("content-length", 0))
            if len(self.rest) < end + 4 + length:
                if headers.get("expect"):
                    self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                return
            body = self.rest[end + 4:end + 4 + length]
            self.rest = self.rest[end + 4 + length:]
            method, path, _ = first.split(" ", 2)
            self.one(method, path, headers, body)

    def one(self, method, path, headers, body):
        system = self.system
        if path.startswith("/_"):
            if method == "POST":
                system.control(json.loads(body or b"{}"))
            return self.write(200, system.state())
        if system.refuse_connections:
            system.count("down")
            return self.transport.abort()
        for name, status, what in TROUBLES:
            if system.hits(name):
                return self.told(method, path, headers, status, {"errors": [what]}, {}, None)
        slow_s = random.uniform(0.5, 12.0) if system.hits("slow") else system.answer_after_s
        if slow_s:
            self.busy = True
            return asyncio.get_running_loop().call_later(slow_s, self.slowly, round(time.monotonic(), 4), method, path, headers, body)
        self.do(method, path, headers, body)

    def slowly(self, came, method, path, headers, body):
        self.busy = False
        self.do(method, path, headers, body, came=came)
        self.serve()

    def do(self, method, path, headers, body, **more):
        status, answer, about = self.system.answer(method, path, headers, body)
        about = {**about, **more}
        lost = "drop" if self.system.hits("drop_connection") else "half" if self.system.hits("half_body") else None
        self.told(method, path, headers, status, answer, about, lost)

    def told(self, method, path, headers, status, answer, about, lost):
        self.system.journal.write("called", method=method, path=path, http=status, lost=lost,
                                  **{"key": headers.get("idempotency-key"), "effect": None, **about})
        if self.transport.is_closing():
            return
        if lost == "drop":
            return self.transport.abort()
        self.write(status, answer, lost)

    def write(self, status, answer, lost=None):
        body = json.dumps(answer).encode()
        more = "Retry-After: 1\r\n" if status == 429 else ""
        head = (f"HTTP/1.1 {status} {ANSWERS[status]}\r\nContent-Type: application/json; charset=utf-8\r\n{more}"
                f"Content-Length: {len(body)}\r\n\r\n").encode()
        self.transport.write(head + (body if lost is None else body[:len(body) // 2]))
        if lost:
            self.transport.close()


async def serve(options):
    system = Agenda(options)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Server(system), "127.0.0.1", options.port)
    tasks = system.webhooks.start() + [asyncio.create_task(system.run())]
    print(f"listening on http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    await ended.wait()
    for task in tasks:
        task.cancel()
    system.journal.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--code", required=True)
    parser.add_argument("--own-destination", required=True, help="how others name it")
    parser.add_argument("--region", default="44")
    parser.add_argument("--journal", type=pathlib.Path, required=True)
    parser.add_argument("--clock-from", required=True)
    parser.add_argument("--webhook", required=True)
    parser.add_argument("--secret", default="demo-secret")
    parser.add_argument("--token", default="demo-token")
    parser.add_argument("--destinations", default="")
    parser.add_argument("--wrong-destination", default="")
    parser.add_argument("--rate", type=float, default=0.0, help="hand-overs a second")
    parser.add_argument("--connections", type=int, default=CONNECTIONS, help="that send webhooks")
    parser.add_argument("--pace", type=float, default=1.0)
    asyncio.run(serve(parser.parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
