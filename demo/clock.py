#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The demonstration's clock: GET / tells the time, POST / moves it (demo/README.md)."""

import argparse
import json
import os
import pathlib
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SAVE_EVERY_S = 0.5


class DrivenClock:
    """Wall time in microseconds: what was at the last move, and `rate` since then."""

    def __init__(self, now_us, rate):
        self._lock = threading.Lock()
        self._base_us, self._rate, self._since = now_us, rate, time.monotonic()

    def read(self):
        with self._lock:
            return self._now_us(), self._rate

    def _now_us(self):
        return self._base_us + int((time.monotonic() - self._since) * self._rate * 1_000_000)

    def move(self, advance_us=0, rate=None):
        with self._lock:
            self._base_us, self._since = self._now_us() + max(0, int(advance_us)), time.monotonic()
            if rate is not None:
                self._rate = max(0.0, float(rate))

    def answer(self, _path, asked):
        if asked:
            self.move(asked.get("advance_us", 0), asked.get("rate"))
        now_us, rate = self.read()
        return {"now_us": now_us, "rate": rate}


def handler_of(answer):
    """`answer`: (path, the object of a POST or None of a GET) → the object to answer with. What it cannot read is a 400, what it cannot
    reach a 503."""
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self._answer(lambda: None)

        def do_POST(self):
            self._answer(lambda: json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}"))

        def _answer(self, asked):
            try:
                status, body = 200, answer(self.path, asked())
            except (ValueError, TypeError, AttributeError, KeyError):
                status, body = 400, {}
            except OSError:
                status, body = 503, {}
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    return Handler


def serve(answer, port):
    server = ThreadingHTTPServer(("127.0.0.1", port), handler_of(answer))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def start_us(options, file):
    """Where the clock begins: where it stopped, so that it never goes back; else --start; else now."""
    if file and file.exists():
        return json.loads(file.read_text())["now_us"]
    return options.start_us if options.start_us is not None else time.time_ns() // 1000


def save(file, now_us):
    """While it runs, what is saved lies ahead, so that a clock that was killed never goes back."""
    temporary = file.with_suffix(".new")
    temporary.write_text(json.dumps({"now_us": now_us}))
    os.replace(temporary, file)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--rate", type=float, default=1.0, help="seconds of wall time a second of monotonic time")
    parser.add_argument("--start-us", type=int, help="microseconds since 1970 (default: the machine's time)")
    parser.add_argument("--state", type=pathlib.Path, help="folder: a restart goes on where the clock stopped")
    options = parser.parse_args()
    file = None
    if options.state:
        options.state.mkdir(parents=True, exist_ok=True)
        file = options.state / "clock.json"
    clock = DrivenClock(start_us(options, file), options.rate)
    server = serve(clock.answer, options.port)
    print(f"listening on http://127.0.0.1:{server.server_address[1]}", flush=True)
    told = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.append(True))
    saved = time.monotonic()
    while not told:
        time.sleep(0.02)
        if file and time.monotonic() - saved >= SAVE_EVERY_S:
            saved = time.monotonic()
            now_us, rate = clock.read()
            save(file, now_us + int(2 * SAVE_EVERY_S * rate * 1_000_000))
    if file:
        save(file, clock.read()[0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
