# SPDX-License-Identifier: Apache-2.0
"""Webhooks in the manner of RDV-Service-Public: signed, rendered when enqueued, tried 20 times after n⁴ seconds."""

import hashlib
import hmac
import heapq
import http.client
import threading
import time
import urllib.parse

TRIES = 20
TIMEOUT_S = 10
THREADS = 4


class Webhooks:
    """The queue stands in the system's table `webhook`, so that a restart sends what was not delivered."""

    def __init__(self, system, url, secret, retry_speed):
        self._system, self._secret, self._retry_speed = system, secret.encode(), retry_speed
        self._url = urllib.parse.urlsplit(url)
        self._due, self._wake = [], threading.Condition()
        for number in sorted(system.store.table("webhook")):
            self._push(number, 0)

    def start(self):
        for _ in range(THREADS):
            threading.Thread(target=self._send_all, daemon=True).start()

    def enqueue(self, text, about, delay_s=0.0):
        """Inside change(). `about`: ids and codes for the journal; with "forged" it is signed wrongly, and sent once."""
        number = self._system.next_id("webhook")
        self._system.store.put("webhook", number, {"id": number, "text": text, "about": about, "tries": 0})
        self._push(number, delay_s)

    def waiting(self):
        return len(self._system.store.table("webhook"))

    def unsent(self):
        """Of what was provoked: how many of each kind wait."""
        found = {}
        for row in self._system.store.table("webhook").values():
            kind = row["about"].get("provoked")
            if kind:
                found[kind] = found.get(kind, 0) + 1
        return found

    def _push(self, number, delay_s):
        with self._wake:
            heapq.heappush(self._due, (time.monotonic() + delay_s, number))
            self._wake.notify()

    def _next(self):
        with self._wake:
            while not self._system.stop.is_set():
                pause = self._due[0][0] - time.monotonic() if self._due else 1.0
                if pause <= 0:
                    return heapq.heappop(self._due)[1]
                self._wake.wait(min(pause, 1.0))
        return None

    def _send_all(self):
        connection = None
        while (number := self._next()) is not None:
            with self._system.lock:
                row = self._system.store.get("webhook", number)
            if row is not None:
                connection, status = self._post(connection, row)
                self._settle(number, row, status)

    def _post(self, connection, row):
        """One try; the status, or the name of what went wrong."""
        body = row["text"].encode()
        secret = b"forged" if row["about"].get("forged") else self._secret
        headers = {"Content-Type": "application/json; charset=utf-8",
                   "X-Lapin-Signature": hmac.new(secret, body, hashlib.sha256).hexdigest()}
        path = self._url.path + ("?" + self._url.query if self._url.query else "")
        try:
            if connection is None:
                connection = http.client.HTTPConnection(self._url.hostname, self._url.port, timeout=TIMEOUT_S)
            connection.request("POST", path or "/", body, headers)
            answer = connection.getresponse()
            answer.read()
            return connection, answer.status
        except (OSError, http.client.HTTPException) as error:
            if connection is not None:
                connection.close()
            return None, type(error).__name__

    def _settle(self, number, row, status):
        done = isinstance(status, int) and 200 <= status < 300
        with self._system.change():
            row["tries"] += 1
            over = done or row["tries"] >= TRIES or row["about"].get("forged")
            self._system.store.put("webhook", number, None if over else row)
            if over:
                self._system.count("webhooks", "delivered" if done else "forged" if row["about"].get("forged")
                                   else "discarded")
        self._system.journal.write("webhook", number=number, http=status, tries=row["tries"], **row["about"])
        if not over:
            self._push(number, row["tries"] ** 4 / self._retry_speed)
