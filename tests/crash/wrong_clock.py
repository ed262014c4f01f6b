#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The clocks of brokers and connectors in a campaign: the simulated systems' clock, wrong by as much as each is told.

GET /NAME tells the time as demo/clock.py does; POST /NAME {"wrong_us": N} sets how wrong that one is, so it goes forward and back. The
systems keep the right one: a version that is a system's own time goes back with its clock, and then no reader knows what is newer. A
process that follows such a clock never sees it go back: its time stands still (base/clock.h); one that is started meanwhile does. Wall
clocks that jump under running processes: tests/scenarios/test_wall_clock.py.
"""

import argparse
import json
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class WrongClocks:
    def __init__(self, url):
        self.url, self.wrong_us = url, {}

    def told(self, name):
        with urllib.request.urlopen(self.url, timeout=2) as answer:
            right = json.load(answer)
        return {**right, "now_us": right["now_us"] + self.wrong_us.get(name, 0)}


def handler_of(clocks):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            try:
                self._answer(200, clocks.told(self.path))
            except (OSError, ValueError, KeyError):
                self._answer(503, {})

        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            clocks.wrong_us[self.path] = int(asked["wrong_us"])
            self.do_GET()

        def _answer(self, status, body):
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    return Handler


def serve(clocks, port):
    server = ThreadingHTTPServer(("127.0.0.1", port), handler_of(clocks))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--of", required=True, help="address of demo/clock.py")
    options = parser.parse_args()
    server = serve(WrongClocks(options.of), options.port)
    print(f"listening on http://127.0.0.1:{server.server_address[1]}", flush=True)
    threading.Event().wait()  # until a signal ends it


if __name__ == "__main__":
    sys.exit(main())
